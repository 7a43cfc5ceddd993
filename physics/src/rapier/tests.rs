//! Behaviour that any engine must show, on the model's own terms.

use super::*;
use crate::{
    model::{
        ActuatorLaw, BodyDescription, FrictionCombination, GeomDescription, HeightLayer, JointDescription,
        Shape,
    },
    robots::{ARM_HOME, PushedBox, QUADRUPED_STAND, arm, arm_with_box, level_floor, quadruped},
};

const WEIGHT: f64 = 12.743448 * 9.81;

fn standing(kp: f64, kd: f64) -> RapierWorlds {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    for actuator in &mut model.actuators {
        actuator.law = ActuatorLaw::Position { kp, kd };
    }
    let mut worlds =
        RapierWorlds::new(&model, 1, RapierOptions { time_step: 0.002, ..Default::default() }).unwrap();
    let positions: Vec<f64> =
        [0.0, 0.0, 0.34, 1.0, 0.0, 0.0, 0.0].into_iter().chain(QUADRUPED_STAND).collect();
    worlds.set_state(0, &positions, &[0.0; 18]).unwrap();
    worlds.set_controls(&QUADRUPED_STAND).unwrap();
    worlds
}

fn box_body(name: &str, half: f64, mass: f64, position: [f64; 3]) -> BodyDescription {
    let moment = mass * half * half * (2.0 / 3.0);
    BodyDescription {
        name: name.into(),
        parent: None,
        position,
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [moment, moment, moment, 0.0, 0.0, 0.0],
        geoms: vec![GeomDescription::new(Shape::Box { half_extents: [half; 3] }).with_friction(0.6)],
    }
}

#[test]
fn a_state_is_read_back_as_it_was_set() {
    let mut worlds = RapierWorlds::new(&quadruped(), 2, RapierOptions::default()).unwrap();
    let turn = [0.9f64, 0.1, -0.3, 0.2];
    let norm = turn.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut positions = vec![0.4, -0.2, 0.7];
    positions.extend(turn.map(|x| x / norm));
    positions.extend(QUADRUPED_STAND);
    let velocities: Vec<f64> = (0..18).map(|i| 0.3 - 0.05 * f64::from(i)).collect();
    worlds.set_state(1, &positions, &velocities).unwrap();
    let (read_positions, read_velocities) = worlds.state(1).unwrap();
    for (a, b) in read_positions.iter().zip(&positions).chain(read_velocities.iter().zip(&velocities)) {
        assert!((a - b).abs() < 1e-6, "{read_positions:?} {read_velocities:?}");
    }
    assert_ne!(worlds.state(0).unwrap().0, read_positions, "the neighbour stays where it is");
}

#[test]
fn the_centre_of_mass_falls_on_a_parabola() {
    let mut model = quadruped();
    model.actuators.clear();
    let options = RapierOptions { time_step: 0.001, ..Default::default() };
    let mut worlds = RapierWorlds::new(&model, 1, options).unwrap();
    let mut positions = vec![0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0];
    positions.extend(QUADRUPED_STAND);
    let mut velocities = vec![0.0; 18];
    (velocities[0], velocities[4], velocities[7]) = (0.5, 2.0, 3.0);
    worlds.set_state(0, &positions, &velocities).unwrap();
    let center = |worlds: &RapierWorlds| -> [f64; 3] {
        let mut sum = [0.0; 3];
        for (index, body) in model.bodies.iter().enumerate() {
            let (origin, [w, x, y, z]) = worlds.body_pose(0, index).unwrap();
            let com = pose_point(origin, [w, x, y, z], body.center_of_mass);
            (0..3).for_each(|i| sum[i] += body.mass * com[i] / 12.743448);
        }
        sum
    };
    let start = center(&worlds);
    worlds.step(1);
    let first = center(&worlds);
    worlds.step(300);
    let end = center(&worlds);
    // The first step gives the velocity; the rest is free flight.
    for i in 0..2 {
        assert!(
            (end[i] - start[i] - 301.0 * (first[i] - start[i])).abs() < 3e-3,
            "{start:?} {first:?} {end:?}"
        );
    }
    let fall = start[2] - end[2] + 301.0 * (first[2] - start[2]);
    assert!((fall - 0.5 * 9.81 * 0.3 * 0.301).abs() < 5e-3, "fell {fall} m");
}

