//! Transitions over one or several choices, and the memory that keeps the last of them.

use std::collections::VecDeque;

use pentathlon_gym::seeding::{Random, philox::Philox};

use crate::options::Outcome;

/// A choice, what it and those after it earned, and the situation behind them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transition {
    /// What the agent saw.
    pub observation: Vec<f32>,
    /// What it chose.
    pub choice: i32,
    /// Discounted rewards on the way.
    pub reward: f32,
    /// Discount of what follows, 0 after a terminal state.
    pub discount: f32,
    /// What it saw in the end.
    pub next: Vec<f32>,
    /// Which choices were allowed then.
    pub available: Vec<u8>,
}

/// The last choices of one environment, until enough followed each of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NStepQueue {
    waiting: VecDeque<(Vec<f32>, i32, Outcome)>,
}

impl NStepQueue {
    /// Adds a choice with its outcome and the situation behind it, and hands out the transitions that are
    /// complete: those over `n` choices, and at the end of an episode all that are left.
    pub fn push(
        &mut self,
        n: usize,
        (observation, choice): (Vec<f32>, i32),
        outcome: Outcome,
        (next, available): (&[f32], &[u8]),
        mut complete: impl FnMut(Transition),
    ) {
        self.waiting.push_back((observation, choice, outcome));
        while self.waiting.len() >= n || (outcome.ended && !self.waiting.is_empty()) {
            let (mut reward, mut discount) = (0.0, 1.0);
            for (_, _, outcome) in &self.waiting {
                reward += discount * outcome.reward;
                discount *= outcome.discount;
            }
            if outcome.terminated {
                discount = 0.0;
            }
            if let Some((observation, choice, _)) = self.waiting.pop_front() {
                let (next, available) = (next.to_vec(), available.to_vec());
                complete(Transition { observation, choice, reward, discount, next, available });
            }
        }
    }
}

/// The last so many transitions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TransitionReplay {
    capacity: usize,
    transitions: Vec<Transition>,
    next: usize,
}

impl TransitionReplay {
    /// A memory of `capacity` transitions, at least 1.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), ..Self::default() }
    }

    /// Number of transitions in memory.
    pub fn len(&self) -> usize {
        self.transitions.len()
    }

    /// Whether the memory is empty.
    pub fn is_empty(&self) -> bool {
        self.transitions.is_empty()
    }

    /// Adds a transition; the oldest one leaves a full memory.
    pub fn push(&mut self, transition: Transition) {
        if self.transitions.len() < self.capacity {
            self.transitions.push(transition);
        } else {
            self.transitions[self.next] = transition;
            self.next = (self.next + 1) % self.capacity;
        }
    }

    /// `count` transitions, drawn one by one with equal chances. The memory must not be empty.
    pub fn sample(&self, count: usize, random: &mut Philox) -> Vec<&Transition> {
        let all = self.transitions.len() as i32;
        (0..count).map(|_| &self.transitions[random.int(0, all) as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(reward: f32, terminated: bool, ended: bool) -> Outcome {
        Outcome { reward, discount: 0.5, terminated, ended }
    }

    fn pushed(n: usize, outcomes: &[Outcome]) -> Vec<(f32, f32, f32, f32)> {
        let mut queue = NStepQueue::default();
        let mut found = Vec::new();
        for (index, outcome) in outcomes.iter().enumerate() {
            let seen = vec![index as f32];
            queue.push(n, (seen, 0), *outcome, (&[index as f32 + 1.0], &[1]), |t| {
                found.push((t.observation[0], t.reward, t.discount, t.next[0]));
            });
        }
        found
    }

    #[test]
    fn returns_reach_over_n_choices_and_to_the_end_of_the_episode() {
        let outcomes = [outcome(1.0, false, false), outcome(2.0, false, false), outcome(4.0, true, true)];
        assert_eq!(pushed(2, &outcomes), [(0.0, 2.0, 0.25, 2.0), (1.0, 4.0, 0.0, 3.0), (2.0, 4.0, 0.0, 3.0)]);
        assert_eq!(pushed(1, &outcomes)[..2], [(0.0, 1.0, 0.5, 1.0), (1.0, 2.0, 0.5, 2.0)]);
    }

    #[test]
    fn an_episode_that_is_cut_off_is_still_worth_something_at_its_end() {
        let outcomes = [outcome(1.0, false, false), outcome(2.0, false, true)];
        assert_eq!(pushed(3, &outcomes), [(0.0, 2.0, 0.25, 2.0), (1.0, 2.0, 0.5, 2.0)]);
    }
}
