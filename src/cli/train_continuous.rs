//! `pentathlon train` with `algorithm = "td3"` or `"srl"`: learners whose actions are real numbers. A run shows how it
//! goes, can be stopped and resumed at any time, and ends with an evaluation and an animation.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pentathlon::agents::{
    Ending,
    continuous_control::{
        Algorithm, ContinuousCheckpoint, ContinuousConfig, ContinuousFiles, ContinuousProgress,
        ContinuousTrainer,
    },
};
use serde::Serialize;

use super::{
    animation::animate,
    evaluation::{Judged, judge},
    exit::{Interrupted, Usage},
    experiment::{Source, Standing},
    interrupt, output,
    policy::build,
    progress::{Display, print_fields},
    run_folder,
    train::Arguments,
};

/// The checkpoint of such a run that `path` means, if it does: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> Option<PathBuf> {
    let file = if path.is_dir() { ContinuousTrainer::checkpoint_path(path) } else { path.to_owned() };
    ContinuousCheckpoint::is_at(&file).then_some(file)
}

/// The last line of `train --json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    algorithm: Algorithm,
    seed: u64,
    folder: &'a Path,
    ending: &'static str,
    frames: u64,
    updates: u64,
    seconds: f64,
    frames_per_second: f64,
    #[serde(flatten)]
    judged: &'a Judged,
}

/// Trains what `source` says, or goes on with the run whose checkpoint `arguments` name.
pub fn run(arguments: &Arguments, source: Option<&Source>) -> anyhow::Result<()> {
    let (mut trainer, folder) = prepare(arguments, source)?;
    let mut files = ContinuousFiles::open(&folder, &trainer)?;
    let stop = interrupt::listen()?;
    let (id, total_frames) = (trainer.config().environment.id.clone(), trainer.config().frames);
    let title = format!("training on {id}; run in {}", folder.display());
    let mut display = Display::new(&title, total_frames, !arguments.json);
    display.begin_at(trainer.frames(), trainer.seconds());
    let ending = trainer.run(
        &mut files,
        &mut |progress: &ContinuousProgress| {
            if arguments.json {
                let fields = progress.fields().map(|(name, value)| (name.to_owned(), value.into()));
                print_fields(&serde_json::Map::from_iter(fields));
            }
            display.show(&Standing::of_continuous(progress, total_frames));
        },
        &stop,
    );
    display.finish();
    let ending = ending.with_context(|| format!("training stopped; the run is in {}", folder.display()))?;
    if ending == Ending::Stopped {
        let saved = format!(
            "saved after {} frames; go on with: pentathlon train --resume {}",
            trainer.frames(),
            folder.display()
        );
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    let config = trainer.config();
    let greedy = config.evaluation.greedy;
    let discipline = &pentathlon::registry().get(&id)?.discipline.clone();
    let judged = judge(discipline, |look| trainer.evaluate_and_look(greedy, &build, look))?;
    let options = config.build_options(1, config.evaluation_seed());
    animate(&mut trainer.policy(greedy), &id, &options, &folder.join("policy.gif"))?;
    let report = Report {
        id: &id,
        algorithm: config.algorithm,
        seed: config.seed,
        folder: &folder,
        ending: if ending == Ending::Solved { "solved" } else { "finished" },
        frames: trainer.frames(),
        updates: trainer.updates(),
        seconds: trainer.seconds(),
        frames_per_second: trainer.frames() as f64 / trainer.seconds().max(1e-9),
        judged: &judged,
    };
    output::write_report(&folder, &report)?;
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{id}: {} frames, {} updates in {:.1} s\n{}run in {} (curve.svg, policy.gif, checkpoint)\n",
        report.frames,
        report.updates,
        report.seconds,
        judged.describe(),
        folder.display()
    ))
}

/// The trainer that was asked for, and the folder of its run.
fn prepare(arguments: &Arguments, source: Option<&Source>) -> anyhow::Result<(ContinuousTrainer, PathBuf)> {
    let Arguments { env, overrides, seed, resume, out, .. } = arguments;
    if let Some(path) = resume {
        let checkpoint = find_checkpoint(path).unwrap_or_else(|| path.to_owned());
        let folder = run_folder::for_resumed_run(&checkpoint, out.as_deref())?;
        return Ok((ContinuousTrainer::resume(&checkpoint, overrides, &build)?, folder));
    }
    let mut changes = overrides.clone();
    if let Some(id) = env {
        pentathlon::registry().get(id)?;
        changes.insert(0, format!("environment.id=\"{id}\""));
    }
    changes.extend(seed.map(|seed| format!("seed={seed}")));
    let source = source.ok_or_else(|| Usage(String::from("a run needs a configuration: --config FILE")))?;
    let config = ContinuousConfig::read(&source.path.display().to_string(), &source.text, &changes)?;
    let named = out.as_ref().or(config.output.directory.as_ref());
    let folder = named.cloned().unwrap_or_else(|| run_folder::unused(&config.environment.id));
    let folder = run_folder::for_new_run(folder)?;
    Ok((ContinuousTrainer::new(config, &build)?, folder))
}
