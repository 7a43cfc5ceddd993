//! Episodes kept for learning, and minibatches of whole episodes drawn from them.

use pentathlon_gym::seeding::{Random, philox::Philox};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::networks::{input_len, write_input, write_last_choice};
use crate::options::ProcessShape;

/// One episode: `T` choices and the `T + 1` situations around them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// What agents saw, `[T + 1, agents, observation]`.
    pub observations: Vec<f32>,
    /// The global state, `[T + 1, state]`.
    pub states: Vec<f32>,
    /// Which choices were allowed, `[T + 1, agents, choices]`.
    pub available: Vec<u8>,
    /// What agents chose, `[T, agents]`.
    pub choices: Vec<i32>,
    /// What the team was paid for each choice, discounted within it, `[T]`.
    pub rewards: Vec<f32>,
    /// Discount of what follows each choice, `[T]`.
    pub discounts: Vec<f32>,
    /// Whether the episode reached a terminal state; false when it was cut off.
    pub terminated: bool,
}

impl Episode {
    /// An empty episode with room for as many choices as there are in this one.
    pub fn like(&self) -> Self {
        Self {
            observations: Vec::with_capacity(self.observations.len()),
            states: Vec::with_capacity(self.states.len()),
            available: Vec::with_capacity(self.available.len()),
            choices: Vec::with_capacity(self.choices.len()),
            rewards: Vec::with_capacity(self.len()),
            discounts: Vec::with_capacity(self.len()),
            terminated: false,
        }
    }

    /// Number of choices.
    pub fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether nothing was chosen yet.
    pub fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }
}

/// The last so many episodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    capacity: usize,
    episodes: Vec<Episode>,
    /// Where the next episode goes once all places are taken.
    next: usize,
}

impl Replay {
    /// A memory of `capacity` episodes, at least 1.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), episodes: Vec::new(), next: 0 }
    }

    /// Number of episodes in memory.
    pub fn len(&self) -> usize {
        self.episodes.len()
    }

    /// Whether the memory is empty.
    pub fn is_empty(&self) -> bool {
        self.episodes.is_empty()
    }

    /// Adds an episode; the oldest one leaves a full memory.
    pub fn push(&mut self, episode: Episode) {
        if self.episodes.len() < self.capacity {
            self.episodes.push(episode);
        } else {
            self.episodes[self.next] = episode;
            self.next = (self.next + 1) % self.capacity;
        }
    }

    /// The most episodes that are kept.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes it a memory of `capacity` episodes, at least 1; of more the last ones stay.
    pub fn set_capacity(&mut self, capacity: usize) {
        if capacity.max(1) == self.capacity {
            return;
        }
        let mut episodes = self.drain();
        episodes.drain(..episodes.len().saturating_sub(capacity.max(1)));
        *self = Self { episodes, ..Self::new(capacity) };
    }

    /// All episodes, the oldest first; none are left.
    pub fn drain(&mut self) -> Vec<Episode> {
        let oldest = if self.episodes.len() < self.capacity { 0 } else { self.next };
        self.episodes.rotate_left(oldest);
        self.next = 0;
        std::mem::take(&mut self.episodes)
    }

    /// `count` different episodes, each as probable as any other. There must be so many.
    pub fn sample<'a>(&'a self, count: usize, random: &mut Philox) -> Vec<&'a Episode> {
        let mut drawn: Vec<usize> = Vec::with_capacity(count);
        while drawn.len() < count.min(self.episodes.len()) {
            let index = random.int(0, self.episodes.len() as i32) as usize;
            if !drawn.contains(&index) {
                drawn.push(index);
            }
        }
        drawn.into_iter().map(|index| &self.episodes[index]).collect()
    }
}

