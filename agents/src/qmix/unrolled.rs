//! The agents' network over whole episodes: values of all choices, and the gradient of the parameters, worked out by
//! hand on plain numbers. It is the function of [`AgentNetwork`] step by step; over two hundred steps of small matrices
//! most of the time would go into building and walking a graph.

use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};

use super::collector::numbers;
use super::networks::AgentNetwork;

/// Rows of a minibatch are worked on in so many parts, side by side where there are cores. A constant: the sum of the
/// parts is rounded differently for another number.
pub(super) const SHARDS: usize = 2;

/// A layer, or its gradient.
#[derive(Clone, Debug, PartialEq)]
struct Dense {
    /// `[inputs, outputs]`.
    weight: Vec<f32>,
    /// `[outputs]`.
    bias: Vec<f32>,
}

/// A matrix in row-major order, or its transpose.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    /// Rows and columns.
    shape: [usize; 2],
    /// Distance of rows, and of columns.
    strides: [isize; 2],
}

impl<'a> Matrix<'a> {
    fn new(values: &'a [f32], columns: usize) -> Self {
        Self { values, shape: [values.len() / columns, columns], strides: [columns as isize, 1] }
    }

    fn transposed(self) -> Self {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        Self { shape: [columns, rows], strides: [column, row], ..self }
    }
}

/// Whether a product replaces what was there or is added to it.
#[derive(Clone, Copy, PartialEq)]
enum Into {
    Replace,
    Add,
}

/// The product of `a` and `b`, `[rows of a, columns of b]`.
fn multiply(a: Matrix<'_>, b: Matrix<'_>, into: Into, out: &mut [f32]) {
    let ([m, k], [inner, n]) = (a.shape, b.shape);
    assert!(k == inner && out.len() == m * n, "matrices that do not fit");
    assert!(a.values.len() == m * k && b.values.len() == k * n, "matrices that do not fit");
    // SAFETY: shapes and strides say that every element lies within its slice, which the lines above check; `out` is
    // borrowed mutably and overlaps neither of the others.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            into == Into::Add,
            a.values.as_ptr(),
            a.strides[1],
            a.strides[0],
            b.values.as_ptr(),
            b.strides[1],
            b.strides[0],
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

impl Dense {
    fn of(layer: &Linear) -> Self {
        let bias = layer.bias.as_ref().map_or_else(Vec::new, |bias| numbers(bias.val().inner()));
        Self { weight: numbers(layer.weight.val().inner()), bias }
    }

    fn zeros(&self) -> Self {
        Self { weight: vec![0.0; self.weight.len()], bias: vec![0.0; self.bias.len()] }
    }

    fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.weight, self.outputs())
    }

    fn inputs(&self) -> usize {
        self.weight.len() / self.outputs()
    }

    /// Writes the outputs for `rows`.
    fn forward(&self, rows: &[f32], out: &mut [f32]) {
        out.chunks_exact_mut(self.outputs()).for_each(|out| out.copy_from_slice(&self.bias));
        multiply(Matrix::new(rows, self.inputs()), self.matrix(), Into::Add, out);
    }

    /// Adds the gradient of the parameters for `rows`, whose outputs have the gradient `outputs`.
    fn add_gradient(&mut self, rows: &[f32], outputs: &[f32]) {
        let count = self.outputs();
        let inputs = self.inputs();
        let rows = Matrix::new(rows, inputs).transposed();
        multiply(rows, Matrix::new(outputs, count), Into::Add, &mut self.weight);
        for row in outputs.chunks_exact(count) {
            self.bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }

    /// Writes or adds the gradient of the inputs.
    fn input_gradient(&self, outputs: &[f32], into: Into, inputs: &mut [f32]) {
        multiply(Matrix::new(outputs, self.outputs()), self.matrix().transposed(), into, inputs);
    }

    fn add(&mut self, other: &Self) {
        let add = |sum: &mut [f32], values: &[f32]| sum.iter_mut().zip(values).for_each(|(a, b)| *a += b);
        add(&mut self.weight, &other.weight);
        add(&mut self.bias, &other.bias);
    }
}

