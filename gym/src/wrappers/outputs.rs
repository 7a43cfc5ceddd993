//! A copy of what a step reported, for wrappers that go on with the batch inside before they report it.

use crate::{EpisodeRecord, Info, Observation, Step};

/// What a step reported.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub reward: Vec<f32>,
    pub terminated: Vec<bool>,
    pub truncated: Vec<bool>,
    pub subgoal: Vec<i32>,
    pub success: Vec<bool>,
    pub was_reset: Vec<bool>,
    pub episodes: Vec<EpisodeRecord>,
    pub channels: Vec<(String, Vec<f32>)>,
}

/// Copies `source` into `target`, whose memory is kept.
pub(super) fn replace<T: Clone>(target: &mut Vec<T>, source: &[T]) {
    target.clear();
    target.extend_from_slice(source);
}

impl Outputs {
    /// Copies what `step` reports.
    pub fn take_over(&mut self, step: &Step<'_>) {
        replace(&mut self.reward, step.reward);
        replace(&mut self.terminated, step.terminated);
        replace(&mut self.truncated, step.truncated);
        replace(&mut self.subgoal, step.info.subgoal);
        replace(&mut self.success, step.info.success);
        replace(&mut self.was_reset, step.info.was_reset);
        replace(&mut self.episodes, step.info.episodes);
        if self.channels.len() != step.info.channels.len() {
            self.channels = step.info.channels.to_vec();
        }
        for ((name, values), (source_name, source)) in self.channels.iter_mut().zip(step.info.channels) {
            if name != source_name {
                name.clone_from(source_name);
            }
            replace(values, source);
        }
    }

    /// The step as it was reported, with these observations.
    pub fn report<'a>(
        &'a self,
        observation: &'a Observation,
        final_observation: Option<&'a Observation>,
    ) -> Step<'a> {
        Step {
            observation,
            reward: &self.reward,
            terminated: &self.terminated,
            truncated: &self.truncated,
            info: Info {
                final_observation,
                subgoal: &self.subgoal,
                success: &self.success,
                was_reset: &self.was_reset,
                episodes: &self.episodes,
                channels: &self.channels,
            },
        }
    }
}
