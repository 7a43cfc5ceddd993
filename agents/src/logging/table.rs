//! Tables of a run as comma-separated text with a line of names on top: `progress.csv`, one row an update or a report,
//! and `episodes.csv`, one row an episode. The first column counts, so that a run that is resumed drops what it wrote
//! after its last checkpoint.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use pentathlon_gym::EpisodeRecord;
use serde::{Deserialize, Serialize};

use crate::{Error, trainer::Progress};

/// A table that is being written.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    file: File,
}

impl Table {
    /// Opens the table at `path` with the columns `names`, of which the first one counts. Of rows that are there those
    /// that count to at most `last` are kept; with `last` 0 none.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path, names: &[&str], last: u64) -> Result<Self, Error> {
        let mut text = names.join(",") + "\n";
        if last > 0 && path.exists() {
            let old = std::fs::read_to_string(path).map_err(Error::file("reading", path))?;
            // A run that was killed may have left half a row behind; it has no end of line.
            for row in old.split_inclusive('\n').skip(1).filter(|row| row.ends_with('\n')) {
                let count = row.split(',').next().and_then(|count| count.parse::<u64>().ok());
                if count.is_some_and(|count| count <= last) && row.matches(',').count() + 1 == names.len() {
                    text.push_str(row);
                }
            }
        }
        crate::file::write_atomically(path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(path).map_err(Error::file("opening", path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends rows, each ended by an end of line.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn push(&mut self, rows: &str) -> Result<(), Error> {
        self.file.write_all(rows.as_bytes()).map_err(Error::file("writing", &self.path))
    }
}

/// A progress table that is being written: one row an update.
#[derive(Debug)]
pub struct ProgressTable(Table);

impl ProgressTable {
    /// Opens the table at `path` for the rows after update `update`: rows after it, left by a run that
    /// went on beyond its last checkpoint, are dropped.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path, update: u64) -> Result<Self, Error> {
        let names = Progress::default().fields().map(|(name, _)| name);
        Ok(Self(Table::open(path, &names, update)?))
    }

    /// Appends a row.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn push(&mut self, progress: &Progress) -> Result<(), Error> {
        let cells: Vec<String> = progress.fields().iter().map(|(_, value)| value.to_string()).collect();
        self.0.push(&(cells.join(",") + "\n"))
    }
}

/// An episode of training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingEpisode {
    /// Environment steps of the run, all environments together, at the end of the step in which it ended.
    pub frames: u64,
    /// How it went.
    pub record: EpisodeRecord,
}

/// Every episode of a run, in the order in which they ended: frames of the run, return, length, and 1 for success.
#[derive(Debug)]
pub struct EpisodeTable {
    table: Table,
    rows: String,
}

impl EpisodeTable {
    /// Opens the table at `path` for the episodes that end after frame `frames`.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path, frames: u64) -> Result<Self, Error> {
        let table = Table::open(path, &["frames", "return", "length", "success"], frames)?;
        Ok(Self { table, rows: String::new() })
    }

    /// Appends episodes.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn push(&mut self, episodes: &[TrainingEpisode]) -> Result<(), Error> {
        use std::fmt::Write as _;
        self.rows.clear();
        for TrainingEpisode { frames, record } in episodes {
            let EpisodeRecord { episode_return, length, success, .. } = record;
            let _ = writeln!(self.rows, "{frames},{episode_return},{length},{}", u8::from(*success));
        }
        self.table.push(&self.rows)
    }
}

/// The columns `names` of the table at `path`, one vector a column.
///
/// # Errors
/// A file that cannot be read, lacks a column, or has a cell that is not a number.
pub fn read_columns<const N: usize>(path: &Path, names: [&str; N]) -> Result<[Vec<f64>; N], Error> {
    let text = std::fs::read_to_string(path).map_err(Error::file("reading", path))?;
    let broken = |reason: String| Error::Curve { path: path.to_owned(), reason };
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let mut result = [const { Vec::new() }; N];
    let mut places = [0; N];
    for (place, name) in places.iter_mut().zip(names) {
        *place = columns
            .iter()
            .position(|column| *column == name)
            .ok_or_else(|| broken(format!("there is no column '{name}'")))?;
    }
    for (number, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        for (values, &place) in result.iter_mut().zip(&places) {
            let value = cells.get(place).and_then(|cell| cell.parse().ok());
            values.push(
                value.ok_or_else(|| {
                    broken(format!("line {}: '{line}' is not a row of numbers", number + 2))
                })?,
            );
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(update: u64) -> Progress {
        Progress { update, frames: update * 100, success_rate: 0.25, ..Progress::default() }
    }

    #[test]
    fn rows_are_read_back_and_those_after_a_checkpoint_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.csv");
        let mut table = ProgressTable::open(&path, 0).unwrap();
        (1..=5).for_each(|update| table.push(&progress(update)).unwrap());
        let mut table = ProgressTable::open(&path, 3).unwrap();
        table.push(&progress(4)).unwrap();
        let [frames, success] = read_columns(&path, ["frames", "success_rate"]).unwrap();
        assert_eq!(frames, [100.0, 200.0, 300.0, 400.0]);
        assert_eq!(success, [0.25; 4]);
        assert!(read_columns(&path, ["smell"]).unwrap_err().to_string().contains("smell"));
    }

    #[test]
    fn half_a_row_of_a_killed_run_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("episodes.csv");
        let record = EpisodeRecord { env: 0, episode_return: 0.5, length: 7, success: true };
        let episode = |frames| TrainingEpisode { frames, record };
        EpisodeTable::open(&path, 0).unwrap().push(&[episode(10), episode(20)]).unwrap();
        let whole = std::fs::read_to_string(&path).unwrap();
        assert_eq!(whole, "frames,return,length,success\n10,0.5,7,1\n20,0.5,7,1\n");
        // What is left of a row of frame 1234 looks like one of frame 12.
        std::fs::write(&path, whole.clone() + "12").unwrap();
        EpisodeTable::open(&path, 20).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole);
        EpisodeTable::open(&path, 10).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), whole.replace("20,0.5,7,1\n", ""));
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_with_its_path() {
        let message = ProgressTable::open(Path::new("/proc/none/progress.csv"), 0).unwrap_err().to_string();
        assert!(message.contains("/proc/none"), "{message}");
    }
}
