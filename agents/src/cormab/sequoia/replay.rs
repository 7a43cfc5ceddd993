//! Prioritised experience replay (T. Schaul et al., ICLR 2016): transitions are drawn in proportion to a
//! power of their last error, and weighted by how much too often they are.

use pentathlon_envs::cormab::action::ActionMask;
use pentathlon_gym::seeding::Random;
use serde::{Deserialize, Serialize};

/// One step of an arm process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// Levels before.
    pub levels: Vec<u8>,
    /// The action.
    pub action: ActionMask,
    /// Its expected reward, which has less variance than the one that was paid.
    pub reward: f32,
    /// Levels after.
    pub next: Vec<u8>,
}

/// The latest transitions with their priorities.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Replay {
    capacity: usize,
    transitions: Vec<Transition>,
    next: usize,
    /// Sums of priorities as a binary tree: entry 1 is all, entries from `leaves` on are the transitions'.
    sums: Vec<f64>,
    leaves: usize,
    alpha: f64,
    highest: f64,
}

/// A drawn transition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// Its place, for [`Replay::set_error`].
    pub index: usize,
    /// Its weight in the loss, at most 1.
    pub weight: f32,
}

impl Replay {
    /// Room for `capacity` transitions, drawn by errors to the power of `alpha`.
    pub fn new(capacity: usize, alpha: f64) -> Self {
        let leaves = capacity.next_power_of_two();
        let sums = vec![0.0; 2 * leaves];
        Self { capacity, transitions: Vec::new(), next: 0, sums, leaves, alpha, highest: 1.0 }
    }

    /// Number of transitions.
    pub fn len(&self) -> usize {
        self.transitions.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.transitions.is_empty()
    }

    /// The transition at a drawn place.
    pub fn get(&self, index: usize) -> &Transition {
        &self.transitions[index]
    }

    /// Keeps a transition in place of the oldest, with the highest priority so far.
    pub fn push(&mut self, transition: Transition) {
        let index = self.next;
        if self.transitions.len() < self.capacity {
            self.transitions.push(transition);
        } else {
            self.transitions[index] = transition;
        }
        self.next = (index + 1) % self.capacity;
        self.set_priority(index, self.highest);
    }

    fn set_priority(&mut self, index: usize, priority: f64) {
        let mut at = self.leaves + index;
        self.sums[at] = priority;
        while at > 1 {
            at /= 2;
            self.sums[at] = self.sums[2 * at] + self.sums[2 * at + 1];
        }
    }

    /// Says by how much the value of a drawn transition was off.
    pub fn set_error(&mut self, index: usize, error: f64) {
        let priority = (error.abs() + 1e-6).powf(self.alpha);
        self.highest = self.highest.max(priority);
        self.set_priority(index, priority);
    }

    /// Draws as many transitions as `drawn` had room for asked: one from each of `count` equal shares of the
    /// priorities, with weights to the power of `beta`.
    pub fn draw<R: Random>(&self, random: &mut R, count: usize, beta: f64, drawn: &mut Vec<Drawn>) {
        drawn.clear();
        let total = self.sums[1];
        for share in 0..count {
            let mut rest = total * (share as f64 + random.float()) / count as f64;
            let mut at = 1;
            while at < self.leaves {
                at *= 2;
                if rest >= self.sums[at] && self.sums[at + 1] > 0.0 {
                    rest -= self.sums[at];
                    at += 1;
                }
            }
            let index = (at - self.leaves).min(self.len() - 1);
            let chance = self.sums[self.leaves + index] / total;
            let weight = (self.len() as f64 * chance).powf(-beta) as f32;
            drawn.push(Drawn { index, weight });
        }
        let largest = drawn.iter().fold(0.0f32, |most, drawn| most.max(drawn.weight));
        drawn.iter_mut().for_each(|drawn| drawn.weight /= largest);
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn draws_follow_priorities_and_weights_make_up_for_it() {
        let mut replay = Replay::new(4, 1.0);
        for action in 0..6 {
            replay.push(Transition { levels: vec![], action, reward: 0.0, next: vec![] });
        }
        assert_eq!(replay.len(), 4);
        let kept: Vec<_> = (0..4).map(|index| replay.get(index).action).collect();
        assert_eq!(kept, [4, 5, 2, 3]);
        for (index, error) in [1.0, 2.0, 3.0, 4.0].into_iter().enumerate() {
            replay.set_error(index, error);
        }
        let mut counts = [0; 4];
        let mut drawn = Vec::new();
        let mut random = Philox::for_level(0, 0);
        for _ in 0..10_000 {
            replay.draw(&mut random, 4, 1.0, &mut drawn);
            for one in &drawn {
                counts[one.index] += 1;
                assert!(one.weight <= 1.0);
            }
        }
        for (index, count) in counts.into_iter().enumerate() {
            let expected = 4000 * (index as i32 + 1);
            assert!((count - expected).abs() < 300, "{counts:?}");
        }
        replay.draw(&mut random, 400, 1.0, &mut drawn);
        let weight =
            |index| drawn.iter().find(|drawn| drawn.index == index).map(|drawn| drawn.weight).unwrap();
        assert!((weight(1) / weight(0) - 0.5).abs() < 1e-3);
    }
}
