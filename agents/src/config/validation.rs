//! The allowed range of every field, checked before anything is built.

use std::fmt::Display;

use super::{Config, EnvironmentConfig, EvaluationConfig, MemoryKind, ObservationPart, OutputConfig};
use crate::Error;

impl Config {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// The first field out of range, with its value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        let Self { environment, network, ppo, early_stop, evaluation, output, .. } = self;
        // TOML has no larger whole numbers.
        at_most("seed", self.seed, i64::MAX as u64)?;
        within("frames", self.frames, 1, i64::MAX as u64)?;
        within("threads", self.threads, 0, 1024)?;
        environment.validate()?;
        within("network.cell_features", network.cell_features, 1, 256)?;
        within("network.word_features", network.word_features, 1, 256)?;
        for part in network.parts.values().flatten() {
            check_part(part)?;
        }
        if network.hidden.is_empty() {
            return Err(invalid("network.hidden", "[]", "at least one layer, such as [128, 64]"));
        }
        for &width in &network.hidden {
            within("network.hidden", width, 1, 4096)?;
        }
        within("network.memory_width", network.memory_width, 1, 4096)?;
        within("ppo.rollout_steps", ppo.rollout_steps, 1, 65_536)?;
        within("ppo.epochs", ppo.epochs, 1, 100)?;
        let steps = ppo.sequence_steps(network.memory);
        if steps == 0 || !ppo.rollout_steps.is_multiple_of(steps) {
            let allowed = format!("a divisor of ppo.rollout_steps = {}", ppo.rollout_steps);
            return Err(invalid("ppo.recurrence", ppo.recurrence, allowed));
        }
        let sequences = environment.num_envs * ppo.rollout_steps / steps;
        if ppo.minibatches == 0 || !sequences.is_multiple_of(ppo.minibatches) {
            let what = if network.memory == MemoryKind::None {
                "environment.num_envs * ppo.rollout_steps"
            } else {
                "environment.num_envs * ppo.rollout_steps / ppo.recurrence"
            };
            let allowed = format!("a divisor of {what} = {sequences}");
            return Err(invalid("ppo.minibatches", ppo.minibatches, allowed));
        }
        within("ppo.shards", ppo.shards, 1, 64.min(sequences / ppo.minibatches))?;
        within("ppo.inference_rows", ppo.inference_rows, 1, 65_536)?;
        positive("ppo.learning_rate", ppo.learning_rate, 1.0)?;
        within("ppo.final_learning_rate", ppo.final_learning_rate, 0.0, 1.0)?;
        positive("ppo.reward_scale", ppo.reward_scale.into(), 1000.0)?;
        within("ppo.gamma", ppo.gamma, 0.0, 1.0)?;
        within("ppo.gae_lambda", ppo.gae_lambda, 0.0, 1.0)?;
        positive("ppo.clip", ppo.clip.into(), 1.0)?;
        within("ppo.advantage_floor", ppo.advantage_floor, 0.0, 1000.0)?;
        within("ppo.entropy_coefficient", ppo.entropy_coefficient, 0.0, 1.0)?;
        within("ppo.value_coefficient", ppo.value_coefficient, 0.0, 10.0)?;
        positive("ppo.max_gradient_norm", ppo.max_gradient_norm.into(), f32::MAX.into())?;
        positive("ppo.adam_epsilon", ppo.adam_epsilon.into(), 1.0)?;
        within("ppo.huber_delta", ppo.huber_delta, 0.0, 1000.0)?;
        within("early_stop.success_rate", early_stop.success_rate, 0.0, 1.0)?;
        within("early_stop.window", early_stop.window, 1, 1_000_000)?;
        evaluation.validate(self.seed)?;
        output.validate()
    }
}

impl EnvironmentConfig {
    /// Checks every field against its range.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        within("environment.num_envs", self.num_envs, 1, 65_536)?;
        if let Some(steps) = self.max_episode_steps {
            within("environment.max_episode_steps", steps, 1, u32::MAX)?;
        }
        match self.level_pool {
            Some(levels) => within("environment.level_pool", levels, 1, u32::MAX),
            None => Ok(()),
        }
    }
}

impl EvaluationConfig {
    /// Checks every field against its range, in a run with the seed `run`.
    pub(crate) fn validate(&self, run: u64) -> Result<(), Error> {
        within("evaluation.episodes", self.episodes, 1, 1_000_000)?;
        let Some(seed) = self.seed else { return Ok(()) };
        at_most("evaluation.seed", seed, i64::MAX as u64)?;
        if seed == run {
            return Err(invalid(
                "evaluation.seed",
                seed,
                "any seed but that of training, to have fresh levels",
            ));
        }
        Ok(())
    }
}

impl OutputConfig {
    /// Checks every field against its range.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        within("output.checkpoint_every", self.checkpoint_every, 1, u64::MAX)
    }
}

/// The most kinds of tiles, and values of a category.
const MOST_KINDS: usize = 4096;

