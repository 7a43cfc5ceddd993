//! The settings of TD3. Defaults are those of the paper's released code.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Twin delayed deep deterministic policy gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Td3Config {
    /// Widths of the hidden layers of actor and critics, each 1 to 4096; at least one.
    pub hidden: Vec<usize>,
    /// Step size of Adam for the actor, above 0 and at most 1.
    pub actor_rate: f32,
    /// Step size of Adam for the critics, above 0 and at most 1.
    pub critic_rate: f32,
    /// Discount of future rewards per step, 0 to 1.
    pub gamma: f32,
    /// Part of the way that target networks go towards the live ones with each of the actor's updates, above 0 and
    /// at most 1.
    pub target_rate: f32,
    /// Transitions in a minibatch, 1 to 65536.
    pub batch: usize,
    /// Transitions that are kept, at least `batch` and at most 2147483647.
    pub replay: usize,
    /// Frames of random actions before the first update.
    pub learning_starts: u64,
    /// Updates of the critics for each of the actor, at least 1.
    pub policy_delay: u64,
    /// Standard deviation of the noise on actions that are played, in units of their bounds; 0 or more.
    pub exploration_noise: f32,
    /// Standard deviation of the noise on actions that targets are made of; 0 or more.
    pub target_noise: f32,
    /// Largest noise on these; 0 or more.
    pub target_noise_limit: f32,
}

impl Default for Td3Config {
    fn default() -> Self {
        Self {
            hidden: vec![256, 256],
            actor_rate: 3e-4,
            critic_rate: 3e-4,
            gamma: 0.99,
            target_rate: 0.005,
            batch: 256,
            replay: 1_000_000,
            learning_starts: 25_000,
            policy_delay: 2,
            exploration_noise: 0.1,
            target_noise: 0.2,
            target_noise_limit: 0.5,
        }
    }
}

impl Td3Config {
    /// Whether all fields are in range.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn validate(&self) -> Result<(), Error> {
        let refuse = |field, value: String, allowed: &str| {
            Err(Error::InvalidField { field, value, allowed: allowed.into() })
        };
        if self.hidden.is_empty() || !self.hidden.iter().all(|width| (1..=4096).contains(width)) {
            return refuse("td3.hidden", format!("{:?}", self.hidden), "one width or more, each 1 to 4096");
        }
        for (field, value) in [
            ("td3.actor_rate", self.actor_rate),
            ("td3.critic_rate", self.critic_rate),
            ("td3.target_rate", self.target_rate),
        ] {
            if !(value > 0.0 && value <= 1.0) {
                return refuse(field, value.to_string(), "above 0 and at most 1");
            }
        }
        if !(0.0..=1.0).contains(&self.gamma) {
            return refuse("td3.gamma", self.gamma.to_string(), "0 to 1");
        }
        if !(1..=65_536).contains(&self.batch) {
            return refuse("td3.batch", self.batch.to_string(), "1 to 65536");
        }
        if !(self.batch..=i32::MAX as usize).contains(&self.replay) {
            return refuse("td3.replay", self.replay.to_string(), "td3.batch to 2147483647");
        }
        if self.policy_delay == 0 {
            return refuse("td3.policy_delay", self.policy_delay.to_string(), "at least 1");
        }
        for (field, value) in [
            ("td3.exploration_noise", self.exploration_noise),
            ("td3.target_noise", self.target_noise),
            ("td3.target_noise_limit", self.target_noise_limit),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return refuse(field, value.to_string(), "0 or more");
            }
        }
        Ok(())
    }

    /// Widths of a network between `inputs` and `outputs`.
    pub(crate) fn widths(&self, inputs: usize, outputs: usize) -> Vec<usize> {
        [inputs].into_iter().chain(self.hidden.iter().copied()).chain([outputs]).collect()
    }
}
