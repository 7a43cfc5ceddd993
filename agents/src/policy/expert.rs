//! The actions of an expert that knows the whole world: the demonstrator that others learn from.

use pentathlon_envs::minigrid::expert::{Adviser, has_expert};
use pentathlon_gym::{ActionBuffer, VectorEnv};

use super::{Policy, discrete_actions};
use crate::Error;

/// What is done where the expert knows no further: turning on the spot, which changes nothing.
const TURN: i32 = 0;

/// The planner of MiniGrid and BabyAI as a policy.
#[derive(Clone, Debug)]
pub struct ExpertPolicy {
    adviser: Adviser,
}

impl ExpertPolicy {
    /// The expert for the environments of `env`.
    ///
    /// # Errors
    /// An environment that no expert is written for.
    pub fn new(env: &dyn VectorEnv) -> Result<Self, Error> {
        if has_expert(env) {
            return Ok(Self { adviser: Adviser::default() });
        }
        Err(Error::Unsupported {
            id: env.spec().id.clone(),
            reason: String::from(
                "it has no expert; all MiniGrid-* and BabyAI-* ids but MiniGrid-Playground-v0 have one",
            ),
        })
    }
}

impl Policy for ExpertPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let actions = discrete_actions(env, actions)?;
        for (index, action) in actions.iter_mut().enumerate().filter(|(index, _)| active[*index]) {
            *action = self.adviser.action(env, index)?.map_or(TURN, i32::from);
        }
        Ok(())
    }
}
