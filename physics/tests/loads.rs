//! What holds under loads far beyond those of robots at rest: joints pressed against their limits, and bodies under
//! others that are hundreds of times as heavy.

use pentathlon_physics::model::{
    AxisJoint, BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription,
    Shape,
};
use pentathlon_physics::native::{Worlds, WorldsOptions};
use pentathlon_physics::robots::level_floor;
use wide::f32x8;

fn body(name: &str, joint: JointDescription, mass: f64, moment: f64) -> BodyDescription {
    BodyDescription {
        name: name.into(),
        parent: None,
        position: [0.0; 3],
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [moment, moment, moment, 0.0, 0.0, 0.0],
        geoms: Vec::new(),
    }
}

fn model(bodies: Vec<BodyDescription>) -> ModelDescription {
    ModelDescription {
        name: "loads".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies,
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

fn worlds(model: &ModelDescription, time_step: f64) -> Worlds<f32x8> {
    Worlds::new(model, WorldsOptions { timestep: time_step, ..WorldsOptions::default() })
        .expect("the model is sound")
}

/// How far beyond its limit a hinge gets within `seconds` under gravity that would turn it with `acceleration` (rad/s²).
fn farthest_beyond_the_limit(acceleration: f64, time_step: f64, seconds: f64) -> f64 {
    const RANGE: f64 = 0.02;
    let joint = AxisJoint {
        name: "hinge".into(),
        axis: [0.0, 1.0, 0.0],
        range: Some([-RANGE, RANGE]),
        armature: 0.0,
        damping: 0.0,
        friction_loss: 0.0,
    };
    let mut arm = body("arm", JointDescription::Hinge(joint), 1.0, 1e-4);
    // A point mass of 1 kg so far from the hinge has the moment that gives the acceleration, with its own moment.
    let about = |distance: f64| 1e-4 + distance * distance;
    let distance = 0.01;
    arm.center_of_mass = [distance, 0.0, 0.0];
    let mut model = model(vec![arm]);
    model.gravity = [0.0, 0.0, -acceleration * about(distance) / distance];
    let mut worlds = worlds(&model, time_step);
    let mut farthest = f64::NEG_INFINITY;
    for _ in 0..(seconds / time_step).round() as usize {
        worlds.step();
        farthest = farthest.max(worlds.position(0, 0) - RANGE);
    }
    farthest
}

#[test]
fn limits_hold_whatever_presses() {
    for time_step in [0.001, 0.002, 0.005] {
        // 10,000 rad/s² over a step of 5 ms from rest are 0.25 rad, far beyond the limit.
        for acceleration in [100.0, 1_000.0, 3_000.0, 10_000.0] {
            let beyond = farthest_beyond_the_limit(acceleration, time_step, 2.0);
            assert!(beyond < 1e-3, "{acceleration} rad/s² at {time_step} s: {beyond} rad beyond");
        }
    }
}

#[test]
fn a_body_under_one_that_is_hundreds_of_times_as_heavy_stays_above_the_floor() {
    const HALF: f64 = 0.1;
    for (heavy, allowed) in [(30.0, 0.01), (100.0, 0.03), (300.0, 0.09)] {
        let block = |name: &str, mass: f64| {
            let moment = mass * 4.0 * HALF * HALF / 6.0;
            let mut block = body(name, JointDescription::Free, mass, moment);
            let shape = Shape::Box { half_extents: [HALF; 3] };
            block.geoms = vec![GeomDescription::new(shape).named(name.to_owned())];
            block
        };
        let mut model = model(vec![block("light", 1.0), block("heavy", heavy)]);
        model.scene = vec![level_floor(0.8)];
        model.colliding_bodies = vec![["light".into(), "heavy".into()]];
        let mut worlds = worlds(&model, 0.005);
        let place = |height: f64| [0.0, 0.0, height, 1.0, 0.0, 0.0, 0.0];
        let position = [place(HALF), place(3.0 * HALF)].concat();
        worlds.set_state(0, &position, &[0.0; 12]).expect("there is a world");
        let mut lowest = f64::INFINITY;
        for _ in 0..400 {
            worlds.step();
            let (mut position, mut velocity) = ([0.0; 14], [0.0; 12]);
            worlds.state(0, &mut position, &mut velocity).expect("there is a world");
            lowest = lowest.min(position[2]);
        }
        assert!(lowest > HALF - allowed, "1 kg under {heavy} kg: its middle is at {lowest} m");
    }
}
