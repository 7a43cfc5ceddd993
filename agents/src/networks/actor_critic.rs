//! The actor-critic network: inputs of several kinds are summed into a first hidden layer, which with
//! the following ones is shared by the policy's logits and the value estimate.

use burn::module::{Module, Param};
use burn::nn::{Embedding, Linear};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData, activation::relu};
use pentathlon_gym::seeding::philox::Philox;
use rayon::prelude::*;

use super::cells::CellEncoder;
use super::encoded_rows::EncodedRows;
use super::layout::{Input, ObservationLayout};
use super::tiles::TileEncoder;
use super::{MASKED_LOGIT, orthogonal};
use crate::config::NetworkConfig;

/// Gain of the policy's layer: the first policy is almost uniform.
const POLICY_GAIN: f64 = 0.01;
/// Gain of the value's layer: the first estimates are 0. The usual gain of 1 starts with estimates
/// that are about the same number for all states, often above every return; ending an episode then looks
/// like a loss, and a rare reward is unlearned before the estimates come down.
const VALUE_GAIN: f64 = 0.0;

/// Policy and value estimate for observations of one layout.
///
/// Hidden layers are rectified and start orthogonal with gain sqrt(2).
#[derive(Module, Debug)]
pub struct ActorCritic {
    cells: Vec<CellInput>,
    tiles: Vec<TileInput>,
    categories: Vec<Embedding>,
    words: Vec<WordInput>,
    numbers: Vec<Linear>,
    first_bias: Param<Tensor<1>>,
    hidden: Vec<Linear>,
    policy: Linear,
    value: Linear,
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

/// What the network says of each row.
#[derive(Debug)]
pub struct Output {
    /// Logits of the actions, `[rows, actions]`; masked actions have [`MASKED_LOGIT`].
    pub logits: Tensor<2>,
    /// Value estimates, `[rows]`.
    pub values: Tensor<1>,
    /// How many of the logits belong to each number of an action, in order.
    pub choices: Vec<usize>,
}

impl ActorCritic {
    /// A network with random parameters drawn from `random`, on `device`.
    pub fn new(
        layout: &ObservationLayout,
        config: &NetworkConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let gain = std::f64::consts::SQRT_2;
        let first = config.hidden[0];
        let mut network = Self {
            cells: Vec::new(),
            tiles: Vec::new(),
            categories: Vec::new(),
            words: Vec::new(),
            numbers: Vec::new(),
            first_bias: Param::from_data(TensorData::new(vec![0.0_f32; first], [first]), device),
            hidden: config
                .hidden
                .windows(2)
                .map(|widths| orthogonal::linear(random, [widths[0], widths[1]], gain, device))
                .collect(),
            policy: orthogonal::linear(
                random,
                [config.hidden[config.hidden.len() - 1], layout.actions],
                POLICY_GAIN,
                device,
            ),
            value: orthogonal::linear(
                random,
                [config.hidden[config.hidden.len() - 1], 1],
                VALUE_GAIN,
                device,
            ),
        };
        for (_, input) in &layout.inputs {
            match input {
                Input::Cells { cells, .. } => network.cells.push(CellInput {
                    encoder: CellEncoder::new(random, config.cell_features, device),
                    layer: without_bias(orthogonal::linear(
                        random,
                        [cells * config.cell_features, first],
                        gain,
                        device,
                    )),
                }),
                Input::Tiles { tiles, planes, .. } => network.tiles.push(TileInput {
                    encoder: TileEncoder::new(random, planes, config.cell_features, device),
                    layer: without_bias(orthogonal::linear(
                        random,
                        [tiles * config.cell_features, first],
                        gain,
                        device,
                    )),
                }),
                Input::Agent { agents, .. } | Input::Subgoal { subgoals: agents, .. } => {
                    network.categories.push(orthogonal::embedding(random, [*agents, first], gain, device));
                }
                Input::Category { n, .. } => {
                    for &n in n {
                        network.categories.push(orthogonal::embedding(random, [n, first], gain, device));
                    }
                }
                Input::Words { vocabulary, .. } => network.words.push(WordInput {
                    features: orthogonal::embedding(
                        random,
                        [*vocabulary, config.word_features],
                        gain,
                        device,
                    ),
                    layer: without_bias(orthogonal::linear(
                        random,
                        [config.word_features, first],
                        gain,
                        device,
                    )),
                }),
                Input::Numbers { len, .. } => {
                    network.numbers.push(without_bias(orthogonal::linear(
                        random,
                        [*len, first],
                        gain,
                        device,
                    )));
                }
            }
        }
        network
    }

