//! The native device: one bevy World a batch, one entity an environment, spawned in order and never
//! moved, so that every component is a contiguous column.

pub(crate) mod chunk;
pub(crate) mod columns;
pub(crate) mod schedule;
pub(crate) mod threads;
pub(crate) mod vectors;

use std::{ops::Range, sync::Arc};

use bevy_ecs::{
    change_detection::DetectChangesMut, entity::Entity, prelude::World, schedule::Schedule,
    system::SystemState,
};
use bytemuck::Zeroable;
use pentathlon_gym::{Error, seeding::pcg64::Pcg64};

use self::{
    columns::{Arrays, Outputs, RowsPointer},
    schedule::{Access, Pool, Shared, chunk_rows, get},
    threads::Threads,
};
use crate::{
    columns::{Columns, Start},
    domain::Domain,
    episode::{
        records::{Episode, NO_EVENT, Outcome, Report},
        rules,
    },
    levels::{Failure, LevelPool, generate_level, seed_of},
    plan::Plan,
};

/// A batch on the CPU.
pub(crate) struct Native<D: Domain> {
    plan: Arc<Plan<D>>,
    world: World,
    schedule: Schedule,
    access: SystemState<Access<'static, 'static, D>>,
    entities: Vec<Entity>,
}

impl<D: Domain> Native<D> {
    pub(crate) fn new(plan: Arc<Plan<D>>) -> Result<Self, Error> {
        let threads = Threads::new(plan.options.threads).map_err(|reason| Error::Device {
            device: "native",
            reason: format!("{} threads could not be started: {reason}", plan.options.threads),
        })?;
        let mut world = World::new();
        let entities = world
            .spawn_batch(
                (0..plan.sizes.num_envs)
                    .map(|_| (D::State::zeroed(), Episode::zeroed(), Outcome::zeroed(), Report::zeroed())),
            )
            .collect();
        world.insert_resource(Arrays::new(&plan));
        world.insert_resource(Outputs::new(&plan));
        world.insert_resource(Pool::<D>(None));
        world.insert_resource(Shared { plan: Arc::clone(&plan), threads, failure: Failure::default() });
        let schedule = schedule::build::<D>();
        let access = SystemState::new(&mut world);
        Ok(Self { plan, world, schedule, access, entities })
    }

    /// The buffers that the last step or reset wrote.
    pub(crate) fn outputs(&self) -> &Outputs {
        self.world.resource::<Outputs>()
    }

    /// The first environment that `mask` names and that has ended.
    pub(crate) fn first_ended(&self, mask: &[bool]) -> Option<usize> {
        let ended =
            |entity: &Entity| self.world.get::<Episode>(*entity).is_some_and(|episode| episode.ended != 0);
        self.entities.iter().zip(mask).position(|(entity, &stepped)| stepped && ended(entity))
    }

    /// Steps the environments that `mask` names, none of which has ended. The sets pass over an
    /// environment that waits for its reset, so the others are marked as waiting meanwhile.
    pub(crate) fn step_masked(&mut self, actions: &[i32], mask: &[bool]) -> Result<(), Error> {
        const WAITING: u32 = 2;
        self.mark_unmasked(mask, |ended| ended | WAITING);
        let stepped = self.step(actions);
        self.mark_unmasked(mask, |ended| ended & !WAITING);
        for (was_reset, &stepped) in self.world.resource_mut::<Outputs>().was_reset.iter_mut().zip(mask) {
            *was_reset &= stepped;
        }
        stepped
    }

    fn mark_unmasked(&mut self, mask: &[bool], mark: impl Fn(u32) -> u32) {
        for (entity, _) in self.entities.iter().zip(mask).filter(|(_, stepped)| !**stepped) {
            if let Some(mut episode) = self.world.get_mut::<Episode>(*entity) {
                episode.ended = mark(episode.ended);
            }
        }
    }

    /// Steps every environment once. The actions are valid.
    pub(crate) fn step(&mut self, actions: &[i32]) -> Result<(), Error> {
        self.world.resource_mut::<Arrays>().bypass_change_detection().actions.copy_from_slice(actions);
        self.schedule.run(&mut self.world);
        self.world.resource::<Shared<D>>().failure.take()
    }

    /// The level pool, if there is one yet.
    pub(crate) fn pool(&self) -> Option<&LevelPool<D::State>> {
        self.world.resource::<Pool<D>>().0.as_ref()
    }

