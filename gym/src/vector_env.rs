//! The batch of environments that a user holds.

use std::any::Any;

use crate::{
    AutoresetMode, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot,
    statistics::EpisodeRecord,
};

/// One action for every agent of every environment, `[num_envs, num_agents, ...action shape]`.
#[derive(Clone, Copy, Debug)]
pub enum Actions<'a> {
    /// For `Discrete` and `MultiDiscrete` action spaces.
    Discrete(&'a [i32]),
    /// For `Box` action spaces.
    Continuous(&'a [f32]),
}

impl<'a> From<&'a [i32]> for Actions<'a> {
    fn from(actions: &'a [i32]) -> Self {
        Self::Discrete(actions)
    }
}

impl<'a> From<&'a Vec<i32>> for Actions<'a> {
    fn from(actions: &'a Vec<i32>) -> Self {
        Self::Discrete(actions)
    }
}

impl<'a, const N: usize> From<&'a [i32; N]> for Actions<'a> {
    fn from(actions: &'a [i32; N]) -> Self {
        Self::Discrete(actions)
    }
}

impl<'a> From<&'a [f32]> for Actions<'a> {
    fn from(actions: &'a [f32]) -> Self {
        Self::Continuous(actions)
    }
}

impl<'a> From<&'a Vec<f32>> for Actions<'a> {
    fn from(actions: &'a Vec<f32>) -> Self {
        Self::Continuous(actions)
    }
}

impl Actions<'_> {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Discrete(actions) => actions.len(),
            Self::Continuous(actions) => actions.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a step returns, borrowed from the batch's own buffers.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// The selected observations.
    pub observation: &'a Observation,
    /// Rewards, `[num_envs, num_agents]`.
    pub reward: &'a [f32],
    /// Whether the episode reached a terminal state in this step, `[num_envs]`.
    pub terminated: &'a [bool],
    /// Whether the episode was cut off in this step, `[num_envs]`. Both may be true at once.
    pub truncated: &'a [bool],
    /// Everything else.
    pub info: Info<'a>,
}

impl Step<'_> {
    /// Whether the episode of environment `env` ended in this step, one way or the other.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn ended(&self, env: usize) -> bool {
        self.terminated[env] || self.truncated[env]
    }
}

/// The named channels of a step.
#[derive(Clone, Copy, Debug)]
pub struct Info<'a> {
    /// With [`AutoresetMode::SameStep`]: rows of the environments that ended in this step hold the
    /// last observation of the ended episode; other rows are unspecified. `None` in other modes.
    pub final_observation: Option<&'a Observation>,
    /// Subgoal event of the step, `[num_envs, num_agents]`: an index into `spec.subgoals`, or -1.
    pub subgoal: &'a [i32],
    /// Whether each episode that ended in this step was a success, `[num_envs]`.
    pub success: &'a [bool],
    /// Whether this step only reset the environment ([`AutoresetMode::NextStep`]), `[num_envs]`.
    pub was_reset: &'a [bool],
    /// Episodes that ended in this step, in environment order.
    pub episodes: &'a [EpisodeRecord],
    /// The channels of `spec.channels` in their order, by name, `[num_envs, num_agents, ...]` each. They tell of
    /// the step just made: all 0 where a step only reset an environment. Empty where a domain has none.
    pub channels: &'a [(String, Vec<f32>)],
}

impl<'a> Info<'a> {
    /// The numbers of the channel called `name`; `None` where the domain declares none of that name.
    pub fn channel(&self, name: &str) -> Option<&'a [f32]> {
        self.channels.iter().find(|(channel, _)| channel == name).map(|(_, values)| values.as_slice())
    }
}

/// A batch of environments of one id that reset and step together. Object-safe.
///
/// Invalid input is an [`Error`] and changes nothing. Buffers are owned by the batch and reused: a
/// step allocates nothing.
pub trait VectorEnv: Send {
    /// The specification, with the limits and spaces that this batch was built with.
    fn spec(&self) -> &EnvSpec;

    /// What the batch was built with; defaults are resolved (device, levels, observations, limit).
    fn options(&self) -> &BuildOptions;

    /// Number of environments.
    fn num_envs(&self) -> usize {
        self.options().num_envs
    }

    /// When ended environments start their next episode.
    fn autoreset(&self) -> AutoresetMode {
        self.options().autoreset
    }

    /// The observation after the last reset or step.
    fn observation(&self) -> &Observation;

    /// Resets all or some environments; see [`ResetOptions`].
    ///
    /// # Errors
    /// A mask or context of the wrong length or out of range, or a level that could not be generated.
    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error>;

    /// Steps every environment once.
    ///
    /// # Errors
    /// An action of the wrong kind, count or range (named by environment), a batch that was never
    /// reset, or with [`AutoresetMode::Disabled`] an environment that has ended.
    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error>;

