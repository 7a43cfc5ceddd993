//! Hierarchies of named subgoals, after GMAH: "Subgoal-based Hierarchical Reinforcement Learning for Multi-Agent
//! Collaboration" (Xu et al., 2024, arXiv 2408.11416).
//!
//! - [`TaskTree`]: the subgoals of a task;
//! - [`LowLevel`]: one network that pursues them, trained on [intrinsic rewards](IntrinsicConfig), with
//!   [`Pursuits`] to learn from, relabelled in hindsight if asked for;
//! - [`HighLevel`]: the policy that chooses among them;
//! - [`Surprise`]: what notices that the world has changed, so that agents choose anew;
//! - [`Mixing`]: values of subgoals of a team, mixed (GMIX);
//! - [`GmahTrainer`]: the three stages in one run; [`HierarchyActor`]: the result at work.

mod actor;
mod checkpoint;
mod config;
mod high_level;
mod intrinsic;
mod low_level;
mod mixing;
mod progress;
mod pursuit;
mod run_files;
mod surprise;
mod task_tree;
mod trainer;

pub use actor::{HierarchyActor, HierarchyEvaluation};
pub use checkpoint::{TrainedLowLevel, is_hierarchy};
pub use config::{
    EXPERIMENTS, GmahConfig, HierarchyConfig, HighStageConfig, LowStageConfig, MixingStageConfig,
};
pub use high_level::{DecisionSettings, HighLevel, HighLevelState, high_level_layout};
pub use intrinsic::{IntrinsicConfig, PursuitStep};
pub use low_level::{LowLevel, LowLevelSettings};
pub use mixing::Mixing;
pub use progress::{GmahProgress, Stage};
pub use pursuit::Pursuits;
pub use run_files::HierarchyFiles;
pub use surprise::{Surprise, SurpriseConfig, SurpriseState, SurpriseStatistics};
pub use task_tree::{OrderedTree, TaskTree, TrashGridTree, scripted_options, task_tree};
pub use trainer::GmahTrainer;
