//! The schedule of a step. All sets run, in order, on one block of environments while it is in the
//! cache, then on the next block; `docs/decisions/0002-engine-schedule.md` has the measurements.

use std::{ops::Range, sync::Arc};

use bevy_ecs::{
    change_detection::DetectChangesMut,
    prelude::{IntoScheduleConfigs, Query, Res, ResMut, Resource, Schedule, World},
    schedule::SingleThreadedExecutor,
    system::SystemState,
};
use pentathlon_gym::{EpisodeRecord, seeding::pcg64::Pcg64};

use super::{
    chunk::Chunk,
    columns::{Arrays, Outputs, RowsPointer},
    threads::Threads,
};
use crate::{
    domain::{Domain, Set},
    episode::records::{Episode, Outcome, Report},
    levels::{Failure, LevelPool},
    plan::Plan,
};

/// Environments that all sets run on before the next ones.
const BLOCK: usize = 64;

/// Most environments that a thread takes at a time.
const CHUNK: usize = 256;

/// What all systems read.
#[derive(Resource, Debug)]
pub(crate) struct Shared<D: Domain> {
    pub(crate) plan: Arc<Plan<D>>,
    pub(crate) threads: Threads,
    pub(crate) failure: Failure,
}

/// The level pool; `None` when levels are generated at the reset, or not yet.
#[derive(Resource)]
pub(crate) struct Pool<D: Domain>(pub(crate) Option<LevelPool<D::State>>);

/// The component columns.
pub(crate) type Instances<'w, 's, D> = Query<
    'w,
    's,
    (&'static mut <D as Domain>::State, &'static mut Episode, &'static mut Outcome, &'static mut Report),
>;

/// All columns at once.
pub(crate) type Access<'w, 's, D> =
    (Instances<'w, 's, D>, ResMut<'w, Arrays>, ResMut<'w, Outputs>, Res<'w, Pool<D>>, Res<'w, Shared<D>>);

/// The schedule of one step.
pub(crate) fn build<D: Domain>() -> Schedule {
    let mut schedule = Schedule::default();
    schedule.set_executor(SingleThreadedExecutor::new());
    schedule.add_systems((run_sets::<D>, collect_episodes).chain());
    schedule
}

/// Rows that one thread takes at a time, of so many.
pub(crate) fn chunk_rows(rows: usize) -> usize {
    CHUNK.min(rows.max(1))
}

/// Act, Step, Reward, Terminate, Autoreset and Observe over all environments.
fn run_sets<D: Domain>(
    mut instances: Instances<'_, '_, D>,
    mut arrays: ResMut<'_, Arrays>,
    mut outputs: ResMut<'_, Outputs>,
    pool: Res<'_, Pool<D>>,
    shared: Res<'_, Shared<D>>,
) {
    let num_envs = shared.plan.sizes.num_envs;
    let Some(columns) = Pointers::new(&mut instances, &mut arrays, &mut outputs, &pool, &shared) else {
        return;
    };
    shared.threads.run(num_envs, CHUNK, &|range| {
        let len = range.len();
        // SAFETY: ranges of one run are disjoint, and the columns outlive it.
        let mut chunk = unsafe { columns.chunk(range) };
        let mut first = 0;
        while first < len {
            let last = (first + BLOCK).min(len);
            for set in Set::ALL {
                chunk.run(set, first..last);
            }
            first = last;
        }
    });
}

/// Gathers the records of the episodes that ended in this step, in environment order.
fn collect_episodes(reports: Query<'_, '_, &Report>, mut outputs: ResMut<'_, Outputs>) {
    let outputs = outputs.bypass_change_detection();
    outputs.episodes.clear();
    let Some(reports) = reports.contiguous_iter().ok().and_then(|mut tables| tables.next()) else { return };
    outputs.collect_episodes(|env| reports[env]);
}

impl Outputs {
    /// Gathers the records of the episodes that ended in this step.
    pub(crate) fn collect_episodes(&mut self, report: impl Fn(usize) -> Report) {
        const SPAN: usize = 64;
        self.episodes.clear();
        for (span, (terminated, truncated)) in
            self.terminated.chunks(SPAN).zip(self.truncated.chunks(SPAN)).enumerate()
        {
            if !terminated.iter().zip(truncated).fold(false, |any, (a, b)| any | a | b) {
                continue;
            }
            for (offset, (terminated, truncated)) in terminated.iter().zip(truncated).enumerate() {
                if *terminated || *truncated {
                    let env = span * SPAN + offset;
                    let report = report(env);
                    self.episodes.push(EpisodeRecord {
                        env,
                        episode_return: report.total,
                        length: report.length,
                        success: self.success[env],
                    });
                }
            }
        }
    }
}

