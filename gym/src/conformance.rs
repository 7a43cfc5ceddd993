//! Whether a batch keeps the contract of [`VectorEnv`]: what every discipline, device and wrapper is
//! checked with. The check drives the batch with random actions and reports the first promise that is
//! broken; the batch is left in some state of its own.

mod inputs;
mod outputs;

use crate::{
    Actions, AutoresetMode, Error, Observation, ResetOptions, Snapshot, VectorEnv, array::Array,
    seeding::philox::Philox,
};

/// How much a check does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Steps of a rollout, of which there are three. Default 64.
    pub steps: usize,
    /// Seed of the resets and actions. Default 0.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { steps: 64, seed: 0 }
    }
}

/// What a check saw of a batch that passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps of the whole batch.
    pub steps: usize,
    /// Episodes that ended.
    pub episodes: usize,
    /// Inputs that were rightly refused.
    pub refusals: usize,
}

/// A promise that a batch breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id} breaks '{promise}': {detail}")]
pub struct Violation {
    /// The environment id.
    pub id: String,
    /// What every batch promises.
    pub promise: &'static str,
    /// How it is broken.
    pub detail: String,
}

/// A broken promise, before it is known of which id.
type Broken = (&'static str, String);

/// Checks `batch` with the default effort.
///
/// # Errors
/// The first promise that it breaks.
pub fn check(batch: &mut dyn VectorEnv) -> Result<Report, Violation> {
    check_with(batch, Effort::default())
}

/// Checks `batch`.
///
/// # Errors
/// The first promise that it breaks.
pub fn check_with(batch: &mut dyn VectorEnv, effort: Effort) -> Result<Report, Violation> {
    let id = batch.spec().id.clone();
    Checker::new(batch, effort).run().map_err(|(promise, detail)| Violation { id, promise, detail })
}

/// What a batch reported in one step, kept for comparison.
#[derive(Clone, Debug, PartialEq)]
struct Reported {
    observation: Observation,
    reward: Vec<u32>,
    flags: [Vec<bool>; 4],
    subgoal: Vec<i32>,
}

/// A batch under check.
struct Checker<'a> {
    batch: &'a mut dyn VectorEnv,
    effort: Effort,
    report: Report,
    num_envs: usize,
    num_agents: usize,
    /// Steps of each running episode.
    lengths: Vec<u32>,
    /// Environments that ended in the last step.
    ended: Vec<bool>,
}

fn refused<T>(promise: &'static str) -> impl Fn(Error) -> Result<T, Broken> {
    move |error| Err((promise, format!("it was refused: {error}")))
}

fn ensure(holds: bool, promise: &'static str, detail: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err((promise, detail())) }
}

impl<'a> Checker<'a> {
    fn new(batch: &'a mut dyn VectorEnv, effort: Effort) -> Self {
        let (num_envs, num_agents) = (batch.num_envs(), batch.spec().num_agents);
        Self {
            batch,
            effort,
            report: Report::default(),
            num_envs,
            num_agents,
            lengths: vec![0; num_envs],
            ended: vec![false; num_envs],
        }
    }

    fn run(mut self) -> Result<Report, Broken> {
        self.check_spec()?;
        let first = self.reset()?;
        let again = self.reset()?;
        ensure(first == again, "the same seed gives the same observations", || {
            outputs::difference(&first, &again)
        })?;
        let missions = self.missions()?;
        let one = self.rollout(0)?;
        self.reset()?;
        ensure(missions == self.missions()?, "the same seed gives the same missions", || {
            String::from("a mission differs after a reset with the same seed")
        })?;
        let other = self.rollout(0)?;
        compare("the same seed and actions give the same steps", &one, &other)?;
        self.check_snapshots()?;
        self.check_refusals()?;
        self.check_masks()?;
        Ok(self.report)
    }

    /// Resets the whole batch with the seed of the check.
    fn reset(&mut self) -> Result<Observation, Broken> {
        let options = ResetOptions { seed: Some(self.effort.seed), ..ResetOptions::default() };
        if let Err(error) = self.batch.reset_with(options) {
            return refused("a batch can be reset with a seed")(error);
        }
        self.lengths.fill(0);
        self.ended.fill(false);
        self.check_observation()?;
        Ok(self.batch.observation().clone())
    }

    fn missions(&self) -> Result<Vec<String>, Broken> {
        const PROMISE: &str = "every environment, and no other, has a mission";
        let missions: Option<Vec<_>> = (0..self.num_envs).map(|env| self.batch.mission(env)).collect();
        ensure(self.batch.mission(self.num_envs).is_none(), PROMISE, || {
            format!("mission({}) is some text in a batch of {}", self.num_envs, self.num_envs)
        })?;
        missions.ok_or_else(|| (PROMISE, String::from("mission gave None for an environment")))
    }

    /// Random actions of all agents.
    fn actions(&self, rollout: u32, step: usize) -> Array {
        let space = &self.batch.spec().action_space;
        let mut random = Philox::for_episode(self.effort.seed, rollout, step as u32);
        let mut actions = Array::zeros(space.element(), self.num_envs * self.num_agents * space.flat_len());
        space.sample_into(&mut random, &mut actions);
        actions
    }

    /// Steps with random actions, and checks and keeps what the batch reports.
    fn rollout(&mut self, rollout: u32) -> Result<Vec<Reported>, Broken> {
        (0..self.effort.steps).map(|step| self.step(rollout, step)).collect()
    }

