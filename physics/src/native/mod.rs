//! The rules on the CPU: one world in an `f64` or `f32`, or eight side by side in a vector register.

pub mod contacts;
pub mod frames;
pub mod lane;
pub mod options;
pub mod records;
pub mod smooth;
pub mod state;
pub mod worlds;

pub use lane::Lane;
pub use options::{Fault, WorldsError, WorldsOptions};
pub use worlds::{FaultCounts, Worlds};

#[cfg(test)]
mod tests;
