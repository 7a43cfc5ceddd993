use wide::f32x8;

use super::sensors::SensorSite;
use super::{Fault, Lane, Parameter, Worlds, WorldsOptions};
use crate::dynamics::imu::rules::ImuReading;
use crate::robots::{QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, level_floor, quadruped};
use crate::vector::rules::{norm3, zero3};

fn standing<L: Lane>(num_worlds: usize, threads: usize) -> Worlds<L> {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let options = WorldsOptions { num_worlds, threads, ..WorldsOptions::default() };
    let mut worlds = Worlds::new(&model, options).expect("the quadruped is sound");
    for world in 0..num_worlds {
        worlds.set_state(world, &start(world), &[0.0; 18]).expect("the world exists");
    }
    worlds
}

/// Each world drops from another height, so that the worlds of a group differ in their contacts.
fn start(world: usize) -> [f64; 19] {
    let mut position = [0.0; 19];
    position[2] = QUADRUPED_STAND_HEIGHT + 0.01 * (world % 13) as f64;
    position[3] = 1.0;
    position[7..].copy_from_slice(&QUADRUPED_STAND);
    position
}

/// A target for every world, a function of world and time alone.
fn control(world: usize, step: usize) -> [f64; 12] {
    std::array::from_fn(|joint| {
        QUADRUPED_STAND[joint] + 0.2 * ((world * 31 + (step / 4) * 17 + joint * 7) as f64).sin()
    })
}

fn run<L: Lane>(worlds: &mut Worlds<L>, steps: std::ops::Range<usize>, identity: impl Fn(usize) -> usize) {
    for step in steps {
        for world in 0..worlds.num_worlds() {
            worlds.set_control(world, &control(identity(world), step)).expect("the world exists");
        }
        worlds.step();
    }
}

fn bits<L: Lane>(worlds: &Worlds<L>, world: usize) -> Vec<u64> {
    let (mut position, mut velocity) = ([0.0; 19], [0.0; 18]);
    worlds.state(world, &mut position, &mut velocity).expect("the world exists");
    position.iter().chain(&velocity).map(|value| value.to_bits()).collect()
}

#[test]
fn a_world_does_not_depend_on_its_neighbours_nor_on_threads() {
    let mut together = standing::<f32x8>(37, 2);
    run(&mut together, 0..80, |world| world);
    for world in [0, 7, 8, 20, 36] {
        let mut alone = standing::<f32x8>(1, 1);
        alone.set_state(0, &start(world), &[0.0; 18]).expect("the world exists");
        run(&mut alone, 0..80, |_| world);
        assert_eq!(bits(&alone, 0), bits(&together, world), "world {world}");
        let mut scalar = standing::<f32>(1, 1);
        scalar.set_state(0, &start(world), &[0.0; 18]).expect("the world exists");
        run(&mut scalar, 0..80, |_| world);
        assert_eq!(bits(&scalar, 0), bits(&together, world), "world {world} without lanes");
    }
}

fn contains_what_is_not_a_number<L: Lane>() {
    let mut clean = standing::<L>(16, 1);
    let mut poisoned = standing::<L>(16, 1);
    let mut bad = start(3);
    bad[9] = f64::NAN;
    poisoned.set_state(3, &bad, &[0.0; 18]).expect("the world exists");
    let mut force = [0.0; 18];
    force[4] = f64::NEG_INFINITY;
    poisoned.set_applied(5, &force).expect("the world exists");
    for step in 0..60 {
        for worlds in [&mut clean, &mut poisoned] {
            for world in 0..16 {
                worlds.set_control(world, &control(world, step)).expect("the world exists");
            }
        }
        for (world, value) in [(10, f64::INFINITY), (12, f64::NAN)] {
            let mut broken = control(world, step);
            broken[5] = value;
            poisoned.set_control(world, &broken).expect("the world exists");
        }
        clean.step();
        poisoned.step();
    }
    for world in 0..16 {
        if [3, 5, 10, 12].contains(&world) {
            assert_eq!(poisoned.faults()[world], Some(Fault::NonFinite), "world {world}");
        } else {
            assert_eq!(poisoned.faults()[world], None);
            assert_eq!(bits(&clean, world), bits(&poisoned, world), "world {world}");
        }
    }
    assert_eq!(poisoned.fault_counts().non_finite, 4);
    for world in [10, 12] {
        let is_finite = bits(&poisoned, world).iter().all(|bits| f64::from_bits(*bits).is_finite());
        assert!(is_finite, "a motor without a command gives nothing: world {world}");
    }
    poisoned.set_state(3, &start(3), &[0.0; 18]).expect("the world exists");
    poisoned.set_control(3, &control(3, 0)).expect("the world exists");
    poisoned.step();
    assert_eq!(poisoned.faults()[3], None);
    assert!(bits(&poisoned, 3).iter().all(|bits| f64::from_bits(*bits).is_finite()));
}

