//! Smooth dynamics in generalised coordinates: M(q) a + b(q, v) = tau for a forest of bodies.
//!
//! The algorithms are those of R. Featherstone, "Rigid Body Dynamics Algorithms" (2008): recursive
//! Newton-Euler for b, composite rigid bodies for M, a factor of M that keeps the zeros of branches, and
//! the articulated-body algorithm as an independent check. Everything is expressed in world axes about the
//! origin of the tree's root body, so that composites are plain sums and distance from the world's origin
//! costs no precision.

pub mod actuators;
pub mod articulated_body;
pub mod bias;
pub mod factor;
pub mod imu;
pub mod integrator;
pub mod jacobian;
pub mod kinematics;
pub mod mass_matrix;
pub mod step_report;
pub mod tree;
pub mod world_step;
