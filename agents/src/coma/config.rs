//! What COMA needs beside the settings that it shares with value learners.

use serde::{Deserialize, Serialize};

use crate::Error;

/// The central critic. Of `[learner]` COMA uses `recurrent`, `hidden`, `optimiser`, `learning_rate` (that of the policy),
/// `max_gradient_norm`, `gamma` and `batch_episodes`: an update is made as soon as so many episodes have ended, of all that
/// have, and they are not used again. Defaults are those of the authors' public framework.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CriticConfig {
    /// Width of its two hidden layers, 1 to 1024.
    pub hidden: usize,
    /// Step size, above 0 and at most 1.
    pub learning_rate: f64,
    /// Decay of the returns that are its targets, 0 (one step) to 1 (Monte Carlo).
    pub lambda: f32,
    /// Consecutive time steps of all episodes for one gradient step, 1 to 65536. An update goes from the last ones to
    /// the first ones.
    pub minibatch_steps: usize,
    /// Updates between two copies of the critic into the target critic, at least 1. The reference makes one after 200
    /// gradient steps, about as many as an update takes there.
    pub target_updates: u64,
}

impl Default for CriticConfig {
    fn default() -> Self {
        Self { hidden: 128, learning_rate: 5e-4, lambda: 0.8, minibatch_steps: 1, target_updates: 1 }
    }
}

impl CriticConfig {
    /// Whether every field is within its range.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first one that is not.
    pub fn validate(&self) -> Result<(), Error> {
        let refuse = |field, value: String, allowed: &str| {
            Err(Error::InvalidField { field, value, allowed: allowed.to_owned() })
        };
        if !(1..=1024).contains(&self.hidden) {
            return refuse("critic.hidden", self.hidden.to_string(), "1 to 1024");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refuse("critic.learning_rate", self.learning_rate.to_string(), "above 0, at most 1");
        }
        if !(0.0..=1.0).contains(&self.lambda) {
            return refuse("critic.lambda", self.lambda.to_string(), "0 to 1");
        }
        if !(1..=65_536).contains(&self.minibatch_steps) {
            return refuse("critic.minibatch_steps", self.minibatch_steps.to_string(), "1 to 65536");
        }
        if self.target_updates == 0 {
            return refuse("critic.target_updates", String::from("0"), "1 or more");
        }
        Ok(())
    }
}
