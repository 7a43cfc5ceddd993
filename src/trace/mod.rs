//! Traces: what happened in a batch of MiniGrid environments, step by step, in the format of the
//! recordings of Farama's package (`docs/trace-format.md`). A trace is written by
//! `pentathlon rollout`, compared with a recording by any tool that reads JSON, and replayed.

pub mod actions;
pub mod reader;
pub mod recorder;
pub mod recording;

pub use actions::{ActionError, ActionSequence};
pub use reader::{Recording, TraceError};
pub use recorder::{RecordError, RecordOptions, Trace};
pub use recording::{Carried, FilledBox, Hash, Header, Hex, Level, Reset, Rollout, StepRecord};
