//! The objective of proximal policy optimisation.
//!
//! ```text
//! ratio = exp(log pi_new - log pi_old)
//! L_pi  = -mean min(ratio A, clip(ratio, 1 - eps, 1 + eps) A)
//! L_v   = 1/2 mean max((V - R)^2, (V_old + clip(V - V_old, -eps, eps) - R)^2)
//! loss  = L_pi - c_ent mean entropy + c_v L_v
//! ```

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation::log_softmax};

use crate::{config::PpoConfig, networks::Output};

/// What is known of the rows of a minibatch, or of a part of it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Indices of the actions taken.
    pub actions: Vec<i32>,
    /// Logarithms of the chances they were taken with.
    pub log_probabilities: Vec<f32>,
    /// Advantages.
    pub advantages: Vec<f32>,
    /// Value targets.
    pub returns: Vec<f32>,
    /// Value estimates at the time.
    pub values: Vec<f32>,
}

/// The parts of the objective, summed over rows and divided by the rows of the whole minibatch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossTerms {
    /// The clipped policy objective, negative where actions get more probable that were better.
    pub policy: f32,
    /// The value loss.
    pub value: f32,
    /// Entropy of the policy in nats.
    pub entropy: f32,
    /// Estimated Kullback-Leibler divergence of the new policy from the old one: mean of
    /// `(ratio - 1) - log ratio`.
    pub divergence: f32,
    /// Fraction of rows whose ratio is outside the clipping range.
    pub clipped: f32,
}

impl std::ops::AddAssign for LossTerms {
    fn add_assign(&mut self, other: Self) {
        self.policy += other.policy;
        self.value += other.value;
        self.entropy += other.entropy;
        self.divergence += other.divergence;
        self.clipped += other.clipped;
    }
}

impl LossTerms {
    /// All terms divided by `count`.
    pub fn over(self, count: f32) -> Self {
        Self {
            policy: self.policy / count,
            value: self.value / count,
            entropy: self.entropy / count,
            divergence: self.divergence / count,
            clipped: self.clipped / count,
        }
    }
}

/// The objective to be minimised for the rows of `targets`, and its parts.
///
/// `minibatch_rows` is what sums are divided by: where a minibatch is split into parts, the gradients of
/// the parts add up to that of the whole.
pub fn objective(output: Output, targets: &Targets, config: &PpoConfig, minibatch_rows: usize) -> (Tensor<1>, LossTerms) {
    let device = output.values.device();
    let rows = targets.actions.len();
    let floats = |values: &[f32]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [rows]), &device);
    let mean = 1.0 / minibatch_rows as f32;

    let all = log_softmax(output.logits, 1);
    let new = all.clone().gather(1, action_column(&targets.actions, &device)).squeeze_dim::<1>(1);
    let log_ratio = new - floats(&targets.log_probabilities);
    let ratio = log_ratio.clone().exp();
    let advantages = floats(&targets.advantages);
    let clipped = ratio.clone().clamp(1.0 - config.clip, 1.0 + config.clip) * advantages.clone();
    let policy = (ratio * advantages).min_pair(clipped).sum().mul_scalar(-mean);

    let returns = floats(&targets.returns);
    let error = (output.values.clone() - returns.clone()).square();
    let error = if config.clip_value {
        let old = floats(&targets.values);
        let near = old.clone() + (output.values - old).clamp(-config.clip, config.clip);
        error.max_pair((near - returns).square())
    } else {
        error
    };
    let value = error.sum().mul_scalar(0.5 * mean);
    let entropy = (all.clone().exp() * all).sum().mul_scalar(-mean);

    let mut terms = ratio_terms(log_ratio.detach(), config.clip, mean);
    terms.policy = policy.clone().into_scalar();
    terms.value = value.clone().into_scalar();
    terms.entropy = entropy.clone().into_scalar();
    let loss =
        policy + value.mul_scalar(config.value_coefficient) - entropy.mul_scalar(config.entropy_coefficient);
    (loss, terms)
}

fn action_column(actions: &[i32], device: &Device) -> Tensor<2, Int> {
    let data = TensorData::new(actions.to_vec(), [actions.len(), 1]);
    Tensor::from_data(data, (device, DType::I32))
}

/// How far the policy has moved, from the logarithms of the ratios.
fn ratio_terms(log_ratio: Tensor<1>, clip: f32, mean: f32) -> LossTerms {
    let data = log_ratio.into_data();
    let log_ratios = data.as_slice::<f32>().expect("networks compute in 32-bit floats");
    let mut terms = LossTerms::default();
    for &log_ratio in log_ratios {
        let ratio = log_ratio.exp();
        terms.divergence += (ratio - 1.0 - log_ratio) * mean;
        terms.clipped += if (ratio - 1.0).abs() > clip { mean } else { 0.0 };
    }
    terms
}
