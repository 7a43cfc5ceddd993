//! Collecting experience from a batch of environments and learning from it: one update for every frame.

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{AutoresetMode, BuildOptions, EpisodeRecord, Snapshot, VectorEnv};
use serde::{Deserialize, Serialize};

use super::{ContinuousLearner, ContinuousReplay, ContinuousStatistics, Control, Plans};
use crate::decision_frequency::repeating;
use crate::random::{Purpose, StreamState, normal, stream};
use crate::study::Watch;
use crate::{Error, MakeBatch};

/// How experience is collected.
#[derive(Clone, Debug, PartialEq)]
pub struct CollectionSettings {
    /// Frames of random actions before the first update.
    pub learning_starts: u64,
    /// Standard deviation of the noise on actions, in units of their bounds.
    pub noise: f32,
    /// Transitions that are kept.
    pub replay: usize,
    /// Most steps between two decisions: each time as many as is drawn, from 1 with equal chances.
    pub longest_hold: u32,
    /// Frames that the environment repeats every action for; a transition is as long. At least 1.
    pub repeats: u32,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// A training from its first frame to its last.
#[derive(Clone, Debug, PartialEq)]
pub struct Collection {
    /// Environment.
    pub id: String,
    /// What it is built with; number of environments and autoreset are those of the collection.
    pub options: BuildOptions,
    /// Environments that play at the same time.
    pub num_envs: usize,
    /// Frames to play.
    pub frames: u64,
    /// How. Its seed is that of the environments, too.
    pub settings: CollectionSettings,
}

/// Environments that a learner plays in and learns from, step by step.
pub struct Collector {
    env: Box<dyn VectorEnv>,
    control: Control,
    settings: CollectionSettings,
    random: Philox,
    replay: ContinuousReplay,
    plans: Plans,
    /// What every environment shows, `[num_envs, state]`.
    states: Vec<f32>,
    frames: u64,
    /// Episodes that ended in the last step.
    episodes: Vec<EpisodeRecord>,
    active: Vec<bool>,
    /// Room for one state, and for the actions of all environments.
    next: Vec<f32>,
    taken: Vec<f32>,
    given: Vec<f32>,
}

/// Everything that changes in a [`Collector`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CollectorState {
    environments: Snapshot,
    random: StreamState,
    replay: ContinuousReplay,
    plans: Plans,
    states: Vec<f32>,
    frames: u64,
}

impl CollectorState {
    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The environments as they were.
    pub fn environments(&self) -> &Snapshot {
        &self.environments
    }
}

impl Collector {
    /// Collects in `env`, which has been reset and resets itself ([`AutoresetMode::SameStep`]), for `learner`.
    ///
    /// # Errors
    /// Environments that do not fit the learner.
    pub fn new(
        env: Box<dyn VectorEnv>,
        learner: &dyn ContinuousLearner,
        settings: CollectionSettings,
    ) -> Result<Self, Error> {
        let control = Control::of(env.as_ref())?;
        control.check(env.as_ref(), learner)?;
        let (num_envs, shape) = (env.num_envs(), control.shape);
        let mut states = vec![0.0; num_envs * shape.state];
        control.write_states(env.observation(), &mut states);
        Ok(Self {
            random: stream(settings.seed, Purpose::Actions),
            replay: ContinuousReplay::new(shape, settings.replay),
            plans: Plans::new(num_envs, learner),
            states,
            frames: 0,
            episodes: Vec::new(),
            active: vec![true; num_envs],
            next: vec![0.0; shape.state],
            taken: vec![0.0; num_envs * shape.action],
            given: vec![0.0; num_envs * shape.action],
            control,
            settings,
            env,
        })
    }

