//! `pentathlon bench`: how many environment steps a batch makes in a second, random actions,
//! observation and autoreset included. Actions are drawn before the clock starts, of all that there are: those that an
//! action mask would not allow then do nothing.

use std::time::{Duration, Instant};

use pentathlon::{
    Actions, AutoresetMode, VectorEnv,
    engine::{Batch, Domain},
    envs::{cormab::FeasibleBatch, crafter::Crafter, minigrid::MiniGrid},
};
use serde::Serialize;

use super::{
    arguments::{EnvironmentArguments, device_name, parse_count},
    exit::Usage,
    output,
    policy::random_actions,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon bench MiniGrid-DoorKey-8x8-v0
  pentathlon bench MiniGrid-DoorKey-8x8-v0 --num-envs 4096 --steps 1000 --threads 1 --json
  pentathlon bench MiniGrid-DoorKey-8x8-v0 --device wgpu --num-envs 65536 --on-device
  pentathlon bench coRMAB-Budget-v0 --threads 1 --unchecked")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Environments in the batch
    #[arg(long, default_value = "4096", value_parser = parse_count)]
    num_envs: usize,
    /// Steps of every environment in one repeat
    #[arg(long, default_value = "1000", value_parser = parse_count)]
    steps: usize,
    /// Times the measurement is repeated; the median counts
    #[arg(long, default_value = "5", value_parser = parse_count)]
    repeats: usize,
    /// Observations to compute, instead of the id's default; may be repeated
    #[arg(long = "observation", value_name = "NAME")]
    observations: Vec<String>,
    /// With --device wgpu: results stay on the device, as for a learner there; actions are uploaded
    #[arg(long, conflicts_with = "resets")]
    on_device: bool,
    /// Coupled bandits only: actions are checked and packed before the clock starts, too
    #[arg(long, conflicts_with_all = ["on_device", "resets"])]
    unchecked: bool,
    /// Measure resets of the whole batch instead of steps
    #[arg(long)]
    resets: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    id: String,
    device: &'static str,
    on_device: bool,
    unchecked: bool,
    threads: usize,
    num_envs: usize,
    steps: usize,
    /// Of the median repeat.
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_per_second: Option<f64>,
    observation: Vec<String>,
    repeats: usize,
    slowest_seconds: f64,
    fastest_seconds: f64,
    generator: String,
    profile: &'static str,
}

/// Different steps' worth of actions that are drawn before the clock starts; used in turn.
const DRAWN_STEPS: usize = 64;

/// Steps on the device after which the host waits, so that uploads do not pile up.
const STEPS_AHEAD: usize = 64;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut batch = arguments
        .environment
        .builder(arguments.num_envs)?
        .autoreset(AutoresetMode::SameStep)
        .observations(arguments.observations.iter().cloned())
        .build()?;
    batch.reset(None)?;
    let mut times = if arguments.resets {
        time_resets(arguments, &mut batch)?
    } else if arguments.unchecked {
        time_steps(arguments, inside_of(&mut *batch)?)?
    } else {
        time_steps(arguments, &mut *batch)?
    };
    times.sort_unstable();
    let seconds = times[times.len() / 2].as_secs_f64();
    let rate = (arguments.num_envs * arguments.steps) as f64 / seconds;
    let options = batch.options();
    let report = Report {
        id: batch.spec().id.clone(),
        device: device_name(options.device),
        on_device: arguments.on_device,
        unchecked: arguments.unchecked,
        threads: match options.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        },
        num_envs: arguments.num_envs,
        steps: arguments.steps,
        seconds,
        steps_per_second: (!arguments.resets).then_some(rate),
        resets_per_second: arguments.resets.then_some(rate),
        observation: batch.observation().fields.iter().map(|field| field.spec.name.clone()).collect(),
        repeats: times.len(),
        slowest_seconds: times[times.len() - 1].as_secs_f64(),
        fastest_seconds: times[0].as_secs_f64(),
        generator: format!("{:?}", options.generator).to_lowercase(),
        profile: if cfg!(debug_assertions) { "dev" } else { "release" },
    };
    if arguments.json { output::print_json(&report) } else { output::print(&describe(&report)) }
}

/// The batch inside a coupled bandit's, which takes packed actions and trusts them.
fn inside_of(batch: &mut dyn VectorEnv) -> anyhow::Result<&mut dyn VectorEnv> {
    let id = batch.spec().id.clone();
    match batch.as_any_mut().downcast_mut::<FeasibleBatch>() {
        Some(batch) => Ok(batch.inner_mut()),
        None => Err(Usage(format!("{id}: --unchecked is for coupled bandits (coRMAB ids) only")).into()),
    }
}

