//! A trained team as a policy: what is looked at, recorded and judged like any other.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor, TensorData};
use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{ActionBuffer, Space, VectorEnv};

use super::action_selection::ActionSelection;
use super::checkpoint::{MAGIC, State};
use super::collector::numbers;
use super::config::QmixConfig;
use super::networks::{AgentNetwork, input_len, write_input};
use crate::Error;
use crate::options::{ProcessShape, SituationMut, TeamFeatures};
use crate::policy::{Policy, discrete_actions};
use crate::random::{Purpose, stream};

/// The checkpoint of a team's run, read to be looked at.
#[derive(Clone, Debug)]
pub struct TeamCheckpoint {
    /// Where it was read from.
    pub path: PathBuf,
    /// What was trained and how.
    pub config: QmixConfig,
    /// Frames played when it was written.
    pub frames: u64,
    networks: Vec<u8>,
}

impl TeamCheckpoint {
    /// Whether the file at `path` says that it is one.
    pub fn is_at(path: &Path) -> bool {
        use std::io::Read;
        let mut kind = [0; 8];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut kind)).is_ok() && kind == *MAGIC
    }

    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is none of ours, of another version, cut off, or damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let state = State::load(path)?;
        let config = QmixConfig::from_toml(&state.config)?;
        let networks = state.learner.networks;
        Ok(Self { path: path.to_owned(), config, frames: state.frames, networks })
    }

    /// The team as a policy for batches with the observations of `env`: the best choices with `greedy`, else as agents
    /// choose at the end of training, drawn by a stream of `seed`.
    ///
    /// # Errors
    /// An environment that the network does not fit.
    pub fn policy(&self, env: &dyn VectorEnv, greedy: bool, seed: u64) -> Result<TeamPolicy, Error> {
        let spec = env.spec();
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        let Space::Discrete { n, start } = spec.action_space else {
            return Err(unsupported(format!(
                "its actions are {:?}; this team needs Discrete",
                spec.action_space
            )));
        };
        let features = TeamFeatures::new(spec, env.observation()).map_err(unsupported)?;
        let shape = ProcessShape {
            num_envs: env.num_envs(),
            num_agents: spec.num_agents,
            choices: n as usize,
            observation: features.observation_len(),
            state: features.state_len(),
        };
        let reason = |reason: String| Error::Checkpoint {
            path: self.path.clone(),
            reason: format!("it does not fit {}: {reason}", spec.id),
        };
        let network = self.config.agent_network(shape, self.networks.clone()).map_err(reason)?;
        let agents = shape.num_envs * shape.num_agents;
        Ok(TeamPolicy {
            network,
            features,
            shape,
            first_action: start,
            selection: self.config.final_selection(greedy),
            random: stream(seed, Purpose::Evaluation),
            width: self.config.learner.hidden,
            hidden: vec![0.0; agents * self.config.learner.hidden],
            last: vec![-1; agents],
            seen: vec![0.0; shape.num_agents * shape.observation],
            state: vec![0.0; shape.state],
            available: vec![0; shape.num_agents * shape.choices],
        })
    }
}

/// A team that acts.
pub struct TeamPolicy {
    network: AgentNetwork,
    features: TeamFeatures,
    shape: ProcessShape,
    first_action: i32,
    selection: ActionSelection,
    random: Philox,
    width: usize,
    /// Hidden states, `[num_envs, num_agents, width]`.
    hidden: Vec<f32>,
    /// Last choices of the episode, -1 for none, `[num_envs, num_agents]`.
    last: Vec<i32>,
    /// What one environment's team sees.
    seen: Vec<f32>,
    state: Vec<f32>,
    available: Vec<u8>,
}

impl Policy for TeamPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let actions = discrete_actions(env, actions)?;
        let Self { network, features, shape, hidden, last, seen, state, available, .. } = self;
        let (shape, width, agents) = (*shape, self.width, shape.num_agents);
        if last.len() != active.len() * agents {
            // A batch of another size: nothing is remembered of its episodes.
            *last = vec![-1; active.len() * agents];
            *hidden = vec![0.0; active.len() * agents * width];
        }
        let missing = features.names().find(|name| env.observation().get(name).is_none());
        if let Some(name) = missing {
            let reason = format!("the team sees the observation '{name}', which this batch does not compute");
            return Err(Error::Unsupported { id: env.spec().id.clone(), reason });
        }
        let input = input_len(shape);
        let due: Vec<usize> = (0..active.len()).filter(|&env| active[env]).collect();
        let mut inputs = vec![0.0; due.len() * agents * input];
        let mut allowed = Vec::with_capacity(due.len() * agents * shape.choices);
        let mut remembered = Vec::with_capacity(due.len() * agents * width);
        for (&index, inputs) in due.iter().zip(inputs.chunks_exact_mut(agents * input)) {
            let situation = SituationMut { observation: seen, state, available };
            features.write(env.observation(), shape, index, situation);
            for (agent, input) in inputs.chunks_exact_mut(input).enumerate() {
                let seen = &seen[agent * shape.observation..][..shape.observation];
                write_input(shape, agent, seen, last[index * agents + agent], input);
            }
            allowed.extend_from_slice(available);
            remembered.extend_from_slice(&hidden[index * agents * width..(index + 1) * agents * width]);
        }
        let rows = due.len() * agents;
        let tensor = |values: Vec<f32>, columns: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [rows, columns]), &Device::flex())
        };
        let (values, next) = network.step(tensor(inputs, input), tensor(remembered, width));
        let (mut values, next) = (numbers(values), numbers(next));
        let mut rows = values.chunks_exact_mut(shape.choices).zip(allowed.chunks_exact(shape.choices));
        for (&env, next) in due.iter().zip(next.chunks_exact(agents * width)) {
            hidden[env * agents * width..(env + 1) * agents * width].copy_from_slice(next);
            for (place, (values, allowed)) in (env * agents..(env + 1) * agents).zip(&mut rows) {
                let choice = self.selection.choose(values, allowed, &mut self.random);
                last[place] = choice as i32;
                actions[place] = choice as i32 + self.first_action;
            }
        }
        Ok(())
    }

    fn forget(&mut self, env: usize) {
        let rows = env * self.shape.num_agents..(env + 1) * self.shape.num_agents;
        if let Some(last) = self.last.get_mut(rows.clone()) {
            last.fill(-1);
            self.hidden[rows.start * self.width..rows.end * self.width].fill(0.0);
        }
    }
}
