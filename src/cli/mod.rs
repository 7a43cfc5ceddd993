//! The command line: one file a command, and what they share.

mod animation;
mod arguments;
mod bench;
mod compare;
mod cormab;
mod curve;
mod doctor;
mod eval;
mod evaluation;
mod exit;
mod experiment;
mod hierarchy;
mod imitate;
mod info;
mod interrupt;
mod list;
mod output;
mod physics;
mod play;
mod policy;
mod progress;
mod record;
mod render;
mod rollout;
mod run_folder;
mod study;
mod train;
mod train_continuous;
mod train_team;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Batched reinforcement-learning environments and the agents that compete in them.
#[derive(Debug, Parser)]
#[command(name = "pentathlon", version, about, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    failed: a file, a device, a damaged checkpoint; what existed before is untouched
  2    usage: unknown or impossible arguments, ids, options, observations, configuration fields
  130  stopped by Ctrl-C, after saving

PENTATHLON_LOG=debug shows what happens inside (levels: error, warn, info, debug, trace).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Train an agent: PPO on MiniGrid-DoorKey-8x8-v0 unless told otherwise
    Train(train::Arguments),
    /// Train a team with QMIX, value decomposition, independent Q-learning or COMA, or one agent with deep Q-learning
    TrainTeam(train_team::Arguments),
    /// Train experiments side by side with several seeds and compare their results
    Compare(compare::Arguments),
    /// Run a small experiment whose claim is checked over several seeds
    Study(study::Arguments),
    /// Evaluate a trained policy on levels of its own
    Eval(eval::Arguments),
    /// Draw the learning curves of one or more runs
    Curve(curve::Arguments),
    /// List the registered environments
    List(list::Arguments),
    /// Show everything about an environment: spaces, actions, rewards, options
    Info(info::Arguments),
    /// Step environments and write a trace of all that happens
    Rollout(rollout::Arguments),
    /// Play episodes and write them as a dataset of demonstrations
    Record(record::Arguments),
    /// Learn a policy from a dataset of demonstrations
    Imitate(imitate::Arguments),
    /// Draw an environment as picture, animation or text
    Render(render::Arguments),
    /// Play Crafter in the terminal
    Play(play::Arguments),
    /// Measure how fast a batch steps
    Bench(bench::Arguments),
    /// Coupled bandits: compare SEQUOIA with every baseline, write instances
    Cormab(cormab::Arguments),
    /// Simulate, draw and measure physics without an environment
    Physics(physics::Arguments),
    /// Check this machine: cores, GPUs, and whether devices agree
    Doctor(doctor::Arguments),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version go to standard output and are no failure; a closed pipe is none either.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("PENTATHLON_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();

    let result = match arguments.command {
        Command::Train(arguments) => train::run(arguments),
        Command::TrainTeam(arguments) => train_team::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Study(arguments) => study::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Curve(arguments) => curve::run(&arguments),
        Command::List(arguments) => list::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Rollout(arguments) => rollout::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        Command::Imitate(arguments) => imitate::run(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Play(arguments) => play::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Cormab(arguments) => cormab::run(&arguments),
        Command::Physics(arguments) => physics::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        for command in super::Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("pentathlon "), "{} has no example", command.get_name());
        }
    }
}
