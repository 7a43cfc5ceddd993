//! Layers of value networks: linear layers with uniform initial weights, and the gated recurrent unit
//! of Cho et al., 2014, in the variant that applies the reset gate after the recurrent product.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor, TensorData};
use pentathlon_gym::seeding::{Random, philox::Philox};

/// A layer `inputs -> outputs` whose weights and biases are uniform within `1 / sqrt(inputs)`.
pub(crate) fn uniform_linear(random: &mut Philox, [inputs, outputs]: [usize; 2], device: &Device) -> Linear {
    linear_within(random, [inputs, outputs], 1.0 / (inputs.max(1) as f64).sqrt(), device)
}

fn linear_within(random: &mut Philox, [inputs, outputs]: [usize; 2], bound: f64, device: &Device) -> Linear {
    let mut draw = |shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let values: Vec<f32> = (0..count).map(|_| ((2.0 * random.float() - 1.0) * bound) as f32).collect();
        TensorData::new(values, shape.to_vec())
    };
    let weight = Param::from_data(draw(&[inputs, outputs]), device);
    let bias = Param::from_data(draw(&[outputs]), device);
    Linear { weight, bias: Some(bias) }
}

/// A gated recurrent unit. The three parts of each layer's output are reset gate, update gate and
/// candidate:
///
/// ```text
/// r = sigmoid(W_r x + U_r h)      z = sigmoid(W_z x + U_z h)      (biases in W and U)
/// n = tanh(W_n x + r (U_n h))     h' = (1 - z) n + z h
/// ```
#[derive(Module, Debug)]
pub struct GruCell {
    input: Linear,
    hidden: Linear,
}

impl GruCell {
    /// A unit with weights uniform within `1 / sqrt(width)`.
    pub fn new(random: &mut Philox, inputs: usize, width: usize, device: &Device) -> Self {
        let bound = 1.0 / (width as f64).sqrt();
        Self {
            input: linear_within(random, [inputs, 3 * width], bound, device),
            hidden: linear_within(random, [width, 3 * width], bound, device),
        }
    }

    /// The hidden state after `hidden`, `[rows, width]`, when the input is `[rows, inputs]`.
    pub fn forward(&self, input: Tensor<2>, hidden: Tensor<2>) -> Tensor<2> {
        let [_, width] = hidden.dims();
        let from_input = self.input.forward(input);
        let from_hidden = self.hidden.forward(hidden.clone());
        let gates =
            sigmoid(from_input.clone().narrow(1, 0, 2 * width) + from_hidden.clone().narrow(1, 0, 2 * width));
        let reset = gates.clone().narrow(1, 0, width);
        let update = gates.narrow(1, width, width);
        let candidate =
            tanh(from_input.narrow(1, 2 * width, width) + reset * from_hidden.narrow(1, 2 * width, width));
        update * (hidden - candidate.clone()) + candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One unit with weights 0.5, -1, 2 from the input, 1, 0.5, -0.5 from the hidden state, biases 0.1
    /// of the input and 0.2 of the hidden state's layer; input 1, hidden state 0.5.
    #[test]
    fn the_reset_gate_comes_after_the_recurrent_product() {
        let device = Device::flex();
        let layer = |weights: [f32; 3], bias: f32| Linear {
            weight: Param::from_data(TensorData::new(weights.to_vec(), [1, 3]), &device),
            bias: Some(Param::from_data(TensorData::new(vec![bias; 3], [3]), &device)),
        };
        let cell = GruCell { input: layer([0.5, -1.0, 2.0], 0.1), hidden: layer([1.0, 0.5, -0.5], 0.2) };
        let tensor = |value: f32| Tensor::<2>::from_data(TensorData::new(vec![value], [1, 1]), &device);
        let next = cell.forward(tensor(1.0), tensor(0.5)).into_scalar::<f32>();
        let squash = |x: f64| 1.0 / (1.0 + (-x).exp());
        let reset = squash(0.6 + 0.7);
        let update = squash(-0.9 + 0.45);
        let candidate = (2.1 + reset * (-0.25 + 0.2)).tanh();
        let expected = (1.0 - update) * candidate + update * 0.5;
        assert!((f64::from(next) - expected).abs() < 1e-6, "{next} {expected}");
    }
}