    /// Generates the pool of `seed`.
    pub(crate) fn generate_pool(&self, seed: u64) -> Result<LevelPool<D::State>, Error> {
        LevelPool::generate(&self.plan, &self.world.resource::<Shared<D>>().threads, seed)
    }

    /// Takes over another pool; episodes under way are not touched.
    pub(crate) fn set_pool(&mut self, pool: Option<LevelPool<D::State>>) {
        self.world.resource_mut::<Pool<D>>().0 = pool;
    }

    /// Starts episodes in some environments, all or none. `context` replaces that of the whole batch.
    pub(crate) fn reset(&mut self, starts: &[Start], context: Option<&[f32]>) -> Result<(), Error> {
        let begun = self.begin(starts, context)?;
        if let Some(context) = context {
            self.world.resource_mut::<Arrays>().context.copy_from_slice(context);
        }
        let items = self.plan.sizes.items;
        let agents = self.plan.sizes.num_agents;
        let (mut instances, mut arrays, mut outputs, pool, shared) = get(&mut self.access, &mut self.world);
        let outputs = &mut *outputs;
        outputs.episodes.clear();
        let whole = schedule::Pointers::new(&mut instances, &mut arrays, outputs, &pool, &shared);
        let Some(whole) = whole else { return Ok(()) };
        // SAFETY: one chunk of everything, on this thread alone.
        let chunk = unsafe { whole.chunk(0..self.plan.sizes.num_envs) };
        for (row, start) in starts.iter().enumerate() {
            let env = start.env;
            chunk.states[env] = begun.states[row];
            chunk.items[env * items..][..items].copy_from_slice(&begun.items[row * items..][..items]);
            chunk.episodes[env] = begun.episodes[row];
            if let Some(stream) = begun.streams.get(row) {
                chunk.streams[env] = *stream;
            }
            chunk.outcomes[env] = rules::no_outcome();
            chunk.reports[env] = rules::begin_report(begun.episodes[row]);
            chunk.rewards[env * agents..][..agents].fill(0.0);
            chunk.events[env * agents..][..agents].fill(NO_EVENT);
            chunk.terminated[env] = false;
            chunk.truncated[env] = false;
            chunk.success[env] = false;
            chunk.was_reset[env] = false;
            chunk.clear_channels(env);
            chunk.observe_into(chunk.observation, env);
        }
        Ok(())
    }

    /// Generates the levels of `starts` beside the columns, so that a failure leaves these alone.
    fn begin(&self, starts: &[Start], context: Option<&[f32]>) -> Result<Begun<D::State>, Error> {
        let plan = &*self.plan;
        let items = plan.sizes.items;
        let arrays = self.world.resource::<Arrays>();
        let shared = self.world.resource::<Shared<D>>();
        let pool = self.pool();
        let context = context.unwrap_or(&arrays.context);
        let mut begun = Begun {
            states: vec![D::State::zeroed(); starts.len()],
            items: vec![0; starts.len() * items],
            episodes: starts.iter().map(|start| self.first_or_next(start)).collect(),
            streams: Vec::new(),
        };
        if plan.is_reference() {
            begun.streams.extend(starts.iter().map(|start| match start.seed {
                Some(seed) => Pcg64::from_seed(seed.wrapping_add(start.env as u64)),
                None => arrays.streams[start.env],
            }));
        }
        let state_rows = RowsPointer::new(&mut begun.states, 1);
        let item_rows = RowsPointer::new(&mut begun.items, items);
        let stream_rows = RowsPointer::new(&mut begun.streams, usize::from(plan.is_reference()));
        let episodes = &begun.episodes;
        let failure = Failure::default();
        shared.threads.run(starts.len(), chunk_rows(starts.len()), &|range| {
            // SAFETY: ranges of one run are disjoint, and the vectors outlive it.
            let (states, words, streams) = unsafe {
                (
                    state_rows.rows(range.clone()),
                    item_rows.rows(range.clone()),
                    stream_rows.rows(range.clone()),
                )
            };
            for (offset, row) in range.enumerate() {
                let env = starts[row].env;
                let words = &mut words[offset * items..][..items];
                let state = &mut states[offset];
                let context = &context[env * plan.sizes.context..][..plan.sizes.context];
                let generated = match (pool, streams.get_mut(offset)) {
                    (Some(pool), _) => {
                        let (level, level_words) = pool.levels.level(episodes[row].level as usize, items);
                        *state = *level;
                        words.copy_from_slice(level_words);
                        Ok(())
                    }
                    (None, Some(stream)) => {
                        let episode = &episodes[row];
                        let seed = seed_of(episode).wrapping_add(env as u64);
                        plan.domain.generate_reference(stream, seed, episode.number, context, state, words)
                    }
                    (None, None) => {
                        let episode = &episodes[row];
                        generate_level(&plan.domain, seed_of(episode), episode.level, context, state, words)
                    }
                };
                if let Err(error) = generated {
                    failure.report(env, error);
                }
            }
        });
        failure.into_result()?;
        Ok(begun)
    }

