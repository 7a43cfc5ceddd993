//! The contact rules as WGSL, and what they must survive: mass ratios, overlaps, rough ground.

use super::dynamics::ContactDynamics;
use super::layout::ContactOptions;
use crate::model::{
    BodyDescription, FrictionCombination, GeomDescription, HeightLayer, JointDescription, ModelDescription,
    Shape,
};
use crate::native::lane::Lane;
use crate::robots::{QUADRUPED_STAND, level_floor, quadruped};
use wide::f32x8;

#[test]
fn the_rules_are_valid_wgsl() {
    crate::device::source::tests::assert_transpiles(&[
        &super::solver::rules::WGSL_SOURCE,
        &super::detection::rules::WGSL_SOURCE,
        &super::layer_detection::rules::WGSL_SOURCE,
    ]);
}

fn boxes(boxes: &[(f64, f64, [f64; 3])], friction: f64) -> ModelDescription {
    let mut model = ModelDescription {
        name: "boxes".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: vec![level_floor(friction)],
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    };
    for (index, (mass, half, position)) in boxes.iter().enumerate() {
        let moment = mass * half * half * (2.0 / 3.0);
        model.bodies.push(BodyDescription {
            name: format!("box {index}"),
            parent: None,
            position: *position,
            orientation: [1.0, 0.0, 0.0, 0.0],
            joint: JointDescription::Free,
            mass: *mass,
            center_of_mass: [0.0; 3],
            inertia: [moment, moment, moment, 0.0, 0.0, 0.0],
            geoms: vec![
                GeomDescription::new(Shape::Box { half_extents: [*half; 3] }).with_friction(friction),
            ],
        });
        for other in 0..index {
            model.colliding_bodies.push([format!("box {other}"), format!("box {index}")]);
        }
    }
    model
}

fn world<L: Lane>(model: &ModelDescription, h: f64) -> ContactDynamics<L> {
    ContactDynamics::new(model, h, &ContactOptions::default()).expect("a model")
}

/// The largest speed of any dof in any lane; fails on what is no number.
fn fastest<L: Lane>(world: &ContactDynamics<L>) -> f64 {
    let mut fastest = 0.0f64;
    for value in &world.motion.velocity[..world.tree.dofs as usize] {
        for lane in 0..L::WIDTH {
            assert!(value.lane(lane).is_finite());
            fastest = fastest.max(value.lane(lane).abs());
        }
    }
    fastest
}

fn heavy_on_light<L: Lane>() {
    for (lower, upper) in [(1.0, 1000.0), (1000.0, 1.0), (0.01, 10.0)] {
        let mut world =
            world::<L>(&boxes(&[(lower, 0.1, [0.0, 0.0, 0.1]), (upper, 0.1, [0.02, 0.0, 0.3])], 0.8), 0.005);
        let mut top = 0.0f64;
        for _ in 0..600 {
            world.step();
            top = top.max(fastest(&world));
        }
        // A thousandfold load presses a light body through the floor; nothing gets faster than what falls
        // and the speed of recovery allow.
        assert!(top < 10.0, "{lower} under {upper} kg: {top}");
        let height = world.motion.position[9].lane(0);
        assert!((0.09..0.301).contains(&height), "{lower} under {upper} kg: the upper box is at {height}");
    }
}

#[test]
fn a_mass_ratio_of_a_thousand_does_not_explode() {
    heavy_on_light::<f64>();
    heavy_on_light::<f32x8>();
}

#[test]
fn overlapping_bodies_part_slowly() {
    for depth in [0.02, 0.05, 0.09, 0.1, 0.15] {
        let start = [(1.0, 0.1, [0.0, 0.0, 0.1]), (1.0, 0.1, [0.01, 0.005, 0.3 - depth])];
        let mut world = world::<f32x8>(&boxes(&start, 0.8), 0.005);
        let mut top = 0.0f64;
        for _ in 0..400 {
            world.step();
            let speed = (0..2).map(|body| {
                let v = [0, 1, 2].map(|k| world.motion.velocity[6 * body + k].lane(0));
                v.iter().map(|x| x * x).sum::<f64>().sqrt()
            });
            top = speed.fold(top, f64::max);
            fastest(&world);
        }
        // Two bodies are each pushed at up to the speed of recovery, beside what they fall.
        assert!(top < 3.5, "overlap {depth}: {top} m/s");
        assert!(fastest(&world) < 0.5, "overlap {depth}: still {}", fastest(&world));
    }
}

