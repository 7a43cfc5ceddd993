//! `pentathlon train` with a configuration of a hierarchy: its stages one after another.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pentathlon::agents::gmah::{GmahConfig, GmahTrainer, HierarchyEvaluation, HierarchyFiles, is_hierarchy};
use serde::Serialize;

use super::{
    animation::animate_hierarchy,
    exit::{Interrupted, Usage},
    experiment::{Source, Standing},
    interrupt, output,
    policy::build,
    progress::{Display, print_fields},
    run_folder,
    train::Arguments,
};

/// The checkpoint of a hierarchy that `path` means, if it does: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> Option<PathBuf> {
    let file = if path.is_dir() { GmahTrainer::checkpoint_path(path) } else { path.to_owned() };
    is_hierarchy(&file).then_some(file)
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

/// Trains a hierarchy: the one of `source`, or the one whose checkpoint `arguments` say to go on with.
pub fn train(arguments: &Arguments, source: Option<&Source>) -> anyhow::Result<()> {
    let (mut trainer, folder) = prepare(arguments, source)?;
    let mut files = HierarchyFiles::open(&folder, &trainer)?;
    let stop = interrupt::listen()?;
    let total_frames = trainer.total_frames();
    let title = format!("training on {}; run in {}", trainer.config().environment.id, folder.display());
    let mut display = Display::new(&title, total_frames, !arguments.json);
    display.begin_at(trainer.frames(), trainer.seconds());
    let ended = trainer.run(
        Some(&mut files),
        &mut |progress| {
            if arguments.json {
                print_fields(progress);
            }
            display.show(&Standing::of_hierarchy(progress, total_frames));
        },
        &stop,
    );
    display.finish();
    let ended = ended.with_context(|| format!("training stopped; the run is in {}", folder.display()))?;
    if !ended {
        let saved = format!(
            "saved after {} frames; go on with: pentathlon train --resume {}",
            trainer.frames(),
            folder.display()
        );
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    let report = Report {
        id: &trainer.config().environment.id,
        seed: trainer.config().seed,
        folder: &folder,
        frames: trainer.frames(),
        seconds: trainer.seconds(),
        evaluation: trainer.evaluate(&build)?,
    };
    output::write_report(&folder, &report)?;
    let config = trainer.config();
    let mut actor = trainer.actor(&build, 1, config.evaluation_seed(), config.evaluation.greedy)?;
    animate_hierarchy(&mut actor, &folder.join("policy.gif"))?;
    if arguments.json {
        return output::print_json(&report);
    }
    let evaluation = &report.evaluation.evaluation;
    output::print(&format!(
        "{}: {} frames in {:.1} s\n{} episodes: return {:.3} (least {:.3}), success {:.1} %, length {:.1}\n\
         run in {} (curve.svg, policy.gif, checkpoint)\n",
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

/// The trainer that was asked for, and the folder of its run.
fn prepare(arguments: &Arguments, source: Option<&Source>) -> anyhow::Result<(GmahTrainer, PathBuf)> {
    let Arguments { env, overrides, seed, resume, out, .. } = arguments;
    if let Some(path) = resume {
        let checkpoint = find_checkpoint(path).unwrap_or_else(|| path.to_owned());
        let folder = run_folder::for_resumed_run(&checkpoint, out.as_deref())?;
        return Ok((GmahTrainer::resume_with(&checkpoint, overrides, &build)?, folder));
    }
    let mut changes = overrides.clone();
    if let Some(id) = env {
        pentathlon::registry().get(id)?;
        changes.insert(0, format!("environment.id=\"{id}\""));
    }
    changes.extend(seed.map(|seed| format!("seed={seed}")));
    let source =
        source.ok_or_else(|| Usage(String::from("a hierarchy needs a configuration: --config FILE")))?;
    let config = GmahConfig::read(&source.path.display().to_string(), &source.text, &changes)?;
    let named = out.as_ref().or(config.output.directory.as_ref());
    let folder = named.cloned().unwrap_or_else(|| run_folder::unused(&config.environment.id));
    let folder = run_folder::for_new_run(folder)?;
    Ok((GmahTrainer::new(config, &build)?, folder))
}

/// What `pentathlon eval` was asked for.
pub struct EvaluationRun {
    pub episodes: Option<usize>,
    pub seed: Option<u64>,
    pub greedy: bool,
    pub json: bool,
}

/// The line of `eval --json`.
#[derive(Serialize)]
struct EvaluationReport<'a> {
    id: &'a str,
    checkpoint: &'a Path,
    frames: u64,
    seed: u64,
    greedy: bool,
    #[serde(flatten)]
    evaluation: HierarchyEvaluation,
}

/// Judges the hierarchy in `checkpoint`.
pub fn evaluate(checkpoint: &Path, run: &EvaluationRun) -> anyhow::Result<()> {
    let trainer = GmahTrainer::resume(checkpoint, &build)?;
    let config = trainer.config();
    let greedy = run.greedy || config.evaluation.greedy;
    let seed = run.seed.unwrap_or_else(|| config.evaluation_seed());
    let episodes = run.episodes.unwrap_or(config.evaluation.episodes);
    let report = EvaluationReport {
        id: &config.environment.id,
        checkpoint,
        frames: trainer.frames(),
        seed,
        greedy,
        evaluation: trainer.evaluate_on(episodes, seed, greedy, &build)?,
    };
    if run.json {
        return output::print_json(&report);
    }
    let HierarchyEvaluation { evaluation, least_return } = &report.evaluation;
    output::print(&format!(
        "{}, after {} frames of training\n{} episodes: return {:.3} (least {least_return:.3}), success {:.1} %, \
         length {:.1}\n",
        report.id,
        report.frames,
        evaluation.episodes,
        evaluation.mean_return,
        evaluation.success_rate * 100.0,
        evaluation.mean_length
    ))
}
