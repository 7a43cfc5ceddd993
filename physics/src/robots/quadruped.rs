//! A quadruped of the Go1 class: a trunk and four legs of three hinges, 12.74 kg, 17 collision shapes.
//!
//! `robots/quadruped.toml` holds the trunk and the front right leg; the other legs are mirror images of
//! it, except that the calves (which are the same part on both sides) are not mirrored.

use serde::Deserialize;

use super::figures::{Capsule, Common, Inertial, body, servo};
use crate::model::{
    BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription, Shape,
};

const FIGURES: &str = include_str!("../../robots/quadruped.toml");

/// Joint angles of the crouched pose in rad, three a leg (hip, thigh, calf), legs FR FL RR RL.
pub const QUADRUPED_HOME: [f64; 12] = [0.0, 0.9, -1.8, 0.0, 0.9, -1.8, 0.0, 0.9, -1.8, 0.0, 0.9, -1.8];

/// Joint angles of the default stance of legged_gym in rad, in the order of [`QUADRUPED_HOME`].
pub const QUADRUPED_STAND: [f64; 12] = [-0.1, 0.8, -1.5, 0.1, 0.8, -1.5, -0.1, 1.0, -1.5, 0.1, 1.0, -1.5];

/// Height of the trunk's origin in m at which the feet just touch a level floor in the stance.
pub const QUADRUPED_STAND_HEIGHT: f64 = 0.34;

/// Largest joint speeds in rad/s (hip, thigh, calf); for the `velocity_limit` of the actuators, which
/// [`quadruped`] leaves open.
pub const QUADRUPED_JOINT_SPEEDS: [f64; 3] = [30.1, 30.1, 20.06];

/// Names of the four shapes that are the feet.
pub const QUADRUPED_FEET: [&str; 4] = ["FR_foot", "FL_foot", "RR_foot", "RL_foot"];

/// Gains of the servos: those of the Go1 in MuJoCo Playground, in N m/rad and N m s/rad.
const SERVO: (f64, f64) = (35.0, 0.5);

#[derive(Deserialize)]
struct Figures {
    #[serde(flatten)]
    common: Common,
    trunk: Trunk,
    hip: Segment,
    thigh: Segment,
    calf: Segment,
    foot: Foot,
}

#[derive(Deserialize)]
struct Trunk {
    #[serde(flatten)]
    inertial: Inertial,
    half_extents: [f64; 3],
}

#[derive(Clone, Deserialize)]
struct Segment {
    position: [f64; 3],
    axis: [f64; 3],
    range: [f64; 2],
    effort_limit: f64,
    #[serde(flatten)]
    inertial: Inertial,
    capsule: Capsule,
}

#[derive(Deserialize)]
struct Foot {
    radius: f64,
    position: [f64; 3],
}

/// The quadruped with position servos (35 N m/rad, 0.5 N m s/rad, torque limits of the motors), trunk at
/// standing height, no scene. Bodies: `trunk` and `FR_hip`, `FR_thigh`, `FR_calf` and so on for FL, RR, RL;
/// joints have the body's name with `_joint`, actuators the joint's.
pub fn quadruped() -> ModelDescription {
    let figures: Figures = toml::from_str(FIGURES).expect("the crate's own file, which every test parses");
    let Common { friction, .. } = figures.common;
    let trunk = BodyDescription {
        geoms: vec![
            GeomDescription::new(Shape::Box { half_extents: figures.trunk.half_extents })
                .named("trunk")
                .with_friction(friction),
        ],
        ..body(
            "trunk".into(),
            None,
            [0.0, 0.0, QUADRUPED_STAND_HEIGHT],
            JointDescription::Free,
            &figures.trunk.inertial,
        )
    };
    let mut model = ModelDescription {
        name: "quadruped".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies: vec![trunk],
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    };
    for (leg, front, right) in
        [("FR", true, true), ("FL", true, false), ("RR", false, true), ("RL", false, false)]
    {
        let hip = figures.hip.mirrored(!front, !right);
        let thigh = figures.thigh.mirrored(false, !right);
        add_leg(&mut model, leg, &figures, [hip, thigh, figures.calf.clone()]);
    }
    model
}

