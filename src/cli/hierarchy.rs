//! `pentathlon train` with a configuration of a hierarchy: its stages one after another.

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::agents::{
    Error,
    gmah::{GmahConfig, GmahProgress, GmahTrainer, HierarchyEvaluation, is_hierarchy_config},
};
use serde::Serialize;

use super::{
    exit::{Interrupted, Usage},
    interrupt, output,
    policy::build,
};

/// Name of the checkpoint in the folder of a run.
pub const CHECKPOINT: &str = "hierarchy.checkpoint";

/// What `pentathlon train` was asked for.
pub struct TrainingRun<'a> {
    pub config: Option<&'a Path>,
    pub resume: Option<&'a Path>,
    pub env: Option<&'a str>,
    pub overrides: &'a [String],
    pub seed: Option<u64>,
    pub out: Option<&'a Path>,
    pub json: bool,
}

/// Whether the file at `path` is a configuration of a hierarchy.
pub fn is_config(path: &Path) -> bool {
    is_hierarchy_config(&std::fs::read_to_string(path).unwrap_or_default())
}

/// The checkpoint of a hierarchy that `path` means, if it does: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> Option<PathBuf> {
    let file = if path.is_dir() { path.join(CHECKPOINT) } else { path.to_owned() };
    pentathlon::agents::gmah::is_hierarchy(&file).then_some(file)
}

/// The last line of `train --json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    seed: u64,
    folder: &'a Path,
    /// Frames of all stages together.
    frames: u64,
    seconds: f64,
    #[serde(flatten)]
    evaluation: HierarchyEvaluation,
}

/// Trains a hierarchy; leaves configuration, checkpoint, progress, episodes and evaluation in a folder.
pub fn train(run: &TrainingRun<'_>) -> anyhow::Result<()> {
    let (mut trainer, folder) = prepare(run)?;
    let checkpoint = folder.join(CHECKPOINT);
    let mut files = Files::open(&folder, trainer.frames())?;
    let stop = interrupt::listen()?;
    let bar = progress_bar(run.json, &trainer, &folder);
    let every = trainer.config().output.checkpoint_every;
    let mut updates = 0;
    trainer.run(
        &mut |trainer, progress| {
            files.push(trainer, progress);
            updates += 1;
            bar.set_position(progress.frames);
            bar.set_message(describe(progress));
            if run.json {
                // A reader that went away must not end the training.
                let _ = output::print_json(progress);
            }
            if updates % every == 0 { save(trainer, &files, &checkpoint) } else { Ok(()) }
        },
        &stop,
    )?;
    bar.finish_and_clear();
    save(&trainer, &files, &checkpoint)?;
    if stop.load(Ordering::SeqCst) {
        let saved = format!(
            "saved after {} frames; go on with: pentathlon train --resume {}",
            trainer.frames(),
            folder.display()
        );
        return Err(Interrupted(saved).into());
    }
    let report = Report {
        id: &trainer.config().environment.id,
        seed: trainer.config().seed,
        folder: &folder,
        frames: trainer.frames(),
        seconds: trainer.seconds(),
        evaluation: trainer.evaluate(&build)?,
    };
    output::write_file(&folder.join("evaluation.json"), |writer| {
        Ok(serde_json::to_writer(writer, &report)?)
    })?;
    if run.json {
        return output::print_json(&report);
    }
    let evaluation = &report.evaluation.evaluation;
    output::print(&format!(
        "{}: {} frames in {:.1} s\n{} episodes: return {:.3} (least {:.3}), success {:.1} %, length {:.1}\nrun in {}\n",
        report.id,
        report.frames,
        report.seconds,
        evaluation.episodes,
        evaluation.mean_return,
        report.evaluation.least_return,
        evaluation.success_rate * 100.0,
        evaluation.mean_length,
        folder.display()
    ))
}

fn describe(progress: &GmahProgress) -> String {
    let achieved: Vec<String> = progress
        .achieved
        .iter()
        .map(|rate| rate.map_or_else(|| String::from("-"), |rate| format!("{:.0}", rate * 100.0)))
        .collect();
    format!(
        "{}: return {:.3}, success {:.1} %, subgoals {} %",
        progress.stage.name(),
        progress.mean_return,
        progress.success_rate * 100.0,
        achieved.join(" ")
    )
}

