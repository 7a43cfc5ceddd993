//! Records what chosen environments were told and what they answered, so that it can be kept, looked at,
//! and played again: resets with their seeds and contexts, actions, rewards and flags.

use serde::{Deserialize, Serialize};

use super::transform::{Transform, Wrapped, misfit, takes_part};
use crate::{Actions, AutoresetMode, BuildOptions, Error, Observation, ResetOptions, Space, Step, VectorEnv};

/// Actions of the recorded environments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum RecordedActions {
    Discrete(Vec<i32>),
    Continuous(Vec<f32>),
}

/// Something that happened to the recorded environments. Lists have an entry, or one for each agent, for
/// every recorded environment in the order of [`Recording::envs`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RecordedEvent {
    /// They were reset.
    Reset {
        /// The seed given.
        seed: Option<u64>,
        /// Which were; `None` when the whole batch was.
        mask: Option<Vec<bool>>,
        /// The context of the whole batch, if one was given.
        context: Option<Vec<f32>>,
    },
    /// They were stepped with discrete actions.
    Step {
        /// The actions of `Discrete` and `MultiDiscrete` spaces; empty for others.
        discrete: Vec<i32>,
        /// The actions of `Box` spaces; empty for others.
        continuous: Vec<f32>,
        /// Which took part; `None` for all.
        mask: Option<Vec<bool>>,
        /// Rewards of every agent.
        rewards: Vec<f32>,
        /// Whether the episode terminated.
        terminated: Vec<bool>,
        /// Whether the episode was truncated.
        truncated: Vec<bool>,
    },
}

/// What happened to some environments of a batch since it was last seeded as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Environment id.
    pub id: String,
    /// What the batch was built with.
    pub options: BuildOptions,
    /// The recorded environments.
    pub envs: Vec<usize>,
    /// What happened, in order.
    pub events: Vec<RecordedEvent>,
    /// False when more happened than there was room for.
    pub complete: bool,
}

/// Why a recording could not be played again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The batch is another one.
    #[error("the recording does not fit this batch: {0}")]
    Misfit(String),
    /// The batch answered differently.
    #[error("event {event}, environment {env}: {what} was {recorded} when recorded and is {replayed} now")]
    Diverged {
        /// Which event.
        event: usize,
        /// Which environment.
        env: usize,
        /// What differs.
        what: &'static str,
        /// The recorded value.
        recorded: String,
        /// The value now.
        replayed: String,
    },
    /// The batch refused.
    #[error(transparent)]
    Batch(#[from] Error),
}

/// Records chosen environments.
#[derive(Debug)]
pub struct RecordEpisodes {
    recording: Recording,
    capacity: usize,
    num_envs: usize,
    num_agents: usize,
    width: usize,
    pending: RecordedActions,
}

impl RecordEpisodes {
    /// Records the environments `envs` of `inner`, at most `capacity` resets and steps since the last
    /// reset of the whole batch with a seed, which begins a new recording.
    ///
    /// # Errors
    /// An environment that does not exist or is named twice.
    pub fn wrap<E: VectorEnv + 'static>(
        inner: E,
        envs: &[usize],
        capacity: usize,
    ) -> Result<Wrapped<E, Self>, Error> {
        let num_envs = inner.num_envs();
        for (index, env) in envs.iter().enumerate() {
            if *env >= num_envs || envs[..index].contains(env) {
                let reason = format!(
                    "environment {env} cannot be recorded; allowed: 0 to {}, each once",
                    num_envs - 1
                );
                return Err(misfit(Self::NAME, reason));
            }
        }
        let recording = Recording {
            id: inner.spec().id.clone(),
            options: inner.options().clone(),
            envs: envs.to_vec(),
            events: Vec::new(),
            complete: true,
        };
        let transform = Self {
            recording,
            capacity,
            num_envs,
            num_agents: inner.spec().num_agents,
            width: inner.spec().action_space.flat_len() * inner.spec().num_agents,
            pending: RecordedActions::Discrete(Vec::new()),
        };
        Ok(Wrapped::new(inner, transform))
    }

    /// What was recorded since the batch was last seeded as a whole.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    fn push(&mut self, event: RecordedEvent) {
        if self.recording.events.len() < self.capacity {
            self.recording.events.push(event);
        } else {
            self.recording.complete = false;
        }
    }

    fn chosen<T: Copy>(&self, values: &[T], width: usize) -> Vec<T> {
        let row = |&env: &usize| values[env * width..(env + 1) * width].iter().copied();
        self.recording.envs.iter().flat_map(row).collect()
    }
}

