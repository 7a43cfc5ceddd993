//! Embedding of grid cells, as in `MiniGrid`'s image observation: each cell is a triple of a type, a
//! colour and a state.
//!
//! One small layer is shared by all cells: features = relu(W [one-hot type, colour, state] + b). There
//! are only [`CELL_KINDS`] different cells, so the layer is evaluated once for each of them, and the
//! cells of an observation look their features up: the result of a 1x1 convolution for a fraction of
//! its cost.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData, activation::relu};
use pentathlon_gym::seeding::philox::Philox;

use super::orthogonal;

/// Numbers of types, colours and states of a cell, after Farama's `MiniGrid`.
const TYPES: usize = 11;
const COLOURS: usize = 6;
const STATES: usize = 4;

/// Number of different cells.
pub const CELL_KINDS: usize = TYPES * COLOURS * STATES;

/// The index of a cell among [`CELL_KINDS`]. Parts out of range count as the largest one.
pub(super) fn cell_kind(kind: u8, colour: u8, state: u8) -> u16 {
    let part = |value: u8, count: usize| (value as usize).min(count - 1);
    ((part(kind, TYPES) * COLOURS + part(colour, COLOURS)) * STATES + part(state, STATES)) as u16
}

/// Cells to features.
#[derive(Module, Debug)]
pub struct CellEncoder {
    features: Linear,
}

impl CellEncoder {
    pub(super) fn new(random: &mut Philox, features: usize, device: &Device) -> Self {
        let inputs = TYPES + COLOURS + STATES;
        Self { features: orthogonal::linear(random, [inputs, features], std::f64::consts::SQRT_2, device) }
    }

    /// The features of every kind of cell, `[CELL_KINDS, features]`.
    pub fn table(&self) -> Tensor<2> {
        relu(self.features.forward(one_hot(&self.features.weight.device())))
    }

    /// The features of `cells` (`[rows * cells]`, kinds), side by side: `[rows, cells * features]`.
    pub fn look_up(table: Tensor<2>, cells: Tensor<1, Int>, rows: usize) -> Tensor<2> {
        let [_, features] = table.dims();
        let [count] = cells.dims();
        table.select(0, cells).reshape([rows, count / rows.max(1) * features])
    }
}

/// Type, colour and state of every kind of cell as ones among zeros, `[CELL_KINDS, 21]`.
fn one_hot(device: &Device) -> Tensor<2> {
    const WIDTH: usize = TYPES + COLOURS + STATES;
    let mut rows = vec![0.0_f32; CELL_KINDS * WIDTH];
    for (index, row) in rows.chunks_exact_mut(WIDTH).enumerate() {
        row[index / (COLOURS * STATES)] = 1.0;
        row[TYPES + index / STATES % COLOURS] = 1.0;
        row[TYPES + COLOURS + index % STATES] = 1.0;
    }
    Tensor::from_data(TensorData::new(rows, [CELL_KINDS, WIDTH]), device)
}