    /// Logits and values of all `rows`.
    pub fn forward(&self, layout: &ObservationLayout, rows: &EncodedRows) -> Output {
        let tables = self.cell_tables();
        self.forward_with(&tables, layout, rows, 0..rows.rows)
    }

    /// The network as it is now, for many evaluations without gradients.
    pub fn inference(&self) -> Inference {
        let network = self.valid();
        Inference { tables: network.cell_tables(), network }
    }

    /// The features of all kinds of cells and tiles, those of cells first.
    fn cell_tables(&self) -> Vec<Tensor<2>> {
        let cells = self.cells.iter().map(|input| input.encoder.table());
        cells.chain(self.tiles.iter().map(|input| input.encoder.table())).collect()
    }

    fn forward_with(
        &self,
        tables: &[Tensor<2>],
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
    ) -> Output {
        let device = self.first_bias.device();
        let part = RowRange { layout, rows, range, device: &device };
        let mut first = self.first_bias.val().unsqueeze::<2>();
        let (mut cells, mut categories, mut words, mut numbers) =
            (self.cells.iter().zip(tables), self.categories.iter(), self.words.iter(), self.numbers.iter());
        let mut tiles = self.tiles.iter().zip(&tables[self.cells.len()..]);
        for (_, input) in &layout.inputs {
            match input {
                Input::Cells { at, cells: count } => {
                    if let Some((input, table)) = cells.next() {
                        let features =
                            CellEncoder::look_up(table.clone(), part.indices(*at, *count), part.len());
                        first = input.layer.forward(features).add(first);
                    }
                }
                Input::Tiles { at, tiles: count, .. } => {
                    if let Some((input, table)) = tiles.next() {
                        let features =
                            CellEncoder::look_up(table.clone(), part.indices(*at, *count), part.len());
                        first = input.layer.forward(features).add(first);
                    }
                }
                Input::Agent { at, .. } | Input::Subgoal { at, .. } => {
                    if let Some(table) = categories.next() {
                        first = table.weight.val().select(0, part.indices(*at, 1)).add(first);
                    }
                }
                Input::Category { at, n, .. } => {
                    for (offset, table) in (0..n.len()).zip(&mut categories) {
                        first = table.weight.val().select(0, part.indices(at + offset, 1)).add(first);
                    }
                }
                Input::Words { at, words: count, .. } => {
                    if let Some(input) = words.next() {
                        let indices = part.indices(*at, *count).reshape([part.len(), *count]);
                        let bag = input.features.forward(indices).sum_dim(1).squeeze_dim::<2>(1);
                        first = input.layer.forward(bag).add(first);
                    }
                }
                Input::Numbers { at, len, .. } => {
                    if let Some(layer) = numbers.next() {
                        first = layer.forward(part.numbers(*at, *len)).add(first);
                    }
                }
            }
        }
        let features = self.hidden.iter().fold(relu(first), |features, layer| relu(layer.forward(features)));
        let mut logits = self.policy.forward(features.clone());
        if layout.masked {
            logits = logits.mask_fill(part.forbidden(), MASKED_LOGIT);
        }
        let values = self.value.forward(features).squeeze_dim::<1>(1);
        Output { logits, values, choices: layout.choices.clone() }
    }
}

fn without_bias(layer: Linear) -> Linear {
    Linear { bias: None, ..layer }
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
    fn forbidden(&self) -> Tensor<2, Bool> {
        let actions = self.layout.actions;
        let mask = &self.rows.mask[self.range.start * actions..self.range.end * actions];
        let values: Vec<bool> = mask.iter().map(|&allowed| allowed == 0).collect();
        Tensor::from_data(TensorData::new(values, [self.len(), actions]), self.device)
    }
}

/// A network frozen for evaluation.
#[derive(Clone, Debug)]
pub struct Inference {
    network: ActorCritic,
    tables: Vec<Tensor<2>>,
}

impl Inference {
    /// Writes logits (`[rows, actions]`) and values (`[rows]`) of the rows in `range`.
    pub fn evaluate(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
        logits: &mut [f32],
        values: &mut [f32],
    ) {
        let output = self.network.forward_with(&self.tables, layout, rows, range);
        let read = |data: TensorData, target: &mut [f32]| {
            target.copy_from_slice(data.as_slice::<f32>().expect("networks compute in 32-bit floats"));
        };
        read(output.logits.into_data(), logits);
        read(output.values.into_data(), values);
    }

