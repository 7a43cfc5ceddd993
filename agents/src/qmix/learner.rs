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
use burn::tensor::{Bytes, Device};
use rayon::prelude::*;

use super::action_selection::best_choice;
use super::config::{LearnerConfig, Optimiser};
use super::joint::{Compared, JointTrace, JointWeights};
use super::minibatch::Unrolled;
use super::mixed::MixerWeights;
use super::networks::{AgentNetwork, Networks};
use super::replay::Batch;
use super::unrolled::{Keep, Weights};
use crate::Error;
use crate::categorical;
use crate::networks::MASKED_LOGIT;
use crate::networks::dense::SHARDS;
use crate::options::ProcessShape;
use crate::ppo::gradients::clip_norm;
use crate::random::{Purpose, stream};

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct UpdateStatistics {
    /// Mean squared temporal difference; of COMA, mean squared error of the critic.
    pub loss: f32,
    /// Norm of the gradient before it was scaled down; of COMA, that of the policy.
    pub gradient_norm: f32,
    /// Mean joint value of the choices in the minibatch, of COMA the mean of the agents' own, padding left out.
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
    workspace: Workspace,
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
            workspace: Workspace::default(),
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
        self.step(batch, true)
    }

    /// [`Learner::update`] of the mixing network alone: the agents' values stay as they are.
    ///
    /// # Errors
    /// As [`Learner::update`].
    pub fn update_mixer(&mut self, batch: &Batch) -> Result<UpdateStatistics, Error> {
        self.step(batch, false)
    }

    fn step(&mut self, batch: &Batch, with_agents: bool) -> Result<UpdateStatistics, Error> {
        let weights = Weights::of(&self.networks.agent);
        let target_weights = Weights::of(&self.target.agent);
        let mut workspace = std::mem::take(&mut self.workspace);
        let Workspace { live, target, joint } = &mut workspace;
        rayon::join(
            || live.forward(&weights, self.shape, batch, Keep::Everything),
            || target.forward(&target_weights, self.shape, batch, Keep::Values),
        );
        let guide = if self.config.double_q { &live.values } else { &target.values };
        let compared = Compared {
            chosen: &self.chosen(batch, live),
            next: &self.best(batch, guide, &target.values),
            batch,
            sizes: [self.shape.num_agents, self.shape.state],
        };
        let mixers = [&self.networks, &self.target].map(|networks| self.joint_weights(networks));
        let parts: Vec<_> = joint
            .par_iter_mut()
            .enumerate()
            .map(|(shard, trace)| compared.compare(&mixers, shard, trace))
            .collect();
        let mut gradients = GradientsParams::new();
        let (mut statistics, mut of_chosen) = (UpdateStatistics::default(), Vec::new());
        let mut of_mixer = None;
        for part in parts {
            statistics.loss += part.loss;
            statistics.mean_value += part.value;
            of_chosen.extend(part.of_chosen);
            of_mixer = match (of_mixer, part.of_mixer) {
                (Some(mut sum), Some(part)) => {
                    MixerWeights::add(&mut sum, &part);
                    Some(sum)
                }
                (sum, part) => sum.or(part),
            };
        }
        if let (Some(mixer), Some(gradient)) = (&self.networks.mixer, of_mixer) {
            gradient.register(mixer, &mut gradients);
        }
        if with_agents {
            let of_agents = live.gradient(&weights, self.shape, batch, |_, place, of_values| {
                of_values[batch.choices[place] as usize] = of_chosen[place];
            });
            of_agents.register(&self.networks.agent, &mut gradients);
        }
        self.workspace = workspace;
        let norm = clip_norm(&self.networks, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() || !statistics.loss.is_finite() {
            return Err(Error::Diverged { update: self.updates + 1, what: "norm of the gradient" });
        }
        self.networks = self.optimizer.step(self.config.learning_rate, self.networks.clone(), gradients);
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target_updates) {
            self.target = self.networks.valid();
        }
        Ok(UpdateStatistics { gradient_norm: norm, ..statistics })
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
        let counts: Vec<f32> = batch
            .available
            .chunks_exact(choices)
            .take(batch.choices.len())
            .zip(0..)
            .map(|(allowed, place): (_, usize)| {
                let is_choice = allowed.iter().filter(|&&allowed| allowed != 0).count() > 1;
                if is_choice { batch.mask[place / agents] } else { 0.0 }
            })
            .collect();
        let total = counts.iter().sum::<f32>().max(1.0);
        let weights = Weights::of(&self.networks.agent);
        let mut workspace = std::mem::take(&mut self.workspace);
        let live = &mut workspace.live;
        live.forward(&weights, self.shape, batch, Keep::Everything);
        let chances = |values: &[f32], place: usize| {
            let values = &values[place * choices..(place + 1) * choices];
            let allowed = &batch.available[place * choices..(place + 1) * choices];
            let logit = |(value, allowed): (&f32, &u8)| {
                if *allowed == 0 { MASKED_LOGIT } else { value / temperature }
            };
            categorical::probabilities(&values.iter().zip(allowed).map(logit).collect::<Vec<f32>>())
        };
        let made = |place: usize| batch.choices[place] as usize;
        let loss = |place: usize| -counts[place] * chances(&live.values, place)[made(place)].max(1e-9).ln();
        let value = (0..counts.len()).map(loss).sum::<f32>() / total;
        let gradient = live.gradient(&weights, self.shape, batch, |values, place, of_values| {
            for (choice, (slope, chance)) in of_values.iter_mut().zip(chances(values, place)).enumerate() {
                let target = if choice == made(place) { 1.0 } else { 0.0 };
                *slope = counts[place] * (chance - target) / (temperature * total);
            }
        });
        self.workspace = workspace;
        let mut gradients = GradientsParams::new();
        gradient.register(&self.networks.agent, &mut gradients);
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
        let mut live = Unrolled::default();
        live.forward(&Weights::of(&self.networks.agent), self.shape, batch, Keep::Values);
        let values = self.chosen(batch, &live);
        let [rows, agents] = [(batch.length - 1) * batch.episodes, self.shape.num_agents];
        let weights = self.joint_weights(&self.networks);
        let mut joint = vec![0.0; rows * weights.values_per_choice(agents)];
        let states = &batch.states[..rows * self.shape.state];
        weights.forward(&values, states, [agents, self.shape.state], &mut JointTrace::default(), &mut joint);
        joint
    }

    /// What makes joint values of the agents' values.
    fn joint_weights(&self, networks: &Networks) -> JointWeights {
        JointWeights::of(networks, self.config.factorisation)
    }

    /// Values of the choices made, `[(L - 1) * B, agents]`.
    fn chosen(&self, batch: &Batch, live: &Unrolled) -> Vec<f32> {
        let values = live.values.chunks_exact(self.shape.choices).zip(&batch.choices);
        values.map(|(values, &choice)| values[choice as usize]).collect()
    }

    /// Values of the choices that are the best ones by `guide`, in all situations but the first ones,
    /// `[(L - 1) * B, agents]`.
    fn best(&self, batch: &Batch, guide: &[f32], values: &[f32]) -> Vec<f32> {
        let choices = self.shape.choices;
        let first = batch.episodes * self.shape.num_agents * choices;
        let rows = guide[first..].chunks_exact(choices).zip(values[first..].chunks_exact(choices));
        rows.zip(batch.available[first..].chunks_exact(choices))
            .map(|((guide, values), allowed)| values[best_choice(guide, allowed)])
            .collect()
    }

    /// Parameters, target parameters and optimiser state as bytes.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<LearnerBytes, String> {
        LearnerBytes::of(&self.networks, &self.target, &self.optimizer, self.updates)
    }

    /// Takes over what [`Learner::to_bytes`] wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, bytes: LearnerBytes) -> Result<(), String> {
        let fresh = optimizer(&self.config);
        (self.networks, self.target, self.optimizer, self.updates) =
            bytes.load(&self.networks, &self.target, fresh)?;
        Ok(())
    }
}

