//! The agents' network over a minibatch of whole episodes: its rows are shared out among threads, forwards and
//! backwards. Learners differ in the gradient of the outputs alone.

use rayon::prelude::*;

use super::replay::Batch;
use super::unrolled::{Keep, Part, Trace, Weights};
use crate::networks::dense::{SHARDS, bounds};
use crate::options::ProcessShape;

/// The agents' network over a minibatch, and room for it that is kept from one to the next.
#[derive(Default)]
pub(crate) struct Unrolled {
    /// What the forward pass of each part of the rows left.
    traces: [Trace; SHARDS],
    /// Outputs for every choice, `[L, B, agents, choices]`.
    pub values: Vec<f32>,
}

impl Unrolled {
    /// The network with these weights over the situations of `batch`, from empty memories.
    pub fn forward(&mut self, weights: &Weights, shape: ProcessShape, batch: &Batch, keep: Keep) {
        let (rows, choices) = (batch.episodes * shape.num_agents, shape.choices);
        self.traces.par_iter_mut().enumerate().for_each(|(shard, trace)| {
            weights.unroll(part(batch, rows, shard), None, keep, trace);
        });
        self.values.resize(batch.length * rows * choices, 0.0);
        for (shard, trace) in self.traces.iter().enumerate() {
            let [first, end] = bounds(rows, shard);
            let width = (end - first) * choices;
            for (step, part) in trace.values.chunks_exact(width.max(1)).take(batch.length).enumerate() {
                self.values[(step * rows + first) * choices..][..width].copy_from_slice(part);
            }
        }
    }

    /// The gradient of the agents' parameters after [`Unrolled::forward`] with everything kept, where `slopes` writes
    /// that of the outputs in one place, of those of `[L - 1, B, agents]`; it is given all outputs.
    pub fn gradient(
        &mut self,
        weights: &Weights,
        shape: ProcessShape,
        batch: &Batch,
        slopes: impl Fn(&[f32], usize, &mut [f32]) + Sync,
    ) -> Weights {
        let (rows, choices) = (batch.episodes * shape.num_agents, shape.choices);
        let Self { traces, values } = self;
        let parts = traces.par_iter_mut().enumerate().map(|(shard, trace)| {
            let [first, end] = bounds(rows, shard);
            trace.of_values.clear();
            trace.of_values.resize((batch.length - 1) * (end - first) * choices, 0.0);
            for step in 0..batch.length - 1 {
                for row in first..end {
                    let at = (step * (end - first) + row - first) * choices;
                    slopes(values, step * rows + row, &mut trace.of_values[at..at + choices]);
                }
            }
            let mut gradient = weights.zeros();
            weights.add_gradient(part(batch, rows, shard), trace, &mut gradient);
            gradient
        });
        let parts: Vec<Weights> = parts.collect();
        let mut sum = weights.zeros();
        parts.iter().for_each(|part| sum.add(part));
        sum
    }
}

/// A part of the `rows` of every step of `batch`.
fn part(batch: &Batch, rows: usize, shard: usize) -> Part<'_> {
    Part { inputs: &batch.inputs, all: rows, bounds: bounds(rows, shard) }
}
