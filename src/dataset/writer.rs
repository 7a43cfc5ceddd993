//! Writes datasets.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int32Array, Int64Array,
    RecordBatch, StructArray, UInt8Array,
};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, Field, Fields};
use pentathlon_gym::{Array, BuildOptions, Space, VectorEnv};
use serde_json::json;
use tempfile::TempDir;

use super::{CHECKSUM, COLUMNS, DatasetError, Episode, METADATA, ROWS, checksum, spaces};

/// A dataset under way. Its files are written beside its folder, and become that folder when it
/// [finishes](Self::finish); until then nothing is there, and an unfinished one leaves nothing behind.
#[derive(Debug)]
pub struct DatasetWriter {
    folder: PathBuf,
    staging: TempDir,
    id: String,
    options: BuildOptions,
    observations: Vec<(String, Space)>,
    action: Space,
    episodes: usize,
    steps: usize,
    successes: usize,
}

impl DatasetWriter {
    /// A dataset of episodes of `batch`'s environment with the observations that it computes, in the new or
    /// empty folder `folder`.
    ///
    /// # Errors
    /// A folder that cannot be made or written, or that is not empty.
    pub fn create(folder: &Path, batch: &dyn VectorEnv) -> Result<Self, DatasetError> {
        let parent = match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(DatasetError::file(parent))?;
        let mut folder = folder.to_owned();
        if folder.exists() {
            // Under its full name it can be replaced, even where it is `.`.
            folder = folder.canonicalize().map_err(DatasetError::file(&folder))?;
            if fs::read_dir(&folder).map_err(DatasetError::file(&folder))?.next().is_some() {
                return Err(DatasetError::NotEmpty { path: folder });
            }
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(parent);
        let mut builder = tempfile::Builder::new();
        builder.prefix(".pentathlon-").suffix(".tmp");
        #[cfg(unix)]
        {
            // What `create_dir` would ask for; the user's mask applies.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let staging = builder.tempdir_in(parent).map_err(DatasetError::file(parent))?;
        let fields = &batch.observation().fields;
        Ok(Self {
            folder,
            staging,
            id: batch.spec().id.clone(),
            options: batch.options().clone(),
            observations: fields
                .iter()
                .map(|field| (field.spec.name.clone(), field.spec.space.clone()))
                .collect(),
            action: batch.spec().action_space.clone(),
            episodes: 0,
            steps: 0,
            successes: 0,
        })
    }

    /// Appends an episode.
    ///
    /// # Errors
    /// A file that cannot be written, or an episode whose parts do not fit together.
    pub fn write(&mut self, episode: &Episode) -> Result<(), DatasetError> {
        let folder = self.staging.path().join(self.episodes.to_string());
        let path = folder.join(ROWS);
        let damaged = |error: ArrowError| DatasetError::damaged(&path, error);
        let batch = self.rows(episode).map_err(damaged)?;
        let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).map_err(damaged)?;
        writer.write(&batch).map_err(damaged)?;
        let bytes = writer.into_inner().map_err(damaged)?;
        fs::create_dir_all(&folder).map_err(DatasetError::file(&folder))?;
        fs::write(&path, &bytes).map_err(DatasetError::file(&path))?;
        let metadata = json!({
            "id": self.episodes,
            "total_steps": episode.rewards.len(),
            "seed": episode.seed,
            "mission": episode.mission,
            "success": episode.success,
            CHECKSUM: checksum(&bytes),
        });
        write_json(&folder.join(METADATA), &metadata)?;
        self.episodes += 1;
        self.steps += episode.rewards.len();
        self.successes += usize::from(episode.success);
        Ok(())
    }

    /// Episodes written so far.
    pub fn episodes(&self) -> usize {
        self.episodes
    }

    /// Writes what the dataset is and puts it into its folder; `algorithm` is what chose the actions.
    ///
    /// # Errors
    /// A file that cannot be written, or a folder that was filled meanwhile; nothing is then left behind.
    pub fn finish(self, algorithm: &str) -> Result<(), DatasetError> {
        let observations = self.observations.iter().map(|(name, space)| (name.as_str(), space));
        let metadata = json!({
            "dataset_id": format!("pentathlon/{}/{algorithm}-v0", self.id),
            "total_episodes": self.episodes,
            "total_steps": self.steps,
            "data_format": "arrow",
            // Minari keeps the descriptions of spaces as strings of JSON.
            "observation_space": spaces::dict(observations).to_string(),
            "action_space": spaces::describe(&self.action).to_string(),
            "algorithm_name": algorithm,
            "author": ["pentathlon"],
            "minari_version": "0.5.3",
            // Pictures are kept as they are.
            "jpeg_encoding": false,
            "environment": self.id,
            "build_options": self.options,
            "success_rate": self.successes as f64 / self.episodes.max(1) as f64,
        });
        write_json(&self.staging.path().join(METADATA), &metadata)?;
        if self.folder.exists() {
            // It is empty, or this fails.
            fs::remove_dir(&self.folder).map_err(DatasetError::file(&self.folder))?;
        }
        fs::rename(self.staging.path(), &self.folder).map_err(DatasetError::file(&self.folder))?;
        // It is no temporary folder any more.
        let _ = self.staging.keep();
        Ok(())
    }

    /// The rows of an episode: actions, rewards and flags are padded to the number of observations.
    fn rows(&self, episode: &Episode) -> Result<RecordBatch, ArrowError> {
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for (name, space) in &self.observations {
            let given = episode.observations.iter().find(|(given, _)| given == name);
            let (_, values) = given.ok_or_else(|| {
                ArrowError::InvalidArgumentError(format!("the episode has no observation '{name}'"))
            })?;
            let column = numbers_column(space, values)?;
            fields.push(Field::new(name, column.data_type().clone(), true));
            columns.push(column);
        }
        let observations = StructArray::try_new(Fields::from(fields), columns, None)?;
        let actions = numbers_column(&self.action, &padded_row(&self.action, &episode.actions))?;
        let rewards = episode.rewards.iter().map(|&reward| f64::from(reward)).chain([0.0]);
        let padded = |flags: &[bool]| BooleanArray::from_iter(flags.iter().copied().chain([false]).map(Some));
        let columns: [ArrayRef; 5] = [
            Arc::new(observations),
            actions,
            Arc::new(Float64Array::from_iter_values(rewards)),
            Arc::new(padded(&episode.terminations)),
            Arc::new(padded(&episode.truncations)),
        ];
        RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns))
    }
}

