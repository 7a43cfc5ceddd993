//! Counterfactual multi-agent policy gradients (COMA; Foerster et al., 2018, arXiv 1705.08926): agents that share a
//! policy, and a central critic that yields the values of all of one agent's choices at once, the others' being as
//! they were. What an agent's choice was worth is told from what its others would have been worth on average.
//!
//! Networks of agents, minibatches and the run around the learner are those of [`qmix`](crate::qmix): a team's
//! experiment says `algorithm = "coma"` and has a table `[critic]`.

mod advantage;
mod config;
mod critic;
mod learner;

pub use advantage::{counterfactual_advantage, policy_chances};
pub use config::CriticConfig;
pub use learner::{ComaLearner, ComaNetworks};
