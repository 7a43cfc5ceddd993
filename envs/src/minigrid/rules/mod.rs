//! What a step does and what the agent sees: pure functions over records and small windows of cells,
//! in modules that also transpile to WGSL.

pub mod draws;
pub mod encoding;
pub mod geometry;
pub mod movement;
pub mod objectives;
pub mod obstacles;
pub mod settings;
pub mod stochastic_action;
pub mod subgoals;
pub mod transition;
pub mod visibility;
