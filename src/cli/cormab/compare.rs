//! `pentathlon cormab compare`: trains SEQUOIA on a number of instances and judges it beside every baseline,
//! as a table, a bar chart or one JSON object.

use std::{
    io::ErrorKind,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::Context;
use pentathlon::{
    agents::cormab::{
        chart::draw_bars,
        comparison::{Method, OnInstance, Row, compare_on, rows},
        oracle::Limits,
        sequoia::{Progress, SequoiaConfig},
    },
    envs::cormab::instance::{Instance, Problem},
};
use serde::{Deserialize, Serialize};

use super::{
    super::{
        exit::{Interrupted, Usage},
        interrupt, output,
    },
    SizeArguments, episode_bar, make_instance, read_config, show_progress,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Every instance has the horizon, the starts and the noise of the published protocol, the same for all methods. Ctrl-C
drops the instance under way and reports those that are finished; with --out the same command goes on with the rest
later. On instances small enough for the optimum (5 or 6 arms) the share of the gap between the myopic policy and the
optimum that SEQUOIA closes is reported.

Examples:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json
  pentathlon cormab compare --problem multi --arms 20 --budget 5 --seeds 10 --out runs/multi
  pentathlon cormab compare --problem scheduling --arms 5 --budget 3 --seeds 3
  pentathlon cormab compare --instance one.json --instance other.json")]
pub struct Arguments {
    /// budget, multi, routing, scheduling or capacity
    #[arg(long, required_unless_present = "instances")]
    problem: Option<Problem>,
    #[command(flatten)]
    sizes: SizeArguments,
    /// JSON file of an instance to compare on, instead of drawn ones; may be repeated
    #[arg(long = "instance", value_name = "FILE", conflicts_with_all = ["problem", "seeds", "arms", "budget", "interventions", "instance_seed"])]
    instances: Vec<PathBuf>,
    /// Number of instances, with consecutive seeds
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    seeds: u64,
    /// Configuration of training (TOML); its problem is replaced
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Field of the configuration, such as training.gamma=0.98; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Episodes of training, instead of the configuration's
    #[arg(long, value_name = "EPISODES")]
    episodes: Option<usize>,
    /// Most nodes of a search when a decision is made
    #[arg(long, default_value_t = 100_000)]
    max_nodes: u64,
    /// Folder that keeps each finished instance, and from which a comparison goes on
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Bar chart to write (SVG)
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    problem: &'a str,
    arms: usize,
    budget: usize,
    seeds: usize,
    methods: &'a [Row],
    instances: &'a [OnInstance],
    /// Over the best learned or myopic baseline of each instance.
    gain_over_best_baseline: Option<f64>,
    gain_over_myopic: Option<f64>,
    gain_over_whittle: Option<f64>,
    share_of_optimum: Option<f64>,
    training_seconds: f64,
}

/// A finished instance as `--out` keeps it, with all that its figures follow from.
#[derive(Serialize, Deserialize)]
struct Finished {
    config: SequoiaConfig,
    /// As JSON: its file may have changed.
    instance: String,
    max_nodes: u64,
    result: OnInstance,
}

impl Finished {
    /// What `path` keeps; a comparison with other settings, or on another instance of the same name, is refused.
    fn find(
        path: &Path,
        config: &SequoiaConfig,
        instance: &Instance,
        max_nodes: u64,
    ) -> anyhow::Result<Option<OnInstance>> {
        let wrong = |reason: String| Usage(format!("{}: {reason}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| wrong(error.to_string()))?,
        };
        let kept: Self = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if kept.config != *config || kept.max_nodes != max_nodes {
            let reason =
                "this instance was compared with other settings; choose another --out, or its settings";
            return Err(wrong(reason.into()).into());
        }
        if kept.instance != instance.to_json() {
            let reason = format!("{} was another instance then; choose another --out", instance.name);
            return Err(wrong(reason).into());
        }
        Ok(Some(kept.result))
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = match &arguments.config {
        Some(path) => read_config(path, &arguments.overrides)?,
        None => SequoiaConfig::read("", "", &arguments.overrides)?,
    };
    config.training.episodes = arguments.episodes.unwrap_or(config.training.episodes);
    config.check().map_err(|error| Usage(error.to_string()))?;
    // What cannot be is refused before the first training.
    let configs = configurations(arguments, &config)?;
    let first = make_instance(&configs[0])?;
    if let Some(path) = &arguments.chart {
        check_chart(path)?;
    }
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }

    let stop = interrupt::listen()?;
    // Episodes of training, of all instances together.
    let episodes = config.training.episodes as u64;
    let bar = episode_bar(arguments.json, episodes.saturating_mul(configs.len() as u64));
    let limits = Limits { nodes: arguments.max_nodes, ..Limits::default() };
    let mut results = Vec::new();
    for (place, config) in configs.iter().enumerate() {
        let instance = make_instance(config)?;
        let path = arguments.out.as_ref().map(|folder| folder.join(file_name(&instance)));
        let kept = path
            .as_ref()
            .map(|path| Finished::find(path, config, &instance, arguments.max_nodes))
            .transpose()?;
        if let Some(result) = kept.flatten() {
            results.push(result);
            continue;
        }
        tracing::info!("{}: warm start", instance.name);
        let compared = compare_on(&instance, config, limits, &mut |progress: Option<&Progress>| {
            show_progress(&bar, place as u64 * episodes, &instance, progress);
            if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some((result, trained)) = compared else { break };
        tracing::info!("{}: {:.1} s, {} searches", instance.name, trained.seconds, trained.searches);
        if let Some(path) = path {
            let (config, max_nodes) = (config.clone(), arguments.max_nodes);
            let finished =
                Finished { config, instance: instance.to_json(), max_nodes, result: result.clone() };
            let text = serde_json::to_string(&finished)?;
            output::write_file(&path, |writer| Ok(writer.write_all(text.as_bytes())?))?;
        }
        results.push(result);
    }
    bar.finish_and_clear();
    report(arguments, &first, &results)?;
    let (finished, all) = (results.len(), configs.len());
    if finished < all {
        let again = if arguments.out.is_some() { "; the same command goes on with the others" } else { "" };
        return Err(Interrupted(format!("{finished} of {all} instances were compared{again}")).into());
    }
    Ok(())
}

/// The file of an instance in the folder of `--out`.
fn file_name(instance: &Instance) -> String {
    format!("{}.json", instance.name.replace(std::path::is_separator, "_"))
}

/// One configuration for each instance; all instances can be made.
fn configurations(arguments: &Arguments, config: &SequoiaConfig) -> anyhow::Result<Vec<SequoiaConfig>> {
    let mut configs = Vec::new();
    let mut first: Option<String> = None;
    for path in &arguments.instances {
        let mut config = config.clone();
        config.problem.instance = Some(path.clone());
        let instance = make_instance(&config)?;
        let kind = kind_of(&instance);
        if *first.get_or_insert_with(|| kind.clone()) != kind {
            let reason = format!("it is of {kind}, the first of {}", first.unwrap_or_default());
            let allowed = "means are taken of instances of one problem and size";
            return Err(Usage(format!("--instance {}: {reason}; {allowed}", path.display())).into());
        }
        configs.push(config);
    }
    if let Some(problem) = arguments.problem {
        let first = arguments.sizes.instance_seed;
        if first.checked_add(arguments.seeds - 1).is_none() {
            let reason = format!("the seeds of {} instances end beyond {}", arguments.seeds, u64::MAX);
            return Err(Usage(format!("--instance-seed {first}: {reason}")).into());
        }
        for offset in 0..arguments.seeds {
            let mut config = config.clone();
            arguments.sizes.apply(problem, &mut config, offset);
            if offset == 0 {
                make_instance(&config)?;
            }
            configs.push(config);
        }
    }
    if configs.is_empty() {
        return Err(Usage(String::from("--problem or --instance is needed")).into());
    }
    Ok(configs)
}

/// Prints what was compared, on `first` and instances of its kind.
fn report(arguments: &Arguments, first: &Instance, results: &[OnInstance]) -> anyhow::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let table = rows(results);
    let title = kind_of(first);
    let report = Report {
        problem: first.problem.name(),
        arms: first.arms,
        budget: first.budget,
        seeds: results.len(),
        methods: &table,
        instances: results,
        gain_over_best_baseline: mean_of(results, OnInstance::gain),
        gain_over_myopic: mean_of(results, |result| result.gain_over(Method::Myopic)),
        gain_over_whittle: mean_of(results, |result| result.gain_over(Method::Whittle)),
        share_of_optimum: mean_of(results, OnInstance::share_of_optimum),
        training_seconds: results.iter().map(|result| result.training_seconds).sum(),
    };
    if arguments.json {
        output::print_json(&report)?;
    } else {
        output::print(&describe(&title, &report))?;
    }
    if let Some(path) = &arguments.chart {
        draw_bars(path, &title, &table)?;
    }
    Ok(())
}

/// The problem and the size of an instance in words.
fn kind_of(instance: &Instance) -> String {
    format!("{}, {} arms, budget {}", instance.problem.name(), instance.arms, instance.budget)
}

/// Refuses a chart that could not be written when all is compared.
fn check_chart(path: &Path) -> anyhow::Result<()> {
    if path.extension().is_none_or(|ending| ending != "svg") {
        let reason = "a chart is an SVG picture: its name ends in .svg";
        return Err(Usage(format!("--chart {}: {reason}", path.display())).into());
    }
    output::check_writable(path)
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
    let mut text = format!("{title}, {} instance(s)\n\n{}\n", report.seeds, output::table(&lines));
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
                "{}: {}trained in {:.1} s; searches: median {:.3} ms, {} nodes, {} of {} not proved\n",
                result.instance,
                result
                    .share_of_optimum()
                    .map_or_else(String::new, |share| format!("share of the gap closed {share:.2}; ")),
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
