//! The build options of coRMAB ids: which instance, where episodes start, what an infeasible action does.

use std::path::PathBuf;

use pentathlon_gym::{BuildOptions, Error, OptionSpec, OptionValue};

use super::{
    generation::{Sizes, generate},
    instance::{Instance, InstanceError, Problem},
};

/// What becomes of an action outside the feasible set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Infeasible {
    /// The step is refused with an error that names the environment and what is violated.
    #[default]
    Error,
    /// Nothing is pulled instead.
    Empty,
}

/// The build options of a coRMAB id, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CoupledBanditOptions {
    /// Sizes of a drawn instance.
    pub sizes: Sizes,
    /// Seed of a drawn instance.
    pub instance_seed: u64,
    /// File of an instance that is loaded instead.
    pub instance: Option<PathBuf>,
    /// Chance that an arm starts an episode at level 1; it starts at level 0 otherwise.
    pub start: f64,
    /// What becomes of an infeasible action.
    pub infeasible: Infeasible,
    /// Steps of an episode, where they differ from the instance's own.
    pub max_episode_steps: Option<u32>,
}

impl Default for CoupledBanditOptions {
    fn default() -> Self {
        Self {
            sizes: Sizes::default(),
            instance_seed: 0,
            instance: None,
            start: 0.5,
            infeasible: Infeasible::Error,
            max_episode_steps: None,
        }
    }
}

impl CoupledBanditOptions {
    /// Reads the options of `id` out of what a batch is built with.
    ///
    /// # Errors
    /// An option that does not exist, or a value that is not allowed.
    pub fn read(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        let mut options = Self { max_episode_steps: build.max_episode_steps, ..Self::default() };
        if build.max_episode_steps == Some(0) {
            return Err(invalid(id, "max_episode_steps", &0i64.into(), "1 or more"));
        }
        for (name, value) in &build.options {
            let whole = |high: i64| match value {
                OptionValue::Integer(number) if (0..=high).contains(number) => Ok(*number as u64),
                _ => Err(invalid(id, name, value, &format!("whole numbers from 0 to {high}"))),
            };
            match name.as_str() {
                "arms" => options.sizes.arms = whole(128)? as usize,
                "budget" => options.sizes.budget = whole(128)? as usize,
                "interventions" => options.sizes.interventions = whole(128)? as usize,
                "instance_seed" => options.instance_seed = whole(i64::MAX)?,
                "instance" => {
                    options.instance = match value {
                        OptionValue::Text(path) if path == "none" => None,
                        OptionValue::Text(path) => Some(PathBuf::from(path)),
                        _ => return Err(invalid(id, name, value, "the path of a JSON file, or none")),
                    }
                }
                "start" => {
                    options.start = match value {
                        OptionValue::Float(chance) if (0.0..=1.0).contains(chance) => *chance,
                        OptionValue::Integer(chance @ 0..=1) => *chance as f64,
                        _ => return Err(invalid(id, name, value, "numbers from 0 to 1")),
                    }
                }
                "infeasible" => {
                    options.infeasible = match value {
                        OptionValue::Text(text) if text == "error" => Infeasible::Error,
                        OptionValue::Text(text) if text == "empty" => Infeasible::Empty,
                        _ => return Err(invalid(id, name, value, "error or empty")),
                    }
                }
                _ => {
                    let names = option_specs().map(|option| option.name).join(", ");
                    return Err(invalid(id, name, value, &format!("only the options {names}")));
                }
            }
        }
        Ok(options)
    }

