//! BabyAI: levels of rooms, keys, balls, boxes and doors with instructions in a small language, after
//! Farama Minigrid 3.2.0 (`minigrid.envs.babyai`) and the paper by Chevalier-Boisvert et al. (ICLR 2019).
//!
//! A level generator draws an `Instruction` of the [`grammar`]; the compiler turns it into the fixed-size
//! [`record`] that lies behind the cells of an environment; the [`verifier`] follows that record step by step, on both devices; [`language`] says it in words
//! and tokens. The levels themselves are a task family,
//! [`BabyAi`](crate::minigrid::tasks::BabyAi).

pub(in crate::minigrid) mod compiler;
pub mod grammar;
pub mod language;
pub mod record;
pub(in crate::minigrid) mod rooms;
pub(in crate::minigrid) mod system;
pub mod verifier;

pub use grammar::{Action, Description, Instruction, Part, Side};
