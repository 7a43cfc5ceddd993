//! What the engine needs to know of a domain: its records, its rules as the native shell calls them,
//! and its compute kernels.

use std::ops::Range;

use bevy_ecs::component::{Component, Mutable};
use pentathlon_gym::{
    EnvSpec,
    seeding::{Random, pcg64::Pcg64},
};

use crate::episode::records::{Episode, Outcome};

/// A plain record that lives in a column: one per environment, the same bytes on every device.
pub trait Record: bytemuck::Pod + Component<Mutability = Mutable> + PartialEq + std::fmt::Debug {}

impl<T: bytemuck::Pod + Component<Mutability = Mutable> + PartialEq + std::fmt::Debug> Record for T {}

/// The sets of the schedule, in the order in which every step runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, bevy_ecs::schedule::SystemSet)]
pub enum Set {
    /// Actions are taken over, and changed where a rule says so.
    Act,
    /// The world moves.
    Step,
    /// Rewards are computed.
    Reward,
    /// Ended episodes are marked.
    Terminate,
    /// Ended environments take their next level.
    Autoreset,
    /// Selected observations are written.
    Observe,
}

impl Set {
    /// All sets, in order.
    pub const ALL: [Self; 6] =
        [Self::Act, Self::Step, Self::Reward, Self::Terminate, Self::Autoreset, Self::Observe];
}

/// One environment, to look at.
#[derive(Clone, Copy, Debug)]
pub struct Instance<'a, S> {
    /// The fixed-size record.
    pub state: &'a S,
    /// The array of [`Domain::items`] words.
    pub items: &'a [u32],
    /// Where it is in its sequence of episodes.
    pub episode: &'a Episode,
}

/// One environment, to change.
#[derive(Debug)]
pub struct InstanceMut<'a, S> {
    /// The fixed-size record.
    pub state: &'a mut S,
    /// The array of [`Domain::items`] words.
    pub items: &'a mut [u32],
    /// Where it is in its sequence of episodes; `elapsed` already counts the step under way.
    pub episode: &'a Episode,
}

/// Why a level could not be generated.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct GenerationError(pub String);

/// What a binding of a kernel holds; the number is its `binding` in group 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Binding {
    /// Uniform: the engine's `BatchParameters`.
    Parameters = 0,
    /// `[State; num_envs]`.
    States = 1,
    /// `[u32; num_envs * items]`.
    Items = 2,
    /// `[Episode; num_envs]`.
    Episodes = 3,
    /// `[Outcome; num_envs]`.
    Outcomes = 4,
    /// `[i32; num_envs * num_agents * action words]`; of `Box` action spaces the bits of each `f32`.
    Actions = 5,
    /// `[f32; num_envs * num_agents]`.
    Rewards = 6,
    /// `[i32; num_envs * num_agents]`: subgoal events.
    Events = 7,
    /// `[u32; _]`: [`Domain::constants`].
    Constants = 8,
    /// `[State; levels]`: the pool.
    LevelStates = 9,
    /// `[u32; levels * items]`: the pool.
    LevelItems = 10,
    /// `[u32; num_envs * num_agents * row words]`: the rows of one observation, each padded to whole words.
    Observation = 11,
    /// `[Report; num_envs]`: the engine's own.
    Reports = 12,
    /// `[f32; num_envs * channel words]`: of every environment channel after channel, each
    /// `[num_agents, ...shape]`.
    Channels = 13,
}

/// A compute entry point of a domain.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// The set it belongs to; kernels of one set run in the order given.
    pub set: Set,
    /// WGSL source, transpiled from the domain's rules.
    pub source: String,
    /// Name of the entry point.
    pub entry_point: &'static str,
    /// The bindings that the entry point uses (group 0; the enum's number is the binding).
    pub bindings: &'static [Binding],
    /// Invocations per workgroup (`workgroup_size(n)`); one invocation an environment.
    pub workgroup_size: u32,
    /// For [`Set::Observe`]: index into `spec().observations` of the form it writes.
    pub observation: Option<usize>,
}

