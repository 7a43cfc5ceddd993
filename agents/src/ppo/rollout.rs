//! What a policy did in a batch of environments, and what came of it.

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{EpisodeRecord, VectorEnv};
use rayon::prelude::*;

use super::advantage::{Trajectories, generalized_advantage};
use crate::networks::{EncodedRows, Inference, ObservationLayout};
use crate::{Error, categorical, config::PpoConfig};

/// T steps of N environments. Arrays are `[T, N]`, step by step.
#[derive(Clone, Debug, Default)]
pub struct Rollout {
    /// Observations acted on.
    pub observations: EncodedRows,
    /// Indices of the actions taken.
    pub actions: Vec<i32>,
    /// Logarithms of the chances that the policy gave them.
    pub log_probabilities: Vec<f32>,
    /// Value estimates of the observations.
    pub values: Vec<f32>,
    /// Rewards times `reward_scale`; with `bootstrap_on_timeout`, plus what the value of a last observation stands for.
    pub rewards: Vec<f32>,
    /// Whether the episode ended with the step.
    pub done: Vec<bool>,
    /// Value estimates of the observations after the last step, `[N]`.
    pub last_values: Vec<f32>,
    /// Estimated advantages of the actions.
    pub advantages: Vec<f32>,
    /// Value targets.
    pub returns: Vec<f32>,
    scratch: Scratch,
}

/// Buffers of one step, kept from step to step.
#[derive(Clone, Debug, Default)]
struct Scratch {
    logits: Vec<f32>,
    uniforms: Vec<f32>,
    env_actions: Vec<i32>,
    timeouts: Vec<usize>,
    rows: EncodedRows,
    values: Vec<f32>,
}

impl Rollout {
    /// Number of frames: T times N.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether nothing has been collected.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Plays `config.rollout_steps` steps in every environment of `env`, which resets ended episodes in
    /// the same step, and estimates advantages. Ended episodes are reported to `on_episode`.
    ///
    /// Actions are drawn from `random`, one number an environment and step. Rows are evaluated on
    /// `pool`, `config.inference_rows` at a time.
    ///
    /// # Errors
    /// Those of the environment.
    #[expect(clippy::too_many_arguments, reason = "the parts of a learner that collecting needs")]
    pub fn collect(
        &mut self,
        env: &mut dyn VectorEnv,
        layout: &ObservationLayout,
        network: &Inference,
        config: &PpoConfig,
        random: &mut Philox,
        pool: &rayon::ThreadPool,
        mut on_episode: impl FnMut(&EpisodeRecord),
    ) -> Result<(), Error> {
        let envs = env.num_envs();
        self.resize(envs * config.rollout_steps, envs, layout.actions);
        for step in 0..config.rollout_steps {
            let frames = step * envs..(step + 1) * envs;
            self.observations.push(layout, env.observation(), 0..envs);
            self.scratch.uniforms.iter_mut().for_each(|uniform| *uniform = random.float() as f32);
            pool.install(|| self.choose(layout, network, frames.clone(), config.inference_rows));
            let chosen = self.scratch.env_actions.iter_mut().zip(&self.actions[frames.clone()]);
            chosen.for_each(|(action, index)| *action = index + layout.first_action);

            let result = env.step_with((&self.scratch.env_actions).into())?;
            for (reward, given) in self.rewards[frames.clone()].iter_mut().zip(result.reward) {
                *reward = given * config.reward_scale;
            }
            for (done, ended) in
                self.done[frames.clone()].iter_mut().zip(result.terminated.iter().zip(result.truncated))
            {
                *done = *ended.0 || *ended.1;
            }
            result.info.episodes.iter().for_each(&mut on_episode);
            if config.bootstrap_on_timeout {
                self.scratch.timeouts.clear();
                let cut = (0..envs).filter(|&env| result.truncated[env] && !result.terminated[env]);
                self.scratch.timeouts.extend(cut);
                if let Some(last) =
                    result.info.final_observation.filter(|_| !self.scratch.timeouts.is_empty())
                {
                    let Scratch { timeouts, rows, .. } = &mut self.scratch;
                    rows.clear();
                    rows.push(layout, last, timeouts.iter().copied());
                    self.add_values_of_last_observations(layout, network, config.gamma, frames.start);
                }
            }
        }
        self.scratch.rows.clear();
        self.scratch.rows.push(layout, env.observation(), 0..envs);
        pool.install(|| self.evaluate_after_last(layout, network, config.inference_rows));
        let trajectories = Trajectories {
            rewards: &self.rewards,
            values: &self.values,
            done: &self.done,
            last_values: &self.last_values,
        };
        generalized_advantage(
            trajectories,
            config.gamma,
            config.gae_lambda,
            &mut self.advantages,
            &mut self.returns,
        );
        Ok(())
    }

