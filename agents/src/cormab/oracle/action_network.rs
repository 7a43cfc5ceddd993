//! A network at one state, as a function of the action alone: the levels are part of the first layer's
//! offsets. Single precision.

use pentathlon_envs::cormab::action::{ActionMask, components};

use super::super::network::{Layer, ReluNetwork};
use super::enumeration_rules::rules::with_unit;

/// A network at one state.
#[derive(Clone, Debug, Default)]
pub(super) struct ActionNetwork {
    /// First pre-activations without any component.
    pub(super) offsets: Vec<f32>,
    /// What each component adds to them, `[components][units]`.
    pub(super) columns: Vec<f32>,
    /// The layers behind the first units.
    pub(super) layers: Vec<Layer>,
}

impl ActionNetwork {
    /// Takes over `network` at `levels`.
    pub(super) fn fix(&mut self, network: &ReluNetwork, levels: &[u8]) {
        let (first, rest) = network.layers().split_first().expect("a network has a layer");
        self.offsets.clear();
        self.offsets.extend_from_slice(&first.biases);
        for (arm, level) in levels.iter().enumerate().filter(|(_, level)| **level != 0) {
            let factor = f32::from(*level);
            for (offset, weight) in self.offsets.iter_mut().zip(first.from_input(network.components() + arm))
            {
                *offset += factor * weight;
            }
        }
        self.columns.clear();
        self.columns.extend_from_slice(&first.weights[..network.components() * first.outputs]);
        if self.layers != rest {
            self.layers = rest.to_vec();
        }
    }

    /// First units.
    pub(super) fn units(&self) -> usize {
        self.offsets.len()
    }

    /// What `component` adds to the first pre-activations.
    #[inline]
    pub(super) fn column(&self, component: usize) -> &[f32] {
        &self.columns[component * self.units()..][..self.units()]
    }

    /// Writes the first pre-activations of `action`.
    pub(super) fn first(&self, action: ActionMask, units: &mut Vec<f32>) {
        units.clear();
        units.extend_from_slice(&self.offsets);
        for component in components(action) {
            for (unit, weight) in units.iter_mut().zip(self.column(component)) {
                *unit += weight;
            }
        }
    }

    /// The value that follows from first pre-activations.
    #[inline]
    pub(super) fn value(&self, first: &[f32], scratch: &mut [Vec<f32>; 2]) -> f32 {
        let Some((layer, rest)) = self.layers.split_first() else { return first[0] };
        let [current, next] = scratch;
        propagate(layer, first, current);
        for layer in rest {
            propagate(layer, current, next);
            std::mem::swap(current, next);
        }
        current[0]
    }
}

/// One layer, rectifying its inputs.
#[inline]
fn propagate(layer: &Layer, inputs: &[f32], outputs: &mut Vec<f32>) {
    outputs.clear();
    outputs.extend_from_slice(&layer.biases);
    if layer.outputs == 1 {
        // Four sums side by side: a single chain of additions would wait for itself.
        let mut sums = [0.0f32; 4];
        for (inputs, weights) in inputs.chunks(4).zip(layer.weights.chunks(4)) {
            for ((sum, input), weight) in sums.iter_mut().zip(inputs).zip(weights) {
                *sum = with_unit(*sum, *input, *weight);
            }
        }
        outputs[0] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
        return;
    }
    for (input, value) in inputs.iter().enumerate() {
        if *value > 0.0 {
            for (output, weight) in outputs.iter_mut().zip(layer.from_input(input)) {
                *output = with_unit(*output, *value, *weight);
            }
        }
    }
}
