//! The actor-critic network: inputs of several kinds are summed into a first hidden layer, which with the following
//! ones, and a memory where there is one, is shared by the policy's logits and the value estimate; or the value is
//! estimated by a network of its own, which sees more than the agent that acts (Lowe et al., 2017; MAPPO, Yu et al.,
//! 2022).

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation::relu};
use pentathlon_gym::seeding::philox::Philox;
use rayon::prelude::*;

use super::encoded_rows::EncodedRows;
use super::input_layer::{InputLayer, RowRange};
use super::layout::ObservationLayout;
use super::recurrent::{Memory, Sequences};
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
    body: Body,
    policy: Linear,
    value: Linear,
    /// What the value is estimated from, where it is not the policy's features.
    critic: Option<Body>,
}

/// Observations to features: hidden layers, then a memory.
#[derive(Module, Debug)]
struct Body {
    input: InputLayer,
    hidden: Vec<Linear>,
    memory: Option<Memory>,
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

impl Body {
    fn hidden(config: &NetworkConfig, random: &mut Philox, device: &Device) -> Vec<Linear> {
        let gain = std::f64::consts::SQRT_2;
        let layer = |widths: &[usize]| orthogonal::linear(random, [widths[0], widths[1]], gain, device);
        config.hidden.windows(2).map(layer).collect()
    }

    fn new(
        hidden: Vec<Linear>,
        layout: &ObservationLayout,
        config: &NetworkConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        Self {
            hidden,
            input: InputLayer::new(layout, config, random, device),
            memory: Memory::new(random, config.hidden[config.hidden.len() - 1], config, device),
        }
    }

    /// Numbers that are remembered of a row.
    fn state_len(&self) -> usize {
        self.memory.as_ref().map_or(0, Memory::state_len)
    }

    /// The features before the memory, `[rows, width]`.
    fn features(&self, tables: &[Tensor<2>], part: &RowRange<'_>) -> Tensor<2> {
        let first = relu(self.input.forward(tables, part));
        self.hidden.iter().fold(first, |features, layer| relu(layer.forward(features)))
    }

    /// The features behind the memory, `[rows, width]`, for one more step of each row. What is remembered of a row
    /// stands in `memory`, `total` numbers a row, from column `first` on, and is brought up to date.
    fn step(
        &self,
        tables: &[Tensor<2>],
        part: &RowRange<'_>,
        memory: &mut [f32],
        [first, total]: [usize; 2],
    ) -> Tensor<2> {
        let features = self.features(tables, part);
        let Some(cell) = &self.memory else { return features };
        let len = cell.state_len();
        let rows = memory.chunks_exact(total).flat_map(|row| &row[first..first + len]);
        let state = TensorData::new(rows.copied().collect::<Vec<_>>(), [part.len(), len]);
        let state = cell.forward(features, Tensor::from_data(state, part.device));
        let data = state.to_data();
        let next = data.as_slice::<f32>().expect("networks compute in 32-bit floats").chunks_exact(len);
        memory
            .chunks_exact_mut(total)
            .zip(next)
            .for_each(|(row, next)| row[first..first + len].copy_from_slice(next));
        cell.output(state)
    }
}

impl ActorCritic {
    /// A network with random parameters drawn from `random`, on `device`. It has a critic of its own when the
    /// layout says what that sees.
    pub fn new(
        layout: &ObservationLayout,
        config: &NetworkConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let width = config.feature_width();
        // What is drawn first is part of what a seed means.
        let hidden = Body::hidden(config, random, device);
        let policy = orthogonal::linear(random, [width, layout.actions], POLICY_GAIN, device);
        let value = orthogonal::linear(random, [width, 1], VALUE_GAIN, device);
        let body = Body::new(hidden, layout, config, random, device);
        let critic = layout.critic.as_ref().map(|layout| {
            let hidden = Body::hidden(config, random, device);
            Body::new(hidden, layout, config, random, device)
        });
        Self { body, policy, value, critic }
    }

