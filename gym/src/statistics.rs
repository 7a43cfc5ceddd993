//! Return, length and success of episodes, per environment.

use serde::{Deserialize, Serialize};

/// One ended episode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeRecord {
    /// Environment index.
    pub env: usize,
    /// Sum of rewards over steps and agents.
    pub episode_return: f32,
    /// Steps.
    pub length: u32,
    /// Whether the task was achieved.
    pub success: bool,
}

/// Running totals over ended episodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpisodeStatistics {
    /// Ended episodes.
    pub episodes: u64,
    /// Successful ones.
    pub successes: u64,
    /// Sum of returns.
    pub return_sum: f64,
    /// Sum of lengths.
    pub length_sum: u64,
}
