//! `pentathlon compare`: trains experiments side by side with several seeds each and prints a table of their
//! results: interquartile means with bootstrap intervals over the seeds.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::Context;
use pentathlon::agents::{
    Config, Evaluation, Trainer,
    qmix::{QmixConfig, TeamTrainer},
    statistics::{Interval, interquartile_interval},
};
use serde::Serialize;

use super::{exit::Usage, output, policy::build};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
An experiment with a table [learner] trains a team (as train-team), any other PPO (as train). Every run is
evaluated on levels of its own, as its configuration says.

Examples:
  pentathlon compare experiments/qmix_two_step.toml experiments/vdn_two_step.toml --seeds 5
  pentathlon compare experiments/minigrid_doorkey_5x5.toml --seeds 3 --json")]
pub struct Arguments {
    /// Configuration files (TOML)
    #[arg(required = true, value_name = "FILE")]
    experiments: Vec<PathBuf>,
    /// Seeds of each experiment: 1, 2 and so on
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Print one JSON object a run, and one an experiment
    #[arg(long)]
    json: bool,
}

/// One trained agent.
#[derive(Serialize)]
struct Run<'a> {
    experiment: &'a str,
    seed: u64,
    frames: u64,
    seconds: f64,
    #[serde(flatten)]
    evaluation: Evaluation,
}

/// An experiment over its seeds: interquartile mean, lower and upper end of the interval.
#[derive(Serialize)]
struct Row<'a> {
    experiment: &'a str,
    seeds: u64,
    frames: u64,
    mean_return: [f64; 3],
    success_rate: [f64; 3],
    frames_per_second: f64,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut table = String::from("experiment, seeds, frames, return [95 %], success [95 %], frames/s\n");
    for path in &arguments.experiments {
        let name =
            path.file_stem().map_or_else(|| path.display().to_string(), |stem| stem.to_string_lossy().into());
        let text = std::fs::read_to_string(path)
            .map_err(|error| Usage(format!("the experiment {} cannot be read: {error}", path.display())))?;
        let mut runs = Vec::new();
        for seed in 1..=arguments.seeds {
            let run = train(path, &name, &text, seed)?;
            if arguments.json {
                output::print_json(&run)?;
            }
            runs.push(run);
        }
        let row = summed_up(&name, &runs);
        if arguments.json {
            output::print_json(&row)?;
        }
        let shown = |[mean, low, high]: [f64; 3]| format!("{mean:.3} [{low:.3}, {high:.3}]");
        table.push_str(&format!(
            "{}, {}, {}, {}, {}, {:.0}\n",
            row.experiment,
            row.seeds,
            row.frames,
            shown(row.mean_return),
            shown(row.success_rate),
            row.frames_per_second
        ));
    }
    if arguments.json { Ok(()) } else { output::print(&table) }
}

/// Trains the experiment `text` with `seed`, and evaluates what came of it.
fn train<'a>(path: &Path, name: &'a str, text: &str, seed: u64) -> anyhow::Result<Run<'a>> {
    let context = || format!("experiment {}, seed {seed}", path.display());
    let is_team = text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("learner"));
    let stop = AtomicBool::new(false);
    let (frames, seconds, evaluation) = if is_team {
        let mut config = QmixConfig::from_toml(text).with_context(context)?;
        config.seed = seed;
        let mut trainer = TeamTrainer::new(config, &build).with_context(context)?;
        trainer.run(u64::MAX, &mut |_, _| Ok(()), &stop).with_context(context)?;
        (trainer.frames(), trainer.seconds(), trainer.evaluate(&build).with_context(context)?)
    } else {
        let config = Config::from_toml(text, &[format!("seed={seed}")]).with_context(context)?;
        let mut trainer = Trainer::new(config, &build).with_context(context)?;
        trainer.run(None, &mut |_| {}, &stop).with_context(context)?;
        (trainer.frames(), trainer.seconds(), trainer.evaluate(&build).with_context(context)?)
    };
    Ok(Run { experiment: name, seed, frames, seconds, evaluation })
}

fn summed_up<'a>(name: &'a str, runs: &[Run<'_>]) -> Row<'a> {
    let interval = |value: fn(&Run<'_>) -> f64| {
        let values: Vec<f64> = runs.iter().map(value).collect();
        let Interval { mean, low, high } = interquartile_interval(&values, 0);
        [mean, low, high]
    };
    let seconds: f64 = runs.iter().map(|run| run.seconds).sum();
    let frames: u64 = runs.iter().map(|run| run.frames).sum();
    Row {
        experiment: name,
        seeds: runs.len() as u64,
        frames: frames / runs.len().max(1) as u64,
        mean_return: interval(|run| run.evaluation.mean_return),
        success_rate: interval(|run| run.evaluation.success_rate),
        frames_per_second: frames as f64 / seconds.max(1e-9),
    }
}
