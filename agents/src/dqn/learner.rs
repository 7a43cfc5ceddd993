//! The learner: a network of values, its target network, and the step towards
//! `r + d max_a Q'(s', a)`, or with double Q-learning `r + d Q'(s', argmax_a Q(s', a))`.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::config::DqnConfig;
use super::replay::Transition;
use crate::Error;
use crate::networks::Perceptron;
use crate::options::ProcessShape;
use crate::ppo::gradients::clip_norm;
use crate::qmix::best_choice;
use crate::random::{Purpose, stream};

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DqnStatistics {
    /// Mean squared temporal difference.
    pub loss: f32,
    /// Norm of the gradient before it was scaled down.
    pub gradient_norm: f32,
}

/// A network in training.
pub struct DqnLearner {
    shape: ProcessShape,
    config: DqnConfig,
    network: Perceptron,
    target: Perceptron,
    optimizer: ModuleOptimizer,
    updates: u64,
    device: Device,
}

impl DqnLearner {
    /// A learner with random parameters drawn from `seed`.
    ///
    /// # Errors
    /// A configuration out of range.
    pub fn new(shape: ProcessShape, config: &DqnConfig, seed: u64) -> Result<Self, Error> {
        config.validate()?;
        let device = Device::flex().autodiff();
        let mut random = stream(seed, Purpose::Parameters);
        let hidden = config.hidden.iter().copied();
        let widths: Vec<usize> =
            [shape.observation].into_iter().chain(hidden).chain([shape.choices]).collect();
        let network = Perceptron::new(&widths, &mut random, &device);
        Ok(Self {
            shape,
            target: network.valid(),
            network,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            config: config.clone(),
            updates: 0,
            device,
        })
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The network as it is now, without gradients.
    pub fn policy(&self) -> Perceptron {
        self.network.valid()
    }

    /// One gradient step on `batch`; copies the network into the target network when it is time.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the gradient is not finite; the network is then as it was.
    pub fn update(&mut self, batch: &[&Transition]) -> Result<DqnStatistics, Error> {
        let (rows, choices) = (batch.len(), self.shape.choices);
        let next: Vec<f32> = batch.iter().flat_map(|transition| transition.next.iter().copied()).collect();
        let plain = Device::flex();
        let values = self.target.outputs(next.clone(), rows, &plain);
        let guide =
            if self.config.double_q { self.policy().outputs(next, rows, &plain) } else { values.clone() };
        let targets: Vec<f32> = batch
            .iter()
            .enumerate()
            .map(|(row, transition)| {
                let own = row * choices..(row + 1) * choices;
                let best = best_choice(&guide[own.clone()], &transition.available);
                let target = transition.reward + transition.discount * values[own.start + best];
                self.config.target_range.map_or(target, |[low, high]| target.clamp(low, high.max(low)))
            })
            .collect();
        let seen: Vec<f32> =
            batch.iter().flat_map(|transition| transition.observation.iter().copied()).collect();
        let made: Vec<i32> = batch.iter().map(|transition| transition.choice).collect();
        let seen =
            Tensor::<2>::from_data(TensorData::new(seen, [rows, self.shape.observation]), &self.device);
        let made = Tensor::<2, Int>::from_data(TensorData::new(made, [rows, 1]), (&self.device, DType::I32));
        let chosen = self.network.forward(seen).gather(1, made).squeeze_dim::<1>(1);
        let targets = Tensor::<1>::from_data(TensorData::new(targets, [rows]), &self.device);
        let loss = (chosen - targets).square().mean();
        let value = loss.clone().into_scalar::<f32>();
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        let norm = clip_norm(&self.network, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() || !value.is_finite() {
            return Err(Error::Diverged { update: self.updates + 1, what: "norm of the gradient" });
        }
        self.network = self.optimizer.step(self.config.learning_rate, self.network.clone(), gradients);
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target_updates) {
            self.target = self.network.valid();
        }
        Ok(DqnStatistics { loss: value, gradient_norm: norm })
    }
}
