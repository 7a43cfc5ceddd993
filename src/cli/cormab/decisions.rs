//! `pentathlon cormab decisions`: how long the exact best action takes to find, as a distribution, with networks
//! of random weights and with trained ones.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
    time::Duration,
};

use pentathlon::{
    agents::cormab::{
        decisions::{DecisionTimes, decide_at_random, decide_with},
        network::ReluNetwork,
        oracle::Limits,
        sequoia::{Progress, SequoiaConfig, train},
    },
    envs::cormab::instance::{Instance, Problem},
};
use serde::Serialize;

use super::{
    super::{
        exit::{Interrupted, Usage},
        interrupt, output,
    },
    SizeArguments, episode_bar, make_instance, read_config, show_progress,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
States are those that the agent meets in episodes of the evaluation's protocol; each decision runs on one thread.
A search that is not over in --seconds answers with the best action so far and a bound: its gap is reported.

Examples:
  pentathlon cormab decisions --problem budget --arms 40 --budget 10 --json
  pentathlon cormab decisions --problem scheduling --arms 100 --budget 20 --episodes 20 --decisions 40
  pentathlon cormab decisions --checkpoint runs/coRMAB-Routing-v0/1")]
pub struct Arguments {
    /// budget, multi, routing, scheduling or capacity
    #[arg(long, required_unless_present = "checkpoint")]
    problem: Option<Problem>,
    #[command(flatten)]
    sizes: SizeArguments,
    /// Folder of a training run whose network decides on its instance, instead of training here
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["problem", "config", "episodes", "arms", "budget", "interventions", "instance_seed"])]
    checkpoint: Option<PathBuf>,
    /// Configuration of training (TOML); its problem is replaced
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Field of the configuration, such as hidden=[16,32]; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "checkpoint")]
    overrides: Vec<String>,
    /// Episodes of training, instead of the configuration's; with 0 only the warm start is trained
    #[arg(long, value_name = "EPISODES")]
    episodes: Option<usize>,
    /// Decisions with each kind of weights, at least
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    decisions: u32,
    /// Longest time of a decision in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// One kind of weights.
#[derive(Serialize)]
struct Row {
    weights: &'static str,
    #[serde(flatten)]
    times: DecisionTimes,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    problem: &'a str,
    instance: &'a str,
    arms: usize,
    budget: usize,
    hidden: Vec<usize>,
    /// Longest time of a decision.
    seconds: f64,
    /// Of training, where there was one.
    training_seconds: Option<f64>,
    rows: Vec<Row>,
    profile: &'static str,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let time = Duration::try_from_secs_f64(arguments.seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| Usage(format!("--seconds {}: allowed: numbers above 0", arguments.seconds)))?;
    let limits = Limits { time, ..Limits::default() };
    let (instance, networks, training_seconds) = match &arguments.checkpoint {
        Some(folder) => {
            let (instance, network) = load(folder)?;
            (instance, vec![("trained", network)], None)
        }
        None => train_here(arguments)?,
    };
    let Some((_, last)) = networks.last() else { anyhow::bail!("there is no network to decide with") };
    let layers = last.layers();
    let hidden: Vec<usize> = layers[..layers.len() - 1].iter().map(|layer| layer.outputs).collect();
    let count = arguments.decisions as usize;
    let mut answers = vec![("random", decide_at_random(&instance, &hidden, limits, count, 1)?)];
    for (weights, network) in &networks {
        answers.push((weights, decide_with(&instance, network, limits, count)?));
    }
    let rows = answers
        .iter()
        .filter_map(|(weights, answers)| Some(Row { weights, times: DecisionTimes::of(answers)? }));
    let report = Report {
        problem: instance.problem.name(),
        instance: &instance.name,
        arms: instance.arms,
        budget: instance.budget,
        hidden,
        seconds: arguments.seconds,
        training_seconds,
        rows: rows.collect(),
        profile: if cfg!(debug_assertions) { "dev" } else { "release" },
    };
    if arguments.json { output::print_json(&report) } else { output::print(&describe(&report)) }
}

