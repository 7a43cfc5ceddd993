//! The models that the physics commands know by name, and those that they read from files, each with a
//! floor and a pose to start from.

use std::path::Path;

use pentathlon::physics::{
    formats::{self, UrdfOptions},
    model::{ActuatorLaw, GeomDescription, JointDescription, ModelDescription, Shape},
    native::{Worlds, WorldsOptions, frames::BodyFrame},
    robots::{ARM_REACH, PushedBox, QUADRUPED_STAND, arm_with_box, level_floor, quadruped},
};

use crate::cli::exit::Usage;

/// A model with a pose.
#[derive(Debug)]
pub struct Scene {
    pub model: ModelDescription,
    /// Coordinates to start from: 7 a free body, 1 a joint.
    pub positions: Vec<f64>,
    pub num_velocities: usize,
    /// Controls that hold the pose, as far as the actuators can.
    pub controls: Vec<f64>,
}

/// The names that stand for a model.
pub const NAMES: [&str; 2] = ["quadruped", "arm"];

impl Scene {
    /// The model named `name`, or in the file of that name. A model without a scene gets a level floor, and
    /// is raised onto it if it would stick in it.
    ///
    /// `drop` raises free bodies by that much, in m.
    pub fn find(name: &str, floating_base: bool, drop: f64) -> anyhow::Result<Self> {
        let (mut model, joints) = match name {
            "quadruped" => (quadruped(), QUADRUPED_STAND.to_vec()),
            "arm" => (arm_with_box(PushedBox::default()), ARM_REACH.to_vec()),
            _ => (read(name, floating_base)?, Vec::new()),
        };
        let own_floor = model.scene.is_empty() || floating_base;
        if own_floor {
            model.scene.push(level_floor(0.8));
        }
        let mut positions = Vec::new();
        let mut num_velocities = 0;
        let mut joint_positions = std::collections::HashMap::new();
        let mut joints = joints.into_iter();
        for body in &model.bodies {
            match &body.joint {
                JointDescription::Fixed => {}
                JointDescription::Free => {
                    let [x, y, z] = body.position;
                    positions.extend([x, y, z]);
                    positions.extend(body.orientation);
                    num_velocities += 6;
                }
                JointDescription::Hinge(joint) | JointDescription::Slide(joint) => {
                    let position = joints.next().unwrap_or_else(|| within(joint.range));
                    joint_positions.insert(joint.name.clone(), position);
                    positions.push(position);
                    num_velocities += 1;
                }
            }
        }
        let controls = model
            .actuators
            .iter()
            .map(|actuator| match actuator.law {
                ActuatorLaw::Effort => 0.0,
                ActuatorLaw::Position { .. } => joint_positions.get(&actuator.joint).copied().unwrap_or(0.0),
            })
            .collect();
        let mut scene = Self { model, positions, num_velocities, controls };
        if own_floor {
            scene.raise_onto_floor()?;
        }
        scene.shift_free_bodies(drop);
        Ok(scene)
    }
}

impl Scene {
    /// Raises free bodies by as much as the lowest shape is below zero.
    fn raise_onto_floor(&mut self) -> anyhow::Result<()> {
        let mut world = Worlds::<f64>::new(&self.model, WorldsOptions::default())
            .map_err(|error| Usage(error.to_string()))?;
        world.set_state(0, &self.positions, &vec![0.0; self.num_velocities])?;
        let frames = world.body_frames(0)?;
        let lowest = self
            .model
            .bodies
            .iter()
            .zip(frames)
            .flat_map(|(body, frame)| body.geoms.iter().map(move |geom| lowest_point(geom, frame)))
            .fold(0.0, f64::min);
        self.shift_free_bodies(-lowest);
        Ok(())
    }

    fn shift_free_bodies(&mut self, height: f64) {
        let mut first = 0;
        for body in &self.model.bodies {
            match body.joint {
                JointDescription::Fixed => {}
                JointDescription::Free => {
                    self.positions[first + 2] += height;
                    first += 7;
                }
                JointDescription::Hinge(_) | JointDescription::Slide(_) => first += 1,
            }
        }
    }
}

