//! What agents do to a shared grid and what they see of each other: pure functions that also transpile
//! to WGSL. Movement, geometry, visibility and encoding are MiniGrid's.

pub mod acting;
pub mod foraging;
pub mod moving;
pub mod settings;
pub mod showing;
