//! What the engine promises, shown with the toy domain `corridor`.

#[path = "../corridor/mod.rs"]
mod corridor;

mod autoreset;
mod bad_input;
mod contract;
mod determinism;
mod levels;
mod parity;
mod snapshots;
mod support;
