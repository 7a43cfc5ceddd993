//! `pentathlon cormab`: all methods for coupled bandits side by side, and SEQUOIA's training runs.

use std::path::{Path, PathBuf};

use pentathlon::{
    agents::cormab::{
        chart::draw_bars,
        comparison::{Method, OnInstance, Row, compare_on, rows},
        evaluation::{Earned, evaluate},
        oracle::Limits,
        policies::{BestOfNetwork, ExactMyopic, oracle_for},
        sequoia::{Progress, SequoiaConfig, train},
    },
    envs::cormab::{
        feasible::FeasibleSet,
        id,
        instance::{Instance, Problem},
    },
};
use serde::Serialize;

use super::{exit::Usage, output};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json
  pentathlon cormab compare --problem budget --arms 5 --budget 2 --chart bars.svg
  pentathlon cormab instance --problem multi --arms 20 --budget 5 --out multi.json")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Train SEQUOIA on a number of instances and compare it with every baseline
    Compare(CompareArguments),
    /// Write an instance as JSON
    Instance(InstanceArguments),
}

#[derive(clap::Args, Clone, Debug)]
struct ProblemArguments {
    /// budget, multi, routing, scheduling or capacity
    #[arg(long)]
    problem: Problem,
    /// Arms, 1 to 128
    #[arg(long, default_value_t = 20)]
    arms: usize,
    /// Budget
    #[arg(long, default_value_t = 5)]
    budget: usize,
    /// Interventions, of multi only; twice the budget unless told otherwise
    #[arg(long)]
    interventions: Option<usize>,
    /// Seed of the (first) instance
    #[arg(long, default_value_t = 20)]
    instance_seed: u64,
}

impl ProblemArguments {
    /// Sets the problem of `config`, for the instance `offset` seeds on.
    fn apply(&self, config: &mut SequoiaConfig, offset: u64) {
        config.problem.name = self.problem;
        config.problem.arms = self.arms;
        config.problem.budget = self.budget;
        config.problem.interventions = self.interventions.unwrap_or(2 * self.budget);
        config.problem.instance_seed = self.instance_seed.saturating_add(offset);
        config.problem.instance = None;
    }
}

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json")]
struct CompareArguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// Number of instances, with consecutive seeds
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Configuration of training (TOML); its problem is replaced
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Most nodes of a search when a decision is made
    #[arg(long, default_value_t = 100_000)]
    max_nodes: u64,
    /// Bar chart to write (SVG)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  pentathlon cormab instance --problem multi --arms 20 --budget 5 --out multi.json")]
struct InstanceArguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Compare(arguments) => compare(arguments),
        Command::Instance(arguments) => {
            let mut config = SequoiaConfig::default();
            arguments.problem.apply(&mut config, 0);
            let instance = make_instance(&config)?;
            output::write_file(
                &arguments.out,
                |writer| Ok(writer.write_all(instance.to_json().as_bytes())?),
            )?;
            output::print(&format!("{} in {}\n", instance.name, arguments.out.display()))
        }
    }
}

fn make_instance(config: &SequoiaConfig) -> anyhow::Result<Instance> {
    Ok(config.problem.make_instance().map_err(|error| Usage(error.to_string()))?)
}

/// Reads a configuration and checks it.
fn read_config(path: &Path) -> anyhow::Result<SequoiaConfig> {
    let wrong = |reason: String| Usage(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let config: SequoiaConfig = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    config.check().map_err(|error| wrong(error.to_string()))?;
    Ok(config)
}

#[derive(Serialize)]
struct Report<'a> {
    problem: &'a str,
    arms: usize,
    budget: usize,
    seeds: u64,
    methods: &'a [Row],
    instances: &'a [OnInstance],
    /// Over the best learned or myopic baseline of each instance.
    gain_over_best_baseline: Option<f64>,
    gain_over_myopic: Option<f64>,
    gain_over_whittle: Option<f64>,
    share_of_optimum: Option<f64>,
    training_seconds: f64,
}

