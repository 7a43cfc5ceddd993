//! `pentathlon rollout`: steps environments and writes a trace of all that happens.

use std::path::{Path, PathBuf};

use pentathlon::{
    AutoresetMode, Device, EnvSpec, GeneratorKind, Space,
    trace::{
        ActionSequence, AllowedActions, BanditTrace, ObservedTrace, RecordOptions, Trace, recorder::ACTIONS,
    },
};

use super::{
    arguments::{DeviceName, EnvironmentArguments, parse_count},
    exit::Usage,
    output,
    policy::random_actions,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
The trace is a header line, then one line for each environment (docs/trace-format.md). That of MiniGrid has the
format of the recordings of Farama's package; unless told otherwise the reference generator is used, so that
the same seed gives Farama's own episode. Coupled bandits are rolled out with --policy random. Of all other
disciplines a trace holds what was done, paid and observed.

An action file has one line for each step, with one action for every environment or one for all: a whole
number, or as many real numbers as an action has; `#` begins a comment. A trace (.jsonl, .jsonl.zst) is also a
source of actions: environment E takes those of the rollout with seed SEED + E, or where there are no such seeds
those of environment E.

Examples:
  pentathlon rollout MiniGrid-DoorKey-8x8-v0 --seed 7 --actions actions.txt --trace out.jsonl
  pentathlon rollout MiniGrid-DoorKey-8x8-v0 --num-envs 4 --policy random --steps 100 --trace out.jsonl
  pentathlon rollout MiniGrid-DoorKey-5x5-v0 --num-envs 2 --actions recording.jsonl --kind guided --trace -
  pentathlon rollout ClassicControl-Pendulum-v1 --actions torques.txt --trace swings.jsonl
  pentathlon rollout coRMAB-Routing-v0 --num-envs 4 --policy random --steps 40 --trace walks.jsonl")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Environments in the batch
    #[arg(long, default_value = "1", value_parser = parse_count)]
    num_envs: usize,
    /// Where to write the trace; `-` is standard output
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// Take the actions from this file, to its end or for --steps
    #[arg(long, value_name = "FILE", conflicts_with = "policy", required_unless_present = "policy")]
    actions: Option<PathBuf>,
    /// Which rollouts of a trace to take the actions of, such as uniform or guided
    #[arg(long, requires = "actions", value_name = "NAME")]
    kind: Option<String>,
    /// Draw the actions
    #[arg(long, value_enum, requires = "steps")]
    policy: Option<PolicyName>,
    /// Number of steps
    #[arg(long, value_parser = parse_count)]
    steps: Option<usize>,
    /// Keep the whole view after this many first steps of environment 0
    #[arg(long, default_value_t = 0, value_name = "STEPS")]
    full_views: usize,
    /// Print what was recorded as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PolicyName {
    /// Every action with equal chance, whatever an action mask says
    Random,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    id: &'a str,
    trace: &'a Path,
    num_envs: usize,
    steps: usize,
    episodes: usize,
    reward: f64,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let environment = &arguments.environment;
    let to_stdout = arguments.trace.as_os_str() == "-";
    if to_stdout && arguments.json {
        return Err(Usage("--json and --trace - both write to standard output".into()).into());
    }
    let mut builder = environment.builder(arguments.num_envs)?;
    let file =
        arguments.actions.as_deref().map(|path| read_actions(path, arguments, builder.spec())).transpose()?;
    if environment.device.is_none() {
        builder = builder.device(Device::Native);
    }
    builder = builder.autoreset(AutoresetMode::Disabled);
    let discipline = builder.spec().discipline.clone();
    if discipline == "minigrid" {
        if environment.generator.is_none() && environment.device != Some(DeviceName::Wgpu) {
            builder = builder.generator(GeneratorKind::Reference);
        }
        builder = builder.observations(["image", "direction"]);
    }
    let mut batch = builder.build()?;
    let steps = arguments.steps.unwrap_or_default();
    let (actions, options) = match file {
        Some(source) => source,
        None => {
            // What can be done may depend on what there is.
            batch.reset(None)?;
            (random_actions(&*batch, environment.seed, steps)?, record_options(arguments, "uniform"))
        }
    };
    let steps = actions.len();
    let trace = match discipline.as_str() {
        "minigrid" => Recorded::Grids(Trace::record(&mut *batch, &actions, &options)?),
        "cormab" => Recorded::Bandits(Box::new(BanditTrace::record(&mut *batch, &actions)?)),
        _ => Recorded::Observed(ObservedTrace::record(&mut *batch, &actions, &options.kind)?),
    };
    if to_stdout {
        trace.write(&mut std::io::stdout().lock())?;
        return Ok(());
    }
    output::write_file(&arguments.trace, |writer| Ok(trace.write(writer)?))?;
    let (episodes, reward) = trace.summary();
    let report = Report {
        id: &environment.id,
        trace: &arguments.trace,
        num_envs: arguments.num_envs,
        steps,
        episodes,
        reward,
    };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: {} environment(s), {} steps each, {} ended episode(s), total reward {:.4}; trace in {}\n",
        report.id,
        report.num_envs,
        report.steps,
        report.episodes,
        report.reward,
        report.trace.display()
    ))
}