#[test]
fn many_worlds_are_read_as_each_of_them_is() {
    let mut worlds = standing::<f32x8>(11, 1);
    run(&mut worlds, 0..40, |world| world);
    let chosen = [9, 0, 4];
    let (mut positions, mut velocities) = (vec![0.0; 3 * 19], vec![0.0; 3 * 18]);
    worlds.states(&chosen, &mut positions, &mut velocities).expect("they exist");
    for (row, world) in chosen.into_iter().enumerate() {
        let found = positions[row * 19..][..19].iter().chain(&velocities[row * 18..][..18]);
        assert_eq!(found.map(|value| value.to_bits()).collect::<Vec<_>>(), bits(&worlds, world));
    }
    assert!(worlds.states(&[11], &mut [0.0; 19], &mut [0.0; 18]).is_err());
    let geoms = [16, 3];
    let mut forces = vec![0.0_f32; 11 * 2 * 3];
    worlds.geom_forces(&geoms, &mut forces).expect("the shapes exist");
    for world in 0..11 {
        for (place, geom) in geoms.into_iter().enumerate() {
            let one = worlds.geom_force(world, geom).expect("it exists").map(|value| value as f32);
            assert_eq!(forces[(world * 2 + place) * 3..][..3], one, "world {world}, shape {geom}");
        }
    }
    assert!(forces.iter().any(|force| *force > 1.0), "some feet carry load");
    assert!(worlds.geom_forces(&geoms, &mut forces[1..]).is_err());
}

#[test]
fn a_joint_has_a_range_of_its_own_in_a_world() {
    let mut worlds = standing::<f32x8>(2, 1);
    let knee = 8;
    let range = worlds.parameter(0, Parameter::JointRange(knee)).expect("the knee has a range");
    let narrow = [range[0], range[0] + 0.3];
    worlds.set_parameter(1, Parameter::JointRange(knee), &narrow).expect("a narrower range");
    assert!(worlds.set_parameter(1, Parameter::JointRange(knee), &[1.0, -1.0]).is_err());
    assert!(worlds.set_parameter(1, Parameter::JointRange(0), &[-1.0, 1.0]).is_err(), "the trunk is free");
    for world in 0..2 {
        let mut position = start(world);
        position[2] = 5.0;
        position[7 + knee - 6] = range[0] + 0.2;
        worlds.set_state(world, &position, &[0.0; 18]).expect("the world exists");
        let mut target = QUADRUPED_STAND;
        target[knee - 6] = range[0] + 0.6;
        worlds.set_control(world, &target).expect("twelve controls");
    }
    (0..60).for_each(|_| worlds.step());
    assert!(worlds.position(0, knee + 1) > narrow[1] + 0.1, "{}", worlds.position(0, knee + 1));
    assert!(worlds.position(1, knee + 1) < narrow[1] + 0.02, "{}", worlds.position(1, knee + 1));
}

#[test]
fn what_is_not_a_number_stays_in_its_world() {
    contains_what_is_not_a_number::<f64>();
    contains_what_is_not_a_number::<f32>();
    contains_what_is_not_a_number::<f32x8>();
}

#[test]
fn a_standing_robot_weighs_what_it_weighs() {
    let mut worlds = standing::<f64>(1, 1);
    for _ in 0..600 {
        worlds.set_control(0, &QUADRUPED_STAND).expect("the world exists");
        worlds.step();
    }
    let total: f64 = (0..worlds.layout().geoms.len())
        .filter(|geom| worlds.layout().geoms[*geom].body.is_some())
        .map(|geom| worlds.geom_force(0, geom).expect("it exists")[2])
        .sum();
    let weight = 12.743448 * 9.81;
    assert!((total - weight).abs() < 0.005 * weight, "{total} N instead of {weight} N");
}

#[test]
fn a_restored_batch_goes_on_bit_for_bit() {
    let mut first = standing::<f32x8>(11, 1);
    first.set_parameter(4, Parameter::Mass(0), &[7.5]).expect("a mass");
    first.set_parameter(9, Parameter::Friction(16), &[0.3]).expect("a friction coefficient");
    run(&mut first, 0..40, |world| world);
    let text = serde_json::to_string(&first.snapshot()).expect("a snapshot serialises");
    let mut second = standing::<f32x8>(11, 2);
    second.restore(&serde_json::from_str(&text).expect("and is read")).expect("the batches are alike");
    assert_eq!(second.snapshot(), first.snapshot());
    run(&mut first, 40..90, |world| world);
    run(&mut second, 40..90, |world| world);
    assert_eq!(second.snapshot(), first.snapshot());
    let refused = standing::<f32x8>(12, 1).restore(&first.snapshot()).expect_err("another number of worlds");
    assert!(refused.to_string().contains("11 worlds"), "{refused}");
}