fn compare(arguments: &CompareArguments) -> anyhow::Result<()> {
    let mut config = match &arguments.config {
        Some(path) => read_config(path)?,
        None => SequoiaConfig::default(),
    };
    if arguments.seeds == 0 {
        return Err(Usage("--seeds 0: at least one instance is needed".into()).into());
    }
    let limits = Limits { nodes: arguments.max_nodes, ..Limits::default() };
    let mut results = Vec::new();
    for offset in 0..arguments.seeds {
        arguments.problem.apply(&mut config, offset);
        let instance = make_instance(&config)?;
        let (result, trained) = compare_on(&instance, &config, limits)?;
        tracing::info!("{}: {:.1} s, {} searches", instance.name, trained.seconds, trained.searches);
        results.push(result);
    }
    let table = rows(&results);
    let problem = arguments.problem.problem.name();
    let title = format!("{problem}, {} arms, budget {}", arguments.problem.arms, arguments.problem.budget);
    if let Some(path) = &arguments.chart {
        draw_bars(path, &title, &table)?;
    }
    let report = Report {
        problem,
        arms: arguments.problem.arms,
        budget: arguments.problem.budget,
        seeds: arguments.seeds,
        methods: &table,
        instances: &results,
        gain_over_best_baseline: mean_of(&results, OnInstance::gain),
        gain_over_myopic: mean_of(&results, |result| result.gain_over(Method::Myopic)),
        gain_over_whittle: mean_of(&results, |result| result.gain_over(Method::Whittle)),
        share_of_optimum: mean_of(&results, OnInstance::share_of_optimum),
        training_seconds: results.iter().map(|result| result.training_seconds).sum(),
    };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&describe(&title, &report))
}

/// The mean over all instances, where every one has the number.
fn mean_of(results: &[OnInstance], number: impl Fn(&OnInstance) -> Option<f64>) -> Option<f64> {
    let numbers: Vec<f64> = results.iter().map(number).collect::<Option<_>>()?;
    Some(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn describe(title: &str, report: &Report<'_>) -> String {
    let mut lines =
        vec![["method", "reward of a step", "95 % interval", "decision"].map(String::from).to_vec()];
    for row in report.methods {
        lines.push(vec![
            row.method.name().to_owned(),
            format!("{:.3}", row.mean),
            format!("{:.3} to {:.3}", row.interval[0], row.interval[1]),
            format!("{:.3} ms", 1e3 * row.seconds_per_decision),
        ]);
    }
    let mut text = format!("{title}, {} instance(s)\n\n{}", report.seeds, output::table(&lines));
    text.push('\n');
    for (over, gain) in [
        ("best learned or myopic baseline of each instance", report.gain_over_best_baseline),
        ("myopic", report.gain_over_myopic),
        ("Whittle index", report.gain_over_whittle),
    ] {
        if let Some(gain) = gain {
            text.push_str(&format!("SEQUOIA over {over}: {:+.1} %\n", 100.0 * gain));
        }
    }
    if let Some(share) = report.share_of_optimum {
        text.push_str(&format!("share of the gap between myopic and optimal closed: {share:.2}\n"));
    }
    for result in report.instances {
        if let Some(search) = &result.search {
            text.push_str(&format!(
                "{}: trained in {:.1} s; searches: median {:.3} ms, {} nodes, {} of {} not proved\n",
                result.instance,
                result.training_seconds,
                1e3 * search.seconds[0],
                search.nodes[0],
                search.unproved,
                search.searches
            ));
        }
    }
    text
}

/// A run of `pentathlon train` with a configuration of SEQUOIA.
pub struct TrainingRun<'a> {
    pub config: &'a Path,
    pub env: Option<&'a str>,
    pub overrides: &'a [String],
    pub seed: Option<u64>,
    pub out: Option<&'a Path>,
    pub json: bool,
}

/// Whether the file at `path` is a configuration of SEQUOIA, and not one of another learner.
pub fn is_sequoia(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let table = text.parse::<toml::Table>().unwrap_or_default();
    table.get("algorithm").and_then(toml::Value::as_str) == Some("sequoia")
}

/// The last line of `train --json`.
#[derive(Serialize)]
struct TrainingReport<'a> {
    id: String,
    instance: &'a str,
    seed: u64,
    folder: &'a Path,
    /// Steps of the environment.
    frames: u64,
    seconds: f64,
    warm_start_error: f64,
    searches: u64,
    unproved: u64,
    /// Mean expected reward of a step of the trained agent.
    #[serde(flatten)]
    earned: Earned,
    /// The same of the best next step.
    myopic: Earned,
}