fn pose_point(origin: [f64; 3], q: [f64; 4], point: [f64; 3]) -> [f64; 3] {
    use rapier3d::prelude::Vector;
    let pose = super::blueprint::pose(origin, q);
    let moved = pose.transform_point(Vector::new(point[0] as f32, point[1] as f32, point[2] as f32));
    moved.to_array().map(f64::from)
}

#[test]
fn the_quadruped_stands_and_its_feet_carry_its_weight() {
    let mut worlds = standing(100.0, 2.0);
    worlds.step(1000);
    let (positions, velocities) = worlds.state(0).unwrap();
    // 0.3104 m with MuJoCo.
    assert!((positions[2] - 0.3104).abs() < 5e-3, "the trunk is at {} m", positions[2]);
    assert!(velocities.iter().all(|v| v.abs() < 0.02), "{velocities:?}");
    let contacts = worlds.contacts(0).unwrap();
    let carried: f64 = contacts.iter().map(|contact| contact.normal_force * contact.normal[2]).sum();
    assert!((carried - WEIGHT).abs() < 0.01 * WEIGHT, "{carried} N of {WEIGHT} N");
    assert!(contacts.iter().all(|contact| contact.other.is_none() && contact.normal[2] > 0.99));
}

#[test]
fn boxes_stay_stacked() {
    let mut model = arm();
    model.bodies = (0..3)
        .map(|i| box_body(&format!("box{i}"), 0.1, 1.0, [0.0, 0.0, 0.1 + 0.2 * f64::from(i)]))
        .collect();
    model.actuators.clear();
    model.scene = vec![level_floor(0.6)];
    model.friction_combination = FrictionCombination::Average;
    model.colliding_bodies = vec![["box0".into(), "box1".into()], ["box1".into(), "box2".into()]];
    let mut worlds = RapierWorlds::new(&model, 1, RapierOptions::default()).unwrap();
    worlds.step(600);
    for body in 0..3 {
        let (origin, _) = worlds.body_pose(0, body).unwrap();
        assert!(origin[0].abs() < 1e-3 && origin[1].abs() < 1e-3, "box {body} slid to {origin:?}");
        assert!((origin[2] - 0.1 - 0.2 * body as f64).abs() < 5e-3, "box {body} sank to {origin:?}");
    }
}

#[test]
fn floors_are_solid_from_above_and_ceilings_from_below() {
    let layer = HeightLayer { points: [5, 5], cell: 0.5, heights: vec![0.0; 25] };
    for (shape, gravity) in [(Shape::Floor(layer.clone()), -9.81), (Shape::Ceiling(layer), 9.81)] {
        let mut model = arm();
        model.gravity = [0.0, 0.0, gravity];
        model.bodies = vec![box_body("box", 0.1, 1.0, [0.1, 0.1, -0.02 * gravity])];
        model.actuators.clear();
        model.scene = vec![GeomDescription::new(shape).at([-1.0, -1.0, 0.0])];
        let mut worlds = RapierWorlds::new(&model, 1, RapierOptions::default()).unwrap();
        worlds.step(400);
        let (origin, _) = worlds.body_pose(0, 0).unwrap();
        assert!((origin[2] * -gravity.signum() - 0.1).abs() < 3e-3, "the box is at {origin:?}");
    }
}

