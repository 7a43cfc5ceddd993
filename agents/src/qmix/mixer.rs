//! The mixing network of QMIX (Rashid et al., 2018): the joint value grows with every agent's value,
//! because the weights, which hyper-networks make of the global state, are not negative.
//!
//! ```text
//! W1 = |hyper(s)| as [agents, width]     b1 = linear(s)
//! w2 = |hyper(s)| as [width]             v  = linear(relu(linear(s)))
//! Q_tot = elu(q W1 + b1) . w2 + v
//! ```

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use pentathlon_gym::seeding::philox::Philox;

use super::config::LearnerConfig;
use super::layers::uniform_linear;

/// The mixing network.
#[derive(Module, Debug)]
pub struct Mixer {
    first_weights: HyperNetwork,
    first_bias: Linear,
    second_weights: HyperNetwork,
    value_hidden: Linear,
    value: Linear,
}

/// State to weights, with a hidden layer or without.
#[derive(Module, Debug)]
struct HyperNetwork {
    hidden: Option<Linear>,
    output: Linear,
}

/// The layers of a [`Mixer`].
pub(super) struct MixerLayers<'a> {
    pub first_weights: (Option<&'a Linear>, &'a Linear),
    pub first_bias: &'a Linear,
    pub second_weights: (Option<&'a Linear>, &'a Linear),
    pub value_hidden: &'a Linear,
    pub value: &'a Linear,
}

impl HyperNetwork {
    fn layers(&self) -> (Option<&Linear>, &Linear) {
        (self.hidden.as_ref(), &self.output)
    }

    fn new(random: &mut Philox, [state, weights]: [usize; 2], hidden: usize, device: &Device) -> Self {
        let layer = (hidden > 0).then(|| uniform_linear(random, [state, hidden], device));
        let inputs = if hidden > 0 { hidden } else { state };
        Self { hidden: layer, output: uniform_linear(random, [inputs, weights], device) }
    }

    /// Weights of no negative sign, `[rows, weights]`.
    fn forward(&self, state: Tensor<2>) -> Tensor<2> {
        let features = match &self.hidden {
            Some(layer) => relu(layer.forward(state)),
            None => state,
        };
        self.output.forward(features).abs()
    }
}

impl Mixer {
    /// A mixer of `agents` values under a global state of `state` numbers.
    pub fn new(
        agents: usize,
        state: usize,
        config: &LearnerConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let (width, hidden) = (config.mixer_width, config.hypernetwork_hidden);
        Self {
            first_weights: HyperNetwork::new(random, [state, agents * width], hidden, device),
            first_bias: uniform_linear(random, [state, width], device),
            second_weights: HyperNetwork::new(random, [state, width], hidden, device),
            value_hidden: uniform_linear(random, [state, width], device),
            value: uniform_linear(random, [width, 1], device),
        }
    }

