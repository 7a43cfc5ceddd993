//! Return, length and success of episodes: of each environment while it runs, over all that ended, and
//! over the last few. The return is the undiscounted sum of rewards, as in Gymnasium's
//! `RecordEpisodeStatistics`.

use std::collections::VecDeque;

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
///
/// ```
/// use pentathlon_gym::{EpisodeRecord, EpisodeStatistics};
/// let mut statistics = EpisodeStatistics::default();
/// statistics.record(&EpisodeRecord { env: 0, episode_return: 0.5, length: 12, success: true });
/// assert_eq!(statistics.success_rate(), Some(1.0));
/// assert_eq!(statistics.mean_length(), Some(12.0));
/// ```
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

impl EpisodeStatistics {
    /// Adds an ended episode.
    pub fn record(&mut self, episode: &EpisodeRecord) {
        self.episodes += 1;
        self.successes += u64::from(episode.success);
        self.return_sum += f64::from(episode.episode_return);
        self.length_sum += u64::from(episode.length);
    }

    /// Adds the totals of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.episodes += other.episodes;
        self.successes += other.successes;
        self.return_sum += other.return_sum;
        self.length_sum += other.length_sum;
    }

    /// Share of successful episodes, 0 to 1; `None` before the first one ended.
    pub fn success_rate(&self) -> Option<f64> {
        self.per_episode(self.successes as f64)
    }

    /// Mean return of an episode; `None` before the first one ended.
    pub fn mean_return(&self) -> Option<f64> {
        self.per_episode(self.return_sum)
    }

    /// Mean number of steps of an episode; `None` before the first one ended.
    pub fn mean_length(&self) -> Option<f64> {
        self.per_episode(self.length_sum as f64)
    }

    fn per_episode(&self, sum: f64) -> Option<f64> {
        (self.episodes > 0).then(|| sum / self.episodes as f64)
    }
}

impl<'a> Extend<&'a EpisodeRecord> for EpisodeStatistics {
    fn extend<I: IntoIterator<Item = &'a EpisodeRecord>>(&mut self, episodes: I) {
        episodes.into_iter().for_each(|episode| self.record(episode));
    }
}

impl<'a> FromIterator<&'a EpisodeRecord> for EpisodeStatistics {
    fn from_iter<I: IntoIterator<Item = &'a EpisodeRecord>>(episodes: I) -> Self {
        let mut statistics = Self::default();
        statistics.extend(episodes);
        statistics
    }
}

/// The last so many ended episodes of a batch, for learning curves.
///
/// A success is often short and a failure as long as the limit allows, so the first episodes to end say
/// too much good. Until an environment has ended its first episode it therefore counts as one without
/// success.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeWindow {
    capacity: usize,
    recent: VecDeque<EpisodeRecord>,
    /// Ended episodes, those that left the window too.
    episodes: u64,
    /// Whether each environment has ended an episode.
    has_ended: Vec<bool>,
}

impl EpisodeWindow {
    /// A window of the last `capacity` episodes, at least 1, of `num_envs` environments.
    pub fn new(capacity: usize, num_envs: usize) -> Self {
        let capacity = capacity.max(1);
        let recent = VecDeque::with_capacity(capacity.min(1024));
        Self { capacity, recent, episodes: 0, has_ended: vec![false; num_envs] }
    }

    /// Adds an ended episode; the oldest one leaves a full window.
    pub fn record(&mut self, episode: &EpisodeRecord) {
        if self.recent.len() >= self.capacity {
            self.recent.pop_front();
        }
        self.recent.push_back(*episode);
        self.episodes += 1;
        if let Some(has_ended) = self.has_ended.get_mut(episode.env) {
            *has_ended = true;
        }
    }

    /// Ended episodes, those that left the window too.
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// Totals of the episodes in the window.
    pub fn statistics(&self) -> EpisodeStatistics {
        self.recent.iter().collect()
    }

    /// Share of successes, 0 to 1, among the episodes in the window and the environments that have not ended
    /// one yet; 0 for no environments.
    pub fn success_rate(&self) -> f64 {
        let first_episodes = self.has_ended.iter().filter(|has_ended| !**has_ended).count();
        let episodes = self.recent.len() + first_episodes;
        self.statistics().successes as f64 / episodes.max(1) as f64
    }

    /// Whether the window holds as many episodes as it can.
    pub fn is_full(&self) -> bool {
        self.recent.len() >= self.capacity
    }
}

