//! Joint values of a minibatch's choices, what they should be, and the gradient of the loss between the two, for every
//! way of making a joint value of the agents' values.

use super::config::Factorisation;
use super::mixed::{MixerTrace, MixerWeights};
use super::networks::Networks;
use super::replay::Batch;
use crate::networks::dense::{bounds, room};

/// Rows that are worked on together.
const CHUNK_ROWS: usize = 256;

/// What makes a joint value.
pub(super) enum JointWeights {
    /// A mixing network.
    Mixed(Box<MixerWeights>),
    /// The sum.
    Sum,
    /// Nothing: every agent is compared by itself.
    Own,
}

impl JointWeights {
    pub fn of(networks: &Networks, factorisation: Factorisation) -> Self {
        match (&networks.mixer, factorisation) {
            (Some(mixer), _) => Self::Mixed(Box::new(MixerWeights::of(mixer))),
            (None, Factorisation::Iql) => Self::Own,
            (None, _) => Self::Sum,
        }
    }

    /// Values that the loss compares for every choice of `agents`.
    pub fn values_per_choice(&self, agents: usize) -> usize {
        if matches!(self, Self::Own) { agents } else { 1 }
    }

    /// Writes joint values of the agents' `values`, `[rows, agents]`, in `states`.
    pub fn forward(
        &self,
        values: &[f32],
        states: &[f32],
        [agents, state]: [usize; 2],
        trace: &mut JointTrace,
        joint: &mut [f32],
    ) {
        match self {
            Self::Own => joint.copy_from_slice(values),
            Self::Sum => {
                let rows = joint.iter_mut().zip(values.chunks_exact(agents));
                rows.for_each(|(joint, values)| *joint = values.iter().sum());
            }
            Self::Mixed(mixer) => {
                let chunks = joint.chunks_mut(CHUNK_ROWS).zip(values.chunks(CHUNK_ROWS * agents));
                for ((joint, values), states) in chunks.zip(states.chunks(CHUNK_ROWS * state)) {
                    mixer.forward(values, states, &mut trace.mixer, joint);
                }
            }
        }
    }
}

/// Room for a part of a minibatch.
#[derive(Default)]
pub(super) struct JointTrace {
    mixer: MixerTrace,
    joint: Vec<f32>,
    next: Vec<f32>,
    slopes: Vec<f32>,
}

/// A minibatch, with the values of its choices and of those that follow.
pub(super) struct Compared<'a> {
    /// Values of the choices made, `[(L - 1) * B, agents]`.
    pub chosen: &'a [f32],
    /// Target values of the best choices in the situations that follow, of the same shape.
    pub next: &'a [f32],
    /// The minibatch.
    pub batch: &'a Batch,
    /// Agents, and numbers in a state.
    pub sizes: [usize; 2],
}

/// What the loss of a part of a minibatch is.
pub(super) struct Loss {
    /// Its share of the mean squared error, and of the mean value.
    pub loss: f32,
    pub value: f32,
    /// The gradient of the values of the choices made.
    pub of_chosen: Vec<f32>,
    /// The gradient of the mixing network's parameters.
    pub of_mixer: Option<MixerWeights>,
}

impl Compared<'_> {
    /// The loss of one part of the rows and its gradient, where `live` makes joint values and `target` those that they
    /// should come to.
    pub fn compare(&self, [live, target]: &[JointWeights; 2], shard: usize, trace: &mut JointTrace) -> Loss {
        let [agents, state] = self.sizes;
        let batch = self.batch;
        let per_choice = live.values_per_choice(agents);
        let total = batch.mask.iter().sum::<f32>() * per_choice as f32;
        let [first, end] = bounds(batch.mask.len(), shard);
        let mut part = Loss {
            loss: 0.0,
            value: 0.0,
            of_chosen: vec![0.0; (end - first) * agents],
            of_mixer: match live {
                JointWeights::Mixed(mixer) => Some(mixer.zeros()),
                _ => None,
            },
        };
        for from in (first..end).step_by(CHUNK_ROWS) {
            let rows = from..(from + CHUNK_ROWS).min(end);
            let of_agents = rows.start * agents..rows.end * agents;
            let states = &batch.states[rows.start * state..rows.end * state];
            let after = batch.episodes * state;
            let next_states = &batch.states[after + rows.start * state..after + rows.end * state];
            let (values, next_values) = (&self.chosen[of_agents.clone()], &self.next[of_agents]);
            let count = rows.len() * per_choice;
            let mut next = std::mem::take(&mut trace.next);
            let mut joint = std::mem::take(&mut trace.joint);
            target.forward(next_values, next_states, self.sizes, trace, room(&mut next, count));
            live.forward(values, states, self.sizes, trace, room(&mut joint, count));
            let slopes = room(&mut trace.slopes, count);
            for (place, slope) in slopes.iter_mut().enumerate() {
                let row = rows.start + place / per_choice;
                let mask = batch.mask[row];
                let error = (joint[place] - (batch.rewards[row] + batch.discounts[row] * next[place])) * mask;
                part.loss += error * error / total;
                part.value += joint[place] * mask / total;
                *slope = 2.0 * error * mask / total;
            }
            let of_values = &mut part.of_chosen[(rows.start - first) * agents..(rows.end - first) * agents];
            match (live, &mut part.of_mixer) {
                (JointWeights::Mixed(mixer), Some(gradient)) => {
                    mixer.add_gradient([values, states], slopes, &mut trace.mixer, gradient, of_values);
                }
                _ => {
                    let own = agents / per_choice;
                    let slopes = slopes.iter().flat_map(|&slope| std::iter::repeat_n(slope, own));
                    of_values.iter_mut().zip(slopes).for_each(|(value, slope)| *value = slope);
                }
            }
            (trace.next, trace.joint) = (next, joint);
        }
        part
    }
}
