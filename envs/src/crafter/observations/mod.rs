//! What agents are told of the world: each form is optional and computed only when it is selected.

pub mod classic;
pub mod forms;
pub mod image;
pub mod light;
pub mod semantic;
pub mod symbolic;
pub mod text;
pub mod view;
