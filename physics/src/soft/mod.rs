//! MuJoCo's soft constraint problem, for comparison with its recordings: double precision, one world.
//!
//! Contacts, limits and dry friction are penalties on constraint accelerations; the accelerations of a step are
//! the minimum of a convex function (MuJoCo documentation, chapter "Computation"; E. Todorov, "Convex and
//! analytically-invertible dynamics with contacts and constraints", 2014). It is solved here to machine
//! precision by Newton's method in the whitened accelerations z = L a, where M becomes the identity and the
//! rows are those of `contact::rows`. Elliptic cones of condition dimension 3.

mod cost;
mod dynamics;
mod impedance;
mod newton;

pub use dynamics::{SoftDynamics, SoftOptions};
pub use impedance::Impedance;