    /// [`Inference::evaluate`] of all `rows`, `at_once` of them by each thread of the pool that this runs in. The
    /// results are resized to fit.
    pub fn evaluate_all(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        at_once: usize,
        logits: &mut Vec<f32>,
        values: &mut Vec<f32>,
    ) {
        logits.resize(rows.rows * layout.actions, 0.0);
        values.resize(rows.rows, 0.0);
        let parts = logits.par_chunks_mut(at_once * layout.actions).zip(values.par_chunks_mut(at_once));
        parts.enumerate().for_each(|(part, (logits, values))| {
            let start = part * at_once;
            self.evaluate(layout, rows, start..start + values.len(), logits, values);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn layout(masked: bool) -> ObservationLayout {
        ObservationLayout {
            inputs: vec![
                ("image".into(), Input::Cells { at: 0, cells: 3 }),
                ("direction".into(), Input::Category { at: 3, from: 0, start: 0, n: vec![4] }),
                ("mission".into(), Input::Words { at: 4, words: 2, vocabulary: 9 }),
                ("speed".into(), Input::Numbers { at: 0, from: 0, len: 2, scale: 1.0 }),
            ],
            masked,
            actions: 3,
            choices: vec![3],
            first_action: 0,
            agents: 1,
            indices: 6,
            numbers: 2,
        }
    }

    fn rows() -> EncodedRows {
        EncodedRows {
            rows: 3,
            indices: vec![8, 100, 263, 0, 3, 5, 8, 100, 263, 0, 5, 3, 100, 8, 263, 3, 0, 0],
            numbers: vec![0.1, 0.2, 0.1, 0.2, -1.0, 1.0],
            mask: vec![1, 1, 0, 1, 1, 1, 0, 1, 0],
        }
    }

    fn network(layout: &ObservationLayout, device: &Device) -> ActorCritic {
        let config = NetworkConfig { hidden: vec![12, 8], ..NetworkConfig::default() };
        ActorCritic::new(layout, &config, &mut stream(3, Purpose::Parameters), device)
    }

    fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.try_into_vec_as::<f32>().unwrap()
    }

    #[test]
    fn evaluation_in_pieces_is_the_forward_pass_without_gradients() {
        let layout = layout(false);
        let network = network(&layout, &Device::flex().autodiff());
        let output = network.forward(&layout, &rows());
        let (expected_logits, expected_values) = (numbers(output.logits), numbers(output.values));
        let inference = network.inference();
        let (mut logits, mut values) = (vec![0.0; 9], vec![0.0; 3]);
        inference.evaluate(&layout, &rows(), 0..1, &mut logits[..3], &mut values[..1]);
        inference.evaluate(&layout, &rows(), 1..3, &mut logits[3..], &mut values[1..]);
        for (got, expected) in
            logits.iter().chain(&values).zip(expected_logits.iter().chain(&expected_values))
        {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
        // Words are a bag, cells have a place.
        let distance = |row: usize| -> f32 { (0..3).map(|i| (logits[i] - logits[row * 3 + i]).abs()).sum() };
        assert!(distance(1) < 1e-6 && distance(2) > 1e-4, "{logits:?}");
        // The first policy is almost uniform, and nothing is expected yet.
        assert!(logits.iter().all(|logit| logit.abs() < 0.1), "{logits:?}");
        assert_eq!(values, [0.0; 3]);
    }

    #[test]
    fn masked_actions_have_no_chance_and_no_gradient() {
        let layout = layout(true);
        let network = network(&layout, &Device::flex().autodiff());
        let logits = network.forward(&layout, &rows()).logits;
        let chances = numbers(burn::tensor::activation::softmax(logits, 1));
        assert_eq!([chances[2], chances[6], chances[7], chances[8]], [0.0, 0.0, 1.0, 0.0]);
        assert!(chances[3..6].iter().all(|&chance| chance > 0.3));
    }

    #[test]
    fn parameters_follow_from_the_stream_alone() {
        let layout = layout(false);
        let logits = |seed| {
            let config = NetworkConfig::default();
            let network =
                ActorCritic::new(&layout, &config, &mut stream(seed, Purpose::Parameters), &Device::flex());
            numbers(network.forward(&layout, &rows()).logits)
        };
        assert_eq!(logits(1), logits(1));
        assert_ne!(logits(1), logits(2));
    }
}
