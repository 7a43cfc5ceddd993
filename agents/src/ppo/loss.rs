//! The objective of proximal policy optimisation.
//!
//! ```text
//! ratio = exp(log pi_new - log pi_old)
//! L_pi  = -mean min(ratio A, clip(ratio, 1 - eps, 1 + eps) A)
//! L_v   = 1/2 mean max((V - R)^2, (V_old + clip(V - V_old, -eps, eps) - R)^2)     (or Huber's loss for the squares)
//! loss  = L_pi - c_ent mean entropy + c_v L_v
//! ```

use burn::tensor::{DType, Device, Int, Tensor, TensorData, activation::log_softmax};

use crate::{config::PpoConfig, networks::Output};

/// What is known of the rows of a minibatch, or of a part of it.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// Indices of the actions taken, `[rows, numbers of an action]`.
    pub actions: Vec<i32>,
    /// Logarithms of the chances they were taken with.
    pub log_probabilities: Vec<f32>,
    /// Advantages.
    pub advantages: Vec<f32>,
    /// Value targets, in units of the network's output.
    pub returns: Vec<f32>,
    /// Value estimates at the time, in units of the network's output.
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
pub fn objective(
    output: Output,
    targets: &Targets,
    config: &PpoConfig,
    minibatch_rows: usize,
) -> (Tensor<1>, LossTerms) {
    let device = output.values.device();
    let rows = targets.returns.len();
    let floats = |values: &[f32]| Tensor::<1>::from_data(TensorData::new(values.to_vec(), [rows]), &device);
    let mean = 1.0 / minibatch_rows as f32;

    let (new, negative_entropy) = chosen_and_negative_entropy(&output, &targets.actions);
    let log_ratio = new - floats(&targets.log_probabilities);
    let ratio = log_ratio.clone().exp();
    let advantages = floats(&targets.advantages);
    let clipped = ratio.clone().clamp(1.0 - config.clip, 1.0 + config.clip) * advantages.clone();
    let policy = (ratio * advantages).min_pair(clipped).sum().mul_scalar(-mean);

    let returns = floats(&targets.returns);
    let error = twice_loss(output.values.clone() - returns.clone(), config.huber_delta);
    let error = if config.clip_value {
        let old = floats(&targets.values);
        let near = old.clone() + (output.values - old).clamp(-config.clip, config.clip);
        error.max_pair(twice_loss(near - returns, config.huber_delta))
    } else {
        error
    };
    let value = error.sum().mul_scalar(0.5 * mean);
    let entropy = negative_entropy.mul_scalar(-mean);

    let mut terms = ratio_terms(log_ratio.detach(), config.clip, mean);
    terms.policy = policy.clone().into_scalar();
    terms.value = value.clone().into_scalar();
    terms.entropy = entropy.clone().into_scalar();
    let loss =
        policy + value.mul_scalar(config.value_coefficient) - entropy.mul_scalar(config.entropy_coefficient);
    (loss, terms)
}

/// The square of each error, which beyond `delta` (not 0) goes on as a line: twice Huber's loss.
fn twice_loss(error: Tensor<1>, delta: f32) -> Tensor<1> {
    if delta == 0.0 {
        return error.square();
    }
    let size = error.abs();
    let near = size.clone().clamp_max(delta);
    near.clone() * (size.mul_scalar(2.0) - near)
}

/// The logarithms of the chances of `actions`, `[rows]`, and minus the entropy of the policy, summed over rows. The
/// numbers of an action are independent: logarithms and entropies add up.
fn chosen_and_negative_entropy(output: &Output, actions: &[i32]) -> (Tensor<1>, Tensor<1>) {
    let device = output.values.device();
    let part = |logits: Tensor<2>, number: usize| {
        let all = log_softmax(logits, 1);
        let column = action_column(actions, number, output.choices.len(), &device);
        let chosen = all.clone().gather(1, column).squeeze_dim::<1>(1);
        (chosen, (all.clone().exp() * all).sum())
    };
    if output.choices.len() == 1 {
        return part(output.logits.clone(), 0);
    }
    let mut at = 0;
    let parts = output.choices.iter().enumerate().map(|(number, &count)| {
        at += count;
        part(output.logits.clone().narrow(1, at - count, count), number)
    });
    parts
        .reduce(|(chosen, entropy), (more, also)| (chosen + more, entropy + also))
        .expect("an action has at least one number")
}

