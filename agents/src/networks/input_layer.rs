//! The first layer of a network: observations of several kinds, each through weights of its own, summed.

use burn::module::{Module, Param};
use burn::nn::{Embedding, Linear};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use pentathlon_gym::seeding::philox::Philox;

use super::cells::CellEncoder;
use super::encoded_rows::EncodedRows;
use super::layout::{Input, ObservationLayout};
use super::orthogonal;
use super::tiles::TileEncoder;
use crate::config::NetworkConfig;

/// Gain of layers that are followed by a rectifier.
const GAIN: f64 = std::f64::consts::SQRT_2;

/// Observations of one layout to the sums that the first hidden layer rectifies.
#[derive(Module, Debug)]
pub(super) struct InputLayer {
    cells: Vec<CellInput>,
    tiles: Vec<TileInput>,
    categories: Vec<Embedding>,
    words: Vec<WordInput>,
    numbers: Vec<Linear>,
    bias: Param<Tensor<1>>,
}

/// A grid of cells: their features side by side, then a layer.
#[derive(Module, Debug)]
struct CellInput {
    encoder: CellEncoder,
    layer: Linear,
}

/// A grid of tiles: their features side by side, then a layer.
#[derive(Module, Debug)]
struct TileInput {
    encoder: TileEncoder,
    layer: Linear,
}

/// A bag of words: the sum of their features, then a layer.
#[derive(Module, Debug)]
struct WordInput {
    features: Embedding,
    layer: Linear,
}

impl InputLayer {
    /// A layer with random weights drawn from `random`.
    pub(super) fn new(
        layout: &ObservationLayout,
        config: &NetworkConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let first = config.hidden[0];
        let mut layer = Self {
            cells: Vec::new(),
            tiles: Vec::new(),
            categories: Vec::new(),
            words: Vec::new(),
            numbers: Vec::new(),
            bias: Param::from_data(TensorData::new(vec![0.0_f32; first], [first]), device),
        };
        for (_, input) in &layout.inputs {
            match input {
                Input::Cells { cells, .. } => layer.cells.push(CellInput {
                    encoder: CellEncoder::new(random, config.cell_features, device),
                    layer: without_bias(random, [cells * config.cell_features, first], device),
                }),
                Input::Tiles { tiles, planes, .. } => layer.tiles.push(TileInput {
                    encoder: TileEncoder::new(random, planes, config.cell_features, device),
                    layer: without_bias(random, [tiles * config.cell_features, first], device),
                }),
                Input::Agent { agents, .. } | Input::Subgoal { subgoals: agents, .. } => {
                    layer.categories.push(orthogonal::embedding(random, [*agents, first], GAIN, device));
                }
                Input::Category { n, .. } => {
                    for &n in n {
                        layer.categories.push(orthogonal::embedding(random, [n, first], GAIN, device));
                    }
                }
                Input::Words { vocabulary, .. } => layer.words.push(WordInput {
                    features: orthogonal::embedding(
                        random,
                        [*vocabulary, config.word_features],
                        GAIN,
                        device,
                    ),
                    layer: without_bias(random, [config.word_features, first], device),
                }),
                Input::Numbers { len, .. } => {
                    layer.numbers.push(without_bias(random, [*len, first], device));
                }
            }
        }
        layer
    }

    /// The device of the weights.
    pub(super) fn device(&self) -> Device {
        self.bias.device()
    }

    /// The features of all kinds of cells and tiles, those of cells first.
    pub(super) fn tables(&self) -> Vec<Tensor<2>> {
        let cells = self.cells.iter().map(|input| input.encoder.table());
        cells.chain(self.tiles.iter().map(|input| input.encoder.table())).collect()
    }

