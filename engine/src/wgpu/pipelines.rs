//! The fixed list of dispatches that one step is.

use pentathlon_gym::Error;

use super::{
    buffers::Buffers,
    device::{DeviceHandles, unavailable},
    kernels::engine_kernels,
};
use crate::{
    domain::{Binding, Domain, Kernel, Set},
    plan::Plan,
};

/// A kernel with everything it reads and writes.
#[derive(Debug)]
struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    workgroups: u32,
}

/// Dispatches that run one after the other.
#[derive(Debug, Default)]
pub(crate) struct Pass(Vec<Dispatch>);

/// All dispatches of a batch.
#[derive(Debug)]
pub(crate) struct Pipelines {
    /// Act, Step, Reward and Terminate.
    pub(crate) play: Pass,
    /// Observe into the final observations, with `AutoresetMode::SameStep`.
    pub(crate) observe_last: Pass,
    /// Autoreset.
    pub(crate) autoreset: Pass,
    /// Observe.
    pub(crate) observe: Pass,
}

impl Pass {
    /// Records the dispatches.
    pub(crate) fn encode(&self, pass: &mut wgpu::ComputePass<'_>) {
        for dispatch in &self.0 {
            pass.set_pipeline(&dispatch.pipeline);
            pass.set_bind_group(0, &dispatch.bindings, &[]);
            pass.dispatch_workgroups(dispatch.workgroups, 1, 1);
        }
    }

    /// Number of dispatches.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Pipelines {
    /// Compiles the engine's and the domain's kernels.
    pub(crate) fn new<D: Domain>(
        plan: &Plan<D>,
        kernels: &[Kernel],
        handles: &DeviceHandles,
        buffers: &Buffers,
    ) -> Result<Self, Error> {
        let [begin, terminate, autoreset] = engine_kernels().map_err(unavailable)?;
        let of = |set: Set| kernels.iter().filter(move |kernel| kernel.set == set);
        let compile = |kernel: &Kernel, observation: Option<&wgpu::Buffer>| {
            dispatch(kernel, plan.sizes.num_envs, handles, buffers, observation)
        };
        let play = std::iter::once(&begin)
            .chain(of(Set::Act))
            .chain(of(Set::Step))
            .chain(of(Set::Reward))
            .chain(of(Set::Terminate))
            .chain(std::iter::once(&terminate));
        let observe = |targets: &[wgpu::Buffer]| {
            of(Set::Observe)
                .filter_map(|kernel| {
                    let form = plan.forms.iter().position(|form| Some(form.index) == kernel.observation)?;
                    targets.get(form).map(|target| compile(kernel, Some(target)))
                })
                .collect::<Result<Vec<_>, _>>()
                .map(Pass)
        };
        Ok(Self {
            play: Pass(play.map(|kernel| compile(kernel, None)).collect::<Result<_, _>>()?),
            observe_last: observe(&buffers.final_observations)?,
            autoreset: Pass(vec![compile(&autoreset, None)?]),
            observe: observe(&buffers.observations)?,
        })
    }
}

fn dispatch(
    kernel: &Kernel,
    num_envs: usize,
    handles: &DeviceHandles,
    buffers: &Buffers,
    observation: Option<&wgpu::Buffer>,
) -> Result<Dispatch, Error> {
    let device = &handles.device;
    let name = kernel.entry_point;
    let workgroups = (num_envs as u32).div_ceil(kernel.workgroup_size.max(1));
    let most = device.limits().max_compute_workgroups_per_dimension;
    if workgroups > most {
        return Err(unavailable(format!(
            "{num_envs} environments are {workgroups} workgroups of kernel '{name}', and this adapter takes at \
             most {most}; at most {} environments fit",
            u64::from(most) * u64::from(kernel.workgroup_size)
        )));
    }
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(name),
        source: wgpu::ShaderSource::Wgsl(kernel.source.as_str().into()),
    });
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(name),
        layout: None,
        module: &module,
        entry_point: Some(name),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let bound: Option<Vec<_>> = kernel
        .bindings
        .iter()
        .map(|&binding: &Binding| {
            let buffer = buffers.bound(binding, observation)?;
            Some(wgpu::BindGroupEntry { binding: binding as u32, resource: buffer.as_entire_binding() })
        })
        .collect();
    let bindings = bound.map(|entries| {
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(name),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        })
    });
    if let Some(error) = pollster::block_on(scope.pop()) {
        return Err(unavailable(format!("kernel '{name}' does not compile: {error}")));
    }
    let Some(bindings) = bindings else {
        return Err(unavailable(format!(
            "kernel '{name}' writes an observation but is not of the Observe set"
        )));
    };
    Ok(Dispatch { pipeline, bindings, workgroups })
}