/// Height of the lowest point of a shape of a body.
fn lowest_point(geom: &GeomDescription, body: BodyFrame) -> f64 {
    let up = |q: [f64; 4], v: [f64; 3]| {
        // The last row of the rotation matrix of q, times v.
        let [w, x, y, z] = q;
        2.0 * (x * z - w * y) * v[0] + 2.0 * (y * z + w * x) * v[1] + (1.0 - 2.0 * (x * x + y * y)) * v[2]
    };
    let [w, x, y, z] = body.orientation;
    let [a, b, c, d] = geom.orientation;
    let turned = [
        w * a - x * b - y * c - z * d,
        w * b + x * a + y * d - z * c,
        w * c - x * d + y * a + z * b,
        w * d + x * c - y * b + z * a,
    ];
    let center = body.position[2] + up(body.orientation, geom.position);
    let reach = match &geom.shape {
        Shape::Sphere { radius } => *radius,
        Shape::Capsule { radius, half_length } => radius + up(turned, [0.0, 0.0, *half_length]).abs(),
        Shape::Box { half_extents: [x, y, z] } => [[*x, 0.0, 0.0], [0.0, *y, 0.0], [0.0, 0.0, *z]]
            .into_iter()
            .map(|edge| up(turned, edge).abs())
            .sum(),
        Shape::ConvexHull { vertices } => {
            vertices.iter().map(|&vertex| -up(turned, vertex)).fold(f64::NEG_INFINITY, f64::max)
        }
        Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => 0.0,
    };
    center - reach
}

/// Zero, or the limit nearest to it.
fn within(range: Option<[f64; 2]>) -> f64 {
    range.map_or(0.0, |[lower, upper]| 0.0f64.max(lower).min(upper))
}

fn read(name: &str, floating_base: bool) -> anyhow::Result<ModelDescription> {
    let path = Path::new(name);
    if path.extension().is_none() {
        let names = NAMES.join(", ");
        let message = format!(
            "there is no model named {name}; known are {names}, and files that end in .urdf, .xml, .mjcf or .json"
        );
        return Err(Usage(message).into());
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("urdf")) {
        return Ok(formats::from_urdf_file(path, &UrdfOptions { floating_base, ..UrdfOptions::default() })?);
    }
    if floating_base {
        return Err(
            Usage(format!("--floating-base is for .urdf files; {name} says by itself what floats")).into()
        );
    }
    Ok(formats::from_file(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quadruped_starts_in_its_stance_at_the_height_asked_for() {
        let scene = Scene::find("quadruped", false, 0.5).unwrap();
        assert_eq!((scene.positions.len(), scene.num_velocities), (19, 18));
        assert!((scene.positions[2] - 0.84).abs() < 1e-12);
        assert_eq!(scene.controls, QUADRUPED_STAND);
        assert_eq!(scene.model.scene.len(), 1);
    }

    #[test]
    fn the_arms_box_falls_and_the_arm_does_not() {
        let scene = Scene::find("arm", false, 0.2).unwrap();
        assert_eq!(scene.positions[..7], ARM_REACH);
        assert!((scene.positions[9] - 0.25).abs() < 1e-12);
        assert_eq!(scene.controls.len(), 7);
    }

    #[test]
    fn a_robot_that_would_stick_in_the_floor_is_raised() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rod.urdf");
        let rod = r#"<robot name="rod"><link name="rod"><inertial><mass value="1"/>
            <inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.01"/></inertial>
            <collision><origin xyz="0 0 0.1" rpy="0 1.5707963267948966 0"/>
            <geometry><capsule radius="0.2" length="1"/></geometry></collision></link></robot>"#;
        std::fs::write(&path, rod).unwrap();
        let scene = Scene::find(path.to_str().unwrap(), true, 0.0).unwrap();
        // Lying, its lowest point is 0.2 m below its middle, which is 0.1 m above its origin.
        assert!((scene.positions[2] - 0.1).abs() < 1e-9, "{}", scene.positions[2]);
    }

    #[test]
    fn unknown_models_are_refused_with_what_there_is() {
        let message = Scene::find("octopod", false, 0.0).unwrap_err().to_string();
        assert!(message.contains("quadruped, arm"), "{message}");
        let message = Scene::find("robot.xml", true, 0.0).unwrap_err().to_string();
        assert!(message.contains("--floating-base"), "{message}");
    }
}
