//! Pentathlon.

pub mod trace;
