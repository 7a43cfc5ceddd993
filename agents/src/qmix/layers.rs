//! Layers of value networks: linear layers with uniform initial weights. The gated recurrent unit is that of
//! [`networks`](crate::networks).

use burn::nn::Linear;
use burn::tensor::Device;
use pentathlon_gym::seeding::philox::Philox;

pub use crate::networks::GruCell;
use crate::networks::linear_within;

/// A layer `inputs -> outputs` whose weights and biases are uniform within `1 / sqrt(inputs)`.
pub(crate) fn uniform_linear(random: &mut Philox, [inputs, outputs]: [usize; 2], device: &Device) -> Linear {
    linear_within(random, [inputs, outputs], 1.0 / (inputs.max(1) as f64).sqrt(), device)
}
