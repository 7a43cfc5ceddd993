//! `pentathlon cormab`: all methods for coupled bandits side by side, instances as files, and SEQUOIA's
//! training runs, which `pentathlon train` starts.

mod compare;
mod run;
mod train;

use std::path::{Path, PathBuf};

use pentathlon::{
    agents::cormab::sequoia::SequoiaConfig,
    envs::cormab::{
        id,
        instance::{Instance, Problem},
    },
};

use super::{exit::Usage, output};

pub use run::SequoiaRun;
pub use train::{TrainingRun, train_sequoia};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json
  pentathlon cormab compare --problem budget --arms 5 --budget 2 --chart bars.svg
  pentathlon cormab instance --problem multi --arms 20 --budget 5 --out multi.json")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Train SEQUOIA on a number of instances and compare it with every baseline
    Compare(compare::Arguments),
    /// Write an instance as JSON
    Instance(InstanceArguments),
}

/// Which instances.
#[derive(clap::Args, Clone, Debug)]
struct ProblemArguments {
    /// budget, multi, routing, scheduling or capacity
    #[arg(long)]
    problem: Problem,
    /// Arms, 1 to 128
    #[arg(long, default_value_t = 20)]
    arms: usize,
    /// Most arms or interventions that an action chooses
    #[arg(long, default_value_t = 5)]
    budget: usize,
    /// Interventions, of multi only; twice the budget unless told otherwise
    #[arg(long)]
    interventions: Option<usize>,
    /// Seed of the (first) instance
    #[arg(long, default_value_t = 20)]
    instance_seed: u64,
}

impl ProblemArguments {
    /// Sets the problem of `config`, for the instance `offset` seeds on.
    fn apply(&self, config: &mut SequoiaConfig, offset: u64) {
        config.problem.name = self.problem;
        config.problem.arms = self.arms;
        config.problem.budget = self.budget;
        config.problem.interventions = self.interventions.unwrap_or(self.budget.saturating_mul(2));
        config.problem.instance_seed = self.instance_seed.saturating_add(offset);
        config.problem.instance = None;
    }
}

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  pentathlon cormab instance --problem multi --arms 20 --budget 5 --out multi.json")]
struct InstanceArguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Compare(arguments) => compare::run(arguments),
        Command::Instance(arguments) => {
            let mut config = SequoiaConfig::default();
            arguments.problem.apply(&mut config, 0);
            let instance = make_instance(&config)?;
            let json = instance.to_json();
            output::write_file(&arguments.out, |writer| Ok(writer.write_all(json.as_bytes())?))?;
            output::print(&format!("{} in {}\n", instance.name, arguments.out.display()))
        }
    }
}

/// The instance that a configuration asks for.
fn make_instance(config: &SequoiaConfig) -> anyhow::Result<Instance> {
    Ok(config.problem.make_instance().map_err(|error| Usage(error.to_string()))?)
}

/// The id of what a configuration trains on.
pub fn instance_id(config: &SequoiaConfig) -> anyhow::Result<String> {
    Ok(id(make_instance(config)?.problem))
}

/// Reads a configuration and checks it.
fn read_config(path: &Path) -> anyhow::Result<SequoiaConfig> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
    parse_config(path, &text)
}

/// Reads the configuration in the text of `path` and checks it.
pub fn parse_config(path: &Path, text: &str) -> anyhow::Result<SequoiaConfig> {
    let wrong = |reason: String| Usage(format!("{}: {}", path.display(), reason.trim_end()));
    let config: SequoiaConfig = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    config.check().map_err(|error| wrong(error.to_string()))?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(problem: Problem) -> SequoiaConfig {
        let file = format!("experiments/sequoia_{}.toml", problem.name());
        read_config(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
    }

    #[test]
    fn the_experiments_are_the_defaults_for_every_problem() {
        assert_eq!(experiment(Problem::Routing), SequoiaConfig::default());
        for problem in Problem::ALL {
            let mut expected = SequoiaConfig::default();
            expected.problem.name = problem;
            assert_eq!(experiment(problem), expected, "{problem:?}");
        }
    }
}
