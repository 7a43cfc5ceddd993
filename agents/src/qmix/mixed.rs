//! The mixing network on plain numbers: joint values, and the gradient of its parameters and of the values that it mixes,
//! worked out by hand. It is the function of [`Mixer`].

use burn::optim::GradientsParams;

use super::mixer::Mixer;
use crate::networks::dense::{Dense, room};
use crate::networks::gates::exp;

/// Parameters of a [`Mixer`], or their gradient.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct MixerWeights {
    first_weights: HyperWeights,
    first_bias: Dense,
    second_weights: HyperWeights,
    value_hidden: Dense,
    value: Dense,
}

/// State to weights: the hidden layer, if there is one, and the output.
#[derive(Clone, Debug, PartialEq)]
struct HyperWeights {
    hidden: Option<Dense>,
    output: Dense,
}

/// What [`MixerWeights::forward`] leaves for [`MixerWeights::add_gradient`], and room for both: `[rows, ...]`.
#[derive(Clone, Debug, Default)]
pub(super) struct MixerTrace {
    first_weights: HyperTrace,
    second_weights: HyperTrace,
    /// The first bias, then what mixing adds to it.
    mixed: Vec<f32>,
    /// Behind the exponential linear unit.
    hidden: Vec<f32>,
    value_features: Vec<f32>,
    value: Vec<f32>,
    /// The gradient of `mixed`.
    of_mixed: Vec<f32>,
    of_value_features: Vec<f32>,
}

#[derive(Clone, Debug, Default)]
struct HyperTrace {
    features: Vec<f32>,
    /// Weights with their signs.
    weights: Vec<f32>,
    of_weights: Vec<f32>,
    of_features: Vec<f32>,
}

impl HyperWeights {
    fn map(&self, make: impl Fn(&Dense) -> Dense) -> Self {
        Self { hidden: self.hidden.as_ref().map(&make), output: make(&self.output) }
    }

    fn forward(&self, states: &[f32], rows: usize, trace: &mut HyperTrace) {
        let weights = room(&mut trace.weights, rows * self.output.outputs());
        match &self.hidden {
            Some(hidden) => {
                let features = room(&mut trace.features, rows * hidden.outputs());
                hidden.forward_relu(states, features);
                self.output.forward(features, weights);
            }
            None => self.output.forward(states, weights),
        }
    }

    /// Adds the gradient of the parameters, where `trace.of_weights` is that of the weights without their signs.
    fn add_gradient(&self, states: &[f32], rows: usize, trace: &mut HyperTrace, gradient: &mut Self) {
        let of_weights = &mut trace.of_weights[..rows * self.output.outputs()];
        for (gradient, weight) in of_weights.iter_mut().zip(&trace.weights) {
            *gradient = if *weight > 0.0 {
                *gradient
            } else if *weight < 0.0 {
                -*gradient
            } else {
                0.0
            };
        }
        match (&self.hidden, &mut gradient.hidden) {
            (Some(hidden), Some(hidden_gradient)) => {
                let features = &trace.features[..rows * hidden.outputs()];
                gradient.output.add_gradient(features, of_weights);
                let of_features = room(&mut trace.of_features, features.len());
                self.output.relu_gradient(of_weights, features, of_features);
                hidden_gradient.add_gradient(states, of_features);
            }
            _ => gradient.output.add_gradient(states, of_weights),
        }
    }

    fn add(&mut self, other: &Self) {
        if let (Some(hidden), Some(other)) = (&mut self.hidden, &other.hidden) {
            hidden.add(other);
        }
        self.output.add(&other.output);
    }
}

impl MixerWeights {
    /// The parameters of `mixer`.
    pub fn of(mixer: &Mixer) -> Self {
        let layers = mixer.layers();
        let [first_weights, second_weights] =
            [layers.first_weights, layers.second_weights].map(|(hidden, output)| HyperWeights {
                hidden: hidden.map(Dense::of),
                output: Dense::of(output),
            });
        Self {
            first_weights,
            first_bias: Dense::of(layers.first_bias),
            second_weights,
            value_hidden: Dense::of(layers.value_hidden),
            value: Dense::of(layers.value),
        }
    }

