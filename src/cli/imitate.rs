//! `pentathlon imitate`: learns a policy from a dataset of demonstrations, and evaluates it.

use std::{path::PathBuf, time::Instant};

use pentathlon::{
    BuildOptions, Observation, ObservationField,
    agents::{
        Evaluation,
        behaviour_cloning::{CloningConfig, CloningLearner, Demonstrations},
        evaluate,
    },
    dataset::Dataset,
};

use super::{arguments::parse_count, eval::describe, exit::Usage, output, policy::build};

/// The observation of cells.
const IMAGE: &str = "image";
/// The observation that is text; the network takes the instruction as numbers.
const TEXT: &str = "mission";

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Behaviour cloning: the policy learns to predict the demonstrator's actions. Episodes that did not succeed
are left out. The evaluation plays fresh levels with sampled actions.

Example:
  pentathlon record BabyAI-GoToLocal-v0 --episodes 10000 --out data/
  pentathlon imitate data/ --json")]
pub struct Arguments {
    /// Folder of the dataset
    dataset: PathBuf,
    /// Times that every step is seen
    #[arg(long, value_parser = parse_count, default_value_t = CloningConfig::default().epochs)]
    epochs: usize,
    /// Use the first so many episodes only
    #[arg(long, value_parser = parse_count)]
    demonstrations: Option<usize>,
    /// Seed of the parameters and of the order of steps
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Levels of the evaluation
    #[arg(long, value_parser = parse_count, default_value_t = 512)]
    episodes: usize,
    /// Seed of the levels of the evaluation
    #[arg(long, default_value_t = 1_000_000_007)]
    evaluation_seed: u64,
    /// Take the most probable action instead of a sampled one
    #[arg(long)]
    greedy: bool,
    /// Print one JSON object at the end
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    id: &'a str,
    demonstrations: usize,
    steps: usize,
    epochs: usize,
    cross_entropy: f32,
    seconds: f64,
    #[serde(flatten)]
    evaluation: Evaluation,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let started = Instant::now();
    let dataset = Dataset::read(&arguments.dataset)?;
    let limit = arguments.demonstrations.unwrap_or(usize::MAX);
    let shown: Vec<_> = dataset.episodes.iter().take(limit).filter(|episode| episode.success).collect();
    let Some(first) = shown.first() else {
        return Err(Usage(format!("{} has no successful episode", arguments.dataset.display())).into());
    };
    let names = first.observations.iter().map(|(name, _)| name.clone()).filter(|name| name != TEXT);
    let options = BuildOptions {
        observations: names.collect(),
        seed: arguments.evaluation_seed,
        ..BuildOptions::default()
    };
    let batch = build(&dataset.id, &options)?;
    let mut demonstrations = Demonstrations::new(&*batch, IMAGE)?;
    for episode in &shown {
        let mut fields = Vec::new();
        for field in &batch.observation().fields {
            if let Some((_, array)) = episode.observations.iter().find(|(name, _)| *name == field.spec.name) {
                fields.push(ObservationField { spec: field.spec.clone(), array: array.clone() });
            }
        }
        demonstrations.push(batch.spec(), &Observation { fields }, &episode.actions)?;
    }
    let config = CloningConfig { epochs: arguments.epochs, seed: arguments.seed, ..CloningConfig::default() };
    let mut learner = CloningLearner::new(&demonstrations.layout, &config)?;
    let mut cross_entropy = f32::NAN;
    for epoch in 1..=config.epochs {
        cross_entropy = learner.epoch(&demonstrations)?;
        if !arguments.json {
            let seconds = started.elapsed().as_secs_f64();
            output::print(&format!("epoch {epoch}: cross-entropy {cross_entropy:.4}, {seconds:.0} s\n"))?;
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    let mut policy = learner.policy(arguments.greedy, arguments.seed);
    let evaluation = evaluate(&mut policy, &build, &dataset.id, &options, arguments.episodes)?;
    let report = Report {
        id: &dataset.id,
        demonstrations: shown.len(),
        steps: demonstrations.len(),
        epochs: config.epochs,
        cross_entropy,
        seconds,
        evaluation,
    };
    if arguments.json {
        return output::print_json(&report);
    }
    let Report { id, demonstrations, steps, .. } = report;
    output::print(&format!(
        "{id}: {demonstrations} demonstrations, {steps} steps, {seconds:.0} s\n{}",
        describe(&evaluation)
    ))
}
