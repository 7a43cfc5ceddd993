//! What comes of a comparison: the outcome of every run, and experiments summed up over their seeds by interquartile
//! means with 95 % bootstrap intervals.

use std::path::Path;

use pentathlon::agents::{
    logging::curve::{self, Curve, Group, Panel, Quantity},
    statistics::{Interval, interquartile_interval},
};
use serde::{Deserialize, Serialize};

use super::super::experiment::{Judgement, Kind, Source};

/// Episodes over which training's returns are averaged.
const WINDOW: usize = 100;

/// One trained agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub experiment: String,
    /// What was trained on.
    pub id: String,
    pub seed: u64,
    /// Environment steps of the whole training.
    pub frames: u64,
    pub seconds: f64,
    /// With actions as the policy draws them.
    pub stochastic: Judgement,
    /// With the best actions.
    pub greedy: Judgement,
    /// Mean over all frames of training of the mean return of the last [`WINDOW`] episodes: the area under the curve,
    /// divided by its length.
    #[serde(default)]
    pub mean_over_training: f64,
    /// Mean return of the last [`WINDOW`] episodes of training.
    #[serde(default)]
    pub last_episodes: f64,
    /// Frames after which the mean return of the last [`WINDOW`] episodes first exceeded the threshold.
    #[serde(default)]
    pub frames_to_threshold: Option<f64>,
}

impl Outcome {
    /// Completes the outcome with what the episodes of the run in `folder` show.
    pub fn with_curve(mut self, folder: &Path, threshold: Option<f64>) -> anyhow::Result<Self> {
        let curve = Curve::of_episodes(&folder.join("episodes.csv"), "return", WINDOW)?;
        self.mean_over_training = curve.mean_to(self.frames as f64);
        self.last_episodes = curve.values.last().copied().unwrap_or(0.0);
        self.frames_to_threshold = threshold.and_then(|threshold| first_above(&curve, threshold));
        Ok(self)
    }
}

/// The frames after which the mean of a full window first exceeded `threshold`.
fn first_above(curve: &Curve, threshold: f64) -> Option<f64> {
    let mut points = curve.frames.iter().zip(&curve.values).skip(WINDOW - 1);
    points.find(|(_, value)| **value > threshold).map(|(frames, _)| *frames)
}

/// An experiment over its seeds. Triples are the interquartile mean, and the lower and upper end of the interval.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub experiment: String,
    pub kind: Kind,
    pub id: String,
    pub seeds: usize,
    pub frames: u64,
    pub frames_per_second: f64,
    pub stochastic_return: [f64; 3],
    pub greedy_return: [f64; 3],
    pub stochastic_success: Option<[f64; 3]>,
    pub greedy_success: Option<[f64; 3]>,
    pub mean_over_training: [f64; 3],
    /// Of the seeds that exceeded the threshold.
    pub frames_to_threshold: Option<[f64; 3]>,
    /// How many those are.
    pub reached_threshold: usize,
    pub runs: Vec<Outcome>,
}

impl Summary {
    /// Sums up the `runs` of `source`, of which there is at least one.
    pub fn new(source: &Source, runs: Vec<Outcome>) -> Self {
        let of = |value: &dyn Fn(&Outcome) -> f64| interval(&runs.iter().map(value).collect::<Vec<_>>());
        let success = |of: fn(&Outcome) -> &Judgement| {
            let rates: Option<Vec<f64>> = runs.iter().map(|run| of(run).success_rate).collect();
            rates.map(|rates| interval(&rates))
        };
        let reached: Vec<f64> = runs.iter().filter_map(|run| run.frames_to_threshold).collect();
        let frames: u64 = runs.iter().map(|run| run.frames).sum();
        let seconds: f64 = runs.iter().map(|run| run.seconds).sum();
        Self {
            experiment: source.name(),
            kind: source.kind(),
            id: runs.first().map_or_else(String::new, |run| run.id.clone()),
            seeds: runs.len(),
            frames: frames / runs.len().max(1) as u64,
            frames_per_second: frames as f64 / seconds.max(1e-9),
            stochastic_return: of(&|run| run.stochastic.mean_return),
            greedy_return: of(&|run| run.greedy.mean_return),
            stochastic_success: success(|run| &run.stochastic),
            greedy_success: success(|run| &run.greedy),
            mean_over_training: of(&|run| run.mean_over_training),
            frames_to_threshold: (!reached.is_empty()).then(|| interval(&reached)),
            reached_threshold: reached.len(),
            runs,
        }
    }
}

