//! What agents are told of the world: each form is optional and computed only when it is selected.

pub mod forms;
pub mod semantic;
pub mod symbolic;
