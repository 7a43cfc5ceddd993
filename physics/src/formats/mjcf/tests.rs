//! The loader against the built-in robots, and against files that ask for too much.

use super::*;
use crate::{
    layout::Layout,
    model::{ActuatorLaw, GeomDescription, JointDescription, Shape},
    robots::{arm, quadruped},
};

/// The model of a text, with default options.
fn model_of(text: &str) -> Result<ModelDescription, FormatError> {
    Ok(from_mjcf(text, &MjcfOptions::default())?.model)
}

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
    assert_same(&model_of(QUADRUPED).unwrap(), &quadruped());
    assert_same(&model_of(ARM).unwrap(), &arm());
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
    let model = model_of(PENDULUM).unwrap();
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
    let model = model_of(PENDULUM).unwrap();
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
    let rod = &model_of(PENDULUM).unwrap().bodies[0];
    let capsule = 100.0 * std::f64::consts::PI * (0.05f64.powi(2) + 4.0 / 3.0 * 0.05f64.powi(3));
    assert_close(&[rod.mass], &[3.0 + capsule], "mass");
    assert_close(&rod.center_of_mass, &[0.0, 0.0, -(3.0 + 0.5 * capsule) / rod.mass], "centre");
}

#[test]
fn motors_and_servos_are_told_apart() {
    let model = model_of(PENDULUM).unwrap();
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
    let pairs = model_of(text).unwrap().colliding_bodies;
    assert_eq!(pairs, [["a", "c"], ["a", "d"], ["c", "d"]].map(|pair| pair.map(str::to_owned)));
}

#[test]
fn what_a_free_joint_has_not_is_refused_and_a_freejoint_takes_no_defaults() {
    let text = |joint: &str| {
        format!(
            "<mujoco><default><joint damping=\"0.1\"/></default><worldbody><body name=\"ball\" pos=\"0 0 1\">{joint}\
             <geom size=\"0.1\"/></body></worldbody></mujoco>"
        )
    };
    model_of(&text("<freejoint/>")).unwrap();
    for (joint, what) in [
        ("<joint type=\"free\"/>", "damping"),
        ("<joint type=\"free\" damping=\"0\" armature=\"0.1\"/>", "armature"),
        ("<joint type=\"free\" damping=\"0\" frictionloss=\"2\"/>", "frictionloss"),
        ("<joint type=\"free\" damping=\"0\" stiffness=\"1\"/>", "stiffness"),
    ] {
        let message = model_of(&text(joint)).unwrap_err().to_string();
        assert!(message.contains(&format!("{what} of a free joint")), "{joint}: {message}");
    }
    model_of(&text("<joint type=\"free\" damping=\"0\"/>")).unwrap();
}

