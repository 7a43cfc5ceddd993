//! Crafter: survival in an open world, after Danijar Hafner's "Benchmarking the Spectrum of Agent
//! Capabilities" (ICLR 2022), step for step as release 1.8.3 of its package.
//!
//! A [`Task`](tasks::Task) says what an id pays; [`generation`] makes the worlds; the [`rules`] say what a
//! step does; [`Crafter`] puts them before the batch engine. With the reference generator a seed gives the
//! original's world and the original's episode, bit for bit, with one thing settled that the original leaves
//! to memory addresses: creatures of a chunk are taken in the order of their creation.

mod check;
pub mod components;
pub mod daylight;
mod domain;
pub mod generation;
mod kernels;
pub mod layout;
pub mod metrics;
pub mod observations;
pub mod options;
pub mod reference;
mod registration;
pub mod reward;
pub mod rules;
pub mod tasks;
pub mod terminal;
pub mod textures;

pub use domain::{Crafter, spec};
pub use registration::{register, task};
