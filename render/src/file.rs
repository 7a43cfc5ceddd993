//! Files that appear whole or not at all: written beside their place under another name, then renamed.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::RenderError;

/// Checks that a file could be written at `path`, before the work that it is for. Nothing stays of the check.
///
/// # Errors
/// When the directory does not exist or is not writable, or `path` is one.
pub fn check_path(path: impl AsRef<Path>) -> Result<(), RenderError> {
    PendingFile::create(path.as_ref()).map(drop)
}

/// A file under way. Dropped without [`PendingFile::finish`] it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct PendingFile {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl PendingFile {
    /// Begins the file that will stand at `path`.
    pub fn create(path: &Path) -> Result<Self, RenderError> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".unfinished-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let created = if path.is_dir() {
            Err(io::Error::from(io::ErrorKind::IsADirectory))
        } else {
            // The error of `tempfile` itself names the temporary file, and hides what the system said.
            builder.tempfile_in(directory).map_err(|error| match std::fs::metadata(directory) {
                Err(source) => source,
                Ok(_) => io::Error::from(error.kind()),
            })
        };
        match created {
            Ok(file) => Ok(Self { path: path.to_owned(), file: BufWriter::new(file) }),
            Err(source) => Err(RenderError::Write { path: path.to_owned(), source }),
        }
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<(), RenderError> {
        let Self { path, file } = self;
        let written = file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.as_file().sync_all().map(|()| file))
            .and_then(|file| file.persist(&path).map_err(|error| error.error));
        written.map(|_: File| ()).map_err(|source| RenderError::Write { path, source })
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_given_up_leaves_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("picture.png");
        std::fs::write(&path, "old").unwrap();
        let mut pending = PendingFile::create(&path).unwrap();
        pending.write_all(b"half of the new").unwrap();
        drop(pending);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_finished_file_replaces_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("picture.png");
        std::fs::write(&path, "old").unwrap();
        let mut pending = PendingFile::create(&path).unwrap();
        pending.write_all(b"new").unwrap();
        pending.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn errors_name_the_path_and_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let missing = directory.path().join("nowhere/picture.png");
        let error = PendingFile::create(&missing).unwrap_err().to_string();
        assert!(error.contains("nowhere") && error.contains("make the directory"), "{error}");

        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = PendingFile::create(&file.join("picture.png")).unwrap_err().to_string();
        assert!(error.contains("a part of the path is a file"), "{error}");

        let error = PendingFile::create(directory.path()).unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_said_to_be_full() {
        let error = RenderError::Write {
            path: "picture.png".into(),
            source: std::fs::OpenOptions::new()
                .write(true)
                .open("/dev/full")
                .and_then(|mut file| file.write_all(b"x"))
                .unwrap_err(),
        };
        assert!(error.to_string().contains("free some space"), "{error}");
    }
}
