//! Recurrent cells: what an agent remembers of the steps before. The gated recurrent unit of Cho et al., 2014, in
//! the variant that applies the reset gate after the recurrent product, and the long short-term memory of Hochreiter
//! and Schmidhuber, 1997, with the forget gate of Gers et al., 2000.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor, TensorData};
use pentathlon_gym::seeding::{Random, philox::Philox};

use crate::config::{MemoryKind, NetworkConfig};

/// A layer whose weights and biases are uniform within `bound`.
pub(crate) fn linear_within(
    random: &mut Philox,
    [inputs, outputs]: [usize; 2],
    bound: f64,
    device: &Device,
) -> Linear {
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
    pub(crate) input: Linear,
    pub(crate) hidden: Linear,
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
        self.advance(self.input.forward(input), hidden)
    }

    /// [`GruCell::forward`] with what the input contributes, `W x` of all three parts, already at hand.
    fn advance(&self, from_input: Tensor<2>, hidden: Tensor<2>) -> Tensor<2> {
        let [_, width] = hidden.dims();
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

/// A long short-term memory. The four parts of each layer's output are input gate, forget gate, candidate and
/// output gate:
///
/// ```text
/// i = sigmoid(W_i x + U_i h)      f = sigmoid(W_f x + U_f h)      (biases in W and U)
/// g = tanh(W_g x + U_g h)         o = sigmoid(W_o x + U_o h)
/// c' = f c + i g                  h' = o tanh(c')
/// ```
#[derive(Module, Debug)]
pub struct LstmCell {
    input: Linear,
    hidden: Linear,
}

impl LstmCell {
    /// A cell with weights uniform within `1 / sqrt(width)`.
    pub fn new(random: &mut Philox, inputs: usize, width: usize, device: &Device) -> Self {
        let bound = 1.0 / (width as f64).sqrt();
        Self {
            input: linear_within(random, [inputs, 4 * width], bound, device),
            hidden: linear_within(random, [width, 4 * width], bound, device),
        }
    }

    /// The state after `state`, `[rows, 2 * width]`: `h` and `c` side by side; the input is `[rows, inputs]`.
    pub fn forward(&self, input: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        self.advance(self.input.forward(input), state)
    }

    /// [`LstmCell::forward`] with what the input contributes, `W x` of all four parts, already at hand.
    fn advance(&self, from_input: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        let width = state.dims()[1] / 2;
        let gates = from_input + self.hidden.forward(state.clone().narrow(1, 0, width));
        let opened = sigmoid(gates.clone().narrow(1, 0, 2 * width));
        let candidate = tanh(gates.clone().narrow(1, 2 * width, width));
        let output = sigmoid(gates.narrow(1, 3 * width, width));
        let kept = opened.clone().narrow(1, width, width) * state.narrow(1, width, width);
        let cell = kept + opened.narrow(1, 0, width) * candidate;
        Tensor::cat(vec![output * tanh(cell.clone()), cell], 1)
    }
}

/// The memory of a network, of one kind or the other.
#[derive(Module, Debug)]
pub enum Memory {
    /// A gated recurrent unit; its state is its output.
    Gru(GruCell),
    /// A long short-term memory; its state is its output and its cell side by side.
    Lstm(LstmCell),
}

/// Steps of several sequences that are evaluated from what was remembered at their start.
#[derive(Clone, Copy, Debug)]
pub struct Sequences<'a> {
    /// Steps of each sequence.
    pub steps: usize,
    /// What was remembered before the first step, `[sequences, state]`; empty without a memory.
    pub memory: &'a [f32],
    /// Whether the episode ended with a step, `[steps, sequences]`: nothing is remembered beyond it.
    pub ended: &'a [bool],
}

impl Memory {
    /// The memory that `config` asks for, behind features of width `inputs`; `None` for none.
    pub fn new(random: &mut Philox, inputs: usize, config: &NetworkConfig, device: &Device) -> Option<Self> {
        let width = config.memory_width;
        match config.memory {
            MemoryKind::None => None,
            MemoryKind::Gru => Some(Self::Gru(GruCell::new(random, inputs, width, device))),
            MemoryKind::Lstm => Some(Self::Lstm(LstmCell::new(random, inputs, width, device))),
        }
    }

