//! Playing a decision process with the agents' network, and writing down episodes.

use burn::tensor::Tensor;
use pentathlon_gym::seeding::philox::Philox;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::action_selection::ActionSelection;
use super::networks::{AgentNetwork, input_len, write_input};
use super::replay::Episode;
use super::unrolled::{Keep, Part, Trace, Weights};
use crate::Error;
use crate::networks::dense::{SHARDS, bounds};
use crate::options::{DecisionProcess, Outcome, ProcessShape, SituationMut, Suffix};

/// The episodes under way, and what agents remember of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collector {
    shape: ProcessShape,
    /// Width of the hidden state.
    width: usize,
    /// The episode under way of every environment.
    episodes: Vec<Episode>,
    /// Hidden states, `[num_envs, num_agents, width]`.
    hidden: Vec<f32>,
    /// Last choices of the episode, -1 for none, `[num_envs, num_agents]`.
    last: Vec<i32>,
    /// Suffixes of the choices that ran their course in the last step.
    #[serde(skip)]
    suffixes: Vec<Episode>,
    #[serde(skip)]
    room: Room,
}

/// What a choice is worked out in, kept from one to the next. It is no part of a collector's state: all are equal.
#[derive(Clone, Debug, Default)]
struct Room {
    due: Vec<usize>,
    inputs: Vec<f32>,
    remembered: Vec<f32>,
    values: Vec<f32>,
    parts: [Trace; SHARDS],
}

impl PartialEq for Room {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Collector {
    /// Goes on with the episodes under way of `kept`.
    ///
    /// # Errors
    /// A collector for processes of another shape.
    pub(crate) fn restore(&mut self, kept: Self) -> Result<(), String> {
        if (kept.shape, kept.width) != (self.shape, self.width) {
            return Err(format!(
                "its episodes are of {:?} with {} numbers remembered, and this run has {:?} with {}",
                kept.shape, kept.width, self.shape, self.width
            ));
        }
        *self = kept;
        Ok(())
    }

    /// A collector for processes of `shape` and networks whose hidden state has `width` numbers.
    pub fn new(shape: ProcessShape, width: usize) -> Self {
        let agents = shape.num_envs * shape.num_agents;
        Self {
            shape,
            width,
            episodes: vec![Episode::default(); shape.num_envs],
            hidden: vec![0.0; agents * width],
            last: vec![-1; agents],
            suffixes: Vec::new(),
            room: Room::default(),
        }
    }

    /// What agents chose last, -1 for nothing, `[num_envs, num_agents]`.
    pub fn choices(&self) -> &[i32] {
        &self.last
    }

    /// The process's suffixes of the choices that ran their course in the last step, as episodes of one choice; none
    /// are left.
    pub fn take_suffixes(&mut self) -> std::vec::Drain<'_, Episode> {
        self.suffixes.drain(..)
    }