#[test]
fn a_snapshot_of_another_model_or_of_other_options_is_refused_by_name() {
    let mut worlds = standing::<f32x8>(3, 1);
    run(&mut worlds, 0..10, |world| world);
    let snapshot = worlds.snapshot();
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let built = |model: &crate::model::ModelDescription, options: WorldsOptions| {
        Worlds::<f32x8>::new(model, WorldsOptions { num_worlds: 3, ..options }).expect("the model is sound")
    };
    // A heavier trunk, a rougher floor, another gain, one shape more: the name and often all counts are the same.
    let mut others = vec![model.clone(), model.clone(), model.clone(), model.clone()];
    others[0].bodies[0].mass += 1.0;
    others[1].scene[0].friction = 0.9;
    others[2].actuators[3].effort_limit *= 2.0;
    others[3].scene.push(level_floor(0.5).named("second floor"));
    for other in &others {
        let mut other = built(other, WorldsOptions::default());
        let before = other.snapshot();
        let error = other.restore(&snapshot).expect_err("another model").to_string();
        assert!(error.contains("another one of the same name"), "{error}");
        assert_eq!(other.snapshot(), before, "a refused snapshot changes nothing");
    }
    let default = WorldsOptions::default();
    let mut contact = default.contact;
    contact.sweeps += 1;
    for (options, named) in [
        (WorldsOptions { timestep: 0.004, ..default.clone() }, "timestep 0.005 instead of 0.004"),
        (WorldsOptions { substeps: 2, ..default.clone() }, "substeps 1 instead of 2"),
        (WorldsOptions { contact, ..default.clone() }, "contact ContactOptions { sweeps: 8"),
    ] {
        let error = built(&model, options).restore(&snapshot).expect_err("other options").to_string();
        assert!(error.contains(named), "{error}");
    }
    built(&model, WorldsOptions { threads: 2, ..default })
        .restore(&snapshot)
        .expect("the same but for the threads");
}

#[test]
fn a_world_with_its_own_mass_does_not_change_the_others() {
    let mut plain = standing::<f32x8>(8, 1);
    let mut heavy = standing::<f32x8>(8, 1);
    heavy.set_parameter(2, Parameter::Mass(0), &[9.0]).expect("a mass");
    assert_eq!(heavy.parameter(2, Parameter::Mass(0)).expect("it exists"), [9.0]);
    run(&mut plain, 0..100, |world| world);
    run(&mut heavy, 0..100, |world| world);
    for world in 0..8 {
        assert_eq!(bits(&plain, world) == bits(&heavy, world), world != 2, "world {world}");
    }
    let error = heavy.set_parameter(2, Parameter::Mass(0), &[-1.0]).expect_err("no such mass");
    assert!(error.to_string().contains("world 2"), "{error}");
}

#[test]
fn a_robot_at_rest_feels_gravity_and_one_in_free_fall_none() {
    let mut worlds = standing::<f64>(1, 1);
    let site = SensorSite {
        body: 0,
        position: [0.1, 0.02, 0.03],
        orientation: [0.5_f64.sqrt(), 0.0, 0.5_f64.sqrt(), 0.0],
    };
    let mut reading = [ImuReading { gyro: zero3(), accelerometer: zero3(), gravity: zero3() }];
    let mut falling = start(0);
    falling[2] = 5.0;
    worlds.set_state(0, &falling, &[0.0; 18]).expect("the world exists");
    worlds.set_control(0, &QUADRUPED_STAND).expect("the world exists");
    worlds.step();
    worlds.imu(site, &mut reading).expect("the trunk exists");
    assert!(norm3(reading[0].accelerometer) < 1e-6, "{reading:?}");
    worlds.set_state(0, &start(0), &[0.0; 18]).expect("the world exists");
    for _ in 0..800 {
        worlds.step();
    }
    worlds.imu(site, &mut reading).expect("the trunk exists");
    // The sensor's z axis lies along the trunk's x axis: up is its -x.
    assert!((reading[0].accelerometer.x + 9.81).abs() < 0.1, "{reading:?}");
    assert!((reading[0].gravity.x - 9.81).abs() < 0.1, "{reading:?}");
}

