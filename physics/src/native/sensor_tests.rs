//! What sensors read against differences of what they measure, and what worlds take as a state.

use super::sensors::SensorSite;
use super::{Worlds, WorldsOptions};
use crate::contact::dynamics::ContactDynamics;
use crate::contact::layout::ContactOptions;
use crate::dynamics::imu::rules::ImuReading;
use crate::robots::{QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, level_floor, quadruped};
use crate::vector::rules::{
    Quaternion, matrix_of, multiply3, normalize_quaternion, sub3, unrotate, vector3, zero3,
};

/// The quadruped in the air, turned, with all its joints in motion.
fn tumbling(time_step: f64) -> Worlds<f64> {
    let options = WorldsOptions { timestep: time_step, ..WorldsOptions::default() };
    let mut worlds = Worlds::new(&quadruped(), options).expect("the quadruped is sound");
    let mut position = [0.0; 19];
    position[2] = 5.0;
    let length = f64::sqrt(0.9 * 0.9 + 0.3 * 0.3 + 0.2 * 0.2 + 0.1 * 0.1);
    position[3..7].copy_from_slice(&[0.9, 0.3, -0.2, 0.1].map(|part| part / length));
    position[7..].copy_from_slice(&QUADRUPED_STAND);
    let velocity: [f64; 18] = std::array::from_fn(|dof| 4.0 * (1.7 * dof as f64 + 0.4).sin());
    worlds.set_state(0, &position, &velocity).expect("the world exists");
    worlds.set_control(0, &QUADRUPED_STAND).expect("the world exists");
    worlds
}

/// World velocity of a point of a body.
fn point_velocity(worlds: &mut Worlds<f64>, body: usize, point: [f64; 3]) -> [f64; 3] {
    let (mut position, mut velocity) = ([0.0; 19], [0.0; 18]);
    worlds.state(0, &mut position, &mut velocity).expect("the world exists");
    let jacobian = worlds.jacobian(0, body, point).expect("the body exists");
    jacobian.linear.map(|row| row.iter().zip(&velocity).map(|(a, b)| a * b).sum())
}

#[test]
fn a_sensor_away_from_the_axes_of_a_tumbling_robot_reads_the_change_of_its_velocity() {
    let time_step = 1e-6;
    // The trunk, and a shank on three hinges.
    for body in [0, 3] {
        let site = SensorSite { body, position: [0.11, -0.07, 0.05], orientation: [0.7, 0.1, -0.5, 0.3] };
        let mut worlds = tumbling(time_step);
        let before = point_velocity(&mut worlds, body, site.position);
        worlds.step();
        let after = point_velocity(&mut worlds, body, site.position);
        let mut reading = [ImuReading { gyro: zero3(), accelerometer: zero3(), gravity: zero3() }];
        worlds.imu(site, &mut reading).expect("the body exists");
        let quaternion = |[w, x, y, z]: [f64; 4]| matrix_of(normalize_quaternion(Quaternion { w, x, y, z }));
        let frame = worlds.body_frames(0).expect("the world exists")[body];
        let axes = multiply3(quaternion(frame.orientation), quaternion(site.orientation));
        let change: Vec<f64> =
            after.iter().zip(before).map(|(after, before)| (after - before) / time_step).collect();
        let proper = vector3(change[0], change[1], change[2] + 9.81);
        let (_, angular) = worlds.body_velocity(0, body).expect("the body exists");
        let expected = [
            (reading[0].accelerometer, unrotate(axes, proper)),
            (reading[0].gyro, unrotate(axes, vector3(angular[0], angular[1], angular[2]))),
            (reading[0].gravity, unrotate(axes, vector3(0.0, 0.0, -9.81))),
        ];
        for (found, expected) in expected {
            let off = sub3(found, expected);
            let most = off.x.abs().max(off.y.abs()).max(off.z.abs());
            assert!(most < 2e-2, "body {body}: {found:?}, not {expected:?}");
        }
        // The motion is one that a sensor at the centre of mass of a falling robot would not read.
        let size = crate::vector::rules::norm3(proper);
        assert!(size > 2.0, "{size}");
    }
}

#[test]
fn a_quaternion_of_another_length_is_scaled_and_one_that_was_read_is_kept() {
    let mut worlds = tumbling(0.002);
    let (mut position, mut velocity) = ([0.0; 19], [0.0; 18]);
    worlds.step();
    worlds.state(0, &mut position, &mut velocity).expect("the world exists");
    worlds.set_state(0, &position, &velocity).expect("the world exists");
    let mut again = [0.0; 19];
    worlds.state(0, &mut again, &mut velocity).expect("the world exists");
    assert_eq!(position.map(f64::to_bits), again.map(f64::to_bits));
    position[3..7].copy_from_slice(&[1.0, 1.0, 0.0, 0.0]);
    worlds.set_state(0, &position, &velocity).expect("the world exists");
    worlds.state(0, &mut again, &mut velocity).expect("the world exists");
    let half = 0.5f64.sqrt();
    for (found, expected) in again[3..7].iter().zip([half, half, 0.0, 0.0]) {
        assert!((found - expected).abs() < 1e-15, "{again:?}");
    }
}

#[test]
fn the_engine_and_the_reference_shell_take_the_same_steps() {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let options = WorldsOptions { timestep: 0.005, ..WorldsOptions::default() };
    assert!(options.implicit_damping, "what users get");
    let mut worlds = Worlds::<wide::f32x8>::new(&model, options).expect("the quadruped is sound");
    let mut shell =
        ContactDynamics::<wide::f32x8>::new(&model, 0.005, &ContactOptions::default()).expect("a model");
    shell.integration.implicit_damping = 1;
    let mut position = [0.0; 19];
    position[2] = QUADRUPED_STAND_HEIGHT + 0.05;
    position[3] = 1.0;
    position[7..].copy_from_slice(&QUADRUPED_STAND);
    worlds.set_state(0, &position, &[0.0; 18]).expect("the world exists");
    worlds.set_control(0, &QUADRUPED_STAND).expect("the world exists");
    for (slot, value) in shell.motion.position.iter_mut().zip(position) {
        *slot = wide::f32x8::splat(value as f32);
    }
    for (slot, value) in shell.control.iter_mut().zip(QUADRUPED_STAND) {
        *slot = wide::f32x8::splat(value as f32);
    }
    for step in 0..300 {
        worlds.step();
        shell.step();
        for coordinate in 0..19 {
            let [a, b] =
                [worlds.position(0, coordinate), f64::from(shell.motion.position[coordinate].to_array()[0])];
            assert_eq!(a.to_bits(), b.to_bits(), "coordinate {coordinate} after step {step}");
        }
    }
}
