//! What a low-level policy is paid for pursuing a subgoal.

use serde::{Deserialize, Serialize};

/// Intrinsic rewards:
///
/// ```text
/// r = [achieved] (1 - decay t / T)  +  progress (gamma Phi(s') - Phi(s))  -  idle [nothing changed]
/// Phi(s) = -distance to what the subgoal is about, as a share of the largest one; 0 once achieved
/// ```
///
/// The first part is that of GMAH's release; the others are a potential (Ng, Harada, Russell, 1999), which,
/// unlike a payment by distance, cannot be collected by standing still.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrinsicConfig {
    /// Share of the reward that success at the time limit has lost, 0 to 1.
    pub decay: f32,
    /// Weight of the potential, 0 to 100; without effect where distances are not known.
    pub progress: f32,
    /// Cost of an action that changes nothing, 0 to 100; without effect where that is not observed.
    pub idle: f32,
}

impl Default for IntrinsicConfig {
    fn default() -> Self {
        Self { decay: 0.5, progress: 1.0, idle: 0.05 }
    }
}

/// A step in pursuit of a subgoal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PursuitStep {
    /// Whether it achieved the subgoal.
    pub achieved: bool,
    /// Steps of the episode, this one included, as a share of the time limit.
    pub time: f32,
    /// Distance before and after as a share of the largest one, where it is known.
    pub distance: [Option<f32>; 2],
    /// Whether the action changed nothing.
    pub idle: bool,
}

impl IntrinsicConfig {
    /// The reward of `step`; `gamma` is the discount of the low level.
    pub fn reward(&self, step: PursuitStep, gamma: f32) -> f32 {
        let potential = |distance: Option<f32>| -distance.unwrap_or(0.0);
        let after = if step.achieved { 0.0 } else { potential(step.distance[1]) };
        let mut reward = self.progress * (gamma * after - potential(step.distance[0]));
        if step.achieved {
            reward += 1.0 - self.decay * step.time;
        }
        if step.idle {
            reward -= self.idle;
        }
        reward
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_pays_less_the_later_it_comes() {
        let config = IntrinsicConfig { progress: 0.0, ..IntrinsicConfig::default() };
        let step = PursuitStep { achieved: true, time: 0.5, distance: [None, None], idle: false };
        assert_eq!(config.reward(step, 0.99), 0.75);
        assert_eq!(config.reward(PursuitStep { achieved: false, ..step }, 0.99), 0.0);
        assert_eq!(config.reward(PursuitStep { achieved: false, idle: true, ..step }, 0.99), -0.05);
    }

    /// Whatever way is taken, the discounted sum of the potential's part is what the first state alone says.
    #[test]
    fn shaping_pays_every_way_to_the_subgoal_alike() {
        let (config, gamma) = (IntrinsicConfig { decay: 0.0, ..IntrinsicConfig::default() }, 0.9_f32);
        let total = |distances: &[f32]| -> f32 {
            let pairs = distances.windows(2).enumerate();
            pairs
                .map(|(index, pair)| {
                    let achieved = index + 2 == distances.len();
                    let step = PursuitStep {
                        achieved,
                        time: 0.0,
                        distance: [Some(pair[0]), Some(pair[1])],
                        idle: false,
                    };
                    let reward = config.reward(step, gamma) - if achieved { 1.0 } else { 0.0 };
                    gamma.powi(index as i32) * reward
                })
                .sum()
        };
        for way in [&[0.5, 0.25, 0.0][..], &[0.5, 0.75, 0.5, 0.75, 0.5, 0.25, 0.1], &[0.5, 0.4]] {
            assert!((total(way) - 0.5).abs() < 1e-6, "{way:?}: {}", total(way));
        }
    }
}
