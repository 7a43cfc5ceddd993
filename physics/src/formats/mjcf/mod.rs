//! MuJoCo's MJCF (`<mujoco>` files), as its XML reference defines it.
//!
//! `mjcf-rs` reads the XML, the default classes, includes and angle units; because it passes over what it
//! does not know, [`elements`] first checks, by the tables of [`schema`], that nothing in the file goes beyond the engine.

mod actuators;
mod bodies;
mod collisions;
mod elements;
mod meshes;
mod schema;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;

use mjcf_rs::Model;

use super::{
    FormatError,
    labels::{self, Labels},
    read,
};
use crate::model::{FrictionCombination, ModelDescription};

/// What may be different from what an MJCF file says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MjcfOptions {
    /// Pass over the softness of single contacts and limits (`solref`, `solimp`, `solmix`, `margin`, `gap`, `impratio` and
    /// their like), which is one setting of all worlds here. Otherwise only MuJoCo's defaults are allowed. Default false.
    pub ignore_softness: bool,
}

/// A file as read.
#[derive(Clone, Debug, PartialEq)]
pub struct MjcfFile {
    /// What a world is made of.
    pub model: ModelDescription,
    /// The length of a physics step that the file asks for, in s; MuJoCo's default is 0.002.
    pub timestep: f64,
}

/// The model in an MJCF file and its time step, includes and meshes resolved beside it.
///
/// # Errors
/// When the file, an include or a mesh cannot be read, is not MJCF, or asks for something that no engine here has.
pub fn from_mjcf_file(path: impl AsRef<Path>, options: &MjcfOptions) -> Result<MjcfFile, FormatError> {
    let path = path.as_ref();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    load(&read(path)?, folder, options).map_err(|error| error.in_file(path))
}

/// The model in an MJCF text and its time step; includes and meshes are looked for in the working directory.
///
/// # Errors
/// As [`from_mjcf_file`].
pub fn from_mjcf(text: &str, options: &MjcfOptions) -> Result<MjcfFile, FormatError> {
    load(text, Path::new("."), options)
}

fn load(text: &str, folder: &Path, options: &MjcfOptions) -> Result<MjcfFile, FormatError> {
    let sources = elements::check(text, folder, options)?;
    let file = Model::from_str(text, folder)
        .map_err(|error| FormatError::Invalid { format: "MJCF", message: error.to_string() })?;
    let tree = bodies::convert(&file, folder, &sources)?;
    let model = ModelDescription {
        name: file.name.clone().unwrap_or_else(|| "model".into()),
        gravity: file.option.gravity,
        actuators: actuators::convert(&file, &sources)?,
        colliding_bodies: collisions::convert(&file, &tree, &sources)?,
        bodies: tree.bodies,
        scene: tree.scene,
        friction_combination: FrictionCombination::Maximum,
    };
    let labels = Labels { actuators: sources.actuators, ..tree.labels };
    labels::check(&model, &labels)?;
    Ok(MjcfFile { model, timestep: file.option.timestep })
}