fn add_leg(model: &mut ModelDescription, leg: &str, figures: &Figures, segments: [Segment; 3]) {
    let mut parent = String::from("trunk");
    for (part, segment) in ["hip", "thigh", "calf"].into_iter().zip(segments) {
        let name = format!("{leg}_{part}");
        let joint = format!("{name}_joint");
        model.actuators.push(servo(&joint, SERVO.0, SERVO.1, segment.effort_limit));
        let hinge = figures.common.hinge(&joint, segment.axis, segment.range);
        let mut segment_body = body(name.clone(), Some(parent), segment.position, hinge, &segment.inertial);
        segment_body.geoms.push(segment.capsule.geom(figures.common.friction).named(&name));
        model.bodies.push(segment_body);
        parent = name;
    }
    if let Some(calf) = model.bodies.last_mut() {
        calf.geoms.push(
            GeomDescription::new(Shape::Sphere { radius: figures.foot.radius })
                .named(format!("{leg}_foot"))
                .at(figures.foot.position)
                .with_friction(figures.common.friction),
        );
    }
}

impl Segment {
    /// The mirror image, front to back, left to right or both. Products of inertia change sign with each
    /// mirrored axis they contain.
    fn mirrored(&self, front_to_back: bool, left_to_right: bool) -> Self {
        let sign = |mirrored: bool| if mirrored { -1.0 } else { 1.0 };
        let (x, y) = (sign(front_to_back), sign(left_to_right));
        let point = |p: [f64; 3]| [x * p[0], y * p[1], p[2]];
        let [xx, yy, zz, xy, xz, yz] = self.inertial.inertia;
        Self {
            position: point(self.position),
            inertial: Inertial {
                center_of_mass: point(self.inertial.center_of_mass),
                inertia: [xx, yy, zz, x * y * xy, x * xz, y * yz],
                ..self.inertial
            },
            capsule: Capsule { from: point(self.capsule.from), to: point(self.capsule.to), ..self.capsule },
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_weighs_what_the_source_says() {
        let total: f64 = quadruped().bodies.iter().map(|body| body.mass).sum();
        assert!((total - 12.743448).abs() < 1e-9, "{total} kg");
    }

    #[test]
    fn it_has_thirteen_bodies_twelve_servos_and_seventeen_shapes() {
        let model = quadruped();
        assert_eq!((model.bodies.len(), model.actuators.len()), (13, 12));
        assert_eq!(model.bodies.iter().map(|body| body.geoms.len()).sum::<usize>(), 17);
        for foot in QUADRUPED_FEET {
            assert!(model.bodies.iter().flat_map(|body| &body.geoms).any(|geom| geom.name == foot));
        }
    }

    #[test]
    fn left_mirrors_right_and_rear_hips_mirror_front_hips() {
        let model = quadruped();
        let find = |name: &str| model.bodies.iter().find(|body| body.name == name).unwrap().clone();
        let (right, left) = (find("FR_thigh"), find("FL_thigh"));
        assert_eq!(left.position[1], -right.position[1]);
        assert_eq!(left.center_of_mass[1], -right.center_of_mass[1]);
        assert_eq!(left.inertia[3], -right.inertia[3]);
        assert_eq!((left.inertia[4], left.inertia[5]), (right.inertia[4], -right.inertia[5]));
        let (front, rear) = (find("FR_hip"), find("RR_hip"));
        assert_eq!(rear.position[0], -front.position[0]);
        assert_eq!(rear.center_of_mass[0], -front.center_of_mass[0]);
        assert_eq!((rear.inertia[3], rear.inertia[4]), (-front.inertia[3], -front.inertia[4]));
        assert_eq!(find("RL_calf").center_of_mass, find("FR_calf").center_of_mass);
    }

    #[test]
    fn the_poses_lie_within_the_joint_limits() {
        let model = quadruped();
        for pose in [QUADRUPED_HOME, QUADRUPED_STAND] {
            for (angle, body) in pose.iter().zip(&model.bodies[1..]) {
                let JointDescription::Hinge(joint) = &body.joint else { panic!("{} is no hinge", body.name) };
                let [lower, upper] = joint.range.unwrap();
                assert!(lower < *angle && *angle < upper, "{} at {angle}", body.name);
            }
        }
    }
}
