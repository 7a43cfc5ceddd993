//! Bodies at rest: balls that hardly resist being turned, and piles that lie differently in every
//! world, whose worlds share a list of contacts and must not notice.

use std::collections::BTreeMap;

use pentathlon_physics::model::{
    BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription, Shape,
};
use pentathlon_physics::native::{Lane, Worlds, WorldsOptions};
use pentathlon_physics::robots::level_floor;
use wide::f32x8;

const BOXES: usize = 8;
const HALF: f64 = 0.1;

/// Moment of inertia of a cube of 1 kg in kg m².
const MOMENT: f64 = 4.0 * HALF * HALF / 6.0;

fn cubes(count: usize) -> ModelDescription {
    bodies(count, Shape::Box { half_extents: [HALF; 3] }, MOMENT)
}

/// Free bodies of 1 kg over a level floor, with the given moment of inertia.
fn bodies(count: usize, shape: Shape, moment: f64) -> ModelDescription {
    let name = |index: usize| format!("cube {index}");
    let cube = |index: usize| BodyDescription {
        name: name(index),
        parent: None,
        position: [0.0; 3],
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass: 1.0,
        center_of_mass: [0.0; 3],
        inertia: [moment, moment, moment, 0.0, 0.0, 0.0],
        geoms: vec![GeomDescription::new(shape.clone()).named(name(index))],
    };
    ModelDescription {
        name: "cubes".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies: (0..count).map(cube).collect(),
        actuators: Vec::new(),
        scene: vec![level_floor(0.8)],
        colliding_bodies: (0..count)
            .flat_map(|first| (first + 1..count).map(move |second| [first, second].map(name)))
            .collect(),
        friction_combination: FrictionCombination::Maximum,
    }
}

/// The cubes in two towers, in an order that depends on the world.
fn towers(world: usize) -> Vec<f64> {
    let mut position = vec![0.0; 7 * BOXES];
    for place in 0..BOXES {
        let cube = (place * [1, 3, 5, 7][world % 4] + world) % BOXES;
        let (tower, storey) = (place / 4, place % 4);
        let lean = 0.004 * ((world * 7 + place * 5) as f64).sin();
        position[7 * cube..7 * cube + 4].copy_from_slice(&[
            tower as f64 + lean,
            lean,
            HALF * (1.0 + 2.0 * storey as f64),
            1.0,
        ]);
    }
    position
}

/// Coordinates and velocities, as bits, after a fifth of a second, and how many contact points each pair of shapes has.
type Played = (Vec<u64>, BTreeMap<(usize, usize), usize>);

fn played<L: Lane>(order: &[usize]) -> Vec<Played> {
    let options = WorldsOptions { num_worlds: order.len(), ..WorldsOptions::default() };
    let mut worlds = Worlds::<L>::new(&cubes(BOXES), options).expect("cubes are sound");
    for (world, towers_of) in order.iter().enumerate() {
        worlds.set_state(world, &towers(*towers_of), &[0.0; 6 * BOXES]).expect("the world exists");
    }
    for _ in 0..40 {
        worlds.step();
        assert_eq!(worlds.contact_overflow(), 0);
    }
    (0..order.len())
        .map(|world| {
            let (mut position, mut velocity) = ([0.0; 7 * BOXES], [0.0; 6 * BOXES]);
            worlds.state(world, &mut position, &mut velocity).expect("the world exists");
            let mut pairs = BTreeMap::new();
            for contact in worlds.contacts(world).expect("the world exists") {
                *pairs.entry((contact.geom_a, contact.geom_b)).or_default() += 1;
            }
            (position.iter().chain(&velocity).map(|value| value.to_bits()).collect(), pairs)
        })
        .collect()
}

#[test]
fn eight_worlds_whose_piles_share_no_contact_stand_as_each_does_alone() {
    let order: Vec<usize> = (0..8).collect();
    let together = played::<f32x8>(&order);
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for (_, pairs) in &together {
        for (pair, points) in pairs {
            let most = shared.entry(*pair).or_default();
            *most = (*most).max(*points);
        }
        assert!(pairs.values().sum::<usize>() <= 32, "{pairs:?}");
    }
    let listed: usize = shared.values().sum();
    assert!(listed > 64, "{listed} contacts are in the group's list");
    for world in order {
        assert_eq!(together[world], played::<f32x8>(&[world])[0], "world {world}");
        assert_eq!(together[world], played::<f32>(&[world])[0], "world {world} without lanes");
    }
}

/// A body that fell half a metre onto the floor, `seconds` later.
fn fallen<L: Lane>(model: &ModelDescription, seconds: f64) -> Worlds<L> {
    let mut worlds = Worlds::<L>::new(model, WorldsOptions::default()).expect("the body is sound");
    worlds.set_state(0, &[0.0, 0.0, HALF + 0.5, 1.0, 0.0, 0.0, 0.0], &[0.0; 6]).expect("the world exists");
    for _ in 0..(seconds / worlds.options().timestep).round() as usize {
        worlds.step();
    }
    worlds
}

#[test]
fn a_ball_that_hardly_resists_being_turned_comes_to_rest_all_the_same() {
    for moment in [4e-3, 1e-6, 1e-9] {
        let model = bodies(1, Shape::Sphere { radius: HALF }, moment);
        for (kind, height) in [
            ("f64", fallen::<f64>(&model, 2.0).position(0, 2)),
            ("lanes", fallen::<f32x8>(&model, 2.0).position(0, 2)),
        ] {
            assert!((height - HALF).abs() < 2e-3, "{kind}, moment {moment}: the middle is at {height} m");
        }
    }
}
