//! The agents that compete in Pentathlon's disciplines, and how they are trained.
//!
//! - [`config`]: what a training run is, in TOML;
//! - [`networks`]: actor-critic networks in burn, and how observations become their inputs;
//! - [`ppo`]: proximal policy optimisation, vectorised over a batch;
//! - [`behaviour_cloning`]: a policy learnt from demonstrations;
//! - [`options`]: choices that last, and the decision processes that value learners see;
//! - [`qmix`]: independent, additive and monotonic value learners for teams; [`dqn`] for one agent;
//! - [`coma`]: counterfactual policy gradients for teams;
//! - [`gmah`]: hierarchies of named subgoals, for one agent and for teams;
//! - [`option_critic`]: options that learn when to end, in tables;
//! - [`hac`]: levels that set goals for the levels below;
//! - [`snapshot_starts`]: episodes that start in the middle of a teacher's;
//! - [`mbtl`]: which contexts to train on; [`decision_frequency`]: policies that decide less often;
//! - [`td3`]: twin delayed deep deterministic policy gradient, for actions that are real numbers;
//! - [`sequence_policy`]: several actions in one decision;
//! - [`continuous_control`]: training runs of these two;
//! - [`subpo`]: policy gradients on rewards for what is visited for the first time;
//! - [`statistics`]: results over seeds; [`study`]: experiments with a claim;
//! - [`trainer`]: the loop around it: progress, logs, checkpoints that continue exactly;
//! - [`cormab`]: SEQUOIA and what it is compared with, for coupled bandits;
//! - [`policy`] and [`evaluation`]: what acts in a batch, and how good it is.
//!
//! Learners that see observations alone know no discipline: batches come from a function that the caller
//! passes in, [`MakeBatch`].

pub mod behaviour_cloning;
pub mod categorical;
pub mod coma;
pub mod config;
pub mod continuous_control;
pub mod cormab;
pub mod decision_frequency;
pub mod dqn;
pub mod error;
pub mod evaluation;
mod file;
pub mod gmah;
pub mod hac;
pub mod logging;
pub mod mbtl;
pub mod networks;
pub mod option_critic;
pub mod options;
pub mod policy;
pub mod ppo;
pub mod qmix;
pub mod random;
pub mod sequence_policy;
pub mod snapshot_starts;
pub mod statistics;
pub mod study;
pub mod subpo;
pub mod td3;
pub mod trainer;

pub use config::Config;
pub use error::Error;
pub use evaluation::{
    Evaluation, RecordedEpisode, Sight, evaluate, evaluate_and_look, play_episode, play_episode_and_look,
};
pub use policy::{NetworkPolicy, Policy, RandomPolicy, ScriptedPolicy};
pub use trainer::{Checkpoint, Ending, Progress, RunFiles, Trainer};

/// Builds a batch of an environment id, as a registry does.
pub type MakeBatch<'a> = &'a (
        dyn Fn(
    &str,
    &pentathlon_gym::BuildOptions,
) -> Result<Box<dyn pentathlon_gym::VectorEnv>, pentathlon_gym::Error>
            + 'a
    );
