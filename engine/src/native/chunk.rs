//! One range of environments and the six sets over it. A set is a loop over the range that fetches an
//! environment's records, calls the domain's or the engine's rules, and stores the results.

use std::ops::Range;

use pentathlon_gym::{
    AutoresetMode,
    seeding::{Random, pcg64::Pcg64, philox::Philox},
};

use super::columns::RowsPointer;
use crate::{
    domain::{Domain, Instance, InstanceMut, Set},
    episode::{
        records::{Episode, NO_EVENT, Outcome, Report, SUCCEEDED, TERMINATED, TRUNCATED, WAS_RESET},
        rules,
    },
    levels::{Failure, LevelPool, generate_level, seed_of},
    plan::Plan,
};

/// Environments from one that is stepped to the one whose items are asked for.
const PREFETCH_DISTANCE: usize = 8;
/// Words of a cache line.
const LINE_WORDS: usize = 16;

/// Rows of a range of environments in every column; the first row is environment `first`.
pub(crate) struct Chunk<'a, D: Domain> {
    pub(crate) plan: &'a Plan<D>,
    pub(crate) pool: Option<&'a LevelPool<D::State>>,
    pub(crate) failure: &'a Failure,
    pub(crate) first: usize,
    pub(crate) states: &'a mut [D::State],
    pub(crate) episodes: &'a mut [Episode],
    pub(crate) outcomes: &'a mut [Outcome],
    pub(crate) reports: &'a mut [Report],
    pub(crate) items: &'a mut [u32],
    pub(crate) actions: &'a mut [i32],
    pub(crate) context: &'a [f32],
    /// Empty with the fast generator.
    pub(crate) streams: &'a mut [Pcg64],
    pub(crate) rewards: &'a mut [f32],
    pub(crate) events: &'a mut [i32],
    pub(crate) terminated: &'a mut [bool],
    pub(crate) truncated: &'a mut [bool],
    pub(crate) success: &'a mut [bool],
    pub(crate) was_reset: &'a mut [bool],
    /// All rows of the batch; only those of this range are touched.
    pub(crate) observation: &'a [RowsPointer<u8>],
    /// The same of the final observations.
    pub(crate) final_observation: &'a [RowsPointer<u8>],
    /// The same of the channels.
    pub(crate) channels: &'a [RowsPointer<f32>],
}

