//! Trains experiments with several seeds each and draws their learning curves into one picture.
//!
//! ```text
//! cargo run --release -p pentathlon-agents --example learning_curves -- OUT EXPERIMENT... [--seeds N] [--first-seed N] [--set field=value]...
//! ```
//!
//! Every run has its folder `OUT/EXPERIMENT/seed-N`; the picture is `OUT/curves.svg`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use pentathlon_agents::logging::curve::{Curve, Panel, draw};
use pentathlon_agents::{Config, RunFiles, Trainer};
use pentathlon_gym::{BuildOptions, VectorEnv};

struct Arguments {
    out: PathBuf,
    experiments: Vec<String>,
    seeds: u64,
    first_seed: u64,
    overrides: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let mut panels = Vec::new();
    for experiment in &arguments.experiments {
        let mut curves = Vec::new();
        let mut title = String::new();
        for seed in arguments.first_seed..arguments.first_seed + arguments.seeds {
            let mut overrides = arguments.overrides.clone();
            overrides.push(format!("seed={seed}"));
            let config = Config::experiment(experiment, &overrides)?;
            title.clone_from(&config.environment.id);
            let folder = arguments.out.join(experiment).join(format!("seed-{seed}"));
            curves.push(train(config, &folder, seed)?);
        }
        panels.push(Panel::of_success(&title, curves));
    }
    draw(&arguments.out.join("curves.svg"), &panels)?;
    Ok(())
}

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
    pentathlon_envs::registry().make(id, options)
}

fn train(config: Config, folder: &Path, seed: u64) -> Result<Curve, Box<dyn Error>> {
    let id = config.environment.id.clone();
    let mut trainer = Trainer::new(config, &make)?;
    let mut files = RunFiles::open(folder, &trainer)?;
    let mut report = |progress: &pentathlon_agents::Progress| {
        if progress.update.is_multiple_of(20) {
            eprintln!(
                "{id} seed {seed}: {:>9} frames {:>6.1} s {:>7.0} frames/s, success {:.3} return {:.3} length {:.0} \
                 entropy {:.3} divergence {:.4} clipped {:.3} explained {:.3}",
                progress.frames,
                progress.seconds,
                progress.frames_per_second,
                progress.success_rate,
                progress.mean_return,
                progress.mean_length,
                progress.statistics.loss.entropy,
                progress.statistics.loss.divergence,
                progress.statistics.loss.clipped,
                progress.statistics.explained_variance,
            );
        }
    };
    trainer.run(Some(&mut files), &mut report, &AtomicBool::new(false))?;
    let result = trainer.evaluate(&make)?;
    println!(
        "{id} seed {seed}: {} frames in {:.1} s; {} episodes: success {:.4}, return {:.4}, length {:.1}",
        trainer.frames(),
        trainer.seconds(),
        result.episodes,
        result.success_rate,
        result.mean_return,
        result.mean_length,
    );
    Ok(Curve::from_table(&folder.join("progress.csv"))?)
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let out = PathBuf::from(words.next().ok_or("usage: learning_curves OUT EXPERIMENT...")?);
        let mut arguments =
            Self { out, experiments: Vec::new(), seeds: 3, first_seed: 1, overrides: Vec::new() };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--seeds" => arguments.seeds = words.next().ok_or("--seeds needs a number")?.parse()?,
                "--first-seed" => {
                    arguments.first_seed = words.next().ok_or("--first-seed needs a number")?.parse()?
                }
                "--set" => arguments.overrides.push(words.next().ok_or("--set needs field=value")?),
                _ => arguments.experiments.push(word),
            }
        }
        Ok(arguments)
    }
}