/// Parameters of an [`AgentNetwork`], or their gradient.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    input: Dense,
    /// What the recurrent unit makes of its input and of its state.
    recurrent: Option<[Dense; 2]>,
    output: Dense,
}

/// What a forward pass leaves for the backward pass, and room for both: arrays are `[steps * rows, ...]`, step by
/// step. They are kept from pass to pass, because the system takes as long to clear new memory as the gates take.
#[derive(Default)]
pub(super) struct Trace {
    rows: usize,
    /// Behind the first layer.
    features: Vec<f32>,
    /// What the input contributes to the gates; backwards its gradient.
    of_input: Vec<f32>,
    /// The gradient of what the state contributes to the gates.
    of_state: Vec<f32>,
    /// Reset gate, update gate, candidate, and what the state contributes to the candidate, `[4 * width]` each.
    gates: Vec<f32>,
    /// States after each step; without a recurrent unit empty.
    states: Vec<f32>,
    /// The gradient of what is before the last layer.
    behind: Vec<f32>,
    /// The gradient of the features.
    of_features: Vec<f32>,
    /// Values of all choices.
    pub values: Vec<f32>,
    /// The gradient of the values.
    pub of_values: Vec<f32>,
}

/// `count` numbers of `buffer`, whatever they were before.
fn room(buffer: &mut Vec<f32>, count: usize) -> &mut [f32] {
    buffer.resize(count, 0.0);
    buffer
}

impl Weights {
    /// The parameters of `network`.
    pub fn of(network: &AgentNetwork) -> Self {
        let (input, recurrent, output) = network.layers();
        Self {
            input: Dense::of(input),
            recurrent: recurrent.map(|cell| [Dense::of(&cell.input), Dense::of(&cell.hidden)]),
            output: Dense::of(output),
        }
    }

    /// A gradient of 0.
    pub fn zeros(&self) -> Self {
        Self {
            input: self.input.zeros(),
            recurrent: self.recurrent.as_ref().map(|layers| layers.each_ref().map(Dense::zeros)),
            output: self.output.zeros(),
        }
    }

    /// Adds another gradient.
    pub fn add(&mut self, other: &Self) {
        self.input.add(&other.input);
        if let (Some(layers), Some(others)) = (&mut self.recurrent, &other.recurrent) {
            layers.iter_mut().zip(others).for_each(|(layer, other)| layer.add(other));
        }
        self.output.add(&other.output);
    }

    /// Values for `inputs`, `[steps, rows, input]`, from empty memories.
    pub fn unroll(&self, inputs: &[f32], rows: usize, trace: &mut Trace) {
        let width = self.input.outputs();
        let count = inputs.len() / self.input.inputs();
        trace.rows = rows;
        let features = room(&mut trace.features, count * width);
        self.input.forward(inputs, features);
        features.iter_mut().for_each(|feature| *feature = feature.max(0.0));
        if let Some([from_input, from_state]) = &self.recurrent {
            let contributed = room(&mut trace.of_input, count * 3 * width);
            from_input.forward(features, contributed);
            let gates = room(&mut trace.gates, count * 4 * width);
            let states = room(&mut trace.states, count * width);
            let mut recurrent = vec![0.0; rows * 3 * width];
            let empty = vec![0.0; rows * width];
            for step in 0..count / rows {
                let (before, after) = states.split_at_mut(step * rows * width);
                let state = if step == 0 { &empty[..] } else { &before[before.len() - rows * width..] };
                from_state.forward(state, &mut recurrent);
                let contributed = &contributed[step * rows * 3 * width..(step + 1) * rows * 3 * width];
                let gates = &mut gates[step * rows * 4 * width..(step + 1) * rows * 4 * width];
                let parts = contributed.chunks_exact(3 * width).zip(recurrent.chunks_exact(3 * width));
                let parts = parts.zip(gates.chunks_exact_mut(4 * width));
                let next = after[..rows * width].chunks_exact_mut(width);
                for (((x, h), gates), (state, next)) in parts.zip(state.chunks_exact(width).zip(next)) {
                    advance(x, h, gates, state, next);
                }
            }
        }
        let behind = if self.recurrent.is_some() { &trace.states } else { &trace.features };
        self.output.forward(behind, room(&mut trace.values, count * self.output.outputs()));
    }

