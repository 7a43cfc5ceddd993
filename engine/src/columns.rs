//! The columns of a batch as host memory: what a snapshot holds, on whichever device the batch steps.

use pentathlon_gym::seeding::{pcg64::Pcg64, philox::seed_words};

use crate::episode::{
    records::{Episode, Outcome},
    rules,
};

/// Everything that the future of a batch depends on, its level pool excepted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns<S> {
    /// `[num_envs]`.
    pub(crate) states: Vec<S>,
    /// `[num_envs, items]`.
    pub(crate) items: Vec<u32>,
    /// `[num_envs]`.
    pub(crate) episodes: Vec<Episode>,
    /// `[num_envs]`.
    pub(crate) outcomes: Vec<Outcome>,
    /// `[num_envs, num_agents]`.
    pub(crate) rewards: Vec<f32>,
    /// `[num_envs, num_agents]`.
    pub(crate) events: Vec<i32>,
    /// `[num_envs, context]`.
    pub(crate) context: Vec<f32>,
    /// `[num_envs]`, empty with the fast generator.
    pub(crate) streams: Vec<Pcg64>,
}

/// An environment that is to start an episode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) env: usize,
    /// A new seed, or `None` to continue.
    pub(crate) seed: Option<u64>,
}

impl Start {
    /// The episode that starts, after `current`.
    pub(crate) fn episode(&self, current: Option<Episode>, levels: u32) -> Episode {
        let env = self.env as u32;
        match (self.seed, current) {
            (None, Some(current)) => rules::next_episode(current, env, levels),
            (seed, _) => {
                let (low, high) = seed_words(seed.unwrap_or(0));
                rules::begin_episode(low, high, env, 0, levels)
            }
        }
    }
}
