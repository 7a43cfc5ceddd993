//! Studies of GMAH (Xu et al., 2024, arXiv 2408.11416): what hierarchies of subgoals, hindsight and the noticing of change
//! are worth. The published figures cannot be had again, their environments not being
//! published; the claims are orders between methods that are trained alike.

use super::{FinishedRuns, Report, Row, Watch, in_words, judged};
use crate::gmah::{GmahConfig, GmahProgress, GmahTrainer, Stage};
use crate::logging::lines::{Chart, Line};
use crate::logging::table::TrainingEpisode;
use crate::statistics::mean;
use crate::{Config, Error, MakeBatch, Trainer};

/// Episodes that the least return is looked for in.
const BATCH: usize = 256;

/// What pursuits of the low level have to return, over so many rollouts: more than half of them succeed.
const PURSUIT_RETURN: f64 = 0.5;
const ROLLOUTS: usize = 4;

/// How the studies are run.
#[derive(Clone, Debug, PartialEq)]
pub struct HierarchySettings {
    /// Seeds.
    pub seeds: u64,
    /// Changes to the configurations of hierarchies, each `table.field=value`.
    pub changes: Vec<String>,
    /// Most frames of flat agents.
    pub flat_frames: u64,
    /// Whether a team's flat rivals are also trained for as many frames as all stages of the hierarchy together, its low
    /// level's included.
    pub count_low_level: bool,
}

impl Default for HierarchySettings {
    fn default() -> Self {
        Self { seeds: 5, changes: Vec::new(), flat_frames: u64::MAX, count_low_level: false }
    }
}

/// An episode of a hierarchy's training: the stage, and how many of its frames had been played.
pub(super) type StagedEpisode = (Stage, u64, TrainingEpisode);