/// A discipline's rules as the engine runs them. One value describes one registered id as built:
/// sizes, options, constants.
///
/// Methods work on one environment at a time and never see its neighbours, so results do not depend
/// on the batch. They must not allocate, `generate` and `mission` excepted.
pub trait Domain: Send + Sync + 'static {
    /// The fixed-size record of one environment.
    type State: Record;

    /// The specification of the id, with the limits this batch was built with.
    fn spec(&self) -> &EnvSpec;

    /// Words of the array that one environment holds beside its state (cells, creatures, contacts).
    fn items(&self) -> usize;

    /// Words that kernels read through [`Binding::Constants`]; at least one.
    fn constants(&self) -> Vec<u32> {
        vec![0]
    }

    /// The words of an environment's array that its next step is likely to read, the observation included.
    /// The native executor asks the memory for them ahead of time; nothing but speed depends on them.
    /// Ranges may reach beyond the array.
    #[inline]
    fn likely_reads(&self, _state: &Self::State) -> [Range<usize>; 2] {
        [0..96, 0..0]
    }

    /// Makes a new level in place, overwriting all of `state` and `items`. `context` has one value
    /// per parameter of `spec().context`.
    ///
    /// # Errors
    /// When no level could be found; `state` and `items` then hold a half-made level, which `observe` and
    /// `mission` must still be able to read.
    fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut Self::State,
        items: &mut [u32],
    ) -> Result<(), GenerationError>;

    /// Makes the level of an episode in a batch with the upstream's own generator, in place of
    /// [`Domain::generate`]. `seed` is the one that this environment was last seeded with, `number` counts
    /// its episodes since then from 0. A domain overrides it whose upstream seeds every episode anew instead
    /// of drawing all of them from one stream.
    ///
    /// # Errors
    /// As [`Domain::generate`].
    fn generate_reference(
        &self,
        random: &mut Pcg64,
        _seed: u64,
        _number: u32,
        context: &[f32],
        state: &mut Self::State,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        self.generate(random, context, state, items)
    }

    /// The Act set: may change the action that was asked for.
    fn act<R: Random>(&self, _random: &mut R, _instance: Instance<'_, Self::State>, _action: &mut [i32]) {}

    /// The Step set: moves the world, sets `outcome.verdict` and `outcome.detail` (0 before), and the
    /// subgoal event of each agent (`NO_EVENT` before). `action` holds `[num_agents, action words]`; of
    /// `Box` action spaces each word is the bits of an `f32`.
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, Self::State>,
        action: &[i32],
        outcome: &mut Outcome,
        events: &mut [i32],
    );

    /// The Reward set: the reward of each agent for the step just made.
    fn reward(&self, instance: Instance<'_, Self::State>, outcome: &Outcome, rewards: &mut [f32]);

    /// Part of the Reward set, after the rewards: writes channel `index` of `spec().channels` for the step just
    /// made; `values` is the memory of `[num_agents, ...shape]`.
    #[inline]
    fn channel(
        &self,
        _index: usize,
        _instance: Instance<'_, Self::State>,
        _outcome: &Outcome,
        _values: &mut [f32],
    ) {
    }

    /// The Observe set: writes every agent's row of observation form `form` (an index into
    /// `spec().observations`); `rows` is the memory of `[num_agents, ...space shape]`, native byte
    /// order.
    fn observe(&self, form: usize, instance: Instance<'_, Self::State>, rows: &mut [u8]);

    /// Whether the rules can run on an instance that came from outside (a snapshot, a given level):
    /// indices within bounds, codes that exist. Says what is wrong.
    ///
    /// # Errors
    /// When a rule could fail or read out of bounds on it.
    fn check(&self, _instance: Instance<'_, Self::State>) -> Result<(), String> {
        Ok(())
    }

    /// The mission of an environment in words; empty where the domain has none.
    fn mission(&self, instance: Instance<'_, Self::State>) -> String;

    /// The compute kernels. Those of the Reward set also write the channels that the domain declares. An invocation past `num_envs` returns at once; one whose episode has `ended`
    /// may return or go on, its results are overwritten by the reset. At least Step, Reward, and Observe for every form in `observations`;
    /// `None` for a form without a kernel, which the engine then computes on the host. Domains
    /// without kernels return an empty list and run natively only.
    fn kernels(&self, _observations: &[usize]) -> Vec<Kernel> {
        Vec::new()
    }
}