    /// Adds to `gradient` that of the parameters, where `trace` is what `inputs` left and `trace.of_values` the
    /// gradient of its values.
    pub fn add_gradient(&self, inputs: &[f32], trace: &mut Trace, gradient: &mut Self) {
        let before_output = if self.recurrent.is_some() { &trace.states } else { &trace.features };
        gradient.output.add_gradient(before_output, &trace.of_values);
        let behind = room(&mut trace.behind, before_output.len());
        self.output.input_gradient(&trace.of_values, Into::Replace, behind);
        match (&self.recurrent, &mut gradient.recurrent) {
            (Some(layers), Some(gradients)) => self.add_recurrent_gradient(trace, layers, gradients),
            _ => std::mem::swap(&mut trace.behind, &mut trace.of_features),
        }
        for (gradient, feature) in trace.of_features.iter_mut().zip(&trace.features) {
            *gradient = if *feature > 0.0 { *gradient } else { 0.0 };
        }
        gradient.input.add_gradient(inputs, &trace.of_features);
    }

    /// The recurrent unit's part, backwards through time; leaves the gradient of the features in `trace`.
    fn add_recurrent_gradient(
        &self,
        trace: &mut Trace,
        [from_input, from_state]: &[Dense; 2],
        [input_gradient, state_gradient]: &mut [Dense; 2],
    ) {
        let (width, rows) = (self.input.outputs(), trace.rows);
        let step_len = rows * width;
        let steps = trace.behind.len() / step_len;
        let all_of_input = room(&mut trace.of_input, steps * rows * 3 * width);
        let all_of_state = room(&mut trace.of_state, steps * rows * 3 * width);
        let empty = vec![0.0; step_len];
        let mut carried = vec![0.0; step_len];
        for step in (0..steps).rev() {
            let before =
                if step == 0 { &empty[..] } else { &trace.states[(step - 1) * step_len..step * step_len] };
            let range = step * rows * 3 * width..(step + 1) * rows * 3 * width;
            let (of_input, of_state) = (&mut all_of_input[range.clone()], &mut all_of_state[range]);
            let gates = &trace.gates[step * rows * 4 * width..(step + 1) * rows * 4 * width];
            let outer = trace.behind[step * step_len..(step + 1) * step_len].chunks_exact(width);
            let inner = carried.chunks_exact_mut(width).zip(before.chunks_exact(width));
            let parts = of_input.chunks_exact_mut(3 * width).zip(of_state.chunks_exact_mut(3 * width));
            let parts = parts.zip(gates.chunks_exact(4 * width)).zip(outer.zip(inner));
            for (((x, h), gates), (outer, (carried, before))) in parts {
                retreat(x, h, gates, outer, carried, before);
            }
            from_state.input_gradient(of_state, Into::Add, &mut carried);
        }
        input_gradient.add_gradient(&trace.features, all_of_input);
        // States before each step: none before the first.
        let (first, later) = all_of_state.split_at(rows * 3 * width);
        state_gradient.add_gradient(&trace.states[..(steps - 1) * step_len], later);
        state_gradient.add_gradient(&empty, first);
        from_input.input_gradient(
            all_of_input,
            Into::Replace,
            room(&mut trace.of_features, steps * step_len),
        );
    }