    /// A gradient of 0.
    pub fn zeros(&self) -> Self {
        Self {
            first_weights: self.first_weights.map(Dense::zeros),
            first_bias: self.first_bias.zeros(),
            second_weights: self.second_weights.map(Dense::zeros),
            value_hidden: self.value_hidden.zeros(),
            value: self.value.zeros(),
        }
    }

    /// Adds another gradient.
    pub fn add(&mut self, other: &Self) {
        self.first_weights.add(&other.first_weights);
        self.first_bias.add(&other.first_bias);
        self.second_weights.add(&other.second_weights);
        self.value_hidden.add(&other.value_hidden);
        self.value.add(&other.value);
    }

    fn width(&self) -> usize {
        self.first_bias.outputs()
    }

    /// Writes the joint values, `[rows]`, of the agents' `values`, `[rows, agents]`, in `states`.
    pub fn forward(&self, values: &[f32], states: &[f32], trace: &mut MixerTrace, joint: &mut [f32]) {
        let (width, rows) = (self.width(), joint.len());
        let agents = values.len() / rows.max(1);
        self.first_weights.forward(states, rows, &mut trace.first_weights);
        self.second_weights.forward(states, rows, &mut trace.second_weights);
        let mixed = room(&mut trace.mixed, rows * width);
        self.first_bias.forward(states, mixed);
        let value_features = room(&mut trace.value_features, rows * width);
        self.value_hidden.forward_relu(states, value_features);
        let value = room(&mut trace.value, rows);
        self.value.forward(value_features, value);
        let hidden = room(&mut trace.hidden, rows * width);
        let weights = trace.first_weights.weights.chunks_exact(agents * width);
        let last = trace.second_weights.weights.chunks_exact(width);
        let rows = mixed.chunks_exact_mut(width).zip(hidden.chunks_exact_mut(width));
        let parts = values.chunks_exact(agents).zip(weights.zip(last));
        for (((mixed, hidden), (values, (weights, last))), (value, joint)) in
            rows.zip(parts).zip(value.iter().zip(joint))
        {
            for (value, weights) in values.iter().zip(weights.chunks_exact(width)) {
                mixed.iter_mut().zip(weights).for_each(|(mixed, weight)| *mixed += value * weight.abs());
            }
            for (hidden, &mixed) in hidden.iter_mut().zip(&*mixed) {
                *hidden = mixed.max(0.0) + exp::<false>(mixed.min(0.0)) - 1.0;
            }
            *joint =
                hidden.iter().zip(last).map(|(hidden, weight)| hidden * weight.abs()).sum::<f32>() + value;
        }
    }

    /// Adds to `gradient` that of the parameters and writes that of the `values`, where [`MixerWeights::forward`] of
    /// the same left `trace` and `slopes` is the gradient of the joint values.
    pub fn add_gradient(
        &self,
        [values, states]: [&[f32]; 2],
        slopes: &[f32],
        trace: &mut MixerTrace,
        gradient: &mut Self,
        of_values: &mut [f32],
    ) {
        let (width, rows) = (self.width(), slopes.len());
        let agents = values.len() / rows.max(1);
        let of_mixed = room(&mut trace.of_mixed, rows * width);
        let of_last = room(&mut trace.second_weights.of_weights, rows * width);
        let of_first = room(&mut trace.first_weights.of_weights, rows * agents * width);
        for (row, slope) in slopes.iter().enumerate() {
            let own = row * width..(row + 1) * width;
            let (mixed, hidden) = (&trace.mixed[own.clone()], &trace.hidden[own.clone()]);
            let last = &trace.second_weights.weights[own.clone()];
            let (of_mixed, of_last) = (&mut of_mixed[own.clone()], &mut of_last[own]);
            for i in 0..width {
                of_last[i] = slope * hidden[i];
                // The unit's slope is what it gives plus 1 where its input is negative.
                let steepness = if mixed[i] > 0.0 { 1.0 } else { hidden[i] + 1.0 };
                of_mixed[i] = slope * last[i].abs() * steepness;
            }
            for agent in row * agents..(row + 1) * agents {
                let weights = &trace.first_weights.weights[agent * width..(agent + 1) * width];
                let of_weights = &mut of_first[agent * width..(agent + 1) * width];
                of_values[agent] =
                    of_mixed.iter().zip(weights).map(|(gradient, weight)| gradient * weight.abs()).sum();
                for (of_weight, gradient) in of_weights.iter_mut().zip(&*of_mixed) {
                    *of_weight = values[agent] * gradient;
                }
            }
        }
        gradient.first_bias.add_gradient(states, of_mixed);
        self.first_weights.add_gradient(states, rows, &mut trace.first_weights, &mut gradient.first_weights);
        self.second_weights.add_gradient(
            states,
            rows,
            &mut trace.second_weights,
            &mut gradient.second_weights,
        );
        let features = &trace.value_features[..rows * width];
        gradient.value.add_gradient(features, slopes);
        let of_features = room(&mut trace.of_value_features, rows * width);
        self.value.relu_gradient(slopes, features, of_features);
        gradient.value_hidden.add_gradient(states, of_features);
    }

