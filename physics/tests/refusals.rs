//! What a batch of worlds refuses, by name and with what is allowed: options, and parameters of single worlds that would do
//! nothing or harm.

use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::model::{ActuatorLaw, GeomDescription, Shape};
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
