//! `pentathlon imitate`: learns a policy from a dataset of demonstrations, and evaluates it.

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Instant,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::{
    AutoresetMode, BuildOptions, Device, Observation, ObservationField,
    agents::{
        Evaluation, Trainer,
        behaviour_cloning::{
            ClonedCheckpoint, CloningConfig, CloningLearner, CloningProgress, Demonstrations,
        },
        evaluate,
    },
    dataset::{Dataset, Episode},
};

use super::{
    arguments::parse_count,
    eval::{CLONED_EPISODES, CLONED_SEED},
    evaluation::Judged,
    exit::{Interrupted, Usage},
    interrupt, output,
    policy::build,
    run_folder,
};

/// The observation of cells.
const CELLS: &str = "image";
/// The observation that is text; the network takes the instruction as numbers.
const TEXT: &str = "mission";

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Behaviour cloning: the policy learns to predict the demonstrator's actions. Episodes that did not succeed
are left out. The run leaves in its folder the policy, which eval, render and record take, and the evaluation on
fresh levels, with sampled actions. Ctrl-C saves the policy as it is and stops.

Examples:
  pentathlon record BabyAI-GoToLocal-v0 --episodes 10000 --out data/
  pentathlon imitate data/ --out runs/go-to-local --json
  pentathlon eval runs/go-to-local --greedy")]
pub struct Arguments {
    /// Folder of the dataset
    dataset: PathBuf,
    /// Folder of the run; runs/ID/imitation-SEED unless told otherwise
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Times that every step is seen
    #[arg(long, value_parser = parse_count, default_value_t = CloningConfig::default().epochs)]
    epochs: usize,
    /// Steps of the demonstrator in one gradient step
    #[arg(long, value_parser = parse_count, default_value_t = CloningConfig::default().batch)]
    batch: usize,
    /// Step size of Adam at the beginning; it falls to 0 in a straight line
    #[arg(long, default_value_t = CloningConfig::default().learning_rate)]
    learning_rate: f64,
    /// Use the first so many episodes only
    #[arg(long, value_parser = parse_count)]
    demonstrations: Option<usize>,
    /// Seed of the parameters, of the order of steps, and of sampled actions
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Levels of the evaluation
    #[arg(long, value_parser = parse_count, default_value_t = CLONED_EPISODES)]
    episodes: usize,
    /// Seed of the levels of the evaluation
    #[arg(long, default_value_t = CLONED_SEED)]
    evaluation_seed: u64,
    /// Take the most probable action in the evaluation, instead of a sampled one
    #[arg(long)]
    greedy: bool,
    /// Print progress and the evaluation as JSON lines; the last line is the evaluation
    #[arg(long)]
    json: bool,
}

