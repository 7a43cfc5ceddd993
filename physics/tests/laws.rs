//! What physics owes to no recording: momentum that only outer forces change, motion that does not depend on
//! where the world lies or which way it faces, and worlds that do not feel the thousands beside them.

use pentathlon_physics::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use pentathlon_physics::dynamics::integrator::rules::Integration;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::native::smooth::{Momentum, SmoothDynamics};
use pentathlon_physics::native::{Worlds, WorldsOptions};
use pentathlon_physics::robots::{QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, level_floor, quadruped};
use wide::f32x8;

/// A number in [-1, 1] that depends on `index` alone.
fn noise(index: usize) -> f64 {
    let mixed = (index as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

fn standing() -> [f64; 19] {
    let mut position = [0.0; 19];
    position[2] = QUADRUPED_STAND_HEIGHT + 0.03;
    position[3] = 1.0;
    position[7..].copy_from_slice(&QUADRUPED_STAND);
    position
}

/// Change of linear and angular momentum (about the centre of mass) of a floating quadruped under random
/// torques in its joints within half a second.
fn momentum_gained(timestep: f64, exactly: bool) -> [f64; 6] {
    let mut model = quadruped();
    model.gravity = [0.0; 3];
    let mut dynamics = SmoothDynamics::<f64>::new(&Layout::new(&model).expect("the quadruped is sound"));
    let velocity: Vec<f64> = (0..18).map(|dof| 0.5 * noise(dof)).collect();
    dynamics.set_state(&standing(), &velocity);
    let before = dynamics.momentum(0);
    let integration = Integration { timestep, implicit_damping: 0, implicit_gyroscopic: 0 };
    let mut control = [0.0; MAX_ACTUATORS];
    for step in 0..(0.5 / timestep).round() as usize {
        let mut applied = [0.0; MAX_DOFS];
        // Torques change every 20 ms, whatever the step.
        let held = (step as f64 * timestep / 0.02 + 1e-9) as usize;
        for (dof, torque) in applied[6..18].iter_mut().enumerate() {
            *torque = 2.0 * noise(1000 + 12 * held + dof);
        }
        // Position servos at rest: their targets are where the joints are, their damping acts in the joints.
        for (slot, angle) in control.iter_mut().zip(&dynamics.motion.position[7..19]) {
            *slot = *angle;
        }
        if exactly {
            dynamics.runge_kutta_step(timestep, &mut control, &applied);
        } else {
            dynamics.step(integration, &mut control, &mut applied);
        }
    }
    dynamics.update();
    let after = dynamics.momentum(0);
    let all = |momentum: Momentum<f64>| {
        let (linear, angular) = (momentum.linear, momentum.angular);
        [linear.x, linear.y, linear.z, angular.x, angular.y, angular.z]
    };
    let (before, after) = (all(before), all(after));
    std::array::from_fn(|component| after[component] - before[component])
}

#[test]
fn forces_within_a_robot_do_not_change_its_momentum() {
    // Constant to 1e-6 kg m/s and kg m²/s, in the motion that the accelerations make when they are integrated exactly.
    let exact = momentum_gained(1e-4, true);
    assert!(exact.iter().all(|gained| gained.abs() < 1e-6), "{exact:?}");
    // The stepping scheme is of first order: what it adds is proportional to the step, and what is left of two runs when
    // that is taken out is as constant.
    let [coarse, half, fine] = [1e-4, 2e-5, 1e-5].map(|timestep| momentum_gained(timestep, false));
    println!("exact: {exact:?}, 0.1 ms: {coarse:?}, 0.02 ms: {half:?}, 0.01 ms: {fine:?}");
    for ((coarse, half), fine) in coarse.into_iter().zip(half).zip(fine) {
        assert!(coarse.abs() < 1e-3, "{coarse}");
        let rest = 2.0 * fine - half;
        assert!(rest.abs() < 1e-6, "{rest} of {fine}");
    }
}

/// Where the robot of `place` is after 0.2 s of changing targets: height, orientation, joints, and the way
/// it has gone.
fn after_a_while(place: [f64; 3], heading: f64) -> Vec<f64> {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let mut worlds = Worlds::<f32x8>::new(&model, WorldsOptions::default()).expect("the quadruped is sound");
    let mut begin = standing();
    for (slot, shift) in begin.iter_mut().zip(place) {
        *slot += shift;
    }
    let (sine, cosine) = (heading / 2.0).sin_cos();
    // A little roll, so that not everything happens in one plane; then the heading.
    let roll = 0.1_f64;
    let (rs, rc) = (roll / 2.0).sin_cos();
    (begin[3], begin[4], begin[5], begin[6]) = (cosine * rc, cosine * rs, sine * rs, sine * rc);
    worlds.set_state(0, &begin, &[0.0; 18]).expect("the world exists");
    for step in 0..40 {
        let target: [f64; 12] =
            std::array::from_fn(|joint| QUADRUPED_STAND[joint] + 0.15 * noise(12 * (step / 4) + joint));
        worlds.set_control(0, &target).expect("twelve controls");
        worlds.step();
    }
    assert!(worlds.mean_contacts() > 0.0, "the robot has landed");
    let at = |coordinate: usize| worlds.position(0, coordinate);
    let (x, y) = (at(0) - begin[0], at(1) - begin[1]);
    let (sine_whole, cosine_whole) = heading.sin_cos();
    // Turned back by the heading, as a vector and as a quaternion.
    let mut found = vec![cosine_whole * x + sine_whole * y, cosine_whole * y - sine_whole * x, at(2)];
    let (w, i, j, k) = (at(3), at(4), at(5), at(6));
    found.extend([
        cosine * w + sine * k,
        cosine * i + sine * j,
        cosine * j - sine * i,
        cosine * k - sine * w,
    ]);
    found.extend((7..19).map(at));
    found
}

#[test]
fn a_world_moves_the_same_wherever_it_lies_and_whichever_way_it_faces() {
    let expected = after_a_while([0.0; 3], 0.0);
    for (place, heading) in
        [([0.0; 3], 0.7), ([0.0; 3], -2.4), ([100.0, 0.0, 0.0], 0.0), ([-60.0, 80.0, 0.0], 1.3)]
    {
        let found = after_a_while(place, heading);
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // Places are kept to 1e-5 m at 100 m in single precision.
            assert!(
                (found - expected).abs() < 1e-4,
                "{place:?} {heading} number {index}: {found} {expected}"
            );
        }
    }
}

/// Coordinates and velocities, as bits, of the worlds that play the scripts `order` side by side for 0.15 s.
fn played(order: &[usize], threads: usize) -> Vec<Vec<u64>> {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let options = WorldsOptions { num_worlds: order.len(), threads, ..WorldsOptions::default() };
    let mut worlds = Worlds::<f32x8>::new(&model, options).expect("the quadruped is sound");
    for (world, script) in order.iter().enumerate() {
        let mut begin = standing();
        begin[2] -= 0.02 * noise(*script);
        worlds.set_state(world, &begin, &[0.0; 18]).expect("the world exists");
    }
    for step in 0..30 {
        for (world, script) in order.iter().enumerate() {
            let seed = 31 * script + 7 * (step / 4);
            let target: [f64; 12] =
                std::array::from_fn(|joint| QUADRUPED_STAND[joint] + 0.15 * noise(12 * seed + joint));
            worlds.set_control(world, &target).expect("twelve controls");
        }
        worlds.step();
    }
    assert!(worlds.mean_contacts() > 0.0, "some robots have landed");
    (0..order.len())
        .map(|world| {
            let (mut position, mut velocity) = ([0.0; 19], [0.0; 18]);
            worlds.state(world, &mut position, &mut velocity).expect("the world exists");
            position.iter().chain(&velocity).map(|value| value.to_bits()).collect()
        })
        .collect()
}

#[test]
fn a_world_among_4096_moves_bit_for_bit_as_it_does_alone() {
    let order: Vec<usize> = (0..4096).collect();
    let together = played(&order, 2);
    assert_eq!(together, played(&order, 1), "the number of threads shows");
    for world in [0, 1, 7, 8, 1234, 4095] {
        assert_eq!(together[world], played(&[world], 1)[0], "world {world}");
    }
    // 2731 is prime to 4096: every script is played once, among other neighbours.
    let shuffled: Vec<usize> = order.iter().map(|world| world * 2731 % 4096).collect();
    for (played, script) in played(&shuffled, 2).iter().zip(shuffled) {
        assert_eq!(played, &together[script], "script {script}");
    }
}
