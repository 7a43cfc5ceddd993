//! Boxes and convex hulls on height layers: they rest, slide and are squeezed as on planes, and a hull with
//! the corners of a box does as the box does.

use pentathlon_physics::collision::height_map::HeightMap;
use pentathlon_physics::model::{
    BodyDescription, FrictionCombination, GeomDescription, HeightLayer, JointDescription, ModelDescription,
    Shape,
};
use pentathlon_physics::native::{Lane, Parameter, Worlds, WorldsError, WorldsOptions};
use wide::f32x8;

const HALF: [f64; 3] = [0.12, 0.1, 0.05];
const FRICTION: f64 = 0.3;
const GRAVITY: f64 = 9.81;

fn cuboid() -> Shape {
    Shape::Box { half_extents: HALF }
}

fn hull_of_cuboid() -> Shape {
    let corner = |i: usize| [0, 1, 2].map(|k| if i >> k & 1 == 0 { -HALF[k] } else { HALF[k] });
    Shape::ConvexHull { vertices: (0..8).map(corner).collect() }
}

/// Two twisted decagons, 0.1 m high.
fn drum() -> Shape {
    let vertices = (0..20u32).map(|i| {
        let angle = std::f64::consts::TAU * f64::from(i / 2) / 10.0;
        [0.1 * angle.cos(), 0.1 * angle.sin(), if i % 2 == 0 { 0.05 } else { -0.05 }]
    });
    Shape::ConvexHull { vertices: vertices.collect() }
}

/// A layer of 81 x 81 points of 0.07 m from (-1, -2.8) on, of the given height at (x, y).
fn layer(height: impl Fn(f64, f64) -> f64) -> HeightLayer {
    let at = |i: usize, from: f64| from + 0.07 * i as f64;
    let heights = (0..81 * 81).map(|i| height(at(i / 81, -1.0), at(i % 81, -2.8)));
    HeightLayer { points: [81, 81], cell: 0.07, heights: heights.collect() }
}

fn scene_of(shape: Shape) -> GeomDescription {
    let mut geom = GeomDescription::new(shape).at([-1.0, -2.8, 0.0]).with_friction(FRICTION);
    geom.name = if matches!(geom.shape, Shape::Floor(_)) { "floor" } else { "ceiling" }.to_owned();
    geom
}

