//! Options (Sutton, Precup, Singh, 1999): choices that last several steps, and the decision processes
//! that come of them.
//!
//! - [`DecisionProcess`]: what learners see, whatever a choice is;
//! - [`PrimitiveProcess`]: a choice is an action;
//! - [`OptionRunner`]: a choice is an option, which acts until it ends;
//! - [`option_advantages`], [`n_step_returns`]: estimates over choices of different length.

mod advantage;
mod features;
mod primitive;
mod process;
mod runner;
mod subgoal;

pub use advantage::{n_step_returns, option_advantages};
pub use features::TeamFeatures;
pub use primitive::PrimitiveProcess;
pub use process::{DecisionProcess, Outcome, ProcessShape, SituationMut, Suffix};
pub use runner::{Choice, OptionRunner, OptionView, PrimitiveOption, RunnerSettings};
pub use subgoal::{LowLevelPolicy, SubgoalOption};
