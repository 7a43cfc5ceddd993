//! Checkpoints: everything that training needs to go on exactly where it was, in one file.
//!
//! The file is `PENTAGNT`, the format version (`u32`), the length (`u64`) and the CRC-32 (`u32`) of what
//! follows, all little-endian, and a `postcard` record: the configuration as TOML, the network and the
//! optimiser in burn's own format, the snapshot of the environments, what the running episodes remember, random
//! streams and counters.

use std::path::{Path, PathBuf};

use pentathlon_gym::{EpisodeWindow, Snapshot, VectorEnv};
use serde::{Deserialize, Serialize};

use crate::networks::{self, ActorCritic, ObservationLayout};
use crate::policy::NetworkPolicy;
use crate::ppo::{ValueScale, load_network};
use crate::random::{Purpose, StreamState, stream};
use crate::{Config, Error, MakeBatch};

const MAGIC: &[u8; 8] = b"PENTAGNT";
/// Format version that this build reads and writes.
pub const VERSION: u32 = 3;
const HEADER: usize = 8 + 4 + 8 + 4;

/// A state of training that was kept in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Where it was read from.
    pub path: PathBuf,
    /// What was trained and how. `frames`, `threads`, `early_stop`, `evaluation` and `output` may be
    /// changed before resuming.
    pub config: Config,
    pub(super) state: State,
}

/// What is in the file, the configuration in its text form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) config: String,
    pub(super) update: u64,
    pub(super) frames: u64,
    pub(super) seconds: f64,
    pub(super) actions: StreamState,
    pub(super) minibatches: StreamState,
    pub(super) window: EpisodeWindow,
    pub(super) memory: Vec<f32>,
    pub(super) scale: ValueScale,
    pub(super) network: Vec<u8>,
    pub(super) optimizer: Vec<u8>,
    pub(super) environments: Snapshot,
}

impl Checkpoint {
    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is none of ours, of another version, cut off, or damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(Error::file("reading", path))?;
        let broken = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let state = decode(&bytes).map_err(broken)?;
        let config = Config::from_toml(&state.config, &[""; 0])
            .map_err(|error| broken(format!("its configuration does not fit this build: {error}")))?;
        Ok(Self { path: path.to_owned(), config, state })
    }

    /// Updates made when it was written.
    pub fn update(&self) -> u64 {
        self.state.update
    }

    /// Frames played when it was written.
    pub fn frames(&self) -> u64 {
        self.state.frames
    }

    /// The trained network as a policy for batches with the observations of `env`; `seed` is that of
    /// sampled actions.
    ///
    /// # Errors
    /// An environment that the network does not fit.
    pub fn policy(&self, env: &dyn VectorEnv, greedy: bool, seed: u64) -> Result<NetworkPolicy, Error> {
        let network = &self.config.network;
        let layout = ObservationLayout::new(env.spec(), env.observation(), network)?;
        let device = networks::device(network.backend)?;
        let fresh = ActorCritic::new(&layout, network, &mut stream(0, Purpose::Parameters), &device);
        let trained =
            load_network(fresh, self.state.network.clone()).map_err(|reason| Error::Checkpoint {
                path: self.path.clone(),
                reason: format!("it does not fit {}: {reason}", env.spec().id),
            })?;
        Ok(NetworkPolicy::new(layout, trained.inference(), greedy, seed))
    }

    /// [`Checkpoint::policy`] for the environment that it was trained on, with the evaluation settings of
    /// the configuration.
    ///
    /// # Errors
    /// An environment that cannot be built any more.
    pub fn evaluation_policy(&self, make: MakeBatch<'_>) -> Result<NetworkPolicy, Error> {
        let seed = self.config.evaluation_seed();
        let env = make(&self.config.environment.id, &self.config.build_options(1, seed))?;
        self.policy(env.as_ref(), self.config.evaluation.greedy, seed)
    }
}

impl State {
    /// Writes the state to `path`: all of it, or nothing.
    pub(super) fn save(&self, path: &Path) -> Result<(), Error> {
        crate::file::write_atomically(path, &encode(self))
    }
}

fn encode(state: &State) -> Vec<u8> {
    let payload = postcard::to_stdvec(state).expect("a state has no value that the format cannot hold");
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((payload.len() as u64).to_le_bytes());
    bytes.extend(crc32fast::hash(&payload).to_le_bytes());
    bytes.extend(payload);
    bytes
}

fn decode(bytes: &[u8]) -> Result<State, String> {
    if !bytes.starts_with(MAGIC) {
        return Err(String::from("this is not a checkpoint of a Pentathlon agent"));
    }
    let (header, payload) = bytes
        .split_at_checked(HEADER)
        .ok_or_else(|| format!("it is cut off: {} bytes, and the header alone has {HEADER}", bytes.len()))?;
    let word = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let version = word(8);
    if version != VERSION {
        return Err(format!(
            "it has format version {version}, and this build reads version {VERSION}: train again, or use the build \
             that wrote it"
        ));
    }
    let length = u64::from_le_bytes(header[12..20].try_into().expect("eight bytes"));
    if payload.len() as u64 != length {
        return Err(format!(
            "it should hold {length} bytes and holds {}: it is cut off or was added to",
            payload.len()
        ));
    }
    if crc32fast::hash(payload) != word(20) {
        return Err(String::from("its checksum is wrong: it is damaged"));
    }
    postcard::from_bytes(payload).map_err(|error| format!("its contents cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state() -> State {
        State {
            config: Config::default().to_toml(),
            update: 3,
            frames: 300,
            seconds: 1.5,
            actions: StreamState::from(&stream(1, Purpose::Actions)),
            minibatches: StreamState::from(&stream(1, Purpose::Minibatches)),
            window: EpisodeWindow::new(3, 2),
            memory: vec![0.5, -1.0],
            scale: ValueScale::default(),
            network: vec![1, 2, 3],
            optimizer: vec![4, 5],
            environments: Snapshot { id: String::from("Toy"), build: String::new(), columns: Vec::new() },
        }
    }

    #[test]
    fn a_state_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("checkpoint");
        state().save(&path).unwrap();
        let checkpoint = Checkpoint::load(&path).unwrap();
        assert_eq!(checkpoint.state, state());
        assert_eq!(checkpoint.config, Config::default());
        assert_eq!((checkpoint.update(), checkpoint.frames()), (3, 300));
    }

    #[test]
    fn messages_say_what_is_wrong_with_a_file() {
        let good = encode(&state());
        let message = |bytes: &[u8]| decode(bytes).unwrap_err();
        assert!(message(b"PK a foreign file").contains("not a checkpoint"));
        assert!(message(&good[..good.len() - 1]).contains("cut off"));
        assert!(message(&good[..10]).contains("cut off"));
        let changed = |at: usize| {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            bytes
        };
        assert!(message(&changed(8)).contains(&format!("version {}", VERSION ^ 16)));
        assert!(message(&changed(good.len() - 1)).contains("checksum"));
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert!(Checkpoint::load(&missing).unwrap_err().to_string().contains("none"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            // With a right header, the record itself is read.
            let mut framed = MAGIC.to_vec();
            framed.extend(VERSION.to_le_bytes());
            framed.extend((bytes.len() as u64).to_le_bytes());
            framed.extend(crc32fast::hash(&bytes).to_le_bytes());
            framed.extend(&bytes);
            let _ = decode(&framed);
        }

        #[test]
        fn every_flipped_bit_is_noticed(at in 0..1000_usize, bit in 0..8_u32) {
            let mut bytes = encode(&state());
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(decode(&bytes).is_err());
        }
    }
}
