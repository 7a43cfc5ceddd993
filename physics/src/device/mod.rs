//! The wgpu device: worlds that live in its memory and step there, all physics steps of a control step in
//! one dispatch, one invocation a world.

mod capacities;
pub mod source;
mod words;

use std::sync::{Mutex, PoisonError};

use pentathlon_engine::{DeviceHandles, Part, Staging, open_device};
use wgpu::util::DeviceExt;

use crate::contact::layer_detection;
use crate::dynamics::step_report;
use crate::dynamics::world_step;
use crate::model::ModelDescription;
use crate::native::{Fault, FaultCounts, Worlds, WorldsError, WorldsOptions, Written};
use capacities::Capacities;
use words::{Reader, Words, Writer};

/// Invocations of a workgroup. Worlds need much memory of their own, so groups are small.
const WORKGROUP_SIZE: u32 = 32;

/// A batch of independent worlds of one model on a wgpu device.
///
/// The device holds the state; [`DeviceWorlds::host`] is the host's copy of it, brought up to date when asked
/// for. Results agree with those of [`Worlds`] over `f32` within the rounding of the device's arithmetic, and
/// a world's do not depend on its neighbours or on the number of worlds.
#[derive(Debug)]
pub struct DeviceWorlds {
    host: Worlds<f32>,
    capacities: Capacities,
    handles: DeviceHandles,
    buffers: Buffers,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    staging: Staging,
    /// The device has stepped since the host's copy was made.
    host_is_behind: bool,
    /// What of the host's copy the device has.
    taken: Written,
}

/// Compiled kernels of the device that batches share. A driver may take minutes for one.
static KERNELS: Mutex<Vec<Kernel>> = Mutex::new(Vec::new());

/// A compiled kernel, and for which models it is.
#[derive(Debug)]
struct Kernel {
    device: wgpu::Device,
    capacities: Capacities,
    pipeline: wgpu::ComputePipeline,
}

/// What a learner on the same device works with; created once, the same while the worlds live.
#[derive(Clone, Debug)]
pub struct Buffers {
    /// Controls of the next step, `[num_worlds, actuators]` as `f32`.
    pub controls: wgpu::Buffer,
    /// Generalised forces of the next step beside the actuators', `[num_worlds, dofs]` as `f32`.
    pub applied: wgpu::Buffer,
    /// `[num_worlds]` records: coordinates and velocities first, then the memory of the contact solver.
    pub states: wgpu::Buffer,
    /// `[num_worlds]` records: what the last step reports
    /// ([`StepReport`](crate::dynamics::step_report::rules::StepReport)).
    pub reports: wgpu::Buffer,
    parameters: wgpu::Buffer,
    settings: wgpu::Buffer,
}

impl DeviceWorlds {
    /// `options.num_worlds` worlds at the model's initial position, at rest, on the best adapter of this
    /// machine. `options.threads` is of no concern here.
    ///
    /// # Errors
    ///
    /// What is wrong with the model or the options, by name; no adapter, or one that cannot hold the worlds.
    pub fn new(model: &ModelDescription, options: WorldsOptions) -> Result<Self, WorldsError> {
        let handles = open_device().map_err(|error| refused(error.to_string()))?;
        let mut kernels = KERNELS.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of a device that was lost since are of no use.
        kernels.retain(|kernel| kernel.device == handles.device);
        let worlds = Self::build(model, options, handles, &kernels)?;
        if !kernels.iter().any(|kernel| kernel.capacities == worlds.capacities) {
            kernels.push(Kernel {
                device: worlds.handles.device.clone(),
                capacities: worlds.capacities,
                pipeline: worlds.pipeline.clone(),
            });
        }
        Ok(worlds)
    }

    /// The same on a device that the caller has.
    ///
    /// # Errors
    ///
    /// As [`DeviceWorlds::new`].
    pub fn on_device(
        model: &ModelDescription,
        options: WorldsOptions,
        handles: DeviceHandles,
    ) -> Result<Self, WorldsError> {
        Self::build(model, options, handles, &[])
    }