fn check_part(part: &ObservationPart) -> Result<(), Error> {
    match part {
        ObservationPart::Tiles { tiles, planes } => {
            within("network.parts.tiles", *tiles, 1, 65_536)?;
            let kinds = planes.iter().try_fold(1, |kinds: usize, &count| kinds.checked_mul(count));
            if planes.is_empty() || !kinds.is_some_and(|kinds| (1..=MOST_KINDS).contains(&kinds)) {
                let allowed = format!("numbers of values whose product is 1 to {MOST_KINDS}");
                return Err(invalid("network.parts.planes", format!("{planes:?}"), allowed));
            }
            Ok(())
        }
        ObservationPart::Category { category } => within("network.parts.category", *category, 1, MOST_KINDS),
        ObservationPart::Numbers { numbers, scale } => {
            within("network.parts.numbers", *numbers, 1, 65_536)?;
            within("network.parts.scale", *scale, f32::MIN, f32::MAX)
        }
    }
}

/// A field out of its range.
pub(crate) fn invalid(field: &'static str, value: impl Display, allowed: impl Into<String>) -> Error {
    Error::InvalidField { field, value: value.to_string(), allowed: allowed.into() }
}

/// Checks that a field is within its range. NaN never is.
pub(crate) fn within<T: PartialOrd + Display>(
    field: &'static str,
    value: T,
    low: T,
    high: T,
) -> Result<(), Error> {
    if value >= low && value <= high {
        Ok(())
    } else {
        Err(invalid(field, value, format!("{low} to {high}")))
    }
}

/// Checks that a field is 0 to `high`.
pub(crate) fn at_most(field: &'static str, value: u64, high: u64) -> Result<(), Error> {
    within(field, value, 0, high)
}

fn positive(field: &'static str, value: f64, high: f64) -> Result<(), Error> {
    if value > 0.0 && value <= high {
        Ok(())
    } else {
        Err(invalid(field, value, format!("above 0 and at most {high}")))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::config::{Config, EXPERIMENTS};

    const NONE: [&str; 0] = [];

    #[test]
    fn every_experiment_is_valid_and_the_main_one_is_the_default() {
        for (name, _) in EXPERIMENTS {
            Config::experiment(name, &NONE).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert_eq!(Config::experiment("minigrid_doorkey_8x8", &NONE).unwrap(), Config::default());
        assert!(
            Config::experiment("nothing", &NONE).unwrap_err().to_string().contains("minigrid_doorkey_5x5")
        );
    }

    #[test]
    fn a_configuration_survives_being_written() {
        for (name, _) in EXPERIMENTS {
            let config =
                Config::experiment(name, &["evaluation.seed=77", "environment.level_pool=5"]).unwrap();
            assert_eq!(Config::from_toml(&config.to_toml(), &NONE).unwrap(), config);
        }
    }

    #[test]
    fn errors_name_the_field_and_the_allowed_range() {
        for (setting, field, allowed) in [
            ("ppo.gamma=1.5", "ppo.gamma", "0 to 1"),
            ("ppo.gamma=nan", "ppo.gamma", "0 to 1"),
            ("ppo.learning_rate=0", "ppo.learning_rate", "above 0"),
            ("ppo.minibatches=7", "ppo.minibatches", "divisor"),
            ("ppo.minibatches=0", "ppo.minibatches", "divisor"),
            ("network.hidden=[]", "network.hidden", "at least one"),
            ("network.hidden=[64, 0]", "network.hidden", "1 to 4096"),
            ("network.parts.a=[{tiles=9,planes=[99,99]}]", "network.parts.planes", "product"),
            ("network.parts.a=[{category=0}]", "network.parts.category", "1 to 4096"),
            ("environment.num_envs=0", "environment.num_envs", "1 to 65536"),
            ("evaluation.seed=1", "evaluation.seed", "fresh levels"),
        ] {
            let message = Config::from_toml("", &[setting]).unwrap_err().to_string();
            assert!(
                message.contains(&format!("'{field}'")) && message.contains(allowed),
                "{setting}: {message}"
            );
        }
    }

    #[test]
    fn sequences_of_a_network_with_a_memory_divide_the_rollout() {
        let refuse = |settings: &[&str]| Config::from_toml("", settings).unwrap_err().to_string();
        let message = refuse(&["ppo.recurrence=7", "network.memory=gru"]);
        assert!(message.contains("'ppo.recurrence'") && message.contains("rollout_steps = 64"), "{message}");
        let message = refuse(&["network.memory=lstm", "ppo.minibatches=2048"]);
        assert!(message.contains("ppo.recurrence = 1024"), "{message}");
        // Without a memory there are no sequences.
        assert!(Config::from_toml("", &["ppo.recurrence=7", "ppo.minibatches=2048"]).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in ".{0,200}", setting in "[a-z_.]{0,20}=.{0,20}") {
            let _ = Config::from_toml(&text, &NONE);
            let _ = Config::from_toml("", &[setting]);
        }

        #[test]
        fn no_number_in_any_field_makes_reading_panic(
            field in prop::sample::select(vec![
                "seed", "frames", "threads", "environment.num_envs", "ppo.rollout_steps", "ppo.minibatches",
                "ppo.shards", "ppo.gamma", "ppo.clip", "network.cell_features", "output.checkpoint_every",
            ]),
            value in prop_oneof![any::<i64>().prop_map(|v| v.to_string()), any::<f64>().prop_map(|v| v.to_string())],
        ) {
            let _ = Config::from_toml("", &[format!("{field}={value}")]);
        }
    }
}
