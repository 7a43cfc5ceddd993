//! The loader against the built-in robots, and against files that ask for too much.

use super::*;
use crate::{
    model::{ActuatorLaw, GeomDescription, JointDescription, Shape},
    robots::{arm, quadruped},
};

const QUADRUPED: &str = include_str!("../../../tests/data/quadruped.mjcf.xml");
const ARM: &str = include_str!("../../../tests/data/arm.mjcf.xml");

fn assert_close(got: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (a, b) in got.iter().zip(wanted) {
        assert!((a - b).abs() < 1e-14, "{what}: {got:?} instead of {wanted:?}");
    }
}

/// The numbers that place and size a shape; a capsule may be turned end over end.
fn figures(geom: &GeomDescription) -> Vec<f64> {
    let mut figures = geom.position.to_vec();
    figures.push(geom.friction);
    match &geom.shape {
        Shape::Sphere { radius } => figures.push(*radius),
        Shape::Box { half_extents } => figures.extend(half_extents),
        Shape::Capsule { radius, half_length } => {
            let [w, x, y, z] = geom.orientation;
            let axis = [2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)];
            figures.extend([*radius, *half_length].into_iter().chain(axis.map(f64::abs)));
        }
        other => panic!("{other:?}"),
    }
    figures
}

fn assert_same(file: &ModelDescription, own: &ModelDescription) {
    assert_eq!(file.bodies.len(), own.bodies.len());
    assert_eq!(file.gravity, own.gravity);
    assert_eq!(file.colliding_bodies, own.colliding_bodies);
    for (a, b) in file.bodies.iter().zip(&own.bodies) {
        assert_eq!((&a.name, &a.parent), (&b.name, &b.parent));
        assert_close(&a.position, &b.position, &a.name);
        assert_close(&a.orientation, &b.orientation, &a.name);
        assert_close(&a.center_of_mass, &b.center_of_mass, &a.name);
        assert_close(&a.inertia, &b.inertia, &a.name);
        assert_close(&[a.mass], &[b.mass], &a.name);
        assert_eq!(a.joint, b.joint);
        assert_eq!(a.geoms.len(), b.geoms.len(), "{}", a.name);
        for (c, d) in a.geoms.iter().zip(&b.geoms) {
            assert_close(&figures(c), &figures(d), &format!("{} {}", a.name, d.name));
        }
    }
    let driven = |model: &ModelDescription| -> Vec<String> {
        model.actuators.iter().map(|actuator| actuator.joint.clone()).collect()
    };
    assert_eq!(driven(file), driven(own));
}

#[test]
fn the_robots_as_mjcf_are_the_built_in_ones() {
    assert_same(&from_mjcf(QUADRUPED).unwrap(), &quadruped());
    assert_same(&from_mjcf(ARM).unwrap(), &arm());
}

const PENDULUM: &str = r#"<mujoco model="pendulum">
  <compiler angle="degree"/>
  <default><joint damping="0.2"/><default class="light"><geom density="100"/></default></default>
  <worldbody>
    <geom type="plane" size="0 0 1"/>
    <body name="post" pos="0 0 2" euler="0 0 90">
      <geom type="box" size="0.1 0.1 0.2"/>
      <body name="rod" pos="0.5 0 0">
        <joint name="swing" axis="0 2 0" range="-90 45"/>
        <geom class="light" type="capsule" fromto="0 0 0 0 0 -1" size="0.05"/>
        <geom type="sphere" size="0.2" mass="3" pos="0 0 -1" condim="1" contype="1"/>
        <geom name="look" type="mesh" mesh="nothing" contype="0" conaffinity="0" mass="0"/>
      </body>
    </body>
  </worldbody>
  <actuator>
    <motor name="push" joint="swing" ctrlrange="-2 2"/>
    <general name="hold" joint="swing" gainprm="40" biastype="affine" biasprm="0 -40 -1.5" forcerange="-9 9"/>
  </actuator>
</mujoco>"#;

#[test]
fn fixed_bodies_join_the_scene_and_carry_their_children() {
    let model = from_mjcf(PENDULUM).unwrap();
    assert_eq!(model.scene.len(), 2);
    assert_eq!(model.scene[1].position, [0.0, 0.0, 2.0]);
    let [rod] = model.bodies.as_slice() else { panic!("{} bodies", model.bodies.len()) };
    assert_eq!(rod.parent, None);
    // Half a metre along the turned x axis of the post.
    assert_close(&rod.position, &[0.0, 0.5, 2.0], "rod");
    assert_eq!(rod.geoms.len(), 2, "the mesh is only looked at");
    assert_eq!(rod.geoms[1].friction, 0.0, "a contact of one dimension has no friction");
}

#[test]
fn defaults_degrees_and_axes_are_resolved() {
    let model = from_mjcf(PENDULUM).unwrap();
    let JointDescription::Hinge(swing) = &model.bodies[0].joint else { panic!() };
    assert_eq!((swing.axis, swing.damping), ([0.0, 1.0, 0.0], 0.2));
    assert_close(
        &swing.range.unwrap(),
        &[-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_4],
        "range",
    );
}

#[test]
fn masses_come_from_shapes_where_the_file_gives_none() {
    let rod = &from_mjcf(PENDULUM).unwrap().bodies[0];
    let capsule = 100.0 * std::f64::consts::PI * (0.05f64.powi(2) + 4.0 / 3.0 * 0.05f64.powi(3));
    assert_close(&[rod.mass], &[3.0 + capsule], "mass");
    assert_close(&rod.center_of_mass, &[0.0, 0.0, -(3.0 + 0.5 * capsule) / rod.mass], "centre");
}

