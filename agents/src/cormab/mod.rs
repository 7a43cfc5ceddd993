//! Agents for coupled bandits: SEQUOIA, which looks for the best allowed action of a Q-network by exact
//! search, and what it is compared with.
//!
//! After Xu, Wilder, Khalil and Tambe, "Reinforcement learning with combinatorial actions for coupled
//! restless bandits" (ICLR 2025). A [`ReluNetwork`](network::ReluNetwork) values an action in a state; an
//! [`ArgmaxOracle`](oracle::ArgmaxOracle) finds the best one of a feasible set; [`sequoia`] trains the
//! network with it; [`policies`] are the baselines, [`dynamic_programming`] the truth on small instances, and
//! [`evaluation`] the protocol.

pub mod chart;
pub mod comparison;
pub mod decisions;
pub mod dynamic_programming;
pub mod evaluation;
pub mod growth;
pub mod myopic;
pub mod network;
pub mod oracle;
pub mod policies;
pub mod sequoia;
pub mod whittle;
