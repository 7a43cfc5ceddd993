//! `pentathlon curve`: the learning curves of several runs in one picture, a panel for each environment.

use std::path::PathBuf;

use pentathlon::agents::logging::curve::{Curve, Panel, Quantity, draw};

use super::{
    exit::Usage,
    experiment::{Experiment, Source},
    output,
};

/// Episodes of a bandit whose mean is a point of its curve.
const EPISODES: usize = 20;

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon curve runs/MiniGrid-DoorKey-8x8-v0/* --out curves.svg
  pentathlon curve runs/*/* --out all.svg")]
pub struct Arguments {
    /// Folders of runs
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Picture to write (SVG)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.out.extension().is_none_or(|ending| ending != "svg") {
        let file = arguments.out.display();
        return Err(
            Usage(format!("--out {file}: curves are written as SVG; name a file that ends in .svg")).into()
        );
    }
    let mut panels: Vec<Panel> = Vec::new();
    for run in &arguments.runs {
        let experiment = Experiment::read(&Source::find(&run.join("config.toml"))?, &[])?;
        let (id, table) = (experiment.id()?, run.join("progress.csv"));
        // Nothing succeeds in a bandit: it earns.
        let (quantity, curve) = match experiment {
            Experiment::Continuous(config) => {
                let (episodes, window) = (run.join("episodes.csv"), config.early_stop.window);
                (Quantity::Return, Curve::of_episodes(&episodes, "return", window)?)
            }
            Experiment::Sequoia(_) => (Quantity::Return, Curve::of_episodes(&table, "return", EPISODES)?),
            _ => (Quantity::Success, Curve::from_table(&table)?),
        };
        match panels.iter_mut().find(|panel| panel.title == id) {
            Some(panel) => panel.groups[0].curves.push(curve),
            None => panels.push(Panel { quantity, ..Panel::of_success(&id, vec![curve]) }),
        }
    }
    draw(&arguments.out, &panels)?;
    output::print(&format!("{} run(s) in {}\n", arguments.runs.len(), arguments.out.display()))
}
