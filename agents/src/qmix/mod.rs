//! Value learners for teams: independent Q-learning, value decomposition networks and QMIX (Rashid et
//! al., 2018, "QMIX: Monotonic Value Function Factorisation for Deep Multi-Agent Reinforcement
//! Learning"), with recurrent agents that share parameters, replay of whole episodes, double Q-learning
//! and target networks.
//!
//! The learner sees a [`DecisionProcess`](crate::options::DecisionProcess): what is chosen may be an
//! action or, for teams with options, a subgoal.

mod checkpoint;
mod collector;
mod config;
mod dense;
mod gates;
mod joint;
mod layers;
mod learner;
mod mixed;
mod mixer;
mod networks;
mod policy;
mod replay;
mod run_files;
mod trainer;
mod unrolled;

pub use collector::Collector;
pub(crate) use collector::{best_choice, random_choice};
pub use config::{ExplorationConfig, Factorisation, LearnerConfig, Optimiser, QmixConfig};
pub use layers::GruCell;
pub(crate) use layers::uniform_linear;
pub use learner::{Learner, LearnerBytes, UpdateStatistics};
pub use mixer::Mixer;
pub use networks::{AgentNetwork, Networks};
pub use policy::{TeamCheckpoint, TeamPolicy};
pub use replay::{Batch, Episode, Replay};
pub use run_files::TeamFiles;
pub use trainer::{TeamProgress, TeamTrainer};
