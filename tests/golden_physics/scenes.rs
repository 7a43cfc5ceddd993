//! Small scenes with contact, as they were recorded, and reading what the recordings say of them.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::model::{
    AxisJoint, BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription,
    Shape,
};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::robots::level_floor;
use serde_json::Value;

use super::cases;

/// The rows of a section of `contact_simple.json`; none where a set of recordings lacks them.
pub fn simple(section: &str) -> Vec<Value> {
    let file: Option<Value> = cases::value("contact_simple.json");
    file.and_then(|mut file| file[section].as_array_mut().map(std::mem::take)).unwrap_or_default()
}

pub fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"))
}

pub fn numbers(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap_or_else(|| panic!("{key}")).iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A world with a floor and nothing else.
pub fn empty_world(gravity: [f64; 3], friction: f64) -> ModelDescription {
    ModelDescription {
        name: "scene".into(),
        gravity,
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: vec![level_floor(friction)],
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

/// A free body of one uniform shape.
fn free_body(
    name: &str,
    mass: f64,
    inertia: [f64; 3],
    position: [f64; 3],
    geom: GeomDescription,
) -> BodyDescription {
    BodyDescription {
        name: name.into(),
        parent: None,
        position,
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [inertia[0], inertia[1], inertia[2], 0.0, 0.0, 0.0],
        geoms: vec![geom],
    }
}

pub fn free_box(name: &str, mass: f64, half: [f64; 3], position: [f64; 3], friction: f64) -> BodyDescription {
    let [x, y, z] = half.map(|h| h * h);
    let inertia = [y + z, x + z, x + y].map(|s| s * mass / 3.0);
    let geom = GeomDescription::new(Shape::Box { half_extents: half }).with_friction(friction);
    free_body(name, mass, inertia, position, geom)
}

pub fn free_ball(mass: f64, radius: f64, height: f64, friction: f64) -> BodyDescription {
    let geom = GeomDescription::new(Shape::Sphere { radius }).with_friction(friction);
    free_body("ball", mass, [0.4 * mass * radius * radius; 3], [0.0, 0.0, height], geom)
}

pub fn tilted(degrees: f64) -> [f64; 3] {
    let angle = degrees.to_radians();
    [9.81 * angle.sin(), 0.0, -9.81 * angle.cos()]
}

pub fn world<L: Lane>(model: &ModelDescription, h: f64) -> ContactDynamics<L> {
    ContactDynamics::new(model, h, &ContactOptions::default()).expect("a model")
}

pub fn run<L: Lane>(world: &mut ContactDynamics<L>, seconds: f64) {
    let steps = (seconds / world.integration.timestep.lane(0)).round() as usize;
    for _ in 0..steps {
        world.step();
    }
}

/// Boxes of 0.1 m and 1 kg on top of one another.
pub fn stack(count: usize) -> ModelDescription {
    let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
    for i in 0..count {
        model.bodies.push(free_box(
            &format!("box {i}"),
            1.0,
            [0.05; 3],
            [0.0, 0.0, 0.05 + 0.1 * i as f64],
            0.8,
        ));
        if i > 0 {
            model.colliding_bodies.push([format!("box {}", i - 1), format!("box {i}")]);
        }
    }
    model
}

/// A rod of 0.03 kg m² on a hinge, without gravity.
pub fn limited_hinge(limit: f64) -> ModelDescription {
    let mut model = empty_world([0.0; 3], 0.8);
    model.bodies.push(BodyDescription {
        joint: JointDescription::Hinge(AxisJoint {
            name: "hinge".into(),
            axis: [0.0, 1.0, 0.0],
            range: Some([-limit, limit]),
            armature: 0.0,
            damping: 0.0,
            friction_loss: 0.0,
        }),
        geoms: Vec::new(),
        ..free_body("rod", 1.0, [0.03; 3], [0.0, 0.0, 2.0], GeomDescription::new(Shape::Plane))
    });
    model
}
