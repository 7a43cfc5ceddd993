//! Everything that can be set in a SEQUOIA run, as it stands in a configuration file.

use std::path::PathBuf;

use pentathlon_envs::cormab::{
    generation::{Sizes, generate},
    instance::{Instance, InstanceError, Problem},
};
use serde::{Deserialize, Serialize};

use super::{super::evaluation::EvaluationProtocol, adamw::AdamWConfig};
use crate::{Error, config::overrides};

/// The experiments that are built in, by name, one for each problem; the texts of the files in `experiments/`.
pub const EXPERIMENTS: [(&str, &str); 5] = [
    ("sequoia_budget", include_str!("../../../../experiments/sequoia_budget.toml")),
    ("sequoia_capacity", include_str!("../../../../experiments/sequoia_capacity.toml")),
    ("sequoia_multi", include_str!("../../../../experiments/sequoia_multi.toml")),
    ("sequoia_routing", include_str!("../../../../experiments/sequoia_routing.toml")),
    ("sequoia_scheduling", include_str!("../../../../experiments/sequoia_scheduling.toml")),
];

/// A run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequoiaConfig {
    /// Always `sequoia`: tells these files from those of other learners.
    pub algorithm: Algorithm,
    /// Seed of everything random in training.
    pub seed: u64,
    /// Which instance.
    pub problem: ProblemConfig,
    /// Widths of the network's hidden layers.
    pub hidden: Vec<usize>,
    /// The network that training starts from.
    pub warm_start: WarmStartConfig,
    /// Q-learning.
    pub training: TrainingConfig,
    /// How actions are tried out.
    pub exploration: ExplorationConfig,
    /// The optimiser of both phases.
    pub optimiser: AdamWConfig,
    /// The search for the best action.
    pub search: SearchConfig,
    /// How the trained agent is judged.
    pub evaluation: EvaluationProtocol,
}

/// The algorithm of a configuration file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Q-learning with exact search over combinatorial actions.
    #[default]
    Sequoia,
}

/// Which instance is learned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProblemConfig {
    /// `budget`, `multi`, `routing`, `scheduling` or `capacity`.
    pub name: Problem,
    /// Arms.
    pub arms: usize,
    /// Budget.
    pub budget: usize,
    /// Interventions, of `multi` only.
    pub interventions: usize,
    /// Seed that the instance is drawn with.
    pub instance_seed: u64,
    /// JSON file of an instance that is taken instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<PathBuf>,
}

impl ProblemConfig {
    /// The instance.
    ///
    /// # Errors
    /// Sizes that cannot be, or a file without an instance.
    pub fn make_instance(&self) -> Result<Instance, InstanceError> {
        let Self { arms, budget, interventions, .. } = *self;
        match &self.instance {
            Some(path) => Instance::load(path),
            None => generate(self.name, &Sizes { arms, budget, interventions }, self.instance_seed),
        }
    }
}

/// The network of the one-step reward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WarmStartConfig {
    /// Random states, beside those that are tried always.
    pub random_states: usize,
    /// Random allowed actions in each state.
    pub random_actions: usize,
    /// Passes over the samples.
    pub epochs: usize,
    /// Samples of a gradient step.
    pub batch: usize,
    /// Step size at first.
    pub learning_rate: f32,
    /// Factor of the step size from pass to pass.
    pub learning_rate_decay: f32,
}

/// When the network that targets are computed with follows the one that is learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSchedule {
    /// Never.
    Frozen,
    /// A little in every step: by this part of the difference.
    Soft(f32),
    /// Entirely, after each so many gradient steps.
    Hard(u64),
}

/// Q-learning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Episodes.
    pub episodes: usize,
    /// Discount.
    pub gamma: f64,
    /// Whether the mean reward is subtracted from every reward, so that values are small and say only what
    /// one action is worth more than another (A. Naik et al., "Reward centering", RLC 2024).
    pub centre_rewards: bool,
    /// Error of a value beyond which Huber's loss goes on as a line.
    pub huber_delta: f64,
    /// When targets follow.
    pub target: TargetSchedule,
    /// Transitions of a gradient step.
    pub batch: usize,
    /// Gradient steps for each step of the environment.
    pub updates_per_step: usize,
    /// Step size at first.
    pub learning_rate: f32,
    /// Factor of the step size from episode to episode.
    pub learning_rate_decay: f32,
    /// Largest entry of a gradient.
    pub gradient_limit: f32,
    /// Transitions that are kept.
    pub replay: usize,
    /// Samples of the warm start that replay begins with.
    pub prefill: usize,
    /// Power of errors in drawing transitions.
    pub alpha: f64,
    /// Power of the weights that make up for it.
    pub beta: f64,
    /// Chance of an arm to start an episode at level 1.
    pub start: f64,
    /// Episodes between two checks on episodes of their own; the network that does best in a check is kept. 0
    /// keeps the last.
    pub check_every: usize,
    /// Episodes of a check.
    pub check_episodes: usize,
}

