//! Checkpoints of hierarchies: everything that training needs to go on exactly where it was, in one file.

use std::path::Path;

use pentathlon_gym::{EpisodeWindow, Snapshot};
use serde::{Deserialize, Serialize};

use super::high_level::HighLevelState;
use super::mixing::Mixing;
use super::surprise::SurpriseState;
use super::trainer::Stage;
use crate::Error;
use crate::file::{seal, unseal};
use crate::options::RunnerState;
use crate::qmix::{Collector, LearnerBytes, Replay, UpdateStatistics};
use crate::random::StreamState;

/// First bytes of a checkpoint, with the version of the format.
const MAGIC: &[u8; 8] = b"PTGMAH01";

/// Whether the file `path` begins as a checkpoint of a hierarchy does.
pub fn is_hierarchy(path: &Path) -> bool {
    use std::io::Read;
    let mut bytes = [0; 8];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).is_ok() && bytes == *MAGIC
}

/// What is in the file, the configuration in its text form.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub config: String,
    pub environments: Snapshot,
    pub runner: RunnerState,
    pub progress: (Vec<u32>, Vec<u32>),
    pub low: (Vec<u8>, Vec<u8>),
    pub low_random: StreamState,
    pub high: HighLevelState,
    pub high_learner: (Vec<u8>, Vec<u8>),
    pub high_random: StreamState,
    pub surprise: Option<SurpriseState>,
    pub mixing: MixingState,
    pub stage: Stage,
    pub stage_frames: u64,
    pub frames: u64,
    pub seconds: f64,
    pub subgoals: StreamState,
    pub loss: f32,
    pub recent: EpisodeWindow,
    pub returns: Vec<f32>,
}

/// The third stage in a checkpoint.
#[derive(Serialize, Deserialize)]
pub(super) struct MixingState {
    learner: LearnerBytes,
    collector: Collector,
    replay: Replay,
    minibatches: StreamState,
    unlearned: usize,
    is_warm: bool,
    statistics: UpdateStatistics,
}

impl MixingState {
    pub fn of(mixing: &Mixing) -> Result<Self, String> {
        Ok(Self {
            learner: mixing.learner.to_bytes()?,
            collector: mixing.collector.clone(),
            replay: mixing.replay.clone(),
            minibatches: (&mixing.minibatches).into(),
            unlearned: mixing.unlearned,
            is_warm: mixing.is_warm,
            statistics: mixing.statistics,
        })
    }

    pub fn restore(self, mixing: &mut Mixing) -> Result<(), String> {
        mixing.learner.load_bytes(self.learner)?;
        (mixing.collector, mixing.replay) = (self.collector, self.replay);
        mixing.minibatches = self.minibatches.into();
        (mixing.unlearned, mixing.is_warm) = (self.unlearned, self.is_warm);
        mixing.statistics = self.statistics;
        Ok(())
    }
}

impl State {
    /// Writes the state to `path`: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let payload = postcard::to_stdvec(self).map_err(|error| Error::Checkpoint {
            path: path.to_owned(),
            reason: format!("it cannot be written: {error}"),
        })?;
        crate::file::write_atomically(path, &seal(MAGIC, &payload))
    }

    /// Reads what [`State::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file("reading", path))?;
        let decode = |bytes: &[u8]| {
            let payload = unseal(MAGIC, bytes, "a checkpoint of a hierarchy")?;
            postcard::from_bytes(payload).map_err(|error| format!("its contents cannot be read: {error}"))
        };
        decode(&bytes).map_err(|reason| Error::Checkpoint { path: path.to_owned(), reason })
    }
}