    /// Whether [`VectorEnv::step_masked`] works on this batch.
    fn can_step_masked(&self) -> bool {
        false
    }

    /// Steps only the environments whose flag is set. The others keep their state and observation and
    /// report reward 0, no event and no flag; their actions are ignored, and they may have ended.
    ///
    /// # Errors
    /// As [`VectorEnv::step_with`], or a mask of the wrong length, or [`Error::Unsupported`].
    fn step_masked(&mut self, _actions: Actions<'_>, _mask: &[bool]) -> Result<Step<'_>, Error> {
        Err(Error::Unsupported { what: "stepping only some of its environments" })
    }

    /// The mission of environment `env` in words; empty where the domain has none. `None` when there
    /// is no such environment.
    fn mission(&self, env: usize) -> Option<String>;

    /// A copy of the whole state, random streams included.
    ///
    /// # Errors
    /// When the state cannot be read back from the device.
    fn snapshot(&self) -> Result<Snapshot, Error>;

    /// Continues from `snapshot`, bit for bit.
    ///
    /// # Errors
    /// When the snapshot is of another id, another build or damaged; the batch is then unchanged.
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error>;

    /// A copy of the state of environment `env` alone, its random stream included.
    ///
    /// # Errors
    /// An environment that there is not, a batch that was never reset, or [`Error::Unsupported`].
    fn snapshot_environment(&self, _env: usize) -> Result<Snapshot, Error> {
        Err(Error::Unsupported { what: "snapshots of single environments" })
    }

    /// Has environment `env` go on from `snapshot`, which was taken of one environment of a batch of the same id,
    /// options, levels and step limit; number of environments and autoreset may differ. Its episode goes on bit for
    /// bit; the episodes after it are those that come next under the seed and the number that the snapshot holds.
    ///
    /// # Errors
    /// As [`VectorEnv::snapshot_environment`], and when the snapshot does not fit, is damaged, or of an episode that
    /// has ended; the environment is then unchanged.
    fn restore_environment(&mut self, _env: usize, _snapshot: &Snapshot) -> Result<&Observation, Error> {
        Err(Error::Unsupported { what: "snapshots of single environments" })
    }

    /// The batch that this one wraps, if it is a wrapper.
    fn inner(&self) -> Option<&dyn VectorEnv> {
        None
    }

    /// For looking at the concrete batch.
    fn as_any(&self) -> &dyn Any;

    /// For changing the concrete batch.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl dyn VectorEnv + '_ {
    /// Resets all environments, with a new seed or continuing the running streams.
    ///
    /// # Errors
    /// As [`VectorEnv::reset_with`].
    pub fn reset(&mut self, seed: impl Into<Option<u64>>) -> Result<&Observation, Error> {
        self.reset_with(ResetOptions { seed: seed.into(), ..ResetOptions::default() })
    }

    /// Resets the environments whose flag is set.
    ///
    /// # Errors
    /// As [`VectorEnv::reset_with`].
    pub fn reset_mask(&mut self, mask: &[bool]) -> Result<&Observation, Error> {
        self.reset_with(ResetOptions { mask: Some(mask), ..ResetOptions::default() })
    }

    /// Steps every environment once; takes `&[i32]` or `&[f32]` as the action space asks.
    ///
    /// # Errors
    /// As [`VectorEnv::step_with`].
    pub fn step<'a>(&mut self, actions: impl Into<Actions<'a>>) -> Result<Step<'_>, Error> {
        self.step_with(actions.into())
    }
}

impl VectorEnv for Box<dyn VectorEnv> {
    fn spec(&self) -> &EnvSpec {
        (**self).spec()
    }
    fn options(&self) -> &BuildOptions {
        (**self).options()
    }
    fn observation(&self) -> &Observation {
        (**self).observation()
    }
    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        (**self).reset_with(options)
    }
    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        (**self).step_with(actions)
    }
    fn can_step_masked(&self) -> bool {
        (**self).can_step_masked()
    }
    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        (**self).step_masked(actions, mask)
    }
    fn mission(&self, env: usize) -> Option<String> {
        (**self).mission(env)
    }
    fn snapshot(&self) -> Result<Snapshot, Error> {
        (**self).snapshot()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        (**self).restore(snapshot)
    }
    fn snapshot_environment(&self, env: usize) -> Result<Snapshot, Error> {
        (**self).snapshot_environment(env)
    }
    fn restore_environment(&mut self, env: usize, snapshot: &Snapshot) -> Result<&Observation, Error> {
        (**self).restore_environment(env, snapshot)
    }
    fn inner(&self) -> Option<&dyn VectorEnv> {
        (**self).inner()
    }
    fn as_any(&self) -> &dyn Any {
        (**self).as_any()
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        (**self).as_any_mut()
    }
}