/// `values` and a row of `space` that is all 0.
fn padded_row(space: &Space, values: &Array) -> Array {
    let (mut padded, width) = (values.clone(), space.flat_len());
    match &mut padded {
        Array::U8(values) => values.resize(values.len() + width, 0),
        Array::I32(values) => values.resize(values.len() + width, 0),
        Array::F32(values) => values.resize(values.len() + width, 0.0),
    }
    padded
}

/// The column of an observation or of actions: numbers, or lists of the length of a row.
fn numbers_column(space: &Space, values: &Array) -> Result<ArrayRef, ArrowError> {
    if let (Space::Discrete { .. }, Array::I32(values)) = (space, values) {
        return Ok(Arc::new(Int64Array::from_iter_values(values.iter().map(|&value| i64::from(value)))));
    }
    let flat: ArrayRef = match values {
        Array::U8(values) => Arc::new(UInt8Array::from(values.clone())),
        Array::I32(values) => Arc::new(Int32Array::from(values.clone())),
        Array::F32(values) => Arc::new(Float32Array::from(values.clone())),
    };
    let item = Arc::new(Field::new("item", flat.data_type().clone(), true));
    let list = FixedSizeListArray::try_new(item, space.flat_len() as i32, flat, None)?;
    Ok(Arc::new(list))
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), DatasetError> {
    fs::write(path, value.to_string()).map_err(DatasetError::file(path))
}
