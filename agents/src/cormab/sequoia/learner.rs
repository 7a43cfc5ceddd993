//! One SEQUOIA learner: its episodes, its exploration and its gradient steps. Both the actions that are taken and
//! the targets are exact best actions.

use std::collections::HashMap;

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    dynamics::Arms,
    feasible::FeasibleSet,
    instance::Instance,
};
use pentathlon_gym::{
    Error,
    seeding::{Random, philox::Philox},
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        evaluation::{EvaluationProtocol, evaluate},
        network::ReluNetwork,
        oracle::{ArgmaxOracle, Limits},
        policies::{BestOfNetwork, oracle_for},
    },
    adamw::AdamW,
    config::{SequoiaConfig, TargetSchedule},
    gradient::Gradient,
    replay::{Drawn, Replay, Transition},
    target::td_target,
};

/// Part of the difference by which the mean reward follows each reward.
const MEAN_REWARD_RATE: f64 = 0.01;

/// Everything of a learner that training changes, its random stream excepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub network: ReluNetwork,
    pub target: ReluNetwork,
    /// Best values of the target network by levels; emptied when it changes.
    pub memory: HashMap<Vec<u8>, f64>,
    /// What is subtracted from every reward; 0 where rewards are not centred.
    pub centre: f64,
    /// Running mean of the rewards of steps that did not explore.
    pub mean_reward: f64,
    pub replay: Replay,
    pub optimiser: AdamW,
    /// How far below the best the value of an action may stay that a search answers with.
    pub gap: f64,
    pub steps: u64,
    pub updates: u64,
    pub searches: u64,
    pub unproved: u64,
}

/// A learner on its instance.
pub(super) struct Learner {
    pub config: SequoiaConfig,
    pub instance: Instance,
    pub random: Philox,
    pub state: State,
    arms: Arms,
    set: FeasibleSet,
    oracles: Vec<Box<dyn ArgmaxOracle>>,
    gradient: Gradient,
    drawn: Vec<Drawn>,
}

impl Learner {
    /// A learner whose first network is `network`.
    pub fn new(config: SequoiaConfig, instance: Instance, network: ReluNetwork, random: Philox) -> Self {
        let state = State {
            target: network.clone(),
            memory: HashMap::new(),
            centre: 0.0,
            mean_reward: 0.0,
            replay: Replay::new(config.training.replay, config.training.alpha),
            optimiser: AdamW::new(&network, config.optimiser.clone()),
            gap: 0.0,
            steps: 0,
            updates: 0,
            searches: 0,
            unproved: 0,
            network,
        };
        Self::with_state(config, instance, state, random)
    }

    /// A learner that goes on from `state`.
    pub fn with_state(config: SequoiaConfig, instance: Instance, state: State, random: Philox) -> Self {
        let set = FeasibleSet::new(&instance);
        Self {
            oracles: oracles(&config, &set, state.gap),
            gradient: Gradient::new(&state.network),
            arms: Arms::new(&instance),
            drawn: Vec::new(),
            config,
            instance,
            random,
            state,
            set,
        }
    }

    /// Lets searches stay below the best value by the part of it that is allowed. `earned` is what a step earns: it is
    /// what centred values are about, and others add up over the horizon of the discount.
    pub fn allow_gap(&mut self, earned: f64) {
        let training = &self.config.training;
        let size = if training.centre_rewards { earned } else { earned / (1.0 - training.gamma) };
        self.state.gap = self.config.search.relative_gap * size.abs();
        self.oracles = oracles(&self.config, &self.set, self.state.gap);
    }

    /// Fills replay with some of the states and actions of the warm start.
    pub fn prefill(&mut self, mut rows: Vec<(Vec<u8>, ActionMask)>) {
        self.random.shuffle(&mut rows);
        rows.truncate(self.config.training.prefill);
        for (levels, action) in rows {
            self.take(levels, action);
        }
    }

