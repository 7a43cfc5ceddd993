//! The folder of a run: configuration, checkpoint, progress table, episodes, TensorBoard events, learning curve.

use std::path::{Path, PathBuf};

use super::trainer::{ContinuousProgress, ContinuousTrainer};
use crate::Error;
use crate::file::write_atomically;
use crate::logging::curve::{self, Curve, Panel, Quantity};
use crate::logging::table::{EpisodeTable, Table, TrainingEpisode};
use crate::logging::tensorboard::EventFile;

/// The files of a run, open for what comes after the trainer's last step.
#[derive(Debug)]
pub struct ContinuousFiles {
    folder: PathBuf,
    table: Table,
    episodes: EpisodeTable,
    events: Option<EventFile>,
}

impl ContinuousFiles {
    /// Makes `folder` ready for `trainer`: writes `config.toml` and opens the logs. Rows of the tables after the
    /// trainer's last step are dropped.
    ///
    /// # Errors
    /// A folder that cannot be made or written.
    pub fn open(folder: &Path, trainer: &ContinuousTrainer) -> Result<Self, Error> {
        write_atomically(&folder.join("config.toml"), trainer.config().to_toml().as_bytes())?;
        let names = ContinuousProgress::default().fields().map(|(name, _)| name);
        let table = Table::open(&folder.join("progress.csv"), &names, trainer.frames())?;
        let episodes = EpisodeTable::open(&folder.join("episodes.csv"), trainer.frames())?;
        let events = trainer
            .config()
            .output
            .tensorboard
            .then(|| EventFile::create(folder, &format!("frames-{}", trainer.frames())))
            .transpose()?;
        Ok(Self { folder: folder.to_owned(), table, episodes, events })
    }

    /// Where the checkpoint is.
    pub fn checkpoint(&self) -> PathBuf {
        ContinuousTrainer::checkpoint_path(&self.folder)
    }

    /// Appends a row to the table and its numbers to the events.
    pub(super) fn log(&mut self, progress: &ContinuousProgress) -> Result<(), Error> {
        let fields = progress.fields();
        self.table.push(&(fields.map(|(_, value)| value.to_string()).join(",") + "\n"))?;
        if let Some(events) = &mut self.events {
            events.scalars(progress.frames, &fields)?;
        }
        Ok(())
    }

    /// Appends the episodes that ended.
    pub(super) fn log_episodes(&mut self, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        self.episodes.push(episodes)
    }

    /// Draws the mean return of the last `window` episodes, if one has ended.
    pub(super) fn draw_curve(&self, title: &str, window: usize) -> Result<(), Error> {
        let curve = Curve::of_episodes(&self.folder.join("episodes.csv"), "return", window)?;
        if curve.frames.is_empty() {
            return Ok(());
        }
        let panel = Panel { quantity: Quantity::Return, ..Panel::of_success(title, vec![curve]) };
        curve::draw(&self.folder.join("curve.svg"), &[panel])
    }
}
