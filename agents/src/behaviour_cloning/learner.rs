//! The learner: gradient steps on rows of demonstrations, and the policy that comes of them.

use std::sync::atomic::{AtomicBool, Ordering};

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Bytes, DType, Device, Int, Tensor, TensorData};
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{ActionBuffer, VectorEnv};
use rayon::prelude::*;

use super::{CloningConfig, Demonstrations};
use crate::networks::{EncodedRows, InstructedPolicy, ObservationLayout};
use crate::policy::{Policy, discrete_actions};
use crate::random::{Purpose, stream};
use crate::{Error, categorical};

/// Rows evaluated at once.
const ROWS_AT_ONCE: usize = 64;

/// A policy that is being cloned.
pub struct CloningLearner {
    config: CloningConfig,
    layout: ObservationLayout,
    network: InstructedPolicy,
    optimizer: ModuleOptimizer,
    device: Device,
    random: Philox,
    updates: u64,
}

/// How cloning goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CloningProgress {
    /// Gradient steps made.
    pub updates: u64,
    /// Gradient steps after which it ends.
    pub total_updates: u64,
    /// The epoch, from 1.
    pub epoch: usize,
    /// Whether the epoch ends with this step.
    pub ends_epoch: bool,
    /// Mean cross-entropy of the demonstrator's actions in this epoch so far, in nats.
    pub cross_entropy: f32,
    /// Fraction of the demonstrator's actions in this epoch so far that were the most probable ones.
    pub accuracy: f32,
}

impl CloningLearner {
    /// A learner for demonstrations of `layout`, with random parameters.
    ///
    /// # Errors
    /// A configuration out of range, or a layout that the network cannot take.
    pub fn new(layout: &ObservationLayout, config: &CloningConfig) -> Result<Self, Error> {
        let counts = [
            ("cell_features", config.cell_features),
            ("combined_features", config.combined_features),
            ("batch", config.batch),
            ("epochs", config.epochs),
            ("shards", config.shards),
            ("hidden", config.hidden.iter().copied().min().unwrap_or(0)),
        ];
        if let Some((field, value)) = counts.into_iter().find(|(_, value)| *value == 0) {
            let (value, allowed) = (value.to_string(), String::from("at least 1"));
            return Err(Error::InvalidField { field, value, allowed });
        }
        if !(config.learning_rate > 0.0 && config.learning_rate <= 1.0) {
            let (value, allowed) = (config.learning_rate.to_string(), String::from("above 0, at most 1"));
            return Err(Error::InvalidField { field: "learning_rate", value, allowed });
        }
        let device = Device::flex().autodiff();
        let mut random = stream(config.seed, Purpose::Parameters);
        let network = InstructedPolicy::new(
            layout,
            [config.cell_features, config.combined_features],
            &config.hidden,
            &mut random,
            &device,
        )?;
        Ok(Self {
            config: config.clone(),
            layout: layout.clone(),
            network,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            device,
            random: stream(config.seed, Purpose::Minibatches),
            updates: 0,
        })
    }

    /// How it learns.
    pub fn config(&self) -> &CloningConfig {
        &self.config
    }

