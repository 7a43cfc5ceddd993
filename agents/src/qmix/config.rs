//! The configuration of teams' runs, value learners' and COMA's: a TOML file in which every field may be left out. Defaults are
//! those of the QMIX authors' public framework.

use pentathlon_gym::{AutoresetMode, BuildOptions, Levels};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::coma::CriticConfig;
use crate::config::resuming::only_changes;
use crate::config::validation::{at_most, invalid, within};
use crate::config::{EnvironmentConfig, EvaluationConfig, OutputConfig};

/// The experiments that are built in, by name; the texts of the files in `experiments/`.
pub const EXPERIMENTS: [(&str, &str); 7] = [
    ("qmix_two_step", include_str!("../../../experiments/qmix_two_step.toml")),
    ("vdn_two_step", include_str!("../../../experiments/vdn_two_step.toml")),
    ("vdn_switch", include_str!("../../../experiments/vdn_switch.toml")),
    ("qmix_trash_grid", include_str!("../../../experiments/qmix_trash_grid.toml")),
    ("qmix_trash_grid_6x6", include_str!("../../../experiments/qmix_trash_grid_6x6.toml")),
    ("dqn_minigrid_empty_5x5", include_str!("../../../experiments/dqn_minigrid_empty_5x5.toml")),
    ("coma_trash_grid", include_str!("../../../experiments/coma_trash_grid.toml")),
];

/// A training run of DQN, IQL, VDN, QMIX or COMA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QmixConfig {
    /// What learns: `values`, `dqn` or `coma`.
    #[serde(skip_serializing_if = "TeamAlgorithm::is_values")]
    pub algorithm: TeamAlgorithm,
    /// Seed of everything random in training.
    pub seed: u64,
    /// Environment steps to train for, all environments together.
    pub frames: u64,
    /// Environment steps between two reports, each of which is a row of the progress table and a checkpoint; at least 1.
    pub report_every: u64,
    /// What is trained on.
    pub environment: EnvironmentConfig,
    /// The learner.
    pub learner: LearnerConfig,
    /// The critic of COMA; left out, its defaults. Value learners have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critic: Option<CriticConfig>,
    /// How choices are explored.
    pub exploration: ExplorationConfig,
    /// How the trained team is judged.
    pub evaluation: EvaluationConfig,
    /// What is written while training.
    pub output: OutputConfig,
}

/// What learns.
///
/// Deep Q-learning is independent Q-learning of a team of one: with the same replay of whole episodes, target network and
/// double Q-learning. What differs from the paper's is that a minibatch is made of episodes, not of single steps, that the
/// input holds the agent's last choice, and with `learner.recurrent` that the agent remembers (Hausknecht & Stone, 2015).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TeamAlgorithm {
    /// Values of choices: IQL, VDN or QMIX, as `learner.factorisation` says.
    #[default]
    Values,
    /// Deep Q-learning of a single agent (Mnih et al., 2015).
    Dqn,
    /// Counterfactual multi-agent policy gradients.
    Coma,
}

impl TeamAlgorithm {
    /// Whether values are learned, which needs no saying.
    fn is_values(&self) -> bool {
        *self == Self::Values
    }
}

/// How the joint value is made of the agents' values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Factorisation {
    /// Independent Q-learning (Tan, 1993): every agent learns from the team's reward as if it were alone.
    Iql,
    /// Value decomposition (Sunehag et al., 2018): the joint value is the sum.
    Vdn,
    /// Monotonic mixing (Rashid et al., 2018).
    #[default]
    Qmix,
}

/// The optimiser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimiser {
    /// RMSprop with smoothing 0.99, epsilon 1e-5 and no momentum.
    #[default]
    Rmsprop,
    /// Adam with epsilon 1e-8.
    Adam,
}

