//! The learner of QMIX, VDN and IQL: temporal differences of joint values over whole episodes.
//!
//! ```text
//! y_t  = r_t + d_t Q_tot'(s_{t+1}, [Q_i'(o_i, argmax_a Q_i(o_i, a))]_i)     (' target networks)
//! loss = sum mask_t (Q_tot(s_t, [Q_i(o_i, a_i)]_i) - y_t)^2 / sum mask_t
//! ```
//!
//! with `d_t` the discount, 0 where a terminal state follows. For IQL every agent has a target of its own.

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, RmsPropConfig};
use burn::store::ModuleRecord;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Bool, Bytes, DType, Device, Int, Tensor, TensorData};

use super::collector::{best_choice, numbers};
use super::config::{Factorisation, LearnerConfig, Optimiser};
use super::networks::{AgentNetwork, Networks, input_len};
use super::replay::Batch;
use crate::Error;
use crate::networks::MASKED_LOGIT;
use crate::options::ProcessShape;
use crate::ppo::gradients::clip_norm;
use crate::random::{Purpose, stream};

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct UpdateStatistics {
    /// Mean squared temporal difference.
    pub loss: f32,
    /// Norm of the gradient before it was scaled down.
    pub gradient_norm: f32,
    /// Mean joint value of the choices in the minibatch, padding left out.
    pub mean_value: f32,
}

/// Networks in training.
pub struct Learner {
    shape: ProcessShape,
    config: LearnerConfig,
    networks: Networks,
    target: Networks,
    optimizer: ModuleOptimizer,
    updates: u64,
    device: Device,
}

impl Learner {
    /// A learner with random parameters drawn from `seed`.
    pub fn new(shape: ProcessShape, config: &LearnerConfig, seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let networks = Networks::new(shape, config, &mut stream(seed, Purpose::Parameters), &device);
        Self {
            shape,
            target: networks.valid(),
            networks,
            optimizer: optimizer(config),
            config: config.clone(),
            updates: 0,
            device,
        }
    }

