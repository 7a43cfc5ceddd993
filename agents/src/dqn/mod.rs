//! Deep Q-learning (Mnih et al., 2015) for one agent, over any decision process: replay of single
//! choices, returns over several of them, double Q-learning and a target network. Choices may be options:
//! each carries the discount of its own length.

mod config;
mod learner;
mod replay;
mod trainer;

pub use config::DqnConfig;
pub use learner::{DqnLearner, DqnStatistics};
pub use replay::{NStepQueue, Transition, TransitionReplay};
pub use trainer::DqnTrainer;
