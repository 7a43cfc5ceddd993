//! Convex hulls rest flat on planes, boxes and each other, whichever way they are turned.

use pentathlon_physics::model::{
    BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription, Shape,
};
use pentathlon_physics::native::{Worlds, WorldsOptions};
use wide::f32x8;

const HALF: [f64; 3] = [0.12, 0.1, 0.05];
/// Where the support ends, in m.
const TOP: f64 = 0.3;

fn hull(half: [f64; 3]) -> Shape {
    let corner = |i: usize| [0, 1, 2].map(|k| if i >> k & 1 == 0 { -half[k] } else { half[k] });
    Shape::ConvexHull { vertices: (0..8).map(corner).collect() }
}

fn body_on(support: Shape, below: f64) -> ModelDescription {
    let moment = |a: usize, b: usize| (HALF[a].powi(2) + HALF[b].powi(2)) / 3.0;
    ModelDescription {
        name: "hull on a support".into(),
        gravity: [0.0, 0.0, -9.81],
        bodies: vec![BodyDescription {
            name: "body".into(),
            parent: None,
            position: [0.0; 3],
            orientation: [1.0, 0.0, 0.0, 0.0],
            joint: JointDescription::Free,
            mass: 1.0,
            center_of_mass: [0.0; 3],
            inertia: [moment(1, 2), moment(0, 2), moment(0, 1), 0.0, 0.0, 0.0],
            geoms: vec![GeomDescription::new(hull(HALF)).named("shape")],
        }],
        actuators: Vec::new(),
        scene: vec![GeomDescription::new(support).at([0.0, 0.0, TOP - below]).named("support")],
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

#[test]
fn they_lie_flat_whichever_way_they_are_turned() {
    let support = [0.5, 0.4, 0.2];
    for (name, shape, below) in [
        ("plane", Shape::Plane, 0.0),
        ("box", Shape::Box { half_extents: support }, support[2]),
        ("hull", hull(support), support[2]),
    ] {
        let options = WorldsOptions { num_worlds: 32, timestep: 0.0025, ..WorldsOptions::default() };
        let mut worlds = Worlds::<f32x8>::new(&body_on(shape, below), options).expect("the model is sound");
        for world in 0..32 {
            // Quarters of a right angle and what lies between them, dropped on an edge.
            let half_turn = std::f64::consts::PI * world as f64 / 32.0;
            let (w, z) = (half_turn.cos(), half_turn.sin());
            let (tilt_w, tilt_x) = (0.02f64.cos(), 0.02f64.sin());
            let start = [0.03, 0.05, TOP + HALF[2] + 0.01, w * tilt_w, w * tilt_x, z * tilt_x, z * tilt_w];
            worlds.set_state(world, &start, &[0.0; 6]).expect("the world exists");
        }
        for _ in 0..1200 {
            worlds.step();
        }
        for world in 0..32 {
            let [x, y] = [4, 5].map(|index| worlds.position(world, index));
            let lean = 2.0 * x.hypot(y);
            assert!(lean < 2e-3, "on the {name} world {world} leans by {lean} rad");
            let speed = (0..6).fold(0.0f64, |most, dof| most.max(worlds.velocity(world, dof).abs()));
            assert!(speed < 2e-3, "on the {name} world {world} moves at {speed}");
            let sunk = TOP + HALF[2] - worlds.position(world, 2);
            assert!((-1e-4..1e-3).contains(&sunk), "in the {name} world {world} is sunk by {sunk}");
        }
    }
}