impl<D: Domain> Chunk<'_, D> {
    /// Runs one set over `range`, counted from the chunk's first environment.
    #[inline]
    pub(crate) fn run(&mut self, set: Set, range: Range<usize>) {
        match set {
            Set::Act => self.act(range),
            Set::Step => self.step(range),
            Set::Reward => self.reward(range),
            Set::Terminate => self.terminate(range),
            Set::Autoreset => self.autoreset(range),
            Set::Observe => self.observe(range),
        }
    }

    fn act(&mut self, range: Range<usize>) {
        let width = self.plan.sizes.actions();
        let agents = self.plan.sizes.num_agents;
        self.events[range.start * agents..range.end * agents].fill(NO_EVENT);
        let items = self.plan.sizes.items;
        for env in range {
            let report = rules::begin_report(self.episodes[env]);
            self.was_reset[env] = report.flags & WAS_RESET != 0;
            self.reports[env] = report;
            self.episodes[env] = rules::count_step(self.episodes[env]);
            self.outcomes[env] = rules::no_outcome();
            if self.was_reset[env] {
                continue;
            }
            let episode = self.episodes[env];
            let instance = Instance {
                state: &self.states[env],
                items: &self.items[env * items..][..items],
                episode: &episode,
            };
            let action = &mut self.actions[env * width..][..width];
            let act = Act { domain: &self.plan.domain, instance, action };
            draw(act, self.streams.get_mut(env), &mut self.episodes[env]);
        }
    }

    fn step(&mut self, range: Range<usize>) {
        let width = self.plan.sizes.actions();
        let agents = self.plan.sizes.num_agents;
        let items = self.plan.sizes.items;
        for env in range {
            self.prefetch_items(env + PREFETCH_DISTANCE);
            if self.was_reset[env] {
                continue;
            }
            let episode = self.episodes[env];
            let step = Step {
                domain: &self.plan.domain,
                instance: InstanceMut {
                    state: &mut self.states[env],
                    items: &mut self.items[env * items..][..items],
                    episode: &episode,
                },
                action: &self.actions[env * width..][..width],
                outcome: &mut self.outcomes[env],
                events: &mut self.events[env * agents..][..agents],
            };
            draw(step, self.streams.get_mut(env), &mut self.episodes[env]);
        }
    }

    /// Asks for the items of an environment that is stepped soon. Which of its words a step reads follows
    /// from the state, so the processor cannot foresee it: a MiniGrid step waited longer for the one cell in
    /// front of the agent than for all else.
    #[inline]
    fn prefetch_items(&self, env: usize) {
        let Some(state) = self.states.get(env) else { return };
        let items = self.plan.sizes.items;
        let all = &self.items[env * items..][..items];
        for range in self.plan.domain.likely_reads(state) {
            let end = range.end.min(items);
            let words = &all[range.start.min(end)..end];
            for word in words.iter().step_by(LINE_WORDS).chain(words.last()) {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: SSE is part of x86-64, and the address is that of a word of the column.
                unsafe {
                    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
                    _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(word).cast());
                }
                #[cfg(not(target_arch = "x86_64"))]
                let _ = word;
            }
        }
    }

    fn reward(&mut self, range: Range<usize>) {
        let agents = self.plan.sizes.num_agents;
        for env in range {
            let instance = instance(self.plan, self.states, self.items, self.episodes, env);
            let rewards = &mut self.rewards[env * agents..][..agents];
            if self.was_reset[env] {
                rewards.fill(0.0);
            } else {
                self.plan.domain.reward(instance, &self.outcomes[env], rewards);
            }
            for (index, rows) in self.channels.iter().enumerate() {
                let row = self.first + env;
                // SAFETY: the rows of this environment belong to this chunk alone while it lives.
                let values = unsafe { rows.rows(row..row + 1) };
                if self.was_reset[env] {
                    values.fill(0.0);
                } else {
                    self.plan.domain.channel(index, instance, &self.outcomes[env], values);
                }
            }
        }
    }

    /// Of an environment that has not made a step there is nothing to tell.
    pub(crate) fn clear_channels(&self, env: usize) {
        for rows in self.channels {
            let row = self.first + env;
            // SAFETY: the rows of this environment belong to this chunk alone while it lives.
            unsafe { rows.rows(row..row + 1) }.fill(0.0);
        }
    }

    fn terminate(&mut self, range: Range<usize>) {
        let agents = self.plan.sizes.num_agents;
        let limit = self.plan.spec().max_episode_steps;
        for env in range {
            if !self.was_reset[env] {
                let reward =
                    self.rewards[env * agents..][..agents].iter().fold(0.0, |sum, reward| sum + reward);
                let outcome = rules::judge(self.episodes[env], self.outcomes[env], limit);
                let episode = rules::close_step(self.episodes[env], outcome, reward);
                self.outcomes[env] = outcome;
                self.episodes[env] = episode;
                self.reports[env] = rules::make_report(episode, outcome);
            }
            let flags = self.reports[env].flags;
            self.terminated[env] = flags & TERMINATED != 0;
            self.truncated[env] = flags & TRUNCATED != 0;
            self.success[env] = flags & SUCCEEDED != 0;
        }
    }

    fn autoreset(&mut self, range: Range<usize>) {
        let autoreset = self.plan.options.autoreset;
        if autoreset == AutoresetMode::Disabled {
            return;
        }
        let code = self.plan.parameters().autoreset;
        for env in range {
            if rules::is_due(self.episodes[env], self.reports[env], code) {
                if autoreset == AutoresetMode::SameStep {
                    self.observe_into(self.final_observation, env);
                }
                self.begin_next(env);
            }
        }
    }

    fn observe(&mut self, range: Range<usize>) {
        for env in range {
            self.observe_into(self.observation, env);
        }
    }

    /// Writes the rows of one environment.
    #[inline]
    pub(crate) fn observe_into(&self, rows: &[RowsPointer<u8>], env: usize) {
        for (form, rows) in self.plan.forms.iter().zip(rows) {
            let row = self.first + env;
            // SAFETY: the rows of this environment belong to this chunk alone while it lives.
            let rows = unsafe { rows.rows(row..row + 1) };
            let instance = instance(self.plan, self.states, self.items, self.episodes, env);
            self.plan.domain.observe(form.index, instance, rows);
        }
    }

    /// Starts the next episode of one environment. When no level can be generated the environment stays
    /// as it was, ended, and the failure is reported.
    fn begin_next(&mut self, env: usize) {
        let next = rules::next_episode(self.episodes[env], (self.first + env) as u32, self.plan.pool_len());
        let items = self.plan.sizes.items;
        let words = &mut self.items[env * items..][..items];
        let state = &mut self.states[env];
        if let Some(pool) = self.pool {
            let (level, level_words) = pool.levels.level(next.level as usize, items);
            *state = *level;
            words.copy_from_slice(level_words);
        } else {
            let context = &self.context[env * self.plan.sizes.context..][..self.plan.sizes.context];
            let generated = match self.streams.get_mut(env) {
                Some(stream) => {
                    let seed = seed_of(&next).wrapping_add((self.first + env) as u64);
                    let domain = &self.plan.domain;
                    domain.generate_reference(stream, seed, next.number, context, state, words)
                }
                None => generate_level(&self.plan.domain, seed_of(&next), next.level, context, state, words),
            };
            if let Err(error) = generated {
                self.failure.report(self.first + env, error);
                return;
            }
        }
        self.episodes[env] = next;
    }
}

