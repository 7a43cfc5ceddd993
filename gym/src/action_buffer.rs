//! Actions that are owned: room for those of a whole batch, and columns of them that grow step by step. What
//! [`Actions`] borrows.

use serde::{Deserialize, Serialize};

use crate::{Actions, Array, EnvSpec, Error, Space, VectorEnv};

/// Actions one after the other, of the type that an action space asks for. Of a whole batch they are
/// `[num_envs, num_agents, ...action shape]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ActionBuffer {
    /// For `Discrete` and `MultiDiscrete` action spaces.
    Discrete(Vec<i32>),
    /// For `Box` action spaces.
    Continuous(Vec<f32>),
}

impl ActionBuffer {
    /// An allowed action for every agent of every environment of `env`: the lowest of discrete ones, of real ones the
    /// one next to 0.
    ///
    /// # Errors
    /// An action space that no batch takes actions of.
    pub fn of(env: &dyn VectorEnv) -> Result<Self, Error> {
        let mut buffer = Self::empty(env.spec())?;
        let count = env.num_envs() * env.spec().action_numbers();
        match (&mut buffer, &env.spec().action_space) {
            (Self::Discrete(actions), Space::Discrete { start, .. }) => actions.resize(count, *start),
            (Self::Discrete(actions), _) => actions.resize(count, 0),
            (Self::Continuous(actions), Space::Box { low, high, .. }) => {
                actions.resize(count, 0_f32.clamp(*low, *high));
            }
            (Self::Continuous(actions), _) => actions.resize(count, 0.0),
        }
        Ok(buffer)
    }

    /// No action yet, of the type that `spec` asks for.
    ///
    /// # Errors
    /// As [`ActionBuffer::of`].
    pub fn empty(spec: &EnvSpec) -> Result<Self, Error> {
        match spec.action_space {
            Space::Discrete { .. } | Space::MultiDiscrete { .. } => Ok(Self::Discrete(Vec::new())),
            Space::Box { .. } => Ok(Self::Continuous(Vec::new())),
            Space::Dict(_) | Space::Text { .. } => {
                Err(Error::Unsupported { what: "actions that are a Dict or a Text" })
            }
        }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        Actions::from(self).len()
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values from `begin` on, `count` of them.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn part(&self, begin: usize, count: usize) -> Actions<'_> {
        match self {
            Self::Discrete(actions) => Actions::Discrete(&actions[begin..begin + count]),
            Self::Continuous(actions) => Actions::Continuous(&actions[begin..begin + count]),
        }
    }

    /// Appends `actions`. Returns false, and appends nothing, when they are of the other type.
    pub fn extend(&mut self, actions: Actions<'_>) -> bool {
        match (self, actions) {
            (Self::Discrete(all), Actions::Discrete(actions)) => all.extend_from_slice(actions),
            (Self::Continuous(all), Actions::Continuous(actions)) => all.extend_from_slice(actions),
            _ => return false,
        }
        true
    }

    /// Keeps the first `count` values.
    pub fn truncate(&mut self, count: usize) {
        match self {
            Self::Discrete(actions) => actions.truncate(count),
            Self::Continuous(actions) => actions.truncate(count),
        }
    }

    /// The values, if they are whole numbers.
    pub fn as_discrete(&self) -> Option<&[i32]> {
        match self {
            Self::Discrete(actions) => Some(actions),
            Self::Continuous(_) => None,
        }
    }

    /// The values, if they are real numbers.
    pub fn as_continuous(&self) -> Option<&[f32]> {
        match self {
            Self::Continuous(actions) => Some(actions),
            Self::Discrete(_) => None,
        }
    }
}

impl<'a> From<&'a ActionBuffer> for Actions<'a> {
    fn from(buffer: &'a ActionBuffer) -> Self {
        match buffer {
            ActionBuffer::Discrete(actions) => Self::Discrete(actions),
            ActionBuffer::Continuous(actions) => Self::Continuous(actions),
        }
    }
}

impl From<ActionBuffer> for Array {
    fn from(buffer: ActionBuffer) -> Self {
        match buffer {
            ActionBuffer::Discrete(actions) => Self::I32(actions),
            ActionBuffer::Continuous(actions) => Self::F32(actions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_grow_by_actions_of_their_type_alone() {
        let mut whole = ActionBuffer::Discrete(vec![3, 4]);
        assert!(whole.extend(Actions::Discrete(&[5])) && !whole.extend(Actions::Continuous(&[0.5])));
        assert_eq!(whole.as_discrete(), Some(&[3, 4, 5][..]));
        assert!(matches!(whole.part(1, 2), Actions::Discrete([4, 5])));
        let mut real = ActionBuffer::Continuous(Vec::new());
        assert!(real.extend(Actions::Continuous(&[0.5, -1.5])) && !real.extend(Actions::Discrete(&[1])));
        real.truncate(1);
        assert_eq!((real.as_continuous(), real.as_discrete(), real.len()), (Some(&[0.5][..]), None, 1));
        assert_eq!(Array::from(real), Array::F32(vec![0.5]));
    }

    #[test]
    fn new_room_holds_an_allowed_action_for_everybody() {
        let mut env = crate::corridor::Corridor::with_agents(3, 2, crate::AutoresetMode::Disabled);
        let env: &mut dyn VectorEnv = &mut env;
        let room = ActionBuffer::of(env).unwrap();
        assert_eq!(room.as_discrete(), Some(&[0; 6][..]));
        env.reset(1).unwrap();
        env.step(&room).unwrap();
        let mut spec = env.spec().clone();
        spec.action_space = Space::Dict(Vec::new());
        assert!(ActionBuffer::empty(&spec).is_err());
    }
}