    /// The instance of `problem`: drawn, or loaded from its file.
    ///
    /// # Errors
    /// Sizes that cannot be, or a file without an instance of that problem.
    pub fn make_instance(&self, id: &str, problem: Problem) -> Result<Instance, Error> {
        let refused = |option: &str, value: String, error: InstanceError| Error::InvalidOption {
            id: id.into(),
            option: option.into(),
            value,
            allowed: error.to_string(),
        };
        let Some(path) = &self.instance else {
            return generate(problem, &self.sizes, self.instance_seed).map_err(|error| {
                refused("arms, budget or interventions", format!("{:?}", self.sizes), error)
            });
        };
        let instance =
            Instance::load(path).map_err(|error| refused("instance", path.display().to_string(), error))?;
        if instance.problem != problem {
            return Err(Error::InvalidOption {
                id: id.into(),
                option: "instance".into(),
                value: format!("{} of the problem {}", path.display(), instance.problem.name()),
                allowed: format!("an instance of the problem {}", problem.name()),
            });
        }
        Ok(instance)
    }
}

/// The options as an [`EnvSpec`](pentathlon_gym::EnvSpec) lists them.
pub fn option_specs() -> [OptionSpec; 7] {
    [
        ("arms", "20", "Arms of a drawn instance: 1 to 128."),
        (
            "budget",
            "5",
            "Budget of a drawn instance: arms that may be pulled, interventions that are chosen, workers that \
             there are. Walks have at most 20.",
        ),
        ("interventions", "10", "Interventions of a drawn instance of Multi: 1 to 128; others have none."),
        ("instance_seed", "0", "Seed that the instance is drawn with; the batch's own seed is another."),
        ("instance", "none", "JSON file of an instance that is taken instead of a drawn one."),
        ("start", "0.5", "Chance of each arm to start at level 1 instead of 0: 0.5 to train, 0.2 to evaluate."),
        (
            "infeasible",
            "error",
            "What an action outside the feasible set does: error refuses the step, empty pulls nothing.",
        ),
    ]
    .map(|(name, default, description)| OptionSpec {
        name: name.into(),
        default: default.into(),
        description: description.into(),
    })
}

fn invalid(id: &str, option: &str, value: &OptionValue, allowed: &str) -> Error {
    let value = match value {
        OptionValue::Bool(value) => value.to_string(),
        OptionValue::Integer(value) => value.to_string(),
        OptionValue::Float(value) => value.to_string(),
        OptionValue::Text(value) => format!("'{value}'"),
    };
    Error::InvalidOption { id: id.into(), option: option.into(), value, allowed: allowed.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: impl Into<OptionValue>) -> Result<CoupledBanditOptions, Error> {
        let options = [(name.to_owned(), value.into())].into();
        CoupledBanditOptions::read("coRMAB-Budget-v0", &BuildOptions { options, ..BuildOptions::default() })
    }

    #[test]
    fn options_are_read() {
        assert_eq!(read("arms", 40i64).unwrap().sizes.arms, 40);
        assert_eq!(read("start", 0.2).unwrap().start, 0.2);
        assert_eq!(read("start", 1i64).unwrap().start, 1.0);
        assert_eq!(read("infeasible", "empty").unwrap().infeasible, Infeasible::Empty);
        assert_eq!(read("instance", "a.json").unwrap().instance, Some("a.json".into()));
        for option in option_specs() {
            assert!(read(&option.name, OptionValue::parse(&option.default)).is_ok(), "{}", option.name);
        }
    }

    #[test]
    fn bad_values_are_refused_with_what_is_allowed() {
        let reason = |name, value: OptionValue| read(name, value).unwrap_err().to_string();
        assert_eq!(
            reason("arms", 129i64.into()),
            "option 'arms' of coRMAB-Budget-v0: 129 is not allowed; allowed: whole numbers from 0 to 128"
        );
        assert!(reason("start", 1.5.into()).contains("0 to 1"));
        assert!(reason("infeasible", "clip".into()).contains("error or empty"));
        assert!(reason("colour", 1i64.into()).contains("arms, budget"));
        let missing = read("instance", "/nowhere/a.json").unwrap();
        let error = missing.make_instance("coRMAB-Budget-v0", Problem::Budget).unwrap_err().to_string();
        assert!(error.contains("/nowhere/a.json"), "{error}");
        let large = read("budget", 21i64).unwrap();
        assert!(large.make_instance("coRMAB-Budget-v0", Problem::Budget).is_err());
    }
}