fn time_steps(arguments: &Arguments, batch: &mut dyn VectorEnv) -> anyhow::Result<Vec<Duration>> {
    let drawn = random_actions(batch, arguments.environment.seed, DRAWN_STEPS)?;
    let drawn: Vec<Actions<'_>> = drawn.steps().collect();
    let steps = |batch: &mut dyn VectorEnv, count: usize| -> anyhow::Result<Duration> {
        let begin = Instant::now();
        if arguments.on_device {
            step_on_device(batch, &drawn, count)?;
        } else {
            for step in 0..count {
                batch.step(drawn[step % DRAWN_STEPS])?;
            }
        }
        Ok(begin.elapsed())
    };
    // Caches, clock rates and episodes of different ages, as in the middle of a long run.
    steps(batch, arguments.steps.min(100))?;
    (0..arguments.repeats).map(|_| steps(batch, arguments.steps)).collect()
}

/// Makes `count` steps whose results stay on the device, and waits for the last of them.
fn step_on_device(batch: &mut dyn VectorEnv, drawn: &[Actions<'_>], count: usize) -> anyhow::Result<()> {
    let id = batch.spec().id.clone();
    let batch = batch.as_any_mut();
    if let Some(batch) = batch.downcast_mut::<Batch<MiniGrid>>() {
        return step_batch_on_device(batch, drawn, count);
    }
    match batch.downcast_mut::<Batch<Crafter>>() {
        Some(batch) => step_batch_on_device(batch, drawn, count),
        None => Err(Usage(format!("{id}: --on-device is measured for MiniGrid and Crafter only")).into()),
    }
}

fn step_batch_on_device<D: Domain>(
    batch: &mut Batch<D>,
    drawn: &[Actions<'_>],
    count: usize,
) -> anyhow::Result<()> {
    for step in 0..count {
        let columns = batch
            .on_device()
            .ok_or_else(|| Usage("--on-device needs a wgpu device: --device wgpu".into()))?;
        let words: &[u8] = match drawn[step % DRAWN_STEPS] {
            Actions::Discrete(actions) => bytemuck::cast_slice(actions),
            Actions::Continuous(actions) => bytemuck::cast_slice(actions),
        };
        columns.handles.queue.write_buffer(columns.actions, 0, words);
        batch.step_on_device()?;
        if step % STEPS_AHEAD == STEPS_AHEAD - 1 {
            batch.refresh()?;
        }
    }
    batch.refresh()?;
    Ok(())
}

fn time_resets(arguments: &Arguments, batch: &mut Box<dyn VectorEnv>) -> anyhow::Result<Vec<Duration>> {
    (0..arguments.repeats)
        .map(|_| {
            let begin = Instant::now();
            for _ in 0..arguments.steps {
                batch.reset(None)?;
            }
            Ok(begin.elapsed())
        })
        .collect()
}

/// A rate with four digits that count.
fn magnitude(rate: f64) -> String {
    match rate {
        1e6.. => format!("{:.3} million", rate / 1e6),
        1e3.. => format!("{:.2} thousand", rate / 1e3),
        _ => format!("{rate:.1}"),
    }
}

fn describe(report: &Report) -> String {
    let (rate, what) = match (report.steps_per_second, report.resets_per_second) {
        (Some(rate), _) => (rate, "steps"),
        (None, rate) => (rate.unwrap_or_default(), "resets"),
    };
    let rows = [
        ("environment", report.id.clone()),
        (
            "device",
            format!(
                "{}, {} thread(s){}",
                report.device,
                report.threads,
                if report.on_device {
                    ", results stay there"
                } else if report.unchecked {
                    ", actions checked before"
                } else {
                    ""
                }
            ),
        ),
        ("batch", format!("{} environments, {} {what} each", report.num_envs, report.steps)),
        ("observation", report.observation.join(", ")),
        ("generator", report.generator.clone()),
        (
            "time",
            format!(
                "{:.3} s (median of {}; {:.3} to {:.3})",
                report.seconds, report.repeats, report.fastest_seconds, report.slowest_seconds
            ),
        ),
        ("speed", format!("{} environment {what} a second", magnitude(rate))),
        ("profile", report.profile.to_owned()),
    ];
    output::table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}
