//! `pentathlon train-team`: value learners for teams (independent Q-learning, value decomposition, QMIX), deep Q-learning
//! of one agent, and COMA.
//! A run shows how it goes, can be stopped and resumed at any time, and ends with an evaluation.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pentathlon::agents::{
    Evaluation,
    qmix::{QmixConfig, TeamCheckpoint, TeamFiles, TeamProgress, TeamTrainer},
};
use serde::Serialize;

use super::{
    animation::animate,
    exit::{Interrupted, Usage},
    experiment::{Kind, Source, Standing},
    interrupt, output,
    policy::build,
    progress::{Display, print_fields},
    run_folder, train,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
A run leaves in its folder the configuration, a checkpoint, progress.csv, episodes.csv, the learning curve,
evaluation.json and an animation of the trained team. Ctrl-C saves and stops. A run may go on with other frames,
exploration, evaluation, output and settings of how it learns; what else was set stays, and an error names it.

Examples:
  pentathlon train-team --config experiments/qmix_two_step.toml --json
  pentathlon train-team --config experiments/qmix_trash_grid_6x6.toml --seed 3 --out runs/trash
  pentathlon train-team --config experiments/coma_trash_grid.toml
  pentathlon train-team --config experiments/dqn_minigrid_empty_5x5.toml
  pentathlon train-team --config experiments/qmix_two_step.toml --set learner.learning_rate=1e-3
  pentathlon train-team --resume runs/trash")]
pub struct Arguments {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", required_unless_present = "resume", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// Environment to train on, instead of the configuration's
    #[arg(long, value_name = "ID", conflicts_with = "resume")]
    env: Option<String>,
    /// Field of the configuration, such as learner.gamma=0.98; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Seed of everything random, instead of the configuration's
    #[arg(long, conflicts_with = "resume")]
    seed: Option<u64>,
    /// Go on exactly where this checkpoint, or the run in this folder, stopped
    #[arg(long, value_name = "CHECKPOINT|FOLDER")]
    resume: Option<PathBuf>,
    /// Folder of the run; runs/ID/team-SEED unless the configuration says otherwise
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Frames between two reports and checkpoints, instead of the configuration's
    #[arg(long, value_name = "FRAMES", value_parser = clap::value_parser!(u64).range(1..))]
    report_every: Option<u64>,
    /// Print progress and the final evaluation as JSON lines; the last line is the evaluation
    #[arg(long)]
    json: bool,
}

impl From<train::Arguments> for Arguments {
    fn from(arguments: train::Arguments) -> Self {
        let train::Arguments { config, env, overrides, seed, resume, out, json } = arguments;
        Self { config, env, overrides, seed, resume, out, json, report_every: None }
    }
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
}

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

/// The checkpoint of a team's run that `path` means, if it does: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> Option<PathBuf> {
    let file = if path.is_dir() { TeamTrainer::checkpoint_path(path) } else { path.to_owned() };
    TeamCheckpoint::is_at(&file).then_some(file)
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (mut trainer, folder) = prepare(arguments)?;
    let mut files = TeamFiles::open(&folder, &trainer)?;
    let stop = interrupt::listen()?;
    let total_frames = trainer.config().frames;
    let title = format!("training on {}; run in {}", trainer.config().environment.id, folder.display());
    let mut display = Display::new(&title, total_frames, !arguments.json);
    display.begin_at(trainer.frames(), trainer.seconds());
    let ended = trainer.run_in(
        &mut files,
        &mut |progress| {
            if arguments.json {
                print_fields(&Line::new(progress));
            }
            display.show(&Standing::of_team(progress, total_frames));
        },
        &stop,
    );
    display.finish();
    let ended = ended.with_context(|| format!("training stopped; the run is in {}", folder.display()))?;
    if !ended {
        let saved = format!(
            "saved after {} frames; go on with: pentathlon train-team --resume {}",
            trainer.frames(),
            folder.display()
        );
        return Err(Interrupted(saved).into());
    }
    stop.all_is_saved()?;
    let evaluation = trainer.evaluate(&build)?;
    let config = trainer.config();
    let options = config.build_options(1, config.evaluation_seed());
    let checkpoint = TeamCheckpoint::load(&files.checkpoint())?;
    let batch = build(&config.environment.id, &options)?;
    let mut policy = checkpoint.policy(&*batch, config.evaluation.greedy, options.seed)?;
    animate(&mut policy, &config.environment.id, &options, &folder.join("policy.gif"))?;
    let report = Report {
        id: &trainer.config().environment.id,
        seed: trainer.config().seed,
        folder: &folder,
        frames: trainer.frames(),
        updates: trainer.learner().updates(),
        seconds: trainer.seconds(),
        evaluation,
    };
    output::write_report(&folder, &report)?;
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
    let mut overrides = arguments.overrides.clone();
    overrides.extend(arguments.report_every.map(|frames| format!("report_every={frames}")));
    if let Some(path) = &arguments.resume {
        let checkpoint = find_checkpoint(path).unwrap_or_else(|| TeamTrainer::checkpoint_path(path));
        let folder = run_folder::for_resumed_run(&checkpoint, arguments.out.as_deref())?;
        return Ok((TeamTrainer::resume_with(&checkpoint, &overrides, &build)?, folder));
    }
    if let Some(id) = &arguments.env {
        pentathlon::registry().get(id)?;
        overrides.insert(0, format!("environment.id=\"{id}\""));
    }
    if let Some(seed) = arguments.seed {
        overrides.push(format!("seed={seed}"));
    }
    let source = Source::find(arguments.config.as_deref().unwrap_or(Path::new("")))?;
    if source.kind() != Kind::Team {
        let (path, learner) = (source.path.display(), source.kind().name());
        let reason = format!("{path} configures {learner}; use: pentathlon train --config {path}");
        return Err(Usage(reason).into());
    }
    let config = QmixConfig::with_overrides(&source.path.display().to_string(), &source.text, &overrides)?;
    let named = arguments.out.as_ref().or(config.output.directory.as_ref());
    let folder = named.cloned().unwrap_or_else(|| {
        Path::new("runs").join(&config.environment.id).join(format!("team-{}", config.seed))
    });
    let folder = run_folder::for_new_run(folder)?;
    Ok((TeamTrainer::new(config, &build)?, folder))
}
