//! The configuration of a hierarchy: a TOML file with a table `[hierarchy]`, in which every field may be left
//! out and any can be overridden as `table.field=value`.

use pentathlon_gym::BuildOptions;
use serde::{Deserialize, Serialize};

use super::intrinsic::IntrinsicConfig;
use super::progress::Stage;
use super::surprise::SurpriseConfig;
use crate::config::{
    Config, CriticKind, EnvironmentConfig, EvaluationConfig, MemoryKind, NetworkConfig, OutputConfig,
    PpoConfig, overrides,
};
use crate::qmix::{ExplorationConfig, LearnerConfig, Optimiser};
use crate::{Error, MakeBatch};

/// Configurations that come with the suite, by name: files of `experiments/`.
pub const EXPERIMENTS: [(&str, &str); 2] = [
    ("gmah_doorkey_8x8_mixed", include_str!("../../../experiments/gmah_doorkey_8x8_mixed.toml")),
    ("gmah_trash_grid", include_str!("../../../experiments/gmah_trash_grid.toml")),
];

/// A training run of a hierarchy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GmahConfig {
    /// Seed of everything random in training.
    pub seed: u64,
    /// Threads of the learners, 0 for all cores.
    pub threads: usize,
    /// What is trained on.
    pub environment: EnvironmentConfig,
    /// Shape of both levels' networks.
    pub network: NetworkConfig,
    /// How subgoals begin and end.
    pub hierarchy: HierarchyConfig,
    /// The first stage: low-level policies on intrinsic reward.
    pub low: LowStageConfig,
    /// The second stage: the policy over subgoals, with the low level frozen.
    pub high: HighStageConfig,
    /// The third stage: values of subgoals, mixed (GMIX); for teams.
    pub mixing: MixingStageConfig,
    /// What notices change.
    pub surprise: SurpriseConfig,
    /// How the trained hierarchy is judged.
    pub evaluation: EvaluationConfig,
    /// What is written while training.
    pub output: OutputConfig,
}

/// How subgoals begin and end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HierarchyConfig {
    /// Steps after which a subgoal is given up, 1 to 65536.
    pub budget: u32,
    /// Whether agents that notice a change choose anew.
    pub adaptive: bool,
    /// Rewards of the low level.
    pub intrinsic: IntrinsicConfig,
}

/// The first stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LowStageConfig {
    /// Environment steps of this stage, all environments together; 0 leaves it out.
    pub frames: u64,
    /// Chance of a subgoal drawn from all instead of the open ones, 0 to 1.
    pub stray: f64,
    /// Whether pursuits that achieved another subgoal are learned from as if it had been their own.
    pub relabel: bool,
    /// Share of achieved subgoals, of every subgoal that is pursued, at which the stage ends early; 0 for never.
    pub success_rate: f64,
    /// The learner.
    pub ppo: PpoConfig,
}

/// The second stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HighStageConfig {
    /// Environment steps of this stage, all environments together; 0 leaves it out.
    pub frames: u64,
    /// Whether the low level takes its most probable action, in training and, where no values of subgoals are mixed
    /// afterwards, in evaluation.
    pub greedy_low_level: bool,
    /// The learner. `rollout_steps` are primitive steps; a gradient step is made for every `num_envs * rollout_steps
    /// / minibatches` decisions at most.
    pub ppo: PpoConfig,
}

/// The third stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MixingStageConfig {
    /// Environment steps of this stage, all environments together; 0 leaves it out.
    pub frames: u64,
    /// Whether the low level takes its most probable action, in training and evaluation.
    pub greedy_low_level: bool,
    /// Suffixes of each choice that are learned from too, 0 to 100: every update on whole episodes is followed by one on
    /// `learner.batch_episodes` times as many suffixes. 0 with `learner.recurrent`: what agents remember in the middle of
    /// a choice is not known.
    pub suffixes: usize,
    /// Whole episodes of the second stage's policy that the values start from, 0 for a cold start, at most
    /// `learner.replay_episodes`.
    pub warm_start_episodes: usize,
    /// Gradient steps towards those episodes' choices, and of the mixing network alone after them; 0 to 1,000,000.
    pub warm_start_updates: usize,
    /// How far values of choices differ for a difference of 1 of the policy's logits, above 0.
    pub temperature: f32,
    /// The learner.
    pub learner: LearnerConfig,
    /// How choices are explored, counted from the first frame in which the values choose.
    pub exploration: ExplorationConfig,
}

