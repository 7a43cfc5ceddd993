//! The file of a cloned policy: what it was learnt on, how, and its parameters.

use std::path::Path;

use pentathlon_gym::{BuildOptions, Observation, VectorEnv};
use serde::{Deserialize, Serialize};

use super::{CloningConfig, CloningLearner, CloningPolicy, layout_of};
use crate::Error;
use crate::file::{seal, unseal, write_atomically};

/// First bytes of the file: its kind, and the version of its format.
const KIND: &[u8; 8] = b"PNTHBCL\x01";

/// A cloned policy that was kept in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ClonedCheckpoint {
    /// Registered id of the environment that was demonstrated.
    pub id: String,
    /// How the environment is built that the policy sees.
    pub options: BuildOptions,
    /// The observation that is a grid of cells.
    pub cells: String,
    /// How it was learnt.
    pub config: CloningConfig,
    /// Gradient steps that were made.
    pub updates: u64,
    network: Vec<u8>,
}

/// What is in the file. Options and configuration are JSON and TOML: their fields may grow.
#[derive(Serialize, Deserialize)]
struct State {
    id: String,
    options: String,
    cells: String,
    config: String,
    updates: u64,
    network: Vec<u8>,
}

impl ClonedCheckpoint {
    /// What `learner` has learnt so far about environment `id`, built with `options`, of which the observation
    /// `cells` is a grid.
    ///
    /// # Errors
    /// What burn says when it cannot write the parameters.
    pub fn new(
        learner: &CloningLearner,
        id: &str,
        options: &BuildOptions,
        cells: &str,
    ) -> Result<Self, Error> {
        let network = learner
            .to_bytes()
            .map_err(|reason| Error::Backend { backend: "flex", reason: format!("parameters: {reason}") })?;
        Ok(Self {
            id: id.to_owned(),
            options: options.clone(),
            cells: cells.to_owned(),
            config: learner.config().clone(),
            updates: learner.updates(),
            network,
        })
    }

    /// Writes it to `path`: all of it, or nothing.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let broken = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let state = State {
            id: self.id.clone(),
            options: serde_json::to_string(&self.options).map_err(|error| broken(error.to_string()))?,
            cells: self.cells.clone(),
            config: toml::to_string(&self.config).map_err(|error| broken(error.to_string()))?,
            updates: self.updates,
            network: self.network.clone(),
        };
        let payload = postcard::to_stdvec(&state).map_err(|error| broken(error.to_string()))?;
        write_atomically(path, &seal(KIND, &payload))
    }

    /// Whether the file at `path` says that it is one.
    pub fn is_at(path: &Path) -> bool {
        use std::io::Read;
        let mut kind = [0; 8];
        std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut kind)).is_ok() && kind == *KIND
    }

    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is none of ours, cut off, or damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file("reading", path))?;
        decode(&bytes).map_err(|reason| Error::Checkpoint { path: path.to_owned(), reason })
    }

    /// The policy for batches with the observations of `env`: sampled actions, or the most probable ones when
    /// `greedy`; `seed` is that of sampled actions.
    ///
    /// # Errors
    /// An environment that the network does not fit.
    pub fn policy(&self, env: &dyn VectorEnv, greedy: bool, seed: u64) -> Result<CloningPolicy, Error> {
        // The batch may observe more than the policy sees.
        let mut seen = Observation::default();
        for name in &self.options.observations {
            let field = env.observation().fields.iter().find(|field| field.spec.name == *name);
            seen.fields.push(field.cloned().ok_or_else(|| Error::Unsupported {
                id: env.spec().id.clone(),
                reason: format!("the policy sees '{name}', which this batch does not compute"),
            })?);
        }
        let layout = layout_of(env.spec(), &seen, &self.cells)?;
        let mut learner = CloningLearner::new(&layout, &self.config)?;
        learner.load_bytes(self.network.clone()).map_err(|reason| Error::Unsupported {
            id: env.spec().id.clone(),
            reason: format!("the policy was cloned on {} and does not fit: {reason}", self.id),
        })?;
        Ok(learner.policy(greedy, seed))
    }
}

fn decode(bytes: &[u8]) -> Result<ClonedCheckpoint, String> {
    let payload = unseal(KIND, bytes, "a cloned policy")?;
    let state: State =
        postcard::from_bytes(payload).map_err(|error| format!("its contents cannot be read: {error}"))?;
    let misfit = |error: String| format!("its configuration does not fit this build: {error}");
    Ok(ClonedCheckpoint {
        id: state.id,
        options: serde_json::from_str(&state.options).map_err(|error| misfit(error.to_string()))?,
        cells: state.cells,
        config: toml::from_str(&state.config).map_err(|error| misfit(error.to_string()))?,
        updates: state.updates,
        network: state.network,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_cloned_policy_is_refused_with_a_reason() {
        let refuse = |bytes: &[u8]| decode(bytes).expect_err("an error");
        assert!(refuse(b"PENTAGNT of another kind").contains("not a cloned policy"));
        assert!(refuse(KIND).contains("cut off"));
        let mut bytes = seal(KIND, &[1, 2, 3, 4]);
        assert!(refuse(&bytes).contains("contents"));
        bytes[21] ^= 1;
        assert!(refuse(&bytes).contains("checksum"));
        bytes.pop();
        assert!(refuse(&bytes).contains("holds 3"));
    }
}