/// The learner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LearnerConfig {
    /// How the joint value is made: `iql`, `vdn` or `qmix`. Left out with `algorithm = "dqn"` and `"coma"`.
    pub factorisation: Factorisation,
    /// Whether agents remember: a gated recurrent unit behind the first layer.
    pub recurrent: bool,
    /// Width of the agents' layers, 1 to 1024.
    pub hidden: usize,
    /// Width of the mixing network, 1 to 1024.
    pub mixer_width: usize,
    /// Width of the hyper-networks' hidden layer, 0 to 1024; 0 for none.
    pub hypernetwork_hidden: usize,
    /// `rmsprop` or `adam`.
    pub optimiser: Optimiser,
    /// Step size, above 0 and at most 1.
    pub learning_rate: f64,
    /// Norm of the gradient of all networks together above which it is scaled down, above 0.
    pub max_gradient_norm: f32,
    /// Discount of future rewards per primitive step, 0 to 1.
    pub gamma: f32,
    /// Whole episodes in a minibatch, 1 to 65536.
    pub batch_episodes: usize,
    /// Episodes that are kept, at least `batch_episodes`.
    pub replay_episodes: usize,
    /// Collected episodes for every update, 1 to 65536. The reference makes one update an episode.
    pub episodes_per_update: usize,
    /// Updates between two copies of the networks into the target networks, at least 1.
    pub target_updates: u64,
    /// Whether the live networks pick the choice that the target networks value (van Hasselt et al., 2016).
    pub double_q: bool,
}

/// Exploration: every agent by itself makes a random available choice with chance epsilon, else the best one, or with
/// COMA one drawn by its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExplorationConfig {
    /// Epsilon at the first frame, 0 to 1.
    pub initial: f64,
    /// Epsilon after `frames` frames, 0 to 1.
    pub last: f64,
    /// Frames over which epsilon falls linearly.
    pub frames: u64,
}

/// What may change when a run goes on: fields, and tables all fields of which may. Everything else is part of what was
/// played, of the networks or of the optimiser's state.
const CHANGEABLE: [&str; 16] = [
    "frames",
    "report_every",
    "learner.learning_rate",
    "learner.max_gradient_norm",
    "learner.batch_episodes",
    "learner.replay_episodes",
    "learner.episodes_per_update",
    "learner.target_updates",
    "learner.double_q",
    "critic.learning_rate",
    "critic.lambda",
    "critic.minibatch_steps",
    "critic.target_updates",
    "exploration",
    "evaluation",
    "output",
];

impl Default for QmixConfig {
    fn default() -> Self {
        Self {
            algorithm: TeamAlgorithm::default(),
            seed: 1,
            frames: 1_000_000,
            report_every: 10_000,
            environment: EnvironmentConfig {
                id: String::from("MultiGrid-TrashGrid-v2"),
                num_envs: 128,
                observations: Vec::new(),
                ..EnvironmentConfig::default()
            },
            learner: LearnerConfig::default(),
            critic: None,
            exploration: ExplorationConfig::default(),
            evaluation: EvaluationConfig { greedy: true, episodes: 128, ..EvaluationConfig::default() },
            output: OutputConfig::default(),
        }
    }
}

impl Default for LearnerConfig {
    fn default() -> Self {
        Self {
            factorisation: Factorisation::Qmix,
            recurrent: true,
            hidden: 64,
            mixer_width: 32,
            hypernetwork_hidden: 64,
            optimiser: Optimiser::Rmsprop,
            learning_rate: 5e-4,
            max_gradient_norm: 10.0,
            gamma: 0.99,
            batch_episodes: 32,
            replay_episodes: 5000,
            episodes_per_update: 1,
            target_updates: 200,
            double_q: true,
        }
    }
}

impl Default for ExplorationConfig {
    fn default() -> Self {
        Self { initial: 1.0, last: 0.05, frames: 50_000 }
    }
}

impl ExplorationConfig {
    /// Epsilon after `frames` frames.
    pub fn epsilon(&self, frames: u64) -> f64 {
        let done = if self.frames == 0 { 1.0 } else { (frames as f64 / self.frames as f64).min(1.0) };
        self.initial * (1.0 - done) + self.last * done
    }
}

