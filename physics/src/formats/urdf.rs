//! ROS's URDF (`<robot>` files), as its XML specification defines it; `urdf-rs` reads the XML.
//!
//! Links become bodies, with no collisions among themselves. Every joint that moves gets an actuator that
//! takes its torque or force, limited by the joint's `effort` and, as motors are, by its `velocity`. Transmissions,
//! calibrations, Gazebo's extensions, materials and visuals are passed over; what is neither known nor among these is
//! refused ([`super::urdf_schema`]). Collision meshes of links that move are taken by their convex hulls, as by other
//! simulators; those of links that are fixed to the world as they are.

use std::path::Path;

use urdf_rs::{Collision, Geometry, Inertial, Joint, JointType, Pose, Robot};

use super::{
    FormatError, UNLIMITED_EFFORT,
    frame::{Frame, from_roll_pitch_yaw},
    inertia::MassProperties,
    labels,
    mesh_file::{hull_of, read_mesh, resource_path, solid_or_surface},
    read, urdf_schema,
};
use crate::model::{
    ActuatorDescription, ActuatorLaw, AxisJoint, BodyDescription, FrictionCombination, GeomDescription,
    JointDescription, ModelDescription, Shape,
};

/// What a URDF file leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UrdfOptions {
    /// Whether the root link moves freely; otherwise it is part of the world. Default false.
    pub floating_base: bool,
    /// Friction coefficient of all shapes. Default 0.8.
    pub friction: f64,
    /// Rotor inertia of all joints in kg m² (or kg for a slide). Default 0.
    pub armature: f64,
    /// Let a joint's `velocity` limit its motor ([`ActuatorDescription::velocity_limit`]: from half of it on the motor
    /// gives less, at it nothing); otherwise it is passed over. Default true.
    pub velocity_limits: bool,
}

impl Default for UrdfOptions {
    fn default() -> Self {
        Self {
            floating_base: false,
            friction: GeomDescription::DEFAULT_FRICTION,
            armature: 0.0,
            velocity_limits: true,
        }
    }
}

/// The model in a URDF file.
///
/// # Errors
/// When the file or one of its meshes cannot be read, is not URDF, or asks for something that no engine here has.
pub fn from_urdf_file(
    path: impl AsRef<Path>,
    options: &UrdfOptions,
) -> Result<ModelDescription, FormatError> {
    let path = path.as_ref();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    load(&read(path)?, folder, options).map_err(|error| error.in_file(path))
}

/// The model in a URDF text; meshes are looked for in the working directory.
///
/// # Errors
/// As [`from_urdf_file`].
pub fn from_urdf(text: &str, options: &UrdfOptions) -> Result<ModelDescription, FormatError> {
    load(text, Path::new("."), options)
}

fn load(text: &str, folder: &Path, options: &UrdfOptions) -> Result<ModelDescription, FormatError> {
    urdf_schema::check(text)?;
    let robot = urdf_rs::read_from_string(text).map_err(|error| invalid(error.to_string()))?;
    let source = Source { robot: &robot, folder, options };
    let model = convert(&source).map_err(|error| urdf_schema::located(text, error))?;
    labels::check(&model, &urdf_schema::labels(text, &model))?;
    Ok(model)
}

/// A file on its way to a model.
struct Source<'a> {
    robot: &'a Robot,
    /// Where its meshes are looked for.
    folder: &'a Path,
    options: &'a UrdfOptions,
}

/// What carries a link.
#[derive(Clone, Copy)]
struct Carrier<'a> {
    /// The body; `None` is the world.
    body: Option<&'a str>,
    /// Whether it is one with the world.
    is_fixed: bool,
}

fn convert(source: &Source) -> Result<ModelDescription, FormatError> {
    let robot = source.robot;
    let mut model = ModelDescription {
        name: robot.name.clone(),
        gravity: [0.0, 0.0, -9.81],
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    };
    let root = root_link(robot)?;
    let world = Carrier { body: None, is_fixed: true };
    if source.options.floating_base {
        let joint = JointDescription::Free;
        model.bodies.push(body(source, root, world, Frame::IDENTITY, joint)?);
        add_children(&mut model, source, root, Carrier { body: Some(root), is_fixed: false })?;
    } else {
        model.scene = shapes(source, root, true)?;
        add_children(&mut model, source, root, world)?;
    }
    Ok(model)
}

