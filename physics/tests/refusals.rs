//! What a batch of worlds refuses, by name and with what is allowed: options, and parameters of single worlds that would do
//! nothing or harm.

use pentathlon_engine::wgpu_available;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::device::DeviceWorlds;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::{
    ActuatorLaw, GeomDescription, HeightLayer, ModelDescription, Shape, TriangleMesh,
};
use pentathlon_physics::native::{Parameter, Worlds, WorldsOptions};
use pentathlon_physics::robots::{level_floor, quadruped};
use wide::f32x8;

#[test]
fn options_out_of_range_are_refused() {
    let contact = ContactOptions::default();
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    let base = WorldsOptions::default();
    for (options, named) in [
        (WorldsOptions { timestep: 1e-300, ..base.clone() }, "timestep"),
        (WorldsOptions { contact: ContactOptions { sweeps: 0, ..contact }, ..base.clone() }, "sweeps"),
        (WorldsOptions { contact: ContactOptions { margin: 0.02, ..contact }, ..base.clone() }, "margin"),
        (
            WorldsOptions {
                contact: ContactOptions { frequency: Some(f64::NAN), ..contact },
                ..base.clone()
            },
            "frequency",
        ),
        (
            WorldsOptions { contact: ContactOptions { recovery_speed: f64::NAN, ..contact }, ..base },
            "recovery_speed",
        ),
    ] {
        let error = Worlds::<f32x8>::new(&model, options).expect_err("out of range").to_string();
        assert!(error.contains(named) && error.contains("allowed"), "{error}");
    }
}

#[test]
fn parameters_that_would_do_nothing_or_harm_are_refused_and_change_nothing() {
    let mut model = quadruped();
    model.actuators[0].law = ActuatorLaw::Effort;
    model.scene.push(level_floor(0.8));
    model.scene.push(GeomDescription::new(Shape::Sphere { radius: 0.1 }).named("ball").at([2.0, 0.0, 0.0]));
    let mut worlds = Worlds::<f32x8>::new(&model, WorldsOptions::default()).expect("the robot is sound");
    let own: usize = model.bodies.iter().map(|body| body.geoms.len()).sum();
    let (floor, ball) = (own, own + 1);
    let before = worlds.snapshot();
    for (parameter, value, said) in [
        (Parameter::FrictionLoss(7), vec![0.2], "no dry friction"),
        (Parameter::Restitution(ball), vec![0.5], "restitution"),
        (Parameter::GeomSize(floor), vec![1.0, 1.0, 1.0], "planes have none"),
        (Parameter::Stiffness(0), vec![20.0], "no position servo"),
        (Parameter::Mass(0), vec![1e300], "1e-9 to 1e9"),
        (Parameter::Mass(0), vec![1e-60], "1e-9 to 1e9"),
        (Parameter::Inertia(0), vec![1e-40, 1e-40, 1e-40, 0.0, 0.0, 0.0], "1e-12"),
        (Parameter::GeomSize(ball), vec![0.0, 0.0, 0.0], "a radius and two zeros"),
        (Parameter::GeomSize(ball), vec![0.2, 0.1, 0.0], "a radius and two zeros"),
        (Parameter::Gravity, vec![0.0, f64::NAN, 0.0], "1e9 either way"),
    ] {
        let listed = worlds.parameters().contains(&parameter);
        let error = worlds.set_parameter(0, parameter, &value).expect_err("it is refused").to_string();
        assert!(error.contains(said), "{error}");
        let is_none_at_all = said.starts_with("no ") || ["restitution", "planes have none"].contains(&said);
        assert_eq!(listed, !is_none_at_all, "{parameter:?} in the list of parameters");
    }
    assert_eq!(worlds.snapshot(), before);
    worlds.set_parameter(0, Parameter::GeomSize(ball), &[0.2, 0.0, 0.0]).expect("a larger ball");
}

#[test]
fn bodies_too_light_for_single_precision_are_refused() {
    for (mass, moment, named) in [(1e-30, 1e-6, "mass"), (1.0, 1e-20, "moment of inertia")] {
        let mut model = quadruped();
        model.bodies[0].mass = mass;
        model.bodies[0].inertia = [moment, moment, moment, 0.0, 0.0, 0.0];
        let error =
            Worlds::<f32x8>::new(&model, WorldsOptions::default()).expect_err("too light").to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn shapes_of_the_rapier_backend_are_refused_with_the_advice_to_take_it() {
    let on_trunk = |shape: Shape| {
        let mut model = quadruped();
        model.bodies[0].geoms.push(GeomDescription::new(shape).named("part"));
        model
    };
    let in_scene = |shape: Shape| {
        let mut model = quadruped();
        model.scene.push(GeomDescription::new(shape).named("part"));
        model
    };
    let mesh = TriangleMesh {
        vertices: vec![[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        triangles: vec![[0, 1, 2]],
    };
    let round = |corners: usize| {
        let corner = |i: usize| {
            let (sine, cosine) = (i as f64).sin_cos();
            [0.1 * cosine, 0.1 * sine, 0.1 * (i % 2) as f64]
        };
        Shape::ConvexHull { vertices: (0..corners).map(corner).collect() }
    };
    let cylinder = Shape::Cylinder { radius: 0.1, half_length: 0.2 };
    let cases: [(ModelDescription, &str); 5] = [
        (on_trunk(cylinder.clone()), "geom 'part' of body 'trunk' is a cylinder"),
        (in_scene(cylinder), "geom 'part' of the scene is a cylinder"),
        (on_trunk(Shape::Ellipsoid { radii: [0.1, 0.2, 0.3] }), "is an ellipsoid"),
        (in_scene(Shape::Mesh(mesh)), "geom 'part' of the scene is a mesh of 1 triangles"),
        (on_trunk(round(65)), "is a convex hull of 65 vertices, more than 64"),
    ];
    for (model, said) in cases {
        let native = Worlds::<f32x8>::new(&model, WorldsOptions::default()).expect_err("beyond it");
        let device = wgpu_available()
            .then(|| DeviceWorlds::new(&model, WorldsOptions::default()).expect_err("beyond it").to_string());
        for message in [Some(native.to_string()), device].into_iter().flatten() {
            assert!(message.contains(said), "{message}");
            assert!(message.contains("--engine rapier") && message.contains("feature `rapier`"), "{message}");
        }
    }
    Worlds::<f32x8>::new(&on_trunk(round(64)), WorldsOptions::default()).expect("as many as it takes");
}

#[test]
fn a_layer_with_more_points_than_can_be_counted_is_refused() {
    let layer = HeightLayer { cell: 0.5, points: [1 << 40, 1 << 40], heights: Vec::new() };
    let mut model = quadruped();
    model.scene.push(GeomDescription::new(Shape::Floor(layer)).named("ground".to_owned()));
    let message = Layout::new(&model).expect_err("so many heights are not there").to_string();
    assert!(message.contains("ground") && message.contains("product of the points"), "{message}");
}
