//! The checkpoint of a value learner's run: everything that changes in it, so that a run which is killed
//! goes on bit for bit from where it was last written.

use std::path::Path;

use pentathlon_gym::{EpisodeStatistics, Snapshot};
use serde::{Deserialize, Serialize};

use super::collector::Collector;
use super::learner::{LearnerBytes, UpdateStatistics};
use super::replay::Replay;
use crate::Error;
use crate::file::{seal, unseal};
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
        let payload = postcard::to_stdvec(self).map_err(|error| Error::Checkpoint {
            path: path.to_owned(),
            reason: format!("it cannot be written: {error}"),
        })?;
        crate::file::write_atomically(path, &seal(MAGIC, &payload))
    }

    /// Reads what [`State::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file("reading", path))?;
        decode(&bytes).map_err(|reason| Error::Checkpoint { path: path.to_owned(), reason })
    }
}

fn decode(bytes: &[u8]) -> Result<State, String> {
    let payload = unseal(MAGIC, bytes, "a checkpoint of a value learner")?;
    postcard::from_bytes(payload).map_err(|error| format!("its contents cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_no_checkpoint_are_refused_with_a_reason() {
        let refuse = |bytes: &[u8]| decode(bytes).err().expect("an error");
        assert!(refuse(b"PK a foreign file").contains("not a checkpoint"));
        assert!(refuse(MAGIC).contains("cut off"));
        let mut bytes = MAGIC.to_vec();
        bytes.extend(4_u64.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend([1, 2, 3, 4]);
        assert!(refuse(&bytes).contains("checksum"));
        bytes.pop();
        assert!(refuse(&bytes).contains("holds 3"));
    }
}