fn body(shape: Shape, gravity: [f64; 3], scene: Vec<GeomDescription>) -> ModelDescription {
    let moment = |a: usize, b: usize| (HALF[a].powi(2) + HALF[b].powi(2)) / 3.0;
    ModelDescription {
        name: "body on a layer".into(),
        gravity,
        bodies: vec![BodyDescription {
            name: "body".into(),
            parent: None,
            position: [0.0; 3],
            orientation: [1.0, 0.0, 0.0, 0.0],
            joint: JointDescription::Free,
            mass: 1.0,
            center_of_mass: [0.0; 3],
            inertia: [moment(1, 2), moment(0, 2), moment(0, 1), 0.0, 0.0, 0.0],
            geoms: vec![GeomDescription::new(shape).named("shape").with_friction(FRICTION)],
        }],
        actuators: Vec::new(),
        scene,
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

fn worlds<L: Lane>(model: &ModelDescription, start: [f64; 7]) -> Worlds<L> {
    let options = WorldsOptions { num_worlds: L::WIDTH, timestep: 0.0025, ..WorldsOptions::default() };
    let mut worlds = Worlds::new(model, options).expect("the model is sound");
    for world in 0..L::WIDTH {
        // The worlds of a group look at different places of the layer.
        let mut own = start;
        own[1] += 0.031 * world as f64;
        worlds.set_state(world, &own, &[0.0; 6]).expect("the world exists");
    }
    worlds
}

fn steps<L: Lane>(worlds: &mut Worlds<L>, seconds: f64) {
    for _ in 0..(seconds / 0.0025).round() as usize {
        worlds.step();
    }
}

fn speed<L: Lane>(worlds: &Worlds<L>, world: usize) -> f64 {
    (0..6).fold(0.0f64, |most, dof| most.max(worlds.velocity(world, dof).abs()))
}

fn rests<L: Lane>(shape: Shape, up: f64) {
    let (floor, gravity) = (Shape::Floor(layer(|_, _| 0.3)), [0.0, 0.0, -GRAVITY * up]);
    let surface = if up > 0.0 { floor } else { Shape::Ceiling(layer(|_, _| 0.3)) };
    let model = body(shape, gravity, vec![scene_of(surface)]);
    // Turned about z, so that its edges run across the grid.
    let (w, z) = (0.35f64.cos(), 0.35f64.sin());
    let mut worlds = worlds::<L>(&model, [0.4, 0.2, 0.3 + up * (HALF[2] + 0.02), w, 0.0, 0.0, z]);
    steps(&mut worlds, 1.5);
    for world in 0..L::WIDTH {
        let sunk = HALF[2] - up * (worlds.position(world, 2) - 0.3);
        assert!((-1e-5..1e-3).contains(&sunk), "{up}: sunk by {sunk}");
        assert!(speed(&worlds, world) < 1e-3, "{up}: it moves at {}", speed(&worlds, world));
        let [x, y, force] = worlds.geom_force(world, 0).expect("it exists");
        assert!((force - up * GRAVITY).abs() < 0.05 && x.hypot(y) < 0.05, "{up}: carried by {force} N");
    }
}

#[test]
fn they_rest_on_a_level_floor_and_under_a_level_ceiling() {
    for shape in [cuboid(), hull_of_cuboid(), drum()] {
        for up in [1.0, -1.0] {
            rests::<f64>(shape.clone(), up);
            rests::<f32x8>(shape.clone(), up);
        }
    }
}

/// `shift` in m: how far down the slope, and half as far across it, the body starts from where it else would.
fn slides<L: Lane>(shape: Shape, shift: f64) {
    // Falls off along x, which the grid lines cross.
    let (sin, cos) = (25f64.to_radians().sin(), 25f64.to_radians().cos());
    let slope = Shape::Floor(layer(|x, _| -x * sin / cos));
    let model = body(shape, [0.0, 0.0, -GRAVITY], vec![scene_of(slope)]);
    let lift = HALF[2] + 1e-4;
    let half = 12.5f64.to_radians();
    let place = [lift * sin + shift, 0.1 + 0.54 * shift, lift * cos - shift * sin / cos];
    let start = [place[0], place[1], place[2], half.cos(), 0.0, half.sin(), 0.0];
    let mut worlds = worlds::<L>(&model, start);
    let expected = GRAVITY * (sin - FRICTION * cos);
    for seconds in [0.4, 0.8, 1.2] {
        steps(&mut worlds, 0.4);
        for world in 0..L::WIDTH {
            let [x, z] = [0, 2].map(|dof| worlds.velocity(world, dof));
            let along = x * cos - z * sin;
            assert!(
                (along / (expected * seconds) - 1.0).abs() < 0.02,
                "world {world}: {along} m/s after {seconds} s, by the formula {}",
                expected * seconds
            );
        }
    }
}

#[test]
fn they_slide_down_a_slope_as_the_formula_says() {
    for shape in [cuboid(), hull_of_cuboid(), drum()] {
        slides::<f64>(shape.clone(), 0.0);
        // Starts from which bodies once tripped over an edge of the level slope, where rounding had its way.
        for shift in [0.0, 0.0208, 0.0299, 0.0325] {
            slides::<f32x8>(shape.clone(), shift);
        }
    }
}

fn is_squeezed<L: Lane>(shape: Shape) -> [f64; 2] {
    // 5 mm less room than it needs.
    let gap = 2.0 * HALF[2] - 0.005;
    let scene = [Shape::Floor(layer(|_, _| 0.0)), Shape::Ceiling(layer(|_, _| gap))].map(scene_of).to_vec();
    let model = body(shape, [0.0, 0.0, -GRAVITY], scene);
    let mut worlds = worlds::<L>(&model, [0.4, 0.2, 0.5 * gap, 1.0, 0.0, 0.0, 0.0]);
    steps(&mut worlds, 0.5);
    assert!(speed(&worlds, 0) < 0.02, "it moves at {}", speed(&worlds, 0));
    let ceiling = worlds.geom_force(0, 2).expect("it exists")[2];
    assert!(ceiling > 20.0, "the ceiling is pressed with {ceiling} N");
    [worlds.position(0, 2), ceiling]
}

#[test]
fn they_are_squeezed_between_floor_and_ceiling() {
    let [height, force] = is_squeezed::<f64>(cuboid());
    let [hull_height, hull_force] = is_squeezed::<f64>(hull_of_cuboid());
    assert!((height - hull_height).abs() < 1e-4, "{height} {hull_height}");
    assert!((force / hull_force - 1.0).abs() < 0.02, "{force} {hull_force}");
    is_squeezed::<f32x8>(hull_of_cuboid());
    is_squeezed::<f32x8>(drum());
}

#[test]
fn a_hull_falls_onto_rough_ground_and_stays_on_it() {
    let rough =
        |x: f64, y: f64| 0.05 * (9.0 * x).sin() * (11.0 * y).cos() + 0.02 * (40.0 * x + 31.0 * y).sin();
    let ground = layer(rough);
    let map =
        HeightMap::floor(ground.points, ground.cell, [-1.0, -2.8, 0.0], &ground.heights).expect("a layer");
    let model = body(drum(), [0.0, 0.0, -GRAVITY], vec![scene_of(Shape::Floor(ground))]);
    let mut worlds = worlds::<f32x8>(&model, [0.4, 0.2, 0.3, 0.9, 0.1, 0.3, 0.3]);
    for _ in 0..1600 {
        worlds.step();
        for world in 0..8 {
            assert!(speed(&worlds, world) < 40.0, "world {world}: {}", speed(&worlds, world));
        }
    }
    for world in 0..8 {
        let [x, y, z] = [0, 1, 2].map(|axis| worlds.position(world, axis));
        let over = z - map.height(x, y);
        assert!((0.04..0.14).contains(&over), "world {world}: {over} m over the ground");
        assert!(speed(&worlds, world) < 0.5, "world {world}: it moves at {}", speed(&worlds, world));
    }
}

#[test]
fn a_shape_that_covers_more_points_than_are_looked_up_is_refused_by_name() {
    let mut fine = layer(|_, _| 0.0);
    fine.cell = 0.01;
    let model = body(hull_of_cuboid(), [0.0, 0.0, -GRAVITY], vec![scene_of(Shape::Floor(fine))]);
    let error = Worlds::<f64>::new(&model, WorldsOptions::default()).expect_err("too fine");
    assert!(matches!(error, WorldsError::Contact(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("'shape'") && text.contains("'floor'") && text.contains("16 x 16"), "{text}");
}

#[test]
fn a_world_cannot_have_a_shape_that_is_too_large_for_the_layer() {
    let model = body(cuboid(), [0.0, 0.0, -GRAVITY], vec![scene_of(Shape::Floor(layer(|_, _| 0.3)))]);
    let mut worlds = worlds::<f32x8>(&model, [0.4, 0.2, 0.5, 1.0, 0.0, 0.0, 0.0]);
    worlds.set_parameter(3, Parameter::GeomSize(0), &[0.15, 0.1, 0.05]).expect("a little more");
    let error = worlds.set_parameter(3, Parameter::GeomSize(0), &[2.0, 0.1, 0.05]).expect_err("too large");
    assert!(error.to_string().contains("height layers"), "{error}");
    let kept = worlds.parameter(3, Parameter::GeomSize(0)).expect("it exists");
    assert!((kept[0] - 0.15).abs() < 1e-6, "{kept:?}");
}

#[test]
fn a_world_has_no_parameter_that_would_do_nothing_or_harm() {
    let model = body(hull_of_cuboid(), [0.0, 0.0, -GRAVITY], vec![scene_of(Shape::Floor(layer(|_, _| 0.3)))]);
    let mut worlds = worlds::<f32x8>(&model, [0.4, 0.2, 0.5, 1.0, 0.0, 0.0, 0.0]);
    for (parameter, value, expected) in [
        (Parameter::GeomPosition(1), &[0.0, 0.0, 1.0][..], "lies where the model puts it"),
        (Parameter::GeomSize(0), &[0.1, 0.1, 0.1], "corners are those of the model"),
        (Parameter::Inertia(0), &[1.0, 1.0, 3.0, 0.0, 0.0, 0.0], "principal moments"),
        (Parameter::Inertia(0), &[-1.0, 1.0, 1.0, 0.0, 0.0, 0.0], "principal moments"),
    ] {
        let message = worlds.set_parameter(2, parameter, value).expect_err("nothing of the kind").to_string();
        assert!(message.contains(expected), "{message}");
        assert!(matches!(parameter, Parameter::Inertia(_)) || !worlds.parameters().contains(&parameter));
    }
}

#[test]
fn a_world_does_not_feel_what_its_neighbours_are_near_to() {
    // A spike that only the first world stands beside; the others lie turned at its edge, within the margin.
    let spiked = layer(|x, y| if x.hypot(y) < 0.04 { 0.5 } else { 0.3 });
    let model = body(cuboid(), [0.0, 0.0, -GRAVITY], vec![scene_of(Shape::Floor(spiked))]);
    let start = |world: usize| {
        let half = 0.4 * world as f64;
        let beside = if world == 0 { 0.0 } else { 0.09 + 0.013 * world as f64 };
        [beside, 0.02, 0.36, half.cos(), 0.0, 0.0, half.sin()]
    };
    let run = |first: usize| {
        let options = WorldsOptions { num_worlds: 8, timestep: 0.0025, ..WorldsOptions::default() };
        let mut worlds = Worlds::<f32x8>::new(&model, options).expect("the model is sound");
        for world in 0..8 {
            let source = if world == 0 { first } else { world };
            worlds.set_state(world, &start(source), &[0.0; 6]).expect("the world exists");
        }
        steps(&mut worlds, 0.3);
        (1..8)
            .map(|world| [0, 1, 2, 3, 4, 5, 6].map(|i| worlds.position(world, i).to_bits()))
            .collect::<Vec<_>>()
    };
    assert_eq!(run(0), run(5), "the seven others move alike, whoever is the first");
}
