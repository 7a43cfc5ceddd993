//! A 7-joint arm of the Panda class on a fixed base, 16.06 kg, with a rod as its tool; alone, or before a
//! free box that it can push over a table.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use serde::Deserialize;

use super::{
    figures::{Capsule, Common, Inertial, body, servo},
    level_floor,
};
use crate::model::{
    BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription, Shape,
};

const FIGURES: &str = include_str!("../../robots/arm.toml");

/// Joint angles in rad of the arm's home pose: bent elbow, tool pointing down.
pub const ARM_HOME: [f64; 7] = [0.0, 0.0, 0.0, -FRAC_PI_2, 0.0, FRAC_PI_2, -FRAC_PI_4];

/// Joint angles in rad with which the tool points down onto the table, 0.36 m before the base: behind the box
/// of [`arm_with_box`], where the push recordings start.
pub const ARM_REACH: [f64; 7] = [-0.1187, 0.1938, 0.0858, -2.8204, -0.1284, 3.0124, 0.0928];

/// Largest joint speeds in rad/s (Franka's published limits); for the `velocity_limit` of the actuators,
/// which [`arm`] leaves open.
pub const ARM_JOINT_SPEEDS: [f64; 7] = [2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61];

/// The tip of the tool in the frame of the last body, `link7`, in m.
pub const ARM_TOOL: [f64; 3] = [0.0, 0.0, 0.227];

/// Gains of the servos, joint by joint, in N m/rad and N m s/rad: those of the push recordings.
const SERVOS: [(f64, f64); 7] =
    [(600.0, 50.0), (600.0, 50.0), (600.0, 50.0), (600.0, 50.0), (250.0, 30.0), (150.0, 25.0), (50.0, 15.0)];

#[derive(Deserialize)]
struct Figures {
    #[serde(flatten)]
    common: Common,
    link: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    position: [f64; 3],
    /// Rotation about x in quarter turns.
    turn: i8,
    range: [f64; 2],
    effort_limit: f64,
    #[serde(flatten)]
    inertial: Inertial,
    capsules: Vec<Capsule>,
}

/// The arm with position servos (gains of the push recordings, torque limits of the motors), no scene.
/// Bodies `link1` to `link7`, joints and actuators `joint1` to `joint7`. At joint positions zero it
/// stands upright; its home pose is [`ARM_HOME`].
pub fn arm() -> ModelDescription {
    let figures: Figures = toml::from_str(FIGURES).expect("the crate's own file, which every test parses");
    let mut model = ModelDescription {
        name: "arm".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    };
    for (index, (link, (kp, kd))) in figures.link.iter().zip(SERVOS).enumerate() {
        let joint = format!("joint{}", index + 1);
        let parent = (index > 0).then(|| format!("link{index}"));
        let hinge = figures.common.hinge(&joint, [0.0, 0.0, 1.0], link.range);
        let eighth = FRAC_PI_4 * f64::from(link.turn);
        model.bodies.push(BodyDescription {
            orientation: [eighth.cos(), eighth.sin(), 0.0, 0.0],
            geoms: link.capsules.iter().map(|capsule| capsule.geom(figures.common.friction)).collect(),
            ..body(format!("link{}", index + 1), parent, link.position, hinge, &link.inertial)
        });
        model.actuators.push(servo(&joint, kp, kd, link.effort_limit));
    }
    if let Some(tool) = model.bodies.last_mut().and_then(|link| link.geoms.last_mut()) {
        tool.name = "tool".into();
    }
    model
}

/// A cube on the table before the arm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PushedBox {
    /// Mass in kg.
    pub mass: f64,
    /// Half the edge length in m.
    pub half_extent: f64,
    /// Where its middle stands on the table, x and y in m.
    pub position: [f64; 2],
    /// Friction coefficient of every contact in the world.
    pub friction: f64,
}

impl Default for PushedBox {
    /// 0.3 kg, 0.1 m edges, half a metre in front of the arm, friction 0.5.
    fn default() -> Self {
        Self { mass: 0.3, half_extent: 0.05, position: [0.5, 0.0], friction: 0.5 }
    }
}

/// [`arm`] on a level floor that is also the table, with a free cube named `box` that all links can push.
pub fn arm_with_box(pushed: PushedBox) -> ModelDescription {
    let PushedBox { mass, half_extent, position: [x, y], friction } = pushed;
    let mut model = arm();
    model.name = "arm_with_box".into();
    for geom in model.bodies.iter_mut().flat_map(|link| &mut link.geoms) {
        geom.friction = friction;
    }
    model.colliding_bodies =
        model.bodies.iter().map(|link| [link.name.clone(), String::from("box")]).collect();
    // A homogeneous cube: m (2 half)^2 / 6 about any axis.
    let moment = mass * half_extent * half_extent * (2.0 / 3.0);
    let inertial =
        Inertial { mass, center_of_mass: [0.0; 3], inertia: [moment, moment, moment, 0.0, 0.0, 0.0] };
    let shape = Shape::Box { half_extents: [half_extent; 3] };
    model.bodies.push(BodyDescription {
        geoms: vec![GeomDescription::new(shape).named("box").with_friction(friction)],
        ..body("box".into(), None, [x, y, half_extent], JointDescription::Free, &inertial)
    });
    model.scene.push(level_floor(friction));
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_weighs_what_the_source_says() {
        let total: f64 = arm().bodies.iter().map(|body| body.mass).sum();
        assert!((total - 16.062132).abs() < 1e-9, "{total} kg");
    }

    #[test]
    fn it_is_a_chain_of_seven_hinges() {
        let model = arm();
        assert_eq!((model.bodies.len(), model.actuators.len()), (7, 7));
        for pair in model.bodies.windows(2) {
            assert_eq!(pair[1].parent.as_deref(), Some(pair[0].name.as_str()));
        }
        assert_eq!(model.bodies[6].geoms.last().unwrap().name, "tool");
    }

    #[test]
    fn the_poses_lie_within_the_joint_limits() {
        for (angle, body) in ARM_HOME.iter().chain(&ARM_REACH).zip(arm().bodies.iter().cycle()) {
            let JointDescription::Hinge(joint) = &body.joint else { panic!("{} is no hinge", body.name) };
            let [lower, upper] = joint.range.unwrap();
            assert!(lower < *angle && *angle < upper, "{} at {angle}", body.name);
        }
    }

    #[test]
    fn the_box_stands_on_the_table_and_meets_every_link() {
        let model = arm_with_box(PushedBox { half_extent: 0.04, ..PushedBox::default() });
        let pushed = model.bodies.last().unwrap();
        assert_eq!((pushed.position[2], &pushed.joint), (0.04, &JointDescription::Free));
        assert_eq!(model.colliding_bodies.len(), 7);
        assert_eq!(model.scene.len(), 1);
    }
}
