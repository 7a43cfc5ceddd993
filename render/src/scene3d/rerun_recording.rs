//! Recordings for the Rerun viewer (<https://rerun.io>): the shapes once, then poses, contact points and
//! forces over simulated time, to be scrubbed through and looked at from anywhere.

use std::path::{Path, PathBuf};

use glam::Vec3;
use pentathlon_physics::model::ModelDescription;
use rerun::{
    Arrows3D, Mesh3D, Points3D, RecordingStream, RecordingStreamBuilder, Rotation3D, Transform3D,
    ViewCoordinates, datatypes::Rgba32,
};
use tempfile::TempPath;

use super::{
    Placement, WorldSnapshot,
    stage::{Part, Stage, grid_place},
    vec3,
};
use crate::RenderError;

/// Half the edge of the square that stands for a plane, in m.
const GROUND: f32 = 10.0;

/// A recording under way. The file appears when it is finished, whole.
pub struct RerunRecording {
    stream: RecordingStream,
    path: PathBuf,
    partial: TempPath,
    bodies: Vec<String>,
    num_worlds: usize,
    /// Length in m of the arrow of a force of 100 N.
    force_scale: f32,
}

impl RerunRecording {
    /// A recording of `num_worlds` worlds of `model`, in a grid `spacing` m apart. Shapes are the model's in all of them.
    ///
    /// # Errors
    /// When a shape cannot be drawn, or the file not be written.
    pub fn create(
        model: &ModelDescription,
        path: &Path,
        num_worlds: usize,
        spacing: f32,
    ) -> Result<Self, RenderError> {
        let stage = Stage::new(model)?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let partial = tempfile::Builder::new()
            .prefix(".pentathlon-")
            .suffix(".rrd")
            .tempfile_in(folder)
            .map_err(|source| RenderError::Write { path: path.to_owned(), source })?
            .into_temp_path();
        let stream = RecordingStreamBuilder::new("pentathlon")
            .save(partial.to_path_buf())
            .map_err(|error| encode(path, &error))?;
        let recording = Self {
            stream,
            path: path.to_owned(),
            partial,
            bodies: model.bodies.iter().map(|body| entity_name(&body.name)).collect(),
            num_worlds,
            force_scale: stage.force_scale(),
        };
        recording.log_shapes(&stage, spacing)?;
        Ok(recording)
    }

    /// The worlds `seconds` s after the beginning.
    ///
    /// # Errors
    /// When there are other worlds or bodies than there were, or the file cannot be written.
    pub fn add(&mut self, seconds: f64, worlds: &[WorldSnapshot]) -> Result<(), RenderError> {
        let fits = worlds.len() == self.num_worlds
            && worlds.iter().all(|world| world.bodies.len() == self.bodies.len());
        if !fits {
            return Err(RenderError::Scene(format!(
                "the recording has {} worlds of {} bodies; other ones were given",
                self.num_worlds,
                self.bodies.len()
            )));
        }
        self.stream.set_duration_secs("simulated time", seconds);
        for (index, world) in worlds.iter().enumerate() {
            for (name, pose) in self.bodies.iter().zip(&world.bodies) {
                let placement = Placement::new(pose.position, pose.orientation);
                self.log(&format!("world_{index}/{name}"), &transform(placement))?;
            }
            let contacts = format!("world_{index}/contacts");
            let points: Vec<[f32; 3]> =
                world.contacts.iter().map(|contact| vec3(contact.point).to_array()).collect();
            let forces = world
                .contacts
                .iter()
                .map(|contact| (vec3(contact.force) * (self.force_scale / 100.0)).to_array());
            let arrows = Arrows3D::from_vectors(forces).with_origins(points.iter().copied());
            self.log(&format!("{contacts}/forces"), &arrows)?;
            self.log(&format!("{contacts}/points"), &Points3D::new(points).with_radii([0.01]))?;
        }
        Ok(())
    }

    /// Writes everything out and gives the file its name.
    ///
    /// # Errors
    /// When it cannot be written; nothing is left then.
    pub fn finish(self) -> Result<(), RenderError> {
        let Self { stream, path, partial, .. } = self;
        stream.flush_blocking().map_err(|error| encode(&path, &error))?;
        // The file is complete when the stream that writes it is gone.
        drop(stream);
        partial.persist(&path).map_err(|error| RenderError::Write { path: path.clone(), source: error.error })
    }