    /// Numbers that are remembered of a row, 0 without a memory: those of the policy, then those of a critic of its
    /// own.
    pub fn memory_len(&self) -> usize {
        self.body.state_len() + self.critic.as_ref().map_or(0, Body::state_len)
    }

    /// Logits and values of all `rows`, each as the first step of an episode.
    pub fn forward(&self, layout: &ObservationLayout, rows: &EncodedRows) -> Output {
        let memory = vec![0.0; rows.rows * self.memory_len()];
        self.forward_sequences(layout, rows, &Sequences { steps: 1, memory: &memory, ended: &[] })
    }

    /// Logits and values of all `rows`, which are the steps of `sequences`: the first step of each, then the second
    /// of each, and so on.
    pub fn forward_sequences(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        sequences: &Sequences<'_>,
    ) -> Output {
        let total = self.memory_len();
        let device = self.body.input.device();
        let unrolled = |body: &Body, layout, rows: &EncodedRows, first| {
            let part = RowRange { layout, rows, range: 0..rows.rows, device: &device };
            let features = body.features(&body.input.tables(), &part);
            match &body.memory {
                Some(memory) => memory.unroll(features, sequences, [first, total]),
                None => features,
            }
        };
        let features = unrolled(&self.body, layout, rows, 0);
        let part = RowRange { layout, rows, range: 0..rows.rows, device: &device };
        let logits = self.logits(features.clone(), &part);
        let features = match (&self.critic, &layout.critic, &rows.critic) {
            (Some(critic), Some(layout), Some(rows)) => unrolled(critic, layout, rows, self.body.state_len()),
            _ => features,
        };
        let values = self.value.forward(features).squeeze_dim::<1>(1);
        Output { logits, values, choices: layout.choices.clone() }
    }

    fn logits(&self, features: Tensor<2>, part: &RowRange<'_>) -> Tensor<2> {
        let logits = self.policy.forward(features);
        if part.layout.masked { logits.mask_fill(part.forbidden(), MASKED_LOGIT) } else { logits }
    }

    /// The network as it is now, for many evaluations without gradients.
    pub fn inference(&self) -> Inference {
        let network = self.valid();
        Inference {
            tables: network.body.input.tables(),
            critic_tables: network.critic.as_ref().map_or_else(Vec::new, |critic| critic.input.tables()),
            network,
        }
    }
}

/// A network frozen for evaluation.
#[derive(Clone, Debug)]
pub struct Inference {
    network: ActorCritic,
    tables: Vec<Tensor<2>>,
    critic_tables: Vec<Tensor<2>>,
}

impl Inference {
    /// Numbers that are remembered of a row, 0 without a memory.
    pub fn memory_len(&self) -> usize {
        self.network.memory_len()
    }

    /// Writes logits (`[rows, actions]`) and values (`[rows]`) of the rows in `range`, and brings what is
    /// remembered of them (`[rows, memory_len]`) up to date.
    pub fn evaluate(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
        memory: &mut [f32],
        logits: &mut [f32],
        values: &mut [f32],
    ) {
        let features = self.choose(layout, rows, range.clone(), memory, logits);
        let network = &self.network;
        let features = match (&network.critic, &layout.critic, &rows.critic) {
            (Some(critic), Some(layout), Some(rows)) => {
                let device = network.body.input.device();
                let part = RowRange { layout, rows, range, device: &device };
                let columns = [network.body.state_len(), network.memory_len()];
                critic.step(&self.critic_tables, &part, memory, columns)
            }
            _ => features,
        };
        read(network.value.forward(features), values);
    }

    /// [`Inference::evaluate`] of all `rows` by a network without a memory, `at_once` of them by each thread of the
    /// pool that this runs in. The results are resized to fit.
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
            self.evaluate(layout, rows, start..start + values.len(), &mut [], logits, values);
        });
    }

    /// [`Inference::evaluate`] without values: what a policy needs to act.
    pub fn act(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
        memory: &mut [f32],
        logits: &mut [f32],
    ) {
        self.choose(layout, rows, range, memory, logits);
    }

    /// The features that the logits are made of.
    fn choose(
        &self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        range: std::ops::Range<usize>,
        memory: &mut [f32],
        logits: &mut [f32],
    ) -> Tensor<2> {
        let network = &self.network;
        let device = network.body.input.device();
        let part = RowRange { layout, rows, range, device: &device };
        let features = network.body.step(&self.tables, &part, memory, [0, network.memory_len()]);
        read(network.logits(features.clone(), &part), logits);
        features
    }
}

