//! What chooses actions: the baselines and the trained agent, all behind one trait.

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    dynamics::Arms,
    feasible::FeasibleSet,
    instance::{Instance, LEVELS},
};
use pentathlon_gym::seeding::philox::Philox;

use super::{
    growth::grow,
    myopic::best_myopic,
    network::ReluNetwork,
    oracle::{Argmax, ArgmaxOracle, BranchAndBound, Enumeration, Limits},
    whittle::whittle_indices,
};

/// Feasible sets up to this size are enumerated where that is faster than a search.
const MOST_ENUMERATED: usize = 4096;

/// Chooses an action for the levels of the arms.
pub trait BanditPolicy {
    /// The action at `levels`; `step` counts from the start of the episode.
    fn act(&mut self, levels: &[u8], step: u32) -> ActionMask;
}

/// The oracle that suits `set`: enumeration where the set is small, else a search within `limits`.
pub fn oracle_for(set: &FeasibleSet, limits: Limits) -> Box<dyn ArgmaxOracle> {
    match Enumeration::new(set, MOST_ENUMERATED) {
        Some(enumeration) => Box::new(enumeration),
        None => Box::new(BranchAndBound::with_limits(set.clone(), limits)),
    }
}

/// Pulls nothing. Where something has to be pulled this is no allowed action, but an honest zero.
#[derive(Clone, Copy, Debug)]
pub struct Null;

impl BanditPolicy for Null {
    fn act(&mut self, _: &[u8], _: u32) -> ActionMask {
        0
    }
}

/// A random allowed action.
#[derive(Clone, Debug)]
pub struct RandomFeasible {
    set: FeasibleSet,
    random: Philox,
}

impl RandomFeasible {
    /// Draws from `set` with the stream of `seed`.
    pub fn new(set: FeasibleSet, seed: u64) -> Self {
        Self { set, random: Philox::for_level(seed, 0) }
    }
}

impl BanditPolicy for RandomFeasible {
    fn act(&mut self, _: &[u8], _: u32) -> ActionMask {
        self.set.sample(&mut self.random)
    }
}

/// The best for the next step of a number of random allowed actions.
#[derive(Clone, Debug)]
pub struct SampledMyopic {
    set: FeasibleSet,
    arms: Arms,
    candidates: usize,
    random: Philox,
}

impl SampledMyopic {
    /// Draws `candidates` actions for each decision.
    pub fn new(instance: &Instance, candidates: usize, seed: u64) -> Self {
        let (set, arms) = (FeasibleSet::new(instance), Arms::new(instance));
        Self { set, arms, candidates, random: Philox::for_level(seed, 1) }
    }
}

impl BanditPolicy for SampledMyopic {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        let arms = &self.arms;
        best_sample(&self.set, self.candidates, &mut self.random, |action| {
            arms.expected_reward(levels, action)
        })
    }
}

fn best_sample(
    set: &FeasibleSet,
    candidates: usize,
    random: &mut Philox,
    value: impl Fn(ActionMask) -> f64,
) -> ActionMask {
    let sampled = (0..candidates.max(1)).map(|_| {
        let action = set.sample(random);
        (value(action), action)
    });
    sampled.max_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, action)| action)
}

/// The best allowed action for the next step.
pub struct ExactMyopic {
    arms: Arms,
    components: usize,
    oracle: Box<dyn ArgmaxOracle>,
}

impl ExactMyopic {
    /// Looks one step ahead on `instance`.
    pub fn new(instance: &Instance, limits: Limits) -> Self {
        let oracle = oracle_for(&FeasibleSet::new(instance), limits);
        Self { arms: Arms::new(instance), components: instance.components, oracle }
    }
}

impl BanditPolicy for ExactMyopic {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        best_myopic(&self.arms, levels, self.components, &mut *self.oracle).action
    }
}

