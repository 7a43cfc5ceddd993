//! ROS's URDF (`<robot>` files), as its XML specification defines it; `urdf-rs` reads the XML.
//!
//! Links become bodies, with no collisions among themselves. Every joint that moves gets an actuator that
//! takes its torque or force, limited by the joint's `effort` and, as motors are, by its `velocity`. Transmissions,
//! calibrations, Gazebo's extensions, materials and visuals are passed over; what is neither known nor among these is
//! refused ([`super::urdf_schema`]).

use std::path::Path;

use urdf_rs::{Collision, Geometry, Inertial, Joint, JointType, Pose, Robot};

use super::{
    FormatError, UNLIMITED_EFFORT,
    frame::{Frame, from_roll_pitch_yaw},
    inertia::MassProperties,
    labels, read, urdf_schema,
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
/// When the file cannot be read, is not URDF, or asks for something that the engine has not.
pub fn from_urdf_file(
    path: impl AsRef<Path>,
    options: &UrdfOptions,
) -> Result<ModelDescription, FormatError> {
    let path = path.as_ref();
    from_urdf(&read(path)?, options).map_err(|error| error.in_file(path))
}

/// The model in a URDF text.
///
/// # Errors
/// When the text is not URDF, or asks for something that the engine has not.
pub fn from_urdf(text: &str, options: &UrdfOptions) -> Result<ModelDescription, FormatError> {
    urdf_schema::check(text)?;
    let model = convert(text, options).map_err(|error| urdf_schema::located(text, error))?;
    labels::check(&model, &urdf_schema::labels(text, &model))?;
    Ok(model)
}

fn convert(text: &str, options: &UrdfOptions) -> Result<ModelDescription, FormatError> {
    let robot = urdf_rs::read_from_string(text).map_err(|error| invalid(error.to_string()))?;
    let mut model = ModelDescription {
        name: robot.name.clone(),
        gravity: [0.0, 0.0, -9.81],
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    };
    let root = root_link(&robot)?;
    let frame = Frame::IDENTITY;
    if options.floating_base {
        let joint = JointDescription::Free;
        model.bodies.push(body(&robot, root, None, frame, joint, options)?);
        add_children(&mut model, &robot, root, Some(root), options)?;
    } else {
        model.scene = shapes(&robot, root, options)?;
        add_children(&mut model, &robot, root, None, options)?;
    }
    Ok(model)
}

/// Adds what hangs on link `parent`, which is body `carrier` of the model (`None`: the world).
fn add_children(
    model: &mut ModelDescription,
    robot: &Robot,
    parent: &str,
    carrier: Option<&str>,
    options: &UrdfOptions,
) -> Result<(), FormatError> {
    for joint in robot.joints.iter().filter(|joint| joint.parent.link == parent) {
        let child = joint.child.link.as_str();
        let frame = frame_of(&joint.origin);
        let description = convert_joint(joint, options)?;
        if description == JointDescription::Free && carrier.is_some() {
            return Err(refuse(joint, "a floating joint is supported only on a link of the world"));
        }
        if let JointDescription::Hinge(axis) | JointDescription::Slide(axis) = &description {
            model.actuators.push(actuator(joint, &axis.name, options));
        }
        model.bodies.push(body(robot, child, carrier, frame, description, options)?);
        add_children(model, robot, child, Some(child), options)?;
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
    robot: &Robot,
    link: &str,
    parent: Option<&str>,
    frame: Frame,
    joint: JointDescription,
    options: &UrdfOptions,
) -> Result<BodyDescription, FormatError> {
    let inertial = &find(robot, link)?.inertial;
    let masses = mass_properties(inertial);
    if masses.mass <= 0.0 && joint != JointDescription::Fixed {
        return Err(FormatError::unsupported(format!("<link name=\"{link}\">"), "it moves but has no mass"));
    }
    Ok(BodyDescription {
        name: link.to_owned(),
        parent: parent.map(str::to_owned),
        position: frame.position,
        orientation: frame.orientation,
        joint,
        mass: masses.mass,
        center_of_mass: masses.center_of_mass,
        inertia: masses.inertia,
        geoms: shapes(robot, link, options)?,
    })
}

fn mass_properties(inertial: &Inertial) -> MassProperties {
    let tensor = &inertial.inertia;
    let inertia = [tensor.ixx, tensor.iyy, tensor.izz, tensor.ixy, tensor.ixz, tensor.iyz];
    MassProperties { mass: inertial.mass.value, center_of_mass: [0.0; 3], inertia }
        .in_parent(&frame_of(&inertial.origin))
}

fn shapes(robot: &Robot, link: &str, options: &UrdfOptions) -> Result<Vec<GeomDescription>, FormatError> {
    find(robot, link)?.collision.iter().map(|collision| shape(collision, link, options)).collect()
}

fn shape(collision: &Collision, link: &str, options: &UrdfOptions) -> Result<GeomDescription, FormatError> {
    let shape = match &collision.geometry {
        Geometry::Box { size } => Shape::Box { half_extents: size.map(|edge| 0.5 * edge) },
        Geometry::Sphere { radius } => Shape::Sphere { radius: *radius },
        // URDF's length is that of the cylinder between the half balls.
        Geometry::Capsule { radius, length } => Shape::Capsule { radius: *radius, half_length: 0.5 * length },
        Geometry::Cylinder { .. } => {
            let reason =
                "its collision shape is a cylinder, which is not supported; a <capsule> or a <box> may do";
            return Err(FormatError::unsupported(format!("<link name=\"{link}\">"), reason));
        }
        Geometry::Mesh { filename, .. } => {
            let reason = format!(
                "its collision shape is the mesh {filename}; meshes are not supported, use spheres, capsules and boxes"
            );
            return Err(FormatError::unsupported(format!("<link name=\"{link}\">"), reason));
        }
    };
    let frame = frame_of(&collision.origin);
    Ok(GeomDescription {
        name: collision.name.clone().unwrap_or_default(),
        shape,
        position: frame.position,
        orientation: frame.orientation,
        friction: options.friction,
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
mod tests {
    use super::*;

    const CART: &str = r#"<robot name="cart">
      <link name="rail"/>
      <link name="cart">
        <inertial><origin xyz="0 0 0.1" rpy="0 0 1.5707963267948966"/><mass value="2"/>
          <inertia ixx="1" ixy="0" ixz="0" iyy="2" iyz="0" izz="3"/></inertial>
        <collision><origin xyz="0 0 0.2"/><geometry><box size="0.4 0.2 0.1"/></geometry></collision>
      </link>
      <link name="pole">
        <inertial><mass value="0.5"/><inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.01"/></inertial>
      </link>
      <joint name="slide" type="prismatic"><parent link="rail"/><child link="cart"/><axis xyz="2 0 0"/>
        <limit lower="-1" upper="1" effort="20" velocity="3"/><dynamics damping="0.3" friction="0.1"/></joint>
      <joint name="hinge" type="continuous"><parent link="cart"/><child link="pole"/>
        <origin xyz="0 0 0.3"/><axis xyz="0 1 0"/></joint>
    </robot>"#;

    #[test]
    fn links_become_bodies_and_joints_get_motors() {
        let model = from_urdf(CART, &UrdfOptions::default()).unwrap();
        let [cart, pole] = model.bodies.as_slice() else { panic!("{} bodies", model.bodies.len()) };
        let JointDescription::Slide(slide) = &cart.joint else { panic!("{:?}", cart.joint) };
        assert_eq!((slide.axis, slide.range), ([1.0, 0.0, 0.0], Some([-1.0, 1.0])));
        assert_eq!((slide.damping, slide.friction_loss), (0.3, 0.1));
        // The inertial frame is turned a quarter about z.
        assert!((cart.inertia[0] - 2.0).abs() < 1e-12 && (cart.inertia[1] - 1.0).abs() < 1e-12);
        assert_eq!(cart.center_of_mass, [0.0, 0.0, 0.1]);
        assert_eq!(cart.geoms[0].shape, Shape::Box { half_extents: [0.2, 0.1, 0.05] });
        assert_eq!((pole.parent.as_deref(), pole.position), (Some("cart"), [0.0, 0.0, 0.3]));
        assert_eq!((model.actuators[0].effort_limit, model.actuators[0].velocity_limit), (20.0, Some(3.0)));
        assert_eq!(
            (model.actuators[1].effort_limit, model.actuators[1].velocity_limit),
            (UNLIMITED_EFFORT, None)
        );
        let options = UrdfOptions { velocity_limits: false, ..UrdfOptions::default() };
        assert_eq!(from_urdf(CART, &options).unwrap().actuators[0].velocity_limit, None);
    }

    #[test]
    fn the_root_link_may_float() {
        let text = CART.replace("<link name=\"rail\"/>", "").replace(
            "<joint name=\"slide\" type=\"prismatic\"><parent link=\"rail\"/><child link=\"cart\"/><axis xyz=\"2 0 0\"/>\n        <limit lower=\"-1\" upper=\"1\" effort=\"20\" velocity=\"3\"/><dynamics damping=\"0.3\" friction=\"0.1\"/></joint>",
            "",
        );
        let options = UrdfOptions { floating_base: true, ..UrdfOptions::default() };
        let model = from_urdf(&text, &options).unwrap();
        assert_eq!(model.bodies[0].joint, JointDescription::Free);
        assert_eq!(model.actuators.len(), 1);
    }

    #[test]
    fn what_the_engine_has_not_is_named() {
        for (from, to, named) in [
            ("<box size=\"0.4 0.2 0.1\"/>", "<mesh filename=\"cart.stl\"/>", "cart.stl"),
            (
                "<box size=\"0.4 0.2 0.1\"/>",
                "<cylinder radius=\"0.1\" length=\"1\"/>",
                "<link name=\"cart\">",
            ),
            ("type=\"continuous\"", "type=\"planar\"", "<joint name=\"hinge\">"),
            (
                "<axis xyz=\"0 1 0\"/>",
                "<axis xyz=\"0 1 0\"/><mimic joint=\"slide\"/>",
                "<joint name=\"hinge\">",
            ),
            ("<axis xyz=\"0 1 0\"/>", "<axis xyz=\"0 0 0\"/>", "axis"),
            ("<mass value=\"2\"/>", "<mass value=\"0\"/>", "<link name=\"cart\">"),
            ("<child link=\"pole\"/>", "<child link=\"pile\"/>", "pile"),
            ("<link name=\"rail\"/>", "<link name=\"rail\"/><link name=\"other\"/>", "two links"),
            (
                "<mass value=\"2\"/>",
                "<mass value=\"one\"/>",
                "<mass> in <link name=\"cart\">: value=\"one\": one finite number must stand there",
            ),
            ("<mass value=\"2\"/>", "<mass value=\"-2\"/>", "not less than 0"),
            ("<mass value=\"2\"/>", "<mass/>", "its attribute value is missing"),
            ("size=\"0.4 0.2 0.1\"", "size=\"0.4 nan 0.1\"", "size=\"0.4 nan 0.1\": 3 finite numbers"),
            ("size=\"0.4 0.2 0.1\"", "size=\"0.4 0.2\"", "3 finite numbers"),
            (
                "<axis xyz=\"2 0 0\"/>",
                "<axis xyz=\"2 0 0\" frame=\"rail\"/>",
                "frame=\"rail\" is not supported",
            ),
            ("damping=\"0.3\"", "dampening=\"0.3\"", "<dynamics> in <joint name=\"slide\">: dampening"),
            ("velocity=\"3\"", "velocity=\"fast\"", "velocity=\"fast\""),
            ("<dynamics damping", "<spring k=\"3\"/><dynamics damping", "<spring> inside <joint>"),
            (
                "<dynamics damping",
                "<safety_controller k_velocity=\"3\"/><dynamics damping",
                "safety controllers are not supported",
            ),
            (
                "<limit lower=\"-1\" upper=\"1\" effort=\"20\" velocity=\"3\"/>",
                "",
                "<joint name=\"slide\">: a prismatic joint needs a <limit>",
            ),
            ("type=\"continuous\"", "type=\"screw\"", "type=\"screw\": allowed is fixed"),
        ] {
            let text = CART.replacen(from, to, 1);
            assert_ne!(text, CART, "{from} is not in the file");
            let message = from_urdf(&text, &UrdfOptions::default()).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }

    #[test]
    fn every_refusal_names_the_line() {
        for (from, to, said) in [
            (
                "<box size=\"0.4 0.2 0.1\"/>",
                "<mesh filename=\"cart.stl\"/>",
                "line 3: <link name=\"cart\">: ",
            ),
            ("type=\"continuous\"", "type=\"planar\"", "line 13: <joint name=\"hinge\">: "),
            ("size=\"0.4 0.2 0.1\"", "size=\"0.4 0 0.1\"", "line 6: <collision> in <link name=\"cart\">: "),
            ("iyy=\"2\"", "iyy=\"90\"", "line 3: <link name=\"cart\">: "),
        ] {
            let text = CART.replacen(from, to, 1);
            let message = from_urdf(&text, &UrdfOptions::default()).unwrap_err().to_string();
            assert!(message.starts_with(said), "{from} -> {to}: {message}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cart.urdf");
        std::fs::write(&path, CART.replacen("<box size=\"0.4", "<box size=\"four", 1)).unwrap();
        let message = from_urdf_file(&path, &UrdfOptions::default()).unwrap_err().to_string();
        assert!(message.contains("cart.urdf: line 6: <box>"), "{message}");
    }

    #[test]
    fn what_is_only_looked_at_is_passed_over() {
        let looks = r#"<material name="red"><color rgba="1 0 0 1"/></material>
          <transmission name="t"><actuator name="m"/></transmission><gazebo reference="cart"><mu1>3</mu1></gazebo>"#;
        let visual = r#"<visual name="v"><geometry><mesh filename="cart.stl"/></geometry><material name="red"/></visual>"#;
        let text = CART
            .replacen("<link name=\"rail\"/>", &format!("{looks}<link name=\"rail\"/>"), 1)
            .replacen("<collision>", &format!("{visual}<collision name=\"hull\">"), 1)
            .replacen("<dynamics", "<calibration rising=\"0.1\"/><dynamics", 1);
        let mut plain = from_urdf(CART, &UrdfOptions::default()).unwrap();
        plain.bodies[0].geoms[0].name = "hull".to_owned();
        assert_eq!(from_urdf(&text, &UrdfOptions::default()).unwrap(), plain);
    }
}
