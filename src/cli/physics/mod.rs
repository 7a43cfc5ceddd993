//! `pentathlon physics`: the physics engine by itself, without an environment.

mod bench;
mod scene;
mod show;

use clap::Subcommand;

#[derive(clap::Args, Debug)]
#[command(
    arg_required_else_help = true,
    after_help = "\
Examples:
  pentathlon physics show quadruped --drop 0.5 --out drop.gif
  pentathlon physics show robot.urdf --floating-base --out robot.png
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