/// An action grown by expected reward.
#[derive(Clone, Debug)]
pub struct IterativeMyopic {
    set: FeasibleSet,
    arms: Arms,
}

impl IterativeMyopic {
    /// Grows actions of `instance`.
    pub fn new(instance: &Instance) -> Self {
        Self { set: FeasibleSet::new(instance), arms: Arms::new(instance) }
    }
}

impl BanditPolicy for IterativeMyopic {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        grow(&self.set, &mut |action| self.arms.expected_reward(levels, action))
    }
}

/// Arms in the order of their Whittle indices, as far as they fit. A heuristic wherever more than a budget
/// couples the arms.
#[derive(Clone, Debug)]
pub struct WhittleIndex {
    set: FeasibleSet,
    indices: Vec<[f64; LEVELS]>,
}

impl WhittleIndex {
    /// Indices for discount `gamma`; `None` where components are not arms.
    pub fn new(instance: &Instance, gamma: f64) -> Option<Self> {
        let indices = whittle_indices(&Arms::new(instance), gamma)?;
        Some(Self { set: FeasibleSet::new(instance), indices })
    }
}

impl BanditPolicy for WhittleIndex {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        let index = |arm: usize| self.indices[arm][usize::from(levels[arm])];
        let mut action = 0;
        while let Some(arm) =
            components(self.set.additions(action)).max_by(|a, b| index(*a).total_cmp(&index(*b)))
        {
            if index(arm) <= 0.0 {
                break;
            }
            action |= 1 << arm;
        }
        action
    }
}

/// An action grown by a trained network.
#[derive(Clone, Debug)]
pub struct IterativeNetwork {
    set: FeasibleSet,
    network: ReluNetwork,
}

impl IterativeNetwork {
    /// Grows actions of `set`.
    pub fn new(set: FeasibleSet, network: ReluNetwork) -> Self {
        Self { set, network }
    }
}

impl BanditPolicy for IterativeNetwork {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        grow(&self.set, &mut |action| self.network.value(levels, action))
    }
}

/// The best by a trained network of a number of random allowed actions.
#[derive(Clone, Debug)]
pub struct SampledNetwork {
    set: FeasibleSet,
    network: ReluNetwork,
    candidates: usize,
    random: Philox,
}

impl SampledNetwork {
    /// Draws `candidates` actions of `set` for each decision.
    pub fn new(set: FeasibleSet, network: ReluNetwork, candidates: usize, seed: u64) -> Self {
        Self { set, network, candidates, random: Philox::for_level(seed, 2) }
    }
}

impl BanditPolicy for SampledNetwork {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        let network = &self.network;
        best_sample(&self.set, self.candidates, &mut self.random, |action| network.value(levels, action))
    }
}

/// The best allowed action of a trained network: SEQUOIA.
pub struct BestOfNetwork {
    network: ReluNetwork,
    oracle: Box<dyn ArgmaxOracle>,
    /// The answers of all decisions so far.
    answers: Vec<Argmax>,
}

impl BestOfNetwork {
    /// Looks for the best action of `network` with `oracle`.
    pub fn new(network: ReluNetwork, oracle: Box<dyn ArgmaxOracle>) -> Self {
        Self { network, oracle, answers: Vec::new() }
    }

    /// The oracle's answers of all decisions so far.
    pub fn answers(&self) -> &[Argmax] {
        &self.answers
    }
}

impl BanditPolicy for BestOfNetwork {
    fn act(&mut self, levels: &[u8], _: u32) -> ActionMask {
        let answer = self.oracle.argmax(&self.network, levels);
        self.answers.push(answer);
        answer.action
    }
}

/// Any function of levels and step.
pub struct FunctionPolicy<F>(pub F);

impl<F: FnMut(&[u8], u32) -> ActionMask> BanditPolicy for FunctionPolicy<F> {
    fn act(&mut self, levels: &[u8], step: u32) -> ActionMask {
        (self.0)(levels, step)
    }
}