/// Trains the hierarchy of `config` to the end; `None` when `watch` ended it.
pub(super) fn train_hierarchy(
    config: GmahConfig,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<StagedEpisode>>, Error> {
    train_hierarchy_and_look(config, make, watch, &mut |_| {})
}

/// [`train_hierarchy`] with every update shown to `look`.
fn train_hierarchy_and_look(
    config: GmahConfig,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
    look: &mut dyn FnMut(&GmahProgress),
) -> Result<Option<Vec<StagedEpisode>>, Error> {
    train_through(&mut GmahTrainer::new(config, make)?, Stage::Mixing, watch, look)
}

/// Trains until `stage` is over; the episodes that ended meanwhile, or `None` when `watch` ended it.
pub(super) fn train_through(
    trainer: &mut GmahTrainer,
    stage: Stage,
    watch: Watch<'_>,
    look: &mut dyn FnMut(&GmahProgress),
) -> Result<Option<Vec<StagedEpisode>>, Error> {
    let mut episodes = Vec::new();
    while trainer.stage() <= stage {
        let progress = trainer.train_update()?;
        look(&progress);
        // Frames before this stage, to count its own.
        let before = progress.frames.saturating_sub(progress.stage_frames);
        let ended = trainer.take_episodes().into_iter();
        episodes.extend(ended.map(|episode| (progress.stage, episode.frames - before, episode)));
        let message = format!("{}: {:.2} M frames", progress.stage.name(), progress.frames as f64 / 1e6);
        if watch(progress.frames as f64 / trainer.total_frames() as f64, &message).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(episodes))
}

/// Trains the flat agent of `config` to the end; `None` when `watch` ended it.
pub(super) fn train_flat(
    config: Config,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<TrainingEpisode>>, Error> {
    let updates = config.updates();
    let mut trainer = Trainer::new(config, make)?;
    let mut episodes = Vec::new();
    for update in 1..=updates {
        let progress = trainer.train_update()?;
        episodes.extend_from_slice(trainer.episodes());
        let message = format!("flat: {:.2} M frames", progress.frames as f64 / 1e6);
        if watch(update as f64 / updates as f64, &message).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(episodes))
}

/// Mean return of the episodes that ended after one of these frames and up to the other.
pub(super) fn mean_return<'a>(
    episodes: impl Iterator<Item = (u64, &'a TrainingEpisode)>,
    frames: std::ops::Range<u64>,
) -> f64 {
    let within = episodes.filter(|(at, _)| frames.contains(&at.saturating_sub(1)));
    mean(&within.map(|(_, episode)| f64::from(episode.record.episode_return)).collect::<Vec<f64>>())
}

/// The smallest return of each `BATCH` consecutive episodes of the second stage from `from` on: their mean.
pub(super) fn least_return(episodes: &[StagedEpisode], from: u64) -> f64 {
    let returns: Vec<f64> = episodes
        .iter()
        .filter(|(stage, at, _)| *stage == Stage::High && *at > from)
        .map(|(_, _, episode)| f64::from(episode.record.episode_return))
        .collect();
    let batches = returns.chunks_exact(BATCH);
    let least = batches.map(|batch| batch.iter().copied().fold(f64::INFINITY, f64::min));
    mean(&least.collect::<Vec<f64>>())
}

pub(super) fn high(episodes: &[StagedEpisode]) -> impl Iterator<Item = (u64, &TrainingEpisode)> {
    let own = episodes.iter().filter(|(stage, ..)| *stage == Stage::High);
    own.map(|(_, at, episode)| (*at, episode))
}

pub(super) fn flat(episodes: &[TrainingEpisode]) -> impl Iterator<Item = (u64, &TrainingEpisode)> {
    episodes.iter().map(|episode| (episode.frames, episode))
}

/// Frames of the first stage until the last `BATCH` episodes returned `threshold` on average; all of them when they
/// never did.
fn frames_to(episodes: &[StagedEpisode], threshold: f64, all: u64) -> f64 {
    let mut window = std::collections::VecDeque::new();
    let mut sum = 0.0;
    for (_, at, episode) in episodes.iter().filter(|(stage, ..)| *stage == Stage::Low) {
        let value = f64::from(episode.record.episode_return);
        window.push_back(value);
        sum += value;
        if window.len() > BATCH {
            sum -= window.pop_front().unwrap_or(0.0);
        }
        if window.len() == BATCH && sum / BATCH as f64 >= threshold {
            return *at as f64;
        }
    }
    all as f64
}

/// What hindsight saves the low level on Trash-Grid: frames until random open subgoals bring the team a return that the
/// low level without hindsight reaches at the end, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn relabelling_study(
    settings: &HierarchySettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let mut runs: [Vec<Vec<StagedEpisode>>; 2] = Default::default();
    let mut paid: [Vec<f64>; 2] = Default::default();
    let (total, mut done) = (settings.seeds as f64 * 2.0, 0.0);
    let mut frames = 0;
    for seed in 1..=settings.seeds {
        for (index, relabel) in [true, false].into_iter().enumerate() {
            let mut changes = vec!["low.frames=500_000".to_owned()];
            changes.extend(settings.changes.iter().cloned());
            changes.extend([
                format!("seed={seed}"),
                format!("low.relabel={relabel}"),
                String::from("hierarchy.adaptive=false"),
                String::from("high.frames=0"),
                String::from("mixing.frames=0"),
            ]);
            let config = GmahConfig::experiment("gmah_trash_grid", &changes)?;
            frames = config.low.frames;
            let told = &mut |part: f64, message: &str| {
                watch((done + part) / total, &format!("seed {seed}, {message}"))
            };
            let (name, alike) = (format!("relabelling {relabel}, seed {seed}"), format!("{config:?}"));
            let run = || {
                let (mut returns, mut reached) = (Vec::new(), None);
                let look = &mut |progress: &GmahProgress| {
                    returns.extend(progress.pursuit_return);
                    let last = &returns[returns.len().saturating_sub(ROLLOUTS)..];
                    if reached.is_none() && last.len() == ROLLOUTS && mean(last) >= PURSUIT_RETURN {
                        reached = Some(progress.stage_frames);
                    }
                };
                let episodes = train_hierarchy_and_look(config, make, told, look)?;
                Ok(episodes.map(|episodes| (episodes, reached)))
            };
            let Some((episodes, reached)) = finished.find_or(&name, &alike, run)? else { return Ok(None) };
            runs[index].push(episodes);
            paid[index].push(reached.unwrap_or(frames) as f64);
            done += 1.0;
        }
    }
    let last = |episodes: &Vec<StagedEpisode>| {
        let returns = episodes.iter().rev().take(BATCH);
        mean(&returns.map(|(.., episode)| f64::from(episode.record.episode_return)).collect::<Vec<f64>>())
    };
    let reached: [Vec<f64>; 2] = [0, 1].map(|index: usize| runs[index].iter().map(last).collect());
    let threshold = mean(&reached[1]);
    let needed: [Vec<f64>; 2] = [0, 1].map(|index: usize| {
        runs[index].iter().map(|episodes| frames_to(episodes, threshold, frames)).collect()
    });
    // Without a threshold there is nothing to reach.
    let ratio = if threshold.is_nan() { f64::NAN } else { mean(&needed[1]) / mean(&needed[0]) };
    let lines = ["with hindsight", "without"].into_iter().zip(&runs).map(|(name, runs)| {
        let points = (1..=40_u64).map(|point| {
            let part = frames * (point - 1) / 40..frames * point / 40;
            let value = |episodes: &Vec<StagedEpisode>| {
                mean_return(episodes.iter().map(|(_, at, episode)| (*at, episode)), part.clone())
            };
            (part.end as f64, runs.iter().map(value).collect::<Vec<f64>>())
        });
        // Before the first episode ends there is no return.
        Line::over_seeds(name, points.filter(|(_, values)| values.iter().all(|value| value.is_finite())))
    });
    let lines = lines.collect();
    let rows = [("with hindsight", 0), ("without", 1)].into_iter().flat_map(|(method, index)| {
        [
            Row::new(
                method,
                format!("frames to a return of {}", in_words(threshold, 1)),
                needed[index].clone(),
            ),
            Row::new(method, "return at the end", reached[index].clone()),
            Row::new(
                method,
                format!("frames until pursuits return {PURSUIT_RETURN}, success less what time took"),
                paid[index].clone(),
            ),
        ]
    });
    Ok(Some(Report {
        study: "gmah-relabelling".into(),
        seeds: settings.seeds as usize,
        rows: rows.collect(),
        claim: "in hindsight, the low level reaches what it reaches without in at most half of the frames"
            .into(),
        finding: format!("{} times as many frames without hindsight", in_words(ratio, 2)),
        passed: judged(&[ratio], ratio >= 2.0),
        chart: Some(Chart {
            title: "Trash-Grid, random open subgoals while the low level learns".into(),
            x: "frames".into(),
            y: "return of the team".into(),
            lines,
        }),
    }))
}
