//! `pentathlon train-team`: value learners for teams (independent Q-learning, value decomposition, QMIX).
//! A run shows how it goes, can be stopped and resumed at any time, and ends with an evaluation.

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::Context;
use pentathlon::agents::{
    Evaluation,
    qmix::{QmixConfig, TeamProgress, TeamTrainer},
};
use serde::Serialize;

use super::{
    exit::{Interrupted, Usage},
    interrupt, output,
    policy::build,
};

/// Name of the checkpoint in the folder of a run.
const CHECKPOINT: &str = "team.checkpoint";

#[derive(clap::Args, Debug)]
#[command(after_help = "\
A run leaves in its folder the configuration, a checkpoint, progress.csv and evaluation.json. Ctrl-C saves
and stops.

Examples:
  pentathlon train-team --config experiments/qmix_two_step.toml --json
  pentathlon train-team --config experiments/qmix_trash_grid.toml --seed 3 --out runs/trash
  pentathlon train-team --resume runs/trash")]
pub struct Arguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "resume", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// Seed of everything random, instead of the configuration's
    #[arg(long, conflicts_with = "resume")]
    seed: Option<u64>,
    /// Go on exactly where the run in this folder stopped
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    /// Folder of the run; runs/ID/team-SEED unless the configuration says otherwise
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Frames between two reports, and between two checkpoints
    #[arg(long, value_name = "FRAMES", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..))]
    report_every: u64,
    /// Print progress and the final evaluation as JSON lines; the last line is the evaluation
    #[arg(long)]
    json: bool,
}

/// A line of progress.
#[derive(Serialize)]
struct Line {
    frames: u64,
    updates: u64,
    episodes: u64,
    mean_return: f64,
    mean_length: f64,
    success_rate: f64,
    epsilon: f64,
    loss: f32,
    mean_value: f32,
    frames_per_second: f64,
}

impl Line {
    fn new(progress: &TeamProgress) -> Self {
        Self {
            frames: progress.frames,
            updates: progress.updates,
            episodes: progress.episodes,
            mean_return: progress.mean_return,
            mean_length: progress.mean_length,
            success_rate: progress.success_rate,
            epsilon: progress.epsilon,
            loss: progress.statistics.loss,
            mean_value: progress.statistics.mean_value,
            frames_per_second: progress.frames as f64 / progress.seconds.max(1e-9),
        }
    }

    fn row(&self) -> String {
        format!(
            "{},{},{},{},{},{},{},{},{}\n",
            self.frames,
            self.updates,
            self.episodes,
            self.mean_return,
            self.mean_length,
            self.success_rate,
            self.epsilon,
            self.loss,
            self.mean_value
        )
    }
}

/// Names of the columns of `progress.csv`.
const COLUMNS: &str =
    "frames,updates,episodes,mean_return,mean_length,success_rate,epsilon,loss,mean_value\n";

/// The last line of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    seed: u64,
    folder: &'a Path,
    frames: u64,
    updates: u64,
    seconds: f64,
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut trainer, folder) = prepare(arguments)?;
    let checkpoint = folder.join(CHECKPOINT);
    let table = folder.join("progress.csv");
    let mut rows = kept_rows(&table, trainer.frames());
    let stop = interrupt::listen()?;

    let mut failure = None;
    trainer.run(
        arguments.report_every,
        &mut |trainer, progress| {
            let line = Line::new(progress);
            rows.push_str(&line.row());
            if arguments.json {
                // A reader that went away must not end the training.
                let _ = output::print_json(&line);
            } else {
                let _ = output::print(&format!(
                    "{} frames: return {:.3}, success {:.1} %, epsilon {:.2}, loss {:.4}\n",
                    line.frames,
                    line.mean_return,
                    line.success_rate * 100.0,
                    line.epsilon,
                    line.loss
                ));
            }
            trainer.save(&checkpoint)?;
            if let Err(error) = std::fs::write(&table, &rows) {
                failure.get_or_insert(error);
            }
            Ok(())
        },
        &stop,
    )?;
    if let Some(error) = failure {
        return Err(error).with_context(|| format!("writing {}", table.display()));
    }
    if stop.load(Ordering::SeqCst) {
        trainer.save(&checkpoint)?;
        let folder = folder.display();
        let saved = format!(
            "saved after {} frames; go on with: pentathlon train-team --resume {folder}",
            trainer.frames()
        );
        return Err(Interrupted(saved).into());
    }
    let evaluation = trainer.evaluate(&build)?;
    let report = Report {
        id: &trainer.config().environment.id,
        seed: trainer.config().seed,
        folder: &folder,
        frames: trainer.frames(),
        updates: trainer.learner().updates(),
        seconds: trainer.seconds(),
        evaluation,
    };
    output::write_file(&folder.join("evaluation.json"), |writer| {
        Ok(serde_json::to_writer(writer, &report)?)
    })?;
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: {} frames, {} updates in {:.1} s; evaluation: return {:.3}, success {:.1} %, length {:.1}\n",
        report.id,
        report.frames,
        report.updates,
        report.seconds,
        evaluation.mean_return,
        evaluation.success_rate * 100.0,
        evaluation.mean_length
    ))
}

/// The trainer that the arguments ask for, and the folder of its run.
fn prepare(arguments: &Arguments) -> anyhow::Result<(TeamTrainer, PathBuf)> {
    if let Some(folder) = &arguments.resume {
        let trainer = TeamTrainer::resume(&folder.join(CHECKPOINT), &build)?;
        return Ok((trainer, folder.clone()));
    }
    let path = arguments.config.as_deref().unwrap_or(Path::new(""));
    let text = std::fs::read_to_string(path)
        .map_err(|error| Usage(format!("the configuration {} cannot be read: {error}", path.display())))?;
    let mut config =
        QmixConfig::from_toml(&text).with_context(|| format!("configuration {}", path.display()))?;
    config.seed = arguments.seed.unwrap_or(config.seed);
    let named = arguments.out.as_ref().or(config.output.directory.as_ref());
    let folder = named.cloned().unwrap_or_else(|| {
        Path::new("runs").join(&config.environment.id).join(format!("team-{}", config.seed))
    });
    if folder.join(CHECKPOINT).exists() {
        let folder = folder.display();
        return Err(Usage(format!(
            "{folder} already holds a run; choose another --out, or go on with it: --resume {folder}"
        ))
        .into());
    }
    let settings = config.to_toml();
    let trainer = TeamTrainer::new(config, &build)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let path = folder.join("config.toml");
    std::fs::write(&path, settings).with_context(|| format!("writing {}", path.display()))?;
    Ok((trainer, folder))
}

/// The rows of a progress table up to `frames`: what came after the checkpoint is played again.
fn kept_rows(table: &Path, frames: u64) -> String {
    let text = std::fs::read_to_string(table).unwrap_or_default();
    let kept = text.lines().skip(1).filter(|row| {
        let played = row.split(',').next().and_then(|frames| frames.parse::<u64>().ok());
        played.is_some_and(|played| played <= frames)
    });
    std::iter::once(COLUMNS.to_owned()).chain(kept.map(|row| format!("{row}\n"))).collect()
}
