//! The learner: gradient steps on rows of demonstrations, and the policy that comes of them.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Bytes, DType, Device, Int, Tensor, TensorData};
use pentathlon_gym::VectorEnv;
use pentathlon_gym::seeding::{Random, philox::Philox};
use rayon::prelude::*;

use super::{CloningConfig, Demonstrations};
use crate::networks::{EncodedRows, InstructedPolicy, ObservationLayout};
use crate::policy::Policy;
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
    order: Vec<u32>,
    epochs: usize,
}

impl CloningLearner {
    /// A learner for demonstrations of `layout`, with random parameters.
    ///
    /// # Errors
    /// A configuration out of range, or a layout that the network cannot take.
    pub fn new(layout: &ObservationLayout, config: &CloningConfig) -> Result<Self, Error> {
        let counts = [
            ("cell_features", config.cell_features),
            ("batch", config.batch),
            ("shards", config.shards),
            ("hidden", config.hidden.iter().copied().min().unwrap_or(0)),
        ];
        if let Some((field, value)) = counts.into_iter().find(|(_, value)| *value == 0) {
            let (value, allowed) = (value.to_string(), String::from("at least 1"));
            return Err(Error::InvalidField { field, value, allowed });
        }
        let device = Device::flex().autodiff();
        let mut random = stream(config.seed, Purpose::Parameters);
        let network =
            InstructedPolicy::new(layout, config.cell_features, &config.hidden, &mut random, &device)?;
        Ok(Self {
            config: config.clone(),
            layout: layout.clone(),
            network,
            optimizer: AdamConfig::new().with_epsilon(1e-8).init(),
            device,
            random: stream(config.seed, Purpose::Minibatches),
            order: Vec::new(),
            epochs: 0,
        })
    }

    /// Goes once through all demonstrations in a random order; the mean cross-entropy in nats.
    ///
    /// # Errors
    /// [`Error::Diverged`] when it is no number.
    pub fn epoch(&mut self, demonstrations: &Demonstrations) -> Result<f32, Error> {
        self.order.clear();
        self.order.extend(0..demonstrations.len() as u32);
        let mut order = std::mem::take(&mut self.order);
        self.random.shuffle(&mut order);
        let steps = order.len().div_ceil(self.config.batch).max(1);
        let total = (steps * self.config.epochs.max(1)) as f64;
        let mut sum = 0.0;
        for (step, rows) in order.chunks(self.config.batch).enumerate() {
            let done = (self.epochs * steps + step) as f64 / total;
            let rate = self.config.learning_rate * (1.0 - done).max(0.01);
            sum += self.gradient_step(demonstrations, rows, rate)? * rows.len() as f32;
        }
        self.epochs += 1;
        self.order = order;
        Ok(sum / demonstrations.len().max(1) as f32)
    }

    fn gradient_step(&mut self, from: &Demonstrations, rows: &[u32], rate: f64) -> Result<f32, Error> {
        let Self { network, layout, device, config, .. } = self;
        let (network, layout, device) = (&*network, &*layout, &*device);
        let parts: Vec<(f32, GradientsParams)> = rows
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
                let chosen = log_softmax(logits, 1).gather(1, made);
                let loss = chosen.sum().div_scalar(-(rows.len() as f32));
                let value = loss.clone().into_scalar::<f32>();
                (value, GradientsParams::from_grads(loss.backward(), &copy))
            })
            .collect();
        let mut gradients = GradientsAccumulator::new();
        let mut loss = 0.0;
        for (value, part) in parts {
            gradients.accumulate(&self.network, part);
            loss += value;
        }
        if !loss.is_finite() {
            return Err(Error::Diverged { update: self.epochs as u64, what: "cross-entropy" });
        }
        self.network = self.optimizer.step(rate, self.network.clone(), gradients.grads());
        Ok(loss)
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

/// A cloned policy.
#[derive(Clone, Debug)]
pub struct CloningPolicy {
    layout: ObservationLayout,
    network: InstructedPolicy,
    greedy: bool,
    random: Philox,
}

impl Policy for CloningPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut [i32]) -> Result<(), Error> {
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
