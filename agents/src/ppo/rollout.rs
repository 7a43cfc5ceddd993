//! What a policy did in a batch of environments, and what came of it. Every agent of every environment is a row
//! of its own: the agents of a team share the policy (IPPO, de Witt et al., 2020).

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{EpisodeRecord, VectorEnv};
use rayon::prelude::*;

use super::advantage::{Trajectories, generalized_advantage};
use super::value_scale::ValueScale;
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
    /// What was remembered at the start of every sequence, `[T / sequence_steps, N, memory_len]`; empty without a
    /// memory.
    pub memories: Vec<f32>,
    /// Agents of an environment.
    agents: usize,
    scratch: Scratch,
}

/// Who acts while a rollout is collected.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// What the network sees.
    pub layout: &'a ObservationLayout,
    /// The network.
    pub network: &'a Inference,
    /// What its values mean.
    pub scale: ValueScale,
    /// Steps of the sequences that are learned from.
    pub sequence_steps: usize,
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
    memory: Vec<f32>,
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
    /// the same step, and estimates advantages. Ended episodes are reported to `on_episode` with the step, from 0,
    /// in which they ended.
    ///
    /// `memory` is what the running episodes remember, `[N, memory_len]`; it goes on with them. Actions are drawn from
    /// `random`, one number for each number of an action, agent and step. Rows are evaluated on `pool`,
    /// `config.inference_rows` at a time.
    ///
    /// # Errors
    /// Those of the environment.
    #[expect(clippy::too_many_arguments, reason = "the parts of a learner that collecting needs")]
    pub fn collect(
        &mut self,
        env: &mut dyn VectorEnv,
        actor: Actor<'_>,
        memory: &mut [f32],
        config: &PpoConfig,
        random: &mut Philox,
        pool: &rayon::ThreadPool,
        mut on_episode: impl FnMut(usize, &EpisodeRecord),
    ) -> Result<(), Error> {
        let layout = actor.layout;
        let (envs, agents) = (env.num_envs(), layout.agents);
        let rows = envs * agents;
        let remembered = actor.network.memory_len();
        self.agents = agents;
        self.resize(rows * config.rollout_steps, rows, layout);
        for step in 0..config.rollout_steps {
            let frames = step * rows..(step + 1) * rows;
            self.observations.push(layout, env.observation(), 0..rows);
            if step.is_multiple_of(actor.sequence_steps) {
                self.memories.extend_from_slice(memory);
            }
            self.scratch.uniforms.iter_mut().for_each(|uniform| *uniform = random.float() as f32);
            pool.install(|| self.choose(&actor, memory, frames.clone(), config.inference_rows));
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
            result.info.episodes.iter().for_each(|episode| on_episode(step, episode));
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
                    self.add_values_of_last_observations(&actor, memory, config.gamma, frames.start);
                }
            }
            if remembered > 0 {
                let ended = memory.chunks_exact_mut(remembered).zip(&self.done[frames]);
                ended.filter(|(_, done)| **done).for_each(|(row, _)| row.fill(0.0));
            }
        }
        self.scratch.rows.clear();
        self.scratch.rows.push(layout, env.observation(), 0..rows);
        pool.install(|| self.evaluate_after_last(&actor, memory, config.inference_rows));
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
        self.memories.clear();
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
        actor: &Actor<'_>,
        memory: &mut [f32],
        frames: std::ops::Range<usize>,
        at_once: usize,
    ) {
        let &Actor { layout, network, scale, .. } = actor;
        let observations = &self.observations;
        let logits = self.scratch.logits.par_chunks_mut(at_once * layout.actions);
        let numbers = layout.choices.len();
        let chosen = self.actions[frames.start * numbers..frames.end * numbers]
            .par_chunks_mut(at_once * numbers)
            .zip(self.log_probabilities[frames.clone()].par_chunks_mut(at_once));
        let values = self.values[frames.clone()].par_chunks_mut(at_once);
        let uniforms = self.scratch.uniforms.par_chunks(at_once * numbers);
        let memories = chunks_of_memory(memory, at_once * network.memory_len(), logits.len());
        logits.zip(memories).zip(chosen).zip(values.zip(uniforms)).enumerate().for_each(
            |(chunk, (((logits, memory), (actions, log_probabilities)), (values, uniforms)))| {
                let start = frames.start + chunk * at_once;
                network.evaluate(layout, observations, start..start + values.len(), memory, logits, values);
                values.iter_mut().for_each(|value| *value = scale.to_return(*value));
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

    /// Values of the observations in `scratch.rows`, of all agents; what is remembered stays as it is.
    fn evaluate_after_last(&mut self, actor: &Actor<'_>, memory: &[f32], at_once: usize) {
        let &Actor { layout, network, scale, .. } = actor;
        let Scratch { logits, rows, memory: copy, .. } = &mut self.scratch;
        copy.clear();
        copy.extend_from_slice(memory);
        let rows = &*rows;
        let logits = logits.par_chunks_mut(at_once * layout.actions);
        let memories = chunks_of_memory(copy, at_once * network.memory_len(), logits.len());
        self.last_values.par_chunks_mut(at_once).zip(logits.zip(memories)).enumerate().for_each(
            |(chunk, (values, (logits, memory)))| {
                let start = chunk * at_once;
                network.evaluate(layout, rows, start..start + values.len(), memory, logits, values);
                values.iter_mut().for_each(|value| *value = scale.to_return(*value));
            },
        );
    }

    fn add_values_of_last_observations(
        &mut self,
        actor: &Actor<'_>,
        memory: &[f32],
        gamma: f32,
        first_frame: usize,
    ) {
        let &Actor { layout, network, scale, .. } = actor;
        let Scratch { logits, timeouts, rows, values, memory: copy, .. } = &mut self.scratch;
        let (count, len) = (timeouts.len(), network.memory_len());
        values.resize(count, 0.0);
        copy.clear();
        copy.extend(timeouts.iter().flat_map(|&row| &memory[row * len..(row + 1) * len]));
        network.evaluate(layout, rows, 0..count, copy, &mut logits[..count * layout.actions], values);
        for (&row, value) in timeouts.iter().zip(values) {
            self.rewards[first_frame + row] += gamma * scale.to_return(*value);
        }
    }
}

/// `memory` in `count` pieces of `len` numbers, the last one shorter; empty ones without a memory.
fn chunks_of_memory(
    memory: &mut [f32],
    len: usize,
    count: usize,
) -> impl IndexedParallelIterator<Item = &mut [f32]> {
    let mut chunks: Vec<&mut [f32]> = memory.chunks_mut(len.max(1)).collect();
    chunks.resize_with(count, Default::default);
    chunks.into_par_iter()
}
