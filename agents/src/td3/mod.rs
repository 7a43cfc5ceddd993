//! Twin delayed deep deterministic policy gradient (TD3; Fujimoto, van Hoof and Meger, 2018, "Addressing Function
//! Approximation Error in Actor-Critic Methods") for environments whose actions are real numbers:
//!
//! ```text
//! a'     = mu'(s') + clip(noise, -c, c)                      target policy smoothing
//! y      = r + gamma (1 - terminated) min_i Q_i'(s', a')     clipped double Q-learning
//! critic : mean (Q_i(s, a) - y)^2,  i = 1, 2
//! actor  : - mean Q_1(s, mu(s)), and all targets, every other update
//! ```
//!
//! Within this module actions are in units of their bounds, -1 to 1. What collects experience and judges ([`Collector`],
//! [`return_at`]) knows learners as [`ContinuousLearner`] alone, which may lay out several actions in one decision: the
//! learner of [`sequence_policy`](crate::sequence_policy) is another one.

mod config;
mod critics;
mod evaluation;
mod learner;
mod plans;
mod replay;
mod training;

pub use config::Td3Config;
pub use critics::{CriticsState, TwinCritics};
pub use evaluation::return_at;
pub use learner::{Td3Learner, Td3State};
pub use plans::Plans;
pub use replay::{ContinuousReplay, Minibatch};
pub(crate) use training::noisy;
pub use training::{Collection, CollectionSettings, Collector, CollectorState, train};

use pentathlon_gym::{ElementType, Observation, Space, VectorEnv};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Numbers of a state and of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlShape {
    /// Numbers of a state.
    pub state: usize,
    /// Numbers of an action.
    pub action: usize,
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContinuousStatistics {
    /// Mean squared errors of both critics, added.
    pub critic_error: f32,
    /// Mean squared error of a number that the learned dynamics predict; 0 where there are none.
    pub dynamics_error: f32,
}

/// Something that acts with real numbers and learns from transitions.
pub trait ContinuousLearner {
    /// Numbers of a state and of an action.
    fn shape(&self) -> ControlShape;

    /// Actions that one decision lays out, at least 1. Whoever decides less often than that repeats the last one.
    fn horizon(&self) -> usize;

    /// Decides in `states`, `[rows, state]`: writes the actions to be taken one after the other,
    /// `[horizon, rows, action]`, each within -1 and 1.
    fn decide(&mut self, states: &[f32], actions: &mut [f32]);

    /// One update from a minibatch.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    fn update(&mut self, replay: &ContinuousReplay) -> Result<ContinuousStatistics, Error>;
}

/// The bounds of actions and the sizes of what a learner sees: all selected observations of one agent, in their order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Control {
    /// Numbers of a state and of an action.
    pub shape: ControlShape,
    low: f32,
    high: f32,
}

impl Control {
    /// What there is to see and to do in `env`.
    ///
    /// # Errors
    /// Several agents, actions that are not real numbers within bounds, or observations that are no real numbers.
    pub fn of(env: &dyn VectorEnv) -> Result<Self, Error> {
        let spec = env.spec();
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        let (low, high, action) = match &spec.action_space {
            Space::Box { low, high, shape, element: ElementType::F32 }
                if low.is_finite() && high.is_finite() && low < high =>
            {
                (*low, *high, shape.iter().product())
            }
            other => {
                let reason =
                    format!("its actions are {other}; this learner needs a Box of f32 with finite bounds");
                return Err(unsupported(reason));
            }
        };
        if spec.num_agents != 1 {
            return Err(unsupported(format!("it has {} agents; this learner is for one", spec.num_agents)));
        }
        let mut state = 0;
        for field in &env.observation().fields {
            if field.spec.space.element() != ElementType::F32 {
                let reason = format!(
                    "its observation '{}' is {}; this learner needs f32 values",
                    field.spec.name, field.spec.space
                );
                return Err(unsupported(reason));
            }
            state += field.spec.space.flat_len();
        }
        if state == 0 {
            return Err(unsupported(String::from("it shows nothing; this learner needs an observation")));
        }
        Ok(Self { shape: ControlShape { state, action }, low, high })
    }

    /// Whether `learner` is for states and actions like those of `env`, which this was made of.
    ///
    /// # Errors
    /// [`Error::Unsupported`], with the sizes of both.
    pub fn check(&self, env: &dyn VectorEnv, learner: &dyn ContinuousLearner) -> Result<(), Error> {
        let shape = learner.shape();
        if self.shape == shape {
            return Ok(());
        }
        let reason = format!(
            "its states have {} numbers and its actions {}, and those that the learner knows {} and {}",
            self.shape.state, self.shape.action, shape.state, shape.action
        );
        Err(Error::Unsupported { id: env.spec().id.clone(), reason })
    }

    /// The environment's number for one that is within -1 and 1.
    pub(crate) fn given(&self, action: f32) -> f32 {
        (self.low + 0.5 * (action + 1.0) * (self.high - self.low)).clamp(self.low, self.high)
    }

    /// Writes what all environments show, `[num_envs, state]`.
    pub(crate) fn write_states(&self, observation: &Observation, states: &mut [f32]) {
        for (env, state) in states.chunks_exact_mut(self.shape.state).enumerate() {
            self.write_state(observation, env, state);
        }
    }

    /// Writes what environment `env` shows.
    fn write_state(&self, observation: &Observation, env: usize, state: &mut [f32]) {
        let mut left = state;
        for field in &observation.fields {
            let width = field.spec.space.flat_len();
            let (own, rest) = left.split_at_mut(width);
            if let Some(values) = field.array.as_f32() {
                own.copy_from_slice(&values[env * width..(env + 1) * width]);
            }
            left = rest;
        }
    }
}
