//! Policies: what chooses the actions of a batch when it is watched, measured or judged.
//!
//! - [`RandomPolicy`]: every allowed action with equal chance.
//! - [`ScriptedPolicy`]: a list of actions.
//! - [`NetworkPolicy`]: a trained network.
//! - [`ExpertPolicy`]: the planner of MiniGrid and BabyAI.

mod expert;
mod network;
mod random;
mod scripted;

pub use expert::ExpertPolicy;
pub use network::NetworkPolicy;
pub use random::RandomPolicy;
pub use scripted::ScriptedPolicy;

use pentathlon_gym::VectorEnv;

use crate::Error;

/// Chooses discrete actions for a batch.
pub trait Policy {
    /// Writes the actions of every environment whose flag in `active` is set; the others keep what is
    /// there. `actions` is `[num_envs, num_agents, numbers of one action]`.
    ///
    /// # Errors
    /// An environment that the policy cannot act in, or a script that has ended.
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut [i32]) -> Result<(), Error>;

    /// Forgets what is remembered of environment `env`, whose next observation is the first of an episode. Policies
    /// without a memory have nothing to do.
    fn forget(&mut self, _env: usize) {}

    /// What the agents of environment `env` are at, in a few words for the line below a picture. Policies that do
    /// not choose subgoals have nothing to say.
    fn caption(&self, _env: usize) -> Option<String> {
        None
    }
}

/// How many whole numbers the actions of one environment of `env` are, all agents together.
///
/// # Errors
/// Environments with continuous actions.
pub fn action_numbers(env: &dyn VectorEnv) -> Result<usize, Error> {
    let spec = env.spec();
    match &spec.action_space {
        pentathlon_gym::Space::Discrete { .. } => Ok(spec.num_agents),
        pentathlon_gym::Space::MultiDiscrete { n } => Ok(spec.num_agents * n.len()),
        other => Err(Error::Unsupported {
            id: spec.id.clone(),
            reason: format!("its actions are {other:?}; this policy needs Discrete or MultiDiscrete"),
        }),
    }
}
