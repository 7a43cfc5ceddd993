//! The batch contract of Pentathlon: what an environment batch is to the person or the learner that
//! holds it, in the words of [Gymnasium](https://gymnasium.farama.org) 1.x.
//!
//! This crate knows neither the ECS that batches live in nor the device that steps them. It holds
//! the vocabulary: [`Space`]s with bounds, the [`EnvSpec`] of a registered id, the object-safe
//! [`VectorEnv`], the options a batch is built with, typed [`Observation`] buffers, seeding,
//! wrappers, episode statistics and snapshots.

pub mod action_buffer;
pub mod array;
pub mod conformance;
pub mod error;
pub mod options;
pub mod parallel;
pub mod registry;
pub mod seeding;
pub mod snapshot;
pub mod space;
pub mod spec;
pub mod statistics;
pub mod vector_env;
pub mod wrappers;

#[cfg(test)]
extern crate self as pentathlon_gym;
#[cfg(test)]
#[path = "../tests/corridor/mod.rs"]
mod corridor;

pub use action_buffer::ActionBuffer;
pub use array::{Array, ElementType, Observation, ObservationField};
pub use error::Error;
pub use options::{AutoresetMode, BuildOptions, Device, GeneratorKind, Levels, OptionValue, ResetOptions};
pub use parallel::{ALIVE_CHANNEL, AgentStep, ParallelEnv};
pub use registry::{Constructor, Registry};
pub use snapshot::{Snapshot, SnapshotError};
pub use space::{NotContained, Space};
pub use spec::{ChannelSpec, ContextParameter, EnvSpec, Group, ObservationSpec, OptionSpec};
pub use statistics::{EpisodeRecord, EpisodeStatistics, EpisodeWindow, RunningEpisodes};
pub use vector_env::{Actions, Info, Step, VectorEnv};