    fn first_or_next(&self, start: &Start) -> Episode {
        start.episode(self.world.get::<Episode>(self.entities[start.env]).copied(), self.plan.pool_len())
    }

    /// Copies of the columns of one environment.
    pub(crate) fn instance(&self, env: usize) -> Option<(D::State, Vec<u32>, Episode)> {
        let entity = *self.entities.get(env)?;
        let items = self.plan.sizes.items;
        let words = &self.world.resource::<Arrays>().items[env * items..][..items];
        let state = self.world.get::<D::State>(entity)?;
        Some((*state, words.to_vec(), *self.world.get::<Episode>(entity)?))
    }

    /// A copy of everything that the future depends on.
    pub(crate) fn columns(&self) -> Columns<D::State> {
        self.rows(0..self.plan.sizes.num_envs)
    }

    /// [`Native::columns`] of the environments `range`.
    pub(crate) fn rows(&self, range: Range<usize>) -> Columns<D::State> {
        let (sizes, arrays) = (self.plan.sizes, self.world.resource::<Arrays>());
        let entities = &self.entities[range.clone()];
        let column = |entity: &Entity| self.world.entity(*entity);
        let rows = |width: usize| range.start * width..range.end * width;
        Columns {
            states: entities.iter().filter_map(|entity| column(entity).get().copied()).collect(),
            episodes: entities.iter().filter_map(|entity| column(entity).get().copied()).collect(),
            outcomes: entities.iter().filter_map(|entity| column(entity).get().copied()).collect(),
            items: arrays.items[rows(sizes.items)].to_vec(),
            rewards: self.outputs().reward[rows(sizes.num_agents)].to_vec(),
            events: self.outputs().subgoal[rows(sizes.num_agents)].to_vec(),
            context: arrays.context[rows(sizes.context)].to_vec(),
            streams: arrays.streams[rows(usize::from(self.plan.is_reference()))].to_vec(),
        }
    }

    /// Takes over columns that have been checked, as those of the environments from `first` on, and observes.
    pub(crate) fn set_rows(&mut self, first: usize, columns: &Columns<D::State>) {
        let sizes = self.plan.sizes;
        let range = first..first + columns.states.len();
        let rows = |width: usize| range.start * width..range.end * width;
        let (mut instances, mut arrays, mut outputs, pool, shared) = get(&mut self.access, &mut self.world);
        arrays.context[rows(sizes.context)].copy_from_slice(&columns.context);
        outputs.episodes.clear();
        let whole = schedule::Pointers::new(&mut instances, &mut arrays, &mut outputs, &pool, &shared);
        let Some(whole) = whole else { return };
        // SAFETY: one chunk of everything, on this thread alone.
        let chunk = unsafe { whole.chunk(0..sizes.num_envs) };
        chunk.states[range.clone()].copy_from_slice(&columns.states);
        chunk.episodes[range.clone()].copy_from_slice(&columns.episodes);
        chunk.outcomes[range.clone()].copy_from_slice(&columns.outcomes);
        chunk.items[rows(sizes.items)].copy_from_slice(&columns.items);
        chunk.rewards[rows(sizes.num_agents)].copy_from_slice(&columns.rewards);
        chunk.events[rows(sizes.num_agents)].copy_from_slice(&columns.events);
        chunk.streams[rows(usize::from(self.plan.is_reference()))].copy_from_slice(&columns.streams);
        for env in range {
            let report = rules::make_report(chunk.episodes[env], chunk.outcomes[env]);
            chunk.reports[env] = report;
            chunk.terminated[env] = chunk.outcomes[env].terminated != 0;
            chunk.truncated[env] = chunk.outcomes[env].truncated != 0;
            chunk.success[env] = report.flags & crate::episode::records::SUCCEEDED != 0;
            chunk.was_reset[env] = false;
            chunk.clear_channels(env);
            chunk.observe_into(chunk.observation, env);
        }
    }
}

/// New episodes of some environments, not yet in the columns.
struct Begun<S> {
    states: Vec<S>,
    items: Vec<u32>,
    episodes: Vec<Episode>,
    streams: Vec<Pcg64>,
}
