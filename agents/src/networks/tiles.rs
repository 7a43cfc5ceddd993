//! Embedding of tiles that are described by several small whole numbers, as in Crafter's symbolic observation: a
//! material, and what stands on it.
//!
//! As for grid cells, one small layer is shared by all tiles: features = relu(sum of a row for each number + b).
//! It is evaluated once for each kind of tile, and the tiles of an observation look their features up.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, TensorData, activation::relu};
use pentathlon_gym::seeding::philox::Philox;

use super::orthogonal;

/// Tiles to features.
#[derive(Module, Debug)]
pub(super) struct TileEncoder {
    features: Linear,
    #[module(skip)]
    planes: Vec<usize>,
}

impl TileEncoder {
    /// An encoder of tiles with so many values in each plane.
    pub(super) fn new(
        random: &mut Philox,
        planes: &[usize],
        features: usize,
        device: &burn::tensor::Device,
    ) -> Self {
        let inputs = planes.iter().sum();
        let features = orthogonal::linear(random, [inputs, features], std::f64::consts::SQRT_2, device);
        Self { features, planes: planes.to_vec() }
    }

    /// The features of every kind of tile, `[product of the planes, features]`; the last plane's number changes
    /// fastest.
    pub(super) fn table(&self) -> Tensor<2> {
        let (kinds, width): (usize, usize) = (self.planes.iter().product(), self.planes.iter().sum());
        let mut rows = vec![0.0_f32; kinds * width];
        for (kind, row) in rows.chunks_exact_mut(width).enumerate() {
            let (mut rest, mut end) = (kind, width);
            for &count in self.planes.iter().rev() {
                end -= count;
                row[end + rest % count] = 1.0;
                rest /= count;
            }
        }
        let device = self.features.weight.device();
        relu(self.features.forward(Tensor::from_data(TensorData::new(rows, [kinds, width]), &device)))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn a_kind_is_the_sum_of_the_rows_of_its_numbers() {
        let encoder = TileEncoder::new(&mut stream(1, Purpose::Parameters), &[3, 2], 4, &Device::flex());
        let table = encoder.table().try_into_vec_as::<f32>().unwrap();
        let weights = encoder.features.weight.val().try_into_vec_as::<f32>().unwrap();
        for kind in 0..6 {
            for feature in 0..4 {
                let sum = weights[kind / 2 * 4 + feature] + weights[(3 + kind % 2) * 4 + feature];
                assert!((table[kind * 4 + feature] - sum.max(0.0)).abs() < 1e-6, "{kind} {feature}");
            }
        }
    }
}