    /// One primitive step of every environment. Teams that are due choose, each agent by itself, as `selection` says.
    /// Ended episodes go to `on_episode`.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn step(
        &mut self,
        process: &mut dyn DecisionProcess,
        network: &AgentNetwork,
        selection: ActionSelection,
        random: &mut Philox,
        on_episode: impl FnMut(Episode),
    ) -> Result<(), Error> {
        let mut room = std::mem::take(&mut self.room);
        self.look(process, &mut room);
        if !room.due.is_empty() {
            self.choose(network, &mut room, selection, random);
        }
        let played = self.play(process, &room.due, on_episode);
        self.room = room;
        played
    }

    /// One primitive step of every environment by the `choices` of another policy, `[num_envs, num_agents]`; those
    /// of teams that are not due are ignored. What agents remember is left as it is.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn follow(
        &mut self,
        process: &mut dyn DecisionProcess,
        choices: &[i32],
        on_episode: impl FnMut(Episode),
    ) -> Result<(), Error> {
        let mut room = std::mem::take(&mut self.room);
        self.look(process, &mut room);
        for &env in &room.due {
            let rows = env * self.shape.num_agents..(env + 1) * self.shape.num_agents;
            self.last[rows.clone()].copy_from_slice(&choices[rows]);
        }
        let played = self.play(process, &room.due, on_episode);
        self.room = room;
        played
    }

    /// Makes the step that was chosen and writes down what came of it.
    fn play(
        &mut self,
        process: &mut dyn DecisionProcess,
        due: &[usize],
        mut on_episode: impl FnMut(Episode),
    ) -> Result<(), Error> {
        for &env in due {
            let made = &self.last[env * self.shape.num_agents..(env + 1) * self.shape.num_agents];
            self.episodes[env].choices.extend_from_slice(made);
        }
        process.advance(&self.last)?;
        self.suffixes.clear();
        let agents = self.shape.num_agents;
        for env in 0..self.shape.num_envs {
            let Some(outcome) = process.outcome(env) else { continue };
            let episode = &mut self.episodes[env];
            episode.rewards.push(outcome.reward);
            episode.discounts.push(outcome.discount);
            for suffix in process.suffixes(env) {
                let made = &self.last[env * agents..(env + 1) * agents];
                self.suffixes.push(suffix_episode(self.shape, suffix, made, outcome, |situation| {
                    if outcome.ended {
                        process.observe_last(env, situation);
                    } else {
                        process.observe(env, situation);
                    }
                }));
            }
            if outcome.ended {
                append(self.shape, episode, |situation| process.observe_last(env, situation));
                episode.terminated = outcome.terminated;
                let next = episode.like();
                on_episode(std::mem::replace(episode, next));
                let rows = env * agents..(env + 1) * agents;
                self.last[rows.clone()].fill(-1);
                self.hidden[rows.start * self.width..rows.end * self.width].fill(0.0);
            }
        }
        Ok(())
    }

    /// Finds the teams that are due, writes down what they see, and puts the inputs of the agents' network into `room`.
    fn look(&mut self, process: &dyn DecisionProcess, room: &mut Room) {
        let Self { shape, episodes, last, .. } = self;
        let (shape, agents, input) = (*shape, shape.num_agents, input_len(*shape));
        room.due.clear();
        room.due.extend((0..shape.num_envs).filter(|&env| process.is_due(env)));
        room.inputs.resize(room.due.len() * agents * input, 0.0);
        for (&env, inputs) in room.due.iter().zip(room.inputs.chunks_exact_mut(agents * input)) {
            let episode = &mut episodes[env];
            let from = episode.observations.len();
            append(shape, episode, |situation| process.observe(env, situation));
            for (agent, input) in inputs.chunks_exact_mut(input).enumerate() {
                let seen = &episode.observations[from + agent * shape.observation..][..shape.observation];
                write_input(shape, agent, seen, last[env * agents + agent], input);
            }
        }
    }

    /// Choices of the environments that are due, into `last`.
    fn choose(
        &mut self,
        network: &AgentNetwork,
        room: &mut Room,
        selection: ActionSelection,
        random: &mut Philox,
    ) {
        let Self { shape, width, episodes, hidden, last, .. } = self;
        let (shape, width, agents) = (*shape, *width, shape.num_agents);
        let Room { due, inputs, remembered, values, parts } = room;
        remembered.clear();
        for &env in &*due {
            remembered.extend_from_slice(&hidden[env * agents * width..(env + 1) * agents * width]);
        }
        let rows = due.len() * agents;
        let weights = Weights::of(network);
        parts.par_iter_mut().enumerate().for_each(|(shard, trace)| {
            let part = Part { inputs, all: rows, bounds: bounds(rows, shard) };
            let [first, end] = part.bounds;
            weights.unroll(part, Some(&remembered[first * width..end * width]), Keep::Values, trace);
        });
        values.clear();
        for (shard, trace) in parts.iter().enumerate() {
            let [first, end] = bounds(rows, shard);
            let states = (end - first) * width;
            if let Some(states) = trace.states.get(states..2 * states) {
                remembered[first * width..end * width].copy_from_slice(states);
            }
            values.extend_from_slice(&trace.values[..(end - first) * shape.choices]);
        }
        let mut values = values.chunks_exact_mut(shape.choices);
        for (index, &env) in due.iter().enumerate() {
            let place = env * agents * width;
            hidden[place..place + agents * width]
                .copy_from_slice(&remembered[index * agents * width..(index + 1) * agents * width]);
            let episode = &episodes[env];
            let available = &episode.available[episode.available.len() - agents * shape.choices..];
            for (agent, (available, values)) in
                available.chunks_exact(shape.choices).zip(&mut values).enumerate()
            {
                let choice = selection.choose(values, available, random);
                last[env * agents + agent] = choice as i32;
            }
        }
    }
}

/// The elements of a tensor of floats.
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("networks hold 32-bit floats")
}

/// The last part of a choice as an episode of one choice: nothing is remembered of what was before.
fn suffix_episode(
    shape: ProcessShape,
    suffix: &Suffix,
    choices: &[i32],
    outcome: Outcome,
    write_next: impl FnOnce(SituationMut<'_>),
) -> Episode {
    let mut episode = Episode {
        observations: suffix.observation.clone(),
        states: suffix.state.clone(),
        available: suffix.available.clone(),
        choices: choices.to_vec(),
        rewards: vec![suffix.reward],
        discounts: vec![suffix.discount],
        terminated: outcome.terminated,
    };
    append(shape, &mut episode, write_next);
    episode
}

/// Appends a situation to an episode.
fn append(shape: ProcessShape, episode: &mut Episode, write: impl FnOnce(SituationMut<'_>)) {
    let grow = |values: &mut Vec<f32>, by: usize| {
        let from = values.len();
        values.resize(from + by, 0.0);
        from
    };
    let seen = grow(&mut episode.observations, shape.num_agents * shape.observation);
    let state = grow(&mut episode.states, shape.state);
    let allowed = episode.available.len();
    episode.available.resize(allowed + shape.num_agents * shape.choices, 0);
    write(SituationMut {
        observation: &mut episode.observations[seen..],
        state: &mut episode.states[state..],
        available: &mut episode.available[allowed..],
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_of_another_shape_are_refused() {
        let shape = ProcessShape { num_envs: 2, num_agents: 2, choices: 3, observation: 4, state: 4 };
        let mut collector = Collector::new(shape, 8);
        assert!(collector.restore(Collector::new(shape, 8)).is_ok());
        for other in [
            Collector::new(shape, 9),
            Collector::new(ProcessShape { state: 8, ..shape }, 8),
            Collector::new(ProcessShape { num_envs: 1, ..shape }, 8),
        ] {
            assert!(collector.restore(other).unwrap_err().contains("its episodes are of"));
        }
        assert_eq!(collector, Collector::new(shape, 8));
    }
}