/// How actions are tried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExplorationConfig {
    /// Chance of a step to explore, at first.
    pub first: f64,
    /// The chance that it falls to.
    pub last: f64,
    /// Steps in which what is above the last chance falls to 37 %.
    pub decay_steps: f64,
    /// Part of the exploring steps that change one component of the best action; the others draw a random
    /// allowed action.
    pub perturb: f64,
}

/// The search for the best action while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchConfig {
    /// By how much the value of an answer may be off, as a part of what a step earns; where rewards are not centred, of
    /// what steps earn over the horizon of the discount.
    pub relative_gap: f64,
    /// Most nodes of a search; answers that are not proved by then are taken as they are.
    pub max_nodes: u64,
    /// Threads that search for targets. Results do not depend on it.
    pub threads: usize,
}

impl Default for SequoiaConfig {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Sequoia,
            seed: 1,
            problem: ProblemConfig::default(),
            hidden: vec![16, 32],
            warm_start: WarmStartConfig::default(),
            training: TrainingConfig::default(),
            exploration: ExplorationConfig::default(),
            optimiser: AdamWConfig::default(),
            search: SearchConfig::default(),
            evaluation: EvaluationProtocol::default(),
        }
    }
}

impl Default for ProblemConfig {
    fn default() -> Self {
        let Sizes { arms, budget, interventions } = Sizes::default();
        Self { name: Problem::Routing, arms, budget, interventions, instance_seed: 20, instance: None }
    }
}

impl Default for WarmStartConfig {
    fn default() -> Self {
        Self {
            random_states: 1000,
            random_actions: 10,
            epochs: 60,
            batch: 32,
            learning_rate: 2e-3,
            learning_rate_decay: 0.93,
        }
    }
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            episodes: 300,
            gamma: 0.95,
            centre_rewards: true,
            huber_delta: 3.0,
            target: TargetSchedule::Hard(100),
            batch: 32,
            updates_per_step: 1,
            learning_rate: 2e-3,
            learning_rate_decay: 0.99,
            gradient_limit: 5.0,
            replay: 10_000,
            prefill: 1000,
            alpha: 0.6,
            beta: 0.4,
            start: 0.5,
            check_every: 10,
            check_episodes: 20,
        }
    }
}

impl Default for ExplorationConfig {
    fn default() -> Self {
        Self { first: 0.9, last: 0.05, decay_steps: 1000.0, perturb: 0.5 }
    }
}

impl Default for SearchConfig {
    fn default() -> Self {
        Self { relative_gap: 0.005, max_nodes: 2_000, threads: 2 }
    }
}

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} = {value} is not allowed; allowed: {allowed}")]
pub struct InvalidSetting {
    /// Which field.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What would be allowed.
    pub allowed: &'static str,
}

impl From<InvalidSetting> for Error {
    fn from(InvalidSetting { field, value, allowed }: InvalidSetting) -> Self {
        Self::InvalidField { field, value, allowed: allowed.to_owned() }
    }
}

impl SequoiaConfig {
    /// Reads a configuration from the TOML text of `source_name` and applies `changes`, each `table.field=value`.
    ///
    /// # Errors
    /// Text that is not TOML, unknown fields, values of the wrong type or out of range.
    pub fn read(source_name: &str, text: &str, changes: &[impl AsRef<str>]) -> Result<Self, Error> {
        let config: Self = overrides::read(source_name, text, changes)?;
        config.check()?;
        Ok(config)
    }

    /// Whether a run that was begun with this configuration can go on with `other`: they differ in how long it
    /// trains, how it is judged and how many threads search, at most.
    pub fn can_go_on_as(&self, other: &Self) -> bool {
        let mut same = self.clone();
        same.training.episodes = other.training.episodes;
        same.evaluation = other.evaluation.clone();
        same.search.threads = other.search.threads;
        same == *other
    }

