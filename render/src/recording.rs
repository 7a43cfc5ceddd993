//! Recordings as files, and what they look like when they are played again.
//!
//! A file has one [`Recording`] a line, as JSON: id, build options, which environments, and every reset
//! and step with seeds, actions, rewards and flags, as `RecordEpisodes` of the batch contract keeps
//! them. Playing one again checks that rewards and flags are the recorded ones.

use std::{io::Write, path::Path};

use pentathlon_gym::{VectorEnv, wrappers::Recording};

use crate::{Frame, FrameOptions, RenderError, draw::drawing, file::PendingFile};

/// Writes `recordings` to `path`, one JSON object a line, all or nothing.
///
/// # Errors
/// When the directory does not exist or is not writable, or the disk is full.
pub fn write_recordings(path: impl AsRef<Path>, recordings: &[Recording]) -> Result<(), RenderError> {
    let path = path.as_ref();
    let mut file = PendingFile::create(path)?;
    for recording in recordings {
        serde_json::to_writer(&mut file, recording)
            .map_err(std::io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|source| RenderError::Write { path: path.to_owned(), source })?;
    }
    file.finish()
}

/// Reads a file that [`write_recordings`] wrote; empty lines are skipped.
///
/// # Errors
/// When there is no such file, or a line is no recording; the error names the line.
pub fn read_recordings(path: impl AsRef<Path>) -> Result<Vec<Recording>, RenderError> {
    let path = path.as_ref();
    let failed = |reason: String| RenderError::Read { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line)
                .map_err(|error| failed(format!("line {} is no recording: {error}", index + 1)))
        })
        .collect()
}

/// Plays `recording` on `batch`, which was built as the recording says and not been reset, and gives
/// the picture of environment `env` after every reset and step to `show`.
///
/// # Errors
/// When the batch is another one or answers differently than it did, it cannot be drawn, or `show`
/// fails.
pub fn replay_frames(
    recording: &Recording,
    batch: &mut dyn VectorEnv,
    env: usize,
    options: &FrameOptions,
    mut show: impl FnMut(Frame) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let mut failed = None;
    recording.replay(batch, |batch| {
        if failed.is_none() {
            let shown = drawing(batch).and_then(|drawing| drawing.frame(env, options)).and_then(&mut show);
            failed = shown.err();
        }
    })?;
    failed.map_or(Ok(()), Err)
}
