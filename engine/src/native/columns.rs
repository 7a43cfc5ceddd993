//! The array columns of the native device, resources of the World beside the component columns: what
//! has a length known only when the batch is built.

use bevy_ecs::resource::Resource;
use pentathlon_gym::{AutoresetMode, EpisodeRecord, Observation, seeding::pcg64::Pcg64};

use crate::{domain::Domain, plan::Plan};

/// Arrays of which every environment owns a row, and that steps read.
#[derive(Resource, Debug)]
pub(crate) struct Arrays {
    /// `[num_envs, items]`.
    pub(crate) items: Vec<u32>,
    /// `[num_envs, num_agents, action words]`.
    pub(crate) actions: Vec<i32>,
    /// `[num_envs, context]`.
    pub(crate) context: Vec<f32>,
    /// The upstream's streams, one per environment; empty with the fast generator.
    pub(crate) streams: Vec<Pcg64>,
    /// Pointers to the observation rows of the step under way; kept for its memory.
    pub(crate) observation_rows: Vec<RowsPointer<u8>>,
    /// The same of the final observations.
    pub(crate) final_rows: Vec<RowsPointer<u8>>,
    /// The same of the channels.
    pub(crate) channel_rows: Vec<RowsPointer<f32>>,
}

/// What a step returns: the same buffers on both devices.
#[derive(Resource, Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) observation: Observation,
    /// With `AutoresetMode::SameStep`.
    pub(crate) final_observation: Option<Observation>,
    /// `[num_envs, num_agents]`.
    pub(crate) reward: Vec<f32>,
    /// `[num_envs, num_agents]`.
    pub(crate) subgoal: Vec<i32>,
    /// `[num_envs]`.
    pub(crate) terminated: Vec<bool>,
    /// `[num_envs]`.
    pub(crate) truncated: Vec<bool>,
    /// `[num_envs]`.
    pub(crate) success: Vec<bool>,
    /// `[num_envs]`.
    pub(crate) was_reset: Vec<bool>,
    /// The declared channels by name, `[num_envs, num_agents, ...shape]` each.
    pub(crate) channels: Vec<(String, Vec<f32>)>,
    /// Room for one an environment.
    pub(crate) episodes: Vec<EpisodeRecord>,
}

impl Arrays {
    pub(crate) fn new<D: Domain>(plan: &Plan<D>) -> Self {
        let sizes = plan.sizes;
        Self {
            items: vec![0; sizes.num_envs * sizes.items],
            actions: vec![0; sizes.num_envs * sizes.actions()],
            context: default_context(plan),
            streams: if plan.is_reference() { vec![Pcg64::from_seed(0); sizes.num_envs] } else { Vec::new() },
            observation_rows: Vec::with_capacity(plan.forms.len()),
            final_rows: Vec::with_capacity(plan.forms.len()),
            channel_rows: Vec::with_capacity(plan.spec().channels.len()),
        }
    }
}

impl Outputs {
    pub(crate) fn new<D: Domain>(plan: &Plan<D>) -> Self {
        let num_envs = plan.sizes.num_envs;
        let rows = num_envs * plan.sizes.num_agents;
        let observation = Observation::zeros(&plan.observation_specs(), rows);
        let same_step = plan.options.autoreset == AutoresetMode::SameStep;
        Self {
            final_observation: same_step.then(|| observation.clone()),
            observation,
            reward: vec![0.0; rows],
            subgoal: vec![crate::episode::records::NO_EVENT; rows],
            terminated: vec![false; num_envs],
            truncated: vec![false; num_envs],
            success: vec![false; num_envs],
            was_reset: vec![false; num_envs],
            channels: plan
                .spec()
                .channels
                .iter()
                .map(|channel| (channel.name.clone(), vec![0.0; rows * channel.len()]))
                .collect(),
            episodes: Vec::with_capacity(num_envs),
        }
    }
}

/// The default of every parameter, for every environment.
pub(crate) fn default_context<D: Domain>(plan: &Plan<D>) -> Vec<f32> {
    let defaults: Vec<f32> = plan.spec().context.iter().map(|parameter| parameter.default).collect();
    defaults.repeat(plan.sizes.num_envs)
}

/// A column that several threads write at the same time, each to rows of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowsPointer<T> {
    first: *mut T,
    width: usize,
    len: usize,
}

// SAFETY: it is only a way to reach elements, which `rows` hands out under its own contract.
unsafe impl<T: Send> Send for RowsPointer<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for RowsPointer<T> {}

impl<T> RowsPointer<T> {
    /// `column` holds rows of `width` elements.
    pub(crate) fn new(column: &mut [T], width: usize) -> Self {
        Self { first: column.as_mut_ptr(), width, len: column.len() }
    }

    /// The elements of a range of rows.
    ///
    /// # Safety
    /// The column outlives `'a` and is reached in no other way meanwhile; no two ranges that are held
    /// at the same time overlap.
    ///
    /// # Panics
    /// When the range goes beyond the column.
    pub(crate) unsafe fn rows<'a>(&self, rows: std::ops::Range<usize>) -> &'a mut [T] {
        let (start, end) = (rows.start * self.width, rows.end * self.width);
        assert!(start <= end && end <= self.len, "rows beyond the column");
        // SAFETY: in bounds by the assertion; exclusive and alive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(start), end - start) }
    }
}
