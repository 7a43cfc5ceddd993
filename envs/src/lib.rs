//! The disciplines of Pentathlon as domains of the batch engine, and the registry of their ids.

pub mod minigrid;
