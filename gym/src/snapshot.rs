//! The whole state of a batch as a value that can be kept, written to a file, and restored.
//!
//! A file is: the 8 bytes `PENTSNAP`, the format version (u32), the length of the payload (u64), a
//! CRC-32 of these 20 bytes (u32), the payload (the [`Snapshot`] in postcard's encoding), a CRC-32 of the
//! payload (u32). Numbers are little-endian. Every later version keeps the first 24 bytes.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::Error;

/// First bytes of every snapshot file.
const MAGIC: [u8; 8] = *b"PENTSNAP";
/// Version of the format that is written, and the newest that is read.
const VERSION: u32 = 1;
/// Bytes before the payload.
const HEADER: usize = 24;
/// Bytes of a checksum.
const CHECKSUM: usize = 4;

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

/// Why a snapshot could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Something else than a snapshot.
    #[error("this is not a snapshot: it does not begin with '{}'", MAGIC.escape_ascii())]
    Foreign,
    /// Written by a later version of this crate.
    #[error(
        "the snapshot has format version {version}, this build reads up to {VERSION}; update Pentathlon to read it"
    )]
    Newer {
        /// Version of the file.
        version: u32,
    },
    /// The end is missing.
    #[error("the snapshot is cut off: {got} of {expected} bytes are there")]
    Truncated {
        /// Bytes there are.
        got: usize,
        /// Bytes there should be, at least.
        expected: u64,
    },
    /// Bytes were changed.
    #[error("the snapshot is damaged: {0}")]
    Damaged(String),
    /// A file could not be read or written. A file that was there before is as it was.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl From<SnapshotError> for Error {
    fn from(error: SnapshotError) -> Self {
        Self::Snapshot(error.to_string())
    }
}

impl Snapshot {
    /// The bytes of a snapshot file.
    ///
    /// # Errors
    /// None of its fields fails to serialise; kept for later versions of the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SnapshotError> {
        let payload = postcard::to_stdvec(self)
            .map_err(|error| SnapshotError::Damaged(format!("it cannot be encoded: {error}")))?;
        let mut bytes = Vec::with_capacity(HEADER + payload.len() + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes.extend(&payload);
        bytes.extend(crc32fast::hash(&payload).to_le_bytes());
        Ok(bytes)
    }

    /// The snapshot that [`Snapshot::to_bytes`] wrote.
    ///
    /// # Errors
    /// Bytes that are no snapshot, of a newer version, cut off or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let known = bytes.len().min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] {
            return Err(SnapshotError::Foreign);
        }
        let Some((header, body)) = bytes.split_at_checked(HEADER) else {
            return Err(SnapshotError::Truncated { got: bytes.len(), expected: HEADER as u64 });
        };
        let (header, checksum) = header.split_at(HEADER - CHECKSUM);
        if crc32fast::hash(header).to_le_bytes() != checksum {
            return Err(SnapshotError::Damaged("the header does not match its checksum".into()));
        }
        let version = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        if version > VERSION {
            return Err(SnapshotError::Newer { version });
        }
        if version == 0 {
            return Err(SnapshotError::Damaged("format version 0 was never written".into()));
        }
        let mut length = [0; 8];
        length.copy_from_slice(&header[12..20]);
        let expected = u64::from_le_bytes(length).saturating_add((HEADER + CHECKSUM) as u64);
        if (bytes.len() as u64) < expected {
            return Err(SnapshotError::Truncated { got: bytes.len(), expected });
        }
        if bytes.len() as u64 > expected {
            let more = bytes.len() as u64 - expected;
            return Err(SnapshotError::Damaged(format!("{more} bytes follow its end")));
        }
        let (payload, checksum) = body.split_at(body.len() - CHECKSUM);
        if crc32fast::hash(payload).to_le_bytes() != checksum {
            return Err(SnapshotError::Damaged("the payload does not match its checksum".into()));
        }
        match postcard::take_from_bytes(payload) {
            Ok((snapshot, [])) => Ok(snapshot),
            Ok((_, rest)) => {
                Err(SnapshotError::Damaged(format!("{} bytes follow its last column", rest.len())))
            }
            Err(error) => Err(SnapshotError::Damaged(format!("the payload cannot be decoded: {error}"))),
        }
    }

    /// Writes a snapshot file: first beside `path`, then, when all of it is on the disk, in its place.
    ///
    /// # Errors
    /// When the file cannot be written; a file that was at `path` before is then still there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SnapshotError> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        replace_file(path, &bytes).map_err(|source| SnapshotError::File {
            action: "writing",
            path: path.to_owned(),
            source,
        })
    }

    /// Reads a snapshot file.
    ///
    /// # Errors
    /// When the file cannot be read, or as [`Snapshot::from_bytes`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SnapshotError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| SnapshotError::File {
            action: "reading",
            path: path.to_owned(),
            source,
        })?;
        Self::from_bytes(&bytes)
    }
}