impl Transform for RecordEpisodes {
    const NAME: &'static str = "RecordEpisodes";
    type State = (Vec<usize>, Vec<RecordedEvent>, bool);

    fn began(&mut self, _: &Observation, options: &ResetOptions<'_>) {
        if options.mask.is_none() && options.seed.is_some() {
            self.recording.events.clear();
            self.recording.complete = true;
        }
        self.push(RecordedEvent::Reset {
            seed: options.seed,
            mask: options.mask.map(|mask| self.chosen(mask, 1)),
            context: options.context.map(<[f32]>::to_vec),
        });
    }

    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        _: &Observation,
        _: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        self.pending = match actions {
            Actions::Discrete(actions) => RecordedActions::Discrete(self.chosen(actions, self.width)),
            Actions::Continuous(actions) => RecordedActions::Continuous(self.chosen(actions, self.width)),
        };
        Ok(actions)
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        let (discrete, continuous) =
            match std::mem::replace(&mut self.pending, RecordedActions::Discrete(Vec::new())) {
                RecordedActions::Discrete(actions) => (actions, Vec::new()),
                RecordedActions::Continuous(actions) => (Vec::new(), actions),
            };
        self.push(RecordedEvent::Step {
            discrete,
            continuous,
            mask: mask.map(|mask| self.chosen(mask, 1)),
            rewards: self.chosen(step.reward, self.num_agents),
            terminated: self.chosen(step.terminated, 1),
            truncated: self.chosen(step.truncated, 1),
        });
        step
    }

    fn state(&self) -> Self::State {
        (self.recording.envs.clone(), self.recording.events.clone(), self.recording.complete)
    }

    fn set_state(&mut self, (envs, events, complete): Self::State) -> Result<(), String> {
        if envs != self.recording.envs {
            return Err(format!("it is of environments {envs:?}, here are {:?}", self.recording.envs));
        }
        if events.iter().any(|event| !fits(event, envs.len(), self.num_agents, self.width, self.num_envs)) {
            return Err(String::from("an event is of another number of agents or actions"));
        }
        (self.recording.events, self.recording.complete) = (events, complete);
        Ok(())
    }
}

/// Whether the lists of an event have the lengths they must have; `width` values are the actions of one
/// environment.
fn fits(event: &RecordedEvent, envs: usize, agents: usize, width: usize, num_envs: usize) -> bool {
    let mask_fits = |mask: &Option<Vec<bool>>| mask.as_ref().is_none_or(|mask| mask.len() == envs);
    match event {
        RecordedEvent::Reset { mask, context, .. } => {
            mask_fits(mask) && context.as_ref().is_none_or(|context| context.len() % num_envs == 0)
        }
        RecordedEvent::Step { discrete, continuous, mask, rewards, terminated, truncated } => {
            let lengths = (discrete.len(), continuous.len());
            (lengths == (envs * width, 0) || lengths == (0, envs * width))
                && mask_fits(mask)
                && rewards.len() == envs * agents
                && terminated.len() == envs
                && truncated.len() == envs
        }
    }
}

