//! A batch on a wgpu device: what the native World and schedule are there, buffers and passes are here.

use std::sync::{Arc, Mutex, PoisonError};

use bevy_ecs::{resource::Resource, world::World};
use bytemuck::Zeroable;
use pentathlon_gym::{Array, Error};

use super::{
    DeviceColumns,
    buffers::{Buffers, Part, Staging, padded, values},
    device::{DeviceHandles, unavailable},
    pipelines::Pipelines,
};
use crate::{
    columns::{Columns, Start},
    domain::{Domain, Instance, Set},
    episode::{
        records::{Episode, NO_EVENT, Outcome, Report, SUCCEEDED, TERMINATED, TRUNCATED, WAS_RESET},
        rules,
    },
    levels::LevelPool,
    native::{
        columns::{Outputs, default_context},
        threads::Threads,
    },
    plan::Plan,
};

/// What the World of a wgpu batch holds: the handles of its columns and of the passes over them.
#[derive(Resource, Debug)]
struct OnDevice {
    handles: DeviceHandles,
    buffers: Buffers,
    pipelines: Pipelines,
}

/// A batch on a wgpu device.
pub(crate) struct Wgpu<D: Domain> {
    plan: Arc<Plan<D>>,
    world: World,
    threads: Threads,
    pool: Option<LevelPool<D::State>>,
    outputs: Outputs,
    /// Whether each selected form is computed on the host.
    on_host: Vec<bool>,
    staging: Mutex<Staging>,
}