fn read(tensor: Tensor<2>, target: &mut [f32]) {
    let data = tensor.into_data();
    target.copy_from_slice(data.as_slice::<f32>().expect("networks compute in 32-bit floats"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MemoryKind;
    use crate::networks::{Input, Perspective};
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
            perspective: Perspective::Agent,
            critic: None,
        }
    }

    fn rows() -> EncodedRows {
        EncodedRows {
            rows: 3,
            indices: vec![8, 100, 263, 0, 3, 5, 8, 100, 263, 0, 5, 3, 100, 8, 263, 3, 0, 0],
            numbers: vec![0.1, 0.2, 0.1, 0.2, -1.0, 1.0],
            mask: vec![1, 1, 0, 1, 1, 1, 0, 1, 0],
            critic: None,
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
        inference.evaluate(&layout, &rows(), 0..1, &mut [], &mut logits[..3], &mut values[..1]);
        inference.evaluate(&layout, &rows(), 1..3, &mut [], &mut logits[3..], &mut values[1..]);
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

    /// Policy and critic with memories of their own, the critic looking at the speed alone.
    #[test]
    fn a_sequence_with_a_critic_of_its_own_is_evaluated_step_by_step_alike() {
        for memory in [MemoryKind::None, MemoryKind::Gru, MemoryKind::Lstm] {
            let mut layout = layout(true);
            let mut critic = layout.clone();
            critic.inputs.drain(..3);
            (critic.masked, critic.actions, critic.indices) = (false, 0, 0);
            layout.critic = Some(Box::new(critic));
            let config =
                NetworkConfig { hidden: vec![12, 8], memory, memory_width: 5, ..NetworkConfig::default() };
            let network =
                ActorCritic::new(&layout, &config, &mut stream(3, Purpose::Parameters), &Device::flex());
            // A value layer of 0 would hide the critic.
            let value = orthogonal::linear(
                &mut stream(4, Purpose::Parameters),
                [config.feature_width(), 1],
                1.0,
                &Device::flex(),
            );
            let network = ActorCritic { value, ..network };
            let mut rows = rows();
            let numbers = rows.numbers.clone();
            rows.critic = Some(Box::new(EncodedRows { rows: 3, numbers, ..EncodedRows::default() }));
            let len = network.memory_len();
            assert_eq!(len, [0, 10, 20][memory as usize]);
            let started: Vec<f32> = (0..len).map(|i| i as f32 / 10.0 - 0.7).collect();
            let sequences = Sequences { steps: 3, memory: &started, ended: &[false, true, false] };
            let output = network.forward_sequences(&layout, &rows, &sequences);
            let (expected_logits, expected_values) =
                (self::numbers(output.logits), self::numbers(output.values));
            let inference = network.inference();
            let mut remembered = started.clone();
            for step in 0..3 {
                let (mut logits, mut values) = ([0.0; 3], [0.0]);
                let mut acted = remembered.clone();
                inference.evaluate(&layout, &rows, step..step + 1, &mut remembered, &mut logits, &mut values);
                let expected = expected_logits[step * 3..step * 3 + 3].iter().chain(&expected_values[step..]);
                for (got, expected) in logits.iter().chain(&values).zip(expected) {
                    assert!((got - expected).abs() < 1e-6, "{memory:?} {step}: {got} {expected}");
                }
                let mut chosen = [0.0; 3];
                inference.act(&layout, &rows, step..step + 1, &mut acted, &mut chosen);
                assert_eq!(chosen, logits);
                if step == 1 {
                    remembered.fill(0.0);
                }
            }
            assert_ne!(expected_values[0], expected_values[2]);
        }
    }
}
