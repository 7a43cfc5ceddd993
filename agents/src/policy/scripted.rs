//! A list of actions, played from the beginning.

use pentathlon_gym::{ActionBuffer, Actions, VectorEnv};

use super::{Policy, continuous_actions, discrete_actions};
use crate::Error;

/// The same numbers for every agent of every environment, step by step.
#[derive(Clone, Debug)]
pub struct ScriptedPolicy {
    actions: ActionBuffer,
    played: usize,
}

impl ScriptedPolicy {
    /// Plays `actions` from the first on, a number a step.
    pub fn new(actions: ActionBuffer) -> Self {
        Self { actions, played: 0 }
    }

    /// Steps that are left.
    pub fn remaining(&self) -> usize {
        self.actions.len() - self.played
    }
}

impl Policy for ScriptedPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        if self.remaining() == 0 {
            return Err(Error::ScriptEnded { steps: self.actions.len() });
        }
        let width = env.spec().action_numbers().max(1);
        let rows = (0..active.len()).filter(|&index| active[index]);
        match self.actions.part(self.played, 1) {
            Actions::Discrete(now) => {
                let actions = discrete_actions(env, actions)?;
                rows.for_each(|row| actions[row * width..(row + 1) * width].fill(now[0]));
            }
            Actions::Continuous(now) => {
                let actions = continuous_actions(env, actions)?;
                rows.for_each(|row| actions[row * width..(row + 1) * width].fill(now[0]));
            }
        }
        self.played += 1;
        Ok(())
    }
}