#[test]
fn bodies_that_are_not_listed_pass_through_each_other() {
    let mut model = arm();
    model.bodies =
        vec![box_body("low", 0.1, 1.0, [0.0, 0.0, 0.1]), box_body("high", 0.1, 1.0, [0.0, 0.0, 0.5])];
    model.actuators.clear();
    model.scene = vec![level_floor(0.6)];
    let mut worlds = RapierWorlds::new(&model, 1, RapierOptions::default()).unwrap();
    worlds.step(300);
    let (origin, _) = worlds.body_pose(0, 1).unwrap();
    assert!((origin[2] - 0.1).abs() < 5e-3, "the upper box is at {origin:?}");
}

#[test]
fn the_arm_holds_its_pose_and_pushes_the_box() {
    let model = arm_with_box(PushedBox { position: [0.62, 0.0], ..PushedBox::default() });
    let mut worlds =
        RapierWorlds::new(&model, 1, RapierOptions { time_step: 0.002, ..Default::default() }).unwrap();
    // The tool points down, 3 cm above the table, behind the box.
    let mut positions = ARM_HOME.to_vec();
    (positions[1], positions[3], positions[5]) = (0.35, -2.25, 2.6);
    positions.extend([0.62, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0]);
    worlds.set_state(0, &positions, &[0.0; 13]).unwrap();
    let mut target = positions[..7].to_vec();
    worlds.set_controls(&target).unwrap();
    worlds.step(200);
    let (held, _) = worlds.state(0).unwrap();
    let error = held[..7].iter().zip(&target).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(error < 0.1, "gravity bends the arm by {error} rad");
    // Lean forward and stretch: the tool sweeps outwards, over the place of the box.
    target[1] = 0.9;
    for _ in 0..100 {
        target[3] += 0.004;
        worlds.set_controls(&target).unwrap();
        worlds.step(10);
    }
    let (end, _) = worlds.state(0).unwrap();
    assert!(end[7] > 0.635, "the box is at x = {} m", end[7]);
    assert!((end[9] - 0.05).abs() < 0.02, "the box is at z = {} m", end[9]);
}

#[test]
fn a_motor_turns_its_joint_by_its_torque() {
    let mut model = arm();
    model.gravity = [0.0; 3];
    for actuator in &mut model.actuators {
        actuator.law = ActuatorLaw::Effort;
    }
    let mut worlds =
        RapierWorlds::new(&model, 1, RapierOptions { time_step: 0.001, ..Default::default() }).unwrap();
    worlds.set_controls(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
    worlds.step(10);
    let (_, velocities) = worlds.state(0).unwrap();
    // 1 N m against the rotor's 0.1 kg m² and the link's 0.0048, minus what the others give way.
    let expected = 0.01 / 0.105;
    assert!((velocities[6] - expected).abs() < 0.15 * expected, "{velocities:?}");
    // More than the motor has.
    worlds.set_controls(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1000.0]).unwrap();
    worlds.step(1);
    let (_, faster) = worlds.state(0).unwrap();
    assert!(faster[6] - velocities[6] < 12.0 * 0.001 / 0.1 * 1.05);
}

#[test]
fn what_is_wrong_is_said() {
    let mut model = quadruped();
    model.bodies[3].parent = Some("nobody".into());
    let text = RapierWorlds::new(&model, 1, RapierOptions::default()).unwrap_err().to_string();
    assert!(text.contains("FR_calf") && text.contains("nobody"), "{text}");
    let options = RapierOptions { time_step: -1.0, ..Default::default() };
    let text = RapierWorlds::new(&quadruped(), 1, options).unwrap_err().to_string();
    assert!(text.contains("time_step is -1"), "{text}");
    let mut worlds = RapierWorlds::new(&quadruped(), 1, RapierOptions::default()).unwrap();
    let text = worlds.set_controls(&[0.0; 11]).unwrap_err().to_string();
    assert!(text.contains("11 controls given, but 12 expected"), "{text}");
    let text = worlds.set_state(0, &[f64::NAN; 19], &[0.0; 18]).unwrap_err().to_string();
    assert!(text.contains("positions[0] is NaN"), "{text}");
    assert!(worlds.set_state(1, &[0.0; 19], &[0.0; 18]).unwrap_err().to_string().contains("world 1"));
}
