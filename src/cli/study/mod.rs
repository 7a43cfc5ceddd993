//! `pentathlon study`: small experiments that show what a method is for, each with a claim that is checked over
//! several seeds.

use std::{ops::ControlFlow, path::PathBuf, sync::atomic::Ordering};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::agents::{
    self,
    option_critic::{FourRoomsSettings, four_rooms_study},
    study::{Report, Watch},
    subpo::{CoverageSettings, coverage_study},
};

use super::{exit::Interrupted, interrupt, output, policy::build};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Every study ends with a table (means over seeds with 95 % bootstrap intervals) and says whether its claim holds.

Examples:
  pentathlon study option-critic
  pentathlon study option-critic --seeds 5 --json --out studies/")]
pub struct Arguments {
    #[command(subcommand)]
    study: Study,
}

/// What all studies take.
#[derive(clap::Args, Debug)]
struct Common {
    /// Number of seeds; the study's own number unless given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Folder for NAME.json and the chart NAME.svg
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Study {
    /// Options that learn when to end, against a flat actor-critic, in four rooms whose goal moves
    OptionCritic(Common),
    /// A policy gradient on submodular rewards, against the greedy walk, covering a grid
    Subpo(Common),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.study {
        Study::OptionCritic(common) => report(common, |watch| {
            let mut settings = FourRoomsSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, |seeds| seeds as usize);
            four_rooms_study(&settings, &build, watch)
        }),
        Study::Subpo(common) => report(common, |watch| {
            let mut settings = CoverageSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            coverage_study(&settings, &build, watch)
        }),
    }
}

/// Runs a study under a progress bar and reports it.
fn report(
    common: &Common,
    study: impl FnOnce(Watch<'_>) -> Result<Option<Report>, agents::Error>,
) -> anyhow::Result<()> {
    if let Some(folder) = &common.out {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    let stop = interrupt::listen()?;
    let bar = if common.json { ProgressBar::hidden() } else { ProgressBar::new(1000) };
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {percent} % {msg} (eta {eta})");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let found = study(&mut |done, message| {
        bar.set_position((1000.0 * done) as u64);
        bar.set_message(message.to_owned());
        if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    let Some(found) = found? else {
        return Err(Interrupted("the study is not finished, and there is nothing to report".into()).into());
    };
    if let Some(folder) = &common.out {
        output::write_file(&folder.join(format!("{}.json", found.study)), |writer| {
            Ok(serde_json::to_writer_pretty(writer, &found)?)
        })?;
        if let Some(chart) = &found.chart {
            chart.draw(&folder.join(format!("{}.svg", found.study)))?;
        }
    }
    if common.json { output::print_json(&found) } else { output::print(&describe(&found)) }
}

fn describe(report: &Report) -> String {
    let mut lines = vec![["method", "quantity", "mean", "95 % interval"].map(String::from).to_vec()];
    for row in &report.rows {
        let [low, high] = row.interval;
        lines.push(vec![
            row.method.clone(),
            row.quantity.clone(),
            number(row.mean),
            format!("{} to {}", number(low), number(high)),
        ]);
    }
    format!(
        "{}, {} seed(s)\n\n{}\nclaim: {}\nfound: {}\n{}\n",
        report.study,
        report.seeds,
        output::table(&lines),
        report.claim,
        report.finding,
        if report.passed { "passed" } else { "failed" }
    )
}

/// A number with about four digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use pentathlon::agents::study::Row;

    use super::*;

    #[test]
    fn a_report_says_what_was_claimed_and_found() {
        let report = Report {
            study: "coin".into(),
            seeds: 2,
            rows: vec![Row::new("toss", "heads", vec![0.0, 1.0])],
            claim: "it is fair".into(),
            finding: "half of them".into(),
            passed: true,
            chart: None,
        };
        let text = describe(&report);
        for part in ["coin, 2 seed(s)", "toss    heads     0.500  0.000 to 1.000", "claim: it is fair", "passed"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
