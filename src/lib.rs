//! Batched reinforcement-learning environments and the agents that compete in them: the facade over the
//! crates of Pentathlon.
//!
//! [`make`] finds an environment by its id and gives a [`Builder`]; what that builds is a [`VectorEnv`], which
//! resets and steps thousands of environments together. [`specs`] lists what there is; [`trace`] records and
//! reads what happened.
//!
//! ```
//! let mut batch = pentathlon::make("MiniGrid-DoorKey-8x8-v0")?.num_envs(64).seed(7).build()?;
//! batch.reset(None)?;
//! let step = batch.step(&[2; 64])?; // everyone walks forward
//! assert_eq!(step.observation["image"].len(), 64 * 7 * 7 * 3);
//! assert!(step.info.episodes.is_empty());
//! # Ok::<(), pentathlon::Error>(())
//! ```

mod builder;
pub mod dataset;
pub mod trace;

pub use builder::{Builder, make, registry, specs};
pub use pentathlon_gym::{
    ActionBuffer, Actions, AgentStep, Array, AutoresetMode, BuildOptions, ChannelSpec, ContextParameter,
    Device, ElementType, EnvSpec, EpisodeRecord, EpisodeStatistics, Error, GeneratorKind, Group, Info,
    Levels, Observation, ObservationField, ObservationSpec, OptionSpec, OptionValue, ParallelEnv, Registry,
    ResetOptions, Snapshot, Space, Step, VectorEnv,
};

/// Agents: networks, learners, checkpoints, evaluation.
pub use pentathlon_agents as agents;
/// The engine that steps batches, for authors of new disciplines.
pub use pentathlon_engine as engine;
/// The disciplines.
pub use pentathlon_envs as envs;
/// The batch contract: spaces, specifications, seeding, wrappers.
pub use pentathlon_gym as gym;
/// Articulated rigid-body dynamics with contact.
pub use pentathlon_physics as physics;
/// Pictures of batches.
pub use pentathlon_render as render;

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
