//! How training goes: what the progress bar, the table and TensorBoard show.

use std::collections::VecDeque;

use pentathlon_gym::EpisodeRecord;
use serde::{Deserialize, Serialize};

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
    /// Mean return of the most recent episodes.
    pub mean_return: f64,
    /// Mean length of the most recent episodes.
    pub mean_length: f64,
    /// Fraction of the most recent episodes that achieved the task.
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

/// The most recent episodes, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpisodeWindow {
    recent: VecDeque<EpisodeRecord>,
    size: usize,
    episodes: u64,
}

impl EpisodeWindow {
    /// A window of the `size` most recent episodes.
    pub fn new(size: usize) -> Self {
        Self { recent: VecDeque::with_capacity(size), size, episodes: 0 }
    }

    /// Adds an episode that has ended.
    pub fn push(&mut self, episode: &EpisodeRecord) {
        if self.recent.len() == self.size {
            self.recent.pop_front();
        }
        self.recent.push_back(*episode);
        self.episodes += 1;
    }

    /// Episodes that have ended.
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// Whether as many episodes have ended as the window holds.
    pub fn is_full(&self) -> bool {
        self.recent.len() == self.size
    }

    /// Mean return of the window, 0 when it is empty.
    pub fn mean_return(&self) -> f64 {
        self.mean(|episode| episode.episode_return.into())
    }

    /// Mean length of the window, 0 when it is empty.
    pub fn mean_length(&self) -> f64 {
        self.mean(|episode| episode.length.into())
    }

    /// Fraction of successes in the window, 0 when it is empty.
    pub fn success_rate(&self) -> f64 {
        self.mean(|episode| f64::from(u8::from(episode.success)))
    }

    fn mean(&self, value: impl Fn(&EpisodeRecord) -> f64) -> f64 {
        self.recent.iter().map(value).sum::<f64>() / self.recent.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_forgets_the_oldest_episode() {
        let mut window = EpisodeWindow::new(2);
        assert_eq!(window.mean_return(), 0.0);
        for (episode_return, length, success) in [(9.0, 90, false), (1.0, 10, true), (2.0, 20, false)] {
            window.push(&EpisodeRecord { env: 0, episode_return, length, success });
        }
        assert!(window.is_full());
        assert_eq!(window.episodes(), 3);
        assert_eq!((window.mean_return(), window.mean_length(), window.success_rate()), (1.5, 15.0, 0.5));
    }
}
