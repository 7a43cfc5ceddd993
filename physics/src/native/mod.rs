//! The rules on the CPU: one world in an `f64` or `f32`, or eight side by side in a vector register.

pub mod contacts;
pub mod frames;
pub mod lane;
pub mod options;
pub mod parameters;
pub mod rays;
pub mod records;
pub mod runge_kutta;
pub mod sensors;
pub mod smooth;
pub mod snapshot;
pub mod state;
pub mod worlds;

pub use lane::Lane;
pub use options::{Fault, WorldsError, WorldsOptions};
pub use parameters::Parameter;
pub use rays::{ScanDirection, SceneRay};
pub use snapshot::WorldsSnapshot;
pub(crate) use worlds::Written;
pub use worlds::{FaultCounts, Worlds};

#[cfg(test)]
mod sensor_tests;
#[cfg(test)]
mod tests;