fn interval(values: &[f64]) -> [f64; 3] {
    let Interval { mean, low, high } = interquartile_interval(values, 0);
    [mean, low, high]
}

/// The comparison as a table in Markdown.
pub fn markdown(summaries: &[Summary], threshold: Option<f64>) -> String {
    let mut names = vec![
        "experiment".to_owned(),
        "seeds".into(),
        "frames".into(),
        "return, sampled".into(),
        "return, greedy".into(),
        "success, sampled".into(),
        "success, greedy".into(),
        "mean return over training".into(),
    ];
    names.extend(threshold.map(|threshold| format!("frames to {threshold}")));
    names.push("frames/s".into());
    let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = row(names.clone());
    text.push_str(&row(names
        .iter()
        .enumerate()
        .map(|(i, _)| if i == 0 { "---" } else { "---:" }.into())
        .collect()));
    let shown = |[mean, low, high]: [f64; 3]| format!("{mean:.3} [{low:.3}, {high:.3}]");
    let percent = |success: Option<[f64; 3]>| {
        success.map_or_else(String::new, |values| {
            let [mean, low, high] = values.map(|value| value * 100.0);
            format!("{mean:.1} % [{low:.1}, {high:.1}]")
        })
    };
    for summary in summaries {
        let mut cells = vec![
            summary.experiment.clone(),
            summary.seeds.to_string(),
            summary.frames.to_string(),
            shown(summary.stochastic_return),
            shown(summary.greedy_return),
            percent(summary.stochastic_success),
            percent(summary.greedy_success),
            shown(summary.mean_over_training),
        ];
        if threshold.is_some() {
            let reached = format!("{} of {} seeds", summary.reached_threshold, summary.seeds);
            cells.push(match summary.frames_to_threshold {
                Some([mean, low, high]) => format!("{mean:.0} [{low:.0}, {high:.0}], {reached}"),
                None => reached,
            });
        }
        cells.push(format!("{:.0}", summary.frames_per_second));
        text.push_str(&row(cells));
    }
    text + "\nInterquartile means over the seeds with 95 % bootstrap intervals (10,000 resamples).\n"
}

/// Draws the returns of training into `curves.svg` in `out`: one panel for each environment, a line with its interval
/// for each experiment, every run in `out/EXPERIMENT/seed-N`.
pub fn draw_curves(out: &Path, summaries: &[Summary]) -> anyhow::Result<()> {
    let mut panels: Vec<Panel> = Vec::new();
    for summary in summaries {
        let curve = |run: &Outcome| {
            let folder = out.join(&run.experiment).join(format!("seed-{}", run.seed));
            Curve::of_episodes(&folder.join("episodes.csv"), "return", WINDOW)
        };
        let curves = summary.runs.iter().map(curve).collect::<Result<Vec<_>, _>>()?;
        let group = Group { name: summary.experiment.clone(), curves };
        match panels.iter_mut().find(|panel| panel.title == summary.id) {
            Some(panel) => panel.groups.push(group),
            None => panels.push(Panel {
                title: summary.id.clone(),
                quantity: Quantity::Return,
                summary: curve::Summary::Interquartile,
                groups: vec![group],
            }),
        }
    }
    // Before the first episode has ended there is nothing to draw.
    panels.retain(|panel| {
        panel.groups.iter().flat_map(|group| &group.curves).any(|curve| !curve.frames.is_empty())
    });
    if panels.is_empty() {
        return Ok(());
    }
    Ok(curve::draw(&out.join("curves.svg"), &panels)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_passed_by_a_full_window_only() {
        let count = 300;
        let frames: Vec<f64> = (0..count).map(f64::from).collect();
        let values: Vec<f64> = (0..count).map(|i| if (5..=200).contains(&i) { 0.0 } else { 1.0 }).collect();
        let curve = Curve { frames, values };
        assert_eq!(first_above(&curve, 0.5), Some(201.0));
        assert_eq!(first_above(&curve, 1.0), None);
    }
}
