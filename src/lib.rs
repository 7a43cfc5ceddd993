#![doc = include_str!("../README.md")]

mod builder;
pub mod trace;

pub use builder::{Builder, make, registry, specs};
pub use pentathlon_gym::{
    Actions, Array, AutoresetMode, BuildOptions, ContextParameter, Device, ElementType, EnvSpec,
    EpisodeRecord, EpisodeStatistics, Error, GeneratorKind, Group, Info, Levels, Observation,
    ObservationField, ObservationSpec, OptionSpec, OptionValue, Registry, ResetOptions, Snapshot, Space,
    Step, VectorEnv,
};

/// Agents: networks, learners, checkpoints, evaluation.
pub use pentathlon_agents as agents;
/// The engine that steps batches, for authors of new disciplines.
pub use pentathlon_engine as engine;
/// The disciplines.
pub use pentathlon_envs as envs;
/// The batch contract: spaces, specifications, seeding, wrappers.
pub use pentathlon_gym as gym;
/// Pictures of batches.
pub use pentathlon_render as render;
