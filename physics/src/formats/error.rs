//! Why a file gives no model.

use std::path::{Path, PathBuf};

/// A file that cannot be read, or asks for something that the engine has not.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file system said no.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The file's name does not say what it holds.
    #[error("{}: expected a file that ends in .xml, .mjcf, .urdf or .json", path.display())]
    UnknownEnding {
        /// The file.
        path: PathBuf,
    },
    /// The text is not what the format prescribes.
    #[error("not a valid {format} model: {message}")]
    Invalid {
        /// `MJCF`, `URDF` or `JSON`.
        format: &'static str,
        /// What is wrong, and where.
        message: String,
    },
    /// The text asks for something that the engine has not.
    #[error("{element}: {reason}")]
    Unsupported {
        /// The element, with its name or line.
        element: String,
        /// What it asks for, and what would do.
        reason: String,
    },
    /// One of these in a file.
    #[error("{}: {error}", path.display())]
    InFile {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        error: Box<FormatError>,
    },
}

impl FormatError {
    pub(super) fn unsupported(element: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Unsupported { element: element.into(), reason: reason.into() }
    }

    /// The same, with the name of the file where it is not said yet.
    pub(super) fn in_file(self, path: &Path) -> Self {
        match self {
            Self::Read { .. } | Self::UnknownEnding { .. } => self,
            error => Self::InFile { path: path.to_owned(), error: Box::new(error) },
        }
    }
}
