//! The folder of a hierarchy's run: configuration, checkpoint, progress table, episodes, learning curve.

use std::path::{Path, PathBuf};

use super::progress::GmahProgress;
use super::trainer::GmahTrainer;
use crate::Error;
use crate::file::write_atomically;
use crate::logging::curve::{self, Curve, Panel};
use crate::logging::table::{EpisodeTable, Table, TrainingEpisode};

/// The files of a run, open for what comes after the trainer's last update.
#[derive(Debug)]
pub struct HierarchyFiles {
    folder: PathBuf,
    table: Table,
    episodes: EpisodeTable,
}

/// Columns of `progress.csv`.
const COLUMNS: [&str; 10] = [
    "frames",
    "stage",
    "stage_frames",
    "mean_return",
    "least_return",
    "mean_length",
    "success_rate",
    "fired",
    "decisions",
    "loss",
];

impl HierarchyFiles {
    /// Makes `folder` ready for `trainer`: writes `config.toml` and opens the tables. Their rows after the
    /// trainer's last update are dropped.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(folder: &Path, trainer: &GmahTrainer) -> Result<Self, Error> {
        write_atomically(&folder.join("config.toml"), trainer.config().to_toml().as_bytes())?;
        let table = Table::open(&folder.join("progress.csv"), &COLUMNS, trainer.frames())?;
        let episodes = EpisodeTable::open(&folder.join("episodes.csv"), trainer.frames())?;
        Ok(Self { folder: folder.to_owned(), table, episodes })
    }

    /// Where the checkpoint is.
    pub fn checkpoint(&self) -> PathBuf {
        GmahTrainer::checkpoint_path(&self.folder)
    }

    /// Where the picture of the learning curve is.
    pub fn curve(&self) -> PathBuf {
        self.folder.join("curve.svg")
    }

    pub(super) fn log(&mut self, progress: &GmahProgress, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        let GmahProgress { frames, stage_frames, mean_return, least_return, .. } = progress;
        let GmahProgress { mean_length, success_rate, fired, decisions, loss, .. } = progress;
        let stage = progress.stage.name();
        self.table.push(&format!(
            "{frames},{stage},{stage_frames},{mean_return},{least_return},{mean_length},{success_rate},{fired},\
             {decisions},{loss}\n"
        ))?;
        self.episodes.push(episodes)
    }

    /// Draws the learning curve from the table, if it has a row.
    pub(super) fn draw_curve(&self, title: &str) -> Result<(), Error> {
        let curve = Curve::from_table(&self.folder.join("progress.csv"))?;
        if curve.frames.is_empty() {
            return Ok(());
        }
        curve::draw(&self.curve(), &[Panel::of_success(title, vec![curve])])
    }
}
