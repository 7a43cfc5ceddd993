//! `pentathlon compare`: trains experiments side by side with several seeds each, and leaves a picture of their
//! learning curves, their results and a table in a folder. What is finished there is not trained again.

mod results;

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{
    exit::{Interrupted, Usage},
    experiment::{Experiment, Source},
    interrupt::{self, Interrupts},
    output,
    progress::{Display, report},
};
use results::{Outcome, Summary, draw_curves, markdown};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Experiments of every learner can be compared: PPO, DQN, value learners of teams (a table [learner]), COMA, hierarchies
of subgoals, TD3, SRL and SEQUOIA. A run is in FOLDER/EXPERIMENT/seed-N, with its checkpoint, progress.csv and episodes.csv; beside them are curves.svg
(interquartile mean of the seeds with its bootstrap interval), results.json and table.md. Every trained agent is
evaluated twice, with sampled actions and with the best ones, on levels of its own. Ctrl-C saves and stops; the same
command goes on.

Examples:
  pentathlon compare experiments/qmix_two_step.toml experiments/vdn_two_step.toml --seeds 5
  pentathlon compare experiments/*ppo_trash_grid_6x6.toml experiments/qmix_trash_grid_6x6.toml --out runs/trash
  pentathlon compare minigrid_doorkey_5x5 --seeds 3 --threshold 0.9 --json")]
pub struct Arguments {
    /// Configuration files (TOML), or names of those that are built in
    #[arg(required = true, value_name = "FILE|NAME")]
    experiments: Vec<PathBuf>,
    /// Seeds of each experiment: 1, 2 and so on
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Folder of the comparison
    #[arg(long, value_name = "FOLDER", default_value = "runs/compare")]
    out: PathBuf,
    /// Also tell after how many frames the mean return of the last 100 episodes first exceeded this
    #[arg(long, value_name = "RETURN", allow_negative_numbers = true)]
    threshold: Option<f64>,
    /// Field of every configuration, such as frames=100000; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Print one JSON object a run, and one an experiment
    #[arg(long)]
    json: bool,
}

/// The file that says that a run is over.
const RESULT: &str = "result.json";

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let sets_seed = |change: &&String| change.split('=').next().is_some_and(|key| key.trim() == "seed");
    if let Some(change) = arguments.overrides.iter().find(sets_seed) {
        let reason = "every experiment is trained with the seeds 1, 2 and so on; --seeds says how many";
        return Err(Usage(format!("--set {change}: {reason}")).into());
    }
    let sources =
        arguments.experiments.iter().map(|path| Source::find(path)).collect::<Result<Vec<_>, _>>()?;
    for (index, source) in sources.iter().enumerate() {
        let name = source.name();
        if sources[..index].iter().any(|other| other.name() == name) {
            return Err(Usage(format!("two experiments are called {name}; rename one of the files")).into());
        }
        // What cannot be read is refused before the first training.
        Experiment::read(source, &arguments.overrides)?;
    }
    let stop = interrupt::listen()?;
    let mut summaries = Vec::new();
    for source in &sources {
        let mut outcomes = Vec::new();
        for seed in 1..=arguments.seeds {
            let outcome = outcome(arguments, source, seed, &stop)
                .with_context(|| format!("experiment {}, seed {seed}", source.path.display()))?;
            if arguments.json {
                output::print_json(&outcome)?;
            }
            outcomes.push(outcome);
        }
        let summary = Summary::new(source, outcomes);
        if arguments.json {
            output::print_json(&summary)?;
        }
        summaries.push(summary);
    }
    draw_curves(&arguments.out, &summaries)?;
    let table = markdown(&summaries, arguments.threshold);
    let write = |name: &str, text: &str| {
        output::write_file(&arguments.out.join(name), |writer| Ok(writer.write_all(text.as_bytes())?))
    };
    write("table.md", &table)?;
    write("results.json", &serde_json::to_string_pretty(&summaries)?)?;
    if arguments.json {
        return Ok(());
    }
    output::print(&format!("{table}\ncurves.svg, results.json and table.md in {}\n", arguments.out.display()))
}

/// The outcome of the run of `source` with `seed`: trained now, or read where it is finished.
fn outcome(arguments: &Arguments, source: &Source, seed: u64, stop: &Interrupts) -> anyhow::Result<Outcome> {
    let name = source.name();
    let folder = arguments.out.join(&name).join(format!("seed-{seed}"));
    let mut overrides = arguments.overrides.clone();
    overrides.push(format!("seed={seed}"));
    let experiment = Experiment::read(source, &overrides)?;
    let config = experiment.to_toml()?;
    let begun = std::fs::read_to_string(folder.join("config.toml")).ok();
    if begun.is_some_and(|begun| begun != config) {
        return Err(Usage(format!(
            "{} holds a run of another configuration; choose another --out",
            folder.display()
        ))
        .into());
    }
    let outcome = match std::fs::read_to_string(folder.join(RESULT)) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; remove it", folder.join(RESULT).display()))?,
        Err(_) => {
            let outcome = train(arguments, experiment, &folder, &name, seed, stop)?;
            output::write_file(&folder.join(RESULT), |writer| {
                Ok(serde_json::to_writer_pretty(writer, &outcome)?)
            })?;
            outcome
        }
    };
    outcome.with_curve(&folder, arguments.threshold)
}

/// Trains and evaluates.
fn train(
    arguments: &Arguments,
    experiment: Experiment,
    folder: &Path,
    name: &str,
    seed: u64,
    stop: &Interrupts,
) -> anyhow::Result<Outcome> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    let config = experiment.to_toml()?;
    output::write_file(&folder.join("config.toml"), |writer| Ok(writer.write_all(config.as_bytes())?))?;
    let id = experiment.id()?;
    let mut run = experiment.open(folder)?;
    let title = format!("{name} on {id}, seed {seed} of {}", arguments.seeds);
    let mut display = Display::new(&title, 0, !arguments.json);
    display.begin_at(run.frames(), run.seconds());
    stop.work_begins();
    let is_over = run.train(&mut |standing| display.show(standing), stop);
    display.finish();
    if !is_over? {
        let saved =
            format!("{name}, seed {seed} is saved after {} frames; the same command goes on", run.frames());
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    if !arguments.json {
        report(&format!("evaluating {name}, seed {seed}"));
    }
    Ok(Outcome {
        experiment: name.to_owned(),
        id,
        seed,
        frames: run.frames(),
        seconds: run.seconds(),
        stochastic: run.evaluate(false)?,
        greedy: run.evaluate(true)?,
        mean_over_training: 0.0,
        last_episodes: 0.0,
        frames_to_threshold: None,
    })
}
