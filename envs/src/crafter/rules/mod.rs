//! What happens in a step: pure functions over the words of one environment, written once for both
//! generators and both devices, in modules that also transpile to WGSL.
//!
//! A rule is generic over [`Draws`](draws::rules::Draws), where its random numbers come from, and over
//! [`World`](world::rules::World), where its words lie: a slice on the CPU, a storage buffer on a GPU. What
//! runs for every object in every step is marked `#![inline(always)]`, inside the function because the
//! transpiler takes no outer attributes.

#![allow(
    clippy::collapsible_if,
    clippy::manual_is_multiple_of,
    clippy::manual_range_contains,
    reason = "WGSL has no such methods, and not every compiler of it leaves out the second of two joined calls"
)]

pub mod arrow;
pub mod chunks;
pub mod cow;
pub mod crafting;
pub mod draws;
pub mod interaction;
pub mod objects;
pub mod phases;
pub mod placing;
pub mod plant;
pub mod player;
pub mod population;
pub mod pursuit;
pub mod settlement;
pub mod sight;
pub mod skeleton;
pub mod team;
pub mod vitals;
pub mod world;
pub mod zombie;
