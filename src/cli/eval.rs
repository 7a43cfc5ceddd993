//! `pentathlon eval`: how good a trained policy is, on levels of its own; or random actions, to compare with.

use std::path::{Path, PathBuf};

use pentathlon::{
    BuildOptions,
    agents::{Trainer, evaluate_and_look, policy::Policy},
};
use serde::Serialize;

use super::{
    arguments::parse_count,
    evaluation::{Judged, judge},
    exit::Usage,
    output,
    policy::{FoundPolicy, PolicySource, build},
};

/// Episodes that evaluate what was not trained by reward, unless told otherwise.
pub const CLONED_EPISODES: usize = 512;
/// Seed of their levels: far from those that demonstrations begin with.
pub const CLONED_SEED: u64 = 1_000_000_007;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1 --episodes 512
  pentathlon eval runs/MiniGrid-DoorKey-8x8-v0/1/checkpoint.pentathlon --seed 99 --greedy --json
  pentathlon eval random --env CrafterReward-v1 --episodes 256")]
pub struct Arguments {
    /// Checkpoint, the folder of a run, or with --env `random` for random actions and `expert` for a planner's
    #[arg(value_name = "random|expert|CHECKPOINT")]
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
    /// Environment steps that it was trained on; none for what was not trained by reward.
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    seed: u64,
    greedy: bool,
    #[serde(flatten)]
    judged: &'a Judged,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let subject = Subject::find(arguments)?;
    let Subject { id, options, episodes, .. } = &subject;
    let registry = pentathlon::registry();
    let discipline = &registry.get(id)?.discipline;
    let mut policy = subject.policy(arguments)?;
    let judged =
        judge(discipline, |look| evaluate_and_look(&mut *policy, &build, id, options, *episodes, look))?;
    let report = Report {
        id,
        checkpoint: &find_checkpoint(&arguments.checkpoint),
        frames: subject.frames,
        seed: options.seed,
        greedy: subject.greedy,
        judged: &judged,
    };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!("{id}, {}\n{}", subject.origin, judged.describe()))
}

/// What is evaluated, and under which conditions unless the arguments say otherwise.
struct Subject {
    source: FoundPolicy,
    id: String,
    options: BuildOptions,
    episodes: usize,
    greedy: bool,
    /// Environment steps that it was trained on.
    frames: Option<u64>,
    /// Where its actions come from, in words.
    origin: String,
}

impl Subject {
    fn find(arguments: &Arguments) -> anyhow::Result<Self> {
        let Ok(named) = arguments.checkpoint.to_string_lossy().parse::<PolicySource>();
        let source = named.find()?;
        let given = arguments.env.clone();
        let unnamed = |what: &str| Usage(format!("{what} need an environment: --env ID"));
        let (id, seed, episodes, mut options, greedy, frames, origin) = match &source {
            FoundPolicy::Random => (
                given.ok_or_else(|| unnamed("random actions"))?,
                CLONED_SEED,
                CLONED_EPISODES,
                BuildOptions::default(),
                false,
                None,
                String::from("random actions"),
            ),
            FoundPolicy::Expert => (
                given.ok_or_else(|| unnamed("an expert's actions"))?,
                CLONED_SEED,
                CLONED_EPISODES,
                BuildOptions::default(),
                false,
                None,
                String::from("an expert's actions"),
            ),
            FoundPolicy::Cloned(checkpoint) => (
                given.unwrap_or_else(|| checkpoint.id.clone()),
                CLONED_SEED,
                CLONED_EPISODES,
                checkpoint.options.clone(),
                false,
                None,
                String::from("learnt from demonstrations"),
            ),
            FoundPolicy::Trained(checkpoint) => {
                let config = &checkpoint.config;
                let seed = config.evaluation_seed();
                (
                    given.unwrap_or_else(|| config.environment.id.clone()),
                    seed,
                    config.evaluation.episodes,
                    config.build_options(1, seed),
                    config.evaluation.greedy,
                    Some(checkpoint.frames()),
                    format!("after {} frames of training", checkpoint.frames()),
                )
            }
        };
        options.seed = arguments.seed.unwrap_or(seed);
        let episodes = arguments.episodes.unwrap_or(episodes);
        let greedy = arguments.greedy || greedy;
        Ok(Self { source, id, options, episodes, greedy, frames, origin })
    }

    fn policy(&self, arguments: &Arguments) -> anyhow::Result<Box<dyn Policy>> {
        let batch = build(&self.id, &self.options)?;
        let seed = self.options.seed;
        Ok(match &self.source {
            FoundPolicy::Cloned(checkpoint) => {
                Box::new(checkpoint.policy(&*batch, arguments.greedy, seed)?)
            }
            FoundPolicy::Trained(checkpoint) => Box::new(checkpoint.policy(&*batch, self.greedy, seed)?),
            other => other.fit(&*batch, seed)?,
        })
    }
}

/// The checkpoint that `path` means: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> PathBuf {
    if path.is_dir() { Trainer::checkpoint_path(path) } else { path.to_owned() }
}
