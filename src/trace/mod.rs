//! Traces: what happened in a batch, step by step (`docs/trace-format.md`): of MiniGrid environments in the
//! format of the recordings of Farama's package, of coupled bandits in one of its own, of all others as
//! what was done, paid and observed. A trace is written by
//! `pentathlon rollout`, compared with a recording by any tool that reads JSON, and replayed.

pub mod actions;
pub mod allowed;
pub mod bandit;
pub mod observed;
pub mod reader;
pub mod recorder;
pub mod recording;

pub use actions::{ActionError, ActionSequence};
pub use allowed::AllowedActions;
pub use bandit::BanditTrace;
pub use observed::ObservedTrace;
pub use reader::{Recording, TraceError};
pub use recorder::{RecordError, RecordOptions, Trace};
pub use recording::{Carried, FilledBox, Hash, Header, Hex, Level, Reset, Rollout, StepRecord};

use std::io::Write;

use serde::Serialize;

/// Writes a trace as JSON lines: its header, then its rollouts.
fn write_lines(
    header: &impl Serialize,
    rollouts: &[impl Serialize],
    writer: &mut dyn Write,
) -> std::io::Result<()> {
    serde_json::to_writer(&mut *writer, header)?;
    writer.write_all(b"\n")?;
    for rollout in rollouts {
        serde_json::to_writer(&mut *writer, rollout)?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}
