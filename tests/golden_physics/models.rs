//! The models of the recordings.

use pentathlon_physics::model::{
    AxisJoint, BodyDescription, FrictionCombination, JointDescription, ModelDescription,
};

fn bodies_only(name: &str, gravity: f64, bodies: Vec<BodyDescription>) -> ModelDescription {
    ModelDescription {
        name: name.to_owned(),
        gravity: [0.0, 0.0, -gravity],
        bodies,
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

/// A chain of rods of 0.5 m and 1 kg that hangs down and swings about y.
pub fn pendulum(links: usize) -> ModelDescription {
    let (length, mass) = (0.5, 1.0);
    let rod = |index: usize| BodyDescription {
        name: format!("rod {index}"),
        parent: index.checked_sub(1).map(|parent| format!("rod {parent}")),
        position: [0.0, 0.0, if index == 0 { 0.0 } else { -length }],
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Hinge(AxisJoint {
            name: format!("hinge {index}"),
            axis: [0.0, 1.0, 0.0],
            range: None,
            armature: 0.0,
            damping: 0.0,
            friction_loss: 0.0,
        }),
        mass,
        center_of_mass: [0.0, 0.0, -length / 2.0],
        inertia: [mass * length * length / 12.0, mass * length * length / 12.0, 1e-3, 0.0, 0.0, 0.0],
        geoms: Vec::new(),
    };
    bodies_only(&format!("pendulum of {links}"), 9.81, (0..links).map(rod).collect())
}

/// A free body in no gravity.
pub fn free_box(mass: f64, inertia: [f64; 3]) -> ModelDescription {
    let body = BodyDescription {
        name: "box".to_owned(),
        parent: None,
        position: [0.0; 3],
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [inertia[0], inertia[1], inertia[2], 0.0, 0.0, 0.0],
        geoms: Vec::new(),
    };
    bodies_only("free box", 0.0, vec![body])
}

/// The recorded torques are the motors' own: the same model without servos.
pub fn without_actuators(mut model: ModelDescription) -> ModelDescription {
    model.actuators.clear();
    model
}
