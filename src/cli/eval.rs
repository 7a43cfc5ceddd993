//! `pentathlon eval`: how good a trained policy is, on levels of its own.

use std::path::{Path, PathBuf};

use pentathlon::{
    BuildOptions,
    agents::{Checkpoint, Evaluation, Trainer, behaviour_cloning::ClonedCheckpoint, evaluate},
};
use serde::Serialize;

use super::{arguments::parse_count, output, policy::build};

/// Episodes that evaluate a cloned policy unless told otherwise.
pub const CLONED_EPISODES: usize = 512;
/// Seed of their levels: far from those that demonstrations begin with.
pub const CLONED_SEED: u64 = 1_000_000_007;

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
    /// Environment steps that it was trained on; none for what was learnt from demonstrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    seed: u64,
    greedy: bool,
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = find_checkpoint(&arguments.checkpoint);
    if ClonedCheckpoint::is_at(&path) {
        return evaluate_cloned(arguments, &path);
    }
    let checkpoint = Checkpoint::load(&path)?;
    let config = &checkpoint.config;
    let id = arguments.env.as_ref().unwrap_or(&config.environment.id);
    pentathlon::registry().get(id)?;
    let seed = arguments.seed.unwrap_or_else(|| config.evaluation_seed());
    let greedy = arguments.greedy || config.evaluation.greedy;
    let options = config.build_options(1, seed);
    let mut policy = checkpoint.policy(&*build(id, &options)?, greedy, seed)?;
    let episodes = arguments.episodes.unwrap_or(config.evaluation.episodes);
    let evaluation = evaluate(&mut policy, &build, id, &options, episodes)?;
    let frames = Some(checkpoint.frames());
    report(arguments, &Report { id, checkpoint: &path, frames, seed, greedy, evaluation })
}

/// Evaluates what was learnt from demonstrations.
fn evaluate_cloned(arguments: &Arguments, path: &Path) -> anyhow::Result<()> {
    let checkpoint = ClonedCheckpoint::load(path)?;
    let id = arguments.env.as_ref().unwrap_or(&checkpoint.id);
    pentathlon::registry().get(id)?;
    let seed = arguments.seed.unwrap_or(CLONED_SEED);
    let options = BuildOptions { seed, ..checkpoint.options.clone() };
    let mut policy = checkpoint.policy(&*build(id, &options)?, arguments.greedy, seed)?;
    let episodes = arguments.episodes.unwrap_or(CLONED_EPISODES);
    let evaluation = evaluate(&mut policy, &build, id, &options, episodes)?;
    let greedy = arguments.greedy;
    report(arguments, &Report { id, checkpoint: path, frames: None, seed, greedy, evaluation })
}

fn report(arguments: &Arguments, report: &Report<'_>) -> anyhow::Result<()> {
    if arguments.json {
        return output::print_json(report);
    }
    let learnt = match report.frames {
        Some(frames) => format!("after {frames} frames of training"),
        None => String::from("learnt from demonstrations"),
    };
    output::print(&format!("{}, {learnt}\n{}", report.id, describe(&report.evaluation)))
}

/// The checkpoint that `path` means: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> PathBuf {
    if path.is_dir() { Trainer::checkpoint_path(path) } else { path.to_owned() }
}

/// An evaluation in words.
pub fn describe(evaluation: &Evaluation) -> String {
    format!(
        "{} episodes: success {:.1} %, mean return {:.3}, mean length {:.1}\n",
        evaluation.episodes,
        evaluation.success_rate * 100.0,
        evaluation.mean_return,
        evaluation.mean_length
    )
}