/// Where all columns are, for threads to take ranges of.
pub(crate) struct Pointers<'a, D: Domain> {
    plan: &'a Plan<D>,
    pool: Option<&'a LevelPool<D::State>>,
    failure: &'a Failure,
    context: &'a [f32],
    states: RowsPointer<D::State>,
    episodes: RowsPointer<Episode>,
    outcomes: RowsPointer<Outcome>,
    reports: RowsPointer<Report>,
    items: RowsPointer<u32>,
    actions: RowsPointer<i32>,
    streams: RowsPointer<Pcg64>,
    rewards: RowsPointer<f32>,
    events: RowsPointer<i32>,
    terminated: RowsPointer<bool>,
    truncated: RowsPointer<bool>,
    success: RowsPointer<bool>,
    was_reset: RowsPointer<bool>,
    observation: &'a [RowsPointer<u8>],
    final_observation: &'a [RowsPointer<u8>],
    channels: &'a [RowsPointer<f32>],
}

impl<'a, D: Domain> Pointers<'a, D> {
    /// Borrows all columns; `None` when there is no environment.
    pub(crate) fn new(
        instances: &'a mut Instances<'_, '_, D>,
        arrays: &'a mut ResMut<'_, Arrays>,
        outputs: &'a mut Outputs,
        pool: &'a Pool<D>,
        shared: &'a Shared<D>,
    ) -> Option<Self> {
        let plan = &*shared.plan;
        let sizes = plan.sizes;
        let arrays = arrays.bypass_change_detection();
        let (mut states, mut episodes, mut outcomes, mut reports) =
            instances.contiguous_iter_mut().ok()?.next()?;
        arrays.observation_rows.clear();
        arrays.final_rows.clear();
        for (index, form) in plan.forms.iter().enumerate() {
            let width = form.row_bytes * sizes.num_agents;
            let field = &mut outputs.observation.fields[index];
            arrays.observation_rows.push(RowsPointer::new(field.array.bytes_mut(), width));
            if let Some(observation) = &mut outputs.final_observation {
                arrays.final_rows.push(RowsPointer::new(observation.fields[index].array.bytes_mut(), width));
            }
        }
        arrays.channel_rows.clear();
        for (_, values) in &mut outputs.channels {
            let width = values.len() / sizes.num_envs;
            arrays.channel_rows.push(RowsPointer::new(values, width));
        }
        Some(Self {
            plan,
            pool: pool.0.as_ref(),
            failure: &shared.failure,
            context: &arrays.context,
            states: RowsPointer::new(states.bypass_change_detection(), 1),
            episodes: RowsPointer::new(episodes.bypass_change_detection(), 1),
            outcomes: RowsPointer::new(outcomes.bypass_change_detection(), 1),
            reports: RowsPointer::new(reports.bypass_change_detection(), 1),
            items: RowsPointer::new(&mut arrays.items, sizes.items),
            actions: RowsPointer::new(&mut arrays.actions, sizes.actions()),
            streams: RowsPointer::new(&mut arrays.streams, usize::from(plan.is_reference())),
            rewards: RowsPointer::new(&mut outputs.reward, sizes.num_agents),
            events: RowsPointer::new(&mut outputs.subgoal, sizes.num_agents),
            terminated: RowsPointer::new(&mut outputs.terminated, 1),
            truncated: RowsPointer::new(&mut outputs.truncated, 1),
            success: RowsPointer::new(&mut outputs.success, 1),
            was_reset: RowsPointer::new(&mut outputs.was_reset, 1),
            observation: &arrays.observation_rows,
            final_observation: &arrays.final_rows,
            channels: &arrays.channel_rows,
        })
    }

    /// The rows of a range of environments in every column.
    ///
    /// # Safety
    /// No two chunks whose ranges overlap are alive at the same time.
    pub(crate) unsafe fn chunk(&self, range: Range<usize>) -> Chunk<'a, D> {
        let context = self.plan.sizes.context;
        // SAFETY: the columns are borrowed for `'a`; disjointness is the caller's promise.
        unsafe {
            Chunk {
                plan: self.plan,
                pool: self.pool,
                failure: self.failure,
                first: range.start,
                context: &self.context[range.start * context..range.end * context],
                states: self.states.rows(range.clone()),
                episodes: self.episodes.rows(range.clone()),
                outcomes: self.outcomes.rows(range.clone()),
                reports: self.reports.rows(range.clone()),
                items: self.items.rows(range.clone()),
                actions: self.actions.rows(range.clone()),
                streams: self.streams.rows(range.clone()),
                rewards: self.rewards.rows(range.clone()),
                events: self.events.rows(range.clone()),
                terminated: self.terminated.rows(range.clone()),
                truncated: self.truncated.rows(range.clone()),
                success: self.success.rows(range.clone()),
                was_reset: self.was_reset.rows(range.clone()),
                observation: self.observation,
                final_observation: self.final_observation,
                channels: self.channels,
            }
        }
    }
}

/// All columns, outside a step.
///
/// # Panics
/// When a resource is missing, which `Native::new` has inserted and nothing removes.
pub(crate) fn get<'w, 's, D: Domain>(
    access: &'s mut SystemState<Access<'static, 'static, D>>,
    world: &'w mut World,
) -> Access<'w, 's, D> {
    access.get_mut(world).expect("every resource of the batch is in its World")
}