impl Recording {
    /// Plays the recording on `batch`, which was built in the same way and not been reset yet, and checks
    /// that rewards and flags are the recorded ones to the last bit. Other environments of the batch get
    /// some allowed action. `seen` gets the batch after every event.
    ///
    /// # Errors
    /// A batch of another kind, one that refuses, or the first difference.
    pub fn replay(
        &self,
        batch: &mut dyn VectorEnv,
        mut seen: impl FnMut(&dyn VectorEnv),
    ) -> Result<(), ReplayError> {
        let (num_envs, spec) = (batch.num_envs(), batch.spec());
        let agents = spec.num_agents;
        let width = spec.action_space.flat_len() * agents;
        if spec.id != self.id {
            return Err(ReplayError::Misfit(format!("it is of {}, the batch of {}", self.id, spec.id)));
        }
        if let Some(env) = self.envs.iter().find(|&&env| env >= num_envs) {
            return Err(ReplayError::Misfit(format!("there is no environment {env}")));
        }
        if self.events.iter().any(|event| !fits(event, self.envs.len(), agents, width, num_envs)) {
            return Err(ReplayError::Misfit("an event has lists of another length".into()));
        }
        let filler = allowed_action(&spec.action_space).repeat(num_envs * agents);
        let mut integers: Vec<i32> = filler.iter().map(|&value| value as i32).collect();
        let mut numbers = filler;
        let mut ended = vec![false; num_envs];
        for (event, recorded) in self.events.iter().enumerate() {
            match recorded {
                RecordedEvent::Reset { seed, mask, context } => {
                    let mask = mask.as_ref().map(|mask| self.spread(mask, num_envs, false));
                    let options =
                        ResetOptions { seed: *seed, mask: mask.as_deref(), context: context.as_deref() };
                    batch.reset_with(options)?;
                    for (env, ended) in ended.iter_mut().enumerate() {
                        *ended &= !takes_part(mask.as_deref(), env);
                    }
                }
                RecordedEvent::Step { discrete, continuous, mask, .. } => {
                    self.reset_others(batch, &mut ended)?;
                    for (index, &env) in self.envs.iter().enumerate() {
                        let (from, to) = (index * width..(index + 1) * width, env * width..(env + 1) * width);
                        if continuous.is_empty() {
                            integers[to].copy_from_slice(&discrete[from]);
                        } else {
                            numbers[to].copy_from_slice(&continuous[from]);
                        }
                    }
                    let actions = if continuous.is_empty() {
                        Actions::Discrete(&integers)
                    } else {
                        Actions::Continuous(&numbers)
                    };
                    let step = match mask {
                        None => batch.step_with(actions)?,
                        Some(mask) => batch.step_masked(actions, &self.spread(mask, num_envs, true))?,
                    };
                    self.compare(event, recorded, &step)?;
                    for (env, ended) in ended.iter_mut().enumerate() {
                        *ended = step.ended(env);
                    }
                }
            }
            seen(batch);
        }
        Ok(())
    }

    /// A flag for every environment: that of the recorded ones, `others` for the others.
    fn spread(&self, flags: &[bool], num_envs: usize, others: bool) -> Vec<bool> {
        let mut mask = vec![others; num_envs];
        for (&env, &flag) in self.envs.iter().zip(flags) {
            mask[env] = flag;
        }
        mask
    }

    /// Resets environments that are not recorded and would refuse to be stepped.
    fn reset_others(&self, batch: &mut dyn VectorEnv, ended: &mut [bool]) -> Result<(), Error> {
        if batch.autoreset() != AutoresetMode::Disabled {
            return Ok(());
        }
        for &env in &self.envs {
            ended[env] = false;
        }
        if ended.contains(&true) {
            batch.reset_mask(ended)?;
            ended.fill(false);
        }
        Ok(())
    }

    fn compare(&self, event: usize, recorded: &RecordedEvent, step: &Step<'_>) -> Result<(), ReplayError> {
        let RecordedEvent::Step { rewards, terminated, truncated, .. } = recorded else { return Ok(()) };
        let agents = step.reward.len() / step.terminated.len();
        for (index, &env) in self.envs.iter().enumerate() {
            let differs = |what, recorded: String, replayed: String| {
                Err(ReplayError::Diverged { event, env, what, recorded, replayed })
            };
            let then = &rewards[index * agents..(index + 1) * agents];
            let now = &step.reward[env * agents..(env + 1) * agents];
            if then.iter().zip(now).any(|(then, now)| then.to_bits() != now.to_bits()) {
                return differs("the reward", format!("{then:?}"), format!("{now:?}"));
            }
            if terminated[index] != step.terminated[env] {
                return differs(
                    "terminated",
                    terminated[index].to_string(),
                    step.terminated[env].to_string(),
                );
            }
            if truncated[index] != step.truncated[env] {
                return differs("truncated", truncated[index].to_string(), step.truncated[env].to_string());
            }
        }
        Ok(())
    }
}

