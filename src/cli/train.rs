//! `pentathlon train`: the main job. PPO learns an environment, shows how it goes, can be stopped and
//! resumed at any time, and ends with an evaluation and an animation of the trained policy.

use std::path::{Path, PathBuf};

use anyhow::Context;
use pentathlon::agents::{Checkpoint, Config, Ending, RunFiles, Trainer, config::EXPERIMENTS};
use serde::Serialize;

use super::{
    animation::animate,
    eval::find_checkpoint,
    evaluation::{Judged, judge},
    exit::Interrupted,
    experiment::{Kind, Source, Standing},
    interrupt, output,
    policy::build,
    progress::{Display, print_fields},
    run_folder,
};

#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Without arguments: the configuration minigrid_doorkey_8x8, which is built in. A run leaves in its folder the
configuration, a checkpoint, progress.csv, TensorBoard events, the learning curve and an animation of the
trained policy. Ctrl-C saves and stops; a second Ctrl-C stops at once.

Examples:
  pentathlon train
  pentathlon train --env MiniGrid-DoorKey-5x5-v0 --seed 3 --set frames=500_000
  pentathlon train --config experiments/minigrid_keycorridor_s3r1.toml --out runs/corridor
  pentathlon train --config experiments/crafter_ppo.toml
  pentathlon train --config experiments/minigrid_memory_s7.toml
  pentathlon train --config experiments/mappo_trash_grid_6x6.toml
  pentathlon train --config experiments/dqn_minigrid_empty_5x5.toml
  pentathlon train --config experiments/sequoia_routing.toml
  pentathlon train --config experiments/gmah_doorkey_8x8_mixed.toml
  pentathlon train --config experiments/td3_pendulum.toml --seed 2 --out runs/pendulum
  pentathlon train --config srl_pendulum --set decide_every=8
  pentathlon train --resume runs/corridor --set frames=8_000_000
  pentathlon train --set ppo.learning_rate=3e-4 --set network.hidden=[256,256] --json")]
pub struct Arguments {
    /// Configuration file (TOML), or the name of one that is built in
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "resume")]
    pub config: Option<PathBuf>,
    /// Environment to train on, instead of the configuration's
    #[arg(long, value_name = "ID", conflicts_with = "resume")]
    pub env: Option<String>,
    /// Field of the configuration, such as ppo.gamma=0.98; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Seed of everything random, instead of the configuration's
    #[arg(long, conflicts_with = "resume")]
    pub seed: Option<u64>,
    /// Go on exactly where this checkpoint, or the run in this folder, stopped
    #[arg(long, value_name = "CHECKPOINT|FOLDER")]
    pub resume: Option<PathBuf>,
    /// Folder of the run; runs/ID/NUMBER unless the configuration says otherwise
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print progress and the final evaluation as JSON lines; the last line is the evaluation
    #[arg(long)]
    pub json: bool,
}

/// The last line of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    seed: u64,
    folder: &'a Path,
    ending: &'static str,
    frames: u64,
    seconds: f64,
    #[serde(flatten)]
    judged: &'a Judged,
}

impl<'a> From<&'a Arguments> for super::cormab::TrainingRun<'a> {
    fn from(arguments: &'a Arguments) -> Self {
        Self {
            config: arguments.config.as_deref().unwrap_or(Path::new("")),
            resume: arguments.resume.as_deref(),
            env: arguments.env.as_deref(),
            overrides: &arguments.overrides,
            seed: arguments.seed,
            out: arguments.out.as_deref(),
            json: arguments.json,
        }
    }
}

pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let source = arguments.config.as_deref().map(Source::find).transpose()?;
    match source.as_ref().map(Source::kind) {
        Some(Kind::Sequoia) => return super::cormab::train_sequoia(&(&arguments).into()),
        Some(Kind::Team) => return super::train_team::run(&arguments.into()),
        Some(Kind::Hierarchy) => return super::hierarchy::train(&arguments, source.as_ref()),
        Some(Kind::Continuous) => return super::train_continuous::run(&arguments, source.as_ref()),
        Some(Kind::Ppo) | None => {}
    }
    if arguments.resume.as_deref().and_then(super::train_team::find_checkpoint).is_some() {
        return super::train_team::run(&arguments.into());
    }
    if arguments.resume.as_deref().and_then(super::hierarchy::find_checkpoint).is_some() {
        return super::hierarchy::train(&arguments, None);
    }
    if arguments.resume.as_deref().and_then(super::train_continuous::find_checkpoint).is_some() {
        return super::train_continuous::run(&arguments, None);
    }
    if arguments.resume.as_deref().is_some_and(super::cormab::is_run) {
        return super::cormab::train_sequoia(&(&arguments).into());
    }
    let mut trainer = prepare(&arguments)?;
    let folder = folder(&arguments, trainer.config())?;
    let mut files = RunFiles::open(&folder, &trainer)?;
    let id = trainer.config().environment.id.clone();

    let stop = interrupt::listen()?;
    let config = trainer.config();
    let title = format!("training on {id}; run in {}", folder.display());
    let total_frames = config.updates() * config.frames_per_update();
    let mut display = Display::new(&title, total_frames, !arguments.json);
    display.begin_at(trainer.frames(), trainer.seconds());
    let ending = trainer.run(
        Some(&mut files),
        &mut |progress| {
            if arguments.json {
                let fields = progress.fields().map(|(name, value)| (name.to_owned(), value.into()));
                print_fields(&serde_json::Map::from_iter(fields));
            }
            display.show(&Standing::from(progress));
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
    let discipline = trainer.env().spec().discipline.clone();
    let judged = judge(&discipline, |look| trainer.evaluate_and_look(&build, look))?;
    let options = trainer.config().build_options(1, trainer.config().evaluation_seed());
    animate(&mut trainer.policy(), &id, &options, &folder.join("policy.gif"))?;
    let report = Report {
        id: &id,
        seed: trainer.config().seed,
        folder: &folder,
        ending: if ending == Ending::Solved { "solved" } else { "finished" },
        frames: trainer.frames(),
        seconds: trainer.seconds(),
        judged: &judged,
    };
    output::write_report(&folder, &report)?;
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{id}: {} frames in {:.1} s\n{}run in {} (curve.svg, policy.gif, checkpoint)\n",
        report.frames,
        report.seconds,
        judged.describe(),
        folder.display()
    ))
}

/// The trainer that the arguments ask for: a new one, or one that goes on.
fn prepare(arguments: &Arguments) -> anyhow::Result<Trainer> {
    let mut overrides = arguments.overrides.clone();
    if let Some(path) = &arguments.resume {
        let mut checkpoint = Checkpoint::load(&find_checkpoint(path))?;
        if !overrides.is_empty() {
            checkpoint.config = Config::from_toml(&checkpoint.config.to_toml(), &overrides)?;
        }
        return Ok(Trainer::resume(checkpoint, &build)?);
    }
    if let Some(id) = &arguments.env {
        pentathlon::registry().get(id)?;
        overrides.insert(0, format!("environment.id=\"{id}\""));
    }
    if let Some(seed) = arguments.seed {
        overrides.push(format!("seed={seed}"));
    }
    let config = match &arguments.config {
        None => Config::experiment(EXPERIMENTS[0].0, &overrides)?,
        Some(path) => match path.to_str().filter(|name| EXPERIMENTS.iter().any(|(known, _)| known == name)) {
            Some(name) => Config::experiment(name, &overrides)?,
            None => Config::from_file(path, &overrides)?,
        },
    };
    Ok(Trainer::new(config, &build)?)
}

/// The folder of the run.
fn folder(arguments: &Arguments, config: &Config) -> anyhow::Result<PathBuf> {
    if let Some(path) = &arguments.resume {
        return Ok(run_folder::for_resumed_run(&find_checkpoint(path), arguments.out.as_deref())?);
    }
    let named = arguments.out.as_ref().or(config.output.directory.as_ref());
    let folder = named.cloned().unwrap_or_else(|| run_folder::unused(&config.environment.id));
    Ok(run_folder::for_new_run(folder)?)
}
