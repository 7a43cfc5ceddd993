//! `pentathlon cormab compare`: trains SEQUOIA on a number of instances and judges it beside every baseline,
//! as a table, a bar chart or one JSON object.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::agents::cormab::{
    chart::draw_bars,
    comparison::{Method, OnInstance, Row, compare_on, rows},
    oracle::Limits,
    sequoia::{Progress, SequoiaConfig},
};
use serde::Serialize;

use super::{
    super::{
        exit::{Interrupted, Usage},
        output,
        train::listen_for_interrupts,
    },
    ProblemArguments, make_instance, read_config,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Every instance has the horizon, the starts and the noise of the published protocol, the same for all methods. Ctrl-C
drops the instance under way and reports those that are finished.

Example:
  pentathlon cormab compare --problem routing --arms 20 --budget 5 --seeds 10 --json")]
pub struct Arguments {
    #[command(flatten)]
    problem: ProblemArguments,
    /// Number of instances, with consecutive seeds
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// Configuration of training (TOML); its problem is replaced
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Episodes of training, instead of the configuration's
    #[arg(long, value_name = "EPISODES")]
    episodes: Option<usize>,
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

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut config = match &arguments.config {
        Some(path) => read_config(path)?,
        None => SequoiaConfig::default(),
    };
    config.training.episodes = arguments.episodes.unwrap_or(config.training.episodes);
    config.check().map_err(|error| Usage(error.to_string()))?;
    // Sizes that cannot be are refused before the first training.
    arguments.problem.apply(&mut config, 0);
    make_instance(&config)?;

    let stop = Arc::new(AtomicBool::new(false));
    listen_for_interrupts(stop.clone(), Arc::new(AtomicBool::new(true)))?;
    let bar = progress_bar(arguments, &config);
    let limits = Limits { nodes: arguments.max_nodes, ..Limits::default() };
    let mut results = Vec::new();
    for offset in 0..arguments.seeds {
        arguments.problem.apply(&mut config, offset);
        let instance = make_instance(&config)?;
        let before = offset * config.training.episodes as u64;
        let compared = compare_on(&instance, &config, limits, &mut |progress: &Progress| {
            bar.set_position(before + progress.episode as u64);
            bar.set_message(format!("{}: {:.2} a step", instance.name, progress.reward));
            if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some((result, trained)) = compared else { break };
        tracing::info!("{}: {:.1} s, {} searches", instance.name, trained.seconds, trained.searches);
        results.push(result);
    }
    bar.finish_and_clear();
    report(arguments, &results)?;
    let finished = results.len();
    if (finished as u64) < arguments.seeds {
        let all = arguments.seeds;
        return Err(Interrupted(format!("{finished} of {all} instances were compared")).into());
    }
    Ok(())
}

/// Counts episodes of training, of all instances together.
fn progress_bar(arguments: &Arguments, config: &SequoiaConfig) -> ProgressBar {
    if arguments.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {pos}/{len} {msg} (eta {eta})");
    let episodes = arguments.seeds.saturating_mul(config.training.episodes as u64);
    ProgressBar::new(episodes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn report(arguments: &Arguments, results: &[OnInstance]) -> anyhow::Result<()> {
    if results.is_empty() {
        return Ok(());
    }
    let table = rows(results);
    let (problem, arms, budget) =
        (arguments.problem.problem.name(), arguments.problem.arms, arguments.problem.budget);
    let title = format!("{problem}, {arms} arms, budget {budget}");
    if let Some(path) = &arguments.chart {
        draw_bars(path, &title, &table)?;
    }
    let report = Report {
        problem,
        arms,
        budget,
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