#[test]
fn what_the_engine_has_not_is_named() {
    for (from, to, named) in [
        ("contype=\"0\" conaffinity=\"0\"", "", "<geom name=\"look\">"),
        ("type=\"sphere\" size=\"0.2\"", "name=\"tin\" type=\"sdf\" size=\"0.2 0.1\"", "<geom name=\"tin\">"),
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
        (
            "mass=\"3\"",
            "mass=\"heavy\"",
            "line 11: <geom> in <body name=\"rod\">: mass=\"heavy\": one finite number",
        ),
        (
            "size=\"0.2\"",
            "size=\"nan\"",
            "size=\"nan\": 1 to 3 finite numbers must stand there, not less than 0",
        ),
        (
            "size=\"0.2\"",
            "size=\"0.2\" colour=\"red\"",
            "colour=\"red\" is not supported; it may have name, class",
        ),
        (
            "size=\"0.2\"",
            "size=\"0.2\" solref=\"0.004 1\"",
            "solref=\"0.004 1\": the softness of single contacts",
        ),
        ("<joint damping=\"0.2\"/>", "<joint solimplimit=\"0.99 0.999\"/>", "solimplimit"),
        ("<joint damping=\"0.2\"/>", "<wheel/>", "<wheel> inside <default>"),
        ("damping=\"0.2\"", "damping=\"-1\"", "damping=\"-1\""),
        ("axis=\"0 2 0\"", "axis=\"0 2\"", "axis=\"0 2\": 3 finite numbers"),
        ("euler=\"0 0 90\"", "euler=\"0 0 90\" quat=\"1 0 0 0\"", "quat and euler at once"),
        ("euler=\"0 0 90\"", "quat=\"0 0 0 0\"", "not all zero"),
        ("pos=\"0 0 2\"", "pos=\"0 0 2\" speed=\"3\"", "<body name=\"post\">: speed"),
        ("<compiler angle=\"degree\"/>", "<compiler angle=\"turns\"/>", "allowed is degree, radian"),
        ("<compiler angle=\"degree\"/>", "<compiler eulerseq=\"xyzz\"/>", "eulerseq=\"xyzz\""),
        (
            "<compiler angle=\"degree\"/>",
            "<option integrator=\"RK4\"/>",
            "integrator=\"RK4\": allowed is Euler",
        ),
        ("<compiler angle=\"degree\"/>", "<option cone=\"pyramidal\"/>", "allowed is elliptic"),
        ("<compiler angle=\"degree\"/>", "<option timestep=\"0\"/>", "timestep=\"0\""),
        ("<compiler angle=\"degree\"/>", "<option impratio=\"10\"/>", "impratio"),
        ("<compiler angle=\"degree\"/>", "<option timstep=\"0.01\"/>", "timstep=\"0.01\" is not supported"),
        ("<compiler angle=\"degree\"/>", "<option><flag speed=\"enable\"/></option>", "speed"),
        ("gainprm=\"40\"", "gainprm=\"forty\"", "\"hold\""),
        ("<motor name=\"push\"", "<motor kp=\"3\" name=\"push\"", "kp=\"3\" is not supported"),
        ("type=\"capsule\"", "type=\"cone\"", "allowed is plane"),
        ("<mujoco model", "<mujoco author=\"me\" model", "author"),
    ] {
        let text = PENDULUM.replacen(from, to, 1);
        assert_ne!(text, PENDULUM, "{from} is not in the file");
        let text = if to == "<urdf model" { text.replace("</mujoco>", "</urdf>") } else { text };
        let message = model_of(&text).unwrap_err().to_string();
        assert!(message.contains(named), "{from} -> {to}: {message}");
    }
}

#[test]
fn every_refusal_names_the_line() {
    for (from, to, said) in [
        (
            "type=\"sphere\" size=\"0.2\"",
            "type=\"sphere\" size=\"0\"",
            "line 11: <geom> in <body name=\"rod\">: radius is 0",
        ),
        ("size=\"0.1 0.1 0.2\"", "size=\"0.1 0 0.2\"", "line 7: <geom> in <body name=\"post\">: "),
        ("axis=\"0 2 0\"", "type=\"ball\"", "line 9: <joint name=\"swing\">: ball joints"),
        (
            "name=\"swing\" axis=\"0 2 0\"",
            "type=\"ball\"",
            "line 9: <joint> in <body name=\"rod\">: ball joints",
        ),
        (
            "type=\"sphere\" size=\"0.2\"",
            "type=\"ellipsoid\" size=\"1 1 0\"",
            "line 11: <geom> in <body name=\"rod\">: radius is 0",
        ),
        (
            "name=\"push\" joint=\"swing\"",
            "name=\"push\" joint=\"sway\"",
            "line 17: <motor name=\"push\">: there is no ",
        ),
        ("forcerange=\"-9 9\"", "forcerange=\"-1 9\"", "line 18: <general name=\"hold\">: forcerange"),
        (
            "name=\"hold\"",
            "name=\"push\"",
            "line 18: <general name=\"push\">: two actuators are named 'push'",
        ),
        (
            "condim=\"1\"",
            "condim=\"1\" friction=\"1.5\"",
            "line 11: <geom> in <body name=\"rod\">: condim=\"1\" with friction 1.5 meets a shape of condim 3 with friction 1",
        ),
        (
            "<actuator>",
            "<contact><exclude body1=\"rod\" body2=\"rot\"/></contact><actuator>",
            "line 16: <exclude>: body2=\"rot\": there is no body",
        ),
        (
            "<actuator>",
            "<contact><exclude body1=\"rod\" body2=\"world\"/></contact><actuator>",
            "line 8: <body name=\"rod\">: its masks or an <exclude> keep it apart",
        ),
    ] {
        let text = PENDULUM.replacen(from, to, 1);
        assert_ne!(text, PENDULUM, "{from} is not in the file");
        let message = model_of(&text).unwrap_err().to_string();
        assert!(message.starts_with(said), "{from} -> {to}: {message}");
    }
}