#[test]
fn motors_and_servos_are_told_apart() {
    let model = from_mjcf(PENDULUM).unwrap();
    assert_eq!((model.actuators[0].law, model.actuators[0].effort_limit), (ActuatorLaw::Effort, 2.0));
    let servo = ActuatorLaw::Position { kp: 40.0, kd: 1.5 };
    assert_eq!((model.actuators[1].law, model.actuators[1].effort_limit), (servo, 9.0));
}

#[test]
fn bodies_that_may_touch_are_listed_in_pairs() {
    let text = r#"<mujoco><worldbody>
      <body name="a"><freejoint/><geom size="0.1"/>
        <body name="b"><joint/><geom size="0.1"/><body name="c"><joint/><geom size="0.1"/></body></body></body>
      <body name="d"><freejoint/><geom size="0.1"/></body>
    </worldbody><contact><exclude body1="d" body2="b"/></contact></mujoco>"#;
    let pairs = from_mjcf(text).unwrap().colliding_bodies;
    assert_eq!(pairs, [["a", "c"], ["a", "d"], ["c", "d"]].map(|pair| pair.map(str::to_owned)));
}

#[test]
fn what_the_engine_has_not_is_named() {
    for (from, to, named) in [
        ("contype=\"0\" conaffinity=\"0\"", "", "<geom name=\"look\">"),
        (
            "type=\"sphere\" size=\"0.2\"",
            "name=\"tin\" type=\"cylinder\" size=\"0.2 0.1\"",
            "<geom name=\"tin\">",
        ),
        ("condim=\"1\"", "name=\"soft\" condim=\"6\"", "<geom name=\"soft\">"),
        ("axis=\"0 2 0\"", "stiffness=\"3\"", "<joint name=\"swing\">"),
        ("axis=\"0 2 0\"", "type=\"ball\"", "<joint name=\"swing\">"),
        ("axis=\"0 2 0\"", "pos=\"0 0 1\"", "<joint name=\"swing\">"),
        ("axis=\"0 2 0\"", "actuatorfrcrange=\"-1 1\"", "line 9: <joint name=\"swing\">"),
        ("<actuator>", "<actuator><velocity name=\"spin\" joint=\"swing\"/>", "\"spin\""),
        ("<actuator>", "<tendon><spatial name=\"rope\"/></tendon><actuator>", "<spatial name=\"rope\">"),
        (
            "<actuator>",
            "<equality><weld name=\"glue\" body1=\"rod\"/></equality><actuator>",
            "<weld name=\"glue\">",
        ),
        ("<actuator>", "<deformable/><actuator>", "<deformable>"),
        ("<body name=\"rod\"", "<body name=\"rod\" gravcomp=\"1\"", "<body name=\"rod\">"),
        ("<compiler angle=\"degree\"/>", "<compiler settotalmass=\"3\"/>", "settotalmass"),
        ("<compiler angle=\"degree\"/>", "<option viscosity=\"0.1\"/>", "viscosity"),
        ("<compiler angle=\"degree\"/>", "<option><flag gravity=\"disable\"/></option>", "gravity"),
        ("forcerange=\"-9 9\"", "forcerange=\"-1 9\"", "\"hold\""),
        ("biasprm=\"0 -40 -1.5\"", "biasprm=\"0 -30 -1.5\"", "\"hold\""),
        ("contype=\"1\"", "contype=\"2\" conaffinity=\"2\"", "<body name=\"rod\">"),
        ("<mujoco model", "<urdf model", "urdf"),
        ("</mujoco>", "", "MJCF"),
    ] {
        let text = PENDULUM.replacen(from, to, 1);
        assert_ne!(text, PENDULUM, "{from} is not in the file");
        let text = if from == "<mujoco model" { text.replace("</mujoco>", "</urdf>") } else { text };
        let message = from_mjcf(&text).unwrap_err().to_string();
        assert!(message.contains(named), "{from} -> {to}: {message}");
    }
}

#[test]
fn includes_are_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main.xml");
    let text = r#"<mujoco><include file="part.xml"/><worldbody><geom type="plane"/></worldbody></mujoco>"#;
    std::fs::write(&main, text).unwrap();
    let message = from_mjcf_file(&main).unwrap_err().to_string();
    assert!(message.contains("part.xml"), "{message}");
    let part = |inside: &str| format!("<mujoco><worldbody>{inside}</worldbody></mujoco>");
    let ball = "<body name=\"ball\"><freejoint/><geom size=\"0.1\"/></body>";
    std::fs::write(folder.path().join("part.xml"), part(ball)).unwrap();
    assert_eq!(from_mjcf_file(&main).unwrap().bodies[0].name, "ball");
    std::fs::write(folder.path().join("part.xml"), part("<replicate count=\"3\"/>")).unwrap();
    assert!(from_mjcf_file(&main).unwrap_err().to_string().contains("replicate"));
}

#[test]
fn bodies_deeper_than_parsers_go_are_refused() {
    let depth = 20_000;
    let text = format!(
        "<mujoco><worldbody>{}{}</worldbody></mujoco>",
        "<body>".repeat(depth),
        "</body>".repeat(depth)
    );
    let message = from_mjcf(&text).unwrap_err().to_string();
    assert!(message.contains("nested deeper than 200"), "{message}");
}