/// Adds what hangs on link `parent`.
fn add_children(
    model: &mut ModelDescription,
    source: &Source,
    parent: &str,
    carrier: Carrier,
) -> Result<(), FormatError> {
    for joint in source.robot.joints.iter().filter(|joint| joint.parent.link == parent) {
        let child = joint.child.link.as_str();
        let frame = frame_of(&joint.origin);
        let description = convert_joint(joint, source.options)?;
        if description == JointDescription::Free && carrier.body.is_some() {
            return Err(refuse(joint, "a floating joint is supported only on a link of the world"));
        }
        if let JointDescription::Hinge(axis) | JointDescription::Slide(axis) = &description {
            model.actuators.push(actuator(joint, &axis.name, source.options));
        }
        let is_fixed = carrier.is_fixed && description == JointDescription::Fixed;
        model.bodies.push(body(source, child, carrier, frame, description)?);
        add_children(model, source, child, Carrier { body: Some(child), is_fixed })?;
    }
    Ok(())
}

fn convert_joint(joint: &Joint, options: &UrdfOptions) -> Result<JointDescription, FormatError> {
    if joint.mimic.is_some() {
        return Err(refuse(joint, "joints that mimic another one are not supported"));
    }
    let length = joint.axis.xyz.iter().map(|x| x * x).sum::<f64>().sqrt();
    let moving = !matches!(joint.joint_type, JointType::Fixed | JointType::Floating);
    if moving && length < 1e-10 {
        return Err(refuse(joint, "its axis has no direction"));
    }
    let (damping, friction_loss) =
        joint.dynamics.as_ref().map_or((0.0, 0.0), |dynamics| (dynamics.damping, dynamics.friction));
    let axis = |range| AxisJoint {
        name: joint.name.clone(),
        axis: joint.axis.xyz.map(|x| x / length),
        range,
        armature: options.armature,
        damping,
        friction_loss,
    };
    let range = Some([joint.limit.lower, joint.limit.upper]);
    match joint.joint_type {
        JointType::Fixed => Ok(JointDescription::Fixed),
        JointType::Floating if damping != 0.0 || friction_loss != 0.0 => {
            Err(refuse(joint, "damping and friction of a floating joint are not supported; allowed: 0"))
        }
        JointType::Floating => Ok(JointDescription::Free),
        JointType::Revolute => Ok(JointDescription::Hinge(axis(range))),
        JointType::Continuous => Ok(JointDescription::Hinge(axis(None))),
        JointType::Prismatic => Ok(JointDescription::Slide(axis(range))),
        JointType::Planar => Err(refuse(joint, "planar joints are not supported")),
        JointType::Spherical => Err(refuse(joint, "spherical joints are not supported")),
    }
}

/// The joint's motor. Zero, which exporters write where they know no limit, limits nothing.
fn actuator(joint: &Joint, name: &str, options: &UrdfOptions) -> ActuatorDescription {
    let (effort, velocity) = (joint.limit.effort, joint.limit.velocity);
    ActuatorDescription {
        name: name.to_owned(),
        joint: name.to_owned(),
        law: ActuatorLaw::Effort,
        effort_limit: if effort > 0.0 { effort.min(UNLIMITED_EFFORT) } else { UNLIMITED_EFFORT },
        velocity_limit: (options.velocity_limits && velocity > 0.0).then_some(velocity),
    }
}

fn body(
    source: &Source,
    link: &str,
    carrier: Carrier,
    frame: Frame,
    joint: JointDescription,
) -> Result<BodyDescription, FormatError> {
    let inertial = &find(source.robot, link)?.inertial;
    let masses = mass_properties(inertial);
    if masses.mass <= 0.0 && joint != JointDescription::Fixed {
        return Err(FormatError::unsupported(format!("<link name=\"{link}\">"), "it moves but has no mass"));
    }
    let is_fixed = carrier.is_fixed && joint == JointDescription::Fixed;
    Ok(BodyDescription {
        name: link.to_owned(),
        parent: carrier.body.map(str::to_owned),
        position: frame.position,
        orientation: frame.orientation,
        joint,
        mass: masses.mass,
        center_of_mass: masses.center_of_mass,
        inertia: masses.inertia,
        geoms: shapes(source, link, is_fixed)?,
    })
}

