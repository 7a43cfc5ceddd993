//! The learner: a network, its optimiser, and the update that a rollout makes to them.

use std::sync::Arc;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use pentathlon_gym::seeding::{Random, philox::Philox};
use rayon::prelude::*;

use super::loss::{LossTerms, Targets, objective};
use super::{Rollout, ValueScale, gradients, normalize};
use crate::Error;
use crate::config::{NetworkConfig, PpoConfig};
use crate::networks::{self, ActorCritic, EncodedRows, ObservationLayout, Sequences};
use crate::random::{Purpose, stream};

/// What an update did, as means over its gradient steps.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UpdateStatistics {
    /// The parts of the objective.
    pub loss: LossTerms,
    /// Norm of the gradient before it was scaled down.
    pub gradient_norm: f32,
    /// How much of the variance of the value targets the value estimates of the rollout explain: 1 all,
    /// 0 none.
    pub explained_variance: f32,
}

/// A network in training.
pub struct Learner {
    /// The inputs of the network.
    pub layout: ObservationLayout,
    /// The network, recording gradients.
    pub network: ActorCritic,
    /// Order of the minibatches.
    pub random: Philox,
    /// What the network's values mean.
    pub scale: ValueScale,
    /// Steps of a sequence.
    sequence_steps: usize,
    config: PpoConfig,
    optimizer: ModuleOptimizer,
    device: Device,
    pool: Arc<rayon::ThreadPool>,
    parts: Vec<Part>,
    /// Sequences, in the order in which they are learned from.
    order: Vec<u32>,
    /// Rows of a minibatch: part by part, step by step, sequence by sequence.
    rows: Vec<u32>,
    advantages: Vec<f32>,
}

impl Learner {
    /// A learner with random parameters drawn from `seed`.
    ///
    /// # Errors
    /// A backend that this build does not have.
    pub fn new(
        layout: ObservationLayout,
        network: &NetworkConfig,
        config: &PpoConfig,
        seed: u64,
        pool: Arc<rayon::ThreadPool>,
    ) -> Result<Self, Error> {
        let device = networks::device(network.backend)?.autodiff();
        let sequence_steps = config.sequence_steps(network.memory);
        let network = ActorCritic::new(&layout, network, &mut stream(seed, Purpose::Parameters), &device);
        Ok(Self {
            scale: ValueScale::default(),
            sequence_steps,
            layout,
            network,
            random: stream(seed, Purpose::Minibatches),
            optimizer: AdamConfig::new().with_epsilon(config.adam_epsilon).init(),
            config: config.clone(),
            device,
            pool,
            parts: Vec::new(),
            order: Vec::new(),
            rows: Vec::new(),
            advantages: Vec::new(),
        })
    }

    /// Steps of the sequences that are learned from as a whole.
    pub fn sequence_steps(&self) -> usize {
        self.sequence_steps
    }

    /// Improves the network by what `rollout` shows, with step size `learning_rate`.
    ///
    /// # Errors
    /// [`Error::Diverged`] (with update 0) when a gradient is not finite; the network is then as it was
    /// before that gradient step.
    pub fn update(&mut self, rollout: &Rollout, learning_rate: f64) -> Result<UpdateStatistics, Error> {
        let sequences = rollout.len() / self.sequence_steps;
        let count = sequences / self.config.minibatches;
        self.order.clear();
        self.order.extend(0..sequences as u32);
        let before = self.scale;
        if self.config.normalize_values {
            self.scale.extend(&rollout.returns);
        }
        let mut statistics = UpdateStatistics {
            explained_variance: explained_variance(&rollout.values, &rollout.returns),
            ..UpdateStatistics::default()
        };
        for _ in 0..self.config.epochs {
            self.random.shuffle(&mut self.order);
            for minibatch in 0..self.config.minibatches {
                let (terms, norm) = self.gradient_step(
                    rollout,
                    before,
                    minibatch * count..(minibatch + 1) * count,
                    learning_rate,
                )?;
                statistics.loss += terms;
                statistics.gradient_norm += norm;
            }
        }
        let steps = (self.config.epochs * self.config.minibatches) as f32;
        statistics.loss = statistics.loss.over(steps);
        statistics.gradient_norm /= steps;
        Ok(statistics)
    }

