//! Datasets of episodes in the layout that Minari reads (`data_format` "arrow"): a folder with
//! `metadata.json` and one folder for each episode, which holds `part-0.arrow` (an Arrow IPC file: one row for
//! each observation, the last of them with padded action and reward) and a `metadata.json` of its own.
//!
//! `MinariDataset(folder)` opens them in Python; [`Dataset::read`] does here.

mod reader;
mod spaces;
mod writer;

use std::path::PathBuf;

use pentathlon_gym::Array;

pub use reader::Dataset;
pub use writer::DatasetWriter;

/// File of metadata, of a dataset and of an episode.
const METADATA: &str = "metadata.json";
/// File of an episode's rows.
const ROWS: &str = "part-0.arrow";
/// Columns of an episode's rows.
const COLUMNS: [&str; 5] = ["observations", "actions", "rewards", "terminations", "truncations"];

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
    /// The actions, `[steps]`.
    pub actions: Vec<i32>,
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
    /// There is a dataset in the folder already.
    #[error("{} holds a dataset already; choose another folder, or delete it", path.display())]
    Exists {
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
    use super::*;

    fn episode(seed: u64, steps: usize) -> Episode {
        let image = (0..(steps + 1) * 147).map(|byte| (byte % 11) as u8).collect();
        let directions = (0..=steps).map(|step| (step % 4) as i32).collect();
        Episode {
            seed,
            mission: String::from("go to the red ball"),
            success: steps % 2 == 0,
            observations: vec![
                (String::from("image"), Array::U8(image)),
                (String::from("direction"), Array::I32(directions)),
            ],
            actions: (0..steps).map(|step| (step % 7) as i32).collect(),
            rewards: (0..steps).map(|step| step as f32 / 8.0).collect(),
            terminations: (0..steps).map(|step| step + 1 == steps).collect(),
            truncations: vec![false; steps],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let batch = crate::make("BabyAI-GoToLocal-v0").unwrap().build().unwrap();
        let mut writer = DatasetWriter::create(&path, &*batch).unwrap();
        let episodes = [episode(7, 3), episode(8, 1)];
        for episode in &episodes {
            writer.write(episode).unwrap();
        }
        writer.finish("expert").unwrap();
        let dataset = Dataset::read(&path).unwrap();
        assert_eq!(dataset.id, "BabyAI-GoToLocal-v0");
        assert_eq!(dataset.episodes, episodes);
        assert!(matches!(DatasetWriter::create(&path, &*batch), Err(DatasetError::Exists { .. })));
    }

    #[test]
    fn damaged_files_are_errors_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let batch = crate::make("BabyAI-GoToLocal-v0").unwrap().build().unwrap();
        let mut writer = DatasetWriter::create(&path, &*batch).unwrap();
        writer.write(&episode(1, 2)).unwrap();
        writer.finish("expert").unwrap();
        std::fs::write(path.join("0").join(ROWS), b"ARROW1 and then nothing").unwrap();
        let message = Dataset::read(&path).unwrap_err().to_string();
        assert!(message.contains(ROWS), "{message}");
        let message = Dataset::read(folder.path()).unwrap_err().to_string();
        assert!(message.contains(METADATA), "{message}");
    }
}
