//! What a step does and what the agent sees: pure functions over records and small windows of cells,
//! in modules that also transpile to WGSL.
//!
//! What runs in every step is marked `#![inline(always)]`, inside the function because the transpiler takes
//! no outer attributes: otherwise records pass through memory from call to call, and a step takes a fifth
//! longer.

pub mod draws;
pub mod encoding;
pub mod geometry;
pub mod movement;
pub mod numbering;
pub mod objectives;
pub mod obstacles;
pub mod settings;
pub mod stochastic_action;
pub mod subgoals;
pub mod transition;
pub mod visibility;
