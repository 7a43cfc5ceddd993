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

/// Bars that lie across the edge of a ridge at eight angles, their centres of mass 0.3 m below: how far each has
/// sunk after 3 s, in m, and its lean, in rad.
fn bars_across_a_ridge(bar_is_hull: bool, ridge_is_hull: bool) -> [(f64, f64); 8] {
    const LONG: f64 = 0.3;
    let side = 0.05f64;
    let to_edge = side * std::f64::consts::SQRT_2;
    // A bar of square section that stands on an edge, along x or y, as a hull or as a box that is turned by an
    // eighth.
    let bar = |along: usize, as_hull: bool| -> GeomDescription {
        if as_hull {
            let section = [[to_edge, 0.0], [0.0, to_edge], [-to_edge, 0.0], [0.0, -to_edge]];
            let vertices = [-LONG, LONG].iter().flat_map(|&end| {
                section.map(|[across, up]| if along == 0 { [end, across, up] } else { [across, end, up] })
            });
            return GeomDescription::new(Shape::ConvexHull { vertices: vertices.collect() });
        }
        let eighth = std::f64::consts::PI / 8.0;
        let mut half_extents = [side; 3];
        half_extents[along] = LONG;
        let mut turned = [eighth.cos(), 0.0, 0.0, 0.0];
        turned[1 + along] = eighth.sin();
        GeomDescription { orientation: turned, ..GeomDescription::new(Shape::Box { half_extents }) }
    };
    let height = TOP + 2.0 * to_edge;
    let mut model = body_on(Shape::Plane, 2.0);
    model.scene.push(GeomDescription { position: [0.0, 0.0, TOP], ..bar(0, ridge_is_hull) }.named("ridge"));
    model.bodies[0].center_of_mass = [0.0, 0.0, -0.3];
    model.bodies[0].inertia = [0.02, 0.02, 0.02, 0.0, 0.0, 0.0];
    model.bodies[0].geoms = vec![bar(1, bar_is_hull).named("bar")];
    let options = WorldsOptions { num_worlds: 8, timestep: 0.0025, ..WorldsOptions::default() };
    let mut worlds = Worlds::<f32x8>::new(&model, options).expect("the model is sound");
    for world in 0..8 {
        // Half dropped, half pressed in.
        let start = height + if world % 2 == 0 { 0.002 } else { -0.0005 };
        let half_turn = 0.07 * world as f64;
        let pose = [0.01, 0.0, start, half_turn.cos(), 0.0, 0.0, half_turn.sin()];
        worlds.set_state(world, &pose, &[0.0; 6]).expect("the world exists");
    }
    for _ in 0..1200 {
        worlds.step();
    }
    std::array::from_fn(|world| {
        let [x, y] = [4, 5].map(|index| worlds.position(world, index));
        (height - worlds.position(world, 2), 2.0 * x.hypot(y))
    })
}

#[test]
fn edge_on_edge_a_hull_rests_as_a_box_does() {
    let boxes = bars_across_a_ridge(false, false);
    for (bar_is_hull, ridge_is_hull) in [(true, true), (true, false), (false, true)] {
        let hulls = bars_across_a_ridge(bar_is_hull, ridge_is_hull);
        for (world, ((sunk, lean), (of_box, _))) in hulls.into_iter().zip(boxes).enumerate() {
            let what = format!("world {world}, bar a hull {bar_is_hull}, ridge a hull {ridge_is_hull}");
            assert!(of_box.abs() < 1e-4, "{what}: as boxes sunk {of_box}");
            assert!((sunk - of_box).abs() < 1e-4, "{what}: sunk {sunk}, not {of_box}");
            assert!(lean < 5e-3, "{what}: leans by {lean}");
        }
    }
}
