//! `progress.csv`: one row an update, comma-separated, with a line of names on top.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use crate::{Error, trainer::Progress};

/// A progress table that is being written.
#[derive(Debug)]
pub struct ProgressTable {
    path: PathBuf,
    file: File,
}

impl ProgressTable {
    /// Opens the table at `path` for the rows after update `update`: rows after it, left by a run that
    /// went on beyond its last checkpoint, are dropped.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path, update: u64) -> Result<Self, Error> {
        let mut text = header();
        if update > 0 && path.exists() {
            let file = File::open(path).map_err(Error::file("reading", path))?;
            for line in BufReader::new(file).lines().skip(1) {
                let line = line.map_err(Error::file("reading", path))?;
                let number = line.split(',').next().and_then(|first| first.parse::<u64>().ok());
                if number.is_some_and(|number| number <= update) {
                    text.push_str(&line);
                    text.push('\n');
                }
            }
        }
        crate::file::write_atomically(path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(path).map_err(Error::file("opening", path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn push(&mut self, progress: &Progress) -> Result<(), Error> {
        let cells: Vec<String> = progress.fields().iter().map(|(_, value)| value.to_string()).collect();
        let row = cells.join(",") + "\n";
        self.file.write_all(row.as_bytes()).map_err(Error::file("writing", &self.path))
    }
}

fn header() -> String {
    let names: Vec<&str> = Progress::default().fields().iter().map(|(name, _)| *name).collect();
    names.join(",") + "\n"
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
    fn a_folder_that_cannot_be_written_is_an_error_with_its_path() {
        let message = ProgressTable::open(Path::new("/proc/none/progress.csv"), 0).unwrap_err().to_string();
        assert!(message.contains("/proc/none"), "{message}");
    }
}
