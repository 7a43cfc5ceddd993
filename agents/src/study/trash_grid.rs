//! The study of GMAH on Trash-Grid: hierarchies of subgoals for a team, with mixed subgoal values and without, beside
//! learners of primitive actions. All are judged over their last frames, an eighth of those of the second and third stage
//! together, after as many frames: the hierarchy without mixed values trains its policy over subgoals for those of the
//! third stage too.

use super::hierarchy::{
    HierarchySettings, StagedEpisode, flat, high, mean_return, train_flat, train_through,
};
use super::{FinishedRuns, Report, Row, Watch, all_hold, in_words, judged, said};
use crate::gmah::{GmahConfig, GmahTrainer, Stage};
use crate::logging::table::TrainingEpisode;
use crate::qmix::{QmixConfig, TeamTrainer};
use crate::statistics::mean;
use crate::{Config, Error, MakeBatch};

/// Trains the team of `config` to the end; `None` when `watch` ended it.
fn train_team(
    config: QmixConfig,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<TrainingEpisode>>, Error> {
    let frames = config.frames;
    let mut trainer = TeamTrainer::new(config, make)?;
    let mut episodes = Vec::new();
    while trainer.frames() < frames {
        trainer.step()?;
        episodes.extend(trainer.take_episodes());
        let message = format!("flat: {:.2} M frames", trainer.frames() as f64 / 1e6);
        if watch(trainer.frames() as f64 / frames as f64, &message).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(episodes))
}

/// A flat learner of teams that hierarchies are compared with: its name, and the text of its experiment.
type Rival = (&'static str, &'static str);

/// Those that are trained by [`Trainer`](crate::Trainer).
const POLICIES: [Rival; 2] = [
    ("MAPPO", include_str!("../../../experiments/mappo_trash_grid.toml")),
    ("one-step actor-critic", include_str!("../../../experiments/actor_critic_trash_grid.toml")),
];

/// Those that are trained by [`TeamTrainer`].
const TEAMS: [Rival; 2] = [
    ("QMIX", include_str!("../../../experiments/qmix_trash_grid.toml")),
    ("COMA", include_str!("../../../experiments/coma_trash_grid.toml")),
];

/// All rivals.
fn rivals() -> impl Iterator<Item = Rival> {
    POLICIES.into_iter().chain(TEAMS)
}

/// Frames that are the same for every seed.
#[derive(Clone, Copy, Default)]
struct Frames {
    low: u64,
    high: u64,
    mixing: u64,
    /// Those at the end that are judged.
    judged: u64,
    /// Of rivals that are compared with the frames of the second and third stage.
    flat: u64,
    /// Of rivals that are compared with the frames of all stages, if any are.
    counted: Option<u64>,
}

impl Frames {
    fn of(config: &GmahConfig, settings: &HierarchySettings) -> Self {
        let (low, high, mixing) = (config.low.frames, config.high.frames, config.mixing.frames);
        Self {
            low,
            high,
            mixing,
            judged: (high + mixing) / 8,
            flat: (high + mixing).min(settings.flat_frames),
            counted: settings.count_low_level.then(|| (low + high + mixing).min(settings.flat_frames)),
        }
    }

    /// Frames of one seed, all methods together.
    fn of_a_seed(&self) -> u64 {
        let rivals = rivals().count() as u64;
        self.low + 2 * (self.high + self.mixing) + rivals * (self.flat + self.counted.unwrap_or(0))
    }
}

/// Mean return of the episodes that ended in the last `judged` of `frames` frames.
fn return_at_the_end<'a>(
    episodes: impl Iterator<Item = (u64, &'a TrainingEpisode)>,
    frames: u64,
    judged: u64,
) -> f64 {
    mean_return(episodes, frames.saturating_sub(judged)..u64::MAX)
}

fn mixing(episodes: &[StagedEpisode]) -> impl Iterator<Item = (u64, &TrainingEpisode)> {
    let own = episodes.iter().filter(|(stage, ..)| *stage == Stage::Mixing);
    own.map(|(_, at, episode)| (*at, episode))
}

/// What was found, a number a seed.
#[derive(Default)]
struct Returns {
    /// A policy over subgoals, trained for the frames of the third stage too.
    policy: Vec<f64>,
    /// The same after the second stage, and mixed values after the third one.
    before: Vec<f64>,
    mixed: Vec<f64>,
    /// Rivals, and rivals with as many frames as all stages together.
    rivals: [Vec<f64>; POLICIES.len() + TEAMS.len()],
    counted: [Vec<f64>; POLICIES.len() + TEAMS.len()],
}

/// Hierarchies, with mixed subgoal values and without, against QMIX, MAPPO, COMA and the one-step actor-critic that
/// GMAH's release calls COMA, on Trash-Grid, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn trash_grid_study(
    settings: &HierarchySettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let (mut found, mut frames) = (Returns::default(), Frames::default());
    for seed in 1..=settings.seeds {
        let config = |further: &[String]| {
            let mut changes = settings.changes.clone();
            changes.push(format!("seed={seed}"));
            changes.extend_from_slice(further);
            GmahConfig::experiment("gmah_trash_grid", &changes)
        };
        let whole = config(&[])?;
        frames = Frames::of(&whole, settings);
        let all = (settings.seeds * frames.of_a_seed()) as f64;
        let mut done = ((seed - 1) * frames.of_a_seed()) as f64;
        let Frames { low, high: of_high, mixing: of_mixing, judged, .. } = frames;

        // The third stage and the one without it begin with the same low level, so they are one run.
        let (own, further) = ((low + of_high + of_mixing) as f64, (of_high + of_mixing) as f64);
        let longer = config(&[format!("high.frames={}", of_high + of_mixing), "mixing.frames=0".into()])?;
        let alike = format!("{:?}, {longer:?}", &whole);
        let hierarchy = || {
            let mut told = |part: f64, message: &str| {
                watch((done + part * own) / all, &format!("seed {seed}, {message}"))
            };
            let mut trainer = GmahTrainer::new(whole, make)?;
            let low = train_through(&mut trainer, Stage::Low, &mut told, &mut |_| {})?;
            if low.is_none() {
                return Ok(None);
            }
            let trained = trainer.low_level()?;
            let Some(episodes) = train_through(&mut trainer, Stage::Mixing, &mut told, &mut |_| {})? else {
                return Ok(None);
            };
            let before = return_at_the_end(high(&episodes), of_high, judged);
            let mixed = return_at_the_end(mixing(&episodes), of_mixing, judged);
            let mut trainer = GmahTrainer::with_low_level(longer, &trained, make)?;
            let told = &mut |part: f64, message: &str| {
                watch((done + own + part * further) / all, &format!("seed {seed}, without mixing, {message}"))
            };
            let Some(episodes) = train_through(&mut trainer, Stage::Mixing, told, &mut |_| {})? else {
                return Ok(None);
            };
            Ok(Some([before, mixed, return_at_the_end(high(&episodes), of_high + of_mixing, judged)]))
        };
        let name = format!("trash-grid, seed {seed}, hierarchy");
        let Some([before, mixed, policy]) = finished.find_or(&name, &alike, hierarchy)? else {
            return Ok(None);
        };
        found.before.push(before);
        found.mixed.push(mixed);
        found.policy.push(policy);
        done += own + further;

        for (index, rival) in rivals().enumerate() {
            for (played, returns) in
                [(Some(frames.flat), &mut found.rivals), (frames.counted, &mut found.counted)]
            {
                let Some(played) = played else { continue };
                let told = &mut |part: f64, message: &str| {
                    let message = format!("seed {seed}, {}, {message}", rival.0);
                    watch((done + part * played as f64) / all, &message)
                };
                let run = || {
                    let episodes = train_rival(index, rival, seed, played, make, told)?;
                    Ok(episodes.map(|episodes| return_at_the_end(flat(&episodes), played, judged)))
                };
                let name = format!("trash-grid, seed {seed}, {}, {played} frames", rival.0);
                let alike = format!("{judged} judged frames of {}", rival.1);
                let Some(reached) = finished.find_or(&name, &alike, run)? else { return Ok(None) };
                returns[index].push(reached);
                done += played as f64;
            }
        }
    }
    Ok(Some(found.report(frames, settings.seeds as usize)))
}

