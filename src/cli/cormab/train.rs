//! A training run of SEQUOIA: `pentathlon train` with one of its configurations.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::Context;
use pentathlon::{
    agents::{
        cormab::{
            evaluation::{Earned, evaluate},
            oracle::Limits,
            policies::{BestOfNetwork, ExactMyopic, oracle_for},
            sequoia::{Progress, SequoiaConfig, SequoiaTrainer},
        },
        logging::table::Table,
    },
    envs::cormab::{feasible::FeasibleSet, id, instance::Instance},
};
use serde::Serialize;

use super::{
    super::{
        exit::{Interrupted, Usage},
        interrupt, output, run_folder,
    },
    episode_bar, make_instance, read_config,
};

/// Most nodes of a search when the trained agent is judged.
pub const MAX_NODES: u64 = 100_000;

/// Longest time between two checkpoints; one is also written after every check.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(10);

/// Columns of the table of episodes.
const COLUMNS: [&str; 7] = ["episode", "frames", "return", "reward", "error", "check", "seconds"];

/// What `pentathlon train` was asked for.
pub struct TrainingRun<'a> {
    /// Configuration of a new run.
    pub config: &'a Path,
    /// Folder of a run that goes on, in place of a configuration.
    pub resume: Option<&'a Path>,
    pub env: Option<&'a str>,
    pub overrides: &'a [String],
    pub seed: Option<u64>,
    pub out: Option<&'a Path>,
    pub json: bool,
}

/// The last line of `train --json`.
#[derive(Serialize)]
struct Report<'a> {
    id: String,
    instance: &'a str,
    seed: u64,
    folder: &'a Path,
    /// Steps of the environment.
    frames: u64,
    seconds: f64,
    warm_start_error: f64,
    searches: u64,
    unproved: u64,
    /// Mean expected reward of a step of the trained agent.
    #[serde(flatten)]
    earned: Earned,
    /// The same of the best next step.
    myopic: Earned,
}

/// Trains SEQUOIA; leaves configuration, instance, checkpoint, network, progress and evaluation in a folder.
pub fn train_sequoia(run: &TrainingRun<'_>) -> anyhow::Result<()> {
    if let Some(id) = run.env {
        let reason = "the configuration says which instance SEQUOIA learns: its table [problem]";
        return Err(Usage(format!("--env {id}: {reason}")).into());
    }
    let stop = interrupt::listen()?;
    let (mut trainer, folder) = open(run, &stop)?;
    let checkpoint = checkpoint_path(&folder);
    let write =
        |path: &Path, text: &str| output::write_file(path, |writer| Ok(writer.write_all(text.as_bytes())?));
    write(&folder.join("config.toml"), &toml::to_string(trainer.config())?)?;
    write(&instance_path(&folder), &trainer.instance().to_json())?;

    let bar = episode_bar(run.json, trainer.config().training.episodes as u64);
    let mut table = Table::open(&folder.join("progress.csv"), &COLUMNS, trainer.episodes() as u64)?;
    let mut saved = Instant::now();
    let horizon = trainer.instance().horizon;
    while !trainer.is_over() && !stop.load(Ordering::SeqCst) {
        let Progress { episode, reward, error, check, seconds } = trainer.train_episode()?;
        let earned = check.map_or_else(String::new, |check| check.to_string());
        let frames = episode as u64 * u64::from(horizon);
        let sum = reward * f64::from(horizon);
        table.push(&format!("{episode},{frames},{sum},{reward},{error},{earned},{seconds}\n"))?;
        bar.set_position(episode as u64);
        if let Some(check) = check {
            bar.set_message(format!("{check:.3} a step in the last check, value error {error:.3}"));
        }
        if check.is_some() || saved.elapsed() > CHECKPOINT_INTERVAL {
            trainer.save(&checkpoint)?;
            saved = Instant::now();
        }
    }
    bar.finish_and_clear();
    trainer.save(&checkpoint)?;
    let trained = trainer.trained();
    write(&folder.join("network.json"), &serde_json::to_string(&trained.network)?)?;
    if !trainer.is_over() {
        let saved = format!(
            "saved after {} episodes; go on with: pentathlon train --resume {}",
            trained.episodes,
            folder.display()
        );
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    let (config, instance) = (trainer.config(), trainer.instance());
    let set = FeasibleSet::new(instance);
    let limits = Limits { nodes: MAX_NODES, ..Limits::default() };
    let mut agent = BestOfNetwork::new(trained.network.clone(), oracle_for(&set, limits));
    let report = Report {
        id: id(instance.problem),
        instance: &instance.name,
        seed: config.seed,
        folder: &folder,
        frames: trained.episodes as u64 * u64::from(instance.horizon),
        seconds: trained.seconds,
        warm_start_error: trained.warm_error,
        searches: trained.searches,
        unproved: trained.unproved,
        earned: evaluate(instance, &config.evaluation, &mut agent)?,
        myopic: evaluate(instance, &config.evaluation, &mut ExactMyopic::new(instance, limits))?,
    };
    write(&folder.join("evaluation.json"), &serde_json::to_string(&report)?)?;
    if run.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: trained in {:.1} s\nreward of a step: {:.3} +- {:.3}; myopic: {:.3} +- {:.3}\nrun in {}\n",
        report.instance,
        report.seconds,
        report.earned.mean,
        report.earned.standard_error,
        report.myopic.mean,
        report.myopic.standard_error,
        folder.display()
    ))
}

/// Name of the file that a run goes on from.
const CHECKPOINT: &str = "sequoia.checkpoint";

/// The checkpoint of the run in `folder`.
pub fn checkpoint_path(folder: &Path) -> PathBuf {
    folder.join(CHECKPOINT)
}

/// The instance of the run in `folder`.
pub fn instance_path(folder: &Path) -> PathBuf {
    folder.join("instance.json")
}

/// Whether `path` is the folder of a run of SEQUOIA, or its checkpoint.
pub fn is_run(path: &Path) -> bool {
    checkpoint_path(path).exists() || (path.is_file() && path.ends_with(CHECKPOINT))
}

/// A run that has made its warm start, unless that was to `stop`.
fn begin(
    config: SequoiaConfig,
    instance: Instance,
    stop: &AtomicBool,
) -> anyhow::Result<Option<SequoiaTrainer>> {
    tracing::info!("{}: warm start", instance.name);
    Ok(SequoiaTrainer::begin(config, instance, &mut || {
        if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?)
}

/// The run that was asked for, a new one or one that goes on, and its folder.
fn open(run: &TrainingRun<'_>, stop: &AtomicBool) -> anyhow::Result<(SequoiaTrainer, PathBuf)> {
    if let Some(path) = run.resume {
        let folder = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
        let to = run_folder::for_resumed_run(&checkpoint_path(folder), run.out)?;
        let trainer = SequoiaTrainer::resume(&checkpoint_path(folder), run.overrides)?;
        return Ok((trainer, to));
    }
    let mut config = read_config(run.config, run.overrides)?;
    config.seed = run.seed.unwrap_or(config.seed);
    let instance = make_instance(&config)?;
    let folder = run.out.map_or_else(|| run_folder::unused(&id(instance.problem)), Path::to_owned);
    let folder = run_folder::for_new_run(folder)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let trainer = begin(config, instance, stop)?;
    let interrupted = || Interrupted(String::from("nothing was saved; the warm start was not over"));
    Ok((trainer.ok_or_else(interrupted)?, folder))
}
