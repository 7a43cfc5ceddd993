//! `pentathlon eval`: how good a trained policy is, on levels of its own; or random actions, to compare with.

use std::path::{Path, PathBuf};

use pentathlon::{
    BuildOptions, OptionValue,
    agents::{Trainer, evaluate_and_look, policy::Policy},
};
use serde::Serialize;

use super::{
    arguments::{parse_count, parse_option},
    evaluation::{Judged, judge},
    exit::Usage,
    hierarchy, output,
    policy::{FoundPolicy, PolicySource, build},
    run_folder,
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
  pentathlon eval runs/trash/team.checkpoint --episodes 128
  pentathlon eval runs/MultiGrid-DoorKey-8x8-mixed-v0/1 --greedy
  pentathlon eval runs/coRMAB-Routing-v0/1 --episodes 200
  pentathlon eval runs/ClassicControl-Pendulum-v1/1 --decide-every 8
  pentathlon eval random --env ClassicControl-Pendulum-v1 --episodes 64
  pentathlon eval random --env CrafterReward-v1 --episodes 256
  pentathlon eval random --env CrafterTeam-v1 --option goal=collect_wood --option agents=2 --episodes 64")]
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
    /// Steps between two decisions of a TD3 or SRL run (1 to 1024), instead of the configuration's
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u32).range(1..=1024))]
    decide_every: Option<u32>,
    /// Evaluate on another environment with the same observations and actions
    #[arg(long, value_name = "ID")]
    env: Option<String>,
    /// Option of the environment, instead of the configuration's; may be repeated (`pentathlon info ID` lists them)
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = parse_option)]
    options: Vec<(String, OptionValue)>,
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
    if let Some(checkpoint) = hierarchy::find_checkpoint(&arguments.checkpoint) {
        if let Some(steps) = arguments.decide_every {
            return Err(decides_at_every_step(steps));
        }
        if !arguments.options.is_empty() {
            return Err(Usage("--option: a hierarchy is evaluated where it was trained".into()).into());
        }
        if let Some(id) = &arguments.env {
            let reason = "a hierarchy is evaluated where it was trained";
            return Err(Usage(format!("--env {id}: {reason}")).into());
        }
        let Arguments { episodes, seed, greedy, json, .. } = *arguments;
        return hierarchy::evaluate(&checkpoint, &hierarchy::EvaluationRun { episodes, seed, greedy, json });
    }
    let subject = Subject::find(arguments)?;
    let Subject { id, options, episodes, .. } = &subject;
    let registry = pentathlon::registry();
    let discipline = &registry.get(id)?.discipline;
    let mut policy = subject.policy(arguments.decide_every)?;
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

fn decides_at_every_step(steps: u32) -> anyhow::Error {
    let reason = "only policies of TD3 and SRL lay out what they do between two decisions";
    Usage(format!("--decide-every {steps}: {reason}")).into()
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
        // What was not trained by reward has no configuration that says how it is evaluated.
        let mut subject = Self {
            id: String::new(),
            options: BuildOptions { seed: CLONED_SEED, ..BuildOptions::default() },
            episodes: CLONED_EPISODES,
            greedy: arguments.greedy,
            frames: None,
            origin: String::from("random actions"),
            source,
        };
        match &subject.source {
            FoundPolicy::Random | FoundPolicy::Team(_) | FoundPolicy::Continuous(_) => {}
            FoundPolicy::Expert => subject.origin = String::from("an expert's actions"),
            FoundPolicy::Cloned(checkpoint) => {
                subject.id.clone_from(&checkpoint.id);
                subject.options = BuildOptions { seed: CLONED_SEED, ..checkpoint.options.clone() };
                subject.origin = String::from("learnt from demonstrations");
            }
            FoundPolicy::Sequoia(agent, _) => {
                let protocol = &agent.evaluation;
                subject.id = agent.id();
                subject.options = BuildOptions { seed: protocol.seed, ..BuildOptions::default() };
                subject.options.options.insert("start".into(), protocol.start.into());
                subject.options.options.extend(subject.source.option());
                subject.episodes = protocol.episodes;
                subject.frames = Some(agent.frames());
                subject.origin = format!("after {} episodes of training", agent.episodes);
            }
            FoundPolicy::Trained(checkpoint) => {
                let config = &checkpoint.config;
                subject.id.clone_from(&config.environment.id);
                subject.options = config.build_options(1, config.evaluation_seed());
                subject.episodes = config.evaluation.episodes;
                subject.greedy |= config.evaluation.greedy;
                subject.frames = Some(checkpoint.frames());
                subject.origin = format!("after {} frames of training", checkpoint.frames());
            }
        }
        if let FoundPolicy::Team(checkpoint) = &subject.source {
            let config = &checkpoint.config;
            subject.id.clone_from(&config.environment.id);
            subject.options = config.build_options(1, config.evaluation_seed());
            subject.episodes = config.evaluation.episodes;
            subject.greedy |= config.evaluation.greedy;
            subject.frames = Some(checkpoint.frames);
            subject.origin = format!("a team after {} frames of training", checkpoint.frames);
        }
        if let FoundPolicy::Continuous(checkpoint) = &subject.source {
            let config = &checkpoint.config;
            subject.id.clone_from(&config.environment.id);
            subject.options = config.build_options(1, config.evaluation_seed());
            subject.episodes = config.evaluation.episodes;
            subject.greedy |= config.evaluation.greedy;
            subject.frames = Some(checkpoint.frames);
            subject.origin = format!("after {} frames of training", checkpoint.frames);
        }
        if let Some(id) = &arguments.env {
            subject.id.clone_from(id);
        }
        if subject.id.is_empty() {
            return Err(Usage("actions that were not learnt need an environment: --env ID".into()).into());
        }
        subject.options.options.extend(arguments.options.iter().cloned());
        subject.options.seed = arguments.seed.unwrap_or(subject.options.seed);
        subject.episodes = arguments.episodes.unwrap_or(subject.episodes);
        Ok(subject)
    }

    /// The policy, which decides every so many steps if that is asked for.
    fn policy(&self, decide_every: Option<u32>) -> anyhow::Result<Box<dyn Policy>> {
        let batch = build(&self.id, &self.options)?;
        let seed = self.options.seed;
        if let (Some(steps), FoundPolicy::Continuous(checkpoint)) = (decide_every, &self.source) {
            return Ok(Box::new(checkpoint.policy(&*batch, self.greedy, seed)?.deciding_every(steps)));
        }
        if let Some(steps) = decide_every {
            return Err(decides_at_every_step(steps));
        }
        Ok(match &self.source {
            FoundPolicy::Cloned(checkpoint) => Box::new(checkpoint.policy(&*batch, self.greedy, seed)?),
            FoundPolicy::Trained(checkpoint) => Box::new(checkpoint.policy(&*batch, self.greedy, seed)?),
            FoundPolicy::Team(checkpoint) => Box::new(checkpoint.policy(&*batch, self.greedy, seed)?),
            FoundPolicy::Continuous(checkpoint) => Box::new(checkpoint.policy(&*batch, self.greedy, seed)?),
            other => other.fit(&*batch, seed)?,
        })
    }
}

/// The checkpoint that `path` means: itself, or that of the run in the folder.
pub fn find_checkpoint(path: &Path) -> PathBuf {
    if !path.is_dir() {
        return path.to_owned();
    }
    run_folder::checkpoint_in(path).unwrap_or_else(|| Trainer::checkpoint_path(path))
}
