//! Proximal policy optimisation (Schulman et al., 2017, "Proximal Policy Optimization Algorithms"),
//! vectorised over a batch of environments, with discrete actions: for one agent, for teams that share a policy
//! (IPPO), and for teams with a critic that sees the whole environment (MAPPO); with or without a memory.
//!
//! One iteration: [`Rollout::collect`] plays `rollout_steps` steps in every environment,
//! [`generalized_advantage`] says how much better than expected each action turned out, and
//! [`Learner::update`] makes the good ones more probable, within limits.

mod advantage;
pub(crate) mod gradients;
mod learner;
mod loss;
mod rollout;
mod value_scale;

pub use advantage::{Trajectories, generalized_advantage, normalize};
pub(crate) use learner::load_network;
pub use learner::{Learner, UpdateStatistics};
pub use loss::{LossTerms, Targets, objective};
pub use rollout::{Actor, Rollout};
pub use value_scale::ValueScale;
