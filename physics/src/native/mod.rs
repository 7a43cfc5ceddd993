//! The rules on the CPU: one world in an `f64` or `f32`, or eight side by side in a vector register.

pub mod lane;
pub mod records;
pub mod smooth;