fn mass_properties(inertial: &Inertial) -> MassProperties {
    let tensor = &inertial.inertia;
    let inertia = [tensor.ixx, tensor.iyy, tensor.izz, tensor.ixy, tensor.ixz, tensor.iyz];
    MassProperties { mass: inertial.mass.value, center_of_mass: [0.0; 3], inertia }
        .in_parent(&frame_of(&inertial.origin))
}

/// The collision shapes of a link, which is one with the world or moves.
fn shapes(source: &Source, link: &str, is_fixed: bool) -> Result<Vec<GeomDescription>, FormatError> {
    let convert = |collision| shape(source, collision, link, is_fixed);
    find(source.robot, link)?.collision.iter().map(convert).collect()
}

fn shape(
    source: &Source,
    collision: &Collision,
    link: &str,
    is_fixed: bool,
) -> Result<GeomDescription, FormatError> {
    let shape = match &collision.geometry {
        Geometry::Box { size } => Shape::Box { half_extents: size.map(|edge| 0.5 * edge) },
        Geometry::Sphere { radius } => Shape::Sphere { radius: *radius },
        // URDF's length is that of the cylinder between the half balls.
        Geometry::Capsule { radius, length } => Shape::Capsule { radius: *radius, half_length: 0.5 * length },
        Geometry::Cylinder { radius, length } => {
            Shape::Cylinder { radius: *radius, half_length: 0.5 * length }
        }
        Geometry::Mesh { filename, scale } => {
            let scale = scale.as_ref().map_or([1.0; 3], |scale| **scale);
            let mesh = resource_path(filename, source.folder).and_then(|path| read_mesh(&path, scale));
            let shape = mesh.and_then(|mesh| match is_fixed {
                true => Ok(solid_or_surface(mesh)),
                false => hull_of(mesh.vertices)
                    .map_err(|reason| format!("the mesh {filename} has no convex hull: {reason}")),
            });
            shape.map_err(|reason| FormatError::unsupported(format!("<link name=\"{link}\">"), reason))?
        }
    };
    let frame = frame_of(&collision.origin);
    Ok(GeomDescription {
        name: collision.name.clone().unwrap_or_default(),
        shape,
        position: frame.position,
        orientation: frame.orientation,
        friction: source.options.friction,
        restitution: 0.0,
    })
}

/// The one link that no joint carries.
fn root_link(robot: &Robot) -> Result<&str, FormatError> {
    for (index, link) in robot.links.iter().enumerate() {
        if robot.links[..index].iter().any(|earlier| earlier.name == link.name) {
            return Err(invalid(format!("two links are called '{}'", link.name)));
        }
    }
    for link in &robot.links {
        if robot.joints.iter().filter(|joint| joint.child.link == link.name).count() > 1 {
            return Err(FormatError::unsupported(
                format!("<link name=\"{}\">", link.name),
                "more than one joint carries it: loops are not supported",
            ));
        }
    }
    for joint in &robot.joints {
        find(robot, &joint.parent.link)?;
        find(robot, &joint.child.link)?;
    }
    let mut roots =
        robot.links.iter().filter(|link| robot.joints.iter().all(|joint| joint.child.link != link.name));
    match (roots.next(), roots.next()) {
        (Some(root), None) => Ok(&root.name),
        (Some(first), Some(second)) => Err(invalid(format!(
            "two links have no parent: {} and {}; a robot is one tree",
            first.name, second.name
        ))),
        (None, _) => Err(invalid("no link is the root: the joints form a loop, or there is no link".into())),
    }
}

fn find<'a>(robot: &'a Robot, name: &str) -> Result<&'a urdf_rs::Link, FormatError> {
    robot
        .links
        .iter()
        .find(|link| link.name == name)
        .ok_or_else(|| invalid(format!("a joint names the link {name}, which does not exist")))
}

fn frame_of(pose: &Pose) -> Frame {
    from_roll_pitch_yaw(*pose.xyz, *pose.rpy)
}

fn refuse(joint: &Joint, reason: &str) -> FormatError {
    FormatError::unsupported(format!("<joint name=\"{}\">", joint.name), reason)
}

fn invalid(message: String) -> FormatError {
    FormatError::Invalid { format: "URDF", message }
}

#[cfg(test)]
mod tests;