    /// Numbers that are remembered of a row.
    pub fn state_len(&self) -> usize {
        match self {
            Self::Gru(cell) => cell.hidden.weight.dims()[0],
            Self::Lstm(cell) => 2 * cell.hidden.weight.dims()[0],
        }
    }

    /// What is remembered after one more step: `[rows, state]` for features `[rows, inputs]`.
    pub fn forward(&self, features: Tensor<2>, state: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gru(cell) => cell.forward(features, state),
            Self::Lstm(cell) => cell.forward(features, state),
        }
    }

    /// What goes on to the next layer, `[rows, width]`, of a state.
    pub fn output(&self, state: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gru(_) => state,
            Self::Lstm(_) => {
                let width = state.dims()[1] / 2;
                state.narrow(1, 0, width)
            }
        }
    }

    /// The outputs `[steps * rows, width]` of `sequences`, step by step, for features `[steps * rows, inputs]`.
    /// `first` is the column of [`Sequences::memory`] at which the state of this memory begins.
    pub(super) fn unroll(
        &self,
        features: Tensor<2>,
        sequences: &Sequences<'_>,
        [first, total]: [usize; 2],
    ) -> Tensor<2> {
        let device = features.device();
        let rows = features.dims()[0] / sequences.steps;
        let len = self.state_len();
        let remembered: Vec<f32> =
            sequences.memory.chunks_exact(total).flat_map(|row| &row[first..first + len]).copied().collect();
        let mut state = Tensor::<2>::from_data(TensorData::new(remembered, [rows, len]), &device);
        // One product for all steps; the steps themselves need the recurrent part alone.
        let from_input = match self {
            Self::Gru(cell) => cell.input.forward(features),
            Self::Lstm(cell) => cell.input.forward(features),
        };
        let mut outputs = Vec::with_capacity(sequences.steps);
        for step in 0..sequences.steps {
            let part = if sequences.steps == 1 {
                from_input.clone()
            } else {
                from_input.clone().narrow(0, step * rows, rows)
            };
            state = match self {
                Self::Gru(cell) => cell.advance(part, state),
                Self::Lstm(cell) => cell.advance(part, state),
            };
            outputs.push(self.output(state.clone()));
            let ended = &sequences.ended[step * rows..(step + 1) * rows];
            if step + 1 < sequences.steps && ended.contains(&true) {
                let goes_on: Vec<f32> = ended.iter().map(|&ended| if ended { 0.0 } else { 1.0 }).collect();
                state = state * Tensor::<2>::from_data(TensorData::new(goes_on, [rows, 1]), &device);
            }
        }
        Tensor::cat(outputs, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn layer(weights: &[f32], bias: f32) -> Linear {
        let device = Device::flex();
        let outputs = weights.len();
        Linear {
            weight: Param::from_data(TensorData::new(weights.to_vec(), [1, outputs]), &device),
            bias: Some(Param::from_data(TensorData::new(vec![bias; outputs], [outputs]), &device)),
        }
    }

    fn tensor(values: &[f32], columns: usize) -> Tensor<2> {
        let shape = [values.len() / columns, columns];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn squash(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    /// One unit with weights 0.5, -1, 2 from the input, 1, 0.5, -0.5 from the hidden state, biases 0.1
    /// of the input and 0.2 of the hidden state's layer; input 1, hidden state 0.5.
    #[test]
    fn the_reset_gate_comes_after_the_recurrent_product() {
        let cell = GruCell { input: layer(&[0.5, -1.0, 2.0], 0.1), hidden: layer(&[1.0, 0.5, -0.5], 0.2) };
        let next = cell.forward(tensor(&[1.0], 1), tensor(&[0.5], 1)).into_scalar::<f32>();
        let reset = squash(0.6 + 0.7);
        let update = squash(-0.9 + 0.45);
        let candidate = (2.1 + reset * (-0.25 + 0.2)).tanh();
        let expected = (1.0 - update) * candidate + update * 0.5;
        assert!((f64::from(next) - expected).abs() < 1e-6, "{next} {expected}");
    }

    /// One unit; input 1, hidden state 0.5, cell -0.4, biases 0.1 of the input and 0.2 of the hidden state's layer.
    #[test]
    fn a_long_short_term_memory_keeps_adds_and_shows() {
        let cell = LstmCell {
            input: layer(&[0.5, -1.0, 2.0, 0.3], 0.1),
            hidden: layer(&[1.0, 0.5, -0.5, -1.0], 0.2),
        };
        let next = cell.forward(tensor(&[1.0], 1), tensor(&[0.5, -0.4], 2)).try_into_vec_as::<f32>().unwrap();
        let gate = |from_input: f64, from_hidden: f64| from_input + 0.1 + from_hidden * 0.5 + 0.2;
        let (input, forget) = (squash(gate(0.5, 1.0)), squash(gate(-1.0, 0.5)));
        let (candidate, output) = (gate(2.0, -0.5).tanh(), squash(gate(0.3, -1.0)));
        let kept = forget * -0.4 + input * candidate;
        assert!((f64::from(next[1]) - kept).abs() < 1e-6, "{next:?} {kept}");
        assert!((f64::from(next[0]) - output * kept.tanh()).abs() < 1e-6, "{next:?}");
    }

    const ROWS: usize = 3;
    const STEPS: usize = 5;
    const INPUTS: usize = 4;

    fn memories() -> [Memory; 2] {
        [MemoryKind::Gru, MemoryKind::Lstm].map(|memory| {
            let config = NetworkConfig { memory, memory_width: 6, ..NetworkConfig::default() };
            Memory::new(&mut stream(4, Purpose::Parameters), INPUTS, &config, &Device::flex()).unwrap()
        })
    }

    fn draw(count: usize) -> Vec<f32> {
        let mut random = stream(8, Purpose::Actions);
        (0..count).map(|_| random.float() as f32 * 2.0 - 1.0).collect()
    }

    #[test]
    fn a_sequence_is_its_steps_and_forgets_where_an_episode_ended() {
        for memory in memories() {
            let len = memory.state_len();
            let (features, remembered) = (draw(STEPS * ROWS * INPUTS), draw(ROWS * len));
            let mut ended = [false; STEPS * ROWS];
            // Row 1 ends with step 2.
            ended[2 * ROWS + 1] = true;
            let sequences = Sequences { steps: STEPS, memory: &remembered, ended: &ended };
            let unrolled = memory.unroll(tensor(&features, INPUTS), &sequences, [0, len]);
            let unrolled = unrolled.try_into_vec_as::<f32>().unwrap();
            let width = unrolled.len() / (STEPS * ROWS);
            let mut state = remembered.clone();
            for step in 0..STEPS {
                let seen = &features[step * ROWS * INPUTS..(step + 1) * ROWS * INPUTS];
                let next = memory.forward(tensor(seen, INPUTS), tensor(&state, len));
                state = next.clone().try_into_vec_as::<f32>().unwrap();
                let output = memory.output(next).try_into_vec_as::<f32>().unwrap();
                for (got, expected) in unrolled[step * ROWS * width..].iter().zip(&output) {
                    assert!((got - expected).abs() < 1e-6, "step {step}: {got} {expected}");
                }
                for (row, state) in state.chunks_exact_mut(len).enumerate() {
                    if ended[step * ROWS + row] {
                        state.fill(0.0);
                    }
                }
            }
        }
    }

    /// What was remembered at the start of a sequence is a number like any other to the gradient: nothing flows into
    /// the steps before it, and nothing from one episode into another.
    #[test]
    fn gradients_stop_at_the_start_of_a_sequence_and_at_the_end_of_an_episode() {
        let device = Device::flex().autodiff();
        for memory in memories() {
            let len = memory.state_len();
            let memory = memory.fork(&device);
            let seen = TensorData::new(draw(STEPS * ROWS * INPUTS), [STEPS * ROWS, INPUTS]);
            let features = Tensor::<2>::from_data(seen, &device).require_grad();
            let remembered = draw(ROWS * len);
            let mut ended = [false; STEPS * ROWS];
            ended[2 * ROWS..3 * ROWS].fill(true);
            let sequences = Sequences { steps: STEPS, memory: &remembered, ended: &ended };
            let outputs = memory.unroll(features.clone(), &sequences, [0, len]);
            let gradients = outputs.narrow(0, (STEPS - 1) * ROWS, ROWS).sum().backward();
            let found = features.grad(&gradients).unwrap().try_into_vec_as::<f32>().unwrap();
            let (before, after) = found.split_at(3 * ROWS * INPUTS);
            assert!(before.iter().all(|gradient| *gradient == 0.0), "{before:?}");
            assert!(after.iter().all(|gradient| gradient.abs() > 1e-7), "{after:?}");
        }
    }
}
