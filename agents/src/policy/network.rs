//! Actions chosen by a trained network.

use pentathlon_gym::VectorEnv;
use pentathlon_gym::seeding::{Random, philox::Philox};
use rayon::prelude::*;

use super::Policy;
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
            places: Vec::new(),
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
        let Self { layout, network, rows, places, logits, values, .. } = self;
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
        let acting = (0..active.len()).filter(|&env| active[env]);
        places.extend(acting.flat_map(|env| env * agents..(env + 1) * agents));
        rows.clear();
        rows.push(layout, env.observation(), places.iter().copied());
        logits.resize(places.len() * layout.actions, 0.0);
        values.resize(places.len(), 0.0);
        let rows = &*rows;
        logits
            .par_chunks_mut(ROWS_AT_ONCE * layout.actions)
            .zip(values.par_chunks_mut(ROWS_AT_ONCE))
            .enumerate()
            .for_each(|(chunk, (logits, values))| {
                let start = chunk * ROWS_AT_ONCE;
                network.evaluate(layout, rows, start..start + values.len(), logits, values);
            });
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
}
