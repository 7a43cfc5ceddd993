//! coRMAB: restless bandits whose arms are coupled by what may be pulled together.
//!
//! The four problems of Xu, Wilder, Khalil and Tambe, "Reinforcement learning with combinatorial actions
//! for coupled restless bandits" (ICLR 2025): multiple interventions, paths, schedules, capacities; and the
//! plain budget beside them. An [`Instance`](instance::Instance) says what arms there are, how they move and
//! what couples them; a [`FeasibleSet`](feasible::FeasibleSet) is the set of allowed actions; the [`rules`]
//! move the arms on both devices.

pub mod action;
mod domain;
pub mod dynamics;
pub mod feasible;
mod feasible_actions;
pub mod generation;
pub mod instance;
mod kernels;
mod observations;
pub mod options;
mod registration;
pub mod rules;
mod systems;
mod tables;

pub use domain::{CoupledBandit, id, spec};
pub use feasible_actions::{FeasibleActions, FeasibleBatch};
pub use registration::{build_instance, register, sample_actions};
