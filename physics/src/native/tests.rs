use wide::f32x8;

use super::{Fault, Lane, Worlds, WorldsOptions};
use crate::robots::{QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, level_floor, quadruped};

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

#[test]
fn what_is_not_a_number_stays_in_its_world() {
    let mut clean = standing::<f32x8>(16, 1);
    let mut poisoned = standing::<f32x8>(16, 1);
    let mut bad = start(3);
    bad[9] = f64::NAN;
    poisoned.set_state(3, &bad, &[0.0; 18]).expect("the world exists");
    for step in 0..60 {
        for worlds in [&mut clean, &mut poisoned] {
            for world in 0..16 {
                worlds.set_control(world, &control(world, step)).expect("the world exists");
            }
        }
        let mut broken = control(10, step);
        broken[5] = f64::INFINITY;
        poisoned.set_control(10, &broken).expect("the world exists");
        broken[5] = f64::NAN;
        poisoned.set_control(12, &broken).expect("the world exists");
        clean.step();
        poisoned.step();
    }
    for world in 0..16 {
        match world {
            3 | 12 => assert_eq!(poisoned.faults()[world], Some(Fault::NonFinite), "world {world}"),
            // An infinite target is full effort, no more.
            10 => {}
            _ => {
                assert_eq!(poisoned.faults()[world], None);
                assert_eq!(bits(&clean, world), bits(&poisoned, world), "world {world}");
            }
        }
    }
    assert_eq!(poisoned.fault_counts().non_finite, 2);
    poisoned.set_state(3, &start(3), &[0.0; 18]).expect("the world exists");
    poisoned.set_control(3, &control(3, 0)).expect("the world exists");
    poisoned.step();
    assert_eq!(poisoned.faults()[3], None);
    assert!(bits(&poisoned, 3).iter().all(|bits| f64::from_bits(*bits).is_finite()));
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
