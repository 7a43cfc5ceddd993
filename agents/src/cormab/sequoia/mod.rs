//! SEQUOIA: a Q-network whose best action is found by exact search, in training and in use. It starts as a
//! network of the one-step reward and learns from there by Q-learning with the search inside.

mod adamw;
mod agent;
mod checkpoint;
mod config;
mod gradient;
mod learner;
mod replay;
mod target;
mod trainer;
mod warm_start;

pub use self::{
    adamw::{AdamW, AdamWConfig},
    agent::{SequoiaAgent, SequoiaPolicy},
    config::{
        EXPERIMENTS, ExplorationConfig, ProblemConfig, SearchConfig, SequoiaConfig, TargetSchedule,
        TrainingConfig, WarmStartConfig,
    },
    gradient::Gradient,
    replay::Replay,
    target::{huber, td_target},
    trainer::{Progress, SequoiaTrainer, Trained, train},
    warm_start::{Sample, fit, samples},
};
