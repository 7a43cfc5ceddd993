//! The checkpoint of a value learner's run: everything that changes in it, so that a run which is killed
//! goes on bit for bit from where it was last written.

use std::path::Path;

use pentathlon_gym::{EpisodeStatistics, Snapshot};
use serde::{Deserialize, Serialize};

use super::collector::Collector;
use super::learner::{LearnerBytes, UpdateStatistics};
use super::replay::Replay;
use crate::Error;
use crate::file::{load_sealed, save_sealed};
use crate::random::StreamState;

/// First bytes of the file: its kind, and the version of its format.
pub(super) const MAGIC: &[u8; 8] = b"PNTHQMX\x01";

/// Everything that changes in a run.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    /// The configuration as TOML.
    pub config: String,
    pub environments: Snapshot,
    pub learner: LearnerBytes,
    pub collector: Collector,
    pub replay: Replay,
    pub actions: StreamState,
    pub minibatches: StreamState,
    pub frames: u64,
    pub unlearned: usize,
    pub seconds: f64,
    pub since: EpisodeStatistics,
    pub statistics: UpdateStatistics,
}

impl State {
    /// Writes the state to `path`: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        save_sealed(MAGIC, self, path)
    }

    /// Reads what [`State::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_sealed(MAGIC, path, "a checkpoint of a value learner")
    }
}