    /// Checks the ranges of all numbers; sizes of the instance are checked when it is made.
    ///
    /// # Errors
    /// The first that is out of range.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        let check = |holds: bool, field, value: String, allowed| {
            if holds { Ok(()) } else { Err(InvalidSetting { field, value, allowed }) }
        };
        let count = |field, value: usize, most: usize, allowed| {
            check((1..=most).contains(&value), field, value.to_string(), allowed)
        };
        let chance =
            |field, value: f64| check((0.0..=1.0).contains(&value), field, value.to_string(), "0 to 1");
        let rate = |field, value: f32| {
            check(value > 0.0 && value <= 1.0, field, value.to_string(), "above 0 and at most 1")
        };
        let million = "1 to 1000000";
        for width in &self.hidden {
            count("hidden", *width, 1024, "widths from 1 to 1024")?;
        }
        check(self.hidden.len() <= 8, "hidden", format!("{} layers", self.hidden.len()), "up to 8 layers")?;
        let AdamWConfig { beta1, beta2, epsilon, weight_decay } = self.optimiser;
        for (field, value, holds, allowed) in [
            ("optimiser.beta1", beta1, (0.0..1.0).contains(&beta1), "0 to below 1"),
            ("optimiser.beta2", beta2, (0.0..1.0).contains(&beta2), "0 to below 1"),
            ("optimiser.epsilon", epsilon, epsilon > 0.0 && epsilon <= 1.0, "above 0 and at most 1"),
            ("optimiser.weight_decay", weight_decay, (0.0..=1.0).contains(&weight_decay), "0 to 1"),
        ] {
            check(holds, field, value.to_string(), allowed)?;
        }
        count("warm_start.batch", self.warm_start.batch, 1_000_000, million)?;
        check(
            self.warm_start.random_states <= 1_000_000,
            "warm_start.random_states",
            self.warm_start.random_states.to_string(),
            "0 to 1000000",
        )?;
        check(
            self.warm_start.random_actions <= 1000,
            "warm_start.random_actions",
            self.warm_start.random_actions.to_string(),
            "0 to 1000",
        )?;
        rate("warm_start.learning_rate", self.warm_start.learning_rate)?;
        rate("warm_start.learning_rate_decay", self.warm_start.learning_rate_decay)?;
        let training = &self.training;
        check(
            (0.0..1.0).contains(&training.gamma),
            "training.gamma",
            training.gamma.to_string(),
            "0 to 1, without 1",
        )?;
        count("training.batch", training.batch, 1_000_000, million)?;
        count("training.replay", training.replay, 10_000_000, "1 to 10000000")?;
        count("training.prefill", training.prefill, training.replay, "1 to the size of replay")?;
        rate("training.learning_rate", training.learning_rate)?;
        rate("training.learning_rate_decay", training.learning_rate_decay)?;
        check(
            training.gradient_limit > 0.0,
            "training.gradient_limit",
            training.gradient_limit.to_string(),
            "above 0",
        )?;
        check(
            training.huber_delta > 0.0,
            "training.huber_delta",
            training.huber_delta.to_string(),
            "above 0",
        )?;
        chance("training.start", training.start)?;
        chance("training.alpha", training.alpha)?;
        chance("training.beta", training.beta)?;
        match training.target {
            TargetSchedule::Hard(0) => check(false, "training.target", "hard 0".into(), "1 step or more")?,
            TargetSchedule::Soft(part) => rate("training.target", part)?,
            _ => {}
        }
        chance("exploration.first", self.exploration.first)?;
        chance("exploration.last", self.exploration.last)?;
        chance("exploration.perturb", self.exploration.perturb)?;
        check(
            self.exploration.decay_steps > 0.0,
            "exploration.decay_steps",
            self.exploration.decay_steps.to_string(),
            "above 0",
        )?;
        chance("search.relative_gap", self.search.relative_gap)?;
        count("search.threads", self.search.threads, 1024, "1 to 1024")?;
        count("evaluation.episodes", self.evaluation.episodes, 1_000_000, million)?;
        chance("evaluation.start", self.evaluation.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_its_toml() {
        let config = SequoiaConfig::default();
        config.check().unwrap();
        assert_eq!(toml::from_str::<SequoiaConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
        let text = "[training]\ntarget = { soft = 1e-6 }\n[problem]\nname = \"multi\"";
        let config: SequoiaConfig = toml::from_str(text).unwrap();
        assert_eq!(config.training.target, TargetSchedule::Soft(1e-6));
        assert_eq!(config.problem.name, Problem::Multi);
        assert!(toml::from_str::<SequoiaConfig>("colour = 1").is_err());
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let mut config = SequoiaConfig::default();
        config.training.gamma = 1.0;
        let text = config.check().unwrap_err().to_string();
        assert_eq!(text, "training.gamma = 1 is not allowed; allowed: 0 to 1, without 1");
    }
}