/// Episodes side by side, padded to the longest: `B` episodes, `L` situations. Arrays are ordered by
/// time, then episode, then agent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Episodes.
    pub episodes: usize,
    /// Situations of the longest episode: its choices plus one.
    pub length: usize,
    /// Inputs of the agents' network, `[L, B, agents, input]`.
    pub inputs: Vec<f32>,
    /// Global states, `[L, B, state]`.
    pub states: Vec<f32>,
    /// Allowed choices, `[L, B, agents, choices]`; everything is allowed in the padding.
    pub available: Vec<u8>,
    /// Choices, `[L - 1, B, agents]`; 0 in the padding.
    pub choices: Vec<i32>,
    /// Rewards of the team, `[L - 1, B]`.
    pub rewards: Vec<f32>,
    /// Discounts, `[L - 1, B]`: 0 where a terminal state follows.
    pub discounts: Vec<f32>,
    /// 1 where there is a choice, 0 in the padding, `[L - 1, B]`.
    pub mask: Vec<f32>,
}

impl Batch {
    /// `episodes` side by side.
    pub fn new(shape: ProcessShape, episodes: &[&Episode]) -> Self {
        let mut batch = Self::default();
        batch.fill(shape, episodes);
        batch
    }

    /// Suffixes of choices side by side: `episodes` of one choice, before which agents had chosen the same.
    pub fn of_suffixes(shape: ProcessShape, episodes: &[&Episode]) -> Self {
        let mut batch = Self::new(shape, episodes);
        let inputs = batch.inputs.chunks_exact_mut(input_len(shape));
        for (&choice, input) in batch.choices.iter().zip(inputs) {
            write_last_choice(shape, choice, input);
        }
        batch
    }

    /// Puts `episodes` side by side in place of what was here.
    pub fn fill(&mut self, shape: ProcessShape, episodes: &[&Episode]) {
        let ProcessShape { num_agents: agents, choices, state, .. } = shape;
        let length = episodes.iter().map(|episode| episode.len()).max().unwrap_or(0) + 1;
        let (count, input) = (episodes.len(), input_len(shape));
        (self.episodes, self.length) = (count, length);
        // All of it is written again.
        self.inputs.resize(length * count * agents * input, 0.0);
        reset(&mut self.states, length * count * state, 0.0);
        reset(&mut self.available, length * count * agents * choices, 1);
        reset(&mut self.choices, (length - 1) * count * agents, 0);
        for column in [&mut self.rewards, &mut self.discounts, &mut self.mask] {
            reset(column, (length - 1) * count, 0.0);
        }
        let mut inputs = std::mem::take(&mut self.inputs);
        rayon::join(
            || {
                let steps = inputs.par_chunks_exact_mut((count * agents * input).max(1)).with_min_len(8);
                steps.enumerate().for_each(|(t, rows)| write_inputs(shape, episodes, t, rows));
            },
            || episodes.iter().enumerate().for_each(|(b, episode)| self.write_outcomes(shape, b, episode)),
        );
        self.inputs = inputs;
    }

    /// Writes what is known of episode `b` but for the inputs.
    fn write_outcomes(&mut self, shape: ProcessShape, b: usize, episode: &Episode) {
        let ProcessShape { num_agents: agents, choices, state, .. } = shape;
        let (count, steps) = (self.episodes, episode.len());
        for t in 0..=steps {
            let row = t * count + b;
            self.states[row * state..][..state].copy_from_slice(&episode.states[t * state..][..state]);
            self.available[row * agents * choices..][..agents * choices]
                .copy_from_slice(&episode.available[t * agents * choices..][..agents * choices]);
            if t < steps {
                self.choices[row * agents..][..agents]
                    .copy_from_slice(&episode.choices[t * agents..][..agents]);
                self.rewards[row] = episode.rewards[t];
                let ends = t + 1 == steps && episode.terminated;
                self.discounts[row] = if ends { 0.0 } else { episode.discounts[t] };
                self.mask[row] = 1.0;
            }
        }
    }
}

/// Writes the inputs of step `t` of all `episodes`: 0 in the padding.
fn write_inputs(shape: ProcessShape, episodes: &[&Episode], t: usize, rows: &mut [f32]) {
    let ProcessShape { num_agents: agents, observation, .. } = shape;
    let input = input_len(shape);
    for (episode, rows) in episodes.iter().zip(rows.chunks_exact_mut(agents * input)) {
        if t > episode.len() {
            rows.fill(0.0);
            continue;
        }
        for (agent, numbers) in rows.chunks_exact_mut(input).enumerate() {
            let seen = &episode.observations[(t * agents + agent) * observation..][..observation];
            let last = if t == 0 { -1 } else { episode.choices[(t - 1) * agents + agent] };
            write_input(shape, agent, seen, last, numbers);
        }
    }
}

