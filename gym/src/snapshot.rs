//! The whole state of a batch as a value that can be kept, written to a file, and restored.

use serde::{Deserialize, Serialize};

/// The state of a batch: its columns as named byte strings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Environment id.
    pub id: String,
    /// Fingerprint of what the batch was built with, as far as the state depends on it.
    pub build: String,
    /// Named columns, little-endian.
    pub columns: Vec<(String, Vec<u8>)>,
}