    /// One step of Adam on the sequences `order[range]` of the rollout, whose values were those of `before`.
    fn gradient_step(
        &mut self,
        rollout: &Rollout,
        before: ValueScale,
        range: std::ops::Range<usize>,
        learning_rate: f64,
    ) -> Result<(LossTerms, f32), Error> {
        let steps = self.sequence_steps;
        let sequences = &self.order[range];
        let part_sequences = sequences.len().div_ceil(self.config.shards);
        // Rollouts of single decisions have no columns.
        let agents = rollout.last_values.len().max(1) as u32;
        self.rows.clear();
        for part in sequences.chunks(part_sequences) {
            for step in 0..steps as u32 {
                let row =
                    |&sequence: &u32| (sequence / agents * steps as u32 + step) * agents + sequence % agents;
                self.rows.extend(part.iter().map(row));
            }
        }
        self.advantages.clear();
        self.advantages.extend(self.rows.iter().map(|&row| rollout.advantages[row as usize]));
        if self.config.normalize_advantage {
            normalize(&mut self.advantages, self.config.advantage_floor);
        }
        self.parts.resize_with(sequences.len().div_ceil(part_sequences), Part::default);
        let Self { network, layout, config, device, parts, rows, advantages, scale, .. } = self;
        let (network, layout, config, device) = (&*network, &*layout, &*config, &*device);
        let scales = [before, *scale];
        let part_rows = part_sequences * steps;
        let results: Vec<(LossTerms, GradientsParams)> = self.pool.install(|| {
            parts
                .par_iter_mut()
                .zip(rows.par_chunks(part_rows).zip(advantages.par_chunks(part_rows)))
                .zip(sequences.par_chunks(part_sequences))
                .map(|((part, (part_rows, advantages)), sequences)| {
                    part.fill(layout, rollout, part_rows, advantages, scales);
                    part.remember(rollout, part_rows, sequences, network.memory_len());
                    // A copy with a graph of its own, so that the parts do not wait for each other.
                    let copy = network.clone().fork(device);
                    let sequences = Sequences { steps, memory: &part.memory, ended: &part.ended };
                    let output = copy.forward_sequences(layout, &part.observations, &sequences);
                    let (loss, terms) = objective(output, &part.targets, config, rows.len());
                    (terms, GradientsParams::from_grads(loss.backward(), &copy))
                })
                .collect()
        });
        let mut sum = GradientsAccumulator::new();
        let mut terms = LossTerms::default();
        for (part_terms, gradients) in results {
            sum.accumulate(&self.network, gradients);
            terms += part_terms;
        }
        let mut gradients = sum.grads();
        let norm = gradients::clip_norm(&self.network, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() {
            return Err(Error::Diverged { update: 0, what: "norm of the gradient" });
        }
        self.network = self.optimizer.step(learning_rate, self.network.clone(), gradients);
        Ok((terms, norm))
    }

    /// Parameters and optimiser state as bytes: `(network, optimiser)`.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<(Vec<u8>, Vec<u8>), String> {
        let network = self.network.clone().into_record().into_bytes().map_err(|error| error.to_string())?;
        let optimizer = self.optimizer.into_bytes().map_err(|error| error.to_string())?;
        Ok((network.to_vec(), optimizer.to_vec()))
    }

    /// Takes over what [`Learner::to_bytes`] wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, network: Vec<u8>, optimizer: Vec<u8>) -> Result<(), String> {
        let loaded = load_network(self.network.clone(), network)?;
        let fresh = AdamConfig::new().with_epsilon(self.config.adam_epsilon).init();
        self.optimizer = fresh
            .from_bytes(Bytes::from_bytes_vec(optimizer))
            .map_err(|error| format!("optimiser: {error}"))?;
        self.network = loaded;
        Ok(())
    }
}

/// `network` with the parameters in `bytes`.
pub(crate) fn load_network(network: ActorCritic, bytes: Vec<u8>) -> Result<ActorCritic, String> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))
        .map_err(|error| format!("network: {error}"))?;
    network.try_load_record(record).map_err(|error| format!("network: {error}"))
}

fn explained_variance(values: &[f32], returns: &[f32]) -> f32 {
    let variance = |values: &mut dyn Iterator<Item = f32>| {
        let (mut count, mut sum, mut squares) = (0.0_f64, 0.0, 0.0);
        for value in values {
            let value = f64::from(value);
            (count, sum, squares) = (count + 1.0, sum + value, squares + value * value);
        }
        squares / count - (sum / count).powi(2)
    };
    let total = variance(&mut returns.iter().copied());
    let left = variance(&mut returns.iter().zip(values).map(|(target, value)| target - value));
    if total > 0.0 { (1.0 - left / total) as f32 } else { 0.0 }
}

/// The rows of a minibatch that one thread works on; buffers are kept.
#[derive(Default)]
struct Part {
    observations: EncodedRows,
    targets: Targets,
    /// What was remembered at the start of each sequence.
    memory: Vec<f32>,
    /// Whether the episode ended with a row.
    ended: Vec<bool>,
}

