//! The models that the physics commands know by name, and those that they read from files, each with a
//! floor and a pose to start from.

use std::path::Path;

use anyhow::Context;
use pentathlon::physics::{
    formats::{self, FormatError, MjcfOptions, UrdfOptions},
    model::{ActuatorLaw, GeomDescription, JointDescription, ModelDescription, Shape, TriangleMesh},
    native::frames::BodyFrame,
    robots::{ARM_REACH, PushedBox, QUADRUPED_STAND, arm_with_box, level_floor, quadruped},
};

use super::engine::{Engine, EngineName};
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
    /// The length of a physics step that a file asks for, in s.
    pub timestep: Option<f64>,
}

/// How files are read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// The root link of a URDF file is a free body.
    pub floating_base: bool,
    /// The softness of single contacts in an MJCF file is passed over.
    pub ignore_softness: bool,
}

/// The names that stand for a model.
pub const NAMES: [&str; 2] = ["quadruped", "arm"];

impl Scene {
    /// The model named `name`, or in the file of that name. A model without a scene and every URDF file, which has no
    /// means to say what is around a robot, get a level floor: at zero, or below the lowest shape of what is fixed to the
    /// world. Free bodies are raised onto it if they would stick in it.
    ///
    /// `drop` raises free bodies by that much, in m. What `engine` does not take is an error.
    pub fn find(name: &str, reading: Reading, drop: f64, engine: EngineName) -> anyhow::Result<Self> {
        if NAMES.contains(&name) {
            let given =
                [("--floating-base", reading.floating_base), ("--ignore-softness", reading.ignore_softness)];
            if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
                return Err(Usage(format!("{option} is for files; {name} is built in")).into());
            }
        }
        let mut timestep = None;
        let (mut model, joints) = match name {
            "quadruped" => (quadruped(), QUADRUPED_STAND.to_vec()),
            "arm" => (arm_with_box(PushedBox::default()), ARM_REACH.to_vec()),
            _ => {
                let (model, asked) = read(name, reading, engine)?;
                timestep = asked;
                (model, Vec::new())
            }
        };
        let own_floor = model.scene.is_empty() || is_urdf(Path::new(name));
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
        let mut scene = Self { model, positions, num_velocities, controls, timestep };
        if own_floor {
            scene.settle_on_floor(engine)?;
        }
        scene.shift_free_bodies(drop);
        Ok(scene)
    }
}

impl Scene {
    /// Lowers the floor, the last shape of the scene, below what is fixed to the world, and raises free bodies onto it.
    fn settle_on_floor(&mut self, engine: EngineName) -> anyhow::Result<()> {
        let mut world = Engine::new(engine, &self.model, 1, None)?;
        world.set_state(0, &self.positions, &vec![0.0; self.num_velocities])?;
        let frames = world.body_frames(0)?;
        let mut free: Vec<&str> = Vec::new();
        let identity = BodyFrame { position: [0.0; 3], orientation: [1.0, 0.0, 0.0, 0.0] };
        let mut floor = self.model.scene.iter().map(|geom| lowest_point(geom, identity)).fold(0.0, f64::min);
        let mut lowest = f64::INFINITY;
        // Parents stand before their children.
        for (body, frame) in self.model.bodies.iter().zip(frames) {
            let is_free = body.joint == JointDescription::Free
                || body.parent.as_deref().is_some_and(|parent| free.contains(&parent));
            let own = body.geoms.iter().map(|geom| lowest_point(geom, frame)).fold(f64::INFINITY, f64::min);
            if is_free {
                free.push(&body.name);
                lowest = lowest.min(own);
            } else {
                floor = floor.min(own);
            }
        }
        let raised = (floor - lowest).max(0.0);
        if let Some(plane) = self.model.scene.last_mut() {
            plane.position[2] = floor;
        }
        self.shift_free_bodies(raised);
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
        Shape::Cylinder { radius, half_length } => {
            let [x, y, z] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|axis| up(turned, axis));
            half_length * z.abs() + radius * x.hypot(y)
        }
        Shape::Ellipsoid { radii: [x, y, z] } => [[*x, 0.0, 0.0], [0.0, *y, 0.0], [0.0, 0.0, *z]]
            .into_iter()
            .map(|axis| up(turned, axis).powi(2))
            .sum::<f64>()
            .sqrt(),
        Shape::ConvexHull { vertices } | Shape::Mesh(TriangleMesh { vertices, .. }) => {
            vertices.iter().map(|&vertex| -up(turned, vertex)).fold(f64::NEG_INFINITY, f64::max)
        }
        Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => 0.0,
    };
    center - reach
}

fn is_urdf(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("urdf"))
}

fn is_mjcf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("xml") || ending.eq_ignore_ascii_case("mjcf"))
}

/// Zero, or the limit nearest to it.
fn within(range: Option<[f64; 2]>) -> f64 {
    range.map_or(0.0, |[lower, upper]| 0.0f64.max(lower).min(upper))
}

/// The model in a file, and the time step that it asks for.
fn read(name: &str, reading: Reading, engine: EngineName) -> anyhow::Result<(ModelDescription, Option<f64>)> {
    let path = Path::new(name);
    if path.extension().is_none() {
        let names = NAMES.join(", ");
        let message = format!(
            "there is no model named {name}; known are {names}, and files that end in .urdf, .xml, .mjcf or .json"
        );
        return Err(Usage(message).into());
    }
    if reading.floating_base && !is_urdf(path) {
        return Err(
            Usage(format!("--floating-base is for .urdf files; {name} says by itself what floats")).into()
        );
    }
    if reading.ignore_softness && !is_mjcf(path) {
        return Err(
            Usage(format!("--ignore-softness is for MJCF files (.xml, .mjcf), not for {name}")).into()
        );
    }
    let model = load(path, reading)?;
    engine.check(&model.0).with_context(|| name.to_owned())?;
    Ok(model)
}

