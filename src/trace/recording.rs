//! The records of a trace: what happened in a MiniGrid environment, step by step, as JSON lines. The
//! format is that of the recordings of Farama's package under `tests/golden/minigrid`, so that a trace
//! and a recording can be compared by any tool; `docs/trace-format.md` describes every field.

use serde::{Deserialize, Serialize};

/// First line of a trace: the environment, and what made the trace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Registered id.
    pub id: String,
    /// Name of the upstream's class; only in recordings of the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The upstream's registration arguments; only in recordings of the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kwargs: Option<serde_json::Value>,
    /// Columns of the grid.
    pub width: u32,
    /// Rows of the grid.
    pub height: u32,
    /// Steps after which an episode is truncated.
    pub max_steps: u32,
    /// Whether walls do not hide what is behind them.
    pub see_through_walls: bool,
    /// Side of the square that the agent sees, in cells.
    pub view: u32,
    /// Number of discrete actions.
    pub n_actions: u32,
    /// Version of this suite, in traces that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pentathlon: Option<String>,
    /// `reference` or `fast`, in traces that this suite wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Device that stepped, in traces that this suite wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// Every further line of a trace: one environment from a seeded reset on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Seed of the first reset.
    pub seed: u64,
    /// Where the actions came from: `uniform`, `guided` or `bot` in recordings; `uniform`, `actions`
    /// or the replayed kind in traces that this suite wrote.
    pub kind: String,
    /// Index of the environment in its batch, in traces of the fast generator, where one seed is the
    /// whole batch's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<usize>,
    /// The level after the seeded reset.
    pub init: Level,
    /// One entry for each action.
    pub steps: Vec<StepRecord>,
    /// The levels after later resets, which carry no seed.
    pub resets: Vec<Reset>,
    /// The agent's view after each of the first steps, as hexadecimal digits; often empty.
    #[serde(default)]
    pub obs_full: Vec<Hex>,
    /// Why a planning agent gave up early, if it did; only in recordings of the upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_stopped: Option<String>,
}

/// The world right after a reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Encoded grid without the agent: byte `(x * height + y) * 3 + channel` of type, colour, state.
    pub grid: Hex,
    /// Column and row of the agent.
    pub pos: [u32; 2],
    /// Direction of the agent: 0 right, 1 down, 2 left, 3 up.
    pub dir: u32,
    /// What the agent carries.
    pub carrying: Option<Carried>,
    /// Boxes on the grid with something in them: column, row, and the encoded contents.
    pub boxes: Vec<FilledBox>,
    /// Mission text.
    pub mission: String,
    /// Steps after which this episode is truncated.
    pub max_steps: u32,
    /// The agent's view: byte `(i * view + j) * 3 + channel`.
    pub obs: Hex,
    /// Direction in the observation.
    pub obs_dir: u32,
}

/// A reset without a seed: the random stream of the environment continues.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reset {
    /// Index of the step that ended the episode before.
    pub after: usize,
    /// The new level.
    #[serde(flatten)]
    pub level: Level,
}

/// One step: everything after it and before any reset. Written as an array in the order of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "StepRow", into = "StepRow")]
pub struct StepRecord {
    /// The action.
    pub action: i32,
    /// Its reward.
    pub reward: f64,
    /// Whether the episode reached a terminal state; written as 0 or 1.
    pub terminated: bool,
    /// Whether the episode was cut off; written as 0 or 1.
    pub truncated: bool,
    /// Direction of the agent.
    pub dir: u32,
    /// Column of the agent.
    pub x: u32,
    /// Row of the agent.
    pub y: u32,
    /// What the agent carries.
    pub carrying: Option<Carried>,
    /// Hash of the encoded grid.
    pub grid_hash: Hash,
    /// Hash of the agent's view.
    pub obs_hash: Hash,
}

/// An encoded object: type, colour, state.
pub type Triple = [u8; 3];

/// A carried object; a filled box has its contents as a fourth element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Carried {
    /// Anything but a filled box.
    Plain(Triple),
    /// A box with something in it.
    Filled(u8, u8, u8, Triple),
}

/// A box on the grid with something in it: column, row, contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledBox(pub u32, pub u32, pub Triple);

/// Bytes, written as hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex::serde")] pub Vec<u8>);

/// FNV-1a hash of 64 bits, written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash(pub u64);

impl Hash {
    /// Hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        use std::hash::Hasher;
        let mut hasher = fnv::FnvHasher::default();
        hasher.write(bytes);
        Self(hasher.finish())
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        format!("{:016x}", hash.0)
    }
}

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match u64::from_str_radix(&text, 16) {
            Ok(hash) if text.len() == 16 && !text.starts_with('+') => Ok(Self(hash)),
            _ => Err(format!("'{text}' is not a hash; expected 16 hexadecimal digits")),
        }
    }
}

type StepRow = (i32, f64, u8, u8, u32, u32, u32, Option<Carried>, Hash, Hash);

impl From<StepRow> for StepRecord {
    fn from(row: StepRow) -> Self {
        let (action, reward, terminated, truncated, dir, x, y, carrying, grid_hash, obs_hash) = row;
        let (terminated, truncated) = (terminated != 0, truncated != 0);
        Self { action, reward, terminated, truncated, dir, x, y, carrying, grid_hash, obs_hash }
    }
}

impl From<StepRecord> for StepRow {
    fn from(step: StepRecord) -> Self {
        (
            step.action,
            step.reward,
            step.terminated.into(),
            step.truncated.into(),
            step.dir,
            step.x,
            step.y,
            step.carrying,
            step.grid_hash,
            step.obs_hash,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_an_array_in_the_order_of_the_recordings() {
        let text = r#"[3,0.9568,1,0,2,1,4,[7,2,0,[5,1,0]],"00000000000000ff","cbf29ce484222325"]"#;
        let step: StepRecord = serde_json::from_str(text).unwrap();
        assert_eq!(step.carrying, Some(Carried::Filled(7, 2, 0, [5, 1, 0])));
        assert!(step.terminated && !step.truncated);
        assert_eq!(serde_json::to_string(&step).unwrap(), text);
    }

    #[test]
    fn a_reward_of_zero_keeps_its_decimal_point() {
        let row: StepRow = (0, 0.0, 0, 0, 0, 1, 1, None, Hash(1), Hash(2));
        let text = serde_json::to_string(&StepRecord::from(row)).unwrap();
        assert!(text.starts_with("[0,0.0,0,0,"), "{text}");
    }

    #[test]
    fn hashes_are_fnv_1a() {
        assert_eq!(String::from(Hash::of(b"")), "cbf29ce484222325");
        assert_eq!(String::from(Hash::of(b"a")), "af63dc4c8601ec8c");
    }

    #[test]
    fn a_hash_of_the_wrong_length_is_refused() {
        for text in
            ["\"\"", "\"12\"", "\"00000000000000000\"", "\"000000000000000g\"", "\"+00000000000000f\""]
        {
            let parsed = serde_json::from_str::<Hash>(text);
            assert!(parsed.is_err(), "{text}");
        }
    }
}
