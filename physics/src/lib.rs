//! Batched articulated rigid-body dynamics: thousands of independent small worlds, stepped together.
//!
//! The algorithms are rules written once, generic over the scalar ([`scalar::rules::Real`]): with `f64`
//! they are the accuracy reference, with `wide::f32x8` the native engine (eight worlds a lane group), and
//! with `f32` they are also the source of the wgpu kernel.
#![allow(
    clippy::assign_op_pattern,
    clippy::excessive_precision,
    clippy::needless_range_loop,
    clippy::redundant_field_names,
    clippy::too_many_arguments,
    reason = "rules are written in the subset of Rust that is transpiled to WGSL"
)]
#![allow(clippy::neg_cmp_op_on_partial_ord, reason = "what is not a number must fail a check of a range")]

pub mod benchmark;
pub mod capacity;
pub mod collision;
pub mod contact;
pub mod device;
pub mod dynamics;
#[cfg(feature = "formats")]
pub mod formats;
pub mod layout;
pub mod model;
pub mod native;
#[cfg(feature = "rapier")]
pub mod rapier;
pub mod robots;
pub mod scalar;
pub mod soft;
pub mod vector;
