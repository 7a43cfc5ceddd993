//! What a training run leaves behind: a table, TensorBoard events, and a picture of the learning curve.

pub mod curve;
pub mod lines;
pub mod table;
pub mod tensorboard;
