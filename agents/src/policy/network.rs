//! Actions chosen by a trained network.

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{ActionBuffer, VectorEnv};
use rayon::prelude::*;

use super::{Policy, discrete_actions};
use crate::networks::{EncodedRows, Inference, Input, ObservationLayout};
use crate::random::{Purpose, stream};
use crate::{Error, categorical};

/// Rows evaluated at once.
const ROWS_AT_ONCE: usize = 64;

/// A network as a policy: sampled actions, or the most probable ones.
#[derive(Clone, Debug)]
pub struct NetworkPolicy {
    layout: ObservationLayout,
    network: Inference,
    greedy: bool,
    random: Philox,
    rows: EncodedRows,
    places: Vec<usize>,
    logits: Vec<f32>,
    /// What is remembered of every agent, `[num_envs, num_agents, memory_len]`.
    memory: Vec<f32>,
    /// The same of those that act.
    acting: Vec<f32>,
}

impl NetworkPolicy {
    /// A policy that sees observations as `layout` says and asks `network`; `seed` is that of sampled
    /// actions.
    pub fn new(layout: ObservationLayout, network: Inference, greedy: bool, seed: u64) -> Self {
        Self {
            // Nobody asks for values.
            layout: ObservationLayout { critic: None, ..layout },
            network,
            greedy,
            random: stream(seed, Purpose::Evaluation),
            rows: EncodedRows::default(),
            places: Vec::new(),
            logits: Vec::new(),
            memory: Vec::new(),
            acting: Vec::new(),
        }
    }

    /// What the network sees.
    pub fn layout(&self) -> &ObservationLayout {
        &self.layout
    }
}

impl Policy for NetworkPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let actions = discrete_actions(env, actions)?;
        let Self { layout, network, rows, places, logits, memory, acting, .. } = self;
        let seen = layout.inputs.iter().filter(|(_, input)| !matches!(input, Input::Agent { .. }));
        let missing = seen.map(|(name, _)| name).find(|name| env.observation().get(name).is_none());
        if let Some(name) = missing {
            return Err(Error::Unsupported {
                id: env.spec().id.clone(),
                reason: format!(
                    "the network sees the observation '{name}', which this batch does not compute"
                ),
            });
        }
        let agents = layout.agents;
        places.clear();
        let due = (0..active.len()).filter(|&env| active[env]);
        places.extend(due.flat_map(|env| env * agents..(env + 1) * agents));
        rows.clear();
        rows.push(layout, env.observation(), places.iter().copied());
        logits.resize(places.len() * layout.actions, 0.0);
        let len = network.memory_len();
        memory.resize(active.len() * agents * len, 0.0);
        acting.clear();
        acting.extend(places.iter().flat_map(|&place| &memory[place * len..(place + 1) * len]));
        let rows = &*rows;
        let mut memories: Vec<&mut [f32]> = acting.chunks_mut((ROWS_AT_ONCE * len).max(1)).collect();
        memories.resize_with(places.len().div_ceil(ROWS_AT_ONCE), Default::default);
        logits.par_chunks_mut(ROWS_AT_ONCE * layout.actions).zip(memories).enumerate().for_each(
            |(chunk, (logits, memory))| {
                let start = chunk * ROWS_AT_ONCE;
                let end = start + logits.len() / layout.actions;
                network.act(layout, rows, start..end, memory, logits);
            },
        );
        for (&place, acted) in places.iter().zip(acting.chunks_exact(len.max(1))) {
            memory[place * len..(place + 1) * len].copy_from_slice(acted);
        }
        let numbers = layout.choices.len();
        for (&place, mut logits) in places.iter().zip(logits.chunks_exact(layout.actions)) {
            for (action, &count) in actions[place * numbers..][..numbers].iter_mut().zip(&layout.choices) {
                let choice = if self.greedy {
                    categorical::argmax(&logits[..count])
                } else {
                    categorical::sample(&logits[..count], self.random.float() as f32).0
                };
                *action = choice as i32 + layout.first_action;
                logits = &logits[count..];
            }
        }
        Ok(())
    }

    fn forget(&mut self, env: usize) {
        let len = self.layout.agents * self.network.memory_len();
        if let Some(remembered) = self.memory.get_mut(env * len..(env + 1) * len) {
            remembered.fill(0.0);
        }
    }
}
