//! Training runs of learners whose actions are real numbers, [TD3](crate::td3) and
//! [sequences of actions](crate::sequence_policy) (SRL): configuration, progress, checkpoints from which a run goes on bit
//! for bit, and the trained actor as a [`Policy`](crate::Policy).

mod checkpoint;
mod config;
mod learner;
mod policy;
mod run_files;
mod trainer;

pub use checkpoint::ContinuousCheckpoint;
pub use config::{Algorithm, ContinuousConfig, EXPERIMENTS, ReturnStopConfig};
pub use policy::ContinuousPolicy;
pub use run_files::ContinuousFiles;
pub use trainer::{ContinuousProgress, ContinuousTrainer};