#[test]
fn boxes_of_one_place_and_bodies_of_no_size_give_numbers() {
    let same = [(1.0, 0.1, [0.0, 0.0, 0.1]), (1.0, 0.1, [0.0, 0.0, 0.1])];
    let mut world_ = world::<f32x8>(&boxes(&same, 0.8), 0.005);
    let mut model = boxes(&[(1.0, 0.1, [0.0, 0.0, 0.1])], 0.8);
    for shape in [Shape::Sphere { radius: 1e-9 }, Shape::Capsule { radius: 1e-9, half_length: 1e-9 }] {
        model.bodies[0].geoms.push(GeomDescription::new(shape));
    }
    let mut tiny = world::<f32x8>(&model, 0.005);
    for _ in 0..200 {
        world_.step();
        tiny.step();
        assert!(fastest(&world_) < 20.0 && fastest(&tiny) < 20.0);
    }
}

/// Rough ground and a ceiling over it, 6 m x 6 m.
fn rough() -> ModelDescription {
    let mut model = quadruped();
    let heights: Vec<f64> =
        (0..121u32 * 121).map(|i| 0.06 * f64::from(i.wrapping_mul(2_654_435_761) >> 16) / 65536.0).collect();
    let layer = |heights: Vec<f64>| HeightLayer { points: [121, 121], cell: 0.05, heights };
    let ceiling = heights.iter().map(|h| 0.5 - h).collect();
    model.scene.push(GeomDescription::new(Shape::Floor(layer(heights))).at([-3.0, -3.0, 0.0]));
    model.scene.push(GeomDescription::new(Shape::Ceiling(layer(ceiling))).at([-3.0, -3.0, 0.0]));
    model
}

#[test]
fn quadrupeds_fall_onto_rough_ground_and_stay_on_it() {
    let mut world = world::<f32x8>(&rough(), 0.005);
    let mut lanes = [0.0f64; 8];
    for (lane, x) in lanes.iter_mut().enumerate() {
        *x = -1.0 + 0.27 * lane as f64;
    }
    world.motion.position[0] = f32x8::from_lanes(|lane| lanes[lane]);
    world.motion.position[2] = f32x8::splat(0.36);
    for (slot, angle) in world.motion.position[7..].iter_mut().zip(QUADRUPED_STAND) {
        *slot = f32x8::splat(angle as f32);
    }
    for (slot, angle) in world.control.iter_mut().zip(QUADRUPED_STAND) {
        *slot = f32x8::splat(angle as f32);
    }
    for step in 0..600 {
        world.step();
        assert!(fastest(&world) < 60.0, "step {step}: {}", fastest(&world));
    }
    let feet: Vec<usize> =
        (0..world.tables.geom_count as usize).filter(|g| world.tables.geom_kind[*g] == 0).collect();
    let force = world.contact_force(|a, _| feet.contains(&a)).z;
    for lane in 0..8 {
        let height = world.motion.position[2].lane(lane);
        assert!((0.2..0.45).contains(&height), "lane {lane} at {height}");
        // The shanks may carry a part where the ground is steep.
        assert!(force.lane(lane) > 60.0, "lane {lane}: feet carry {} N", force.lane(lane));
    }
}

/// A body whose shape is a hull of 20 corners (two twisted decagons).
fn drum(height: f64) -> ModelDescription {
    let mut model = boxes(&[(1.0, 0.1, [0.0, 0.0, 0.1]), (1.0, 0.08, [0.01, 0.02, height])], 0.8);
    let vertices = (0..20u32)
        .map(|i| {
            let angle = std::f64::consts::TAU * f64::from(i / 2) / 10.0;
            [0.08 * angle.cos(), 0.08 * angle.sin(), if i % 2 == 0 { 0.05 } else { -0.05 }]
        })
        .collect();
    model.bodies[1].geoms[0].shape = Shape::ConvexHull { vertices };
    model
}

fn hulls_rest<L: Lane>() {
    let mut world = world::<L>(&drum(0.27), 0.005);
    for _ in 0..400 {
        world.step();
    }
    let (height, speed) = (world.motion.position[9].lane(0), fastest(&world));
    assert!((height - 0.25).abs() < 1e-3 && speed < 1e-2, "the drum is at {height} and moves at {speed}");
    // On the plane, with the box out of the way.
    world.motion.position[0] = L::splat(2.0);
    world.motion.position[9] = L::splat(0.06);
    for _ in 0..400 {
        world.step();
    }
    let (height, speed) = (world.motion.position[9].lane(0), fastest(&world));
    assert!((height - 0.05).abs() < 1e-3 && speed < 1e-2, "on the plane it is at {height}, {speed}");
}

#[test]
fn a_hull_rests_on_a_box_and_on_a_plane() {
    hulls_rest::<f64>();
    hulls_rest::<f32x8>();
}
