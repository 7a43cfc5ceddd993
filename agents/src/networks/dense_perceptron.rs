//! A multilayer perceptron on plain numbers: [`Perceptron`](super::Perceptron)'s function with its gradient worked out
//! by hand, for learners that make many small updates, where a graph would take longer to build than to compute.

use burn::optim::GradientsParams;
use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use super::Perceptron;
use super::dense::{Dense, Into, room, take_all};

/// Layers, all but the last one rectified; or their gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DensePerceptron {
    layers: Vec<Dense>,
}

/// What a forward pass leaves for the backward pass, and room for both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pass {
    /// Outputs of every layer, `[rows, width]`.
    outputs: Vec<Vec<f32>>,
    /// Their gradients.
    slopes: Vec<Vec<f32>>,
}

impl Pass {
    /// Outputs of the last layer for `rows` rows, as the forward pass left them.
    fn last(&self, count: usize) -> &[f32] {
        self.outputs.last().map_or(&[], |outputs| &outputs[..count])
    }
}

impl DensePerceptron {
    /// A perceptron whose layers have these widths, from the input to the output, with weights and biases
    /// uniform within `1 / sqrt(inputs)`.
    pub fn new(widths: &[usize], random: &mut Philox) -> Self {
        Self { layers: widths.windows(2).map(|pair| Dense::uniform(random, [pair[0], pair[1]])).collect() }
    }

    /// The parameters of `network`.
    pub fn of(network: &Perceptron) -> Self {
        Self { layers: network.layers().iter().map(Dense::of).collect() }
    }

    /// Registers this gradient for the parameters of `network`.
    pub fn register(self, network: &Perceptron, gradients: &mut GradientsParams) {
        self.layers.into_iter().zip(network.layers()).for_each(|(layer, of)| layer.register(of, gradients));
    }

    /// A gradient of 0.
    pub fn zeros(&self) -> Self {
        Self { layers: self.layers.iter().map(Dense::zeros).collect() }
    }

    /// Takes the parameters a part of the way towards those of `other`.
    pub fn follow(&mut self, other: &Self, rate: f32) {
        self.layers.iter_mut().zip(&other.layers).for_each(|(layer, other)| layer.follow(other, rate));
    }

    /// Takes the parameters of `other`.
    ///
    /// # Errors
    /// A network of other sizes.
    pub fn take(&mut self, other: Self) -> Result<(), String> {
        take_all(&mut self.layers, other.layers)
    }

    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    pub fn layers_mut(&mut self) -> &mut [Dense] {
        &mut self.layers
    }

    /// Outputs `[rows, last width]` of inputs `[rows, first width]`.
    pub fn forward<'a>(&self, inputs: &[f32], pass: &'a mut Pass) -> &'a [f32] {
        let rows = inputs.len() / self.layers[0].inputs();
        pass.outputs.resize_with(self.layers.len(), Vec::new);
        let last = self.layers.len() - 1;
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, from) = pass.outputs.split_at_mut(index);
            let inputs = match before.last() {
                Some(features) => &features[..rows * layer.inputs()],
                None => inputs,
            };
            let outputs = room(&mut from[0], rows * layer.outputs());
            if index < last { layer.forward_relu(inputs, outputs) } else { layer.forward(inputs, outputs) }
        }
        pass.last(rows * self.layers[last].outputs())
    }

    /// Goes back through the pass over `inputs`, whose outputs have the gradient `of_outputs`: adds that of the
    /// parameters to `gradient` and writes that of the inputs to `of_inputs`, where these are asked for.
    pub fn backward(
        &self,
        inputs: &[f32],
        of_outputs: &[f32],
        pass: &mut Pass,
        mut gradient: Option<&mut Self>,
        of_inputs: Option<&mut [f32]>,
    ) {
        let rows = inputs.len() / self.layers[0].inputs();
        pass.slopes.resize_with(self.layers.len(), Vec::new);
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (slopes, behind) = pass.slopes.split_at_mut(index);
            // The slopes of a layer's outputs lie at its index; those of the last layer are the caller's.
            let of_outputs = match index + 1 == self.layers.len() {
                true => of_outputs,
                false => &behind[0][..rows * layer.outputs()],
            };
            let features = match index {
                0 => inputs,
                _ => &pass.outputs[index - 1][..rows * layer.inputs()],
            };
            if let Some(gradient) = &mut gradient {
                gradient.layers[index].add_gradient(features, of_outputs);
            }
            if let Some(slopes) = slopes.last_mut() {
                layer.relu_gradient(of_outputs, features, room(slopes, rows * layer.inputs()));
            } else if let Some(of_inputs) = of_inputs {
                return layer.input_gradient(of_outputs, Into::Replace, of_inputs);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::random::{Purpose, stream};

    /// Gradients of parameters and inputs against differences of the outputs.
    #[test]
    fn gradients_are_slopes() {
        let mut random = stream(4, Purpose::Parameters);
        let mut network = DensePerceptron::new(&[3, 8, 6, 2], &mut random);
        let mut draw =
            |count| -> Vec<f32> { (0..count).map(|_| random.float() as f32 * 2.0 - 1.0).collect() };
        let (mut inputs, outer) = (draw(5 * 3), draw(5 * 2));
        let mut pass = Pass::default();
        let (mut gradient, mut of_inputs) = (network.zeros(), vec![0.0; 15]);
        network.forward(&inputs, &mut pass);
        network.backward(&inputs, &outer, &mut pass, Some(&mut gradient), Some(&mut of_inputs));
        let mut total = |network: &DensePerceptron, inputs: &[f32]| -> f64 {
            let outputs = network.forward(inputs, &mut pass);
            outputs.iter().zip(&outer).map(|(output, outer)| f64::from(output * outer)).sum()
        };
        const STEP: f32 = 1e-3;
        let check = |slope: f32, [low, high]: [f64; 2]| {
            let expected = (high - low) / f64::from(2.0 * STEP);
            assert!((f64::from(slope) - expected).abs() < 2e-3, "{slope} {expected}");
        };
        for at in 0..15 {
            let value = inputs[at];
            let ends = [-STEP, STEP].map(|step| {
                inputs[at] = value + step;
                total(&network, &inputs)
            });
            inputs[at] = value;
            check(of_inputs[at], ends);
        }
        let mut large = 0;
        for layer in 0..3 {
            for part in 0..2 {
                for at in 0..gradient.layers[layer].parameters()[part].len() {
                    let slope = gradient.layers[layer].parameters()[part][at];
                    let ends = [-STEP, STEP].map(|step| {
                        let mut moved = network.clone();
                        moved.layers[layer].parameters_mut()[part][at] += step;
                        total(&moved, &inputs)
                    });
                    check(slope, ends);
                    large += usize::from(slope.abs() > 0.05);
                }
            }
        }
        assert!(large > 20, "{large}");
        network.layers_mut()[0].parameters_mut()[0].fill(0.0);
    }
}
