//! The checkpoint of a SEQUOIA run: everything that changes in it, so that a run which is killed goes on bit for bit
//! from where it was last written.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{super::network::ReluNetwork, learner::State};
use crate::{
    Error,
    file::{load_sealed, save_sealed},
};

/// First bytes of the file: its kind, and the version of its format.
const MAGIC: &[u8; 8] = b"PNTHSEQ\x02";

/// Everything that changes in a run.
#[derive(Serialize, Deserialize)]
pub(super) struct Checkpoint {
    /// The configuration as TOML.
    pub config: String,
    /// The instance's name, and the instance as JSON.
    pub instance: (String, String),
    /// The random stream.
    pub stream: [u32; 4],
    pub state: State,
    pub warm_network: ReluNetwork,
    pub warm_error: f64,
    pub best: (f64, ReluNetwork),
    pub episodes: usize,
    pub seconds: f64,
}

impl Checkpoint {
    /// Writes it to `path`: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        save_sealed(MAGIC, self, path)
    }

    /// Reads what [`Checkpoint::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_sealed(MAGIC, path, "a checkpoint of SEQUOIA")
    }
}