/// Trains SEQUOIA; leaves configuration, instance, network, progress and evaluation in a folder.
pub fn train_sequoia(run: &TrainingRun<'_>) -> anyhow::Result<()> {
    if let Some(id) = run.env {
        let reason = "the configuration says which instance SEQUOIA learns: its table [problem]";
        return Err(Usage(format!("--env {id}: {reason}")).into());
    }
    if let Some(setting) = run.overrides.first() {
        let reason = "settings of SEQUOIA are changed in its configuration file";
        return Err(Usage(format!("--set {setting}: {reason}")).into());
    }
    let mut config = read_config(run.config)?;
    config.seed = run.seed.unwrap_or(config.seed);
    let instance = make_instance(&config)?;
    let folder = match run.out {
        Some(folder) if folder.join("network.json").exists() => {
            return Err(
                Usage(format!("{} already holds a run; choose another --out", folder.display())).into()
            );
        }
        Some(folder) => folder.to_owned(),
        None => {
            let runs = Path::new("runs").join(id(instance.problem));
            (1..)
                .map(|number: u32| runs.join(number.to_string()))
                .find(|folder| !folder.exists())
                .unwrap_or(runs)
        }
    };
    std::fs::create_dir_all(&folder)?;
    let text = |name: &str, text: &str| {
        output::write_file(&folder.join(name), |writer| Ok(writer.write_all(text.as_bytes())?))
    };
    text("config.toml", &toml::to_string(&config)?)?;
    text("instance.json", &instance.to_json())?;
    let mut progress = String::from("episode,reward,error,check,seconds\n");
    let trained = train(&config, &instance, &mut |state: &Progress| {
        let check = state.check.map_or_else(String::new, |check| check.to_string());
        let Progress { episode, reward, error, seconds, .. } = state;
        progress.push_str(&format!("{episode},{reward},{error},{check},{seconds}\n"));
        if let Some(check) = state.check.filter(|_| !run.json) {
            eprintln!("episode {episode}: {check:.3} a step, value error {error:.3}, {seconds:.0} s");
        }
    })?;
    text("progress.csv", &progress)?;
    text("network.json", &serde_json::to_string(&trained.network)?)?;
    let set = FeasibleSet::new(&instance);
    let limits = Limits { nodes: 100_000, ..Limits::default() };
    let mut agent = BestOfNetwork::new(trained.network.clone(), oracle_for(&set, limits));
    let report = TrainingReport {
        id: id(instance.problem),
        instance: &instance.name,
        seed: config.seed,
        folder: &folder,
        frames: config.training.episodes as u64 * u64::from(instance.horizon),
        seconds: trained.seconds,
        warm_start_error: trained.warm_error,
        searches: trained.searches,
        unproved: trained.unproved,
        earned: evaluate(&instance, &config.evaluation, &mut agent)?,
        myopic: evaluate(&instance, &config.evaluation, &mut ExactMyopic::new(&instance, limits))?,
    };
    text("evaluation.json", &serde_json::to_string(&report)?)?;
    if run.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: trained in {:.1} s\nreward of a step: {:.3} +- {:.3}; myopic: {:.3} +- {:.3}\nrun in {}\n",
        report.instance,
        report.seconds,
        report.earned.mean,
        report.earned.standard_error,
        report.myopic.mean,
        report.myopic.standard_error,
        folder.display()
    ))
}