/// What was recorded.
enum Recorded {
    Grids(Trace),
    Bandits(Box<BanditTrace>),
    Observed(ObservedTrace),
}

impl Recorded {
    fn write(&self, writer: &mut dyn std::io::Write) -> std::io::Result<()> {
        match self {
            Self::Grids(trace) => trace.write(writer),
            Self::Bandits(trace) => trace.write(writer),
            Self::Observed(trace) => trace.write(writer),
        }
    }

    /// Ended episodes, and the sum of all rewards.
    fn summary(&self) -> (usize, f64) {
        let sum = |steps: &mut dyn Iterator<Item = (bool, f64)>| {
            steps.fold((0, 0.0), |(episodes, sum), (ended, reward)| {
                (episodes + usize::from(ended), sum + reward)
            })
        };
        match self {
            Self::Grids(trace) => {
                let steps = trace.rollouts.iter().flat_map(|rollout| &rollout.steps);
                sum(&mut steps.map(|step| (step.terminated || step.truncated, step.reward)))
            }
            Self::Bandits(trace) => {
                let steps = trace.rollouts.iter().flat_map(|rollout| &rollout.steps);
                sum(&mut steps.map(|step| (step.truncated, f64::from(step.reward))))
            }
            Self::Observed(trace) => {
                let steps = trace.rollouts.iter().flat_map(|rollout| &rollout.steps);
                sum(&mut steps.map(|step| {
                    let reward: f64 = step.reward.iter().map(|&reward| f64::from(reward)).sum();
                    (step.terminated || step.truncated, reward)
                }))
            }
        }
    }
}

fn record_options(arguments: &Arguments, kind: &str) -> RecordOptions {
    RecordOptions {
        kind: kind.to_owned(),
        full_views: arguments.full_views,
        // Recordings of planning agents stop at the end of the last episode.
        reset_after_last_step: kind != "bot",
    }
}

/// The actions of a file, read and checked before anything steps.
fn read_actions(
    path: &Path,
    arguments: &Arguments,
    spec: &EnvSpec,
) -> anyhow::Result<(ActionSequence, RecordOptions)> {
    let is_grid = spec.discipline == "minigrid";
    if spec.discipline == "cormab" {
        let reason = "which of a bandit's actions are feasible no file can tell; use --policy random";
        return Err(Usage(format!("{}: {reason}", spec.id)).into());
    }
    let mut allowed = AllowedActions::of(spec);
    if let (true, Space::Discrete { n, .. }) = (is_grid, &mut allowed.space) {
        // Farama's recordings ask for actions beyond those that a task has.
        *n = (*n).max(ACTIONS);
    }
    let (num_envs, seed) = (arguments.num_envs, arguments.environment.seed);
    let name = path.to_string_lossy();
    let (mut sequence, kind) = if name.ends_with(".jsonl") || name.ends_with(".jsonl.zst") {
        if is_grid {
            ActionSequence::from_trace(path, num_envs, seed, arguments.kind.as_deref(), &allowed)?
        } else if let Some(kind) = &arguments.kind {
            let reason = "the rollouts of a trace of this discipline are all of one kind";
            return Err(Usage(format!("--kind {kind}: {reason}")).into());
        } else {
            ActionSequence::from_observed(path, num_envs, &allowed)?
        }
    } else if arguments.kind.is_some() {
        return Err(
            Usage(format!("--kind chooses rollouts of a trace, and {name} is not one (.jsonl)")).into()
        );
    } else {
        (ActionSequence::read(path, num_envs, &allowed)?, String::from("actions"))
    };
    if let Some(steps) = arguments.steps {
        if steps > sequence.len() {
            anyhow::bail!("{name} holds {} steps and --steps asks for {steps}", sequence.len());
        }
        sequence.truncate(steps);
    }
    Ok((sequence, record_options(arguments, &kind)))
}