    /// Takes a step from `levels`, keeps it, and answers with its expected reward and the levels after it.
    fn take(&mut self, levels: Vec<u8>, action: ActionMask) -> (f64, Vec<u8>) {
        let reward = self.arms.expected_reward(&levels, action);
        let mut next = levels.clone();
        self.arms.step(&mut self.random, &mut next, action);
        self.state.replay.push(Transition { levels, action, reward: reward as f32, next: next.clone() });
        (reward, next)
    }

    /// One episode; answers with the mean expected reward of a step and the mean error of a value.
    pub fn episode(&mut self, learning_rate: f32) -> (f64, f64) {
        let start = self.config.training.start;
        let mut levels: Vec<u8> =
            (0..self.instance.arms).map(|_| u8::from(self.random.float() < start)).collect();
        let (mut rewards, mut errors) = (0.0, 0.0);
        let updates = self.config.training.updates_per_step;
        for _ in 0..self.instance.horizon {
            let (action, explores) = self.choose(&levels);
            let (reward, next) = self.take(levels, action);
            if !explores {
                self.state.mean_reward += MEAN_REWARD_RATE * (reward - self.state.mean_reward);
            }
            rewards += reward;
            levels = next;
            self.state.steps += 1;
            for _ in 0..updates {
                errors += self.learn(learning_rate);
            }
        }
        self.centre_rewards();
        let horizon = f64::from(self.instance.horizon);
        (rewards / horizon, errors / (horizon * updates.max(1) as f64))
    }

    /// Subtracts the present mean from rewards. All values fall by what that is worth for ever, so none has
    /// to be learned again.
    fn centre_rewards(&mut self) {
        if self.config.training.centre_rewards {
            let change = self.state.mean_reward - self.state.centre;
            self.state.centre = self.state.mean_reward;
            self.shift_values(-change / (1.0 - self.config.training.gamma));
        }
    }

    /// Adds `shift` to the values of both networks.
    pub fn shift_values(&mut self, shift: f64) {
        for network in [&mut self.state.network, &mut self.state.target] {
            add_to_values(network, shift);
        }
        self.state.memory.values_mut().for_each(|value| *value += shift);
    }

    /// The network with the values of rewards as they are.
    pub fn uncentred(&self) -> ReluNetwork {
        let mut network = self.state.network.clone();
        add_to_values(&mut network, self.state.centre / (1.0 - self.config.training.gamma));
        network
    }

    /// The action to take, the best of the network or one to try out, and whether it is one to try out.
    fn choose(&mut self, levels: &[u8]) -> (ActionMask, bool) {
        let exploration = &self.config.exploration;
        let fading = (-(self.state.steps as f64) / exploration.decay_steps).exp();
        let explores =
            self.random.float() < exploration.last + (exploration.first - exploration.last) * fading;
        let perturbs = self.random.float() < exploration.perturb;
        if explores && !perturbs {
            return (self.set.sample(&mut self.random), true);
        }
        let answer = self.oracles[0].argmax(&self.state.network, levels);
        self.state.searches += 1;
        (if explores { self.perturbed(answer.action) } else { answer.action }, explores)
    }

    /// `action` with one component exchanged for another; itself where nothing can be.
    fn perturbed(&mut self, action: ActionMask) -> ActionMask {
        let chosen: Vec<usize> = components(action).collect();
        if chosen.is_empty() {
            return self.set.sample(&mut self.random);
        }
        let part = action & !(1 << self.random.element(&chosen));
        let others: Vec<usize> = components(self.set.additions(part) & !action).collect();
        if others.is_empty() { action } else { part | 1 << self.random.element(&others) }
    }

