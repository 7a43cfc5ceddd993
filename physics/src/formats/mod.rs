//! Models from files: MuJoCo's MJCF, ROS's URDF, and this crate's own JSON.
//!
//! A loader takes what the engine or the rapier backend can do and refuses the rest: a file that asks for a tendon, a spring, a
//! contact softness of its own or an attribute that nobody knows gets an error that names the file, the element and its line,
//! never a model that silently lacks it. What says nothing about motion (colours, cameras, sites, sensors, keyframes) is
//! passed over, and so is how hard another solver should work (iterations, tolerances). `docs/model-files.md` lists all.

mod attributes;
mod error;
mod frame;
mod inertia;
mod json;
mod labels;
mod mesh_file;
mod mjcf;
mod urdf;
mod urdf_schema;

use std::path::Path;

pub use error::FormatError;
pub use json::{from_json, to_json};
pub use mjcf::{MjcfFile, MjcfOptions, from_mjcf, from_mjcf_file};
pub use urdf::{UrdfOptions, from_urdf, from_urdf_file};

use crate::model::ModelDescription;

/// Effort limit in N m or N of an actuator that a file gives none: more than any motor has, and still a
/// finite number in single precision.
pub const UNLIMITED_EFFORT: f64 = 1e9;

/// The model in a file, whose ending says what it is: `.xml` or `.mjcf` (with default [`MjcfOptions`]), `.urdf` (with
/// default [`UrdfOptions`]), `.json`.
///
/// # Errors
/// When the ending is another one, the file cannot be read, or its loader refuses it.
pub fn from_file(path: impl AsRef<Path>) -> Result<ModelDescription, FormatError> {
    let path = path.as_ref();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    match ending.as_str() {
        "xml" | "mjcf" => Ok(from_mjcf_file(path, &MjcfOptions::default())?.model),
        "urdf" => from_urdf_file(path, &UrdfOptions::default()),
        "json" => from_json(&read(path)?).map_err(|error| error.in_file(path)),
        _ => Err(FormatError::UnknownEnding { path: path.to_owned() }),
    }
}

/// Deepest nesting of elements in a file. Parsers go down with it, and a body deeper than that moves no robot.
const DEEPEST: usize = 200;

/// Refuses a text whose elements are nested deeper than parsers can follow.
fn check_nesting(text: &str, format: &'static str) -> Result<(), FormatError> {
    let mut depth = 0usize;
    for tag in text.split('<').skip(1) {
        let inside = tag.split('>').next().unwrap_or_default();
        match inside.as_bytes().first() {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) if inside.ends_with('/') => {}
            Some(_) => depth += 1,
        }
        if depth > DEEPEST {
            let message = format!("its elements are nested deeper than {DEEPEST}");
            return Err(FormatError::Invalid { format, message });
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, FormatError> {
    std::fs::read_to_string(path).map_err(|source| FormatError::Read { path: path.to_owned(), source })
}