    /// One step of every environment, and, once enough were random, an update of `learner` for every frame; returns what
    /// the last of them did.
    ///
    /// # Errors
    /// Those of the environment and of learning.
    pub fn step(
        &mut self,
        learner: &mut dyn ContinuousLearner,
    ) -> Result<Option<ContinuousStatistics>, Error> {
        let Self { env, control, settings, random, replay, plans, states, taken, given, next, .. } = self;
        let (state, action, num_envs) = (control.shape.state, control.shape.action, env.num_envs());
        let longest = settings.longest_hold.max(1) as i32;
        plans.decide(learner, states, &self.active, || random.int(0, longest) as usize + 1);
        let at_random = self.frames < settings.learning_starts;
        for (index, own) in taken.chunks_exact_mut(action).enumerate() {
            for (taken, meant) in own.iter_mut().zip(plans.next(index)) {
                *taken = explored(*meant, at_random, settings.noise, random);
            }
        }
        given.iter_mut().zip(&*taken).for_each(|(given, taken)| *given = control.given(*taken));
        let made = env.step_with((&*given).into())?;
        for index in 0..num_envs {
            let before = &mut states[index * state..(index + 1) * state];
            let ended = made.ended(index);
            let seen = made.info.final_observation.filter(|_| ended).unwrap_or(made.observation);
            control.write_state(seen, index, next);
            let own = &taken[index * action..(index + 1) * action];
            replay.push(before, own, made.reward[index], next, made.terminated[index]);
            control.write_state(made.observation, index, before);
            if ended {
                plans.forget(index);
            }
        }
        self.episodes.clear();
        self.episodes.extend_from_slice(made.info.episodes);
        let frames = num_envs as u64 * u64::from(settings.repeats);
        self.frames += frames;
        let mut statistics = None;
        if !at_random {
            for _ in 0..frames {
                statistics = Some(learner.update(replay)?);
            }
        }
        Ok(statistics)
    }

    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Episodes that ended in the last step.
    pub fn episodes(&self) -> &[EpisodeRecord] {
        &self.episodes
    }

    /// A copy of everything that changes.
    ///
    /// # Errors
    /// Environments that cannot be copied.
    pub fn state(&self) -> Result<CollectorState, Error> {
        Ok(CollectorState {
            environments: self.env.snapshot()?,
            random: (&self.random).into(),
            replay: self.replay.clone(),
            plans: self.plans.clone(),
            states: self.states.clone(),
            frames: self.frames,
        })
    }

    /// Goes on from `state`; the environments were restored before.
    ///
    /// # Errors
    /// A state of other sizes.
    pub fn restore(&mut self, state: CollectorState) -> Result<(), String> {
        if state.replay.capacity() != self.replay.capacity() {
            return Err(format!(
                "its memory is of {} transitions and the one asked for of {}; td3.replay cannot be changed",
                state.replay.capacity(),
                self.replay.capacity()
            ));
        }
        if !state.plans.fits(&self.plans)
            || state.states.len() != self.states.len()
            || !state.replay.fits(&self.replay)
        {
            return Err(String::from("it is of another number of environments, states or actions"));
        }
        (self.random, self.replay, self.plans) = (state.random.into(), state.replay, state.plans);
        (self.states, self.frames) = (state.states, state.frames);
        Ok(())
    }
}

/// Trains `learner`; false when `watch` ended it, which is told the part of the frames that is played.
///
/// # Errors
/// An environment that does not fit the learner, and those of the environment and of learning.
pub fn train(
    learner: &mut dyn ContinuousLearner,
    collection: &Collection,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<bool, Error> {
    let Collection { id, num_envs, settings, .. } = collection;
    let options = BuildOptions {
        num_envs: *num_envs,
        seed: settings.seed,
        autoreset: AutoresetMode::SameStep,
        ..collection.options.clone()
    };
    let mut env = repeating(make, id, &options, settings.repeats)?;
    env.as_mut().reset(settings.seed)?;
    let mut collector = Collector::new(env, learner, settings.clone())?;
    let steps = collection.frames.div_ceil(*num_envs as u64 * u64::from(settings.repeats));
    for step in 0..steps {
        let frames = collector.frames();
        collector.step(learner)?;
        if step.is_multiple_of(16)
            && watch(step as f64 / steps as f64, &format!("{frames} frames")).is_break()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A random action, or the one that is `meant` with noise.
fn explored(meant: f32, at_random: bool, noise: f32, random: &mut Philox) -> f32 {
    match at_random {
        true => 2.0 * random.float() as f32 - 1.0,
        false => noisy(meant, noise, random),
    }
}

/// The action that is `meant` with normal noise of deviation `noise`, within its bounds.
pub(crate) fn noisy(meant: f32, noise: f32, random: &mut Philox) -> f32 {
    (meant + noise * normal(random) as f32).clamp(-1.0, 1.0)
}