impl QmixConfig {
    /// Reads a configuration from TOML text.
    ///
    /// # Errors
    /// Text that is not TOML, unknown fields, values of the wrong type or out of range.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Self::with_overrides("", text, &[""; 0])
    }

    /// Reads a configuration from the TOML text of `source_name` and applies `overrides`, each `table.field=value`.
    ///
    /// # Errors
    /// As [`QmixConfig::from_toml`].
    pub fn with_overrides(
        source_name: &str,
        text: &str,
        overrides: &[impl AsRef<str>],
    ) -> Result<Self, Error> {
        let config: Self = crate::config::overrides::read_over_defaults(source_name, text, overrides)?;
        config.validate()?;
        Ok(config)
    }

    /// The configuration as TOML text, from which it can be read again.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field has a TOML form")
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
            options: environment.options.clone(),
            ..BuildOptions::default()
        }
    }

    /// Seed of the evaluation levels.
    pub fn evaluation_seed(&self) -> u64 {
        self.evaluation.seed_in_run(self.seed)
    }

    /// Whether every field is within its range.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first one that is not.
    pub fn validate(&self) -> Result<(), Error> {
        // TOML has no larger whole numbers.
        at_most("seed", self.seed, i64::MAX as u64)?;
        within("frames", self.frames, 1, i64::MAX as u64)?;
        within("report_every", self.report_every, 1, i64::MAX as u64)?;
        self.environment.validate()?;
        self.evaluation.validate(self.seed)?;
        self.output.validate()?;
        match (self.algorithm, &self.critic) {
            (TeamAlgorithm::Values | TeamAlgorithm::Dqn, Some(_)) => {
                let allowed = "a table [critic] with algorithm = \"coma\" alone";
                return Err(invalid("critic", "a table", allowed));
            }
            (TeamAlgorithm::Dqn | TeamAlgorithm::Coma, _)
                if self.learner.factorisation != Factorisation::default() =>
            {
                let given = format!("{:?}", self.learner.factorisation).to_lowercase();
                let allowed = "nothing with algorithm = \"dqn\" or \"coma\", which factorise no joint value";
                return Err(invalid("learner.factorisation", given, allowed));
            }
            (_, critic) => critic.as_ref().map_or(Ok(()), CriticConfig::validate)?,
        }
        self.learner.validate(&self.exploration)
    }

    /// The settings of the networks: with deep Q-learning those of an agent that learns by itself.
    pub(super) fn network_settings(&self) -> LearnerConfig {
        match self.algorithm {
            TeamAlgorithm::Dqn => LearnerConfig { factorisation: Factorisation::Iql, ..self.learner.clone() },
            TeamAlgorithm::Values | TeamAlgorithm::Coma => self.learner.clone(),
        }
    }

    /// Whether a run of `self` may go on with the settings of `now`.
    ///
    /// # Errors
    /// [`Error::FixedField`] for the first field that differs and is not one of [`CHANGEABLE`].
    pub(super) fn check_resume(&self, now: &Self) -> Result<(), Error> {
        // A table that was left out has its defaults.
        let whole = |config: &Self| {
            let mut config = config.clone();
            if config.algorithm == TeamAlgorithm::Coma {
                config.critic.get_or_insert_default();
            }
            config
        };
        only_changes(&whole(self), &whole(now), &CHANGEABLE)
    }
}

