//! `pentathlon cormab`: all methods for coupled bandits side by side, how long decisions take, instances as
//! files, and SEQUOIA's training runs, which `pentathlon train` starts.

mod compare;
mod decisions;
mod run;
mod train;

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::{
    agents::cormab::sequoia::{Progress, SequoiaConfig},
    envs::cormab::{
        id,
        instance::{Instance, Problem},
    },
};

use super::{exit::Usage, output};

pub use run::SequoiaRun;
pub use train::{MAX_NODES, TrainingRun, checkpoint_path, instance_path, is_run, train_sequoia};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json
  pentathlon cormab compare --problem budget --arms 5 --budget 2 --chart bars.svg
  pentathlon cormab decisions --problem budget --arms 40 --budget 10
  pentathlon cormab instance --problem multi --arms 20 --budget 5 --out multi.json")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Train SEQUOIA on a number of instances and compare it with every baseline
    Compare(compare::Arguments),
    /// Measure how long exact decisions take, with random and with trained networks
    Decisions(decisions::Arguments),
    /// Write an instance as JSON
    Instance(InstanceArguments),
}

/// Which instances.
#[derive(clap::Args, Clone, Debug)]
struct ProblemArguments {
    /// budget, multi, routing, scheduling or capacity
    #[arg(long)]
    problem: Problem,
    #[command(flatten)]
    sizes: SizeArguments,
}

/// How large the instances are, and the seed of the first.
#[derive(clap::Args, Clone, Debug)]
struct SizeArguments {
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
        self.sizes.apply(self.problem, config, offset);
    }
}

impl SizeArguments {
    /// Sets the problem of `config` to `problem`, for the instance `offset` seeds on.
    fn apply(&self, problem: Problem, config: &mut SequoiaConfig, offset: u64) {
        config.problem.name = problem;
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
        Command::Decisions(arguments) => decisions::run(arguments),
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

/// Counts episodes of training; hidden where the output is for programs.
fn episode_bar(hidden: bool, episodes: u64) -> ProgressBar {
    if hidden {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {pos}/{len} {msg} (eta {eta})");
    ProgressBar::new(episodes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Shows how the training on `instance` goes; without progress that of the warm start. `before` episodes were those of
/// others.
fn show_progress(bar: &ProgressBar, before: u64, instance: &Instance, progress: Option<&Progress>) {
    let Some(progress) = progress else {
        bar.tick();
        bar.set_message(format!("{}: warm start", instance.name));
        return;
    };
    bar.set_position(before + progress.episode as u64);
    bar.set_message(format!("{}: {:.2} a step", instance.name, progress.reward));
}

/// The instance that a configuration asks for.
fn make_instance(config: &SequoiaConfig) -> anyhow::Result<Instance> {
    Ok(config.problem.make_instance().map_err(|error| Usage(error.to_string()))?)
}

/// The id of what a configuration trains on.
pub fn instance_id(config: &SequoiaConfig) -> anyhow::Result<String> {
    Ok(id(make_instance(config)?.problem))
}

/// Reads the configuration in the file `path`, applies `changes`, each `table.field=value`, and checks it.
fn read_config(path: &Path, changes: &[String]) -> anyhow::Result<SequoiaConfig> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Usage(format!("{}: {error}", path.display())))?;
    parse_config(path, &text, changes)
}

/// Reads the configuration in the text of `path`, applies `changes` and checks it.
pub fn parse_config(path: &Path, text: &str, changes: &[String]) -> anyhow::Result<SequoiaConfig> {
    Ok(SequoiaConfig::read(&path.display().to_string(), text, changes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experiment(problem: Problem) -> SequoiaConfig {
        let file = format!("experiments/sequoia_{}.toml", problem.name());
        read_config(&Path::new(env!("CARGO_MANIFEST_DIR")).join(file), &[]).unwrap()
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