#[test]
fn jacobians_give_the_velocities_of_points() {
    let mut worlds = standing::<f64>(1, 1);
    let velocity: [f64; 18] = std::array::from_fn(|dof| (dof as f64 * 0.7).sin());
    worlds.set_state(0, &start(0), &velocity).expect("the world exists");
    let (linear, angular) = worlds.body_velocity(0, 6).expect("the body exists");
    let jacobian = worlds.jacobian(0, 6, [0.0; 3]).expect("the body exists");
    for axis in 0..3 {
        let along = |row: &[f64]| row.iter().zip(&velocity).map(|(a, b)| a * b).sum::<f64>();
        assert!((along(&jacobian.linear[axis]) - linear[axis]).abs() < 1e-12);
        assert!((along(&jacobian.angular[axis]) - angular[axis]).abs() < 1e-12);
    }
    assert_eq!(worlds.joint_states(0).expect("the world exists").len(), 12);
}

/// The quadruped and its command mirrored in the plane y = 0.
fn mirrored(world: [f64; 19]) -> [f64; 19] {
    let mut image = world;
    image[1] = -world[1];
    image[4] = -world[4];
    image[6] = -world[6];
    image[7..19].copy_from_slice(&mirrored_joints(world[7..].try_into().expect("twelve joints")));
    image
}

/// Right and left legs change places, and the hips their signs.
fn mirrored_joints(joints: [f64; 12]) -> [f64; 12] {
    std::array::from_fn(|joint| {
        let (leg, part) = (joint / 3, joint % 3);
        joints[(leg ^ 1) * 3 + part] * if part == 0 { -1.0 } else { 1.0 }
    })
}

#[test]
fn a_mirrored_robot_moves_as_the_mirror_image() {
    let mut model = quadruped();
    // The recorded trunk's centre of mass lies 2 mm off the plane; the test wants a symmetric robot.
    model.bodies[0].center_of_mass[1] = 0.0;
    model.bodies[0].inertia[3] = 0.0;
    model.bodies[0].inertia[5] = 0.0;
    for body in 1..13 {
        let image = 1 + (((body - 1) / 3) ^ 1) * 3 + (body - 1) % 3;
        if body < image {
            let mut twin = model.bodies[body].clone();
            twin.center_of_mass[1] *= -1.0;
            twin.inertia[3] *= -1.0;
            twin.inertia[5] *= -1.0;
            model.bodies[image].mass = twin.mass;
            model.bodies[image].center_of_mass = twin.center_of_mass;
            model.bodies[image].inertia = twin.inertia;
        }
    }
    model.scene.push(level_floor(0.8));
    let mut worlds = Worlds::<f64>::new(&model, WorldsOptions { num_worlds: 2, ..WorldsOptions::default() })
        .expect("the quadruped is sound");
    let mut begin = start(4);
    begin[4] = 0.1;
    begin[3] = (1.0_f64 - 0.01).sqrt();
    worlds.set_state(0, &begin, &[0.0; 18]).expect("the world exists");
    worlds.set_state(1, &mirrored(begin), &[0.0; 18]).expect("the world exists");
    for step in 0..40 {
        let target = control(1, step);
        worlds.set_control(0, &target).expect("the world exists");
        worlds.set_control(1, &mirrored_joints(target)).expect("the world exists");
        worlds.step();
    }
    let (mut left, mut right, mut velocity) = ([0.0; 19], [0.0; 19], [0.0; 18]);
    worlds.state(0, &mut left, &mut velocity).expect("the world exists");
    worlds.state(1, &mut right, &mut velocity).expect("the world exists");
    for (found, expected) in right.iter().zip(mirrored(left)) {
        assert!((found - expected).abs() < 2e-3, "{right:?} is not the image of {left:?}");
    }
}

#[test]
fn a_world_far_away_moves_the_same() {
    let mut worlds = standing::<f64>(2, 1);
    let mut far = start(5);
    far[0] += 100.0;
    far[1] -= 70.0;
    worlds.set_state(0, &start(5), &[0.0; 18]).expect("the world exists");
    worlds.set_state(1, &far, &[0.0; 18]).expect("the world exists");
    run(&mut worlds, 0..40, |_| 3);
    let shift = [100.0, -70.0, 0.0];
    for coordinate in 0..19 {
        let moved = shift.get(coordinate).copied().unwrap_or(0.0);
        let difference = worlds.position(1, coordinate) - worlds.position(0, coordinate) - moved;
        assert!(difference.abs() < 1e-6, "coordinate {coordinate}: {difference}");
    }
}
