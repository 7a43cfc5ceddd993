//! The folder of a run: configuration, checkpoint, progress table, episodes, TensorBoard events, learning curve.

use std::path::{Path, PathBuf};

use super::{Progress, Trainer};
use crate::Error;
use crate::file::write_atomically;
use crate::logging::curve::{self, Curve, Panel};
use crate::logging::table::{EpisodeTable, ProgressTable, TrainingEpisode};
use crate::logging::tensorboard::EventFile;

/// The files of a run, open for what comes after the trainer's last update.
#[derive(Debug)]
pub struct RunFiles {
    folder: PathBuf,
    table: ProgressTable,
    episodes: EpisodeTable,
    events: Option<EventFile>,
}

impl RunFiles {
    /// Makes `folder` ready for `trainer`: writes `config.toml` and opens the logs. Rows of the tables
    /// after the trainer's last update are dropped.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(folder: &Path, trainer: &Trainer) -> Result<Self, Error> {
        write_atomically(&folder.join("config.toml"), trainer.config().to_toml().as_bytes())?;
        let table = ProgressTable::open(&folder.join("progress.csv"), trainer.update)?;
        let episodes = EpisodeTable::open(&folder.join("episodes.csv"), trainer.frames)?;
        let events = trainer
            .config()
            .output
            .tensorboard
            .then(|| EventFile::create(folder, &format!("update-{}", trainer.update)))
            .transpose()?;
        Ok(Self { folder: folder.to_owned(), table, episodes, events })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the checkpoint is.
    pub fn checkpoint(&self) -> PathBuf {
        Trainer::checkpoint_path(&self.folder)
    }

    /// Where the picture of the learning curve is.
    pub fn curve(&self) -> PathBuf {
        self.folder.join("curve.svg")
    }

    /// Appends a row to the table, the episodes that ended, and the row's numbers to the events.
    pub(super) fn log(&mut self, progress: &Progress, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        self.table.push(progress)?;
        self.episodes.push(episodes)?;
        if let Some(events) = &mut self.events {
            events.scalars(progress.frames, &progress.fields())?;
        }
        Ok(())
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