/// Trains the rival at `index` of all for `frames` frames; `None` when `watch` ended it.
fn train_rival(
    index: usize,
    (name, text): Rival,
    seed: u64,
    frames: u64,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<TrainingEpisode>>, Error> {
    let mut changes = vec![format!("seed={seed}"), format!("frames={frames}")];
    if index < POLICIES.len() {
        return train_flat(Config::from_toml(text, &changes)?, make, watch);
    }
    // Chance falls over half of the frames, however many there are.
    changes.push(format!("exploration.frames={}", frames / 2));
    train_team(QmixConfig::with_overrides(name, text, &changes)?, make, watch)
}

impl Returns {
    fn report(self, frames: Frames, seeds: usize) -> Report {
        let Self { policy, before, mixed, rivals: short, counted: long } = self;
        let Frames { low, high, mixing, judged: last, .. } = frames;
        let gain: Vec<f64> = policy.iter().zip(&mixed).map(|(policy, mixed)| mixed - policy).collect();
        // Whether the policy over subgoals is above all rivals, and the sentence that says so.
        let above = |values: &[Vec<f64>]| {
            let means: Vec<f64> = std::iter::once(&policy).chain(values).map(|values| mean(values)).collect();
            let holds = judged(&means, means[1..].iter().all(|rival| means[0] > *rival));
            let named = rivals().zip(&means[1..]);
            let named: Vec<String> =
                named.map(|((name, _), mean)| format!("{name} {}", in_words(*mean, 1))).collect();
            let sentence = format!("GMAH {}, {}: {}", in_words(means[0], 1), named.join(", "), said(holds));
            (holds, sentence)
        };
        let (order, mut finding) = above(&short);
        let mut holds = vec![order];
        match frames.counted {
            Some(_) => {
                let (order, sentence) = above(&long);
                holds.push(order);
                finding += &format!("; the low level's frames counted: {sentence}");
            }
            None => finding += "; the low level's frames were not counted",
        }
        let more = judged(&[mean(&gain)], mean(&gain) >= 0.0);
        holds.push(more);
        finding += &format!("; with mixed values {}: {}", in_words(mean(&mixed), 1), said(more));
        let of = |frames: u64, what: &str| format!("return, last {last} of {frames} frames {what}");
        let after = format!("after {low} of the low level");
        let mut rows = vec![
            Row::new("GMAH", of(high + mixing, &format!("of the high level {after}")), policy),
            Row::new(
                "GMAH and GMIX",
                of(mixing, &format!("of mixing, after {high} of the high level {after}")),
                mixed,
            ),
            Row::new("GMAH before GMIX", of(high, &format!("of the high level {after}")), before),
        ];
        rows.extend(
            rivals().zip(short).map(|((name, _), values)| Row::new(name, of(frames.flat, "in all"), values)),
        );
        if let Some(counted) = frames.counted {
            let what = "in all, the low level's counted";
            rows.extend(
                rivals().zip(long).map(|((name, _), values)| Row::new(name, of(counted, what), values)),
            );
        }
        rows.push(Row::new("GMAH and GMIX", "return above GMAH's", gain));
        let also = if frames.counted.is_some() { ", also when they get the low level's frames," } else { "" };
        Report {
            study: "gmah-trash-grid".into(),
            seeds,
            rows,
            claim: format!(
                "on a trained low level GMAH earns more than MAPPO, the one-step actor-critic, QMIX and COMA{also} and no \
                 less with mixed values than without over as many frames"
            ),
            finding,
            passed: all_hold(&holds),
            chart: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rivals_with_the_low_levels_frames_are_judged_beside_those_without() {
        let frames = |counted| Frames { low: 80, high: 10, mixing: 10, judged: 2, flat: 20, counted };
        assert_eq!((frames(None).of_a_seed(), frames(Some(100)).of_a_seed()), (200, 600));
        let returns = |counted: f64| Returns {
            policy: vec![3.0],
            before: vec![2.0],
            mixed: vec![3.5],
            rivals: [1.0, 1.0, 1.0, 1.0].map(|value| vec![value]),
            counted: [1.0, counted, 1.0, 1.0].map(|value| vec![value]),
        };
        assert_eq!(returns(9.0).report(frames(None), 1).passed, Some(true));
        assert_eq!(returns(2.0).report(frames(Some(100)), 1).passed, Some(true));
        let report = returns(9.0).report(frames(Some(100)), 1);
        assert_eq!((report.passed, report.rows.len()), (Some(false), 12));
        let found = "the low level's frames counted: GMAH 3.0, MAPPO 1.0, one-step actor-critic 9.0, QMIX 1.0, COMA 1.0: does \
                     not hold; with mixed values 3.5: holds";
        assert!(report.finding.ends_with(found), "{}", report.finding);
        assert_eq!(
            report.mean("QMIX", "return, last 2 of 100 frames in all, the low level's counted"),
            Some(1.0)
        );
        // Without an episode in its last frames nothing is said of a rival.
        let report = returns(f64::NAN).report(frames(Some(100)), 1);
        assert_eq!(report.passed, None);
        assert!(report.finding.contains("one-step actor-critic not measured"), "{}", report.finding);
    }
}
