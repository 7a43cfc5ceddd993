//! `pentathlon physics bench`: physics steps a second under fixed conditions.

#[cfg(feature = "rapier")]
use pentathlon::physics::benchmark::measure_rapier;
use pentathlon::{
    engine::adapters,
    physics::benchmark::{
        BenchmarkControl, BenchmarkOptions, BenchmarkReport, BenchmarkRobot, HELD_STEPS, measure_native,
        measure_wgpu,
    },
};
use serde::Serialize;

use super::{engine::EngineName, parse_seed, parse_whole, refused};
use crate::cli::{arguments::parse_count, exit::Usage, output, progress};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon physics bench quadruped
  pentathlon physics bench quadruped --num-worlds 1024 --steps 400 --threads 1 --json
  pentathlon physics bench arm --threads 2 --solver-iterations 4
  pentathlon physics bench quadruped --device wgpu --num-worlds 16384
  pentathlon physics bench quadruped --engine rapier --num-worlds 256     (cargo run --features rapier)")]
pub struct Arguments {
    /// What to simulate: the quadruped on flat ground, or the arm before its box
    #[arg(value_enum)]
    robot: RobotName,
    /// Worlds in the batch
    #[arg(long, default_value = "4096", value_parser = parse_count, allow_negative_numbers = true)]
    num_worlds: usize,
    /// Physics steps of each world under the clock
    #[arg(long, default_value = "400", value_parser = parse_count, allow_negative_numbers = true)]
    steps: usize,
    /// Threads of the native device, at most 1024; 0 takes all cores
    #[arg(long, default_value_t = 1, value_parser = parse_threads, allow_negative_numbers = true)]
    threads: usize,
    /// Where to step
    #[arg(long, value_enum, default_value = "native")]
    device: PhysicsDevice,
    /// What simulates, on the native device
    #[arg(long, value_enum, default_value = "native")]
    engine: EngineName,
    /// What the servos are told
    #[arg(long, value_enum, default_value = "random-pd")]
    control: ControlName,
    /// Length of a physics step in seconds, more than 0 and at most 0.1
    #[arg(long, default_value_t = 0.005, allow_negative_numbers = true)]
    time_step: f64,
    /// Sweeps of the contact solver in a step, of rapier its iterations, 1 to 1000, instead of its default
    #[arg(long, value_name = "SWEEPS", value_parser = parse_sweeps, allow_negative_numbers = true)]
    solver_iterations: Option<u32>,
    /// Seed of the random targets
    #[arg(long, default_value_t = 0, value_parser = parse_seed, allow_negative_numbers = true)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RobotName {
    /// A quadruped of 12.7 kg on flat ground, 17 shapes
    Quadruped,
    /// A 7-joint arm with a box to push
    Arm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ControlName {
    /// New joint targets every 4 steps, sigma 0.15 rad, from 16 sets in turn that are drawn before the clock starts; robots
    /// that fall are put back
    RandomPd,
    /// The pose that the robot starts from
    Hold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum PhysicsDevice {
    /// The CPU
    Native,
    /// The best adapter that wgpu finds; the kernel is compiled before the clock starts, which takes up to minutes on a
    /// software one
    Wgpu,
}

#[derive(Serialize)]
struct Report {
    robot: &'static str,
    engine: &'static str,
    device: &'static str,
    /// The adapter of the wgpu device.
    #[serde(skip_serializing_if = "Option::is_none")]
    adapter: Option<String>,
    threads: usize,
    num_worlds: usize,
    steps: usize,
    /// Steps in a call or dispatch.
    substeps: usize,
    dt: f64,
    seconds: f64,
    /// Physics steps of one world, over all worlds.
    steps_per_second: f64,
    contacts_mean: f64,
    solver_iterations: u32,
    control: &'static str,
    resets: u64,
    faults: u64,
    profile: &'static str,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    arguments.engine.require()?;
    if (arguments.engine, arguments.device) == (EngineName::Rapier, PhysicsDevice::Wgpu) {
        return Err(Usage("--engine rapier: rapier steps on the native device alone".to_owned()).into());
    }
    let threads = match arguments.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let options = BenchmarkOptions {
        robot: match arguments.robot {
            RobotName::Quadruped => BenchmarkRobot::Quadruped,
            RobotName::Arm => BenchmarkRobot::Arm,
        },
        control: match arguments.control {
            ControlName::RandomPd => BenchmarkControl::RandomPd,
            ControlName::Hold => BenchmarkControl::Hold,
        },
        num_worlds: arguments.num_worlds,
        steps: arguments.steps,
        threads,
        timestep: arguments.time_step,
        solver_iterations: arguments.solver_iterations,
        seed: arguments.seed,
    };
    let adapter = match arguments.device {
        PhysicsDevice::Native => None,
        PhysicsDevice::Wgpu => adapters().into_iter().next().map(|adapter| adapter.name),
    };
    if let Some(adapter) = adapter.as_ref().filter(|_| !arguments.json) {
        progress::report(&format!("compiling the kernel for {adapter}, then measuring"));
    }
    let measured = match (arguments.device, arguments.engine) {
        (PhysicsDevice::Wgpu, _) => measure_wgpu(&options),
        #[cfg(feature = "rapier")]
        (PhysicsDevice::Native, EngineName::Rapier) => measure_rapier(&options),
        (PhysicsDevice::Native, _) => measure_native(&options),
    };
    let measured = measured.map_err(refused)?;
    let report = report(arguments, threads, adapter, &measured);
    if arguments.json { output::print_json(&report) } else { output::print(&describe(&report)) }
}

fn parse_threads(text: &str) -> Result<usize, String> {
    parse_whole(text, 0, 1024).map(|threads| threads as usize)
}

fn parse_sweeps(text: &str) -> Result<u32, String> {
    parse_whole(text, 1, 1000).map(|sweeps| sweeps as u32)
}

fn report(
    arguments: &Arguments,
    threads: usize,
    adapter: Option<String>,
    measured: &BenchmarkReport,
) -> Report {
    Report {
        robot: match arguments.robot {
            RobotName::Quadruped => "quadruped",
            RobotName::Arm => "arm",
        },
        engine: arguments.engine.name(),
        device: match arguments.device {
            PhysicsDevice::Native => "native",
            PhysicsDevice::Wgpu => "wgpu",
        },
        adapter,
        threads,
        num_worlds: arguments.num_worlds,
        steps: measured.steps,
        substeps: HELD_STEPS,
        dt: arguments.time_step,
        seconds: measured.seconds,
        steps_per_second: measured.steps_per_second,
        contacts_mean: measured.contacts_mean,
        solver_iterations: measured.solver_iterations,
        control: match arguments.control {
            ControlName::RandomPd => "random-pd",
            ControlName::Hold => "hold",
        },
        resets: measured.resets,
        faults: measured.faults,
        profile: if cfg!(debug_assertions) { "dev" } else { "release" },
    }
}

fn describe(report: &Report) -> String {
    let rows = [
        ("robot", format!("{}, {}", report.robot, report.control)),
        ("engine", report.engine.to_owned()),
        (
            "device",
            match &report.adapter {
                Some(adapter) => format!("{}, {adapter}", report.device),
                None => format!("{}, {} thread(s)", report.device, report.threads),
            },
        ),
        ("batch", format!("{} worlds, {} steps of {} s each", report.num_worlds, report.steps, report.dt)),
        (
            "contacts",
            format!("{:.2} a world, {} solver sweeps", report.contacts_mean, report.solver_iterations),
        ),
        ("put back", format!("{} times, {} times for a fault", report.resets, report.faults)),
        ("time", format!("{:.3} s", report.seconds)),
        ("speed", format!("{:.0} thousand physics steps a second", report.steps_per_second / 1e3)),
        ("profile", report.profile.to_owned()),
    ];
    output::table(&rows.map(|(name, value)| vec![name.to_owned(), value]))
}