/// A line of progress.
#[derive(serde::Serialize)]
struct Line {
    epoch: usize,
    updates: u64,
    cross_entropy: f32,
    accuracy: f32,
    seconds: f64,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    id: &'a str,
    seed: u64,
    folder: &'a Path,
    demonstrations: usize,
    frames: usize,
    epochs: usize,
    updates: u64,
    cross_entropy: f32,
    accuracy: f32,
    seconds: f64,
    greedy: bool,
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let dataset = Dataset::read(&arguments.dataset)?;
    let folder = folder(arguments, &dataset.id)?;
    if dataset.episodes.iter().any(|episode| episode.actions.as_i32().is_none()) {
        let reason = "its actions are real numbers; episodes of whole ones can be imitated";
        return Err(Usage(format!("{}: {reason}", dataset.id)).into());
    }
    let limit = arguments.demonstrations.unwrap_or(usize::MAX);
    let shown: Vec<_> = dataset.episodes.iter().take(limit).filter(|episode| episode.success).collect();
    let Some(first) = shown.first() else {
        return Err(Usage(format!("{} has no successful episode", arguments.dataset.display())).into());
    };
    let options = BuildOptions {
        observations: first
            .observations
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| name != TEXT)
            .collect(),
        seed: arguments.evaluation_seed,
        device: Device::Native,
        autoreset: AutoresetMode::default(),
        ..dataset.options.clone()
    };
    let demonstrations = gather(&dataset.id, &options, &shown)?;
    let config = CloningConfig {
        epochs: arguments.epochs,
        batch: arguments.batch,
        learning_rate: arguments.learning_rate,
        seed: arguments.seed,
        ..CloningConfig::default()
    };
    let mut learner = CloningLearner::new(&demonstrations.layout, &config)?;
    let stop = interrupt::listen()?;
    let bar = progress_bar(arguments, &config, demonstrations.len())?;
    let ending = learner.run(
        &demonstrations,
        &mut |_, progress| show(arguments, &bar, progress, started.elapsed().as_secs_f64()),
        &stop,
    )?;
    bar.finish_and_clear();
    let path = Trainer::checkpoint_path(&folder);
    ClonedCheckpoint::new(&learner, &dataset.id, &options, CELLS)?.save(&path)?;
    if stop.load(Ordering::SeqCst) {
        let saved = format!("the policy after {} updates is in {}", learner.updates(), path.display());
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    let seconds = started.elapsed().as_secs_f64();
    let mut policy = learner.policy(arguments.greedy, arguments.seed);
    let evaluation = evaluate(&mut policy, &build, &dataset.id, &options, arguments.episodes)?;
    let report = Report {
        id: &dataset.id,
        seed: arguments.seed,
        folder: &folder,
        demonstrations: shown.len(),
        frames: demonstrations.len(),
        epochs: config.epochs,
        updates: learner.updates(),
        cross_entropy: ending.cross_entropy,
        accuracy: ending.accuracy,
        seconds,
        greedy: arguments.greedy,
        evaluation,
    };
    output::write_report(&folder, &report)?;
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: {} demonstrations, {} steps, {} updates, {seconds:.0} s\n{}policy in {}\n",
        report.id,
        report.demonstrations,
        report.frames,
        report.updates,
        Judged::of(evaluation, "minigrid", None).describe(),
        path.display()
    ))
}

/// The folder of the run. One that holds another run is refused: nothing is overwritten.
fn folder(arguments: &Arguments, id: &str) -> anyhow::Result<PathBuf> {
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => Path::new("runs").join(id).join(format!("imitation-{}", arguments.seed)),
    };
    if run_folder::checkpoint_in(&folder).is_some() {
        return Err(Usage(format!("{} already holds a run; choose another --out", folder.display())).into());
    }
    Ok(folder)
}

/// The steps of the episodes as the network sees them.
fn gather(id: &str, options: &BuildOptions, shown: &[&Episode]) -> anyhow::Result<Demonstrations> {
    let batch = build(id, &BuildOptions { num_envs: 1, ..options.clone() })?;
    let mut demonstrations = Demonstrations::new(&*batch, CELLS)?;
    for episode in shown {
        let mut fields = Vec::new();
        for field in &batch.observation().fields {
            if let Some((_, array)) = episode.observations.iter().find(|(name, _)| *name == field.spec.name) {
                fields.push(ObservationField { spec: field.spec.clone(), array: array.clone() });
            }
        }
        let actions = episode.actions.as_i32().unwrap_or_default();
        demonstrations
            .push(batch.spec(), &Observation { fields }, actions)
            .with_context(|| format!("the episode of seed {}", episode.seed))?;
    }
    Ok(demonstrations)
}

fn progress_bar(arguments: &Arguments, config: &CloningConfig, steps: usize) -> anyhow::Result<ProgressBar> {
    if arguments.json {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template(
        "{elapsed} {wide_bar} {human_pos}/{human_len} updates, {msg} (eta {eta})",
    )
    .context("the progress bar")?;
    let updates = steps.div_ceil(config.batch) * config.epochs;
    Ok(ProgressBar::new(updates as u64).with_style(style))
}

fn show(arguments: &Arguments, bar: &ProgressBar, progress: &CloningProgress, seconds: f64) {
    bar.set_position(progress.updates);
    if !progress.ends_epoch {
        return;
    }
    let CloningProgress { epoch, updates, cross_entropy, accuracy, .. } = *progress;
    bar.set_message(format!("cross-entropy {cross_entropy:.4}"));
    // A reader that went away must not end the training.
    let _ = if arguments.json {
        output::print_json(&Line { epoch, updates, cross_entropy, accuracy, seconds })
    } else {
        bar.suspend(|| {
            output::print(&format!(
                "epoch {epoch}: cross-entropy {cross_entropy:.4}, accuracy {:.1} %, {seconds:.0} s\n",
                accuracy * 100.0
            ))
        })
    };
}
