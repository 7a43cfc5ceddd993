//! The training loop, top to bottom: warm start, then Q-learning in which both the actions that are taken
//! and the targets are exact best actions.

use std::{collections::HashMap, ops::ControlFlow, time::Instant};

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
    warm_start::{fit, samples},
};

/// Part of the difference by which the mean reward follows each reward.
const MEAN_REWARD_RATE: f64 = 0.01;

/// How training goes, once an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Episodes so far.
    pub episode: usize,
    /// Mean expected reward of a step in the episode, exploration included.
    pub reward: f64,
    /// Mean error of the values in the episode's gradient steps.
    pub error: f64,
    /// Mean expected reward of a step in the last check, if there was one after this episode.
    pub check: Option<f64>,
    /// Seconds since training began.
    pub seconds: f64,
}

/// A trained agent.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The Q-network.
    pub network: ReluNetwork,
    /// The network of the one-step reward that it started from.
    pub warm_network: ReluNetwork,
    /// Mean squared error of that network.
    pub warm_error: f64,
    /// Episodes that were played.
    pub episodes: usize,
    /// Seconds that training took.
    pub seconds: f64,
    /// Searches for a best action, those answered from memory not counted.
    pub searches: u64,
    /// Searches that ended at a limit, without a proof within the allowed gap.
    pub unproved: u64,
}

/// A training run.
pub struct Sequoia<'a> {
    config: &'a SequoiaConfig,
    instance: &'a Instance,
    arms: Arms,
    set: FeasibleSet,
    random: Philox,
    network: ReluNetwork,
    target: ReluNetwork,
    /// Best values of the target network by levels; emptied when it changes.
    memory: HashMap<Vec<u8>, f64>,
    /// What is subtracted from every reward; 0 where rewards are not centred.
    centre: f64,
    /// Running mean of the rewards of steps that did not explore.
    mean_reward: f64,
    oracles: Vec<Box<dyn ArgmaxOracle>>,
    replay: Replay,
    optimiser: AdamW,
    gradient: Gradient,
    drawn: Vec<Drawn>,
    steps: u64,
    updates: u64,
    searches: u64,
    unproved: u64,
}

/// Trains an agent for `instance`; `report` is called after each episode and can end the training there.
///
/// # Errors
/// When the environment of a check cannot be built.
pub fn train(
    config: &SequoiaConfig,
    instance: &Instance,
    report: &mut dyn FnMut(&Progress) -> ControlFlow<()>,
) -> Result<Trained, Error> {
    let begin = Instant::now();
    let mut random = Philox::for_level(config.seed, 0);
    let mut network = ReluNetwork::random(instance.components, instance.arms, &config.hidden, &mut random);
    let rows = samples(instance, &config.warm_start, &mut random);
    let warm_error = fit(&mut network, &rows, &config.warm_start, &config.optimiser, &mut random);
    let warm_network = network.clone();
    let mut run = Sequoia::new(config, instance, network, random);
    run.prefill(rows.iter().map(|row| (row.levels.clone(), row.action)).collect());
    let mut best = (run.check(config.training.check_episodes)?, warm_network.clone());
    if config.training.centre_rewards {
        run.mean_reward = best.0;
        // The one-step reward above its mean is where the values of centred rewards start.
        run.centre = best.0;
        run.shift_values(-best.0);
    }
    let mut episodes = 0;
    for episode in 1..=config.training.episodes {
        let decay = config.training.learning_rate_decay.powi(episode as i32 - 1);
        let (reward, error) = run.episode(config.training.learning_rate * decay);
        let mut check = None;
        if config.training.check_every > 0 && episode % config.training.check_every == 0 {
            let earned = run.check(config.training.check_episodes)?;
            check = Some(earned);
            if earned > best.0 {
                best = (earned, run.uncentred());
            }
        }
        episodes = episode;
        let seconds = begin.elapsed().as_secs_f64();
        if report(&Progress { episode, reward, error, check, seconds }).is_break() {
            break;
        }
    }
    let network = if config.training.check_every > 0 { best.1 } else { run.uncentred() };
    let (searches, unproved) = (run.searches, run.unproved);
    Ok(Trained {
        network,
        warm_network,
        warm_error,
        episodes,
        seconds: begin.elapsed().as_secs_f64(),
        searches,
        unproved,
    })
}

impl<'a> Sequoia<'a> {
    fn new(config: &'a SequoiaConfig, instance: &'a Instance, network: ReluNetwork, random: Philox) -> Self {
        let set = FeasibleSet::new(instance);
        let limits = Limits {
            nodes: config.search.max_nodes,
            relative_gap: config.search.relative_gap,
            ..Limits::default()
        };
        Self {
            oracles: (0..config.search.threads).map(|_| oracle_for(&set, limits)).collect(),
            replay: Replay::new(config.training.replay, config.training.alpha),
            optimiser: AdamW::new(&network, config.optimiser.clone()),
            gradient: Gradient::new(&network),
            target: network.clone(),
            arms: Arms::new(instance),
            memory: HashMap::new(),
            centre: 0.0,
            mean_reward: 0.0,
            drawn: Vec::new(),
            steps: 0,
            updates: 0,
            searches: 0,
            unproved: 0,
            config,
            instance,
            set,
            random,
            network,
        }
    }

    /// Fills replay with some of the states and actions of the warm start.
    fn prefill(&mut self, mut rows: Vec<(Vec<u8>, ActionMask)>) {
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
        self.replay.push(Transition { levels, action, reward: reward as f32, next: next.clone() });
        (reward, next)
    }