/// Some action of the space.
fn allowed_action(space: &Space) -> Vec<f32> {
    match space {
        Space::Discrete { start, .. } => vec![*start as f32],
        Space::Box { low, high, .. } => vec![0f32.max(*low).min(*high); space.flat_len()],
        _ => vec![0.0; space.flat_len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        corridor::{Corridor, RIGHT},
        seeding::{Random, philox::Philox},
    };

    fn record(mode: AutoresetMode) -> Recording {
        let mut batch = RecordEpisodes::wrap(Corridor::new(4, mode), &[2, 0], 1000).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(8).unwrap();
        let mut random = Philox::for_level(0, 0);
        for _ in 0..60 {
            let actions: Vec<i32> = (0..4).map(|_| random.int(0, 3)).collect();
            let step = batch.step_with((&actions).into()).unwrap();
            let ended: Vec<bool> = (0..4).map(|env| step.ended(env)).collect();
            if mode == AutoresetMode::Disabled && ended.contains(&true) {
                (&mut batch as &mut dyn VectorEnv).reset_mask(&ended).unwrap();
            }
        }
        batch.transform().recording().clone()
    }

    #[test]
    fn a_recording_plays_again() {
        for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled] {
            let recording = record(mode);
            let ends = recording.events.iter().filter(
                |event| matches!(event, RecordedEvent::Step { terminated, .. } if terminated.contains(&true)),
            );
            assert!(ends.count() > 1, "episodes ended");
            let text = serde_json::to_string(&recording).unwrap();
            let recording: Recording = serde_json::from_str(&text).unwrap();
            let mut events = 0;
            recording.replay(&mut Corridor::new(4, mode), |_| events += 1).unwrap();
            assert_eq!(events, recording.events.len());
        }
    }

    #[test]
    fn a_difference_is_named() {
        let mut recording = record(AutoresetMode::NextStep);
        let Some(RecordedEvent::Step { rewards, .. }) = recording.events.get_mut(5) else { panic!("a step") };
        rewards[1] += 0.5;
        let error = recording.replay(&mut Corridor::new(4, AutoresetMode::NextStep), |_| ()).unwrap_err();
        assert!(
            matches!(error, ReplayError::Diverged { event: 5, env: 0, what: "the reward", .. }),
            "{error}"
        );
    }

    #[test]
    fn a_recording_fits_only_its_own_kind() {
        let mut recording = record(AutoresetMode::NextStep);
        let error = recording.replay(&mut Corridor::new(2, AutoresetMode::NextStep), |_| ()).unwrap_err();
        assert_eq!(error.to_string(), "the recording does not fit this batch: there is no environment 2");
        recording.events.push(RecordedEvent::Reset { seed: None, mask: Some(vec![true]), context: None });
        assert!(recording.replay(&mut Corridor::new(4, AutoresetMode::NextStep), |_| ()).is_err());
    }

    #[test]
    fn a_full_recording_says_so() {
        let mut batch = RecordEpisodes::wrap(Corridor::disabled(1), &[0], 2).unwrap();
        let view: &mut dyn VectorEnv = &mut batch;
        view.reset(0).unwrap();
        view.step(&[2]).unwrap();
        view.step(&[RIGHT]).unwrap();
        assert_eq!(batch.transform().recording().events.len(), 2);
        assert!(!batch.transform().recording().complete);
        (&mut batch as &mut dyn VectorEnv).reset(1).unwrap();
        assert!(batch.transform().recording().complete, "a new recording");
    }

    #[test]
    fn environments_are_recorded_once() {
        assert!(RecordEpisodes::wrap(Corridor::disabled(2), &[0, 0], 9).is_err());
        assert!(RecordEpisodes::wrap(Corridor::disabled(2), &[2], 9).is_err());
    }
}
