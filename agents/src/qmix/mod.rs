//! Value learners for teams: independent Q-learning, value decomposition networks and QMIX (Rashid et
//! al., 2018, "QMIX: Monotonic Value Function Factorisation for Deep Multi-Agent Reinforcement
//! Learning"), with recurrent agents that share parameters, replay of whole episodes, double Q-learning
//! and target networks.
//!
//! The learner sees a [`DecisionProcess`](crate::options::DecisionProcess): what is chosen may be an
//! action or, for teams with options, a subgoal. A team's run, [`TeamTrainer`], trains
//! [`coma`](crate::coma) as well.

mod action_selection;
mod checkpoint;
mod collector;
mod config;
mod joint;
mod layers;
mod learner;
mod minibatch;
mod mixed;
mod mixer;
mod networks;
mod policy;
mod replay;
mod run_files;
mod team_learner;
mod trainer;
mod unrolled;

pub use action_selection::ActionSelection;
pub(crate) use action_selection::{best_choice, random_choice};
pub use collector::Collector;
pub(crate) use collector::numbers;
pub use config::{
    EXPERIMENTS, ExplorationConfig, Factorisation, LearnerConfig, Optimiser, QmixConfig, TeamAlgorithm,
};
pub use layers::GruCell;
pub(crate) use layers::uniform_linear;
pub(crate) use learner::optimizer;
pub use learner::{Learner, LearnerBytes, UpdateStatistics};
pub(crate) use minibatch::Unrolled;
pub use mixer::Mixer;
pub(crate) use networks::input_len;
pub use networks::{AgentNetwork, Networks};
pub use policy::{TeamCheckpoint, TeamPolicy};
pub use replay::{Batch, Episode, Replay};
pub use run_files::TeamFiles;
pub use team_learner::TeamLearner;
pub use trainer::{TeamProgress, TeamTrainer};
pub(crate) use unrolled::{Keep, Weights};
