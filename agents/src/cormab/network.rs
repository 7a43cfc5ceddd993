//! A fully connected network of rectified units with one output: the value of an action in a state. Its
//! input is the action's components, one number each, and then the levels of the arms.

use pentathlon_gym::seeding::Random;
use serde::{Deserialize, Serialize};

use pentathlon_envs::cormab::action::{ActionMask, components};

/// An affine layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Inputs.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// Weights by input and output, `[inputs][outputs]`: an input of 0 costs nothing.
    pub weights: Vec<f32>,
    /// Offsets, `[outputs]`.
    pub biases: Vec<f32>,
}

impl Layer {
    /// The weights from input `index`, `[outputs]`.
    #[inline]
    pub fn from_input(&self, index: usize) -> &[f32] {
        &self.weights[index * self.outputs..][..self.outputs]
    }
}

/// Rectified units between affine layers, the last of which has one output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReluNetwork {
    components: usize,
    layers: Vec<Layer>,
}

/// Layers that do not make a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("layer {layer} of the network: {reason}")]
pub struct NetworkError {
    /// Which layer.
    pub layer: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl ReluNetwork {
    /// A network of `layers` for actions of `components` components.
    ///
    /// # Errors
    /// Layers of sizes that do not fit together.
    pub fn new(components: usize, layers: Vec<Layer>) -> Result<Self, NetworkError> {
        let wrong = |layer: usize, reason: String| Err(NetworkError { layer, reason });
        if layers.first().is_none_or(|layer| layer.inputs < components) {
            return wrong(0, format!("it has fewer inputs than {components} components"));
        }
        for (index, layer) in layers.iter().enumerate() {
            let expected = layers.get(index + 1).map_or(1, |next| next.inputs);
            if layer.outputs != expected {
                return wrong(index, format!("{} outputs where {expected} are taken in", layer.outputs));
            }
            let (weights, biases) = (layer.weights.len(), layer.biases.len());
            if weights != layer.inputs * layer.outputs || biases != layer.outputs {
                return wrong(index, format!("{weights} weights and {biases} biases"));
            }
        }
        Ok(Self { components, layers })
    }

    /// A network with hidden layers of the widths `hidden` and random weights, uniform within the inverse
    /// root of each layer's inputs.
    pub fn random<R: Random>(components: usize, arms: usize, hidden: &[usize], random: &mut R) -> Self {
        let mut inputs = components + arms;
        let layers = hidden.iter().copied().chain([1]).map(|outputs| {
            let limit = 1.0 / (inputs as f64).sqrt();
            let mut draw = |count: usize| -> Vec<f32> {
                (0..count).map(|_| (limit * (2.0 * random.float() - 1.0)) as f32).collect()
            };
            let layer = Layer { inputs, outputs, weights: draw(inputs * outputs), biases: draw(outputs) };
            inputs = outputs;
            layer
        });
        Self { components, layers: layers.collect() }
    }

    /// Components of an action.
    pub fn components(&self) -> usize {
        self.components
    }

    /// Arms of a state.
    pub fn arms(&self) -> usize {
        self.layers[0].inputs - self.components
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layers, whose sizes have to stay as they are.
    pub(super) fn layers_mut(&mut self) -> &mut [Layer] {
        &mut self.layers
    }

    /// The value of `action` at `levels`, computed in `f64`.
    pub fn value(&self, levels: &[u8], action: ActionMask) -> f64 {
        let first = &self.layers[0];
        let mut units: Vec<f64> = first.biases.iter().map(|bias| f64::from(*bias)).collect();
        let mut add = |input: usize, factor: f64| {
            for (unit, weight) in units.iter_mut().zip(first.from_input(input)) {
                *unit += factor * f64::from(*weight);
            }
        };
        components(action).for_each(|component| add(component, 1.0));
        for (arm, level) in levels.iter().enumerate().filter(|(_, level)| **level != 0) {
            add(self.components + arm, f64::from(*level));
        }
        for layer in &self.layers[1..] {
            let mut next: Vec<f64> = layer.biases.iter().map(|bias| f64::from(*bias)).collect();
            for (input, unit) in units.iter().enumerate().filter(|(_, unit)| **unit > 0.0) {
                for (sum, weight) in next.iter_mut().zip(layer.from_input(input)) {
                    *sum += unit * f64::from(*weight);
                }
            }
            units = next;
        }
        units[0]
    }

    /// Bounds of all pre-activations, `[lower, upper]` by layer, for any action at `levels`, components
    /// between 0 and 1: interval arithmetic in `f64`, the output included.
    pub fn interval_bounds(&self, levels: &[u8]) -> Vec<[Vec<f64>; 2]> {
        let inputs = (0..self.components).map(|_| (0.0, 1.0));
        let fixed = levels.iter().map(|level| (f64::from(*level), f64::from(*level)));
        let mut ranges: Vec<(f64, f64)> = inputs.chain(fixed).collect();
        let mut bounds = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let mut lower: Vec<f64> = layer.biases.iter().map(|bias| f64::from(*bias)).collect();
            let mut upper = lower.clone();
            for (input, (low, high)) in ranges.iter().enumerate() {
                for (output, weight) in layer.from_input(input).iter().enumerate() {
                    let (at_low, at_high) = (f64::from(*weight) * low, f64::from(*weight) * high);
                    lower[output] += at_low.min(at_high);
                    upper[output] += at_low.max(at_high);
                }
            }
            ranges = lower.iter().zip(&upper).map(|(low, high)| (low.max(0.0), high.max(0.0))).collect();
            bounds.push([lower, upper]);
        }
        bounds
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn a_network_of_one_unit_can_be_computed_by_hand() {
        let first = Layer { inputs: 3, outputs: 1, weights: vec![2.0, -4.0, 0.5], biases: vec![-1.0] };
        let second = Layer { inputs: 1, outputs: 1, weights: vec![3.0], biases: vec![0.25] };
        let network = ReluNetwork::new(2, vec![first.clone(), second]).unwrap();
        assert_eq!(network.value(&[2], 0b01), 3.0 * (2.0 - 1.0 + 1.0) + 0.25);
        assert_eq!(network.value(&[2], 0b10), 0.25, "the unit is off");
        let bounds = network.interval_bounds(&[2]);
        assert_eq!(bounds[0], [vec![-4.0], vec![2.0]]);
        assert_eq!(bounds[1], [vec![0.25], vec![6.25]]);
        assert!(ReluNetwork::new(4, vec![first.clone()]).is_err());
        assert!(ReluNetwork::new(2, vec![first.clone(), first]).is_err());
    }

    #[test]
    fn interval_bounds_hold_for_every_action() {
        let network = ReluNetwork::random(4, 3, &[5, 6], &mut Philox::for_level(1, 1));
        let [lower, upper] = &network.interval_bounds(&[0, 3, 1])[2];
        for action in 0..16 {
            let value = network.value(&[0, 3, 1], action);
            assert!((lower[0]..=upper[0]).contains(&value));
        }
    }
}