    /// The sums for the rows of `part`, `[rows, width]`, or `[1, width]` where nothing is seen. `tables` are
    /// [`InputLayer::tables`].
    pub(super) fn forward(&self, tables: &[Tensor<2>], part: &RowRange<'_>) -> Tensor<2> {
        let mut sum = self.bias.val().unsqueeze::<2>();
        let (mut cells, mut categories, mut words, mut numbers) =
            (self.cells.iter().zip(tables), self.categories.iter(), self.words.iter(), self.numbers.iter());
        let mut tiles = self.tiles.iter().zip(&tables[self.cells.len()..]);
        for (_, input) in &part.layout.inputs {
            match input {
                Input::Cells { at, cells: count } => {
                    if let Some((input, table)) = cells.next() {
                        let features =
                            CellEncoder::look_up(table.clone(), part.indices(*at, *count), part.len());
                        sum = input.layer.forward(features).add(sum);
                    }
                }
                Input::Tiles { at, tiles: count, .. } => {
                    if let Some((input, table)) = tiles.next() {
                        let features =
                            CellEncoder::look_up(table.clone(), part.indices(*at, *count), part.len());
                        sum = input.layer.forward(features).add(sum);
                    }
                }
                Input::Agent { at, .. } | Input::Subgoal { at, .. } => {
                    if let Some(table) = categories.next() {
                        sum = table.weight.val().select(0, part.indices(*at, 1)).add(sum);
                    }
                }
                Input::Category { at, n, .. } => {
                    for (offset, table) in (0..n.len()).zip(&mut categories) {
                        sum = table.weight.val().select(0, part.indices(at + offset, 1)).add(sum);
                    }
                }
                Input::Words { at, words: count, .. } => {
                    if let Some(input) = words.next() {
                        let indices = part.indices(*at, *count).reshape([part.len(), *count]);
                        let bag = input.features.forward(indices).sum_dim(1).squeeze_dim::<2>(1);
                        sum = input.layer.forward(bag).add(sum);
                    }
                }
                Input::Numbers { at, len, .. } => {
                    if let Some(layer) = numbers.next() {
                        sum = layer.forward(part.numbers(*at, *len)).add(sum);
                    }
                }
            }
        }
        sum
    }
}

fn without_bias(random: &mut Philox, widths: [usize; 2], device: &Device) -> Linear {
    Linear { bias: None, ..orthogonal::linear(random, widths, GAIN, device) }
}

/// Consecutive rows on their way into tensors.
pub(super) struct RowRange<'a> {
    pub(super) layout: &'a ObservationLayout,
    pub(super) rows: &'a EncodedRows,
    pub(super) range: std::ops::Range<usize>,
    pub(super) device: &'a Device,
}

impl RowRange<'_> {
    pub(super) fn len(&self) -> usize {
        self.range.len()
    }

    /// Columns `at..at + count` of the indices, `[rows * count]`.
    pub(super) fn indices(&self, at: usize, count: usize) -> Tensor<1, Int> {
        let width = self.layout.indices;
        let mut values = Vec::with_capacity(self.len() * count);
        for row in self.range.clone() {
            let start = row * width + at;
            values.extend(self.rows.indices[start..start + count].iter().map(|&index| i32::from(index)));
        }
        let data = TensorData::new(values, [self.len() * count]);
        Tensor::from_data(data, (self.device, burn::tensor::DType::I32))
    }

    /// Columns `at..at + len` of the numbers, `[rows, len]`.
    fn numbers(&self, at: usize, len: usize) -> Tensor<2> {
        let width = self.layout.numbers;
        let mut values = Vec::with_capacity(self.len() * len);
        for row in self.range.clone() {
            values.extend_from_slice(&self.rows.numbers[row * width + at..row * width + at + len]);
        }
        Tensor::from_data(TensorData::new(values, [self.len(), len]), self.device)
    }

    /// True where an action is not allowed, `[rows, actions]`.
    pub(super) fn forbidden(&self) -> Tensor<2, Bool> {
        let actions = self.layout.actions;
        let mask = &self.rows.mask[self.range.start * actions..self.range.end * actions];
        let values: Vec<bool> = mask.iter().map(|&allowed| allowed == 0).collect();
        Tensor::from_data(TensorData::new(values, [self.len(), actions]), self.device)
    }
}