    fn step(&mut self, rollout: u32, step: usize) -> Result<Reported, Broken> {
        self.reset_ended()?;
        let actions = self.actions(rollout, step);
        let Some(actions) = borrowed(&actions) else {
            return Err(("actions are whole numbers or floats", format!("{:?}", actions.element())));
        };
        let limit = self.batch.options().max_episode_steps.unwrap_or(self.batch.spec().max_episode_steps);
        let promises = outputs::Promises {
            spec: &self.batch.spec().clone(),
            mode: self.batch.autoreset(),
            num_envs: self.num_envs,
            limit,
        };
        let reported = match self.batch.step_with(actions) {
            Err(error) => return refused("actions drawn from the action space are allowed")(error),
            Ok(step) => {
                self.report.episodes += step.info.episodes.len();
                promises.check(&step, &mut self.lengths, &mut self.ended)?
            }
        };
        self.report.steps += 1;
        ensure(
            reported.observation == *self.batch.observation(),
            "observation() is that of the last step",
            || outputs::difference(&reported.observation, self.batch.observation()),
        )?;
        self.check_observation()?;
        Ok(reported)
    }

    /// With autoreset disabled: resets the environments that ended, and looks that the others stay.
    fn reset_ended(&mut self) -> Result<(), Broken> {
        if self.batch.autoreset() != AutoresetMode::Disabled || !self.ended.contains(&true) {
            return Ok(());
        }
        let mask = self.ended.clone();
        self.reset_some(&mask)
    }

    /// Resets the environments of `mask`, and looks that the others stay.
    fn reset_some(&mut self, mask: &[bool]) -> Result<(), Broken> {
        const PROMISE: &str = "a masked reset leaves the other environments as they are";
        let before = self.batch.observation().clone();
        let missions = self.missions()?;
        if let Err(error) = self.batch.reset_mask(mask) {
            return refused("environments can be reset with a mask")(error);
        }
        let mut merged = self.batch.observation().clone();
        merged.copy_rows(&before, self.num_envs, (0..self.num_envs).filter(|&env| !mask[env]));
        let after = self.batch.observation();
        ensure(merged == *after, PROMISE, || outputs::difference(&merged, after))?;
        let changed = missions
            .iter()
            .zip(self.missions()?)
            .zip(mask)
            .position(|((before, after), reset)| !reset && *before != after);
        ensure(changed.is_none(), PROMISE, || format!("environment {changed:?} has another mission"))?;
        self.check_observation()?;
        for (env, _) in mask.iter().enumerate().filter(|(_, reset)| **reset) {
            self.lengths[env] = 0;
            self.ended[env] = false;
        }
        Ok(())
    }

    fn check_masks(&mut self) -> Result<(), Broken> {
        self.reset()?;
        self.rollout(2)?;
        self.reset_some(&vec![false; self.num_envs])?;
        for env in [0, self.num_envs / 2, self.num_envs - 1] {
            let mut mask = vec![false; self.num_envs];
            mask[env] = true;
            self.reset_some(&mask)?;
        }
        self.reset_some(&vec![true; self.num_envs])
    }

    fn check_snapshots(&mut self) -> Result<(), Broken> {
        const PROMISE: &str = "a restored batch continues as the one that was kept";
        self.reset()?;
        self.rollout(1)?;
        let snapshot = self.snapshot()?;
        let (lengths, ended, seen) =
            (self.lengths.clone(), self.ended.clone(), self.batch.observation().clone());
        let kept = self.rollout(2)?;
        let bytes = snapshot.to_bytes().map_err(|error| (PROMISE, error.to_string()))?;
        let read = Snapshot::from_bytes(&bytes).map_err(|error| (PROMISE, error.to_string()))?;
        if let Err(error) = self.batch.restore(&read) {
            return refused(PROMISE)(error);
        }
        (self.lengths, self.ended) = (lengths, ended);
        let now = self.batch.observation();
        ensure(*now == seen, "a restored batch shows the observation it had", || {
            outputs::difference(&seen, now)
        })?;
        ensure(self.snapshot()? == snapshot, PROMISE, || {
            String::from("the snapshot of the restored batch differs from the one it was restored from")
        })?;
        compare(PROMISE, &kept, &self.rollout(2)?)
    }

    fn snapshot(&self) -> Result<Snapshot, Broken> {
        self.batch.snapshot().or_else(refused("a snapshot can be taken at any time"))
    }
}

/// The contents of an array as actions.
fn borrowed(actions: &Array) -> Option<Actions<'_>> {
    match actions {
        Array::I32(actions) => Some(Actions::Discrete(actions)),
        Array::F32(actions) => Some(Actions::Continuous(actions)),
        Array::U8(_) => None,
    }
}

fn compare(promise: &'static str, one: &[Reported], other: &[Reported]) -> Result<(), Broken> {
    let step = one.iter().zip(other).position(|(one, other)| one != other);
    ensure(step.is_none(), promise, || {
        let Some(step) = step else { return String::new() };
        let (one, other) = (&one[step], &other[step]);
        if one.observation != other.observation {
            return format!("step {step}: {}", outputs::difference(&one.observation, &other.observation));
        }
        format!("step {step}: rewards, flags or subgoal events differ")
    })
}