#[test]
fn shapes_without_friction_meet_rough_ones_that_decide() {
    // Among themselves, and with a floor that has at least their friction, MuJoCo's answer is the engine's.
    let text = PENDULUM.replacen("condim=\"1\"", "condim=\"1\" friction=\"0.3\"", 1);
    assert_eq!(model_of(&text).unwrap().bodies[0].geoms[1].friction, 0.0);
}

#[test]
fn a_mesh_of_few_corners_is_a_convex_hull() {
    let text = |mesh: &str| {
        format!(
            r#"<mujoco><asset><mesh name="wedge" {mesh}/></asset><worldbody><geom type="plane" size="0 0 1"/>
            <body name="wedge" pos="0 0 1"><freejoint/><inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/>
            <geom type="mesh" mesh="wedge" pos="0 0 0.1" friction="0.4"/></body></worldbody></mujoco>"#
        )
    };
    let corners = "vertex=\"0 0 0 1 0 0 0 1 0 0 0 1\"";
    let model = model_of(&text(&format!("{corners} scale=\"2 1 1\" refpos=\"0 0 0.5\""))).unwrap();
    let [hull] = model.bodies[0].geoms.as_slice() else { panic!("{:?}", model.bodies[0].geoms) };
    let expected = [[0.0, 0.0, -0.5], [2.0, 0.0, -0.5], [0.0, 1.0, -0.5], [0.0, 0.0, 0.5]];
    assert_eq!(hull.shape, Shape::ConvexHull { vertices: expected.to_vec() });
    assert_eq!((hull.position, hull.friction), ([0.0, 0.0, 0.1], 0.4));
    let many: Vec<String> = (0..65).map(|i| format!("{i} {} 0", i * i)).collect();
    let ring = |i: i32| f64::from(i).sin_cos();
    let round: Vec<String> = (0..65).map(|i| format!("{} {} {}", ring(i).0, ring(i).1, i % 2)).collect();
    for (mesh, said) in [
        (
            "file=\"wedge.stl\"".to_owned(),
            "line 3: <geom> in <body name=\"wedge\">: the mesh wedge: cannot read the mesh file ./wedge.stl",
        ),
        (format!("file=\"wedge.stl\" {corners}"), "has file and vertex"),
        ("scale=\"1 1 1\"".to_owned(), "has neither file nor vertex"),
        (format!("{corners} face=\"0 1 red\""), "<mesh name=\"wedge\">: face=\"0 1 red\""),
        (
            format!("maxhullvert=\"12\" vertex=\"{}\"", round.join(" ")),
            "a convex hull of 65 corners; maxhullvert below that is not supported",
        ),
        ("vertex=\"0 0 0 1 0 0 0 1 0 0 0\"".to_owned(), "has 11 numbers in vertex"),
        (format!("vertex=\"{}\"", many.join(" ")), "its corners span no volume"),
        (
            "vertex=\"0 0 0 1 0 0 0 1 0 0 0 one\"".to_owned(),
            "line 1: <mesh name=\"wedge\">: vertex=\"0 0 0 1",
        ),
        ("vertex=\"0 0 0 1 0 0 0 1 0 1 1 0\"".to_owned(), "line 3: <geom> in <body name=\"wedge\">: "),
    ] {
        let message = model_of(&text(&mesh)).unwrap_err().to_string();
        assert!(message.contains(said), "{mesh}: {message}");
    }
}

