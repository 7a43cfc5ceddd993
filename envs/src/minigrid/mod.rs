//! MiniGrid: grid worlds of walls, doors, keys, balls and boxes with a goal in words.
//!
//! The 82 registered `MiniGrid-*` and the 96 `BabyAI-*` ids of Farama Minigrid 3.2.0, step for step. A
//! [`Task`](tasks::Task) says what an id generates and asks for; the [`rules`] say what a step does and what
//! the agent sees; [`babyai`] holds the instructions; [`MiniGrid`] puts all before the batch engine. The
//! [`expert`] knows how to succeed.

pub mod babyai;
pub mod components;
mod domain;
pub mod expert;
mod kernels;
pub mod levels;
pub mod mission;
pub mod observations;
pub mod options;
mod registration;
pub mod render;
pub mod reward;
pub mod rules;
mod specification;
mod systems;
pub mod tasks;

pub use domain::MiniGrid;
pub use registration::{build_on, register, task};
pub use specification::spec;
