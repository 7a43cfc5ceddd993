//! A list of actions, played from the beginning.

use pentathlon_gym::VectorEnv;

use super::{Policy, action_numbers};
use crate::Error;

/// The same action for every agent of every environment, step by step.
#[derive(Clone, Debug)]
pub struct ScriptedPolicy {
    actions: Vec<i32>,
    played: usize,
}

impl ScriptedPolicy {
    /// Plays `actions` from the first on.
    pub fn new(actions: Vec<i32>) -> Self {
        Self { actions, played: 0 }
    }

    /// Steps that are left.
    pub fn remaining(&self) -> usize {
        self.actions.len() - self.played
    }
}

impl Policy for ScriptedPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut [i32]) -> Result<(), Error> {
        let width = action_numbers(env)?;
        let action =
            *self.actions.get(self.played).ok_or(Error::ScriptEnded { steps: self.actions.len() })?;
        self.played += 1;
        for (row, _) in actions.chunks_exact_mut(width).zip(active).filter(|(_, active)| **active) {
            row.fill(action);
        }
        Ok(())
    }
}
