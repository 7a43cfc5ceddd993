//! `pentathlon eval`: how good a trained policy is, on levels of its own; or random actions, to compare with.

use std::path::{Path, PathBuf};

use pentathlon::{
    BuildOptions,
    agents::{Checkpoint, Config, Trainer, evaluate_and_look, policy::Policy},
};
use serde::Serialize;

use super::{
    arguments::parse_count,
    evaluation::{Judged, judge},
    exit::Usage,
    output,
    policy::{FoundPolicy, build},
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1 --episodes 512
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1/checkpoint.pentathlon --seed 99 --greedy --json
  pentathlon eval random --env CrafterReward-v1 --episodes 256")]
pub struct Arguments {
    /// Checkpoint, the folder of a run, or `random` for random actions (with --env)
    #[arg(value_name = "random|CHECKPOINT")]
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
    let is_random = arguments.checkpoint.as_os_str() == "random";
    let (source, env) = if is_random {
        let env = arguments.env.clone();
        (
            FoundPolicy::Random,
            env.ok_or_else(|| Usage("random actions need an environment: --env ID".into()))?,
        )
    } else {
        let checkpoint = Box::new(Checkpoint::load(&path)?);
        let id = checkpoint.config.environment.id.clone();
        (FoundPolicy::Trained(checkpoint), arguments.env.clone().unwrap_or(id))
    };
    let id = env.as_str();
    let discipline = &pentathlon::registry().get(id)?.discipline;
    let (config, frames) = match &source {
        FoundPolicy::Random => (Config::default(), 0),
        FoundPolicy::Trained(checkpoint) => (checkpoint.config.clone(), checkpoint.frames()),
    };
    let seed = arguments.seed.unwrap_or_else(|| config.evaluation_seed());
    let greedy = arguments.greedy || config.evaluation.greedy;
    let (options, mut policy) = match &source {
        FoundPolicy::Random => {
            let options = BuildOptions { seed, ..BuildOptions::default() };
            let policy = source.fit(&*build(id, &options)?, seed)?;
            (options, policy)
        }
        FoundPolicy::Trained(checkpoint) => {
            let options = config.build_options(1, seed);
            let policy: Box<dyn Policy> =
                Box::new(checkpoint.policy(&*build(id, &options)?, greedy, seed)?);
            (options, policy)
        }
    };
    let episodes = arguments.episodes.unwrap_or(config.evaluation.episodes);
    let judged =
        judge(discipline, |look| evaluate_and_look(&mut *policy, &build, id, &options, episodes, look))?;
    let report = Report { id, checkpoint: &path, frames, seed, greedy, judged: &judged };
    if arguments.json {
        return output::print_json(&report);
    }
    let what = if is_random { "random actions".into() } else { format!("after {frames} frames of training") };
    output::print(&format!("{id}, {what}\n{}", judged.describe()))
}

/// The checkpoint that `path` means: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> PathBuf {
    if path.is_dir() { Trainer::checkpoint_path(path) } else { path.to_owned() }
}