    /// Registers this gradient for the parameters of `network`.
    pub fn register(self, network: &AgentNetwork, gradients: &mut GradientsParams) {
        let (input, recurrent, output) = network.layers();
        let mut register = |layer: &Linear, gradient: Dense| {
            let (inputs, outputs) = (gradient.inputs(), gradient.outputs());
            let device = Device::flex();
            let weight = Tensor::<2>::from_data(TensorData::new(gradient.weight, [inputs, outputs]), &device);
            gradients.register(layer.weight.id, weight);
            if let Some(bias) = &layer.bias {
                let gradient = Tensor::<1>::from_data(TensorData::new(gradient.bias, [outputs]), &device);
                gradients.register(bias.id, gradient);
            }
        };
        register(input, self.input);
        if let (Some(cell), Some([of_input, of_state])) = (recurrent, self.recurrent) {
            register(&cell.input, of_input);
            register(&cell.hidden, of_state);
        }
        register(output, self.output);
    }
}

/// The gates and the next state of one row, from what input and state contribute.
fn advance(x: &[f32], h: &[f32], gates: &mut [f32], state: &[f32], next: &mut [f32]) {
    let width = next.len();
    let (reset, rest) = gates.split_at_mut(width);
    let (update, rest) = rest.split_at_mut(width);
    let (candidate, of_state) = rest.split_at_mut(width);
    let [x_reset, x_update, x_candidate] = [0, 1, 2].map(|part| &x[part * width..(part + 1) * width]);
    let [h_reset, h_update, h_candidate] = [0, 1, 2].map(|part| &h[part * width..(part + 1) * width]);
    for i in 0..width {
        reset[i] = sigmoid(x_reset[i] + h_reset[i]);
        update[i] = sigmoid(x_update[i] + h_update[i]);
        of_state[i] = h_candidate[i];
    }
    for i in 0..width {
        candidate[i] = tanh(x_candidate[i] + reset[i] * h_candidate[i]);
        next[i] = update[i] * (state[i] - candidate[i]) + candidate[i];
    }
}