/// Puts a file of `bytes` at `path`, or changes nothing.
fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".snapshot-");
    #[cfg(unix)]
    {
        // Readable by whom the umask allows, as any other file that is written.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn small() -> Snapshot {
        Snapshot {
            id: "MiniGrid-Empty-5x5-v0".into(),
            build: "num_envs=2".into(),
            columns: vec![("state".into(), vec![1, 2, 3, 0, 255]), ("items".into(), vec![])],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let snapshot = small();
        assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes().unwrap()).unwrap(), snapshot);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("batch.snapshot");
        snapshot.save(&path).unwrap();
        snapshot.save(&path).unwrap();
        assert_eq!(Snapshot::load(&path).unwrap(), snapshot);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let bytes = small().to_bytes().unwrap();
        for position in 0..bytes.len() {
            for change in 1..=255u8 {
                let mut changed = bytes.clone();
                changed[position] ^= change;
                assert!(Snapshot::from_bytes(&changed).is_err(), "byte {position} changed by {change}");
            }
        }
    }

    #[test]
    fn every_cut_is_noticed_as_a_cut() {
        let bytes = small().to_bytes().unwrap();
        for length in 0..bytes.len() {
            let error = Snapshot::from_bytes(&bytes[..length]).unwrap_err();
            assert!(matches!(error, SnapshotError::Truncated { .. }), "{length} bytes: {error}");
        }
    }

    #[test]
    fn foreign_newer_and_longer_files_are_told_apart() {
        let error = Snapshot::from_bytes(b"\x89PNG\r\n\x1a\nand so on").unwrap_err();
        assert_eq!(error.to_string(), "this is not a snapshot: it does not begin with 'PENTSNAP'");
        let mut newer = small().to_bytes().unwrap();
        newer[8] = 2;
        let checksum = crc32fast::hash(&newer[..20]).to_le_bytes();
        newer[20..24].copy_from_slice(&checksum);
        assert!(matches!(Snapshot::from_bytes(&newer), Err(SnapshotError::Newer { version: 2 })));
        let mut longer = small().to_bytes().unwrap();
        longer.push(0);
        let error = Snapshot::from_bytes(&longer).unwrap_err();
        assert_eq!(error.to_string(), "the snapshot is damaged: 1 bytes follow its end");
    }

    #[test]
    fn files_that_cannot_be_had_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/such/folder/file");
        let error = Snapshot::load(&missing).unwrap_err().to_string();
        assert!(error.starts_with("reading ") && error.contains("no/such/folder/file"), "{error}");
        let error = small().save(&missing).unwrap_err().to_string();
        assert!(error.starts_with("writing ") && error.contains("no/such/folder/file"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("occupied");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("kept"), b"x").unwrap();
        assert!(small().save(&path).is_err());
        assert_eq!(std::fs::read(path.join("kept")).unwrap(), b"x");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    proptest! {
        #[test]
        fn any_snapshot_survives(
            id in ".*",
            build in ".*",
            columns in prop::collection::vec((".*", prop::collection::vec(any::<u8>(), 0..50)), 0..5),
        ) {
            let snapshot = Snapshot { id, build, columns };
            prop_assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes().unwrap()).unwrap(), snapshot);
        }

        #[test]
        fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Snapshot::from_bytes(&bytes).is_err());
        }

        #[test]
        fn random_payloads_never_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = MAGIC.to_vec();
            bytes.extend(VERSION.to_le_bytes());
            bytes.extend((payload.len() as u64).to_le_bytes());
            bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
            bytes.extend(&payload);
            bytes.extend(crc32fast::hash(&payload).to_le_bytes());
            // A random payload may happen to be one; then it survives.
            if let Ok(snapshot) = Snapshot::from_bytes(&bytes) {
                prop_assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes().unwrap()).unwrap(), snapshot);
            }
        }
    }
}
