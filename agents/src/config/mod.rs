//! The configuration of a training run: a TOML file in which every field may be left out, unknown
//! fields are errors, and any field can be overridden as `table.field=value`.
//!
//! The defaults are those of the main job, PPO on `MiniGrid-DoorKey-8x8-v0`.

mod network;
pub(crate) mod overrides;
pub(crate) mod resuming;
pub(crate) mod validation;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Levels, OptionValue};
use serde::{Deserialize, Serialize};

pub use network::{Backend, CriticKind, MemoryKind, NetworkConfig, ObservationPart};

use crate::Error;

/// Configurations that come with the suite, by name: the files of `experiments/`.
pub const EXPERIMENTS: [(&str, &str); 14] = [
    ("minigrid_doorkey_8x8", include_str!("../../../experiments/minigrid_doorkey_8x8.toml")),
    ("minigrid_doorkey_5x5", include_str!("../../../experiments/minigrid_doorkey_5x5.toml")),
    ("minigrid_keycorridor_s3r1", include_str!("../../../experiments/minigrid_keycorridor_s3r1.toml")),
    ("minigrid_multiroom_n2_s4", include_str!("../../../experiments/minigrid_multiroom_n2_s4.toml")),
    ("teacher_doorkey_8x8", include_str!("../../../experiments/teacher_doorkey_8x8.toml")),
    ("teacher_keycorridor_s3r3", include_str!("../../../experiments/teacher_keycorridor_s3r3.toml")),
    ("ppo_doorkey_8x8_mixed", include_str!("../../../experiments/ppo_doorkey_8x8_mixed.toml")),
    ("mappo_trash_grid", include_str!("../../../experiments/mappo_trash_grid.toml")),
    ("actor_critic_trash_grid", include_str!("../../../experiments/actor_critic_trash_grid.toml")),
    ("minigrid_memory_s7", include_str!("../../../experiments/minigrid_memory_s7.toml")),
    ("ippo_trash_grid_6x6", include_str!("../../../experiments/ippo_trash_grid_6x6.toml")),
    ("mappo_trash_grid_6x6", include_str!("../../../experiments/mappo_trash_grid_6x6.toml")),
    ("crafter_ppo", include_str!("../../../experiments/crafter_ppo.toml")),
    ("crafter_team_ippo", include_str!("../../../experiments/crafter_team_ippo.toml")),
];

/// A training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Seed of everything random in training: initial parameters, levels, actions, minibatches.
    pub seed: u64,
    /// Environment steps to train for, all environments together; rounded up to whole updates.
    pub frames: u64,
    /// Threads of the learner, 0 for all cores. Results do not depend on it.
    pub threads: usize,
    /// What is trained on.
    pub environment: EnvironmentConfig,
    /// Shape of the networks.
    pub network: NetworkConfig,
    /// The learner.
    pub ppo: PpoConfig,
    /// When training stops before its last frame.
    pub early_stop: EarlyStopConfig,
    /// How the trained policy is judged.
    pub evaluation: EvaluationConfig,
    /// What is written while training.
    pub output: OutputConfig,
}

/// What is trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Registered id of the environment.
    pub id: String,
    /// Environments in the batch, 1 to 65536.
    pub num_envs: usize,
    /// Where the batch steps: `auto`, `native` or `wgpu`.
    pub device: Device,
    /// Steps after which an episode is truncated; left out, the id's own limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_episode_steps: Option<u32>,
    /// Number of levels in a fixed pool; left out, a new level at every reset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level_pool: Option<u32>,
    /// Names of the observations that the policy sees; empty takes the id's default. Default `image` and
    /// `direction`.
    pub observations: Vec<String>,
    /// Options of the domain, as `pentathlon info ID` lists them.
    pub options: BTreeMap<String, OptionValue>,
}