/// An instance, networks by the weights they have, and the seconds of training.
type Trained = (Instance, Vec<(&'static str, ReluNetwork)>, Option<f64>);

/// Trains on the instance that was asked for: the network of the one-step reward, and what comes of it.
fn train_here(arguments: &Arguments) -> anyhow::Result<Trained> {
    let mut config = match &arguments.config {
        Some(path) => read_config(path, &arguments.overrides)?,
        None => SequoiaConfig::read("", "", &arguments.overrides)?,
    };
    config.training.episodes = arguments.episodes.unwrap_or(config.training.episodes);
    config.check().map_err(|error| Usage(error.to_string()))?;
    let problem =
        arguments.problem.ok_or_else(|| Usage(String::from("--problem or --checkpoint is needed")))?;
    arguments.sizes.apply(problem, &mut config, 0);
    let instance = make_instance(&config)?;
    let stop = interrupt::listen()?;
    let bar = episode_bar(arguments.json, config.training.episodes as u64);
    tracing::info!("{}: warm start", instance.name);
    let trained = train(&config, &instance, &mut |progress: Option<&Progress>| {
        show_progress(&bar, 0, &instance, progress);
        if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    bar.finish_and_clear();
    let trained = trained.filter(|trained| trained.episodes >= config.training.episodes);
    let Some(trained) = trained else {
        return Err(Interrupted(String::from("nothing was measured; training was not over")).into());
    };
    stop.all_is_saved()?;
    let mut networks = vec![("one-step reward", trained.warm_network)];
    if trained.episodes > 0 {
        networks.push(("trained", trained.network));
    }
    Ok((instance, networks, Some(trained.seconds)))
}

/// The instance and the network of a training run's folder.
fn load(folder: &Path) -> anyhow::Result<(Instance, ReluNetwork)> {
    let wrong = |path: &Path, reason: String| Usage(format!("{}: {reason}", path.display()));
    let instance_path = folder.join("instance.json");
    let instance =
        Instance::load(&instance_path).map_err(|error| wrong(&instance_path, error.to_string()))?;
    let path = folder.join("network.json");
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(&path, error.to_string()))?;
    let network: ReluNetwork =
        serde_json::from_str(&text).map_err(|error| wrong(&path, error.to_string()))?;
    // What was read may be anything of the right form.
    let network = ReluNetwork::new(network.components(), network.layers().to_vec())
        .map_err(|error| wrong(&path, error.to_string()))?;
    if (network.components(), network.arms()) != (instance.components, instance.arms) {
        let reason = format!(
            "the network is for {} components and {} arms, the instance has {} and {}",
            network.components(),
            network.arms(),
            instance.components,
            instance.arms
        );
        return Err(wrong(&path, reason).into());
    }
    Ok((instance, network))
}

fn describe(report: &Report<'_>) -> String {
    let header =
        ["weights", "median", "90 %", "99 %", "longest", "nodes", "proved", "gap, median", "largest"];
    let mut lines = vec![header.map(String::from).to_vec()];
    let milliseconds = |seconds: f64| format!("{:.3} ms", 1e3 * seconds);
    let percent =
        |gap: Option<f64>| gap.map_or_else(|| String::from("-"), |gap| format!("{:.1} %", 100.0 * gap));
    for Row { weights, times } in &report.rows {
        lines.push(vec![
            (*weights).to_owned(),
            milliseconds(times.median_seconds),
            milliseconds(times.seconds_90),
            milliseconds(times.seconds_99),
            milliseconds(times.most_seconds),
            times.median_nodes.to_string(),
            format!("{:.1} %", 100.0 * times.proved),
            percent(times.median_gap),
            percent(times.largest_gap),
        ]);
    }
    let decisions = report.rows.iter().map(|row| row.times.decisions).max().unwrap_or_default();
    let mut text = format!(
        "{}, hidden layers {:?}: {decisions} decisions, at most {} s each, {} profile\n\n{}\n",
        report.instance,
        report.hidden,
        report.seconds,
        report.profile,
        output::table(&lines)
    );
    if let Some(seconds) = report.training_seconds {
        text.push_str(&format!("trained in {seconds:.1} s\n"));
    }
    text
}