    /// Its layers; of hyper-networks the hidden one, if there is one, and the output.
    pub(super) fn layers(&self) -> MixerLayers<'_> {
        MixerLayers {
            first_weights: self.first_weights.layers(),
            first_bias: &self.first_bias,
            second_weights: self.second_weights.layers(),
            value_hidden: &self.value_hidden,
            value: &self.value,
        }
    }

    /// Joint values `[rows]` of the agents' values `[rows, agents]` in states `[rows, state]`.
    pub fn forward(&self, values: Tensor<2>, state: Tensor<2>) -> Tensor<1> {
        let [rows, agents] = values.dims();
        let bias = self.first_bias.forward(state.clone());
        let [_, width] = bias.dims();
        let weights = self.first_weights.forward(state.clone()).reshape([rows, agents, width]);
        let mixed = (values.unsqueeze_dim::<3>(2) * weights).sum_dim(1).squeeze_dim::<2>(1) + bias;
        // The exponential linear unit, without a large exponential on its way.
        let hidden = relu(mixed.clone()) + mixed.clamp_max(0.0).exp() - 1.0;
        let value = self.value.forward(relu(self.value_hidden.forward(state.clone())));
        let total = (hidden * self.second_weights.forward(state)).sum_dim(1) + value;
        total.squeeze_dim::<1>(1)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::random::{Purpose, stream};

    const AGENTS: usize = 3;
    const STATE: usize = 5;

    fn mixer(seed: u64) -> Mixer {
        let config = LearnerConfig { mixer_width: 8, hypernetwork_hidden: 16, ..LearnerConfig::default() };
        Mixer::new(AGENTS, STATE, &config, &mut stream(seed, Purpose::Parameters), &Device::flex())
    }

    fn tensor(values: Vec<f32>, columns: usize) -> Tensor<2> {
        let rows = values.len() / columns;
        Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex())
    }

    fn joint(mixer: &Mixer, values: Vec<f32>, state: Vec<f32>) -> Vec<f32> {
        mixer.forward(tensor(values, AGENTS), tensor(state, STATE)).try_into_vec_as::<f32>().unwrap()
    }

    #[test]
    fn the_joint_value_never_falls_when_an_agents_value_rises() {
        let mut random = stream(5, Purpose::Actions);
        let mut draw = |count: usize, scale: f64| -> Vec<f32> {
            (0..count).map(|_| ((2.0 * random.float() - 1.0) * scale) as f32).collect()
        };
        let mut risen = 0;
        for seed in 0..10 {
            let mixer = mixer(seed);
            let (values, state) = (draw(100 * AGENTS, 10.0), draw(100 * STATE, 3.0));
            let before = joint(&mixer, values.clone(), state.clone());
            for agent in 0..AGENTS {
                let mut raised = values.clone();
                raised.iter_mut().skip(agent).step_by(AGENTS).for_each(|value| *value += 0.05);
                for (after, before) in joint(&mixer, raised, state.clone()).iter().zip(&before) {
                    assert!(after - before >= -1e-4, "{after} < {before}");
                    risen += usize::from(after - before > 1e-4);
                }
            }
        }
        assert!(risen > 1500, "the joint value hardly depends on the agents' values: {risen} of 3000");
    }

    #[test]
    fn exchanging_agents_exchanges_their_rows_of_weights() {
        let mixer = mixer(1);
        let state: Vec<f32> = (0..STATE).map(|i| i as f32 * 0.3 - 0.5).collect();
        let weights =
            mixer.first_weights.forward(tensor(state.clone(), STATE)).try_into_vec_as::<f32>().unwrap();
        let width = weights.len() / AGENTS;
        let mut exchanged = mixer.clone();
        // The output layer of the hyper-network, columns of agents 0 and 2 exchanged.
        let order: Vec<i32> = [2, 1, 0]
            .iter()
            .flat_map(|agent| (0..width as i32).map(move |column| agent * width as i32 + column))
            .collect();
        let order = Tensor::<1, burn::tensor::Int>::from_data(
            TensorData::new(order, [AGENTS * width]),
            (&Device::flex(), burn::tensor::DType::I32),
        );
        let layer = &mut exchanged.first_weights.output;
        layer.weight = burn::module::Param::from_tensor(layer.weight.val().select(1, order.clone()));
        layer.bias =
            layer.bias.as_ref().map(|bias| burn::module::Param::from_tensor(bias.val().select(0, order)));
        let swapped =
            exchanged.first_weights.forward(tensor(state.clone(), STATE)).try_into_vec_as::<f32>().unwrap();
        assert_eq!(swapped[..width], weights[2 * width..]);
        assert_eq!(swapped[2 * width..], weights[..width]);
        let one = joint(&mixer, vec![1.0, -2.0, 0.5], state.clone())[0];
        let other = joint(&exchanged, vec![0.5, -2.0, 1.0], state)[0];
        assert!((one - other).abs() < 1e-5, "{one} {other}");
    }

    #[test]
    fn under_the_zero_state_mixing_is_the_same_for_all_and_large_values_stay_finite() {
        let mixer = mixer(2);
        let rows = joint(&mixer, [[1.0, 2.0, 3.0]; 4].concat(), vec![0.0; 4 * STATE]);
        assert!(rows.iter().all(|row| *row == rows[0]));
        let large = joint(&mixer, vec![1e4, -1e4, 1e4], vec![3.0; STATE])[0];
        assert!(large.is_finite());
    }
}