/// Number `number` of each action, `[rows, 1]`.
fn action_column(actions: &[i32], number: usize, numbers: usize, device: &Device) -> Tensor<2, Int> {
    let column: Vec<i32> = actions.iter().skip(number).step_by(numbers).copied().collect();
    let rows = column.len();
    Tensor::from_data(TensorData::new(column, [rows, 1]), (device, DType::I32))
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

#[cfg(test)]
mod tests {
    use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
    use burn::optim::GradientsParams;
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::config::NetworkConfig;
    use crate::networks::{ActorCritic, EncodedRows, Input, ObservationLayout, Perspective};
    use crate::random::{Purpose, stream};

    const ROWS: usize = 8;
    const ACTIONS: usize = 3;

    /// Four measurements and a whole number in, three actions out, and rows of random inputs.
    fn example() -> (ObservationLayout, ActorCritic, EncodedRows, Targets) {
        let layout = ObservationLayout {
            inputs: vec![
                ("numbers".into(), Input::Numbers { at: 0, from: 0, len: 4, scale: 1.0 }),
                ("kind".into(), Input::Category { at: 0, from: 0, start: 0, n: vec![2] }),
            ],
            masked: false,
            actions: ACTIONS,
            choices: vec![ACTIONS],
            first_action: 0,
            agents: 1,
            indices: 1,
            numbers: 4,
            perspective: Perspective::Agent,
            critic: None,
        };
        let mut random = stream(5, Purpose::Parameters);
        let config = NetworkConfig { hidden: vec![6, 5], ..NetworkConfig::default() };
        let network = ActorCritic::new(&layout, &config, &mut random, &Device::flex().autodiff());
        let mut floats =
            |count: usize| -> Vec<f32> { (0..count).map(|_| random.float() as f32 * 2.0 - 1.0).collect() };
        let rows = EncodedRows {
            rows: ROWS,
            indices: (0..ROWS).map(|row| (row % 2) as u16).collect(),
            numbers: floats(ROWS * 4),
            mask: Vec::new(),
            critic: None,
        };
        let mut targets = Targets {
            actions: (0..ROWS).map(|row| (row % ACTIONS) as i32).collect(),
            log_probabilities: Vec::new(),
            advantages: floats(ROWS),
            returns: floats(ROWS),
            values: floats(ROWS),
        };
        targets.log_probabilities = log_probabilities(&layout, &network, &rows, &targets);
        (layout, network, rows, targets)
    }

    fn log_probabilities(
        layout: &ObservationLayout,
        network: &ActorCritic,
        rows: &EncodedRows,
        targets: &Targets,
    ) -> Vec<f32> {
        let all = log_softmax(network.forward(layout, rows).logits, 1).try_into_vec_as::<f32>().unwrap();
        all.chunks(ACTIONS).zip(&targets.actions).map(|(row, &action)| row[action as usize]).collect()
    }

    fn policy_only() -> PpoConfig {
        PpoConfig { entropy_coefficient: 0.0, value_coefficient: 0.0, ..PpoConfig::default() }
    }

    /// The gradient of the objective, all parameters in a row.
    fn gradient(network: &ActorCritic, output: Output, targets: &Targets, config: &PpoConfig) -> Vec<f32> {
        struct Flatten(GradientsParams, Vec<f32>);
        impl ModuleVisitor for Flatten {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let gradient =
                    self.0.remove::<D>(param.id).unwrap_or_else(|| param.val().inner().zeros_like());
                self.1.extend(gradient.try_into_vec_as::<f32>().unwrap());
            }
        }
        let (loss, _) = objective(output, targets, config, ROWS);
        let mut flatten = Flatten(GradientsParams::from_grads(loss.backward(), network), Vec::new());
        network.visit(&mut flatten);
        flatten.1
    }

    /// `network` with parameter number `index` changed by `change`.
    fn changed(network: &ActorCritic, index: usize, change: f32) -> ActorCritic {
        struct Change(usize, f32);
        impl ModuleMapper for Change {
            fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
                let (id, tensor, mapper) = param.consume();
                let mut data = tensor.to_data();
                let count = data.num_elements();
                if self.0 < count {
                    data.as_mut_slice::<f32>().unwrap()[self.0] += self.1;
                    self.0 = usize::MAX;
                } else if self.0 != usize::MAX {
                    self.0 -= count;
                }
                let tensor = Tensor::from_data(data, &tensor.device()).require_grad();
                Param::from_mapped_value(id, tensor, mapper)
            }
        }
        network.clone().map(&mut Change(index, change))
    }

    #[test]
    fn at_ratio_1_the_gradient_is_the_policy_gradient() {
        let (layout, network, rows, targets) = example();
        let found = gradient(&network, network.forward(&layout, &rows), &targets, &policy_only());
        // Minus the mean of advantage times log-probability, by central differences.
        let value = |network: &ActorCritic| {
            let weighted = log_probabilities(&layout, network, &rows, &targets);
            let sum: f64 = weighted.iter().zip(&targets.advantages).map(|(log, a)| f64::from(log * a)).sum();
            -sum / ROWS as f64
        };
        let step = 2e-3;
        let mut largest = 0.0_f64;
        for (index, &found) in found.iter().enumerate() {
            let difference = value(&changed(&network, index, step)) - value(&changed(&network, index, -step));
            let expected = difference / f64::from(2.0 * step);
            largest = largest.max(expected.abs());
            assert!((f64::from(found) - expected).abs() < 1e-3, "parameter {index}: {found} {expected}");
        }
        assert!(largest > 0.02, "the example has no gradient to speak of: {largest}");
    }

    #[test]
    fn the_parts_of_a_minibatch_add_up_to_the_whole() {
        let (layout, network, rows, targets) = example();
        let config = PpoConfig::default();
        let whole = gradient(&network, network.forward(&layout, &rows), &targets, &config);
        let mut sum = vec![0.0; whole.len()];
        for part in [[0_u32, 3, 5], [1, 2, 7]].iter().map(|part| &part[..]).chain([&[4_u32, 6][..]]) {
            let mut part_rows = EncodedRows::default();
            part_rows.gather(&layout, &rows, part);
            let pick = |values: &[f32]| part.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
            let part_targets = Targets {
                actions: part.iter().map(|&row| targets.actions[row as usize]).collect(),
                log_probabilities: pick(&targets.log_probabilities),
                advantages: pick(&targets.advantages),
                returns: pick(&targets.returns),
                values: pick(&targets.values),
            };
            let part = gradient(&network, network.forward(&layout, &part_rows), &part_targets, &config);
            sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
        }
        for (whole, sum) in whole.iter().zip(&sum) {
            assert!((whole - sum).abs() < 1e-5, "{whole} {sum}");
        }
    }

    #[test]
    fn beyond_the_clipping_range_nothing_more_is_gained() {
        let (layout, network, rows, mut targets) = example();
        // Every action has become 1.5 times as probable as it was, and was better than expected.
        targets.log_probabilities.iter_mut().for_each(|log| *log -= 1.5_f32.ln());
        targets.advantages = vec![1.0; ROWS];
        let (_, terms) = objective(network.forward(&layout, &rows), &targets, &policy_only(), ROWS);
        assert!((terms.policy + 1.2).abs() < 1e-5 && terms.clipped > 0.999, "{terms:?}");
        assert!((terms.divergence - (0.5 - 1.5_f32.ln())).abs() < 1e-5, "{terms:?}");
        let flat = gradient(&network, network.forward(&layout, &rows), &targets, &policy_only());
        assert!(flat.iter().all(|value| value.abs() < 1e-7));
        // Where it was worse, it is still pushed back.
        targets.advantages = vec![-1.0; ROWS];
        let back = gradient(&network, network.forward(&layout, &rows), &targets, &policy_only());
        assert!(back.iter().any(|value| value.abs() > 1e-3));
    }

    #[test]
    fn terms_are_those_of_the_definition() {
        let device = Device::flex();
        let output = || Output {
            logits: Tensor::from_data(TensorData::new(vec![0.0_f32; 6], [2, 3]), &device),
            values: Tensor::from_data(TensorData::new(vec![1.0_f32, 0.0], [2]), &device),
            choices: vec![3],
        };
        let targets = Targets {
            actions: vec![0, 2],
            log_probabilities: vec![(1.0 / 3.0_f32).ln(); 2],
            advantages: vec![1.0, 3.0],
            returns: vec![0.0, 2.0],
            values: vec![0.5, 0.0],
        };
        let (loss, terms) = objective(output(), &targets, &PpoConfig::default(), 2);
        assert!(
            (terms.policy + 2.0).abs() < 1e-6 && (terms.entropy - 3.0_f32.ln()).abs() < 1e-6,
            "{terms:?}"
        );
        // Errors 1 (clipped 0.7) and 2 (not clipped): half the mean of 1 and 4.
        assert!((terms.value - 1.25).abs() < 1e-6, "{terms:?}");
        let expected = -2.0 + 0.5 * 1.25 - 0.01 * 3.0_f32.ln();
        assert!((loss.into_scalar::<f32>() - expected).abs() < 1e-6);
        let near = Targets { values: vec![2.0, 0.0], ..targets.clone() };
        // The first value estimate may move from 2 to 1.8 only, which leaves an error of 1.8.
        let (_, terms) = objective(output(), &near, &PpoConfig::default(), 2);
        assert!((terms.value - 0.25 * (1.8 * 1.8 + 4.0)).abs() < 1e-5, "{terms:?}");
        let free = PpoConfig { clip_value: false, ..PpoConfig::default() };
        assert!((objective(output(), &near, &free, 2).1.value - 1.25).abs() < 1e-6);
        // Beyond 1.5 Huber's loss is a line: half of 1, and 1.5 (2 - 0.75).
        let huber = PpoConfig { huber_delta: 1.5, ..free };
        let (_, terms) = objective(output(), &near, &huber, 2);
        assert!((terms.value - 0.5 * (0.5 + 1.5 * 1.25)).abs() < 1e-6, "{terms:?}");
    }

    #[test]
    fn numbers_of_an_action_are_independent() {
        let device = Device::flex();
        let logits = [0.3_f32, -0.2, 0.9, 0.4, 0.1, 1.0, 0.0, -1.0, -0.5, 0.7];
        let output = Output {
            logits: Tensor::from_data(TensorData::new(logits.to_vec(), [2, 5]), &device),
            values: Tensor::from_data(TensorData::new(vec![0.0_f32; 2], [2]), &device),
            choices: vec![3, 2],
        };
        let chances = |logits: &[f32]| -> Vec<f32> {
            let total: f32 = logits.iter().map(|logit| logit.exp()).sum();
            logits.iter().map(|logit| logit.exp() / total).collect()
        };
        let actions = [2, 0, 1, 1];
        let (chosen, negative_entropy) = chosen_and_negative_entropy(&output, &actions);
        let chosen = chosen.try_into_vec_as::<f32>().unwrap();
        let mut expected_entropy = 0.0;
        for row in 0..2 {
            let (first, second) =
                (chances(&logits[row * 5..row * 5 + 3]), chances(&logits[row * 5 + 3..row * 5 + 5]));
            let joint = first[actions[row * 2] as usize] * second[actions[row * 2 + 1] as usize];
            assert!((chosen[row] - joint.ln()).abs() < 1e-5, "{row}");
            // The entropy of the joint distribution.
            for a in &first {
                expected_entropy -= second.iter().map(|b| a * b * (a * b).ln()).sum::<f32>();
            }
        }
        let entropy = -negative_entropy.into_scalar::<f32>();
        assert!((entropy - expected_entropy).abs() < 1e-5, "{entropy} {expected_entropy}");
    }
}
