//! Reads traces and recordings: JSON lines, plain (`.jsonl`) or compressed (`.jsonl.zst`). A damaged
//! file is an error that names the file and the line.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

use super::recording::{Header, Rollout};

/// A whole trace in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// First line.
    pub header: Header,
    /// Further lines.
    pub rollouts: Vec<Rollout>,
}

/// Why a trace could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The file could not be opened, read or decompressed.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A line that is not what the format says.
    #[error("{}, line {line}: {reason}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A file without a header line.
    #[error("{} is empty; a trace begins with a header line", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

impl Recording {
    /// Reads a `.jsonl` or `.jsonl.zst` file.
    ///
    /// # Errors
    /// When the file cannot be read or a line of it is not what the format says.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        read_lines(path).map(|(header, rollouts)| Self { header, rollouts })
    }

    /// The rollout that began with `seed`, of `kind` if one is given.
    pub fn rollout(&self, seed: u64, kind: Option<&str>) -> Option<&Rollout> {
        self.rollouts
            .iter()
            .find(|rollout| rollout.seed == seed && kind.is_none_or(|kind| rollout.kind == kind))
    }
}

/// The header and the further lines of the `.jsonl` or `.jsonl.zst` file `path`.
pub(super) fn read_lines<H: DeserializeOwned, R: DeserializeOwned>(
    path: &Path,
) -> Result<(H, Vec<R>), TraceError> {
    let unreadable = |source| TraceError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let compressed = path.extension().is_some_and(|extension| extension == "zst");
    if compressed {
        let decoder = ruzstd::decoding::StreamingDecoder::new(BufReader::new(file))
            .map_err(|error| unreadable(std::io::Error::other(error.to_string())))?;
        from_lines(path, BufReader::new(decoder))
    } else {
        from_lines(path, BufReader::new(file))
    }
}

fn from_lines<H: DeserializeOwned, R: DeserializeOwned>(
    path: &Path,
    reader: impl BufRead,
) -> Result<(H, Vec<R>), TraceError> {
    let mut header = None;
    let mut rollouts = Vec::new();
    let mut lines = BoundedLines { reader, buffer: Vec::new(), line: 0 };
    while let Some((line, text)) =
        lines.next_line().map_err(|source| TraceError::Unreadable { path: path.to_owned(), source })?
    {
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let bad_line = |error: serde_json::Error| TraceError::BadLine {
            path: path.to_owned(),
            line,
            reason: error.to_string(),
        };
        if header.is_none() {
            header = Some(serde_json::from_slice::<H>(text).map_err(bad_line)?);
        } else {
            rollouts.push(serde_json::from_slice::<R>(text).map_err(bad_line)?);
        }
    }
    let header = header.ok_or_else(|| TraceError::Empty { path: path.to_owned() })?;
    Ok((header, rollouts))
}

/// Lines of at most [`LONGEST_LINE`] bytes, so that an endless file cannot fill the memory.
struct BoundedLines<R> {
    reader: R,
    buffer: Vec<u8>,
    line: usize,
}

/// A rollout of 100,000 steps has lines of about 10 MB.
const LONGEST_LINE: u64 = 1 << 28;

impl<R: BufRead> BoundedLines<R> {
    /// The number of the next line, from 1, and its bytes.
    fn next_line(&mut self) -> std::io::Result<Option<(usize, &[u8])>> {
        self.buffer.clear();
        let read = self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.buffer)?;
        self.line += 1;
        if read as u64 == LONGEST_LINE {
            return Err(std::io::Error::other(format!(
                "line {} is longer than {LONGEST_LINE} bytes",
                self.line
            )));
        }
        Ok((read > 0).then_some((self.line, &self.buffer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Recording, TraceError> {
        from_lines(Path::new("trace.jsonl"), text).map(|(header, rollouts)| Recording { header, rollouts })
    }

    const HEADER: &str = r#"{"id":"MiniGrid-Empty-5x5-v0","width":5,"height":5,"max_steps":100,"see_through_walls":true,"view":7,"n_actions":7}"#;

    #[test]
    fn a_recording_is_read_back_as_it_was_written() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden/minigrid/MiniGrid-DoorKey-5x5-v0.jsonl.zst");
        let recording = Recording::read(&path).unwrap();
        assert_eq!(recording.header.id, "MiniGrid-DoorKey-5x5-v0");
        let guided = recording.rollout(1, Some("guided")).unwrap();
        assert_eq!(guided.steps.len(), 250);
        let written = serde_json::to_string(guided).unwrap();
        assert_eq!(serde_json::from_str::<Rollout>(&written).unwrap(), *guided);
    }

    #[test]
    fn a_damaged_line_is_named() {
        let text = format!("{HEADER}\n\n{{\"seed\":0}}\n");
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("trace.jsonl, line 3") && error.contains("missing field"), "{error}");
    }

    #[test]
    fn a_trace_needs_a_header() {
        assert!(matches!(read(b"\n \n"), Err(TraceError::Empty { .. })));
        assert!(matches!(read(b"\xff\xfe"), Err(TraceError::BadLine { line: 1, .. })));
    }
}
