//! A multilayer perceptron: linear layers, all but the last one rectified.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use pentathlon_gym::seeding::philox::Philox;

use crate::qmix::uniform_linear;

/// Linear layers, all but the last one rectified.
#[derive(Module, Debug)]
pub struct Perceptron {
    layers: Vec<Linear>,
}

impl Perceptron {
    /// A perceptron whose layers have these widths, from the input to the output, with weights and biases
    /// uniform within `1 / sqrt(inputs)`.
    pub fn new(widths: &[usize], random: &mut Philox, device: &Device) -> Self {
        let pairs = widths.windows(2);
        Self { layers: pairs.map(|pair| uniform_linear(random, [pair[0], pair[1]], device)).collect() }
    }

    /// Its layers, from the input to the output.
    pub(crate) fn layers(&self) -> &[Linear] {
        &self.layers
    }

    /// Outputs `[rows, last width]` of inputs `[rows, first width]`.
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<2> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(inputs, |features, (index, layer)| {
            let features = layer.forward(features);
            if index < last { relu(features) } else { features }
        })
    }

    /// [`Perceptron::forward`] of `rows` rows in memory.
    pub fn outputs(&self, inputs: Vec<f32>, rows: usize, device: &Device) -> Vec<f32> {
        let columns = inputs.len() / rows.max(1);
        let outputs = self.forward(Tensor::from_data(TensorData::new(inputs, [rows, columns]), device));
        outputs.try_into_vec_as::<f32>().expect("networks compute in 32-bit floats")
    }
}