impl<'a> Extend<&'a EpisodeRecord> for EpisodeWindow {
    fn extend<I: IntoIterator<Item = &'a EpisodeRecord>>(&mut self, episodes: I) {
        episodes.into_iter().for_each(|episode| self.record(episode));
    }
}

/// Return and length so far of every environment's running episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningEpisodes {
    returns: Vec<f32>,
    lengths: Vec<u32>,
}

impl RunningEpisodes {
    /// `num_envs` episodes that begin now.
    pub fn new(num_envs: usize) -> Self {
        Self { returns: vec![0.0; num_envs], lengths: vec![0; num_envs] }
    }

    /// Whether there is an entry for each of `num_envs` environments.
    pub fn fits(&self, num_envs: usize) -> bool {
        self.returns.len() == num_envs && self.lengths.len() == num_envs
    }

    /// Steps of environment `env` in its running episode.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn length(&self, env: usize) -> u32 {
        self.lengths[env]
    }

    /// Begins a new episode in environment `env`.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn begin(&mut self, env: usize) {
        self.returns[env] = 0.0;
        self.lengths[env] = 0;
    }

    /// Counts a step of environment `env` with the rewards of all its agents.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn step(&mut self, env: usize, rewards: &[f32]) {
        self.returns[env] += rewards.iter().sum::<f32>();
        self.lengths[env] = self.lengths[env].saturating_add(1);
    }

    /// The record of environment `env` if its episode ends now.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn record(&self, env: usize, success: bool) -> EpisodeRecord {
        EpisodeRecord { env, episode_return: self.returns[env], length: self.lengths[env], success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn episode(episode_return: f32, length: u32, success: bool) -> EpisodeRecord {
        EpisodeRecord { env: 0, episode_return, length, success }
    }

    #[test]
    fn means_are_per_episode() {
        let statistics: EpisodeStatistics =
            [episode(1.0, 10, true), episode(0.0, 30, false)].iter().collect();
        assert_eq!(statistics.success_rate(), Some(0.5));
        assert_eq!(statistics.mean_return(), Some(0.5));
        assert_eq!(statistics.mean_length(), Some(20.0));
    }

    #[test]
    fn nothing_has_no_mean() {
        let statistics = EpisodeStatistics::default();
        assert_eq!(statistics.success_rate(), None);
        assert_eq!(statistics.mean_return(), None);
        assert_eq!(statistics.mean_length(), None);
    }

    #[test]
    fn merged_totals_are_those_of_all_episodes() {
        let episodes = [episode(1.0, 10, true), episode(0.25, 30, false), episode(0.5, 7, true)];
        let mut merged: EpisodeStatistics = episodes[..1].iter().collect();
        merged.merge(&episodes[1..].iter().collect());
        assert_eq!(merged, episodes.iter().collect());
    }

    #[test]
    fn a_window_forgets_the_oldest() {
        let mut window = EpisodeWindow::new(2, 1);
        window.extend(&[episode(9.0, 1, true), episode(1.0, 2, false)]);
        assert!(window.is_full());
        window.record(&episode(3.0, 4, false));
        assert_eq!(window.episodes(), 3);
        let statistics = window.statistics();
        assert_eq!((statistics.episodes, statistics.successes), (2, 0));
        assert_eq!(statistics.mean_return(), Some(2.0));
    }

    #[test]
    fn an_environment_in_its_first_episode_has_no_success() {
        let mut window = EpisodeWindow::new(10, 4);
        assert_eq!(window.success_rate(), 0.0);
        window.record(&EpisodeRecord { env: 2, ..episode(1.0, 3, true) });
        assert_eq!(window.success_rate(), 0.25, "the other three are still at it");
        window.record(&EpisodeRecord { env: 2, ..episode(1.0, 3, true) });
        assert_eq!(window.success_rate(), 0.4);
        for env in [0, 1, 3] {
            window.record(&EpisodeRecord { env, ..episode(0.0, 9, false) });
        }
        assert_eq!(window.success_rate(), 0.4, "two of five episodes");
    }

    #[test]
    fn running_episodes_sum_over_steps_and_agents() {
        let mut running = RunningEpisodes::new(2);
        running.step(1, &[0.5, 0.25]);
        running.step(1, &[0.0, 0.25]);
        let expected = EpisodeRecord { env: 1, episode_return: 1.0, length: 2, success: true };
        assert_eq!(running.record(1, true), expected);
        assert_eq!(running.length(0), 0);
        running.begin(1);
        assert_eq!(running.record(1, false).length, 0);
    }
}
