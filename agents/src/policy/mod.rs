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

use pentathlon_gym::{ActionBuffer, VectorEnv};

use crate::Error;

/// Chooses actions for a batch.
pub trait Policy {
    /// Writes the actions of every environment whose flag in `active` is set; the others keep what is
    /// there. `actions` is `[num_envs, num_agents, ...action shape]`, as [`ActionBuffer::of`] makes it for `env`.
    ///
    /// # Errors
    /// An environment that the policy cannot act in, or a script that has ended.
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error>;

    /// Forgets what is remembered of environment `env`, whose next observation is the first of an episode. Policies
    /// without a memory have nothing to do.
    fn forget(&mut self, _env: usize) {}

    /// What the agents of environment `env` are at, in a few words for the line below a picture. Policies that do
    /// not choose subgoals have nothing to say.
    fn caption(&self, _env: usize) -> Option<String> {
        None
    }
}

/// The whole numbers in `actions`, for policies that know no others.
///
/// # Errors
/// Environments with continuous actions.
pub fn discrete_actions<'a>(
    env: &dyn VectorEnv,
    actions: &'a mut ActionBuffer,
) -> Result<&'a mut [i32], Error> {
    match actions {
        ActionBuffer::Discrete(actions) => Ok(actions),
        ActionBuffer::Continuous(_) => {
            let spec = env.spec();
            let reason = format!(
                "its actions are {}; this policy chooses whole numbers, of a Discrete or MultiDiscrete space",
                spec.action_space
            );
            Err(Error::Unsupported { id: spec.id.clone(), reason })
        }
    }
}

/// The real numbers in `actions`, for policies that know no others.
///
/// # Errors
/// Environments with discrete actions.
pub fn continuous_actions<'a>(
    env: &dyn VectorEnv,
    actions: &'a mut ActionBuffer,
) -> Result<&'a mut [f32], Error> {
    match actions {
        ActionBuffer::Continuous(actions) => Ok(actions),
        ActionBuffer::Discrete(_) => {
            let spec = env.spec();
            let reason =
                format!("its actions are {}; this policy chooses real numbers, of a Box", spec.action_space);
            Err(Error::Unsupported { id: spec.id.clone(), reason })
        }
    }
}
