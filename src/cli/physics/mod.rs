//! `pentathlon physics`: the physics engine by itself, without an environment.

mod bench;
mod engine;
mod scene;
mod show;
mod sink;
mod targets;

use clap::Subcommand;
use pentathlon::{physics::native::WorldsError, render::RenderError};

use crate::cli::exit::Usage;

#[derive(clap::Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  pentathlon physics show quadruped --drop 0.5 --out drop.gif
  pentathlon physics show robot.urdf --floating-base --out robot.png
  pentathlon physics show wheels.urdf --engine rapier --out wheels.gif
  pentathlon physics bench quadruped --num-worlds 4096 --threads 1 --json"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate a model and draw it, as a picture or an animation
    Show(show::Arguments),
    /// Measure how many physics steps a second the engine makes
    Bench(bench::Arguments),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Show(arguments) => show::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
    }
}

/// Worlds that are not as asked are a mistake of the command line or of a file that it names; a device or threads that
/// are not there are a failure.
fn refused(error: WorldsError) -> anyhow::Error {
    match error {
        WorldsError::Device { .. } | WorldsError::Threads { .. } => error.into(),
        _ => Usage(error.to_string()).into(),
    }
}

/// The same for what is drawn.
fn refused_drawing(error: RenderError) -> anyhow::Error {
    match error {
        RenderError::Scene(_) => Usage(error.to_string()).into(),
        _ => error.into(),
    }
}

/// A whole number from `low` to `high`.
fn parse_whole(text: &str, low: u64, high: u64) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("expected a whole number from {low} to {high}")),
    }
}

fn parse_seed(text: &str) -> Result<u64, String> {
    parse_whole(text, 0, u64::MAX)
}
