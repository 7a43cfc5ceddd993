//! What the engine promises, shown with the toy domain `corridor`.

#[path = "../corridor/mod.rs"]
mod corridor;

mod autoreset;
mod bad_input;
mod determinism;
mod levels;
mod snapshots;
mod support;
