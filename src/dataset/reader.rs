//! Reads datasets.

use std::{fs, io::Cursor, path::Path};

use arrow_array::{
    Array as _, ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int32Array,
    Int64Array, RecordBatch, StructArray, UInt8Array,
};
use arrow_ipc::reader::FileReader;
use pentathlon_gym::{Array, BuildOptions};
use serde::Deserialize;
use serde_json::Value;

use super::{CHECKSUM, COLUMNS, DatasetError, Episode, METADATA, ROWS, checksum};

/// A whole dataset in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Registered id of the environment.
    pub id: String,
    /// How the environment was built.
    pub options: BuildOptions,
    /// The episodes in order.
    pub episodes: Vec<Episode>,
}

impl Dataset {
    /// Reads the dataset in `folder`.
    ///
    /// # Errors
    /// A file that is missing, cannot be read, or is not what the layout says; the message names it.
    pub fn read(folder: &Path) -> Result<Self, DatasetError> {
        let path = folder.join(METADATA);
        let metadata = read_json(&path)?;
        let missing = |field: &str| DatasetError::damaged(&path, format!("'{field}' is missing"));
        let count = metadata["total_episodes"].as_u64().ok_or_else(|| missing("total_episodes"))?;
        let id = metadata["environment"].as_str().ok_or_else(|| missing("environment"))?.to_owned();
        let options = match metadata.get("build_options") {
            Some(options) => BuildOptions::deserialize(options)
                .map_err(|error| DatasetError::damaged(&path, format!("'build_options': {error}")))?,
            None => BuildOptions::default(),
        };
        let episodes: Result<_, _> =
            (0..count).map(|episode| read_episode(&folder.join(episode.to_string()))).collect();
        Ok(Self { id, options, episodes: episodes? })
    }

    /// Steps of all episodes.
    pub fn steps(&self) -> usize {
        self.episodes.iter().map(|episode| episode.rewards.len()).sum()
    }
}

fn read_json(path: &Path) -> Result<Value, DatasetError> {
    let text = fs::read_to_string(path).map_err(DatasetError::file(path))?;
    serde_json::from_str(&text).map_err(|error| DatasetError::damaged(path, error))
}

fn read_episode(folder: &Path) -> Result<Episode, DatasetError> {
    let metadata = read_json(&folder.join(METADATA))?;
    let path = folder.join(ROWS);
    let bytes = fs::read(&path).map_err(DatasetError::file(&path))?;
    if metadata[CHECKSUM].as_str() != Some(&checksum(&bytes)) {
        return Err(DatasetError::damaged(
            &path,
            "its checksum is wrong: it is damaged, or not of this dataset",
        ));
    }
    let rows = FileReader::try_new(Cursor::new(bytes), None)
        .and_then(|mut reader| reader.next().transpose())
        .map_err(|error| DatasetError::damaged(&path, error))?
        .ok_or_else(|| DatasetError::damaged(&path, "no rows"))?;
    let episode = (|| {
        let steps = rows.num_rows().checked_sub(1)?;
        let column = |index: usize| rows.column_by_name(COLUMNS[index]);
        let flags = |index: usize| {
            let flags = column(index)?.as_any().downcast_ref::<BooleanArray>()?;
            Some(flags.values().iter().take(steps).collect())
        };
        Some(Episode {
            seed: metadata["seed"].as_u64()?,
            mission: metadata["mission"].as_str()?.to_owned(),
            success: metadata["success"].as_bool()?,
            observations: observations(&rows)?,
            actions: {
                // The last row is padding.
                let actions = observation(column(1)?)?;
                let width = actions.len().checked_div(rows.num_rows())?;
                first(actions, steps * width)
            },
            rewards: {
                let rewards = column(2)?.as_any().downcast_ref::<Float64Array>()?;
                rewards.values().iter().take(steps).map(|reward| *reward as f32).collect()
            },
            terminations: flags(3)?,
            truncations: flags(4)?,
        })
    })();
    episode.ok_or_else(|| DatasetError::damaged(&path, "columns are missing, or have other types"))
}

fn whole_numbers(column: &ArrayRef) -> Option<Vec<i32>> {
    let values = column.as_any().downcast_ref::<Int64Array>()?.values();
    values.iter().map(|value| i32::try_from(*value).ok()).collect()
}

fn observations(rows: &RecordBatch) -> Option<Vec<(String, Array)>> {
    let all = rows.column_by_name(COLUMNS[0])?.as_any().downcast_ref::<StructArray>()?;
    let named = all.fields().iter().zip(all.columns());
    named.map(|(field, column)| Some((field.name().clone(), observation(column)?))).collect()
}

/// The first `count` numbers of `array`.
fn first(mut array: Array, count: usize) -> Array {
    match &mut array {
        Array::U8(values) => values.truncate(count),
        Array::I32(values) => values.truncate(count),
        Array::F32(values) => values.truncate(count),
    }
    array
}

fn observation(column: &ArrayRef) -> Option<Array> {
    let Some(lists) = column.as_any().downcast_ref::<FixedSizeListArray>() else {
        return Some(Array::I32(whole_numbers(column)?));
    };
    let values = lists.values().as_any();
    if let Some(values) = values.downcast_ref::<UInt8Array>() {
        return Some(Array::U8(values.values().to_vec()));
    }
    if let Some(values) = values.downcast_ref::<Int32Array>() {
        return Some(Array::I32(values.values().to_vec()));
    }
    Some(Array::F32(values.downcast_ref::<Float32Array>()?.values().to_vec()))
}
