//! The checkpoint of a run: everything that changes in it, so that a run which is killed goes on bit for bit from where
//! it was last written.

use std::path::{Path, PathBuf};

use pentathlon_gym::{EpisodeWindow, VectorEnv};
use serde::{Deserialize, Serialize};

use super::config::ContinuousConfig;
use super::learner::{LearnerState, RunLearner};
use super::policy::ContinuousPolicy;
use crate::Error;
use crate::file::{load_sealed, save_sealed};
use crate::td3::{CollectorState, ContinuousStatistics, Control};

/// First bytes of the file: its kind, and the version of its format.
const MAGIC: &[u8; 8] = b"PNTHCTL\x01";

/// Everything that changes in a run.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    /// The configuration as TOML.
    pub config: String,
    pub learner: LearnerState,
    pub collector: CollectorState,
    pub window: EpisodeWindow,
    pub statistics: ContinuousStatistics,
    pub seconds: f64,
}

impl State {
    /// Writes the state to `path`: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        save_sealed(MAGIC, self, path)
    }

    /// Reads what [`State::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_sealed(MAGIC, path, "a checkpoint of a learner of real-valued actions")
    }
}

/// The checkpoint of a run, read to be looked at.
#[derive(Clone, Debug)]
pub struct ContinuousCheckpoint {
    /// Where it was read from.
    pub path: PathBuf,
    /// What was trained and how.
    pub config: ContinuousConfig,
    /// Frames played when it was written.
    pub frames: u64,
    learner: LearnerState,
}

impl ContinuousCheckpoint {
    /// Whether the file at `path` says that it is one.
    pub fn is_at(path: &Path) -> bool {
        use std::io::Read;
        let mut kind = [0; 8];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut kind)).is_ok() && kind == *MAGIC
    }

    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is none of ours, of another version, cut off, or damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let state = State::load(path)?;
        let config = ContinuousConfig::read("", &state.config, &[""; 0])?;
        Ok(Self { path: path.to_owned(), config, frames: state.collector.frames(), learner: state.learner })
    }

    /// The actor as a policy for batches with the observations and actions of `env`: with `greedy` as it means them,
    /// else with the noise of training, drawn by a stream of `seed`.
    ///
    /// # Errors
    /// An environment that the actor does not fit.
    pub fn policy(&self, env: &dyn VectorEnv, greedy: bool, seed: u64) -> Result<ContinuousPolicy, Error> {
        let mut learner = RunLearner::new(Control::of(env)?.shape, &self.config)?;
        learner.restore(self.learner.clone()).map_err(|reason| Error::Checkpoint {
            path: self.path.clone(),
            reason: format!("it does not fit {}: {reason}", env.spec().id),
        })?;
        let noise = if greedy { 0.0 } else { self.config.td3.exploration_noise };
        Ok(ContinuousPolicy::new(learner, noise, self.config.decide_every, seed))
    }
}