    fn resize(&mut self, frames: usize, envs: usize, actions: usize) {
        self.observations.clear();
        for values in [
            &mut self.log_probabilities,
            &mut self.values,
            &mut self.rewards,
            &mut self.advantages,
            &mut self.returns,
        ] {
            values.resize(frames, 0.0);
        }
        self.actions.resize(frames, 0);
        self.done.resize(frames, false);
        self.last_values.resize(envs, 0.0);
        self.scratch.logits.resize(envs * actions, 0.0);
        self.scratch.uniforms.resize(envs, 0.0);
        self.scratch.env_actions.resize(envs, 0);
    }

    /// Evaluates the observations of `frames` and draws their actions.
    fn choose(
        &mut self,
        layout: &ObservationLayout,
        network: &Inference,
        frames: std::ops::Range<usize>,
        at_once: usize,
    ) {
        let observations = &self.observations;
        let logits = self.scratch.logits.par_chunks_mut(at_once * layout.actions);
        let chosen = self.actions[frames.clone()]
            .par_chunks_mut(at_once)
            .zip(self.log_probabilities[frames.clone()].par_chunks_mut(at_once));
        let values = self.values[frames.clone()].par_chunks_mut(at_once);
        let uniforms = self.scratch.uniforms.par_chunks(at_once);
        logits.zip(chosen).zip(values.zip(uniforms)).enumerate().for_each(
            |(chunk, ((logits, (actions, log_probabilities)), (values, uniforms)))| {
                let start = frames.start + chunk * at_once;
                network.evaluate(layout, observations, start..start + values.len(), logits, values);
                for (row, logits) in logits.chunks_exact(layout.actions).enumerate() {
                    let (action, log_probability) = categorical::sample(logits, uniforms[row]);
                    actions[row] = action as i32;
                    log_probabilities[row] = log_probability;
                }
            },
        );
    }

    fn evaluate_after_last(&mut self, layout: &ObservationLayout, network: &Inference, at_once: usize) {
        let Scratch { logits, rows, .. } = &mut self.scratch;
        let rows = &*rows;
        let logits = logits.par_chunks_mut(at_once * layout.actions);
        self.last_values.par_chunks_mut(at_once).zip(logits).enumerate().for_each(
            |(chunk, (values, logits))| {
                let start = chunk * at_once;
                network.evaluate(layout, rows, start..start + values.len(), logits, values);
            },
        );
    }

    fn add_values_of_last_observations(
        &mut self,
        layout: &ObservationLayout,
        network: &Inference,
        gamma: f32,
        first_frame: usize,
    ) {
        let Scratch { logits, timeouts, rows, values, .. } = &mut self.scratch;
        let count = timeouts.len();
        values.resize(count, 0.0);
        network.evaluate(layout, rows, 0..count, &mut logits[..count * layout.actions], values);
        for (&env, value) in timeouts.iter().zip(values) {
            self.rewards[first_frame + env] += gamma * *value;
        }
    }
}
