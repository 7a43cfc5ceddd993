//! The study of the subgoal teacher ("Words as Beacons", arXiv 2410.08632): frames until 0.9 of the training episodes
//! succeed, with the teacher and without.

use super::training::{Learned, at_common_frames, recent_success, train_to_success};
use super::{FinishedRuns, Report, Row, Watch};
use crate::config::EXPERIMENTS;
use crate::logging::lines::{Chart, Line};
use crate::statistics::mean;
use crate::{Config, Error, MakeBatch, Trainer};

/// Success rate that is learned to.
const GOAL: f64 = 0.9;
/// What is compared.
const METHODS: [&str; 2] = ["with teacher", "without"];

/// How the study is run.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherSettings {
    /// Seeds.
    pub seeds: u64,
    /// Names of the experiments with a teacher, which are in [`EXPERIMENTS`].
    pub experiments: Vec<&'static str>,
    /// Most frames of a run, where the experiment says more.
    pub most_frames: u64,
}

impl Default for TeacherSettings {
    fn default() -> Self {
        Self {
            seeds: 3,
            experiments: vec!["teacher_doorkey_8x8", "teacher_keycorridor_s3r3"],
            most_frames: u64::MAX,
        }
    }
}

/// `config` without its teacher.
fn untaught(config: &Config) -> Config {
    let mut config = config.clone();
    config.environment.options.retain(|name, _| !name.starts_with("teacher"));
    config.network.parts.retain(|name, _| !name.starts_with("subgoal_"));
    config
}

/// Trains with and without the teacher, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// An experiment that there is not, and those of training.
pub fn subgoal_teacher_study(
    settings: &TeacherSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let runs = (settings.experiments.len() * settings.seeds as usize * 2) as f64;
    let mut done = 0.0;
    let (mut rows, mut findings, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut passed = true;
    for name in &settings.experiments {
        debug_assert!(EXPERIMENTS.iter().any(|(known, _)| known == name));
        let mut methods: [Vec<Learned>; 2] = [Vec::new(), Vec::new()];
        let mut id = String::new();
        for seed in 1..=settings.seeds {
            let mut taught = Config::experiment(name, &[format!("seed={seed}")])?;
            taught.frames = taught.frames.min(settings.most_frames);
            id.clone_from(&taught.environment.id);
            let plain = untaught(&taught);
            for ((method_name, method), config) in METHODS.into_iter().zip(&mut methods).zip([taught, plain])
            {
                let told = &mut |part: f64, message: &str| {
                    watch((done + part) / runs, &format!("{id}, seed {seed}: {message}"))
                };
                let measure = &mut |trainer: &Trainer, progress: &_| Ok(recent_success(trainer, progress));
                let run = format!("subgoal-teacher, {id}, seed {seed}, {method_name}");
                let learned = finished.find_or(&run, &config.to_toml(), || {
                    train_to_success(&mut Trainer::new(config, make)?, GOAL, measure, told)
                })?;
                let Some(learned) = learned else { return Ok(None) };
                method.push(learned);
                done += 1.0;
            }
        }
        let end = methods.iter().flatten().map(|run| run.frames).max().unwrap_or(1) as f64;
        let frames = |runs: &[Learned]| runs.iter().map(|run| run.frames as f64).collect::<Vec<f64>>();
        for (method, runs) in METHODS.into_iter().zip(&methods) {
            rows.push(Row::new(method, format!("{id}: frames to success {GOAL}"), frames(runs)));
            let reached = runs.iter().map(|run| f64::from(u8::from(run.reached))).collect();
            rows.push(Row::new(method, format!("{id}: share of seeds that reached it"), reached));
            lines.push(Line::over_seeds(format!("{id}, {method}"), at_common_frames(runs, end, 100)));
        }
        let ratio = mean(&frames(&methods[1])) / mean(&frames(&methods[0]));
        let bound = if methods[1].iter().all(|run| run.reached) { "" } else { "more than " };
        findings.push(format!("{id}: {bound}{ratio:.1} times fewer frames with the teacher"));
        passed &= ratio >= 3.0 && methods[0].iter().all(|run| run.reached);
    }
    Ok(Some(Report {
        study: "subgoal-teacher".into(),
        seeds: settings.seeds as usize,
        rows,
        claim: format!(
            "PPO reaches a success rate of {GOAL} with at least 3 times fewer frames when a teacher shows subgoals"
        ),
        finding: findings.join("; "),
        passed: Some(passed),
        chart: Some(Chart {
            title: "Success with and without a teacher".into(),
            x: "frames".into(),
            y: "success rate of the last episodes".into(),
            lines,
        }),
    }))
}
