//! The study of GMAH on DoorKey-8x8-mixed: a hierarchy against a flat agent, and what noticing change is worth where
//! nothing changes and where the goal moves.

use std::cell::Cell;

use serde::{Deserialize, Serialize};

use super::hierarchy::{
    HierarchySettings, StagedEpisode, flat, high, least_return, mean_return, train_flat, train_hierarchy,
    train_through,
};
use super::moving_goal::{self, MovingGoal};
use super::{FinishedRuns, Report, Row, Watch, all_hold, in_words, judged, said};
use crate::gmah::{GmahConfig, GmahTrainer, Stage, TrainedLowLevel};
use crate::statistics::mean;
use crate::{Config, Error, MakeBatch};

/// Which comparisons are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DoorKeyParts {
    /// All of them.
    #[default]
    All,
    /// With and without noticing change where the goal moves.
    MovingGoal,
}

/// Name of the hierarchy whose agents choose again only when a subgoal is achieved or given up.
pub(super) const WITHOUT: &str = "GMAH without noticing change";

/// A part of what is claimed.
pub(super) struct Part {
    pub claim: &'static str,
    pub finding: String,
    /// `None` where it was not measured.
    pub holds: Option<bool>,
    pub rows: Vec<Row>,
}

impl Part {
    /// That the first of two methods has more of `quantity`, called `short` in what was found.
    pub(super) fn more(
        claim: &'static str,
        quantity: &str,
        short: &str,
        methods: [(&str, &[f64]); 2],
    ) -> Self {
        let means = methods.map(|(_, values)| mean(values));
        let holds = judged(&means, means[0] > means[1]);
        let [ours, theirs] = means.map(|mean| in_words(mean, 3));
        Self {
            claim,
            finding: format!("{short} {ours} against {theirs}: {}", said(holds)),
            holds,
            rows: methods.map(|(method, values)| Row::new(method, quantity, values.to_vec())).into(),
        }
    }

    /// [`Part::more`] of methods that begin alike with each seed: it holds when the interval of the differences, seed by
    /// seed, is above 0.
    pub(super) fn more_each(
        claim: &'static str,
        quantity: &str,
        short: &str,
        methods: [(&str, &[f64]); 2],
    ) -> Self {
        let mut part = Self::more(claim, quantity, short, methods);
        let [(method, ours), (other, theirs)] = methods;
        let more = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
        let row = Row::new(format!("{method} above {other}"), quantity, more);
        let [low, high] = row.interval;
        part.holds = judged(&[row.mean], low > 0.0);
        part.finding = match part.holds {
            Some(holds) => format!("{short} {:.3} more, {low:.3} to {high:.3}: {}", row.mean, said(holds)),
            None => format!("{short}: {}", said(None)),
        };
        part.rows.push(row);
        part
    }
}

/// What a seed found where nothing changes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Still {
    /// Return in the second quarter: hierarchy, flat agent.
    early: [f64; 2],
    /// Least return: with and without noticing change.
    least: [f64; 2],
    /// Return at the end, goal never near: hierarchy, flat agent.
    far: [f64; 2],
}

/// What a seed found.
#[derive(Serialize, Deserialize)]
struct OfSeed {
    /// Where nothing changes, if that was asked for.
    still: Option<Still>,
    /// Where the goal moves, with and without noticing change.
    moving: [Vec<StagedEpisode>; 2],
}

/// Hierarchies against the flat agent on DoorKey-8x8-mixed, with the goal near four times out of five and never, and
/// hierarchies with and without noticing change, in worlds that stay and in worlds whose goal moves, but for what is
/// `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn door_key_study(
    settings: &HierarchySettings,
    parts: DoorKeyParts,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let (mut still, mut moving) = (Vec::new(), MovingGoal::default());
    for seed in 1..=settings.seeds {
        let half = hierarchy(settings, seed, true, &[])?.high.frames / 2;
        let told = &mut |part: f64, message: &str| {
            watch((seed as f64 - 1.0 + part) / settings.seeds as f64, &format!("seed {seed}, {message}"))
        };
        let name = format!("door-key, {parts:?}, seed {seed}");
        let alike = format!("{:?}", HierarchySettings { seeds: 1, ..settings.clone() });
        let run = || train_seed(settings, seed, parts, make, told);
        let Some(found) = finished.find_or(&name, &alike, run)? else { return Ok(None) };
        still.extend(found.still);
        moving.add(&found.moving, half);
    }
    let mut found = if still.is_empty() { Vec::new() } else { Still::parts(&still) };
    found.extend(moving.parts());
    let claims: Vec<&str> = found.iter().map(|part| part.claim).collect();
    let findings: Vec<&str> = found.iter().map(|part| part.finding.as_str()).collect();
    Ok(Some(Report {
        study: "gmah-door-key".into(),
        seeds: settings.seeds as usize,
        claim: claims.join("; "),
        finding: findings.join("; "),
        passed: all_hold(&found.iter().map(|part| part.holds).collect::<Vec<Option<bool>>>()),
        rows: found.into_iter().flat_map(|part| part.rows).collect(),
        chart: None,
    }))
}