    /// One episode; answers with the mean expected reward of a step and the mean error of a value.
    fn episode(&mut self, learning_rate: f32) -> (f64, f64) {
        let start = self.config.training.start;
        let mut levels: Vec<u8> =
            (0..self.instance.arms).map(|_| u8::from(self.random.float() < start)).collect();
        let (mut rewards, mut errors) = (0.0, 0.0);
        let updates = self.config.training.updates_per_step;
        for _ in 0..self.instance.horizon {
            let (action, explores) = self.choose(&levels);
            let (reward, next) = self.take(levels, action);
            if !explores {
                self.mean_reward += MEAN_REWARD_RATE * (reward - self.mean_reward);
            }
            rewards += reward;
            levels = next;
            self.steps += 1;
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
            let change = self.mean_reward - self.centre;
            self.centre = self.mean_reward;
            self.shift_values(-change / (1.0 - self.config.training.gamma));
        }
    }

    /// Adds `shift` to the values of both networks.
    fn shift_values(&mut self, shift: f64) {
        for network in [&mut self.network, &mut self.target] {
            add_to_values(network, shift);
        }
        self.memory.values_mut().for_each(|value| *value += shift);
    }

    /// The network with the values of rewards as they are.
    fn uncentred(&self) -> ReluNetwork {
        let mut network = self.network.clone();
        add_to_values(&mut network, self.centre / (1.0 - self.config.training.gamma));
        network
    }

    /// The action to take, the best of the network or one to try out, and whether it is one to try out.
    fn choose(&mut self, levels: &[u8]) -> (ActionMask, bool) {
        let exploration = &self.config.exploration;
        let fading = (-(self.steps as f64) / exploration.decay_steps).exp();
        let explores =
            self.random.float() < exploration.last + (exploration.first - exploration.last) * fading;
        let perturbs = self.random.float() < exploration.perturb;
        if explores && !perturbs {
            return (self.set.sample(&mut self.random), true);
        }
        let answer = self.oracles[0].argmax(&self.network, levels);
        self.searches += 1;
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
        let training = &self.config.training;
        let mut drawn = std::mem::take(&mut self.drawn);
        self.replay.draw(&mut self.random, training.batch, training.beta, &mut drawn);
        self.remember_targets(&drawn);
        self.gradient.clear();
        let mut errors = 0.0;
        for one in &drawn {
            let Transition { levels, action, reward, next } = self.replay.get(one.index);
            let target = td_target(f64::from(*reward) - self.centre, training.gamma, self.memory[next]);
            let error = f64::from(self.gradient.forward(&self.network, levels, *action)) - target;
            // The slope of Huber's loss is the error, limited to delta.
            let limited = error.clamp(-training.huber_delta, training.huber_delta);
            let slope = one.weight * limited as f32 / drawn.len() as f32;
            self.gradient.add(&self.network, levels, *action, slope);
            self.replay.set_error(one.index, error);
            errors += error.abs();
        }
        self.gradient.clip(training.gradient_limit);
        self.optimiser.step(&mut self.network, &self.gradient, learning_rate);
        self.updates += 1;
        self.follow();
        let mean = errors / drawn.len() as f64;
        self.drawn = drawn;
        mean
    }

    /// Makes sure that the best values at all next levels are in memory.
    fn remember_targets(&mut self, drawn: &[Drawn]) {
        let mut missing: Vec<&[u8]> = drawn.iter().map(|one| &self.replay.get(one.index).next[..]).collect();
        missing.retain(|levels| !self.memory.contains_key(*levels));
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            return;
        }
        let share = missing.len().div_ceil(self.oracles.len());
        let target = &self.target;
        let gap = self.config.search.relative_gap;
        let found: Vec<Vec<(f64, bool)>> = missing
            .par_chunks(share)
            .zip(self.oracles.par_iter_mut())
            .map(|(share, oracle)| {
                let answer = |levels: &&[u8]| {
                    let answer = oracle.argmax(target, levels);
                    (answer.value, answer.gap() > gap * answer.value.abs() + 1e-9)
                };
                share.iter().map(answer).collect()
            })
            .collect();
        self.searches += missing.len() as u64;
        for (levels, (value, unproved)) in missing.iter().zip(found.into_iter().flatten()) {
            self.unproved += u64::from(unproved);
            self.memory.insert(levels.to_vec(), value);
        }
    }

    /// Lets the target network follow.
    fn follow(&mut self) {
        match self.config.training.target {
            TargetSchedule::Frozen => {}
            TargetSchedule::Hard(interval) => {
                if self.updates.is_multiple_of(interval) {
                    self.target = self.network.clone();
                    self.memory.clear();
                }
            }
            TargetSchedule::Soft(part) => {
                for (target, layer) in self.target.layers_mut().iter_mut().zip(self.network.layers()) {
                    let pairs = target.weights.iter_mut().zip(&layer.weights);
                    for (old, new) in pairs.chain(target.biases.iter_mut().zip(&layer.biases)) {
                        *old += part * (new - *old);
                    }
                }
                self.memory.clear();
            }
        }
    }

    /// What the network earns in episodes of its own.
    fn check(&self, episodes: usize) -> Result<f64, Error> {
        let limits = Limits {
            nodes: self.config.search.max_nodes,
            relative_gap: self.config.search.relative_gap,
            ..Limits::default()
        };
        let mut policy = BestOfNetwork::new(self.network.clone(), oracle_for(&self.set, limits));
        // Far from the seeds of evaluations.
        let seed = self.config.seed.wrapping_add(1 << 50);
        let protocol = EvaluationProtocol { episodes, seed, ..self.config.evaluation.clone() };
        Ok(evaluate(self.instance, &protocol, &mut policy)?.mean)
    }
}

/// Adds `shift` to every value of `network`.
fn add_to_values(network: &mut ReluNetwork, shift: f64) {
    if let Some(layer) = network.layers_mut().last_mut() {
        layer.biases[0] += shift as f32;
    }
}