fn reset<T: Clone>(column: &mut Vec<T>, count: usize, value: T) {
    column.clear();
    column.resize(count, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    const SHAPE: ProcessShape =
        ProcessShape { num_envs: 1, num_agents: 2, choices: 3, observation: 1, state: 1 };

    fn episode(steps: usize, terminated: bool) -> Episode {
        Episode {
            observations: (0..(steps + 1) * 2).map(|i| 10.0 + i as f32).collect(),
            states: (0..=steps).map(|i| i as f32).collect(),
            available: vec![1; (steps + 1) * 6],
            choices: (0..steps * 2).map(|i| i as i32 % 3).collect(),
            rewards: (0..steps).map(|i| i as f32 + 0.5).collect(),
            discounts: vec![0.9; steps],
            terminated,
        }
    }

    #[test]
    fn padding_is_masked_and_only_terminal_states_stop_the_discount() {
        let (short, long) = (episode(1, true), episode(2, false));
        let batch = Batch::new(SHAPE, &[&short, &long]);
        assert_eq!((batch.episodes, batch.length), (2, 3));
        assert_eq!(batch.mask, [1.0, 1.0, 0.0, 1.0]);
        assert_eq!(batch.discounts, [0.0, 0.9, 0.0, 0.9]);
        assert_eq!(batch.rewards, [0.5, 0.5, 0.0, 1.5]);
        // Inputs of agent 1 of the long episode at time 1: what it saw, its last choice, its number.
        let at = ((2 + 1) * 2 + 1) * 6;
        assert_eq!(batch.inputs[at..at + 6], [13.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn another_capacity_keeps_the_last_episodes_in_their_order() {
        for (capacity, kept) in [(3, vec![3, 4, 5]), (2, vec![4, 5]), (0, vec![5]), (9, vec![3, 4, 5])] {
            let mut replay = Replay::new(3);
            (1..=5).for_each(|steps| replay.push(episode(steps, true)));
            replay.set_capacity(capacity);
            let lengths =
                |replay: &Replay| replay.clone().drain().iter().map(Episode::len).collect::<Vec<_>>();
            assert_eq!(lengths(&replay), kept);
            replay.push(episode(6, true));
            let all = [&kept[..], &[6]].concat();
            assert_eq!(lengths(&replay), all[all.len().saturating_sub(capacity.max(1))..]);
        }
    }

    #[test]
    fn before_a_suffix_agents_had_chosen_what_they_choose() {
        let suffix = Episode { choices: vec![2, 1], ..episode(1, false) };
        let batch = Batch::of_suffixes(SHAPE, &[&suffix, &suffix]);
        // What agents 0 and 1 saw, their last choices, their numbers; then the same after the choice.
        assert_eq!(batch.inputs[..12], [10.0, 0.0, 0.0, 1.0, 1.0, 0.0, 11.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(batch.inputs[24..36], [12.0, 0.0, 0.0, 1.0, 1.0, 0.0, 13.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!((batch.length, batch.mask), (2, vec![1.0, 1.0]));
    }

    #[test]
    fn the_oldest_episode_leaves_and_samples_differ_from_each_other() {
        let mut replay = Replay::new(3);
        for steps in 1..=5 {
            replay.push(episode(steps, true));
        }
        let mut random = stream(3, Purpose::Minibatches);
        for _ in 0..20 {
            let mut lengths: Vec<_> = replay.sample(3, &mut random).iter().map(|e| e.len()).collect();
            lengths.sort_unstable();
            assert_eq!(lengths, [3, 4, 5]);
        }
        let lengths: Vec<_> = replay.drain().iter().map(Episode::len).collect();
        assert!(lengths == [3, 4, 5] && replay.is_empty(), "{lengths:?}");
    }
}