fn load(path: &Path, reading: Reading) -> anyhow::Result<(ModelDescription, Option<f64>)> {
    let Reading { floating_base, ignore_softness } = reading;
    if is_urdf(path) {
        let options = UrdfOptions { floating_base, ..UrdfOptions::default() };
        return Ok((formats::from_urdf_file(path, &options)?, None));
    }
    if is_mjcf(path) {
        let file = formats::from_mjcf_file(path, &MjcfOptions { ignore_softness })?;
        return Ok((file.model, Some(file.timestep)));
    }
    match formats::from_file(path) {
        Err(error @ FormatError::UnknownEnding { .. }) => Err(Usage(error.to_string()).into()),
        model => Ok((model?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOATING: Reading = Reading { floating_base: true, ignore_softness: false };

    #[test]
    fn the_quadruped_starts_in_its_stance_at_the_height_asked_for() {
        let scene = Scene::find("quadruped", Reading::default(), 0.5, EngineName::Native).unwrap();
        assert_eq!((scene.positions.len(), scene.num_velocities), (19, 18));
        assert!((scene.positions[2] - 0.84).abs() < 1e-12);
        assert_eq!(scene.controls, QUADRUPED_STAND);
        assert_eq!(scene.model.scene.len(), 1);
    }

    #[test]
    fn the_arms_box_falls_and_the_arm_does_not() {
        let scene = Scene::find("arm", Reading::default(), 0.2, EngineName::Native).unwrap();
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
        let scene = Scene::find(path.to_str().unwrap(), FLOATING, 0.0, EngineName::Native).unwrap();
        // Lying, its lowest point is 0.2 m below its middle, which is 0.1 m above its origin.
        assert!((scene.positions[2] - 0.1).abs() < 1e-9, "{}", scene.positions[2]);
    }

    #[test]
    fn a_robot_that_is_fixed_by_a_shape_has_a_floor_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("arm.urdf");
        let inertial = r#"<inertial><mass value="1"/>
            <inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.1"/></inertial>"#;
        let arm = |z: f64| {
            format!(
                r#"<robot name="arm"><link name="base"><collision><geometry><box size="0.2 0.2 0.1"/></geometry></collision></link>
                <link name="arm">{inertial}<collision><geometry><sphere radius="0.1"/></geometry></collision></link>
                <joint name="lift" type="continuous"><parent link="base"/><child link="arm"/><origin xyz="0 0 {z}"/>
                <axis xyz="0 1 0"/></joint></robot>"#
            )
        };
        // The base reaches 0.05 m down, the second arm 0.5 m.
        for (z, wanted) in [(1.0, -0.05), (-0.4, -0.5)] {
            std::fs::write(&path, arm(z)).unwrap();
            let scene =
                Scene::find(path.to_str().unwrap(), Reading::default(), 0.0, EngineName::Native).unwrap();
            let [_, floor] = scene.model.scene.as_slice() else { panic!("{:?}", scene.model.scene) };
            assert_eq!(floor.shape, Shape::Plane);
            assert!((floor.position[2] - wanted).abs() < 1e-12, "{:?}", floor.position);
        }
    }

    #[test]
    fn the_lowest_point_of_a_round_shape_depends_on_how_it_lies() {
        let body = BodyFrame { position: [5.0, 0.0, 1.0], orientation: [1.0, 0.0, 0.0, 0.0] };
        let cylinder = Shape::Cylinder { radius: 0.3, half_length: 0.4 };
        let egg = Shape::Ellipsoid { radii: [0.1, 0.2, 0.5] };
        let mesh = TriangleMesh { vertices: vec![[0.0, 0.1, -0.2], [0.0, -0.3, 0.0]], triangles: Vec::new() };
        let lean = (0.4f64.hypot(0.3), 0.3f64.atan2(0.4));
        for (shape, about_x, reach) in [
            (cylinder.clone(), 0.0, 0.4),
            (cylinder.clone(), std::f64::consts::FRAC_PI_2, 0.3),
            // On its edge, which lies as far from its middle as anything does.
            (cylinder, lean.1, lean.0),
            (egg.clone(), 0.0, 0.5),
            (egg, std::f64::consts::FRAC_PI_2, 0.2),
            (Shape::Mesh(mesh.clone()), 0.0, 0.2),
            (Shape::Mesh(mesh), std::f64::consts::FRAC_PI_2, 0.3),
        ] {
            let (sine, cosine) = (0.5 * about_x).sin_cos();
            let mut geom = GeomDescription::new(shape);
            geom.orientation = [cosine, sine, 0.0, 0.0];
            let lowest = lowest_point(&geom, body);
            assert!((1.0 - lowest - reach).abs() < 1e-12, "{geom:?}: {lowest}");
        }
    }

    #[test]
    fn unknown_models_are_refused_with_what_there_is() {
        let message = Scene::find("arm", FLOATING, 0.0, EngineName::Native).unwrap_err().to_string();
        assert!(message.contains("--floating-base is for files"), "{message}");
        let message =
            Scene::find("octopod", Reading::default(), 0.0, EngineName::Native).unwrap_err().to_string();
        assert!(message.contains("quadruped, arm"), "{message}");
        let message = Scene::find("robot.xml", FLOATING, 0.0, EngineName::Native).unwrap_err().to_string();
        assert!(message.contains("--floating-base"), "{message}");
    }
}
