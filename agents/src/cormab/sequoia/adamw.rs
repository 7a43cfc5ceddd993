//! AdamW with the maximum of second moments (I. Loshchilov and F. Hutter, "Decoupled weight decay
//! regularization", ICLR 2019; S. Reddi, S. Kale and S. Kumar, "On the convergence of Adam and beyond", ICLR
//! 2018).

use pentathlon_engine::{VectorWork, with_wide_vectors};
use serde::{Deserialize, Serialize};

use super::{super::network::ReluNetwork, gradient::Gradient};

/// Settings of the optimiser; the defaults are those of the published experiments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// The number that keeps steps from dividing by 0.
    pub epsilon: f32,
    /// Part of the step size by which parameters shrink.
    pub weight_decay: f32,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1.5e-4, weight_decay: 0.01 }
    }
}

/// The optimiser and its moments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdamW {
    config: AdamWConfig,
    steps: i32,
    /// First moment, second moment and its maximum, of each layer's weights and biases.
    moments: Vec<[[Vec<f32>; 3]; 2]>,
}

impl AdamW {
    /// An optimiser for networks of the sizes of `network`.
    pub fn new(network: &ReluNetwork, config: AdamWConfig) -> Self {
        let zeros = |count| std::array::from_fn(|_| vec![0.0; count]);
        let layers = network.layers().iter();
        let moments = layers.map(|layer| [zeros(layer.weights.len()), zeros(layer.biases.len())]).collect();
        Self { config, steps: 0, moments }
    }

    /// Moves the parameters of `network` against `gradient`.
    pub fn step(&mut self, network: &mut ReluNetwork, gradient: &Gradient, learning_rate: f32) {
        self.steps += 1;
        let step = Step {
            config: &self.config,
            correction1: 1.0 - self.config.beta1.powi(self.steps),
            correction2: (1.0 - self.config.beta2.powi(self.steps)).sqrt(),
            learning_rate,
        };
        for ((layer, moments), (weights, biases)) in
            network.layers_mut().iter_mut().zip(&mut self.moments).zip(&gradient.layers)
        {
            let [of_weights, of_biases] = moments;
            with_wide_vectors(Move {
                step: &step,
                parameters: &mut layer.weights,
                moments: of_weights,
                slopes: weights,
            });
            with_wide_vectors(Move {
                step: &step,
                parameters: &mut layer.biases,
                moments: of_biases,
                slopes: biases,
            });
        }
    }
}

/// What all parameters share in a step.
struct Step<'a> {
    config: &'a AdamWConfig,
    correction1: f32,
    correction2: f32,
    learning_rate: f32,
}

/// The step of some parameters.
struct Move<'a> {
    step: &'a Step<'a>,
    parameters: &'a mut [f32],
    moments: &'a mut [Vec<f32>; 3],
    slopes: &'a [f32],
}

impl VectorWork for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Step { config, correction1, correction2, learning_rate } = self.step;
        let AdamWConfig { beta1, beta2, epsilon, weight_decay } = config;
        let shrink = 1.0 - learning_rate * weight_decay;
        let rate = learning_rate / correction1;
        let [first, second, largest] = self.moments;
        let moments = first.iter_mut().zip(second).zip(largest);
        for ((parameter, slope), ((first, second), largest)) in
            self.parameters.iter_mut().zip(self.slopes).zip(moments)
        {
            *first += (1.0 - beta1) * (slope - *first);
            *second += (1.0 - beta2) * (slope * slope - *second);
            *largest = largest.max(*second);
            *parameter = shrink * *parameter - rate * *first / (largest.sqrt() / correction2 + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::network::Layer;
    use super::*;

    #[test]
    fn the_first_step_is_the_learning_rate_long() {
        let layer = Layer { inputs: 1, outputs: 1, weights: vec![2.0], biases: vec![-1.0] };
        let mut network = ReluNetwork::new(1, vec![layer]).unwrap();
        let mut gradient = Gradient::new(&network);
        gradient.forward(&network, &[], 1);
        gradient.add(&network, &[], 1, 5.0);
        let config = AdamWConfig { epsilon: 0.0, weight_decay: 0.5, ..AdamWConfig::default() };
        AdamW::new(&network, config).step(&mut network, &gradient, 0.1);
        assert!((network.layers()[0].weights[0] - (2.0 * 0.95 - 0.1)).abs() < 1e-6);
        assert!((network.layers()[0].biases[0] - (-0.95 - 0.1)).abs() < 1e-6);
    }
}
