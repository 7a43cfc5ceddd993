//! Runs of a study that are finished, kept so that a study that was interrupted goes on from them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Error;
use crate::file::{load_sealed, save_sealed};

/// First bytes of a file of a finished run: what it is and the version of its format.
const KIND: &[u8; 8] = b"PNTHRUN\x01";

/// What the finished runs of a study came to, each in a file of its own, or nothing of it.
#[derive(Clone, Debug, Default)]
pub struct FinishedRuns {
    folder: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Kept<T> {
    settings: String,
    result: T,
}

impl FinishedRuns {
    /// Keeps nothing.
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// Keeps runs in `folder`, which is made when the first one is finished.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()) }
    }

    /// The folder, where runs are kept.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What the run called `name` came to: what is kept of it, or what `run` gives, which is kept. `None` when `run` was
    /// ended before it was over. `settings` are all that the result follows from.
    ///
    /// # Errors
    /// Those of `run`; a file of a run with other settings, or one that cannot be read or written.
    pub(crate) fn find_or<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        settings: &str,
        run: impl FnOnce() -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let Some(folder) = &self.folder else { return run() };
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let path = folder.join(format!("{}.run", name.chars().map(plain).collect::<String>()));
        if path.exists() {
            let kept: Kept<T> = load_sealed(KIND, &path, "a finished run of this study")?;
            if kept.settings != settings {
                let reason = "this run was finished with other settings; keep this study in another folder";
                return Err(Error::Checkpoint { path, reason: reason.into() });
            }
            return Ok(Some(kept.result));
        }
        let Some(result) = run()? else { return Ok(None) };
        let kept = Kept { settings: settings.to_owned(), result };
        save_sealed(KIND, &kept, &path)?;
        Ok(Some(kept.result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_finished_is_not_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let runs = FinishedRuns::in_folder(folder.path().join("runs"));
        let find = |name: &str, settings: &str, result: Option<f64>| {
            let mut run = 0;
            let found = runs.find_or(name, settings, || {
                run += 1;
                Ok(result)
            });
            (found, run)
        };
        let (found, run) = find("seed 1, flat", "a", Some(f64::NAN));
        assert!(found.unwrap().unwrap().is_nan() && run == 1);
        let (found, run) = find("seed 1, flat", "a", Some(2.0));
        assert!(found.unwrap().unwrap().is_nan() && run == 0, "what was kept");
        let (found, run) = find("seed 2, flat", "a", None);
        assert!(found.unwrap().is_none() && run == 1);
        assert_eq!(find("seed 2, flat", "a", Some(3.0)).0.unwrap(), Some(3.0), "it was not over before");
        let message = find("seed 2, flat", "b", Some(4.0)).0.unwrap_err().to_string();
        assert!(message.contains("seed-2--flat.run") && message.contains("other settings"), "{message}");
        std::fs::write(folder.path().join("runs/seed-2--flat.run"), "damaged").unwrap();
        assert!(find("seed 2, flat", "a", Some(4.0)).0.is_err());
        assert_eq!(FinishedRuns::nowhere().find_or("x", "y", || Ok(Some(1))).unwrap(), Some(1));
    }
}