    fn log_shapes(&self, stage: &Stage, spacing: f32) -> Result<(), RenderError> {
        self.log_static("/", &ViewCoordinates::RIGHT_HAND_Z_UP())?;
        for world in 0..self.num_worlds {
            let root = format!("world_{world}");
            let shift = grid_place(world, self.num_worlds) * spacing;
            self.log_static(&root, &Transform3D::from_translation(shift.to_array()))?;
            for (name, parts) in self.bodies.iter().zip(stage.parts()) {
                for (index, part) in parts.iter().enumerate() {
                    self.log_part(&format!("{root}/{name}/shape_{index}"), part)?;
                }
            }
            for (index, part) in stage.scene().enumerate() {
                self.log_part(&format!("{root}/scene/shape_{index}"), part)?;
            }
            for (index, plane) in stage.planes().enumerate() {
                let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
                    .map(|[x, y]: [f32; 2]| [x * GROUND, y * GROUND, 0.0]);
                let square = Mesh3D::new(corners)
                    .with_triangle_indices([[0, 1, 2], [0, 2, 3]])
                    .with_vertex_normals([[0.0, 0.0, 1.0]; 4])
                    .with_albedo_factor(color(Vec3::splat(0.6)));
                let path = format!("{root}/scene/plane_{index}");
                self.log_static(&path, &transform(plane))?;
                self.log_static(&path, &square)?;
            }
        }
        Ok(())
    }

    fn log_part(&self, path: &str, part: &Part) -> Result<(), RenderError> {
        let mesh = Mesh3D::new(part.mesh.vertices.iter().map(|vertex| vertex.position.to_array()))
            .with_vertex_normals(part.mesh.vertices.iter().map(|vertex| vertex.normal.to_array()))
            .with_triangle_indices(part.mesh.triangles.iter().copied())
            .with_albedo_factor(color(part.color));
        self.log_static(path, &transform(part.placement))?;
        self.log_static(path, &mesh)
    }

    fn log(&self, entity: &str, what: &impl rerun::AsComponents) -> Result<(), RenderError> {
        self.stream.log(entity, what).map_err(|error| encode(&self.path, &error))
    }

    fn log_static(&self, entity: &str, what: &impl rerun::AsComponents) -> Result<(), RenderError> {
        self.stream.log_static(entity, what).map_err(|error| encode(&self.path, &error))
    }
}

impl std::fmt::Debug for RerunRecording {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RerunRecording").field("path", &self.path).finish_non_exhaustive()
    }
}

fn transform(placement: Placement) -> Transform3D {
    let [x, y, z, w] = placement.rotation.to_array();
    let rotation: Rotation3D = rerun::Quaternion::from_xyzw([x, y, z, w]).into();
    Transform3D::from_translation_rotation(placement.position.to_array(), rotation)
}

fn color(linear: Vec3) -> Rgba32 {
    let [red, green, blue] = linear.to_array().map(|channel| (255.0 * channel.clamp(0.0, 1.0)).round() as u8);
    Rgba32::from_rgb(red, green, blue)
}

/// The name of a body as a part of a path.
fn entity_name(name: &str) -> String {
    name.chars().map(|letter| if letter.is_alphanumeric() || letter == '-' { letter } else { '_' }).collect()
}

fn encode(path: &Path, error: &impl std::fmt::Display) -> RenderError {
    RenderError::Encode { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use pentathlon_physics::{
        model::{GeomDescription, Shape, TriangleMesh},
        robots::{level_floor, quadruped},
    };

    use super::*;
    use crate::scene3d::{BodyPose, ContactMark};

    fn snapshot(bodies: usize, height: f64) -> WorldSnapshot {
        let pose = BodyPose { position: [0.0, 0.0, height], orientation: [1.0, 0.0, 0.0, 0.0] };
        let contact = ContactMark { point: [0.1, 0.0, 0.0], force: [0.0, 0.0, 50.0] };
        WorldSnapshot { bodies: vec![pose; bodies], contacts: vec![contact], shapes: Vec::new() }
    }

    #[test]
    fn a_recording_is_a_file_of_the_viewer_when_it_is_finished() {
        let mut model = quadruped();
        model.scene.push(level_floor(0.8));
        let cylinder = Shape::Cylinder { radius: 0.1, half_length: 0.2 };
        model.bodies[0].geoms.push(GeomDescription::new(cylinder));
        let vertices = vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        let mesh = TriangleMesh { vertices, triangles: vec![[0, 1, 2]] };
        model.scene.push(GeomDescription::new(Shape::Mesh(mesh)));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run.rrd");
        let mut recording = RerunRecording::create(&model, &path, 2, 1.0).unwrap();
        for frame in 0..5 {
            let height = 0.3 + 0.1 * f64::from(frame);
            let worlds = vec![snapshot(model.bodies.len(), height); 2];
            recording.add(0.04 * f64::from(frame), &worlds).unwrap();
        }
        assert!(!path.exists(), "half a recording has its name");
        assert!(recording.add(1.0, &[snapshot(1, 0.0)]).is_err());
        recording.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(b"RRF") && bytes.len() > 20_000, "{} bytes", bytes.len());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = RerunRecording::create(&quadruped(), Path::new("/nowhere/run.rrd"), 1, 1.0).unwrap_err();
        assert!(error.to_string().contains("/nowhere/run.rrd"), "{error}");
    }
}
