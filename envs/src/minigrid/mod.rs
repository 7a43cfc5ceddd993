//! MiniGrid: grid worlds of walls, doors, keys, balls and boxes with a goal in words.
//!
//! The 82 registered `MiniGrid-*` ids of Farama Minigrid 3.2.0, step for step.

pub mod components;
pub mod levels;
pub mod mission;
pub mod observations;
pub mod options;
pub mod render;
pub mod reward;
pub mod rules;
mod systems;
pub mod tasks;
