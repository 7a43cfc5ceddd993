//! Options (Sutton, Precup, Singh, 1999): choices that last several steps, and the decision processes
//! that come of them.
//!
//! - [`DecisionProcess`]: what learners see, whatever a choice is;
//! - [`PrimitiveProcess`]: a choice is an action;
//! - [`OptionRunner`]: a choice is an option of an [`OptionSet`], which acts until it ends;
//! - [`option_advantages`], [`n_step_returns`]: estimates over choices of different length.

mod advantage;
mod features;
mod option_set;
mod primitive;
mod process;
mod runner;
mod subgoal;

pub use advantage::{n_step_returns, option_advantages};
pub use features::TeamFeatures;
pub use option_set::{Aftermath, Choice, End, OptionSet, OptionView, PrimitiveOption, Scene};
pub use primitive::PrimitiveProcess;
pub use process::{DecisionProcess, Outcome, ProcessShape, SituationMut, Suffix};
pub use runner::{OptionRunner, RunnerSettings, RunnerState};
pub use subgoal::{LowLevelPolicy, SubgoalOption};