    fn build(
        model: &ModelDescription,
        options: WorldsOptions,
        handles: DeviceHandles,
        kernels: &[Kernel],
    ) -> Result<Self, WorldsError> {
        let mut host = Worlds::<f32>::new(model, WorldsOptions { threads: 1, ..options })?;
        let capacities = Capacities::of(&host.layout, &host.contact_layout);
        let device = &handles.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory_scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let known = kernels.iter().find(|kernel| kernel.capacities == capacities);
        let pipeline = known.map_or_else(|| compile(device, &capacities), |kernel| kernel.pipeline.clone());
        let buffers = Buffers::new(&mut host, &capacities, device)?;
        let (tree, scene) = tables_of(&mut host, &capacities, device)?;
        let bound = [
            &buffers.settings,
            &tree,
            &scene,
            &buffers.parameters,
            &buffers.controls,
            &buffers.applied,
            &buffers.states,
            &buffers.reports,
        ];
        let entries: Vec<_> = (0..)
            .zip(bound)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("physics"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let memory_error = pollster::block_on(memory_scope.pop());
        let error = pollster::block_on(scope.pop());
        if let Some(error) = memory_error.or(error) {
            return Err(refused(error.to_string()));
        }
        let mut worlds = Self {
            taken: host.written,
            host,
            capacities,
            handles,
            buffers,
            pipeline,
            bindings,
            staging: Staging::new(),
            host_is_behind: false,
        };
        worlds.upload(|_, _| true);
        Ok(worlds)
    }

    /// Number of worlds.
    pub fn num_worlds(&self) -> usize {
        self.host.num_worlds()
    }

    /// The device that the worlds live on.
    pub fn handles(&self) -> &DeviceHandles {
        &self.handles
    }

    /// The buffers. What is written to them counts from the next step on, unless the host's copy is given controls or forces
    /// before it, which then are the last word.
    pub fn buffers(&self) -> &Buffers {
        &self.buffers
    }

    /// The worlds as they are now, on the host: states and faults. Sensors that compute (rays, IMU, Jacobians) are those of
    /// [`host_mut`](Self::host_mut); reading them there costs no more.
    ///
    /// # Errors
    ///
    /// The device was lost.
    pub fn host(&mut self) -> Result<&Worlds<f32>, WorldsError> {
        self.download()?;
        Ok(&self.host)
    }

    /// The same to be changed: states, parameters, controls, snapshots. The next step takes to the device what
    /// was changed, and nothing when only sensors were read.
    ///
    /// # Errors
    ///
    /// The device was lost.
    pub fn host_mut(&mut self) -> Result<&mut Worlds<f32>, WorldsError> {
        self.download()?;
        Ok(&mut self.host)
    }

    /// Sets the control of every actuator of every world, `[num_worlds, actuators]`, and nothing else.
    ///
    /// # Errors
    ///
    /// A slice of another length.
    pub fn set_controls(&mut self, controls: &[f32]) -> Result<(), WorldsError> {
        self.host.set_controls(controls)?;
        self.handles.queue.write_buffer(&self.buffers.controls, 0, bytemuck::cast_slice(controls));
        self.taken.controls = self.host.written.controls;
        Ok(())
    }

    /// Puts a world into a state, as [`Worlds::set_state`] does, without moving any other between host and
    /// device.
    ///
    /// # Errors
    ///
    /// A world that does not exist, or slices of other lengths than the model's.
    pub fn set_state(&mut self, world: usize, position: &[f64], velocity: &[f64]) -> Result<(), WorldsError> {
        let before = self.host.written.states;
        self.host.set_state(world, position, velocity)?;
        if self.taken.states != before {
            return Ok(());
        }
        self.taken.states = self.host.written.states;
        let queue = &self.handles.queue;
        let mut state = Writer::default();
        words::world_state(&mut state, &self.capacities, &mut self.host.groups[world]);
        queue.write_buffer(&self.buffers.states, row(world, &state), bytemuck::cast_slice(&state.0));
        let mut report = Writer::default();
        words::report(&mut report, &self.capacities, &mut self.host.groups[world].report);
        queue.write_buffer(&self.buffers.reports, row(world, &report), bytemuck::cast_slice(&report.0));
        Ok(())
    }

    /// `options.substeps` physics steps of all worlds: one dispatch. Nothing is waited for.
    pub fn step(&mut self) {
        self.upload(|taken, now| taken != now);
        let mut encoder = self.handles.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bindings, &[]);
            pass.dispatch_workgroups((self.num_worlds() as u32).div_ceil(WORKGROUP_SIZE), 1, 1);
        }
        self.handles.queue.submit([encoder.finish()]);
        self.host_is_behind = true;
    }

    /// Waits until the device has done all steps.
    ///
    /// # Errors
    ///
    /// The device was lost.
    pub fn wait(&self) -> Result<(), WorldsError> {
        let done = self.handles.device.poll(wgpu::PollType::wait_indefinitely());
        done.map(|_| ()).map_err(|error| refused(error.to_string()))
    }

    /// What is wrong with each world since its state was last set.
    ///
    /// # Errors
    ///
    /// The device was lost.
    pub fn faults(&mut self) -> Result<&[Option<Fault>], WorldsError> {
        self.host().map(Worlds::faults)
    }

    /// How many faults have been found.
    ///
    /// # Errors
    ///
    /// The device was lost.
    pub fn fault_counts(&mut self) -> Result<FaultCounts, WorldsError> {
        self.host().map(Worlds::fault_counts)
    }

    /// Brings the host's copy up to date.
    fn download(&mut self) -> Result<(), WorldsError> {
        if !self.host_is_behind {
            return Ok(());
        }
        let encoder = self.handles.device.create_command_encoder(&Default::default());
        let Buffers { states, reports, controls, applied, .. } = &self.buffers;
        let parts = [states, reports, controls, applied].map(|buffer| Part {
            buffer,
            offset: 0,
            bytes: buffer.size(),
        });
        let (host, capacities) = (&mut self.host, &self.capacities);
        let (actuators, dofs) = (host.layout.tree.actuators as usize, host.layout.tree.dofs as usize);
        let read = |slices: &[&[u8]]| {
            for (index, slice) in slices.iter().enumerate() {
                let found: Vec<u32> = bytemuck::pod_collect_to_vec(slice);
                let mut reader = Reader(&found);
                for group in &mut host.groups {
                    match index {
                        0 => words::world_state(&mut reader, capacities, group),
                        1 => words::report(&mut reader, capacities, &mut group.report),
                        2 => reader.numbers(&mut group.control[..actuators]),
                        _ => reader.numbers(&mut group.applied[..dofs]),
                    }
                }
            }
        };
        self.staging
            .download(&self.handles, encoder, &parts, read)
            .map_err(|error| refused(error.to_string()))?;
        self.host_is_behind = false;
        self.host.look_for_faults();
        Ok(())
    }

    /// Takes to the device those parts of the host's copy for whose counts of writing, when last taken and now, `differs`
    /// holds.
    fn upload(&mut self, differs: fn(u64, u64) -> bool) {
        let now = self.host.written;
        let taken = std::mem::replace(&mut self.taken, now);
        let is_new = |count: fn(&Written) -> u64| differs(count(&taken), count(&now));
        let queue = &self.handles.queue;
        let write = |buffer: &wgpu::Buffer, words: &Writer| {
            queue.write_buffer(buffer, 0, bytemuck::cast_slice(&words.0));
        };
        let (tree, groups) = (&self.host.layout.tree, &mut self.host.groups);
        if is_new(|written| written.states) {
            let [mut states, mut reports] = [const { Writer(Vec::new()) }; 2];
            for group in groups.iter_mut() {
                words::world_state(&mut states, &self.capacities, group);
                words::report(&mut reports, &self.capacities, &mut group.report);
            }
            write(&self.buffers.states, &states);
            write(&self.buffers.reports, &reports);
        }
        if is_new(|written| written.controls) {
            let mut controls = Writer::default();
            groups
                .iter_mut()
                .for_each(|group| controls.numbers(&mut group.control[..tree.actuators as usize]));
            write(&self.buffers.controls, &controls);
        }
        if is_new(|written| written.applied) {
            let mut applied = Writer::default();
            groups.iter_mut().for_each(|group| applied.numbers(&mut group.applied[..tree.dofs as usize]));
            write(&self.buffers.applied, &applied);
        }
        if is_new(|written| written.parameters) {
            let own = groups.iter().any(|group| group.parameters.is_some());
            queue.write_buffer(&self.buffers.settings, 12, bytemuck::bytes_of(&u32::from(own)));
            let mut parameters = Writer::default();
            if own {
                let shared = self.host.own_desk().parameters.clone();
                for group in &mut self.host.groups {
                    let set = group.parameters.get_or_insert_with(|| shared.clone());
                    words::world_parameters(&mut parameters, &self.capacities, set);
                }
            } else {
                let shared = &mut self.host.own_desk().parameters;
                words::world_parameters(&mut parameters, &self.capacities, shared);
            }
            write(&self.buffers.parameters, &parameters);
        }
    }
}