impl<D: Domain> Wgpu<D> {
    pub(crate) fn new(plan: Arc<Plan<D>>, handles: DeviceHandles) -> Result<Self, Error> {
        let forms: Vec<usize> = plan.forms.iter().map(|form| form.index).collect();
        let kernels = plan.domain.kernels(&forms);
        let writes = |form: usize| {
            kernels.iter().any(|kernel| kernel.set == Set::Observe && kernel.observation == Some(form))
        };
        let on_host: Vec<bool> = forms.iter().map(|form| !writes(*form)).collect();
        let scope = handles.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffers = Buffers::new(&plan, &handles, &on_host);
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(unavailable(format!("{error}; build the batch with fewer environments or levels")));
        }
        let buffers = buffers?;
        let pipelines = Pipelines::new(&plan, &kernels, &handles, &buffers)?;
        let threads = Threads::new(plan.options.threads)
            .map_err(|reason| unavailable(format!("threads could not be started: {reason}")))?;
        let outputs = Outputs::new(&plan);
        let mut world = World::new();
        world.insert_resource(OnDevice { handles, buffers, pipelines });
        let staging = Mutex::new(Staging::new());
        Ok(Self { plan, world, threads, pool: None, outputs, on_host, staging })
    }

    fn on_device(&self) -> &OnDevice {
        self.world.resource::<OnDevice>()
    }

    /// The host's copies of what the last step or reset wrote.
    pub(crate) fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// The buffers that learners on the same device work with.
    pub(crate) fn columns_on_device(&self) -> DeviceColumns<'_> {
        let OnDevice { handles, buffers, .. } = self.on_device();
        DeviceColumns {
            handles,
            actions: &buffers.actions,
            rewards: &buffers.rewards,
            events: &buffers.events,
            channels: &buffers.channels,
            reports: &buffers.reports,
            observations: &buffers.observations,
            final_observations: &buffers.final_observations,
            names: &self.plan.forms,
        }
    }

    /// Number of dispatches of one step.
    pub(crate) fn dispatches(&self) -> usize {
        let pipelines = &self.on_device().pipelines;
        pipelines.play.len()
            + pipelines.observe_last.len()
            + pipelines.autoreset.len()
            + pipelines.observe.len()
    }

    /// Steps every environment once and brings the results to the host. The actions are valid.
    pub(crate) fn step(&mut self, actions: &[i32]) -> Result<(), Error> {
        let OnDevice { handles, buffers, .. } = self.on_device();
        handles.queue.write_buffer(&buffers.actions, 0, bytemuck::cast_slice(actions));
        let encoder = self.encode_step();
        self.download(encoder)
    }

    /// Steps every environment once with the actions on the device. The host sees nothing of it.
    pub(crate) fn step_on_device(&self) {
        let encoder = self.encode_step();
        self.on_device().handles.queue.submit([encoder.finish()]);
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        self.on_device().handles.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default())
    }

    fn encode_step(&self) -> wgpu::CommandEncoder {
        let OnDevice { buffers, pipelines, .. } = self.on_device();
        let mut encoder = self.encoder();
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pipelines.play.encode(&mut pass);
            pipelines.observe_last.encode(&mut pass);
        }
        if let Some([states, items, episodes]) = &buffers.final_states {
            encoder.copy_buffer_to_buffer(&buffers.states, 0, states, 0, buffers.states.size());
            encoder.copy_buffer_to_buffer(&buffers.items, 0, items, 0, buffers.items.size());
            encoder.copy_buffer_to_buffer(&buffers.episodes, 0, episodes, 0, buffers.episodes.size());
        }
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        if self.plan.parameters().autoreset != rules::DISABLED {
            pipelines.autoreset.encode(&mut pass);
        }
        pipelines.observe.encode(&mut pass);
        drop(pass);
        encoder
    }

    /// Computes the observations of the columns as they are, and brings everything to the host.
    fn observe(&mut self) -> Result<(), Error> {
        let mut encoder = self.encoder();
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        self.on_device().pipelines.observe.encode(&mut pass);
        drop(pass);
        self.download(encoder)
    }

    /// Brings the results of the device's last step to the host.
    pub(crate) fn refresh(&mut self) -> Result<(), Error> {
        let encoder = self.encoder();
        self.download(encoder)
    }

    /// Submits `encoder`, waits, and fills the host's outputs.
    fn download(&mut self, encoder: wgpu::CommandEncoder) -> Result<(), Error> {
        let Self { plan, world, outputs, on_host, staging, .. } = self;
        let OnDevice { handles, buffers, .. } = world.resource::<OnDevice>();
        let sizes = plan.sizes;
        let rows = sizes.num_envs * sizes.num_agents;
        let state_bytes = sizes.num_envs * size_of::<D::State>();
        let item_bytes = sizes.num_envs * sizes.items * 4;
        let mut parts = vec![
            Part::start(&buffers.rewards, rows * 4),
            Part::start(&buffers.events, rows * 4),
            Part::start(&buffers.reports, sizes.num_envs * size_of::<Report>()),
            Part::start(&buffers.channels, 4 * sizes.num_envs * sizes.channels),
        ];
        for targets in [&buffers.observations, &buffers.final_observations] {
            for ((target, form), on_host) in targets.iter().zip(&plan.forms).zip(on_host.iter()) {
                let bytes = if *on_host { 0 } else { rows * padded(form.row_bytes) };
                parts.push(Part::start(target, bytes));
            }
        }
        let any_on_host = on_host.contains(&true);
        if any_on_host {
            let last = buffers.final_states.as_ref();
            let current = [&buffers.states, &buffers.items, &buffers.episodes];
            for [states, items, episodes] in std::iter::once(current).chain(last.map(|last| last.each_ref()))
            {
                parts.push(Part::start(states, state_bytes));
                parts.push(Part::start(items, item_bytes));
                parts.push(Part::start(episodes, sizes.num_envs * size_of::<Episode>()));
            }
        }
        let staging = staging.get_mut().unwrap_or_else(PoisonError::into_inner);
        staging.download(handles, encoder, &parts, |bytes| {
            bytemuck::cast_slice_mut(&mut outputs.reward).copy_from_slice(bytes[0]);
            bytemuck::cast_slice_mut(&mut outputs.subgoal).copy_from_slice(bytes[1]);
            let reports: Vec<Report> = values(bytes[2]);
            outputs.take_reports(&reports);
            outputs.take_channels(bytemuck::cast_slice(bytes[3]), sizes.num_envs);
            let forms = plan.forms.len();
            let mut rest = &bytes[4..];
            let finals = outputs.final_observation.as_mut().map_or(&mut [][..], |last| &mut last.fields);
            let fields = outputs.observation.fields.iter_mut().chain(finals);
            for (index, field) in fields.enumerate() {
                if !on_host[index % forms] {
                    unpad(&mut field.array, rest[index], plan.forms[index % forms].row_bytes);
                }
            }
            if !any_on_host {
                return;
            }
            rest = &rest[buffers.observations.len() + buffers.final_observations.len()..];
            let observations =
                std::iter::once(&mut outputs.observation).chain(outputs.final_observation.as_mut());
            for (columns, observation) in rest.chunks_exact(3).zip(observations) {
                let states: Vec<D::State> = values(columns[0]);
                let items: Vec<u32> = values(columns[1]);
                let episodes: Vec<Episode> = values(columns[2]);
                let fields = plan.forms.iter().zip(&mut observation.fields).zip(on_host.iter());
                for ((form, field), _) in fields.filter(|(_, on_host)| **on_host) {
                    let width = form.row_bytes * sizes.num_agents;
                    for (env, rows) in field.array.bytes_mut().chunks_mut(width.max(1)).enumerate() {
                        let instance = Instance {
                            state: &states[env],
                            items: &items[env * sizes.items..][..sizes.items],
                            episode: &episodes[env],
                        };
                        plan.domain.observe(form.index, instance, rows);
                    }
                }
            }
        })
    }

    /// The level pool, if there is one yet.
    pub(crate) fn pool(&self) -> Option<&LevelPool<D::State>> {
        self.pool.as_ref()
    }

    /// Generates the pool of `seed` on the host.
    pub(crate) fn generate_pool(&self, seed: u64) -> Result<LevelPool<D::State>, Error> {
        LevelPool::generate(&self.plan, &self.threads, seed)
    }

    /// Takes over another pool; episodes under way are not touched.
    pub(crate) fn set_pool(&mut self, pool: Option<LevelPool<D::State>>) {
        if let Some(pool) = &pool {
            let OnDevice { handles, buffers, .. } = self.on_device();
            let queue = &handles.queue;
            queue.write_buffer(&buffers.level_states, 0, bytemuck::cast_slice(&pool.levels.states));
            queue.write_buffer(&buffers.level_items, 0, bytemuck::cast_slice(&pool.levels.items));
        }
        self.pool = pool;
    }

    /// Starts episodes in some environments.
    pub(crate) fn reset(&mut self, starts: &[Start]) -> Result<(), Error> {
        let known = starts.iter().any(|start| start.seed.is_none());
        let current: Vec<Episode> =
            if known { self.read_column(|buffers| &buffers.episodes, 1)? } else { Vec::new() };
        let Some(pool) = &self.pool else { return Ok(()) };
        let items = self.plan.sizes.items;
        let agents = self.plan.sizes.num_agents;
        let channels = self.plan.sizes.channels;
        let OnDevice { handles, buffers, .. } = self.on_device();
        for run in starts.chunk_by(|one, next| next.env == one.env + 1) {
            let episodes: Vec<Episode> = run
                .iter()
                .map(|start| start.episode(current.get(start.env).copied(), self.plan.pool_len()))
                .collect();
            let mut states = Vec::with_capacity(run.len());
            let mut words = Vec::with_capacity(run.len() * items);
            for episode in &episodes {
                let (state, level_words) = pool.levels.level(episode.level as usize, items);
                states.push(*state);
                words.extend_from_slice(level_words);
            }
            let reports: Vec<Report> = episodes.iter().map(|episode| rules::begin_report(*episode)).collect();
            let row = Row { handles, env: run[0].env };
            row.write(&buffers.states, 1, &states);
            row.write(&buffers.items, items, &words);
            row.write(&buffers.episodes, 1, &episodes);
            row.write(&buffers.outcomes, 1, &vec![rules::no_outcome(); run.len()]);
            row.write(&buffers.reports, 1, &reports);
            row.write(&buffers.rewards, agents, &vec![0.0f32; run.len() * agents]);
            row.write(&buffers.events, agents, &vec![NO_EVENT; run.len() * agents]);
            row.write(&buffers.channels, channels, &vec![0.0f32; run.len() * channels]);
        }
        self.observe()?;
        self.outputs.episodes.clear();
        Ok(())
    }

    /// Copies of the columns of one environment.
    pub(crate) fn instance(&self, env: usize) -> Result<(D::State, Vec<u32>, Episode), Error> {
        let buffers = &self.on_device().buffers;
        let items = self.plan.sizes.items;
        let row = |buffer, bytes: usize| Part { buffer, offset: (env * bytes) as u64, bytes: bytes as u64 };
        let parts = [
            row(&buffers.states, size_of::<D::State>()),
            row(&buffers.items, 4 * items),
            row(&buffers.episodes, size_of::<Episode>()),
        ];
        let mut instance = (D::State::zeroed(), Vec::new(), Episode::zeroed());
        self.read(&parts, |bytes| {
            bytemuck::bytes_of_mut(&mut instance.0).copy_from_slice(bytes[0]);
            instance.1 = values(bytes[1]);
            bytemuck::bytes_of_mut(&mut instance.2).copy_from_slice(bytes[2]);
        })?;
        Ok(instance)
    }

    fn read(&self, parts: &[Part<'_>], read: impl FnOnce(&[&[u8]])) -> Result<(), Error> {
        let mut staging = self.staging.lock().unwrap_or_else(PoisonError::into_inner);
        staging.download(&self.on_device().handles, self.encoder(), parts, read)
    }

    /// A whole column of `width` values a row.
    fn read_column<T: bytemuck::Pod>(
        &self,
        column: impl Fn(&Buffers) -> &wgpu::Buffer,
        width: usize,
    ) -> Result<Vec<T>, Error> {
        let bytes = self.plan.sizes.num_envs * width * size_of::<T>();
        let mut column_values = Vec::new();
        self.read(&[Part::start(column(&self.on_device().buffers), bytes)], |bytes| {
            column_values = values(bytes[0]);
        })?;
        Ok(column_values)
    }

    /// A copy of everything that the future depends on.
    pub(crate) fn columns(&self) -> Result<Columns<D::State>, Error> {
        let sizes = self.plan.sizes;
        Ok(Columns {
            states: self.read_column(|buffers| &buffers.states, 1)?,
            items: self.read_column(|buffers| &buffers.items, sizes.items)?,
            episodes: self.read_column(|buffers| &buffers.episodes, 1)?,
            outcomes: self.read_column(|buffers| &buffers.outcomes, 1)?,
            rewards: self.read_column(|buffers| &buffers.rewards, sizes.num_agents)?,
            events: self.read_column(|buffers| &buffers.events, sizes.num_agents)?,
            context: default_context(&self.plan),
            streams: Vec::new(),
        })
    }

    /// [`Wgpu::columns`] of the environments `range`.
    pub(crate) fn rows(&self, range: std::ops::Range<usize>) -> Result<Columns<D::State>, Error> {
        let (sizes, all) = (self.plan.sizes, self.columns()?);
        let rows = |width: usize| range.start * width..range.end * width;
        Ok(Columns {
            states: all.states[range.clone()].to_vec(),
            items: all.items[rows(sizes.items)].to_vec(),
            episodes: all.episodes[range.clone()].to_vec(),
            outcomes: all.outcomes[range.clone()].to_vec(),
            rewards: all.rewards[rows(sizes.num_agents)].to_vec(),
            events: all.events[rows(sizes.num_agents)].to_vec(),
            context: all.context[rows(sizes.context)].to_vec(),
            streams: Vec::new(),
        })
    }

    /// Takes over columns that have been checked, as those of the environments from `first` on, and observes.
    pub(crate) fn set_rows(&mut self, first: usize, columns: &Columns<D::State>) -> Result<(), Error> {
        let OnDevice { handles, buffers, .. } = self.on_device();
        let sizes = self.plan.sizes;
        let reports: Vec<Report> = columns
            .episodes
            .iter()
            .zip(&columns.outcomes)
            .map(|(episode, outcome): (&Episode, &Outcome)| rules::make_report(*episode, *outcome))
            .collect();
        let row = Row { handles, env: first };
        row.write(&buffers.states, 1, &columns.states);
        row.write(&buffers.items, sizes.items, &columns.items);
        row.write(&buffers.episodes, 1, &columns.episodes);
        row.write(&buffers.outcomes, 1, &columns.outcomes);
        row.write(&buffers.reports, 1, &reports);
        row.write(&buffers.rewards, sizes.num_agents, &columns.rewards);
        row.write(&buffers.events, sizes.num_agents, &columns.events);
        row.write(&buffers.channels, sizes.channels, &vec![0.0f32; reports.len() * sizes.channels]);
        self.observe()?;
        self.outputs.episodes.clear();
        Ok(())
    }
}

