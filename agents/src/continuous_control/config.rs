//! The configuration of TD3 and SRL: a TOML file with `algorithm = "td3"` or `"srl"` in which every other field may be
//! left out. Defaults are those of the released code of TD3, on the pendulum.

use pentathlon_envs::classic_control::PENDULUM;
use pentathlon_gym::{AutoresetMode, BuildOptions, Levels};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::config::validation::{at_most, invalid, within};
use crate::config::{EnvironmentConfig, EvaluationConfig, OutputConfig};
use crate::sequence_policy::SequenceConfig;
use crate::td3::{CollectionSettings, Td3Config};

/// Configurations that come with the suite, by name: the files of `experiments/`.
pub const EXPERIMENTS: [(&str, &str); 2] = [
    ("td3_pendulum", include_str!("../../../experiments/td3_pendulum.toml")),
    ("srl_pendulum", include_str!("../../../experiments/srl_pendulum.toml")),
];

/// A training run of TD3 or SRL.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContinuousConfig {
    /// What learns: `td3` or `srl`.
    pub algorithm: Algorithm,
    /// Seed of everything random in training.
    pub seed: u64,
    /// Environment steps to train for, all environments together; at least 1.
    pub frames: u64,
    /// Environment steps between two reports, each of which is a row of the progress table; at least 1.
    pub report_every: u64,
    /// Steps between two decisions of the trained policy where it is judged or looked at, 1 to 1024. What a decision
    /// has not laid out is its last action once more.
    pub decide_every: u32,
    /// What is trained on: one agent whose actions are a `Box` of real numbers.
    pub environment: EnvironmentConfig,
    /// Critics, actor and memory; SRL has the critics and the memory of TD3.
    pub td3: Td3Config,
    /// The sequences of SRL; only with `algorithm = "srl"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<SequenceConfig>,
    /// When training stops before its last frame.
    pub early_stop: ReturnStopConfig,
    /// How the trained policy is judged: `greedy` without noise, else with that of training.
    pub evaluation: EvaluationConfig,
    /// What is written while training; `checkpoint_every` counts reports.
    pub output: OutputConfig,
}

/// What learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Twin delayed deep deterministic policy gradient (Fujimoto, van Hoof and Meger, 2018).
    #[default]
    Td3,
    /// Sequence reinforcement learning (Patel and Siegelmann, 2025).
    Srl,
}

/// When training stops before its last frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReturnStopConfig {
    /// Mean return of the episodes in a full window at which training stops, a finite number; left out, never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_return: Option<f64>,
    /// Number of most recent episodes that the reported return, length and success are means of, 1 to 1000000.
    pub window: usize,
}

impl Default for ContinuousConfig {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Td3,
            seed: 1,
            frames: 1_000_000,
            report_every: 5_000,
            decide_every: 1,
            environment: EnvironmentConfig {
                id: PENDULUM.into(),
                num_envs: 4,
                observations: Vec::new(),
                ..EnvironmentConfig::default()
            },
            td3: Td3Config::default(),
            sequence: None,
            early_stop: ReturnStopConfig::default(),
            evaluation: EvaluationConfig { greedy: true, episodes: 64, ..EvaluationConfig::default() },
            output: OutputConfig { checkpoint_every: 1, ..OutputConfig::default() },
        }
    }
}

impl Default for ReturnStopConfig {
    fn default() -> Self {
        Self { mean_return: None, window: 20 }
    }
}

impl ContinuousConfig {
    /// Reads a configuration from the TOML text of `source_name` and applies `overrides`, each `table.field=value`.
    ///
    /// # Errors
    /// Text that is not TOML, unknown fields, values of the wrong type or out of range.
    pub fn read(source_name: &str, text: &str, overrides: &[impl AsRef<str>]) -> Result<Self, Error> {
        let config: Self = crate::config::overrides::read_over_defaults(source_name, text, overrides)?;
        config.validate()?;
        Ok(config)
    }

