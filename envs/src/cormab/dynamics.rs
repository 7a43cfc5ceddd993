//! What an instance expects of an action, in `f64`: up-probabilities, distributions of levels, and the
//! one-step reward `E[R | s, a]` that everything learns from and that evaluation reports.

use pentathlon_gym::seeding::Random;

use super::{
    action::ActionMask,
    instance::{Dynamics, Instance, LEVELS, link},
    rules::{
        process::{arm_noise, next_level},
        threshold,
    },
};

/// The arms of an instance with everything tabulated that a step needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Arms {
    /// The components that move each arm.
    touching: Vec<ActionMask>,
    /// Up-probability by arm and number of chosen components that touch it.
    up: Vec<Vec<f64>>,
    /// Reward by arm and level moved into.
    reward: Vec<[f64; LEVELS]>,
}

/// Level after a step up.
pub fn above(level: u8) -> u8 {
    (level + 1).min(LEVELS as u8 - 1)
}

/// Level after a step down.
pub fn below(level: u8) -> u8 {
    level.saturating_sub(1)
}

impl Arms {
    /// The arms of `instance`.
    pub fn new(instance: &Instance) -> Self {
        let touching: Vec<ActionMask> = match &instance.dynamics {
            Dynamics::UpDown { .. } => (0..instance.arms).map(|arm| 1 << arm).collect(),
            Dynamics::Sigmoid { omega, .. } => {
                let mask = |row: &Vec<f64>| {
                    let chosen = row.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
                    chosen.fold(0, |mask, (component, _)| mask | 1 << component)
                };
                omega.iter().map(mask).collect()
            }
        };
        let up = touching
            .iter()
            .enumerate()
            .map(|(arm, mask)| {
                (0..=mask.count_ones() as usize).map(|n| link(&instance.dynamics, arm, n)).collect()
            })
            .collect();
        Self { touching, up, reward: instance.reward.clone() }
    }

    /// Number of arms.
    pub fn len(&self) -> usize {
        self.touching.len()
    }

    /// Whether there is no arm.
    pub fn is_empty(&self) -> bool {
        self.touching.is_empty()
    }

    /// The components that move `arm`.
    pub fn touching(&self, arm: usize) -> ActionMask {
        self.touching[arm]
    }

    /// Up-probabilities of `arm` by the number of chosen components that touch it, from 0.
    pub fn up_by_count(&self, arm: usize) -> &[f64] {
        &self.up[arm]
    }

    /// Reward of `arm` by the level moved into.
    pub fn reward(&self, arm: usize) -> &[f64; LEVELS] {
        &self.reward[arm]
    }

    /// Up-probability of `arm` under `action`.
    pub fn up_probability(&self, arm: usize, action: ActionMask) -> f64 {
        self.up[arm][(self.touching[arm] & action).count_ones() as usize]
    }

    /// Probability of each next level of `arm` at `level` under `action`.
    pub fn next_distribution(&self, arm: usize, level: u8, action: ActionMask) -> [f64; LEVELS] {
        let up = self.up_probability(arm, action);
        let mut distribution = [0.0; LEVELS];
        distribution[usize::from(above(level))] += up;
        distribution[usize::from(below(level))] += 1.0 - up;
        distribution
    }

    /// What `arm` at `level` is expected to pay when `count` components that touch it are chosen.
    pub fn expected_pay(&self, arm: usize, level: u8, count: usize) -> f64 {
        let up = self.up[arm][count];
        let reward = &self.reward[arm];
        up * reward[usize::from(above(level))] + (1.0 - up) * reward[usize::from(below(level))]
    }

    /// The expected reward of a step, `E[R | levels, action]`, summed over arms.
    pub fn expected_reward(&self, levels: &[u8], action: ActionMask) -> f64 {
        let pay = |(arm, level): (usize, &u8)| {
            self.expected_pay(arm, *level, (self.touching[arm] & action).count_ones() as usize)
        };
        levels.iter().enumerate().map(pay).sum()
    }

    /// Moves all arms one step under `action`, as a batch does with the same two words of noise.
    pub fn step<R: Random>(&self, random: &mut R, levels: &mut [u8], action: ActionMask) {
        let (first, second) = (random.interval(u32::MAX), random.interval(u32::MAX));
        for (arm, level) in levels.iter_mut().enumerate() {
            let noise = arm_noise(first, second, arm as u32);
            *level = next_level(u32::from(*level), noise, threshold(self.up_probability(arm, action))) as u8;
        }
    }
}
