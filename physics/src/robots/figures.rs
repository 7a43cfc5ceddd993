//! What the description files of the robots have in common.

use serde::Deserialize;

use crate::model::{
    ActuatorDescription, ActuatorLaw, AxisJoint, BodyDescription, GeomDescription, JointDescription,
};

/// Mass, centre of mass and inertia about it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Inertial {
    pub mass: f64,
    pub center_of_mass: [f64; 3],
    pub inertia: [f64; 6],
}

/// A capsule by the centres of its half balls.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Capsule {
    pub radius: f64,
    pub from: [f64; 3],
    pub to: [f64; 3],
}

impl Capsule {
    pub fn geom(&self, friction: f64) -> GeomDescription {
        GeomDescription::capsule_between(self.radius, self.from, self.to).with_friction(friction)
    }
}

/// What all joints of a robot share.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Common {
    pub friction: f64,
    pub armature: f64,
    pub damping: f64,
}

impl Common {
    pub fn hinge(&self, name: &str, axis: [f64; 3], range: [f64; 2]) -> JointDescription {
        JointDescription::Hinge(AxisJoint {
            name: name.to_owned(),
            axis,
            range: Some(range),
            armature: self.armature,
            damping: self.damping,
            friction_loss: 0.0,
        })
    }
}

/// A body without shapes.
pub(super) fn body(
    name: String,
    parent: Option<String>,
    position: [f64; 3],
    joint: JointDescription,
    inertial: &Inertial,
) -> BodyDescription {
    BodyDescription {
        name,
        parent,
        position,
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint,
        mass: inertial.mass,
        center_of_mass: inertial.center_of_mass,
        inertia: inertial.inertia,
        geoms: Vec::new(),
    }
}

/// A servo on a joint, named as the joint.
pub(super) fn servo(joint: &str, kp: f64, kd: f64, effort_limit: f64) -> ActuatorDescription {
    ActuatorDescription {
        name: joint.to_owned(),
        joint: joint.to_owned(),
        law: ActuatorLaw::Position { kp, kd },
        effort_limit,
        velocity_limit: None,
    }
}
