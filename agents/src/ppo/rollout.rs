//! What a policy did in a batch of environments, and what came of it. Every agent of every environment is a row
//! of its own: the agents of a team share the policy (IPPO, de Witt et al., 2020).

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{EpisodeRecord, VectorEnv};
use rayon::prelude::*;

use super::advantage::{Trajectories, generalized_advantage};
use crate::networks::{EncodedRows, Inference, ObservationLayout};
use crate::{Error, categorical, config::PpoConfig};

/// T steps of N agents, those of one environment side by side. Arrays are `[T, N]`, step by step.
#[derive(Clone, Debug, Default)]
pub struct Rollout {
    /// Observations acted on.
    pub observations: EncodedRows,
    /// Indices of the actions taken, `[T, N, numbers of an action]`.
    pub actions: Vec<i32>,
    /// Logarithms of the chances that the policy gave them.
    pub log_probabilities: Vec<f32>,
    /// Value estimates of the observations.
    pub values: Vec<f32>,
    /// Rewards of each agent times `reward_scale`; with `bootstrap_on_timeout`, plus what the value of a last observation stands for.
    pub rewards: Vec<f32>,
    /// Whether the episode ended with the step.
    pub done: Vec<bool>,
    /// Value estimates of the observations after the last step, `[N]`.
    pub last_values: Vec<f32>,
    /// Estimated advantages of the actions.
    pub advantages: Vec<f32>,
    /// Value targets.
    pub returns: Vec<f32>,
    /// Agents of an environment.
    agents: usize,
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
    /// An empty rollout of environments with `agents` agents.
    pub fn of_team(agents: usize) -> Self {
        Self { agents, ..Self::default() }
    }

    /// Number of rows: T times N.
    pub fn len(&self) -> usize {
        self.rewards.len()
    }

    /// Whether nothing has been collected.
    pub fn is_empty(&self) -> bool {
        self.rewards.is_empty()
    }

    /// Number of environment steps, all agents of an environment counting as one.
    pub fn frames(&self) -> usize {
        self.len() / self.agents.max(1)
    }

    /// Plays `config.rollout_steps` steps in every environment of `env`, which resets ended episodes in
    /// the same step, and estimates advantages. Ended episodes are reported to `on_episode`.
    ///
    /// Actions are drawn from `random`, one number for each number of an action, agent and step. Rows are evaluated on
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
        let (envs, agents) = (env.num_envs(), layout.agents);
        let rows = envs * agents;
        self.agents = agents;
        self.resize(rows * config.rollout_steps, rows, layout);
        for step in 0..config.rollout_steps {
            let frames = step * rows..(step + 1) * rows;
            self.observations.push(layout, env.observation(), 0..rows);
            self.scratch.uniforms.iter_mut().for_each(|uniform| *uniform = random.float() as f32);
            pool.install(|| self.choose(layout, network, frames.clone(), config.inference_rows));
            let numbers = layout.choices.len();
            let chosen = &self.actions[frames.start * numbers..frames.end * numbers];
            let chosen = self.scratch.env_actions.iter_mut().zip(chosen);
            chosen.for_each(|(action, index)| *action = index + layout.first_action);

            let result = env.step_with((&self.scratch.env_actions).into())?;
            for (reward, given) in self.rewards[frames.clone()].iter_mut().zip(result.reward) {
                *reward = given * config.reward_scale;
            }
            for (env, done) in self.done[frames.clone()].chunks_exact_mut(agents).enumerate() {
                done.fill(result.terminated[env] || result.truncated[env]);
            }
            result.info.episodes.iter().for_each(&mut on_episode);
            if config.bootstrap_on_timeout {
                self.scratch.timeouts.clear();
                let cut = (0..envs).filter(|&env| result.truncated[env] && !result.terminated[env]);
                self.scratch.timeouts.extend(cut.flat_map(|env| env * agents..(env + 1) * agents));
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
        self.scratch.rows.push(layout, env.observation(), 0..rows);
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

    fn resize(&mut self, frames: usize, rows: usize, layout: &ObservationLayout) {
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
        let numbers = layout.choices.len();
        self.actions.resize(frames * numbers, 0);
        self.done.resize(frames, false);
        self.last_values.resize(rows, 0.0);
        self.scratch.logits.resize(rows * layout.actions, 0.0);
        self.scratch.uniforms.resize(rows * numbers, 0.0);
        self.scratch.env_actions.resize(rows * numbers, 0);
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
        let numbers = layout.choices.len();
        let chosen = self.actions[frames.start * numbers..frames.end * numbers]
            .par_chunks_mut(at_once * numbers)
            .zip(self.log_probabilities[frames.clone()].par_chunks_mut(at_once));
        let values = self.values[frames.clone()].par_chunks_mut(at_once);
        let uniforms = self.scratch.uniforms.par_chunks(at_once * numbers);
        logits.zip(chosen).zip(values.zip(uniforms)).enumerate().for_each(
            |(chunk, ((logits, (actions, log_probabilities)), (values, uniforms)))| {
                let start = frames.start + chunk * at_once;
                network.evaluate(layout, observations, start..start + values.len(), logits, values);
                for (row, mut logits) in logits.chunks_exact(layout.actions).enumerate() {
                    log_probabilities[row] = 0.0;
                    for (number, &count) in layout.choices.iter().enumerate() {
                        let place = row * numbers + number;
                        let (choice, log_probability) =
                            categorical::sample(&logits[..count], uniforms[place]);
                        actions[place] = choice as i32;
                        log_probabilities[row] += log_probability;
                        logits = &logits[count..];
                    }
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
        for (&row, value) in timeouts.iter().zip(values) {
            self.rewards[first_frame + row] += gamma * *value;
        }
    }
}