impl Default for GmahConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            threads: 0,
            environment: EnvironmentConfig {
                id: String::from("MultiGrid-DoorKey-8x8-mixed-v0"),
                ..EnvironmentConfig::default()
            },
            network: NetworkConfig::default(),
            hierarchy: HierarchyConfig::default(),
            low: LowStageConfig::default(),
            high: HighStageConfig::default(),
            mixing: MixingStageConfig::default(),
            surprise: SurpriseConfig::default(),
            evaluation: EvaluationConfig::default(),
            output: OutputConfig::default(),
        }
    }
}

impl Default for HierarchyConfig {
    fn default() -> Self {
        Self { budget: 32, adaptive: true, intrinsic: IntrinsicConfig::default() }
    }
}

impl Default for LowStageConfig {
    fn default() -> Self {
        Self { frames: 1_000_000, stray: 0.1, relabel: false, success_rate: 0.0, ppo: PpoConfig::default() }
    }
}

impl Default for HighStageConfig {
    fn default() -> Self {
        let ppo = PpoConfig { minibatches: 4, learning_rate: 1e-3, ..PpoConfig::default() };
        Self { frames: 200_000, greedy_low_level: false, ppo }
    }
}

impl Default for MixingStageConfig {
    fn default() -> Self {
        Self {
            frames: 0,
            greedy_low_level: false,
            suffixes: 0,
            warm_start_episodes: 256,
            warm_start_updates: 300,
            temperature: 1.0,
            learner: LearnerConfig { optimiser: Optimiser::Adam, ..LearnerConfig::default() },
            exploration: ExplorationConfig { initial: 0.2, last: 0.05, frames: 20_000 },
        }
    }
}

impl GmahConfig {
    /// Reads a configuration from the TOML text of `source_name` and applies `changes`, each `table.field=value`. What a
    /// table leaves out is as without the table.
    ///
    /// # Errors
    /// Text that is not TOML, unknown fields, values of the wrong type or out of range.
    pub fn read(source_name: &str, text: &str, changes: &[impl AsRef<str>]) -> Result<Self, Error> {
        let config: Self = overrides::read_over_defaults(source_name, text, changes)?;
        config.validate()?;
        Ok(config)
    }

    /// Reads the configuration called `name` of [`EXPERIMENTS`] and applies `changes`.
    ///
    /// # Errors
    /// A name that is not in the list, and as [`GmahConfig::read`].
    pub fn experiment(name: &str, changes: &[impl AsRef<str>]) -> Result<Self, Error> {
        let Some((_, text)) = EXPERIMENTS.iter().find(|(known, _)| *known == name) else {
            let names: Vec<_> = EXPERIMENTS.iter().map(|(known, _)| *known).collect();
            return Err(Error::Parse {
                source_name: name.to_owned(),
                reason: format!("there is no hierarchy of that name; there are {}", names.join(", ")),
            });
        };
        Self::read(name, text, changes)
    }

    /// Frames that `stage` is trained for.
    pub(super) fn frames_of(&self, stage: Stage) -> u64 {
        match stage {
            Stage::Low => self.low.frames,
            Stage::High => self.high.frames,
            Stage::Mixing => self.mixing.frames,
            Stage::Done => u64::MAX,
        }
    }