impl Buffers {
    fn new(
        host: &mut Worlds<f32>,
        capacities: &Capacities,
        device: &wgpu::Device,
    ) -> Result<Self, WorldsError> {
        let worlds = host.num_worlds();
        let limits = device.limits();
        let limit = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let most = u64::from(limits.max_compute_workgroups_per_dimension) * u64::from(WORKGROUP_SIZE);
        if worlds as u64 > most {
            return Err(refused(format!("{worlds} worlds; this adapter takes at most {most}")));
        }
        let rows = |label: &'static str, words: usize| {
            let size = ((words * worlds).max(4) * 4) as u64;
            if size > limit {
                return Err(refused(format!(
                    "{label} of {worlds} worlds need {size} bytes, and this adapter binds at most {limit}; at \
                     most {} worlds fit",
                    limit / (words as u64 * 4)
                )));
            }
            Ok(device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(label),
                size,
                usage: wgpu::BufferUsages::STORAGE
                    | wgpu::BufferUsages::COPY_SRC
                    | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }))
        };
        let tree = host.layout.tree;
        let [mut state, mut report, mut parameters, mut settings] = [const { Writer(Vec::new()) }; 4];
        words::world_state(&mut state, capacities, &mut host.groups[0]);
        words::report(&mut report, capacities, &mut host.groups[0].report);
        let options = host.options.clone();
        let desk = host.own_desk();
        words::world_parameters(&mut parameters, capacities, &mut desk.parameters);
        settings.integers(&mut [worlds as u32, options.substeps, desk.sweeps, 0]);
        words::step_settings(&mut settings, &mut desk.integration, &mut desk.contact_parameters);
        Ok(Self {
            controls: rows("controls", tree.actuators as usize)?,
            applied: rows("applied forces", tree.dofs as usize)?,
            states: rows("states", state.0.len())?,
            reports: rows("reports", report.0.len())?,
            parameters: rows("parameters", parameters.0.len())?,
            settings: initialised(device, "settings", &settings),
        })
    }
}

