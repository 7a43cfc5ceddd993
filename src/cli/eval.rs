//! `pentathlon eval`: how good a trained policy is, on levels of its own.

use std::path::{Path, PathBuf};

use pentathlon::agents::{Checkpoint, Trainer, evaluate_and_look};
use serde::Serialize;

use super::{
    arguments::parse_count,
    evaluation::{Judged, judge},
    output,
    policy::build,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1 --episodes 512
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1/checkpoint.pentathlon --seed 99 --greedy --json")]
pub struct Arguments {
    /// Checkpoint, or the folder of a run
    checkpoint: PathBuf,
    /// Episodes to play, each on a level of its own
    #[arg(long, value_parser = parse_count)]
    episodes: Option<usize>,
    /// Seed of the levels and of sampled actions, instead of the configuration's
    #[arg(long)]
    seed: Option<u64>,
    /// Take the most probable action instead of a sampled one
    #[arg(long)]
    greedy: bool,
    /// Evaluate on another environment with the same observations and actions
    #[arg(long, value_name = "ID")]
    env: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report<'a> {
    id: &'a str,
    checkpoint: &'a Path,
    frames: u64,
    seed: u64,
    greedy: bool,
    #[serde(flatten)]
    judged: &'a Judged,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = find_checkpoint(&arguments.checkpoint);
    let checkpoint = Checkpoint::load(&path)?;
    let config = &checkpoint.config;
    let id = arguments.env.as_ref().unwrap_or(&config.environment.id);
    let discipline = &pentathlon::registry().get(id)?.discipline;
    let seed = arguments.seed.unwrap_or_else(|| config.evaluation_seed());
    let greedy = arguments.greedy || config.evaluation.greedy;
    let options = config.build_options(1, seed);
    let mut policy = checkpoint.policy(&*build(id, &options)?, greedy, seed)?;
    let episodes = arguments.episodes.unwrap_or(config.evaluation.episodes);
    let judged =
        judge(discipline, |look| evaluate_and_look(&mut policy, &build, id, &options, episodes, look))?;
    let report = Report { id, checkpoint: &path, frames: checkpoint.frames(), seed, greedy, judged: &judged };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!("{id}, after {} frames of training\n{}", report.frames, judged.describe()))
}

/// The checkpoint that `path` means: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> PathBuf {
    if path.is_dir() { Trainer::checkpoint_path(path) } else { path.to_owned() }
}