impl LearnerConfig {
    /// Whether every field, and every one of `exploration`, is within its range.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first one that is not.
    pub fn validate(&self, exploration: &ExplorationConfig) -> Result<(), Error> {
        let learner = self;
        let width = |value: usize| (1..=1024).contains(&value);
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let checks: [(&'static str, bool, String, &str); 12] = [
            ("learner.hidden", width(learner.hidden), learner.hidden.to_string(), "1 to 1024"),
            ("learner.mixer_width", width(learner.mixer_width), learner.mixer_width.to_string(), "1 to 1024"),
            (
                "learner.hypernetwork_hidden",
                learner.hypernetwork_hidden <= 1024,
                learner.hypernetwork_hidden.to_string(),
                "0 to 1024",
            ),
            (
                "learner.learning_rate",
                learner.learning_rate > 0.0 && learner.learning_rate <= 1.0,
                learner.learning_rate.to_string(),
                "above 0, at most 1",
            ),
            (
                "learner.max_gradient_norm",
                learner.max_gradient_norm > 0.0,
                learner.max_gradient_norm.to_string(),
                "above 0",
            ),
            ("learner.gamma", share(learner.gamma.into()), learner.gamma.to_string(), "0 to 1"),
            (
                "learner.batch_episodes",
                (1..=65_536).contains(&learner.batch_episodes),
                learner.batch_episodes.to_string(),
                "1 to 65536",
            ),
            (
                "learner.replay_episodes",
                (learner.batch_episodes..=1 << 24).contains(&learner.replay_episodes),
                learner.replay_episodes.to_string(),
                "learner.batch_episodes to 16777216",
            ),
            (
                "learner.episodes_per_update",
                (1..=65_536).contains(&learner.episodes_per_update),
                learner.episodes_per_update.to_string(),
                "1 to 65536",
            ),
            (
                "learner.target_updates",
                learner.target_updates > 0,
                learner.target_updates.to_string(),
                "1 or more",
            ),
            ("exploration.initial", share(exploration.initial), exploration.initial.to_string(), "0 to 1"),
            ("exploration.last", share(exploration.last), exploration.last.to_string(), "0 to 1"),
        ];
        match checks.into_iter().find(|(_, is_good, ..)| !is_good) {
            Some((field, _, value, allowed)) => {
                Err(Error::InvalidField { field, value, allowed: allowed.to_owned() })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsilon_falls_linearly_and_stays() {
        let exploration = ExplorationConfig { initial: 1.0, last: 0.2, frames: 100 };
        assert_eq!([0, 50, 100, 1000].map(|frames| exploration.epsilon(frames)), [1.0, 0.6, 0.2, 0.2]);
        assert_eq!(ExplorationConfig { frames: 0, ..exploration }.epsilon(0), 0.2);
    }

    #[test]
    fn what_a_table_leaves_out_is_as_without_the_table() {
        let text = "[environment]\nid = 'MultiGrid-TwoStepGame-v0'\n[evaluation]\nepisodes = 3";
        let config = QmixConfig::from_toml(text).unwrap();
        let default = QmixConfig::default();
        assert_eq!(config.environment.observations, default.environment.observations);
        assert_eq!((config.evaluation.episodes, config.evaluation.greedy), (3, default.evaluation.greedy));
    }

    #[test]
    fn fields_out_of_range_are_named() {
        for (text, field) in [
            ("learner.gamma = 1.5", "learner.gamma"),
            ("learner.replay_episodes = 3", "learner.replay_episodes"),
            ("exploration.last = -0.1", "exploration.last"),
            ("learner.target_updates = 0", "learner.target_updates"),
            ("frames = 0", "frames"),
            ("report_every = 0", "report_every"),
            ("environment.num_envs = 0", "environment.num_envs"),
            ("environment.max_episode_steps = 0", "environment.max_episode_steps"),
            ("environment.level_pool = 0", "environment.level_pool"),
            ("evaluation.episodes = 0", "evaluation.episodes"),
            ("evaluation.seed = 1", "evaluation.seed"),
            ("output.checkpoint_every = 0", "output.checkpoint_every"),
            ("algorithm = 'dqn'\nlearner.factorisation = 'vdn'", "learner.factorisation"),
            ("algorithm = 'dqn'\n[critic]", "critic"),
            ("[critic]", "critic"),
            ("algorithm = 'coma'\nlearner.factorisation = 'vdn'", "learner.factorisation"),
            ("algorithm = 'coma'\n[critic]\nhidden = 0", "critic.hidden"),
            ("algorithm = 'coma'\n[critic]\nlearning_rate = 0.0", "critic.learning_rate"),
            ("algorithm = 'coma'\n[critic]\nlambda = 1.5", "critic.lambda"),
            ("algorithm = 'coma'\n[critic]\nminibatch_steps = 0", "critic.minibatch_steps"),
            ("algorithm = 'coma'\n[critic]\ntarget_updates = 0", "critic.target_updates"),
            ("algorithm = 'coma'\n[critic]\ndepth = 2", "depth"),
            ("algorithm = 'komma'", "komma"),
        ] {
            let error = QmixConfig::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
        assert!(QmixConfig::from_toml("learner.depth = 3").unwrap_err().to_string().contains("depth"));
        assert_eq!(QmixConfig::from_toml("").unwrap(), QmixConfig::default());
    }
}
