//! What can go wrong while an agent is configured, trained, saved or evaluated.

use std::path::{Path, PathBuf};

/// Errors of learners, their configuration and their files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of the environments, while they were built, reset or stepped.
    #[error(transparent)]
    Environment(#[from] pentathlon_gym::Error),
    /// A configuration that is not TOML, or has an unknown field or a value of the wrong type.
    #[error("configuration{}: {reason}", of_source(.source_name))]
    Parse {
        /// File or override that was read; empty where there is none.
        source_name: String,
        /// What the parser found, with the line where there is one.
        reason: String,
    },
    /// A configuration field out of its range.
    #[error("configuration field '{field}' = {value} is not allowed; allowed: {allowed}")]
    InvalidField {
        /// Dotted name of the field.
        field: &'static str,
        /// The value given.
        value: String,
        /// What would be allowed.
        allowed: String,
    },
    /// A configuration field that cannot change when a run goes on.
    #[error(
        "configuration field '{field}' = {now} is not allowed when a run goes on: it is {before}; what may change: \
         {changeable}"
    )]
    FixedField {
        /// Dotted name of the field.
        field: String,
        /// Its value in the run.
        before: String,
        /// The value given.
        now: String,
        /// Fields that may change, and tables all fields of which may.
        changeable: String,
    },
    /// An environment that the learner cannot train on.
    #[error("{id}: {reason}")]
    Unsupported {
        /// The environment id.
        id: String,
        /// What does not fit, and what would.
        reason: String,
    },
    /// A file that could not be read or written.
    #[error("{action} {}: {source}", .path.display())]
    File {
        /// What was being done, such as "writing".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A checkpoint that cannot be loaded.
    #[error("checkpoint {}: {reason}", .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Training produced a number that is not finite; the last checkpoint is still good.
    #[error(
        "training diverged in update {update}: the {what} is not finite; resume from the last checkpoint, or train \
         again, with a smaller learning rate or limit of gradients"
    )]
    Diverged {
        /// Update in which it happened.
        update: u64,
        /// Quantity that was not finite.
        what: &'static str,
    },
    /// A backend that this build does not have or that cannot be started.
    #[error("backend '{backend}': {reason}")]
    Backend {
        /// Name of the backend.
        backend: &'static str,
        /// Why it cannot be had, and what can be done.
        reason: String,
    },
    /// A scripted policy was asked for an action after its last one.
    #[error("the script has {steps} actions, and the episode goes on after them")]
    ScriptEnded {
        /// Actions in the script.
        steps: usize,
    },
    /// A learning curve that could not be drawn.
    #[error("drawing the learning curve {}: {reason}", .path.display())]
    Curve {
        /// The picture.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// A failed file operation.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}

fn of_source(source_name: &str) -> String {
    if source_name.is_empty() { String::new() } else { format!(" {source_name}") }
}