impl Part {
    /// `scales` are those of the values in the rollout and of the targets.
    fn fill(
        &mut self,
        layout: &ObservationLayout,
        rollout: &Rollout,
        rows: &[u32],
        advantages: &[f32],
        [of_values, of_targets]: [ValueScale; 2],
    ) {
        self.observations.clear();
        self.observations.gather(layout, &rollout.observations, rows);
        let copy = |target: &mut Vec<f32>, source: &[f32]| {
            target.clear();
            target.extend(rows.iter().map(|&row| source[row as usize]));
        };
        let targets = &mut self.targets;
        let numbers = layout.choices.len();
        targets.actions.clear();
        let actions = rows.iter().map(|&row| &rollout.actions[row as usize * numbers..][..numbers]);
        targets.actions.extend(actions.flatten());
        copy(&mut targets.log_probabilities, &rollout.log_probabilities);
        copy(&mut targets.returns, &rollout.returns);
        targets.returns.iter_mut().for_each(|target| *target = of_targets.to_output(*target));
        copy(&mut targets.values, &rollout.values);
        targets.values.iter_mut().for_each(|value| *value = of_values.to_output(*value));
        targets.advantages.clear();
        targets.advantages.extend_from_slice(advantages);
    }

    /// Copies what was remembered when `sequences` began, `len` numbers each, and where episodes ended.
    fn remember(&mut self, rollout: &Rollout, rows: &[u32], sequences: &[u32], len: usize) {
        let remembered = |&sequence: &u32| &rollout.memories[sequence as usize * len..][..len];
        self.memory.clear();
        self.memory.extend(sequences.iter().flat_map(remembered));
        self.ended.clear();
        if len > 0 {
            self.ended.extend(rows.iter().map(|&row| rollout.done[row as usize]));
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::module::Param;
    use burn::tensor::{Tensor, TensorData};

    use super::*;

    #[derive(Module, Debug)]
    struct Scalar {
        value: Param<Tensor<1>>,
    }

    /// Kingma and Ba, 2015: with gradients 1, 2, -1 the corrected moments are (1, 1), (0.29 / 0.19,
    /// 0.004999 / 0.001999) and (0.161 / 0.271, 0.005994001 / 0.002997001).
    #[test]
    fn three_steps_of_adam() {
        let device = Device::flex().autodiff();
        let mut scalar = Scalar { value: Param::from_data(TensorData::new(vec![0.0_f32], [1]), &device) };
        let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
        let moments = [
            (1.0, 1.0),
            (0.29 / 0.19, 0.004_999 / 0.001_999),
            (0.161 / 0.271, 0.005_994_001 / 0.002_997_001),
        ];
        let mut expected = 0.0_f64;
        for (gradient, (first, second)) in [1.0_f32, 2.0, -1.0].into_iter().zip(moments) {
            let loss = scalar.value.val().mul_scalar(gradient).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &scalar);
            scalar = optimizer.step(0.1, scalar, gradients);
            expected -= 0.1 * first / f64::sqrt(second);
            let value = f64::from(scalar.value.val().into_scalar::<f32>());
            assert!((value - expected).abs() < 1e-5, "{value} {expected}");
        }
    }

    #[test]
    fn the_gradient_of_all_parameters_together_is_scaled_down_to_the_limit() {
        #[derive(Module, Debug)]
        struct Two {
            a: Param<Tensor<1>>,
            b: Param<Tensor<2>>,
        }
        let device = Device::flex().autodiff();
        let two = Two {
            a: Param::from_data(TensorData::new(vec![0.0_f32], [1]), &device),
            b: Param::from_data(TensorData::new(vec![0.0_f32], [1, 1]), &device),
        };
        let clipped = |limit: f32| {
            let loss = two.a.val().mul_scalar(3.0).sum() + two.b.val().mul_scalar(4.0).sum();
            let mut gradients = GradientsParams::from_grads(loss.backward(), &two);
            let norm = gradients::clip_norm(&two, &mut gradients, limit);
            let a = gradients.get::<1>(two.a.id).unwrap().into_scalar::<f32>();
            let b = gradients.get::<2>(two.b.id).unwrap().into_scalar::<f32>();
            (norm, a, b)
        };
        assert_eq!(clipped(10.0), (5.0, 3.0, 4.0));
        let (norm, a, b) = clipped(0.5);
        assert!(norm == 5.0 && (a - 0.3).abs() < 1e-6 && (b - 0.4).abs() < 1e-6, "{norm} {a} {b}");
    }

    #[test]
    fn explained_variance_is_1_for_perfect_and_0_for_constant_estimates() {
        let returns = [1.0, 2.0, 3.0];
        assert_eq!(explained_variance(&returns, &returns), 1.0);
        assert!(explained_variance(&[5.0; 3], &returns).abs() < 1e-6);
        assert_eq!(explained_variance(&[5.0; 3], &[1.0; 3]), 0.0);
    }
}