/// The trainer that was asked for, and the folder of its run.
fn prepare(run: &TrainingRun<'_>) -> anyhow::Result<(GmahTrainer, PathBuf)> {
    if let Some(path) = run.resume {
        if let Some(setting) = run.overrides.first() {
            let reason = "a hierarchy goes on as it was configured";
            return Err(Usage(format!("--set {setting}: {reason}")).into());
        }
        let checkpoint = find_checkpoint(path).unwrap_or_else(|| path.to_owned());
        let folder = checkpoint.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
        return Ok((GmahTrainer::resume(&checkpoint, &build)?, folder));
    }
    let mut overrides = run.overrides.to_vec();
    if let Some(id) = run.env {
        pentathlon::registry().get(id)?;
        overrides.insert(0, format!("environment.id=\"{id}\""));
    }
    if let Some(seed) = run.seed {
        overrides.push(format!("seed={seed}"));
    }
    let config = GmahConfig::from_file(run.config.unwrap_or(Path::new("")), &overrides)?;
    let folder = match run.out.or(config.output.directory.as_deref()) {
        Some(folder) if folder.join(CHECKPOINT).exists() => {
            return Err(Usage(format!(
                "{0} already holds a run; choose another --out, or go on with it: --resume {0}",
                folder.display()
            ))
            .into());
        }
        Some(folder) => folder.to_owned(),
        None => {
            let runs = Path::new("runs").join(&config.environment.id);
            let unused =
                (1..).map(|number: u32| runs.join(number.to_string())).find(|folder| !folder.exists());
            unused.unwrap_or(runs)
        }
    };
    let text = config.to_toml();
    let trainer = GmahTrainer::new(config, &build)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    output::write_file(&folder.join("config.toml"), |writer| Ok(writer.write_all(text.as_bytes())?))?;
    Ok((trainer, folder))
}

fn save(trainer: &GmahTrainer, files: &Files, checkpoint: &Path) -> Result<(), Error> {
    files.write().map_err(|error| Error::Checkpoint {
        path: checkpoint.to_owned(),
        reason: format!("the tables beside it cannot be written: {error}"),
    })?;
    trainer.save(checkpoint)
}

/// The tables of a run: a row an update, and a row an episode.
struct Files {
    progress: (PathBuf, String),
    episodes: (PathBuf, String),
}

const PROGRESS: &str =
    "frames,stage,stage_frames,mean_return,least_return,mean_length,success_rate,fired,decisions,loss\n";
const EPISODES: &str = "frames,stage,return,length,success\n";

impl Files {
    /// The tables in `folder`, up to `frames`: what came after the checkpoint is played again.
    fn open(folder: &Path, frames: u64) -> anyhow::Result<Self> {
        let kept = |name: &str, columns: &str| {
            let path = folder.join(name);
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let rows = text.lines().skip(1).filter(|row| {
                let played = row.split(',').next().and_then(|played| played.parse::<u64>().ok());
                played.is_some_and(|played| played <= frames)
            });
            let kept = std::iter::once(columns.to_owned()).chain(rows.map(|row| format!("{row}\n")));
            (path, kept.collect::<String>())
        };
        Ok(Self { progress: kept("progress.csv", PROGRESS), episodes: kept("episodes.csv", EPISODES) })
    }

    fn push(&mut self, trainer: &mut GmahTrainer, progress: &GmahProgress) {
        let GmahProgress { frames, stage_frames, mean_return, least_return, .. } = progress;
        let GmahProgress { mean_length, success_rate, fired, decisions, loss, .. } = progress;
        let stage = progress.stage.name();
        self.progress.1.push_str(&format!(
            "{frames},{stage},{stage_frames},{mean_return},{least_return},{mean_length},{success_rate},{fired},{decisions},{loss}\n"
        ));
        for (frames, episode) in trainer.take_episodes() {
            let (reward, length, success) = (episode.episode_return, episode.length, episode.success);
            self.episodes.1.push_str(&format!("{frames},{stage},{reward},{length},{}\n", u8::from(success)));
        }
    }

    fn write(&self) -> anyhow::Result<()> {
        for (path, text) in [&self.progress, &self.episodes] {
            output::write_file(path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
        }
        Ok(())
    }
}

fn progress_bar(json: bool, trainer: &GmahTrainer, folder: &Path) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{elapsed} {wide_bar} {human_pos}/{human_len} {msg} (eta {eta})");
    let bar = ProgressBar::new(trainer.total_frames());
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_position(trainer.frames());
    bar.println(format!("training on {}; run in {}", trainer.config().environment.id, folder.display()));
    bar
}