    /// One gradient step; answers with the mean error.
    fn learn(&mut self, learning_rate: f32) -> f64 {
        let training = self.config.training.clone();
        let mut drawn = std::mem::take(&mut self.drawn);
        self.state.replay.draw(&mut self.random, training.batch, training.beta, &mut drawn);
        self.remember_targets(&drawn);
        self.gradient.clear();
        let mut errors = 0.0;
        for one in &drawn {
            let Transition { levels, action, reward, next } = self.state.replay.get(one.index);
            let target =
                td_target(f64::from(*reward) - self.state.centre, training.gamma, self.state.memory[next]);
            let error = f64::from(self.gradient.forward(&self.state.network, levels, *action)) - target;
            // The slope of Huber's loss is the error, limited to delta.
            let limited = error.clamp(-training.huber_delta, training.huber_delta);
            let slope = one.weight * limited as f32 / drawn.len() as f32;
            self.gradient.add(&self.state.network, levels, *action, slope);
            self.state.replay.set_error(one.index, error);
            errors += error.abs();
        }
        self.gradient.clip(training.gradient_limit);
        self.state.optimiser.step(&mut self.state.network, &self.gradient, learning_rate);
        self.state.updates += 1;
        self.follow();
        let mean = errors / drawn.len() as f64;
        self.drawn = drawn;
        mean
    }

    /// Makes sure that the best values at all next levels are in memory.
    fn remember_targets(&mut self, drawn: &[Drawn]) {
        let mut missing: Vec<&[u8]> =
            drawn.iter().map(|one| &self.state.replay.get(one.index).next[..]).collect();
        missing.retain(|levels| !self.state.memory.contains_key(*levels));
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return;
        }
        let share = missing.len().div_ceil(self.oracles.len());
        let target = &self.state.target;
        let gap = self.state.gap;
        let found: Vec<Vec<(f64, bool)>> = missing
            .par_chunks(share)
            .zip(self.oracles.par_iter_mut())
            .map(|(share, oracle)| {
                let answer = |levels: &&[u8]| {
                    let answer = oracle.argmax(target, levels);
                    (answer.value, answer.gap() > gap + 1e-9)
                };
                share.iter().map(answer).collect()
            })
            .collect();
        self.state.searches += missing.len() as u64;
        for (levels, (value, unproved)) in missing.iter().zip(found.into_iter().flatten()) {
            self.state.unproved += u64::from(unproved);
            self.state.memory.insert(levels.to_vec(), value);
        }
    }

    /// Lets the target network follow.
    fn follow(&mut self) {
        match self.config.training.target {
            TargetSchedule::Frozen => {}
            TargetSchedule::Hard(interval) => {
                if self.state.updates.is_multiple_of(interval) {
                    self.state.target = self.state.network.clone();
                    self.state.memory.clear();
                }
            }
            TargetSchedule::Soft(part) => {
                for (target, layer) in
                    self.state.target.layers_mut().iter_mut().zip(self.state.network.layers())
                {
                    let pairs = target.weights.iter_mut().zip(&layer.weights);
                    for (old, new) in pairs.chain(target.biases.iter_mut().zip(&layer.biases)) {
                        *old += part * (new - *old);
                    }
                }
                self.state.memory.clear();
            }
        }
    }

    /// What the network earns in episodes of its own.
    pub fn check(&self, episodes: usize) -> Result<f64, Error> {
        let oracle = oracle_for(&self.set, search_limits(&self.config, self.state.gap));
        let mut policy = BestOfNetwork::new(self.state.network.clone(), oracle);
        // Far from the seeds of evaluations.
        let seed = self.config.seed.wrapping_add(1 << 50);
        let protocol = EvaluationProtocol { episodes, seed, ..self.config.evaluation.clone() };
        Ok(evaluate(&self.instance, &protocol, &mut policy)?.mean)
    }
}

/// When the searches of training end.
fn search_limits(config: &SequoiaConfig, gap: f64) -> Limits {
    Limits { nodes: config.search.max_nodes, gap, ..Limits::default() }
}

/// An oracle for every thread.
fn oracles(config: &SequoiaConfig, set: &FeasibleSet, gap: f64) -> Vec<Box<dyn ArgmaxOracle>> {
    (0..config.search.threads).map(|_| oracle_for(set, search_limits(config, gap))).collect()
}

/// Adds `shift` to every value of `network`.
fn add_to_values(network: &mut ReluNetwork, shift: f64) {
    if let Some(layer) = network.layers_mut().last_mut() {
        layer.biases[0] += shift as f32;
    }
}