    /// Registers this gradient for the parameters of `mixer`.
    pub fn register(self, mixer: &Mixer, gradients: &mut GradientsParams) {
        let layers = mixer.layers();
        for ((hidden, output), own) in
            [(layers.first_weights, self.first_weights), (layers.second_weights, self.second_weights)]
        {
            if let (Some(layer), Some(hidden)) = (hidden, own.hidden) {
                hidden.register(layer, gradients);
            }
            own.output.register(output, gradients);
        }
        self.first_bias.register(layers.first_bias, gradients);
        self.value_hidden.register(layers.value_hidden, gradients);
        self.value.register(layers.value, gradients);
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::networks::dense::assert_same_gradients;
    use crate::qmix::collector::numbers;
    use crate::qmix::config::LearnerConfig;
    use crate::random::{Purpose, stream};

    /// Joint values and gradients are those of the network in burn's graph.
    #[test]
    fn mixing_plain_numbers_is_mixing_tensors() {
        const AGENTS: usize = 3;
        const STATE: usize = 5;
        const ROWS: usize = 40;
        let device = Device::flex().autodiff();
        for hypernetwork_hidden in [16, 0] {
            let config = LearnerConfig { mixer_width: 8, hypernetwork_hidden, ..LearnerConfig::default() };
            let mut random = stream(3, Purpose::Parameters);
            let mixer = Mixer::new(AGENTS, STATE, &config, &mut random, &device);
            let mut draw = |count: usize| -> Vec<f32> {
                (0..count).map(|_| random.float() as f32 * 4.0 - 2.0).collect()
            };
            let (values, states, slopes) = (draw(ROWS * AGENTS), draw(ROWS * STATE), draw(ROWS));
            let tensor = |values: &[f32], columns: usize| {
                Tensor::<2>::from_data(TensorData::new(values.to_vec(), [ROWS, columns]), &device)
            };
            let mixed = tensor(&values, AGENTS).require_grad();
            let joint = mixer.forward(mixed.clone(), tensor(&states, STATE));
            let expected = numbers(joint.clone().inner());
            let loss = (joint * tensor(&slopes, 1).squeeze_dim::<1>(1)).sum();
            let mut graph = loss.backward();
            let expected_of_values = numbers(mixed.grad_remove(&mut graph).unwrap());
            let expected_gradients = GradientsParams::from_grads(graph, &mixer);

            let weights = MixerWeights::of(&mixer);
            let (mut trace, mut joint) = (MixerTrace::default(), vec![0.0; ROWS]);
            weights.forward(&values, &states, &mut trace, &mut joint);
            let mut gradient = weights.zeros();
            let mut of_values = vec![0.0; ROWS * AGENTS];
            weights.add_gradient([&values, &states], &slopes, &mut trace, &mut gradient, &mut of_values);
            let pairs = joint.iter().zip(&expected).chain(of_values.iter().zip(&expected_of_values));
            for (got, expected) in pairs {
                assert!((got - expected).abs() < 1e-4, "{got} {expected}");
            }
            let mut gradients = GradientsParams::new();
            gradient.register(&mixer, &mut gradients);
            assert_same_gradients(&mixer, &gradients, &expected_gradients, 50);
        }
    }
}
