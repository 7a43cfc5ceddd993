//! The command `pentathlon`: trains agents, and lists, steps, measures and draws environments.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