/// One row backwards: `outer` is the gradient of the state after the step from the layers behind, `carried` that from
/// later steps, and afterwards that of the state before it but for what goes through the recurrent product. Writes the
/// gradients of what input and state contribute.
fn retreat(x: &mut [f32], h: &mut [f32], gates: &[f32], outer: &[f32], carried: &mut [f32], before: &[f32]) {
    let width = outer.len();
    let [reset, update, candidate, of_state] =
        [0, 1, 2, 3].map(|part| &gates[part * width..(part + 1) * width]);
    let (x_reset, rest) = x.split_at_mut(width);
    let (x_update, x_candidate) = rest.split_at_mut(width);
    let (h_reset, rest) = h.split_at_mut(width);
    let (h_update, h_candidate) = rest.split_at_mut(width);
    for i in 0..width {
        let state = outer[i] + carried[i];
        let of_candidate = state * (1.0 - update[i]) * (1.0 - candidate[i] * candidate[i]);
        let of_update = state * (before[i] - candidate[i]) * update[i] * (1.0 - update[i]);
        let of_reset = of_candidate * of_state[i] * reset[i] * (1.0 - reset[i]);
        (x_reset[i], x_update[i], x_candidate[i]) = (of_reset, of_update, of_candidate);
        (h_reset[i], h_update[i], h_candidate[i]) = (of_reset, of_update, of_candidate * reset[i]);
        carried[i] = state * update[i];
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// The exponential to a few units in the last place, without a branch or a call: loops over it run in vector lanes. A
/// power of 2 times the Taylor series on half an octave at either side of 0.
fn exp(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding it leaves no binary places behind the point, and the whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let octaves = shifted - ROUND;
    let rest = (x - octaves * LN_2_HIGH) - octaves * LN_2_LOW;
    let series = 1.0 / 720.0;
    let series = series * rest + 1.0 / 120.0;
    let series = series * rest + 1.0 / 24.0;
    let series = series * rest + 1.0 / 6.0;
    let series = series * rest + 0.5;
    let series = (series * rest + 1.0) * rest + 1.0;
    series * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
mod tests {
    use burn::module::Module;
    use burn::optim::GradientsParams;
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::options::ProcessShape;
    use crate::qmix::config::LearnerConfig;
    use crate::qmix::networks::Networks;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_exponential_is_accurate() {
        for i in -8700..=8700 {
            let x = i as f32 / 100.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 1e-6, "exp({x}) = {}", exp(x));
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + f64::from(-x).exp())).abs() < 2e-7, "{x}");
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "{x}");
        }
        assert_eq!((sigmoid(1e9), sigmoid(-1e9) < 1e-30, tanh(1e9), tanh(-1e9)), (1.0, true, 1.0, -1.0));
    }

    /// Values and gradients of whole episodes are those of the network step by step, in burn's graph.
    #[test]
    fn episodes_at_once_are_the_steps_of_the_network() {
        const STEPS: usize = 6;
        const ROWS: usize = 5;
        let shape = ProcessShape { num_envs: 1, num_agents: 2, choices: 3, observation: 4, state: 2 };
        let input = crate::qmix::networks::input_len(shape);
        let device = Device::flex().autodiff();
        for recurrent in [true, false] {
            let config = LearnerConfig { hidden: 7, recurrent, ..LearnerConfig::default() };
            let mut random = stream(2, Purpose::Parameters);
            let network = Networks::new(shape, &config, &mut random, &device).agent;
            let mut draw = |count: usize| -> Vec<f32> {
                (0..count).map(|_| random.float() as f32 * 2.0 - 1.0).collect()
            };
            let (inputs, outer) = (draw(STEPS * ROWS * input), draw(STEPS * ROWS * 3));

            let mut hidden = Tensor::<2>::zeros([ROWS, 7], &device);
            let (mut expected, mut total) = (Vec::new(), Tensor::<1>::zeros([1], &device));
            for step in 0..STEPS {
                let tensor = |values: &[f32], columns: usize| {
                    let part = values[step * ROWS * columns..(step + 1) * ROWS * columns].to_vec();
                    Tensor::<2>::from_data(TensorData::new(part, [ROWS, columns]), &device)
                };
                let (values, next) = network.step(tensor(&inputs, input), hidden);
                hidden = next;
                expected.extend(numbers(values.clone().inner()));
                total = total + (values * tensor(&outer, 3)).sum();
            }
            let expected_gradients = GradientsParams::from_grads(total.backward(), &network);

            let weights = Weights::of(&network);
            let mut trace = Trace::default();
            weights.unroll(&inputs, ROWS, &mut trace);
            for (got, expected) in trace.values.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-5, "{got} {expected}");
            }
            let mut gradient = weights.zeros();
            trace.of_values.clone_from(&outer);
            weights.add_gradient(&inputs, &mut trace, &mut gradient);
            let mut gradients = GradientsParams::new();
            gradient.register(&network, &mut gradients);
            struct Compare<'a>(&'a GradientsParams, &'a GradientsParams, usize);
            impl burn::module::ModuleVisitor for Compare<'_> {
                fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
                    let [got, expected] =
                        [self.0, self.1].map(|gradients| numbers(gradients.get::<D>(param.id).unwrap()));
                    assert_eq!(got.len(), expected.len());
                    for (got, expected) in got.iter().zip(&expected) {
                        assert!((got - expected).abs() < 1e-4, "{got} {expected}");
                    }
                    self.2 += got.iter().filter(|value| value.abs() > 1e-3).count();
                }
            }
            let mut compare = Compare(&gradients, &expected_gradients, 0);
            network.visit(&mut compare);
            assert!(compare.2 > 50, "the example has no gradient to speak of");
        }
    }
}