/// One environment of the columns, to look at.
#[inline]
fn instance<'a, D: Domain>(
    plan: &Plan<D>,
    states: &'a [D::State],
    items: &'a [u32],
    episodes: &'a [Episode],
    env: usize,
) -> Instance<'a, D::State> {
    let width = plan.sizes.items;
    Instance { state: &states[env], items: &items[env * width..][..width], episode: &episodes[env] }
}

/// Something that draws random numbers of whichever generator the batch has.
trait Drawing {
    fn run<R: Random>(self, random: &mut R);
}

/// Runs `drawing` on the environment's own stream: the upstream's if there is one, else the episode's.
#[inline]
fn draw(drawing: impl Drawing, stream: Option<&mut Pcg64>, episode: &mut Episode) {
    match stream {
        Some(stream) => drawing.run(stream),
        None => {
            let mut random = Philox(episode.stream);
            drawing.run(&mut random);
            episode.stream = random.0;
        }
    }
}

struct Act<'a, D: Domain> {
    domain: &'a D,
    instance: Instance<'a, D::State>,
    action: &'a mut [i32],
}

impl<D: Domain> Drawing for Act<'_, D> {
    #[inline]
    fn run<R: Random>(self, random: &mut R) {
        self.domain.act(random, self.instance, self.action);
    }
}

struct Step<'a, D: Domain> {
    domain: &'a D,
    instance: InstanceMut<'a, D::State>,
    action: &'a [i32],
    outcome: &'a mut Outcome,
    events: &'a mut [i32],
}

impl<D: Domain> Drawing for Step<'_, D> {
    #[inline]
    fn run<R: Random>(self, random: &mut R) {
        self.domain.step(random, self.instance, self.action, self.outcome, self.events);
    }
}
