//! The agents' network over whole episodes: values of all choices, and the gradient of the parameters, worked out by
//! hand on plain numbers. It is the function of [`AgentNetwork`] step by step; over two hundred steps of small matrices
//! most of the time would go into building and walking a graph. Some steps are worked on together, as many as leave what
//! they need in the processor's cache.

use std::ops::Range;

use burn::optim::GradientsParams;

use super::networks::AgentNetwork;
use crate::networks::dense::{Dense, Into, room};
use crate::networks::gates::{advance, retreat};

/// Rows of all steps that are worked on together, about.
const CHUNK_ROWS: usize = 192;

/// Parameters of an [`AgentNetwork`], or their gradient.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights {
    input: Dense,
    /// What the recurrent unit makes of its input and of its state.
    recurrent: Option<[Dense; 2]>,
    output: Dense,
}

/// The part of a minibatch's rows that is worked on by one thread.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// Inputs of the network, `[steps, all rows, input]`.
    pub inputs: &'a [f32],
    /// All rows of a step.
    pub all: usize,
    /// The first row of the part, and the one after its last.
    pub bounds: [usize; 2],
}

/// Whether a forward pass leaves what the backward pass needs.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Keep {
    Everything,
    Values,
}

/// What a forward pass leaves, and room for both: arrays are `[steps * rows, ...]`, step by step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// Behind the first layer; of some steps alone where nothing is kept.
    features: Vec<f32>,
    /// Reset gate, update gate, candidate, and what the state contributes to the candidate, `[4 * width]` each; of some
    /// steps alone where nothing is kept.
    gates: Vec<f32>,
    /// States before the first step and after each one; without a recurrent unit unused.
    pub states: Vec<f32>,
    /// Values of all choices.
    pub values: Vec<f32>,
    /// The gradient of the values.
    pub of_values: Vec<f32>,
    scratch: Scratch,
}

/// Room for some steps.
#[derive(Clone, Debug, Default)]
struct Scratch {
    inputs: Vec<f32>,
    /// What the input contributes to the gates; backwards its gradient.
    of_input: Vec<f32>,
    /// What the state contributes to the gates; backwards its gradient.
    of_state: Vec<f32>,
    /// The gradient of what is before the last layer.
    behind: Vec<f32>,
    /// The gradient of the features.
    of_features: Vec<f32>,
    /// The gradient of the states that comes from later steps.
    carried: Vec<f32>,
}

impl Part<'_> {
    fn rows(&self) -> usize {
        self.bounds[1] - self.bounds[0]
    }

    /// Puts the inputs of `steps` together, `input` numbers a row.
    fn gather<'a>(&self, steps: Range<usize>, input: usize, gathered: &'a mut Vec<f32>) -> &'a [f32] {
        gathered.clear();
        for step in steps {
            let [first, end] = self.bounds.map(|row| (step * self.all + row) * input);
            gathered.extend_from_slice(&self.inputs[first..end]);
        }
        gathered
    }
}