/// Proximal policy optimisation (Schulman et al., 2017) with the usual implementation details.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PpoConfig {
    /// Steps that every environment makes between two updates, 1 to 65536.
    pub rollout_steps: usize,
    /// Passes over a rollout in one update, 1 to 100.
    pub epochs: usize,
    /// Gradient steps a pass; divides `num_envs * rollout_steps`.
    pub minibatches: usize,
    /// Parts of a minibatch whose gradients are computed at the same time, 1 to 64. More parts than
    /// threads gain nothing. The sum of the parts is rounded differently for another number.
    pub shards: usize,
    /// Rows evaluated at once while collecting, 1 to 65536. Small enough to stay in the cache.
    pub inference_rows: usize,
    /// Step size of Adam at the start, above 0 and at most 1.
    pub learning_rate: f64,
    /// Step size at the last frame, reached linearly; 0 to 1.
    pub final_learning_rate: f64,
    /// What rewards are multiplied by before anything is learned from them, above 0 and at most 1000.
    /// Reported returns are not. Value estimates of far-off rewards are lost in the noise of the
    /// optimiser's steps when they are small.
    pub reward_scale: f32,
    /// Discount of future rewards per step, 0 to 1.
    pub gamma: f32,
    /// Decay of generalised advantage estimation, 0 (one-step) to 1 (Monte Carlo).
    pub gae_lambda: f32,
    /// Largest relative change of an action's probability that is still rewarded, above 0 and at most 1.
    pub clip: f32,
    /// Whether the change of a value estimate is limited by `clip` too.
    pub clip_value: bool,
    /// Whether the advantages of a minibatch are shifted to mean 0 and scaled to deviation 1.
    pub normalize_advantage: bool,
    /// The least deviation that advantages are divided by, 0 to 1000. While rewards are rare, most
    /// minibatches hold nothing but the noise of the value estimates; scaled up to deviation 1 it would
    /// drive the policy anywhere.
    pub advantage_floor: f32,
    /// Weight of the policy's entropy in the objective, 0 to 1.
    pub entropy_coefficient: f32,
    /// Weight of the value loss, 0 to 10.
    pub value_coefficient: f32,
    /// Norm of the whole gradient above which it is scaled down, above 0.
    pub max_gradient_norm: f32,
    /// The number that keeps Adam from dividing by 0, above 0 and at most 1.
    pub adam_epsilon: f32,
    /// Whether the value of the last observation stands in for what would have followed a time limit.
    pub bootstrap_on_timeout: bool,
    /// Steps of back-propagation through time, of networks with a memory: minibatches are made of sequences of so
    /// many steps. Divides `rollout_steps`.
    pub recurrence: usize,
    /// Whether value targets are shifted and scaled by the mean and deviation of all targets so far.
    pub normalize_values: bool,
    /// Error of a value estimate above which its loss grows linearly (Huber, 1964), 0 to 1000; 0 for never.
    pub huber_delta: f32,
}

impl PpoConfig {
    /// Steps of a sequence that is learned from as a whole: 1 for networks without a memory.
    pub fn sequence_steps(&self, memory: MemoryKind) -> usize {
        if memory == MemoryKind::None { 1 } else { self.recurrence }
    }
}

/// When training stops before its last frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopConfig {
    /// Fraction of successful episodes in the window at which training stops, above 0 and at most 1; 0
    /// trains to the last frame.
    pub success_rate: f64,
    /// Number of most recent episodes that the reported return, length and success are means of,
    /// 1 to 1000000.
    pub window: usize,
}

/// How the trained policy is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationConfig {
    /// Episodes, each on a level of its own, 1 to 1000000.
    pub episodes: usize,
    /// Seed of the levels; left out, one that training with any small seed does not use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Whether the most probable action is taken instead of a sampled one.
    pub greedy: bool,
}

impl EvaluationConfig {
    /// Seed of the levels in a run with the seed `run`.
    pub(crate) fn seed_in_run(&self, run: u64) -> u64 {
        self.seed.unwrap_or_else(|| evaluation_seed(run))
    }
}

/// Seed of the levels that what is trained with `seed` is judged on: far from the small numbers that people choose, and
/// another one for each of them.
pub(crate) fn evaluation_seed(seed: u64) -> u64 {
    seed.wrapping_add(1 << 40)
}

/// What is written while training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputConfig {
    /// Folder of the run; left out, the caller chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// Updates between two checkpoints, at least 1; of learners that report now and then, reports.
    pub checkpoint_every: u64,
    /// Whether TensorBoard event files are written.
    pub tensorboard: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            frames: 4_000_000,
            threads: 0,
            environment: EnvironmentConfig::default(),
            network: NetworkConfig::default(),
            ppo: PpoConfig::default(),
            early_stop: EarlyStopConfig::default(),
            evaluation: EvaluationConfig::default(),
            output: OutputConfig::default(),
        }
    }
}

