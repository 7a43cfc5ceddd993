//! Actions chosen by a trained network.

use pentathlon_gym::VectorEnv;
use pentathlon_gym::seeding::{Random, philox::Philox};
use rayon::prelude::*;

use super::Policy;
use crate::networks::{EncodedRows, Inference, ObservationLayout};
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
    envs: Vec<usize>,
    logits: Vec<f32>,
    values: Vec<f32>,
}

impl NetworkPolicy {
    /// A policy that sees observations as `layout` says and asks `network`; `seed` is that of sampled
    /// actions.
    pub fn new(layout: ObservationLayout, network: Inference, greedy: bool, seed: u64) -> Self {
        Self {
            layout,
            network,
            greedy,
            random: stream(seed, Purpose::Evaluation),
            rows: EncodedRows::default(),
            envs: Vec::new(),
            logits: Vec::new(),
            values: Vec::new(),
        }
    }

    /// What the network sees.
    pub fn layout(&self) -> &ObservationLayout {
        &self.layout
    }
}

impl Policy for NetworkPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut [i32]) -> Result<(), Error> {
        let Self { layout, network, rows, envs, logits, values, .. } = self;
        if let Some((name, _)) = layout.inputs.iter().find(|(name, _)| env.observation().get(name).is_none())
        {
            return Err(Error::Unsupported {
                id: env.spec().id.clone(),
                reason: format!(
                    "the network sees the observation '{name}', which this batch does not compute"
                ),
            });
        }
        envs.clear();
        envs.extend((0..active.len()).filter(|&env| active[env]));
        rows.clear();
        rows.push(layout, env.observation(), envs.iter().copied());
        logits.resize(envs.len() * layout.actions, 0.0);
        values.resize(envs.len(), 0.0);
        let rows = &*rows;
        logits
            .par_chunks_mut(ROWS_AT_ONCE * layout.actions)
            .zip(values.par_chunks_mut(ROWS_AT_ONCE))
            .enumerate()
            .for_each(|(chunk, (logits, values))| {
                let start = chunk * ROWS_AT_ONCE;
                network.evaluate(layout, rows, start..start + values.len(), logits, values);
            });
        for (&env, logits) in envs.iter().zip(logits.chunks_exact(layout.actions)) {
            let action = if self.greedy {
                categorical::argmax(logits)
            } else {
                categorical::sample(logits, self.random.float() as f32).0
            };
            actions[env] = action as i32 + layout.first_action;
        }
        Ok(())
    }
}
