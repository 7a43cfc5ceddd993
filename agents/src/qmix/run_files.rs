//! The folder of a team's run: configuration, checkpoint, progress table, episodes, learning curve.

use std::path::{Path, PathBuf};

use super::trainer::{TeamProgress, TeamTrainer};
use crate::Error;
use crate::file::write_atomically;
use crate::logging::curve::{self, Curve, Panel};
use crate::logging::table::{EpisodeTable, Table, TrainingEpisode};

/// The files of a run, open for what comes after the trainer's last step.
#[derive(Debug)]
pub struct TeamFiles {
    folder: PathBuf,
    table: Table,
    episodes: EpisodeTable,
}

/// Columns of `progress.csv`.
const COLUMNS: [&str; 9] = [
    "frames",
    "updates",
    "episodes",
    "mean_return",
    "mean_length",
    "success_rate",
    "epsilon",
    "loss",
    "mean_value",
];

impl TeamFiles {
    /// Makes `folder` ready for `trainer`: writes `config.toml` and opens the tables. Their rows after the
    /// trainer's last step are dropped.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(folder: &Path, trainer: &TeamTrainer) -> Result<Self, Error> {
        write_atomically(&folder.join("config.toml"), trainer.config().to_toml().as_bytes())?;
        let table = Table::open(&folder.join("progress.csv"), &COLUMNS, trainer.frames())?;
        let episodes = EpisodeTable::open(&folder.join("episodes.csv"), trainer.frames())?;
        Ok(Self { folder: folder.to_owned(), table, episodes })
    }

    /// Where the checkpoint is.
    pub fn checkpoint(&self) -> PathBuf {
        TeamTrainer::checkpoint_path(&self.folder)
    }

    pub(super) fn log(&mut self, progress: &TeamProgress, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        let TeamProgress {
            frames, updates, mean_return, mean_length, success_rate, epsilon, statistics, ..
        } = progress;
        self.table.push(&format!(
            "{frames},{updates},{},{mean_return},{mean_length},{success_rate},{epsilon},{},{}\n",
            progress.episodes, statistics.loss, statistics.mean_value
        ))?;
        self.log_episodes(episodes)
    }

    pub(super) fn log_episodes(&mut self, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        self.episodes.push(episodes)
    }

    /// Draws the learning curve from the table, if it has a row.
    pub(super) fn draw_curve(&self, title: &str) -> Result<(), Error> {
        let curve = Curve::from_table(&self.folder.join("progress.csv"))?;
        if curve.frames.is_empty() {
            return Ok(());
        }
        curve::draw(&self.folder.join("curve.svg"), &[Panel::of_success(title, vec![curve])])
    }
}