    /// Sizes of the process that is learned.
    pub fn shape(&self) -> ProcessShape {
        self.shape
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The agents' network as it is now, without gradients.
    pub fn policy(&self) -> AgentNetwork {
        self.networks.agent.valid()
    }

    /// One gradient step on `batch`; copies the networks into the target networks when it is time.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the gradient is not finite; the networks are then as they were.
    pub fn update(&mut self, batch: &Batch) -> Result<UpdateStatistics, Error> {
        let (chosen, live) = self.unroll(batch);
        let targets = self.targets(batch, &live);
        let joint = self.mix(&self.networks, batch, chosen, 0);
        let per_choice = self.values_per_choice();
        let mask: Vec<f32> =
            batch.mask.iter().flat_map(|&mask| std::iter::repeat_n(mask, per_choice)).collect();
        let total: f32 = mask.iter().sum();
        let values = numbers(joint.clone().inner());
        let rows = values.len();
        let column = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [rows]), &self.device);
        let mean_value = values.iter().zip(&mask).map(|(value, mask)| value * mask).sum::<f32>() / total;
        let error = (joint - column(targets)) * column(mask);
        let loss = error.square().sum().div_scalar(total);
        let statistics = loss.clone().into_scalar::<f32>();
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.networks);
        let norm = clip_norm(&self.networks, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() || !statistics.is_finite() {
            return Err(Error::Diverged { update: self.updates + 1, what: "norm of the gradient" });
        }
        self.networks = self.optimizer.step(self.config.learning_rate, self.networks.clone(), gradients);
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target_updates) {
            self.target = self.networks.valid();
        }
        Ok(UpdateStatistics { loss: statistics, gradient_norm: norm, mean_value })
    }

    /// One gradient step towards the choices of `batch`: raises the chance that a softmax of the agents' values over
    /// `temperature` gives the choices made, where an agent had more than one. Returns the mean negative
    /// logarithm of those chances. Values then differ as a policy's logits do, times `temperature`. The mixing
    /// network is not touched; the targets are those of the new networks.
    ///
    /// # Errors
    /// As [`Learner::update`].
    pub fn imitate(&mut self, batch: &Batch, temperature: f32) -> Result<f32, Error> {
        let ProcessShape { num_agents: agents, choices, .. } = self.shape;
        let rows = batch.episodes * agents;
        let mut total = 0.0;
        let mut losses = Vec::with_capacity(batch.length);
        self.each_step(&self.networks.agent, batch, &self.device, |t, values| {
            if t + 1 == batch.length {
                return;
            }
            let allowed = &batch.available[t * rows * choices..(t + 1) * rows * choices];
            let forbidden: Vec<bool> = allowed.iter().map(|&allowed| allowed == 0).collect();
            let forbidden =
                Tensor::<2, Bool>::from_data(TensorData::new(forbidden, [rows, choices]), &self.device);
            let made = batch.choices[t * rows..(t + 1) * rows].to_vec();
            let made =
                Tensor::<2, Int>::from_data(TensorData::new(made, [rows, 1]), (&self.device, DType::I32));
            let counts: Vec<f32> = allowed
                .chunks_exact(choices)
                .enumerate()
                .map(|(row, allowed)| {
                    let is_choice = allowed.iter().filter(|&&allowed| allowed != 0).count() > 1;
                    if is_choice { batch.mask[t * batch.episodes + row / agents] } else { 0.0 }
                })
                .collect();
            total += counts.iter().sum::<f32>();
            let counts = Tensor::<2>::from_data(TensorData::new(counts, [rows, 1]), &self.device);
            let logits = values.div_scalar(temperature).mask_fill(forbidden, MASKED_LOGIT);
            losses.push((log_softmax(logits, 1).gather(1, made) * counts).sum());
        });
        let loss = Tensor::cat(losses, 0).sum().div_scalar(-total.max(1.0));
        let value = loss.clone().into_scalar::<f32>();
        let mut gradients = GradientsParams::from_grads(loss.backward(), &self.networks);
        let norm = clip_norm(&self.networks, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() || !value.is_finite() {
            return Err(Error::Diverged { update: self.updates, what: "norm of the gradient" });
        }
        self.networks = self.optimizer.step(self.config.learning_rate, self.networks.clone(), gradients);
        self.target = self.networks.valid();
        Ok(value)
    }

    /// Joint values of the choices of `batch`, `[L - 1, B]`; for IQL the agents' own, `[L - 1, B, agents]`.
    pub fn joint_values(&self, batch: &Batch) -> Vec<f32> {
        let (chosen, _) = self.unroll(batch);
        numbers(self.mix(&self.networks, batch, chosen, 0).inner())
    }

    /// Values that the loss compares for every choice of a team.
    fn values_per_choice(&self) -> usize {
        if self.config.factorisation == Factorisation::Iql { self.shape.num_agents } else { 1 }
    }

    /// Values of the choices made, `[(L - 1) * B, agents]`, and what the live network says of every
    /// choice, `[L, B, agents, choices]`.
    fn unroll(&self, batch: &Batch) -> (Tensor<2>, Vec<f32>) {
        let ProcessShape { num_agents: agents, choices, .. } = self.shape;
        let rows = batch.episodes * agents;
        let mut chosen = Vec::with_capacity(batch.length);
        let mut all = Vec::with_capacity(batch.length * rows * choices);
        self.each_step(&self.networks.agent, batch, &self.device, |t, values| {
            all.extend(numbers(values.clone().inner()));
            if t + 1 < batch.length {
                let made = batch.choices[t * rows..(t + 1) * rows].to_vec();
                let made =
                    Tensor::<2, Int>::from_data(TensorData::new(made, [rows, 1]), (&self.device, DType::I32));
                chosen.push(values.gather(1, made));
            }
        });
        let count = chosen.len() * batch.episodes;
        (Tensor::cat(chosen, 0).reshape([count, agents]), all)
    }

    /// Runs `network` over the situations of `batch` from empty memories.
    fn each_step(
        &self,
        network: &AgentNetwork,
        batch: &Batch,
        device: &Device,
        mut take: impl FnMut(usize, Tensor<2>),
    ) {
        let rows = batch.episodes * self.shape.num_agents;
        let input = input_len(self.shape);
        let mut hidden = Tensor::<2>::zeros([rows, self.config.hidden], device);
        for (t, inputs) in batch.inputs.chunks_exact(rows * input).enumerate() {
            let inputs = Tensor::<2>::from_data(TensorData::new(inputs.to_vec(), [rows, input]), device);
            let (values, next) = network.step(inputs, hidden);
            hidden = next;
            take(t, values);
        }
    }

    /// What the values of the choices should be, shaped as the loss compares them. `live` are the live
    /// network's values of every choice.
    fn targets(&self, batch: &Batch, live: &[f32]) -> Vec<f32> {
        let ProcessShape { num_agents: agents, choices, .. } = self.shape;
        let rows = batch.episodes * agents;
        let mut best = Vec::with_capacity((batch.length - 1) * rows);
        self.each_step(&self.target.agent, batch, &Device::flex(), |t, values| {
            if t == 0 {
                return;
            }
            let values = numbers(values);
            let guide = if self.config.double_q { &live[t * rows * choices..] } else { &values[..] };
            let allowed = batch.available[t * rows * choices..(t + 1) * rows * choices].chunks_exact(choices);
            for (row, allowed) in allowed.enumerate() {
                let choice = best_choice(&guide[row * choices..(row + 1) * choices], allowed);
                best.push(values[row * choices + choice]);
            }
        });
        let count = (batch.length - 1) * batch.episodes;
        let best = Tensor::<2>::from_data(TensorData::new(best, [count, agents]), &Device::flex());
        let next = numbers(self.mix(&self.target, batch, best, 1));
        let per_choice = self.values_per_choice();
        let paid = batch.rewards.iter().zip(&batch.discounts);
        next.chunks_exact(per_choice)
            .zip(paid)
            .flat_map(|(next, (&reward, &discount))| next.iter().map(move |next| reward + discount * next))
            .collect()
    }

    /// Joint values of the agents' `values`, `[(L - 1) * B, agents]`, in the situations from `first` on.
    fn mix(&self, networks: &Networks, batch: &Batch, values: Tensor<2>, first: usize) -> Tensor<1> {
        let [rows, agents] = values.dims();
        match (&networks.mixer, self.config.factorisation) {
            (Some(mixer), _) => {
                let size = self.shape.state;
                let from = first * batch.episodes * size;
                let states = batch.states[from..from + rows * size].to_vec();
                let device = values.device();
                mixer.forward(values, Tensor::from_data(TensorData::new(states, [rows, size]), &device))
            }
            (None, Factorisation::Iql) => values.reshape([rows * agents]),
            (None, _) => values.sum_dim(1).squeeze_dim::<1>(1),
        }
    }

    /// Parameters, target parameters and optimiser state as bytes.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<LearnerBytes, String> {
        let write = |networks: &Networks| {
            let bytes = networks.clone().into_record().into_bytes().map_err(|error| error.to_string())?;
            Ok::<_, String>(bytes.to_vec())
        };
        Ok(LearnerBytes {
            networks: write(&self.networks)?,
            target: write(&self.target)?,
            optimizer: self.optimizer.into_bytes().map_err(|error| error.to_string())?.to_vec(),
            updates: self.updates,
        })
    }

    /// Takes over what [`Learner::to_bytes`] wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, bytes: LearnerBytes) -> Result<(), String> {
        let read = |networks: &Networks, bytes: Vec<u8>| {
            let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))
                .map_err(|error| format!("networks: {error}"))?;
            networks.clone().try_load_record(record).map_err(|error| format!("networks: {error}"))
        };
        let networks = read(&self.networks, bytes.networks)?;
        let target = read(&self.target, bytes.target)?;
        self.optimizer = optimizer(&self.config)
            .from_bytes(Bytes::from_bytes_vec(bytes.optimizer))
            .map_err(|error| format!("optimiser: {error}"))?;
        (self.networks, self.target, self.updates) = (networks, target, bytes.updates);
        Ok(())
    }
}

/// A learner as it stands in a checkpoint.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LearnerBytes {
    /// The live networks.
    pub networks: Vec<u8>,
    /// The target networks.
    pub target: Vec<u8>,
    /// The optimiser.
    pub optimizer: Vec<u8>,
    /// Updates so far.
    pub updates: u64,
}

fn optimizer(config: &LearnerConfig) -> ModuleOptimizer {
    match config.optimiser {
        Optimiser::Rmsprop => {
            RmsPropConfig::new().with_alpha(0.99).with_momentum(0.0).with_epsilon(1e-5).init()
        }
        Optimiser::Adam => AdamConfig::new().with_epsilon(1e-8).init(),
    }
}
