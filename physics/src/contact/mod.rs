//! Contact: from the points of collision, joint limits and dry friction to the velocities after the step.
//!
//! `detection` lists the points, `rows` turns them into whitened rows, `solver` sweeps over them with the
//! friction cone of `friction` and the softness of `softness`; `joints` adds limits and dry friction.

pub mod detection;
pub mod dynamics;
pub mod friction;
pub mod joints;
pub mod layer_detection;
pub mod layers;
pub mod layout;
pub mod rows;
pub mod softness;
pub mod solver;
pub mod tables;

#[cfg(test)]
mod tests;
