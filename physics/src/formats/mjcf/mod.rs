//! MuJoCo's MJCF (`<mujoco>` files), as its XML reference defines it.
//!
//! `mjcf-rs` reads the XML, the default classes, includes and angle units; because it passes over what it
//! does not know, [`elements`] first checks that nothing in the file goes beyond the engine.

mod actuators;
mod bodies;
mod collisions;
mod elements;
#[cfg(test)]
mod tests;

use std::path::Path;

use mjcf_rs::Model;

use super::{FormatError, read};
use crate::model::{FrictionCombination, ModelDescription};

/// The model in an MJCF file, its includes resolved beside it.
///
/// # Errors
/// When the file or an include cannot be read, is not MJCF, or asks for something that the engine has not.
pub fn from_mjcf_file(path: impl AsRef<Path>) -> Result<ModelDescription, FormatError> {
    let path = path.as_ref();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    load(&read(path)?, folder)
}

/// The model in an MJCF text; includes are looked for in the working directory.
///
/// # Errors
/// As [`from_mjcf_file`].
pub fn from_mjcf(text: &str) -> Result<ModelDescription, FormatError> {
    load(text, Path::new("."))
}

fn load(text: &str, folder: &Path) -> Result<ModelDescription, FormatError> {
    elements::check(text, folder)?;
    let file = Model::from_str(text, folder)
        .map_err(|error| FormatError::Invalid { format: "MJCF", message: error.to_string() })?;
    let tree = bodies::convert(&file)?;
    Ok(ModelDescription {
        name: file.name.clone().unwrap_or_else(|| "model".into()),
        gravity: file.option.gravity,
        actuators: actuators::convert(&file)?,
        colliding_bodies: collisions::convert(&file, &tree)?,
        bodies: tree.bodies,
        scene: tree.scene,
        friction_combination: FrictionCombination::Maximum,
    })
}