/// Writes rows of columns, from the row of environment `env` on.
struct Row<'a> {
    handles: &'a DeviceHandles,
    env: usize,
}

impl Row<'_> {
    fn write<T: bytemuck::Pod>(&self, buffer: &wgpu::Buffer, width: usize, values: &[T]) {
        let offset = (self.env * width * size_of::<T>()) as u64;
        if !values.is_empty() {
            self.handles.queue.write_buffer(buffer, offset, bytemuck::cast_slice(values));
        }
    }
}

impl Outputs {
    /// Takes over what the device has to tell of every environment.
    fn take_reports(&mut self, reports: &[Report]) {
        for (env, report) in reports.iter().enumerate() {
            self.terminated[env] = report.flags & TERMINATED != 0;
            self.truncated[env] = report.flags & TRUNCATED != 0;
            self.success[env] = report.flags & SUCCEEDED != 0;
            self.was_reset[env] = report.flags & WAS_RESET != 0;
        }
        self.collect_episodes(|env| reports[env]);
    }
}

impl Outputs {
    /// Takes over the device's rows, which hold all channels of an environment one after the other.
    fn take_channels(&mut self, rows: &[f32], num_envs: usize) {
        let width = rows.len() / num_envs;
        let mut start = 0;
        for (_, values) in &mut self.channels {
            let part = values.len() / num_envs;
            for (target, row) in values.chunks_exact_mut(part.max(1)).zip(rows.chunks_exact(width.max(1))) {
                target.copy_from_slice(&row[start..start + part]);
            }
            start += part;
        }
    }
}

/// Copies rows that are padded to whole words into rows that are not.
fn unpad(array: &mut Array, padded_rows: &[u8], row_bytes: usize) {
    if row_bytes == 0 {
        return;
    }
    let rows = array.bytes_mut().chunks_mut(row_bytes);
    for (row, padded_row) in rows.zip(padded_rows.chunks(padded(row_bytes))) {
        row.copy_from_slice(&padded_row[..row_bytes]);
    }
}