#[test]
fn round_shapes_and_large_meshes_are_for_the_rapier_backend() {
    let ring = |i: i32| (0.1 * f64::from(i)).sin_cos();
    let drum: Vec<String> = (0..126).map(|i| format!("{} {} {}", ring(i).0, ring(i).1, i % 2)).collect();
    for (geom, shape, moments, said) in [
        (
            "type=\"cylinder\" size=\"0.3 0.2\"".to_owned(),
            Some(Shape::Cylinder { radius: 0.3, half_length: 0.2 }),
            [0.25 * 0.09 + 0.04 / 3.0, 0.5 * 0.09],
            "is a cylinder",
        ),
        (
            "type=\"cylinder\" size=\"0.3\" fromto=\"0 0 -0.2 0 0 0.2\"".to_owned(),
            Some(Shape::Cylinder { radius: 0.3, half_length: 0.2 }),
            [0.25 * 0.09 + 0.04 / 3.0, 0.5 * 0.09],
            "is a cylinder",
        ),
        (
            "type=\"ellipsoid\" size=\"0.3 0.3 0.2\"".to_owned(),
            Some(Shape::Ellipsoid { radii: [0.3, 0.3, 0.2] }),
            [0.2 * 0.13, 0.2 * 0.18],
            "is an ellipsoid",
        ),
        (
            "type=\"mesh\" mesh=\"drum\"".to_owned(),
            None,
            [0.25 + 0.25 / 3.0, 0.5],
            "is a convex hull of 126 vertices, more than 64",
        ),
    ] {
        let text = format!(
            r#"<mujoco><asset><mesh name="drum" vertex="{}"/></asset><worldbody><body name="tin"><freejoint/>
            <geom name="round" {geom} mass="2"/></body></worldbody></mujoco>"#,
            drum.join(" ")
        );
        let model = model_of(&text).unwrap();
        let body = &model.bodies[0];
        if let Some(shape) = shape {
            assert_eq!(body.geoms[0].shape, shape);
        }
        for (got, wanted) in [(body.inertia[0], moments[0]), (body.inertia[2], moments[1])] {
            assert!((got - 2.0 * wanted).abs() < 0.01 * wanted, "{geom}: {:?}", body.inertia);
        }
        let error = Layout::new(&model).unwrap_err().to_string();
        assert!(error.contains(&format!("geom 'round' of body 'tin' {said}")), "{error}");
        assert!(error.contains("--engine rapier") && error.contains("feature `rapier`"), "{error}");
        assert_eq!(Layout::check(&model), Ok(()));
    }
}

#[test]
fn meshes_are_read_from_the_folder_that_the_compiler_names() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    // A box of half edges 1 with a dent down to its middle in the face x = 1.
    let dented = "v -1 -1 -1\nv 1 -1 -1\nv -1 1 -1\nv 1 1 -1\nv -1 -1 1\nv 1 -1 1\nv -1 1 1\nv 1 1 1\nv 0 0 0\n\
                  f 1 3 4 2\nf 5 6 8 7\nf 1 2 6 5\nf 3 7 8 4\nf 1 5 7 3\nf 2 4 9\nf 4 8 9\nf 8 6 9\nf 6 2 9\n";
    std::fs::write(folder.path().join("parts/dented.obj"), dented).unwrap();
    let path = folder.path().join("box.xml");
    let load = |mesh: &str| {
        let text = format!(
            r#"<mujoco><compiler meshdir="parts"/><asset><mesh file="dented.obj" {mesh}/></asset><worldbody>
            <body name="box"><freejoint/><geom type="mesh" mesh="dented" density="10"/></body></worldbody></mujoco>"#
        );
        std::fs::write(&path, text).unwrap();
        from_mjcf_file(&path, &MjcfOptions::default()).map(|file| file.model.bodies[0].clone())
    };
    // The dent is a pyramid of a sixth of the box.
    for (mesh, mass) in
        [("", 80.0), ("inertia=\"convex\"", 80.0), ("inertia=\"exact\" scale=\"-2 1 1\"", 800.0 / 6.0)]
    {
        let body = load(mesh).unwrap();
        assert!((body.mass - mass).abs() < 1e-9, "{mesh}: {} kg", body.mass);
        assert!(matches!(&body.geoms[0].shape, Shape::ConvexHull { vertices } if vertices.len() == 9));
    }
    let message = load("inertia=\"shell\"").unwrap_err().to_string();
    assert!(message.contains("box.xml: line 2: <geom> in <body name=\"box\">"), "{message}");
    assert!(message.contains("convex and exact are supported"), "{message}");
    std::fs::write(folder.path().join("parts/dented.obj"), dented.replace("f 6 2 9\n", "")).unwrap();
    assert!(load("inertia=\"exact\"").unwrap_err().to_string().contains("enclose nothing"));
    std::fs::remove_file(folder.path().join("parts/dented.obj")).unwrap();
    let message = load("").unwrap_err().to_string();
    assert!(
        message.contains("cannot read the mesh file") && message.contains("parts/dented.obj"),
        "{message}"
    );
}