    /// The configuration as TOML text, from which it can be read again.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every field has a TOML form")
    }

    /// What the learner of SRL is made of: its own table, and what it has in common with TD3.
    pub(super) fn sequence(&self) -> SequenceConfig {
        SequenceConfig { td3: self.td3.clone(), ..self.sequence.clone().unwrap_or_default() }
    }

    /// How experience is collected. While SRL is trained its sequences are carried out to different lengths: states that
    /// only later actions lead to are met.
    pub(super) fn collection(&self) -> CollectionSettings {
        CollectionSettings {
            learning_starts: self.td3.learning_starts,
            noise: self.td3.exploration_noise,
            replay: self.td3.replay,
            longest_hold: match self.algorithm {
                Algorithm::Td3 => 1,
                Algorithm::Srl => self.sequence().horizon as u32,
            },
            repeats: 1,
            seed: self.seed,
        }
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
            // A handful of environments is stepped before another thread has woken up.
            threads: usize::from(num_envs < 256),
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
        let Self { environment, early_stop, evaluation, output, .. } = self;
        // TOML has no larger whole numbers.
        at_most("seed", self.seed, i64::MAX as u64)?;
        within("frames", self.frames, 1, i64::MAX as u64)?;
        within("report_every", self.report_every, 1, i64::MAX as u64)?;
        within("decide_every", self.decide_every, 1, 1024)?;
        environment.validate()?;
        if self.algorithm == Algorithm::Td3 && self.sequence.is_some() {
            return Err(invalid("sequence", "a table", "only with algorithm = \"srl\""));
        }
        match self.algorithm {
            Algorithm::Td3 => self.td3.validate()?,
            Algorithm::Srl => self.sequence().validate()?,
        }
        if let Some(goal) = early_stop.mean_return {
            within("early_stop.mean_return", goal, f64::MIN, f64::MAX)?;
        }
        within("early_stop.window", early_stop.window, 1, 1_000_000)?;
        evaluation.validate(self.seed)?;
        output.validate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [&str; 0] = [];

    fn read(text: &str) -> Result<ContinuousConfig, Error> {
        ContinuousConfig::read("", text, &NONE)
    }

    #[test]
    fn every_experiment_is_valid_and_survives_being_written() {
        for (name, text) in EXPERIMENTS {
            let config = ContinuousConfig::read(name, text, &["evaluation.seed=77"]).unwrap();
            assert_eq!(read(&config.to_toml()).unwrap(), config, "{name}");
        }
        let sequence = read(EXPERIMENTS[1].1).unwrap().sequence();
        assert_eq!(sequence.td3, read(EXPERIMENTS[1].1).unwrap().td3);
    }

    #[test]
    fn what_a_table_leaves_out_is_as_without_the_table() {
        let config = read("[environment]\nnum_envs = 7\n[evaluation]\nepisodes = 3\n[output]").unwrap();
        assert_eq!((config.environment.id.as_str(), config.environment.num_envs), (PENDULUM, 7));
        assert!(config.environment.observations.is_empty() && config.evaluation.greedy);
        assert_eq!((config.evaluation.episodes, config.output.checkpoint_every), (3, 1));
        let config = ContinuousConfig::read("", "", &["evaluation.episodes=3", "evaluation.greedy=false"]);
        assert!(!config.unwrap().evaluation.greedy);
        assert_eq!(read("").unwrap(), ContinuousConfig::default());
    }

    #[test]
    fn fields_out_of_range_are_named_with_what_is_allowed() {
        for (text, field, allowed) in [
            ("td3.gamma = 1.5", "'td3.gamma' = 1.5", "0 to 1"),
            ("td3.hidden = []", "'td3.hidden' = []", "1 to 4096"),
            ("td3.replay = 3", "'td3.replay' = 3", "td3.batch"),
            ("algorithm = \"srl\"\nsequence.horizon = 0", "'sequence.horizon' = 0", "1 to 1024"),
            (
                "algorithm = \"srl\"\nsequence.dynamics_rate = 2.0",
                "'sequence.dynamics_rate' = 2",
                "at most 1",
            ),
            ("sequence.horizon = 4", "'sequence'", "algorithm = \"srl\""),
            ("frames = 0", "'frames' = 0", "1 to"),
            ("report_every = 0", "'report_every' = 0", "1 to"),
            ("decide_every = 2000", "'decide_every' = 2000", "1 to 1024"),
            ("environment.num_envs = 0", "'environment.num_envs' = 0", "1 to 65536"),
            ("early_stop.mean_return = nan", "'early_stop.mean_return' = NaN", "to"),
            ("early_stop.window = 0", "'early_stop.window' = 0", "1 to 1000000"),
            ("evaluation.episodes = 0", "'evaluation.episodes' = 0", "1 to 1000000"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(field) && message.contains(allowed), "{text}: {message}");
        }
        let message = read("algorithm = \"td4\"").unwrap_err().to_string();
        assert!(
            message.contains("td4") && message.contains("`td3`") && message.contains("`srl`"),
            "{message}"
        );
        assert!(read("td3.depth = 3").unwrap_err().to_string().contains("depth"));
        // What SRL has in common with TD3 stands in the table of TD3 alone.
        assert!(read("algorithm = \"srl\"\nsequence.td3.gamma = 0.9").is_err());
    }
}