    /// Gradient steps made.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Goes through all demonstrations as often as the configuration says, each time in another random order,
    /// until that is done or `stop` is set; `observer` is told after every gradient step. Where it ended.
    ///
    /// # Errors
    /// No demonstrations, or [`Error::Diverged`] when the cross-entropy is no number.
    pub fn run(
        &mut self,
        demonstrations: &Demonstrations,
        observer: &mut dyn FnMut(&Self, &CloningProgress),
        stop: &AtomicBool,
    ) -> Result<CloningProgress, Error> {
        let count = demonstrations.len();
        if count == 0 {
            let (id, reason) =
                (String::from("behaviour cloning"), String::from("there are no demonstrations"));
            return Err(Error::Unsupported { id, reason });
        }
        let steps = count.div_ceil(self.config.batch);
        let mut progress = CloningProgress {
            updates: 0,
            total_updates: (steps * self.config.epochs) as u64,
            epoch: 0,
            ends_epoch: false,
            cross_entropy: f32::NAN,
            accuracy: f32::NAN,
        };
        let mut order: Vec<u32> = (0..count as u32).collect();
        for epoch in 1..=self.config.epochs {
            self.random.shuffle(&mut order);
            let (mut sum, mut right, mut seen) = (0.0, 0, 0);
            for (step, rows) in order.chunks(self.config.batch).enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return Ok(progress);
                }
                let rate = self.learning_rate(self.updates as f64 / progress.total_updates as f64);
                let (loss, correct) = self.gradient_step(demonstrations, rows, rate)?;
                self.updates += 1;
                sum += loss * rows.len() as f32;
                right += correct;
                seen += rows.len();
                progress = CloningProgress {
                    updates: self.updates,
                    epoch,
                    ends_epoch: step + 1 == steps,
                    cross_entropy: sum / seen as f32,
                    accuracy: right as f32 / seen as f32,
                    ..progress
                };
                observer(self, &progress);
            }
        }
        Ok(progress)
    }

    /// Adam's step size when a fraction `done` of the gradient steps is made.
    fn learning_rate(&self, done: f64) -> f64 {
        self.config.learning_rate * (1.0 - done).max(0.01)
    }

    /// One step of Adam on `rows`; their mean cross-entropy, and how many of the most probable actions were
    /// the demonstrator's.
    fn gradient_step(
        &mut self,
        from: &Demonstrations,
        rows: &[u32],
        rate: f64,
    ) -> Result<(f32, usize), Error> {
        let Self { network, layout, device, config, .. } = self;
        let (network, layout, device) = (&*network, &*layout, &*device);
        let parts: Vec<(f32, usize, GradientsParams)> = rows
            .par_chunks(rows.len().div_ceil(config.shards))
            .map(|part| {
                let mut seen = EncodedRows::default();
                seen.gather(layout, &from.rows, part);
                let made: Vec<i32> = part.iter().map(|&row| i32::from(from.actions[row as usize])).collect();
                let made =
                    Tensor::<2, Int>::from_data(TensorData::new(made, [part.len(), 1]), (device, DType::I32));
                // A copy with a graph of its own, so that the parts do not wait for each other.
                let copy = network.clone().fork(device);
                let logits = copy.forward(layout, &seen, 0..part.len());
                let right = likeliest(&logits, layout.actions)
                    .zip(part)
                    .filter(|(action, row)| *action == usize::from(from.actions[**row as usize]))
                    .count();
                let chosen = log_softmax(logits, 1).gather(1, made);
                let loss = chosen.sum().div_scalar(-(rows.len() as f32));
                let value = loss.clone().into_scalar::<f32>();
                (value, right, GradientsParams::from_grads(loss.backward(), &copy))
            })
            .collect();
        let mut gradients = GradientsAccumulator::new();
        let (mut loss, mut right) = (0.0, 0);
        for (value, correct, part) in parts {
            gradients.accumulate(&self.network, part);
            loss += value;
            right += correct;
        }
        if !loss.is_finite() {
            return Err(Error::Diverged { update: self.updates + 1, what: "cross-entropy" });
        }
        self.network = self.optimizer.step(rate, self.network.clone(), gradients.grads());
        Ok((loss, right))
    }

    /// The policy as it is now: sampled actions, or the most probable ones when `greedy`.
    pub fn policy(&self, greedy: bool, seed: u64) -> CloningPolicy {
        CloningPolicy {
            layout: self.layout.clone(),
            network: self.network.valid(),
            greedy,
            random: stream(seed, Purpose::Evaluation),
        }
    }

    /// The parameters as bytes.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let bytes = self.network.clone().into_record().into_bytes().map_err(|error| error.to_string())?;
        Ok(bytes.to_vec())
    }

    /// Takes over what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, bytes: Vec<u8>) -> Result<(), String> {
        let record =
            ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| error.to_string())?;
        self.network = self.network.clone().try_load_record(record).map_err(|error| error.to_string())?;
        Ok(())
    }
}

/// The most probable action of every row of `logits`, `[rows, actions]`.
fn likeliest(logits: &Tensor<2>, actions: usize) -> impl Iterator<Item = usize> {
    let data = logits.to_data();
    let rows: Vec<usize> = data
        .as_slice::<f32>()
        .expect("networks compute in 32-bit floats")
        .chunks_exact(actions)
        .map(categorical::argmax)
        .collect();
    rows.into_iter()
}

/// A cloned policy.
#[derive(Clone, Debug)]
pub struct CloningPolicy {
    layout: ObservationLayout,
    network: InstructedPolicy,
    greedy: bool,
    random: Philox,
}

impl Policy for CloningPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let actions = discrete_actions(env, actions)?;
        let Self { layout, network, greedy, random } = self;
        if let Some((name, _)) = layout.inputs.iter().find(|(name, _)| env.observation().get(name).is_none())
        {
            let reason = format!("the policy sees '{name}', which this batch does not compute");
            return Err(Error::Unsupported { id: env.spec().id.clone(), reason });
        }
        let envs: Vec<usize> = (0..active.len()).filter(|&env| active[env]).collect();
        let mut rows = EncodedRows::default();
        rows.push(layout, env.observation(), envs.iter().copied());
        let (rows, network, layout) = (&rows, &*network, &*layout);
        let starts: Vec<usize> = (0..envs.len()).step_by(ROWS_AT_ONCE).collect();
        let logits: Vec<Vec<f32>> = starts
            .into_par_iter()
            .map(|start| {
                let range = start..(start + ROWS_AT_ONCE).min(envs.len());
                let data = network.forward(layout, rows, range).into_data();
                data.as_slice::<f32>().expect("networks compute in 32-bit floats").to_vec()
            })
            .collect();
        let logits = logits.iter().flat_map(|part| part.chunks_exact(layout.actions));
        for (&env, logits) in envs.iter().zip(logits) {
            let action = if *greedy {
                categorical::argmax(logits)
            } else {
                categorical::sample(logits, random.float() as f32).0
            };
            actions[env] = action as i32 + layout.first_action;
        }
        Ok(())
    }
}