impl Default for EnvironmentConfig {
    fn default() -> Self {
        Self {
            id: String::from("MiniGrid-DoorKey-8x8-v0"),
            num_envs: 128,
            device: Device::Native,
            max_episode_steps: None,
            level_pool: None,
            observations: ["image", "direction", "action_mask"].map(String::from).to_vec(),
            options: BTreeMap::new(),
        }
    }
}

impl Default for PpoConfig {
    fn default() -> Self {
        Self {
            rollout_steps: 64,
            epochs: 4,
            minibatches: 16,
            shards: 2,
            inference_rows: 64,
            learning_rate: 1e-3,
            final_learning_rate: 1e-4,
            reward_scale: 1.0,
            gamma: 0.99,
            gae_lambda: 0.95,
            clip: 0.2,
            clip_value: true,
            normalize_advantage: true,
            advantage_floor: 0.0,
            entropy_coefficient: 0.01,
            value_coefficient: 0.5,
            max_gradient_norm: 0.5,
            adam_epsilon: 1e-5,
            bootstrap_on_timeout: true,
            recurrence: 8,
            normalize_values: false,
            huber_delta: 0.0,
        }
    }
}

impl Default for EarlyStopConfig {
    fn default() -> Self {
        Self { success_rate: 0.99, window: 1000 }
    }
}

impl Default for EvaluationConfig {
    fn default() -> Self {
        Self { episodes: 512, seed: None, greedy: false }
    }
}

impl Default for OutputConfig {
    fn default() -> Self {
        Self { directory: None, checkpoint_every: 50, tensorboard: true }
    }
}

impl Config {
    /// Reads a configuration from TOML text and applies `overrides`, each `table.field=value`.
    ///
    /// # Errors
    /// Text that is not TOML, unknown fields, values of the wrong type or out of range.
    pub fn from_toml(text: &str, overrides: &[impl AsRef<str>]) -> Result<Self, Error> {
        Self::read("", text, overrides)
    }

    /// Reads the configuration file at `path` and applies `overrides`.
    ///
    /// # Errors
    /// A file that cannot be read, and as [`Config::from_toml`].
    pub fn from_file(path: &Path, overrides: &[impl AsRef<str>]) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file("reading", path))?;
        Self::read(&path.display().to_string(), &text, overrides)
    }

    /// Reads the configuration called `name` of [`EXPERIMENTS`] and applies `overrides`.
    ///
    /// # Errors
    /// A name that is not in the list, and as [`Config::from_toml`].
    pub fn experiment(name: &str, overrides: &[impl AsRef<str>]) -> Result<Self, Error> {
        let Some((_, text)) = EXPERIMENTS.iter().find(|(known, _)| *known == name) else {
            let names: Vec<_> = EXPERIMENTS.iter().map(|(known, _)| *known).collect();
            return Err(Error::Parse {
                source_name: name.to_owned(),
                reason: format!("there is no experiment of that name; there are {}", names.join(", ")),
            });
        };
        Self::read(name, text, overrides)
    }

    fn read(source_name: &str, text: &str, overrides: &[impl AsRef<str>]) -> Result<Self, Error> {
        let config: Self = overrides::read(source_name, text, overrides)?;
        config.validate()?;
        Ok(config)
    }

    /// The configuration as TOML text, from which it can be read again.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field has a TOML form")
    }

    /// Frames in one update: all environments, all steps of a rollout.
    pub fn frames_per_update(&self) -> u64 {
        (self.environment.num_envs * self.ppo.rollout_steps) as u64
    }

    /// Number of updates that reach `frames`.
    pub fn updates(&self) -> u64 {
        self.frames.div_ceil(self.frames_per_update())
    }

    /// Seed of the evaluation levels.
    pub fn evaluation_seed(&self) -> u64 {
        self.evaluation.seed_in_run(self.seed)
    }

    /// What a batch of `num_envs` environments is built with, for training or evaluation.
    pub fn build_options(&self, num_envs: usize, seed: u64) -> BuildOptions {
        let environment = &self.environment;
        BuildOptions {
            num_envs,
            seed,
            device: environment.device,
            autoreset: AutoresetMode::SameStep,
            max_episode_steps: environment.max_episode_steps,
            levels: environment.level_pool.map(Levels::Fixed),
            observations: environment.observations.clone(),
            threads: self.threads,
            options: environment.options.clone(),
            ..BuildOptions::default()
        }
    }
}
