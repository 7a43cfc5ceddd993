//! How training goes: what the progress bar, the table and TensorBoard show.

use crate::ppo::UpdateStatistics;

/// The state of training after an update.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Updates made.
    pub update: u64,
    /// Environment steps made.
    pub frames: u64,
    /// Environment steps after which training ends.
    pub total_frames: u64,
    /// Seconds spent training, before a resume too.
    pub seconds: f64,
    /// Environment steps per second of the last update, learning included.
    pub frames_per_second: f64,
    /// Episodes that have ended.
    pub episodes: u64,
    /// Mean return of the most recent episodes, 0 before one has ended.
    pub mean_return: f64,
    /// Mean length of the most recent episodes, 0 before one has ended.
    pub mean_length: f64,
    /// Fraction of the most recent episodes that achieved the task; an environment in its first episode
    /// counts as one that has not.
    pub success_rate: f64,
    /// Step size of the update.
    pub learning_rate: f64,
    /// What the update did.
    pub statistics: UpdateStatistics,
}

impl Progress {
    /// The columns of the progress table, in order.
    pub fn fields(&self) -> [(&'static str, f64); 16] {
        let loss = self.statistics.loss;
        [
            ("update", self.update as f64),
            ("frames", self.frames as f64),
            ("seconds", self.seconds),
            ("frames_per_second", self.frames_per_second),
            ("episodes", self.episodes as f64),
            ("mean_return", self.mean_return),
            ("mean_length", self.mean_length),
            ("success_rate", self.success_rate),
            ("policy_loss", loss.policy.into()),
            ("value_loss", loss.value.into()),
            ("entropy", loss.entropy.into()),
            ("divergence", loss.divergence.into()),
            ("clipped", loss.clipped.into()),
            ("gradient_norm", self.statistics.gradient_norm.into()),
            ("explained_variance", self.statistics.explained_variance.into()),
            ("learning_rate", self.learning_rate),
        ]
    }
}
