//! Sequence reinforcement learning (SRL; Patel and Siegelmann, 2025, "Overcoming Slow Decision Frequencies in Continuous
//! Control: Model-Based Sequence Reinforcement Learning for Model-Free Control"): a policy that lays out several actions
//! in one decision and therefore needs to decide less often than it acts.
//!
//! ```text
//! actor : h_0 = tanh(encoder(s)),  h_j = GRU(a_{j-1}, h_{j-1}),  a_j = tanh(W h_j),  a_0 = 0,  j = 1 .. J
//! model : s' = s + f(s, a), least squares on real transitions
//! critic: as in TD3 on real transitions, the next action being the first one of a sequence
//! loss  : - (1/J) sum_j Q_1(s_j, a_j),  s_1 = s,  s_{j+1} = s_j + f(s_j, a_j)
//! ```
//!
//! Critic and model thus know single steps only, and the model stands between an action of a sequence and the state it
//! will be taken in. That state is taken as given: the loss asks which action is best where the sequence has led, and
//! what the action is worth later is in `Q` already.

mod decoder;
mod dynamics;
mod learner;
mod study;

pub use decoder::SequenceDecoder;
pub use dynamics::{DynamicsState, LearnedDynamics};
pub use learner::{SequenceConfig, SequenceLearner, SequenceState};
pub use study::{PendulumSettings, pendulum_study};