/// The kernel of a model with these lengths.
fn compile(device: &wgpu::Device, capacities: &Capacities) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("step_worlds"),
        source: wgpu::ShaderSource::Wgsl(kernel_source(capacities).into()),
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("step_worlds"),
        layout: None,
        module: &module,
        entry_point: Some("step_worlds"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    })
}

fn kernel_source(capacities: &Capacities) -> String {
    let rules = source::device_source(
        &[
            &world_step::rules::WGSL_SOURCE,
            &layer_detection::rules::WGSL_SOURCE,
            &step_report::rules::WGSL_SOURCE,
        ],
        &capacities.constants(),
    );
    let Capacities { layers, layer_pairs, .. } = capacities;
    format!(
        "const WORKGROUP_SIZE: u32 = {WORKGROUP_SIZE}u;\nconst MAX_LAYERS: u32 = {layers}u;\nconst \
         MAX_LAYER_PAIRS: u32 = {layer_pairs}u;\n{rules}\n{}",
        include_str!("step_worlds.wgsl")
    )
}

/// Buffers of the topology and of the scene.
fn tables_of(
    host: &mut Worlds<f32>,
    capacities: &Capacities,
    device: &wgpu::Device,
) -> Result<(wgpu::Buffer, wgpu::Buffer), WorldsError> {
    let [mut tree, mut scene] = [const { Writer(Vec::new()) }; 2];
    words::tree(&mut tree, capacities, &mut host.layout.tree);
    words::scene(&mut scene, capacities, &mut host.contact_layout);
    let (limit, size) = (device.limits().max_storage_buffer_binding_size, scene.0.len() as u64 * 4);
    if size > limit {
        return Err(refused(format!(
            "the scene with its height layers needs {size} bytes, and this adapter binds at most {limit}"
        )));
    }
    Ok((initialised(device, "tree", &tree), initialised(device, "scene", &scene)))
}

fn initialised(device: &wgpu::Device, label: &str, words: &Writer) -> wgpu::Buffer {
    device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some(label),
        contents: bytemuck::cast_slice(&words.0),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
    })
}

/// Where a world's record begins, in bytes.
fn row(world: usize, record: &Writer) -> u64 {
    (world * record.0.len() * 4) as u64
}

fn refused(reason: impl Into<String>) -> WorldsError {
    WorldsError::Device { reason: reason.into() }
}

#[cfg(test)]
mod tests;
