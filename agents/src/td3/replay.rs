//! The memory of transitions whose actions are real numbers, and minibatches of it.

use pentathlon_gym::seeding::{Random, philox::Philox};
use serde::{Deserialize, Serialize};

use super::ControlShape;

/// The last so many transitions, column by column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinuousReplay {
    shape: ControlShape,
    capacity: usize,
    states: Vec<f32>,
    actions: Vec<f32>,
    rewards: Vec<f32>,
    next_states: Vec<f32>,
    goes_on: Vec<f32>,
    /// The oldest transition of a full memory.
    oldest: usize,
}

/// Transitions drawn from a memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Minibatch {
    /// Where, `[rows, state]`.
    pub states: Vec<f32>,
    /// What was done, `[rows, action]`.
    pub actions: Vec<f32>,
    /// What it earned, `[rows]`.
    pub rewards: Vec<f32>,
    /// Where it led, `[rows, state]`.
    pub next_states: Vec<f32>,
    /// 0 where that was a terminal state, else 1, `[rows]`.
    pub goes_on: Vec<f32>,
}

impl ContinuousReplay {
    /// A memory of `capacity` transitions, at least 1.
    pub fn new(shape: ControlShape, capacity: usize) -> Self {
        Self {
            shape,
            capacity: capacity.max(1),
            states: Vec::new(),
            actions: Vec::new(),
            rewards: Vec::new(),
            next_states: Vec::new(),
            goes_on: Vec::new(),
            oldest: 0,
        }
    }

    /// Transitions that it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Whether it holds whole transitions of the states and actions of `other`.
    pub fn fits(&self, other: &Self) -> bool {
        let ControlShape { state, action } = self.shape;
        let rows = self.rewards.len();
        self.shape == other.shape
            && rows <= self.capacity
            && self.oldest < self.capacity
            && self.states.len() == rows * state
            && self.next_states.len() == rows * state
            && self.actions.len() == rows * action
            && self.goes_on.len() == rows
    }

    /// Number of transitions in memory.
    pub fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether the memory is empty.
    pub fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// Adds a transition; the oldest one leaves a full memory.
    pub fn push(&mut self, state: &[f32], action: &[f32], reward: f32, next_state: &[f32], terminated: bool) {
        let goes_on = if terminated { 0.0 } else { 1.0 };
        if self.len() < self.capacity {
            self.states.extend_from_slice(state);
            self.actions.extend_from_slice(action);
            self.rewards.push(reward);
            self.next_states.extend_from_slice(next_state);
            self.goes_on.push(goes_on);
            return;
        }
        let at = self.oldest;
        self.states[at * state.len()..][..state.len()].copy_from_slice(state);
        self.actions[at * action.len()..][..action.len()].copy_from_slice(action);
        self.rewards[at] = reward;
        self.next_states[at * state.len()..][..state.len()].copy_from_slice(next_state);
        self.goes_on[at] = goes_on;
        self.oldest = (at + 1) % self.capacity;
    }

    /// Fills `batch` with `rows` transitions, drawn one by one with equal chances; with none when there is none.
    pub fn sample(&self, rows: usize, random: &mut Philox, batch: &mut Minibatch) {
        let ControlShape { state, action } = self.shape;
        for column in [&mut batch.states, &mut batch.actions, &mut batch.rewards] {
            column.clear();
        }
        batch.next_states.clear();
        batch.goes_on.clear();
        if self.is_empty() {
            return;
        }
        for _ in 0..rows {
            let at = random.int(0, self.len() as i32) as usize;
            batch.states.extend_from_slice(&self.states[at * state..][..state]);
            batch.actions.extend_from_slice(&self.actions[at * action..][..action]);
            batch.rewards.push(self.rewards[at]);
            batch.next_states.extend_from_slice(&self.next_states[at * state..][..state]);
            batch.goes_on.push(self.goes_on[at]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_last_transitions_are_kept_and_drawn_whole() {
        let mut replay = ContinuousReplay::new(ControlShape { state: 2, action: 1 }, 3);
        let (mut random, mut batch) = (stream(1, Purpose::Minibatches), Minibatch::default());
        replay.sample(5, &mut random, &mut batch);
        assert!(replay.is_empty() && batch == Minibatch::default());
        for i in 0..5 {
            let x = i as f32;
            replay.push(&[x, x + 0.1], &[x + 0.2], x + 0.3, &[x + 0.4, x + 0.5], [0, 2, 4].contains(&i));
        }
        assert_eq!(replay.len(), 3);
        replay.sample(60, &mut random, &mut batch);
        let mut seen = [0; 5];
        for row in 0..60 {
            let x = batch.states[2 * row];
            seen[x as usize] += 1;
            assert_eq!(batch.states[2 * row + 1], x + 0.1);
            assert_eq!((batch.actions[row], batch.rewards[row]), (x + 0.2, x + 0.3));
            assert_eq!(batch.next_states[2 * row..2 * row + 2], [x + 0.4, x + 0.5]);
            assert_eq!(batch.goes_on[row], if [2.0, 4.0].contains(&x) { 0.0 } else { 1.0 });
        }
        assert!(seen[..2] == [0, 0] && seen[2..].iter().all(|count| *count > 5), "{seen:?}");
    }
}
