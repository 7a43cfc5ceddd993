//! The build options of coRMAB ids: which instance, where episodes start, what an infeasible action does.

use std::path::PathBuf;

use pentathlon_gym::{BuildOptions, Error, OptionSpec};

use crate::given_option::GivenOption;

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
            return Err(
                GivenOption { id, name: "max_episode_steps", value: &0i64.into() }.invalid("1 or more")
            );
        }
        for (name, value) in &build.options {
            let given = GivenOption { id, name, value };
            match name.as_str() {
                "arms" => options.sizes.arms = given.whole(0, 128)? as usize,
                "budget" => options.sizes.budget = given.whole(0, 128)? as usize,
                "interventions" => options.sizes.interventions = given.whole(0, 128)? as usize,
                "instance_seed" => options.instance_seed = given.whole(0, i64::MAX)? as u64,
                "instance" => {
                    let path =
                        given.text().ok_or_else(|| given.invalid("the path of a JSON file, or none"))?;
                    options.instance = (path != "none").then(|| PathBuf::from(path));
                }
                "start" => options.start = given.number(0.0, 1.0)?,
                "infeasible" => {
                    let choices = [("error", Infeasible::Error), ("empty", Infeasible::Empty)];
                    options.infeasible = given.choice(&choices)?;
                }
                _ => {
                    let names = option_specs().map(|option| option.name).join(", ");
                    return Err(given.invalid(&format!("only the options {names}")));
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
        let refused = |option: &str, value: String, allowed: String| Error::InvalidOption {
            id: id.into(),
            option: option.into(),
            value,
            allowed,
        };
        let Some(path) = &self.instance else {
            let Sizes { arms, budget, interventions } = self.sizes;
            return generate(problem, &self.sizes, self.instance_seed).map_err(|error| {
                let given = format!("{arms}, {budget} and {interventions}");
                let allowed = match error {
                    InstanceError::Invalid { what, allowed, .. } => format!("{allowed} for {what}"),
                    error => error.to_string(),
                };
                refused("arms, budget and interventions", given, allowed)
            });
        };
        let instance = Instance::load(path).map_err(|error| {
            let allowed = format!("the file of an instance, which this is not: {error}");
            refused("instance", path.display().to_string(), allowed)
        })?;
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

#[cfg(test)]
mod tests {
    use pentathlon_gym::OptionValue;

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
        assert!(reason("infeasible", "clip".into()).contains("error, empty"));
        assert!(reason("colour", 1i64.into()).contains("arms, budget"));
        let missing = read("instance", "/nowhere/a.json").unwrap();
        let error = missing.make_instance("coRMAB-Budget-v0", Problem::Budget).unwrap_err().to_string();
        assert!(error.contains("/nowhere/a.json"), "{error}");
        let large = read("budget", 21i64).unwrap();
        assert_eq!(
            large.make_instance("coRMAB-Budget-v0", Problem::Budget).unwrap_err().to_string(),
            "option 'arms, budget and interventions' of coRMAB-Budget-v0: 20, 21 and 10 is not allowed; allowed: \
             0 to 20 for the budget"
        );
    }
}
