//! The study of GMAH on DoorKey-8x8-mixed: a hierarchy against a flat agent, and what noticing change is worth where
//! nothing changes and where the goal moves.

use std::ops::ControlFlow;

use super::hierarchy::{
    HierarchySettings, flat, high, least_return, mean_return, train_flat, train_hierarchy, train_through,
};
use super::moving_goal::{self, MovingGoal};
use super::{Report, Row, Watch, all_hold, in_words, judged, said};
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

/// Tells `watch` of one run of `runs`, `done` of which are over.
fn within<'a>(
    watch: Watch<'a>,
    seed: u64,
    (done, runs): (usize, u64),
) -> impl FnMut(f64, &str) -> ControlFlow<()> + 'a {
    move |part, message| watch((done as f64 + part) / runs as f64, &format!("seed {seed}, {message}"))
}

/// What all seeds found where nothing changes.
#[derive(Default)]
struct Still {
    /// Return in the second quarter: hierarchy, flat agent.
    early: [Vec<f64>; 2],
    /// Least return: with and without noticing change.
    least: [Vec<f64>; 2],
    /// Return at the end, goal never near: hierarchy, flat agent.
    far: [Vec<f64>; 2],
}

/// Hierarchies against the flat agent on DoorKey-8x8-mixed, with the goal near four times out of five and never, and
/// hierarchies with and without noticing change, in worlds that stay and in worlds whose goal moves; `None` when
/// `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn door_key_study(
    settings: &HierarchySettings,
    parts: DoorKeyParts,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    const NEVER_NEAR: &str = "environment.options.p_near=0.0";
    let (mut still, mut moving) = (Still::default(), MovingGoal::default());
    let all = parts == DoorKeyParts::All;
    let runs = settings.seeds * if all { 7 } else { 3 };
    let mut done = 0;
    for seed in 1..=settings.seeds {
        let hierarchy = |adaptive: bool, further: &[&str]| {
            let mut changes = settings.changes.clone();
            changes.extend([format!("seed={seed}"), format!("hierarchy.adaptive={adaptive}")]);
            changes.extend(further.iter().map(ToString::to_string));
            GmahConfig::experiment("gmah_doorkey_8x8_mixed", &changes)
        };
        let flat_agent = |frames: u64, further: &[&str]| {
            let mut changes =
                vec![format!("seed={seed}"), format!("frames={}", frames.min(settings.flat_frames))];
            changes.extend(further.iter().map(ToString::to_string));
            Config::experiment("ppo_doorkey_8x8_mixed", &changes)
        };
        let config = hierarchy(true, &[])?;
        let (frames, total) = (config.high.frames, config.low.frames + config.high.frames);
        let (first, second) = (frames / 4, frames / 2);
        let mut trainer = GmahTrainer::new(config, make)?;
        let Some(_) = train_through(
            &mut trainer,
            Stage::Low,
            &mut within(&mut *watch, seed, (done, runs)),
            &mut |_| {},
        )?
        else {
            return Ok(None);
        };
        let trained: TrainedLowLevel = trainer.low_level()?;
        if all {
            let Some(episodes) = train_through(
                &mut trainer,
                Stage::Mixing,
                &mut within(&mut *watch, seed, (done, runs)),
                &mut |_| {},
            )?
            else {
                return Ok(None);
            };
            still.early[0].push(mean_return(high(&episodes), first..second));
            still.least[0].push(least_return(&episodes, second));
        }
        done += 1;
        for adaptive in [true, false] {
            let config = hierarchy(adaptive, &moving_goal::CHANGES)?;
            if !moving.add(adaptive, config, &trained, make, &mut within(&mut *watch, seed, (done, runs)))? {
                return Ok(None);
            }
            done += 1;
        }
        if !all {
            continue;
        }
        let Some(episodes) =
            train_hierarchy(hierarchy(false, &[])?, make, &mut within(&mut *watch, seed, (done, runs)))?
        else {
            return Ok(None);
        };
        still.least[1].push(least_return(&episodes, second));
        done += 1;
        let Some(episodes) =
            train_flat(flat_agent(second, &[])?, make, &mut within(&mut *watch, seed, (done, runs)))?
        else {
            return Ok(None);
        };
        still.early[1].push(mean_return(flat(&episodes), first..second));
        done += 1;
        let Some(episodes) = train_hierarchy(
            hierarchy(true, &[NEVER_NEAR])?,
            make,
            &mut within(&mut *watch, seed, (done, runs)),
        )?
        else {
            return Ok(None);
        };
        still.far[0].push(mean_return(high(&episodes), frames * 3 / 4..u64::MAX));
        done += 1;
        let Some(episodes) = train_flat(
            flat_agent(total, &[NEVER_NEAR])?,
            make,
            &mut within(&mut *watch, seed, (done, runs)),
        )?
        else {
            return Ok(None);
        };
        still.far[1].push(mean_return(flat(&episodes), total - frames / 4..u64::MAX));
        done += 1;
    }
    let mut found = if all { still.parts() } else { Vec::new() };
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

impl Still {
    fn parts(&self) -> Vec<Part> {
        vec![
            Part::more(
                "with a trained low level the hierarchy earns more than flat PPO over the same frames",
                "return, second quarter of the high level's frames",
                "return",
                [("GMAH", &self.early[0]), ("PPO", &self.early[1])],
            ),
            Part::more(
                "counting the low level's frames it does where the goal is never near",
                "return at the end, goal never near",
                "goal never near",
                [("GMAH", &self.far[0]), ("PPO", &self.far[1])],
            ),
            Part::more(
                "its least return is higher when it notices change, though nothing changes",
                "least return of 256 episodes, second half of the high level's frames",
                "least return",
                [("GMAH", &self.least[0]), (WITHOUT, &self.least[1])],
            ),
        ]
    }
}
