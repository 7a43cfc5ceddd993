//! The pendulum that is to be swung up, as Gymnasium's `Pendulum-v1` plays it: the first environment here whose
//! actions are real numbers.

pub mod components;
mod domain;
pub mod dynamics;
mod kernels;

pub use domain::{PENDULUM, Pendulum};