#[test]
fn includes_are_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let main = folder.path().join("main.xml");
    let text = r#"<mujoco><include file="part.xml"/><worldbody><geom type="plane"/></worldbody></mujoco>"#;
    std::fs::write(&main, text).unwrap();
    let message = from_mjcf_file(&main, &MjcfOptions::default()).unwrap_err().to_string();
    assert!(message.contains("part.xml"), "{message}");
    let part = |inside: &str| format!("<mujoco><worldbody>{inside}</worldbody></mujoco>");
    let ball = "<body name=\"ball\"><freejoint/><geom size=\"0.1\"/></body>";
    std::fs::write(folder.path().join("part.xml"), part(ball)).unwrap();
    assert_eq!(from_mjcf_file(&main, &MjcfOptions::default()).unwrap().model.bodies[0].name, "ball");
    std::fs::write(folder.path().join("part.xml"), part("<replicate count=\"3\"/>")).unwrap();
    assert!(from_mjcf_file(&main, &MjcfOptions::default()).unwrap_err().to_string().contains("replicate"));
    // What the file says by itself, and what only the conversion or the engine refuses.
    for (inside, said) in [
        ("<geom\n size=\"red\"/>", "part.xml: line 1: <geom>: size=\"red\""),
        ("\n<geom type=\"sdf\" size=\"1 1 1\"/>", "part.xml: line 2: <geom>: signed distance"),
        ("\n\n<geom type=\"sphere\" size=\"0\"/>", "part.xml: line 3: <geom>: radius is 0"),
    ] {
        std::fs::write(folder.path().join("part.xml"), part(inside)).unwrap();
        let message = from_mjcf_file(&main, &MjcfOptions::default()).unwrap_err().to_string();
        assert!(message.contains("main.xml: ") && message.contains(said), "{inside}: {message}");
    }
}

#[test]
fn bodies_deeper_than_parsers_go_are_refused() {
    let depth = 20_000;
    let text = format!(
        "<mujoco><worldbody>{}{}</worldbody></mujoco>",
        "<body>".repeat(depth),
        "</body>".repeat(depth)
    );
    let message = model_of(&text).unwrap_err().to_string();
    assert!(message.contains("nested deeper than 200"), "{message}");
}

#[test]
fn softness_and_the_work_of_a_solver_may_be_let_go() {
    let option = "<option timestep=\"0.004\" solver=\"CG\" iterations=\"5\" impratio=\"10\" integrator=\"implicitfast\"/>";
    let text = PENDULUM.replacen("<compiler", &format!("{option}<compiler"), 1).replacen(
        "size=\"0.2\"",
        "size=\"0.2\" solref=\"0.004 1\" solimp=\"0.99 0.99 0.01\" margin=\"0.002\"",
        1,
    );
    let message = model_of(&text).unwrap_err().to_string();
    assert!(message.contains("impratio") && message.contains("ignore_softness"), "{message}");
    let file = from_mjcf(&text, &MjcfOptions { ignore_softness: true }).unwrap();
    assert_eq!((file.timestep, file.model), (0.004, model_of(PENDULUM).unwrap()));
    assert_eq!(from_mjcf(PENDULUM, &MjcfOptions::default()).unwrap().timestep, 0.002);
}

#[test]
fn softness_that_is_the_default_is_no_wish() {
    let text = PENDULUM.replacen(
        "size=\"0.2\"",
        "size=\"0.2\" solref=\"0.02 1\" solimp=\"0.9 0.95 0.001\" margin=\"0\"",
        1,
    );
    assert_eq!(model_of(&text).unwrap(), model_of(PENDULUM).unwrap());
}

#[test]
fn what_is_only_looked_at_is_passed_over() {
    let looks = r#"<visual><global fovy="3"/></visual><asset><texture name="t" builtin="flat"/></asset>
      <sensor><gyro name="g" site="s"/></sensor><keyframe><key qpos="1"/></keyframe><statistic extent="2"/>"#;
    let text = PENDULUM
        .replacen("<worldbody>", &format!("{looks}<worldbody><light pos=\"0 0 3\"/><camera name=\"c\"/>"), 1)
        .replacen("<body name=\"rod\"", "<site name=\"s\"/><body name=\"rod\"", 1)
        .replacen("size=\"0.2\"", "size=\"0.2\" rgba=\"1 0 0 1\" material=\"m\" group=\"2\"", 1);
    assert_eq!(model_of(&text).unwrap(), model_of(PENDULUM).unwrap());
}