/// Room for an update, kept from one to the next.
#[derive(Default)]
struct Workspace {
    live: Unrolled,
    target: Unrolled,
    joint: [JointTrace; SHARDS],
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

impl LearnerBytes {
    /// Networks, those that targets come from, and the optimiser after `updates` updates.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub(crate) fn of<N: Module + Clone, T: Module + Clone>(
        networks: &N,
        target: &T,
        optimizer: &ModuleOptimizer,
        updates: u64,
    ) -> Result<Self, String> {
        Ok(Self {
            networks: module_bytes(networks)?,
            target: module_bytes(target)?,
            optimizer: optimizer.into_bytes().map_err(|error| error.to_string())?.to_vec(),
            updates,
        })
    }

    /// What was written: networks and targets like those given, and the optimiser in the place of a `fresh` one.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn load<N: Module + Clone, T: Module + Clone>(
        self,
        networks: &N,
        target: &T,
        fresh: ModuleOptimizer,
    ) -> Result<(N, T, ModuleOptimizer, u64), String> {
        let optimizer = fresh
            .from_bytes(Bytes::from_bytes_vec(self.optimizer))
            .map_err(|error| format!("optimiser: {error}"))?;
        let networks = module_from(networks, self.networks)?;
        Ok((networks, module_from(target, self.target)?, optimizer, self.updates))
    }
}

/// The parameters of networks as bytes.
///
/// # Errors
/// What burn says when it cannot write them.
fn module_bytes<M: Module + Clone>(networks: &M) -> Result<Vec<u8>, String> {
    Ok(networks.clone().into_record().into_bytes().map_err(|error| error.to_string())?.to_vec())
}

/// Networks like `networks` with the parameters that [`module_bytes`] wrote.
///
/// # Errors
/// What does not fit.
pub(crate) fn module_from<M: Module + Clone>(networks: &M, bytes: Vec<u8>) -> Result<M, String> {
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes))
        .map_err(|error| format!("networks: {error}"))?;
    networks.clone().try_load_record(record).map_err(|error| format!("networks: {error}"))
}

/// The optimiser that `config` names.
pub(crate) fn optimizer(config: &LearnerConfig) -> ModuleOptimizer {
    match config.optimiser {
        Optimiser::Rmsprop => {
            RmsPropConfig::new().with_alpha(0.99).with_momentum(0.0).with_epsilon(1e-5).init()
        }
        Optimiser::Adam => AdamConfig::new().with_epsilon(1e-8).init(),
    }
}