    /// The configuration as TOML text, from which it can be read again.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field has a TOML form")
    }

    /// Seed of the evaluation levels.
    pub fn evaluation_seed(&self) -> u64 {
        self.flat().evaluation_seed()
    }

    /// What a batch of `num_envs` environments is built with.
    pub fn build_options(&self, num_envs: usize, seed: u64) -> BuildOptions {
        self.flat().build_options(num_envs, seed)
    }

    /// A new batch of `num_envs` environments, reset with `seed`.
    ///
    /// # Errors
    /// An environment that cannot be built.
    pub(super) fn batch(
        &self,
        make: MakeBatch<'_>,
        num_envs: usize,
        seed: u64,
    ) -> Result<Box<dyn pentathlon_gym::VectorEnv>, Error> {
        let mut env = make(&self.environment.id, &self.build_options(num_envs, seed))?;
        env.as_mut().reset(seed)?;
        Ok(env)
    }

    /// The parts that a hierarchy has in common with a flat agent, as the configuration of one.
    fn flat(&self) -> Config {
        Config {
            seed: self.seed,
            frames: self.low.frames.max(1),
            threads: self.threads,
            environment: self.environment.clone(),
            network: self.network.clone(),
            ppo: self.low.ppo.clone(),
            evaluation: self.evaluation.clone(),
            output: self.output.clone(),
            ..Config::default()
        }
    }

    /// Whether every field is within its range.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first one that is not.
    pub fn validate(&self) -> Result<(), Error> {
        self.flat().validate()?;
        Config { ppo: self.high.ppo.clone(), ..self.flat() }.validate()?;
        if self.network.memory != MemoryKind::None || self.network.critic != CriticKind::Own {
            return Err(Error::InvalidField {
                field: "network",
                value: format!("memory {:?}, critic {:?}", self.network.memory, self.network.critic),
                allowed: String::from("of a hierarchy: memory = \"none\", critic = \"own\""),
            });
        }
        if self.low.ppo.normalize_values || self.high.ppo.normalize_values {
            return Err(Error::InvalidField {
                field: "ppo.normalize_values",
                value: String::from("true"),
                allowed: String::from("false in a hierarchy"),
            });
        }
        let (hierarchy, low, mixing, surprise) = (&self.hierarchy, &self.low, &self.mixing, &self.surprise);
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let checks: [(&'static str, bool, String, &str); 18] = [
            (
                "hierarchy.budget",
                (1..=65_536).contains(&hierarchy.budget),
                hierarchy.budget.to_string(),
                "1 to 65536",
            ),
            (
                "hierarchy.intrinsic.decay",
                share(hierarchy.intrinsic.decay.into()),
                hierarchy.intrinsic.decay.to_string(),
                "0 to 1",
            ),
            (
                "hierarchy.intrinsic.progress",
                (0.0..=100.0).contains(&hierarchy.intrinsic.progress),
                hierarchy.intrinsic.progress.to_string(),
                "0 to 100",
            ),
            (
                "hierarchy.intrinsic.idle",
                (0.0..=100.0).contains(&hierarchy.intrinsic.idle),
                hierarchy.intrinsic.idle.to_string(),
                "0 to 100",
            ),
            ("low.stray", share(low.stray), low.stray.to_string(), "0 to 1"),
            ("low.success_rate", share(low.success_rate), low.success_rate.to_string(), "0 to 1"),
            ("mixing.suffixes", mixing.suffixes <= 100, mixing.suffixes.to_string(), "0 to 100"),
            (
                "mixing.suffixes",
                mixing.suffixes == 0 || !mixing.learner.recurrent,
                mixing.suffixes.to_string(),
                "0 with mixing.learner.recurrent = true",
            ),
            (
                "mixing.warm_start_episodes",
                mixing.warm_start_episodes <= mixing.learner.replay_episodes,
                mixing.warm_start_episodes.to_string(),
                "0 to mixing.learner.replay_episodes",
            ),
            (
                "mixing.warm_start_updates",
                mixing.warm_start_updates <= 1_000_000,
                mixing.warm_start_updates.to_string(),
                "0 to 1000000",
            ),
            (
                "mixing.temperature",
                mixing.temperature > 0.0 && mixing.temperature.is_finite(),
                mixing.temperature.to_string(),
                "above 0",
            ),
            ("surprise.code", (1..=1024).contains(&surprise.code), surprise.code.to_string(), "1 to 1024"),
            (
                "surprise.hidden",
                (1..=1024).contains(&surprise.hidden),
                surprise.hidden.to_string(),
                "1 to 1024",
            ),
            (
                "surprise.epochs",
                (1..=100).contains(&surprise.epochs) && (1..=65_536).contains(&surprise.minibatch),
                format!("{}, minibatch = {}", surprise.epochs, surprise.minibatch),
                "1 to 100, minibatches of 1 to 65536",
            ),
            (
                "surprise.learning_rate",
                surprise.learning_rate > 0.0 && surprise.learning_rate <= 1.0,
                surprise.learning_rate.to_string(),
                "above 0, at most 1",
            ),
            (
                "surprise.target_updates",
                surprise.target_updates >= 1,
                surprise.target_updates.to_string(),
                "1 or more",
            ),
            ("surprise.least_seen", surprise.least_seen >= 1, surprise.least_seen.to_string(), "1 or more"),
            (
                "surprise.decay",
                share(surprise.decay) && share(surprise.gamma.into()) && surprise.threshold >= 0.0,
                format!("{}, gamma = {}, threshold = {}", surprise.decay, surprise.gamma, surprise.threshold),
                "0 to 1, gamma 0 to 1, threshold 0 or more",
            ),
        ];
        if let Some((field, _, value, allowed)) = checks.into_iter().find(|(_, is_good, ..)| !is_good) {
            return Err(Error::InvalidField { field, value, allowed: allowed.to_owned() });
        }
        mixing.learner.validate(&mixing.exploration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_its_text_form_and_overrides_apply() {
        let config =
            GmahConfig::read("", "[hierarchy]\nbudget = 7\n", &["low.ppo.gamma=0.9", "seed=3"]).unwrap();
        assert_eq!((config.hierarchy.budget, config.low.ppo.gamma, config.seed), (7, 0.9, 3));
        assert_eq!(GmahConfig::read("", &config.to_toml(), &[""; 0]).unwrap(), config);
    }

    /// Stages have other defaults than the tables that they share with other learners.
    #[test]
    fn what_a_table_leaves_out_is_as_without_the_table() {
        let text = "[high.ppo]\nepochs = 2\n[mixing.learner]\nhidden = 8\n";
        let config = GmahConfig::read("", text, &["mixing.exploration.frames=7"]).unwrap();
        let default = GmahConfig::default();
        assert_eq!((config.high.ppo.epochs, config.high.ppo.minibatches), (2, default.high.ppo.minibatches));
        assert_eq!(config.mixing.learner.optimiser, Optimiser::Adam);
        assert_eq!(config.mixing.exploration, ExplorationConfig { frames: 7, ..default.mixing.exploration });
    }

    #[test]
    fn fields_out_of_range_are_named() {
        for (text, field) in [
            ("hierarchy.budget = 0", "hierarchy.budget"),
            ("mixing.learner.gamma = 2.0", "learner.gamma"),
            ("surprise.code = 0", "surprise.code"),
            ("low.stray = 1.5", "low.stray"),
            ("high.ppo.epochs = 0", "ppo.epochs"),
            ("surprise.learning_rate = -1.0", "surprise.learning_rate"),
            ("surprise.learning_rate = nan", "surprise.learning_rate"),
            ("surprise.target_updates = 0", "surprise.target_updates"),
            ("surprise.least_seen = 0", "surprise.least_seen"),
            ("mixing.warm_start_updates = 1_000_001", "mixing.warm_start_updates"),
            ("mixing.warm_start_episodes = 5001", "mixing.warm_start_episodes"),
            ("mixing.suffixes = 101", "mixing.suffixes"),
            // What agents remember in the middle of a choice is not known.
            ("mixing.suffixes = 3", "mixing.learner.recurrent"),
        ] {
            let error = GmahConfig::read("", text, &[""; 0]).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
        let error = GmahConfig::read("", "hierarchy.depth = 3", &[""; 0]).unwrap_err().to_string();
        assert!(error.contains("depth"), "{error}");
    }
}