/// Ranges of steps that are worked on together.
fn chunks(steps: usize, rows: usize) -> impl DoubleEndedIterator<Item = Range<usize>> {
    let length = CHUNK_ROWS.div_ceil(rows.max(1));
    (0..steps.div_ceil(length)).map(move |chunk| chunk * length..((chunk + 1) * length).min(steps))
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

    /// Its layers, to change.
    #[cfg(test)]
    pub fn layers_mut(&mut self) -> Vec<&mut Dense> {
        let recurrent = self.recurrent.iter_mut().flatten();
        std::iter::once(&mut self.input).chain(recurrent).chain(std::iter::once(&mut self.output)).collect()
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

    /// Width of a state.
    pub fn width(&self) -> usize {
        self.input.outputs()
    }

    /// Values of all steps of `part`, from the states `remembered`, `[rows, width]`, or from empty memories.
    pub fn unroll(&self, part: Part<'_>, remembered: Option<&[f32]>, keep: Keep, trace: &mut Trace) {
        let (width, rows, choices) = (self.width(), part.rows(), self.output.outputs());
        if rows == 0 {
            return;
        }
        let steps = part.inputs.len() / self.input.inputs() / part.all;
        let Trace { features, gates, states, values, scratch, .. } = trace;
        let kept = if keep == Keep::Everything {
            steps
        } else {
            chunks(steps, rows).next().map_or(0, |steps| steps.len())
        };
        let features = room(features, kept * rows * width);
        let values = room(values, steps * rows * choices);
        let (gates, states) = match &self.recurrent {
            Some(_) => (room(gates, kept * rows * 4 * width), room(states, (steps + 1) * rows * width)),
            None => (&mut [][..], &mut [][..]),
        };
        if self.recurrent.is_some() {
            match remembered {
                Some(remembered) => states[..rows * width].copy_from_slice(remembered),
                None => states[..rows * width].fill(0.0),
            }
        }
        for chunk in chunks(steps, rows) {
            let count = chunk.len() * rows;
            let inputs = part.gather(chunk.clone(), self.input.inputs(), &mut scratch.inputs);
            let first = if keep == Keep::Everything { chunk.start * rows } else { 0 };
            let features = &mut features[first * width..][..count * width];
            self.input.forward_relu(inputs, features);
            let values = &mut values[chunk.start * rows * choices..][..count * choices];
            let Some([from_input, from_state]) = &self.recurrent else {
                self.output.forward(features, values);
                continue;
            };
            let contributed = room(&mut scratch.of_input, count * 3 * width);
            from_input.product(features, contributed);
            let biases = [from_input.bias(), from_state.bias()];
            let recurrent = room(&mut scratch.of_state, rows * 3 * width);
            for (step, contributed) in chunk.clone().zip(contributed.chunks_exact(rows * 3 * width)) {
                let (before, after) = states[step * rows * width..].split_at_mut(rows * width);
                from_state.product(before, recurrent);
                let place = first + (step - chunk.start) * rows;
                let gates = &mut gates[place * 4 * width..][..rows * 4 * width];
                let next = &mut after[..rows * width];
                advance([contributed, recurrent], biases, gates, before, next);
            }
            self.output.forward(&states[(chunk.start + 1) * rows * width..][..count * width], values);
        }
    }

    /// Adds to `gradient` that of the parameters, where `trace` is what the forward pass over `part` left with
    /// everything kept, and `trace.of_values` the gradient of the values of its first steps, those that have one.
    pub fn add_gradient(&self, part: Part<'_>, trace: &mut Trace, gradient: &mut Self) {
        let (width, rows, choices) = (self.width(), part.rows(), self.output.outputs());
        if rows == 0 {
            return;
        }
        let steps = trace.of_values.len() / (rows * choices);
        let Trace { features, gates, states, of_values, scratch, .. } = trace;
        let carried = room(&mut scratch.carried, rows * width);
        carried.fill(0.0);
        for chunk in chunks(steps, rows).rev() {
            let count = chunk.len() * rows;
            let (first, inputs) = (chunk.start * rows, self.input.inputs());
            let inputs = part.gather(chunk.clone(), inputs, &mut scratch.inputs);
            let features = &features[first * width..][..count * width];
            let of_values = &of_values[first * choices..][..count * choices];
            let of_features = room(&mut scratch.of_features, count * width);
            match (&self.recurrent, &mut gradient.recurrent) {
                (Some([from_input, from_state]), Some([input_gradient, state_gradient])) => {
                    let (before, after) = (&states[first * width..], &states[(first + rows) * width..]);
                    gradient.output.add_gradient(&after[..count * width], of_values);
                    let behind = room(&mut scratch.behind, count * width);
                    self.output.input_gradient(of_values, Into::Replace, behind);
                    let of_input = room(&mut scratch.of_input, count * 3 * width);
                    let of_state = room(&mut scratch.of_state, count * 3 * width);
                    for step in (0..chunk.len()).rev() {
                        let place = |width: usize| step * rows * width..(step + 1) * rows * width;
                        let gates = &gates[(first + step * rows) * 4 * width..][..rows * 4 * width];
                        let contributed = [&mut of_input[place(3 * width)], &mut of_state[place(3 * width)]];
                        retreat(
                            contributed,
                            gates,
                            &behind[place(width)],
                            carried,
                            &before[place(width)],
                            width,
                        );
                        from_state.input_gradient(&of_state[place(3 * width)], Into::Add, carried);
                    }
                    input_gradient.add_gradient(features, of_input);
                    state_gradient.add_gradient(&before[..count * width], of_state);
                    from_input.relu_gradient(of_input, features, of_features);
                }
                _ => {
                    gradient.output.add_gradient(features, of_values);
                    self.output.relu_gradient(of_values, features, of_features);
                }
            }
            gradient.input.add_gradient(inputs, of_features);
        }
    }

    /// Registers this gradient for the parameters of `network`.
    pub fn register(self, network: &AgentNetwork, gradients: &mut GradientsParams) {
        let (input, recurrent, output) = network.layers();
        self.input.register(input, gradients);
        if let (Some(cell), Some([of_input, of_state])) = (recurrent, self.recurrent) {
            of_input.register(&cell.input, gradients);
            of_state.register(&cell.hidden, gradients);
        }
        self.output.register(output, gradients);
    }
}

#[cfg(test)]
mod tests {
    use burn::optim::GradientsParams;
    use burn::tensor::{Device, Tensor, TensorData};
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::networks::dense::assert_same_gradients;
    use crate::options::ProcessShape;
    use crate::qmix::collector::numbers;
    use crate::qmix::config::LearnerConfig;
    use crate::qmix::networks::Networks;
    use crate::random::{Purpose, stream};

    /// Values and gradients of whole episodes are those of the network step by step, in burn's graph.
    #[test]
    fn episodes_at_once_are_the_steps_of_the_network() {
        // More than are worked on together.
        const STEPS: usize = 45;
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
            let mut gradient = weights.zeros();
            for bounds in [[0, 2], [2, ROWS]] {
                let of_part = |numbers: &[f32], columns: usize| -> Vec<f32> {
                    let steps = numbers.chunks_exact(ROWS * columns);
                    steps.flat_map(|step| step[bounds[0] * columns..bounds[1] * columns].to_vec()).collect()
                };
                let part = Part { inputs: &inputs, all: ROWS, bounds };
                let (mut kept, mut values) = (Trace::default(), Trace::default());
                weights.unroll(part, None, Keep::Values, &mut values);
                weights.unroll(part, None, Keep::Everything, &mut kept);
                assert_eq!(kept.values, values.values);
                for (got, expected) in kept.values.iter().zip(of_part(&expected, 3)) {
                    assert!((got - expected).abs() < 1e-5, "{got} {expected}");
                }
                kept.of_values = of_part(&outer, 3);
                weights.add_gradient(part, &mut kept, &mut gradient);
            }
            let mut gradients = GradientsParams::new();
            gradient.register(&network, &mut gradients);
            assert_same_gradients(&network, &gradients, &expected_gradients, 50);
        }
    }
}