/// The configuration of a hierarchy.
fn hierarchy(
    settings: &HierarchySettings,
    seed: u64,
    adaptive: bool,
    further: &[&str],
) -> Result<GmahConfig, Error> {
    let mut changes = settings.changes.clone();
    changes.extend([format!("seed={seed}"), format!("hierarchy.adaptive={adaptive}")]);
    changes.extend(further.iter().map(ToString::to_string));
    GmahConfig::experiment("gmah_doorkey_8x8_mixed", &changes)
}

/// All runs of a seed; `None` when `watch` ended it.
fn train_seed(
    settings: &HierarchySettings,
    seed: u64,
    parts: DoorKeyParts,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<OfSeed>, Error> {
    const NEVER_NEAR: &str = "environment.options.p_near=0.0";
    let all = parts == DoorKeyParts::All;
    let runs = if all { 7.0 } else { 3.0 };
    let done = Cell::new(0.0);
    let told = &mut |part: f64, message: &str| watch((done.get() + part) / runs, message);
    let flat_agent = |frames: u64, further: &[&str]| {
        let mut changes =
            vec![format!("seed={seed}"), format!("frames={}", frames.min(settings.flat_frames))];
        changes.extend(further.iter().map(ToString::to_string));
        Config::experiment("ppo_doorkey_8x8_mixed", &changes)
    };
    let config = hierarchy(settings, seed, true, &[])?;
    let (frames, total) = (config.high.frames, config.low.frames + config.high.frames);
    let (first, second) = (frames / 4, frames / 2);
    let mut trainer = GmahTrainer::new(config, make)?;
    let Some(_) = train_through(&mut trainer, Stage::Low, told, &mut |_| {})? else { return Ok(None) };
    let trained: TrainedLowLevel = trainer.low_level()?;
    let mut noticing = Vec::new();
    if all {
        let Some(episodes) = train_through(&mut trainer, Stage::Mixing, told, &mut |_| {})? else {
            return Ok(None);
        };
        noticing = episodes;
    }
    let mut moving: [Vec<StagedEpisode>; 2] = Default::default();
    for (index, (adaptive, episodes)) in [true, false].into_iter().zip(&mut moving).enumerate() {
        let config = hierarchy(settings, seed, adaptive, &moving_goal::CHANGES)?;
        done.set(1.0 + index as f64);
        let Some(played) = moving_goal::train(config, &trained, make, told)? else { return Ok(None) };
        *episodes = played;
    }
    if !all {
        return Ok(Some(OfSeed { still: None, moving }));
    }
    done.set(3.0);
    let Some(heedless) = train_hierarchy(hierarchy(settings, seed, false, &[])?, make, told)? else {
        return Ok(None);
    };
    done.set(4.0);
    let Some(flat_near) = train_flat(flat_agent(second, &[])?, make, told)? else { return Ok(None) };
    done.set(5.0);
    let Some(far) = train_hierarchy(hierarchy(settings, seed, true, &[NEVER_NEAR])?, make, told)? else {
        return Ok(None);
    };
    done.set(6.0);
    let Some(flat_far) = train_flat(flat_agent(total, &[NEVER_NEAR])?, make, told)? else { return Ok(None) };
    let still = Still {
        early: [mean_return(high(&noticing), first..second), mean_return(flat(&flat_near), first..second)],
        least: [least_return(&noticing, second), least_return(&heedless, second)],
        far: [
            mean_return(high(&far), frames * 3 / 4..u64::MAX),
            mean_return(flat(&flat_far), total - frames / 4..u64::MAX),
        ],
    };
    Ok(Some(OfSeed { still: Some(still), moving }))
}

impl Still {
    /// What was found over all seeds.
    fn parts(seeds: &[Self]) -> Vec<Part> {
        let of = |read: fn(&Self) -> f64| seeds.iter().map(read).collect::<Vec<f64>>();
        vec![
            Part::more(
                "with a trained low level the hierarchy earns more than flat PPO over the same frames",
                "return, second quarter of the high level's frames",
                "return",
                [("GMAH", &of(|seed| seed.early[0])), ("PPO", &of(|seed| seed.early[1]))],
            ),
            Part::more(
                "counting the low level's frames it does where the goal is never near",
                "return at the end, goal never near",
                "goal never near",
                [("GMAH", &of(|seed| seed.far[0])), ("PPO", &of(|seed| seed.far[1]))],
            ),
            Part::more(
                "its least return is higher when it notices change, though nothing changes",
                "least return of 256 episodes, second half of the high level's frames",
                "least return",
                [("GMAH", &of(|seed| seed.least[0])), (WITHOUT, &of(|seed| seed.least[1]))],
            ),
        ]
    }
}
