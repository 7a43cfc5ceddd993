//! Datasets of episodes in the layout that Minari reads (`data_format` "arrow"): a folder with
//! `metadata.json` and one folder for each episode, which holds `part-0.arrow` (an Arrow IPC file: one row for
//! each observation, the last of them with padded action and reward) and a `metadata.json` of its own.
//!
//! `MinariDataset(folder)` opens them in Python; [`Dataset::read`] does here. Beside what Minari asks for, the
//! metadata say how the environment was built, and of every episode its seed, its mission, whether it succeeded,
//! and the checksum of its rows.

mod reader;
mod spaces;
mod writer;

use std::{hash::Hasher, path::PathBuf};

use pentathlon_gym::Array;

pub use reader::Dataset;
pub use writer::DatasetWriter;

/// File of metadata, of a dataset and of an episode.
const METADATA: &str = "metadata.json";
/// File of an episode's rows.
const ROWS: &str = "part-0.arrow";
/// Field of an episode's metadata: the checksum of its rows.
const CHECKSUM: &str = "fnv1a";
/// Columns of an episode's rows.
const COLUMNS: [&str; 5] = ["observations", "actions", "rewards", "terminations", "truncations"];

/// The 64-bit FNV-1a hash of a file, in hexadecimal.
fn checksum(bytes: &[u8]) -> String {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

/// One episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Seed of the reset that it began with.
    pub seed: u64,
    /// Its mission in words.
    pub mission: String,
    /// Whether its task was achieved.
    pub success: bool,
    /// The observations by name, each `[steps + 1, ...]`.
    pub observations: Vec<(String, Array)>,
    /// The actions, `[steps, ...action shape]`: `i32`, or of a `Box` `f32`.
    pub actions: Array,
    /// The rewards, `[steps]`.
    pub rewards: Vec<f32>,
    /// Whether each step ended the episode in a terminal state, `[steps]`.
    pub terminations: Vec<bool>,
    /// Whether each step cut the episode off, `[steps]`.
    pub truncations: Vec<bool>,
}

/// A dataset that could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// A file that the system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The folder of a new dataset holds something already.
    #[error("{} is not empty; a dataset needs a new or an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file that is not what the layout says.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl DatasetError {
    fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        |source| Self::File { path, source }
    }

    fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::Damaged { path: path.into(), reason: reason.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn episode(seed: u64, steps: usize) -> Episode {
        let image = (0..(steps + 1) * 243).map(|byte| (byte % 11) as u8).collect();
        let directions = (0..=steps).map(|step| (step % 4) as i32).collect();
        Episode {
            seed,
            mission: String::from("go to the red ball"),
            success: steps.is_multiple_of(2),
            observations: vec![
                (String::from("image"), Array::U8(image)),
                (String::from("direction"), Array::I32(directions)),
            ],
            actions: Array::I32((0..steps).map(|step| (step % 7) as i32).collect()),
            rewards: (0..steps).map(|step| step as f32 / 8.0).collect(),
            terminations: (0..steps).map(|step| step + 1 == steps).collect(),
            truncations: vec![false; steps],
        }
    }

    fn writer(path: &Path) -> Result<DatasetWriter, DatasetError> {
        let batch = crate::make("BabyAI-GoToLocal-v0").unwrap().option("view_size", 9).build().unwrap();
        DatasetWriter::create(path, &*batch)
    }

    fn written(path: &Path, episodes: &[Episode]) {
        let mut writer = writer(path).unwrap();
        for episode in episodes {
            writer.write(episode).unwrap();
        }
        writer.finish("expert").unwrap();
    }

    fn entries(path: &Path) -> usize {
        std::fs::read_dir(path).unwrap().count()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some").join("data");
        let episodes = [episode(7, 3), episode(8, 1)];
        written(&path, &episodes);
        let dataset = Dataset::read(&path).unwrap();
        assert_eq!(dataset.id, "BabyAI-GoToLocal-v0");
        assert_eq!(dataset.options.options["view_size"], 9.into());
        assert_eq!(dataset.episodes, episodes);
        assert_eq!(dataset.steps(), 4);
        assert!(matches!(writer(&path), Err(DatasetError::NotEmpty { .. })), "nothing is overwritten");
        let empty = folder.path().join("empty");
        std::fs::create_dir(&empty).unwrap();
        written(&empty, &episodes[..1]);
        assert_eq!(Dataset::read(&empty).unwrap().episodes, episodes[..1]);
    }

    #[test]
    fn nothing_is_half_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let mut begun = writer(&path).unwrap();
        begun.write(&episode(1, 2)).unwrap();
        assert!(!path.exists(), "nothing is there before it is complete");
        drop(begun);
        assert_eq!(entries(folder.path()), 0, "what was begun is gone");

        let mut begun = writer(&path).unwrap();
        let mut misfit = episode(1, 2);
        misfit.observations.pop();
        let message = begun.write(&misfit).unwrap_err().to_string();
        assert!(message.contains("no observation 'direction'"), "{message}");
        let mut short = episode(1, 2);
        short.rewards.pop();
        assert!(begun.write(&short).is_err(), "columns of different lengths");

        begun.write(&episode(3, 1)).unwrap();
        std::fs::create_dir_all(path.join("of another")).unwrap();
        assert!(matches!(begun.finish("expert"), Err(DatasetError::File { .. })));
        assert_eq!((entries(folder.path()), entries(&path)), (1, 1), "what is there stays, and nothing else");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        for path in [file.clone(), file.join("data")] {
            let message = writer(&path).unwrap_err().to_string();
            assert!(message.contains("file"), "{message}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn damaged_files_are_errors_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        written(&path, &[episode(1, 2)]);
        let rows = path.join("0").join(ROWS);
        let good = std::fs::read(&rows).unwrap();
        for at in (0..good.len()).step_by(7) {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            std::fs::write(&rows, bytes).unwrap();
            let message = Dataset::read(&path).unwrap_err().to_string();
            assert!(message.contains(ROWS) && message.contains("damaged"), "{message}");
        }
        std::fs::write(&rows, &good[..good.len() / 2]).unwrap();
        assert!(Dataset::read(&path).is_err());
        std::fs::write(&rows, &good).unwrap();
        assert!(Dataset::read(&path).is_ok());

        let metadata = path.join(METADATA);
        let text = std::fs::read_to_string(&metadata).unwrap();
        for (from, to) in [("\"total_episodes\":1", "\"total_episodes\":2"), ("\"environment\"", "\"world\"")]
        {
            assert!(text.contains(from));
            std::fs::write(&metadata, text.replace(from, to)).unwrap();
            let message = Dataset::read(&path).unwrap_err().to_string();
            assert!(message.contains(METADATA), "{message}");
        }
        std::fs::write(&metadata, "{").unwrap();
        assert!(Dataset::read(&path).unwrap_err().to_string().contains(METADATA));
        assert!(Dataset::read(folder.path()).unwrap_err().to_string().contains(METADATA));
    }
}
