//! The settings of deep Q-learning. Defaults are those of CleanRL's classic-control script, but for
//! double Q-learning.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::qmix::ExplorationConfig;

/// Deep Q-learning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DqnConfig {
    /// Widths of the hidden layers, each 1 to 4096; at least one.
    pub hidden: Vec<usize>,
    /// Step size of Adam, above 0 and at most 1.
    pub learning_rate: f64,
    /// Norm of the gradient above which it is scaled down, above 0.
    pub max_gradient_norm: f32,
    /// Discount of future rewards per primitive step, 0 to 1.
    pub gamma: f32,
    /// Choices that a return looks ahead, 1 to 1000.
    pub n_step: usize,
    /// Transitions that are kept, at least `batch`.
    pub replay: usize,
    /// Transitions in a minibatch, 1 to 65536.
    pub batch: usize,
    /// Transitions that are collected before the first update.
    pub learning_starts: usize,
    /// Transitions collected for every update, at least 1.
    pub transitions_per_update: usize,
    /// Updates between two copies of the network into the target network, at least 1.
    pub target_updates: u64,
    /// Whether the live network picks the choice that the target network values (van Hasselt et al., 2016).
    pub double_q: bool,
    /// Least and largest target of a value, where it is known; left out, any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_range: Option<[f32; 2]>,
    /// How choices are explored.
    pub exploration: ExplorationConfig,
}

impl Default for DqnConfig {
    fn default() -> Self {
        Self {
            hidden: vec![120, 84],
            learning_rate: 2.5e-4,
            max_gradient_norm: 10.0,
            gamma: 0.99,
            n_step: 1,
            replay: 10_000,
            batch: 128,
            learning_starts: 10_000,
            transitions_per_update: 10,
            target_updates: 50,
            double_q: true,
            target_range: None,
            exploration: ExplorationConfig { initial: 1.0, last: 0.05, frames: 250_000 },
        }
    }
}

impl DqnConfig {
    /// Whether every field is within its range.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first one that is not.
    pub fn validate(&self) -> Result<(), Error> {
        let widths = !self.hidden.is_empty() && self.hidden.iter().all(|width| (1..=4096).contains(width));
        let rate = self.learning_rate > 0.0 && self.learning_rate <= 1.0;
        let checks: [(&'static str, bool, String, &str); 8] = [
            ("dqn.hidden", widths, format!("{:?}", self.hidden), "at least one width, each 1 to 4096"),
            ("dqn.learning_rate", rate, self.learning_rate.to_string(), "above 0, at most 1"),
            ("dqn.gamma", (0.0..=1.0).contains(&self.gamma), self.gamma.to_string(), "0 to 1"),
            ("dqn.n_step", (1..=1000).contains(&self.n_step), self.n_step.to_string(), "1 to 1000"),
            ("dqn.batch", (1..=65_536).contains(&self.batch), self.batch.to_string(), "1 to 65536"),
            ("dqn.replay", self.replay >= self.batch, self.replay.to_string(), "at least dqn.batch"),
            (
                "dqn.transitions_per_update",
                self.transitions_per_update > 0,
                self.transitions_per_update.to_string(),
                "1 or more",
            ),
            ("dqn.target_updates", self.target_updates > 0, self.target_updates.to_string(), "1 or more"),
        ];
        match checks.into_iter().find(|(_, is_good, ..)| !is_good) {
            Some((field, _, value, allowed)) => {
                Err(Error::InvalidField { field, value, allowed: allowed.to_owned() })
            }
            None => Ok(()),
        }
    }
}
