//! The loader against small robots, and against files that ask for too much.

use super::*;

const CART: &str = r#"<robot name="cart">
      <link name="rail"/>
      <link name="cart">
        <inertial><origin xyz="0 0 0.1" rpy="0 0 1.5707963267948966"/><mass value="2"/>
          <inertia ixx="1" ixy="0" ixz="0" iyy="2" iyz="0" izz="3"/></inertial>
        <collision><origin xyz="0 0 0.2"/><geometry><box size="0.4 0.2 0.1"/></geometry></collision>
      </link>
      <link name="pole">
        <inertial><mass value="0.5"/><inertia ixx="0.1" ixy="0" ixz="0" iyy="0.1" iyz="0" izz="0.01"/></inertial>
      </link>
      <joint name="slide" type="prismatic"><parent link="rail"/><child link="cart"/><axis xyz="2 0 0"/>
        <limit lower="-1" upper="1" effort="20" velocity="3"/><dynamics damping="0.3" friction="0.1"/></joint>
      <joint name="hinge" type="continuous"><parent link="cart"/><child link="pole"/>
        <origin xyz="0 0 0.3"/><axis xyz="0 1 0"/></joint>
    </robot>"#;

#[test]
fn links_become_bodies_and_joints_get_motors() {
    let model = from_urdf(CART, &UrdfOptions::default()).unwrap();
    let [cart, pole] = model.bodies.as_slice() else { panic!("{} bodies", model.bodies.len()) };
    let JointDescription::Slide(slide) = &cart.joint else { panic!("{:?}", cart.joint) };
    assert_eq!((slide.axis, slide.range), ([1.0, 0.0, 0.0], Some([-1.0, 1.0])));
    assert_eq!((slide.damping, slide.friction_loss), (0.3, 0.1));
    // The inertial frame is turned a quarter about z.
    assert!((cart.inertia[0] - 2.0).abs() < 1e-12 && (cart.inertia[1] - 1.0).abs() < 1e-12);
    assert_eq!(cart.center_of_mass, [0.0, 0.0, 0.1]);
    assert_eq!(cart.geoms[0].shape, Shape::Box { half_extents: [0.2, 0.1, 0.05] });
    assert_eq!((pole.parent.as_deref(), pole.position), (Some("cart"), [0.0, 0.0, 0.3]));
    assert_eq!((model.actuators[0].effort_limit, model.actuators[0].velocity_limit), (20.0, Some(3.0)));
    assert_eq!(
        (model.actuators[1].effort_limit, model.actuators[1].velocity_limit),
        (UNLIMITED_EFFORT, None)
    );
    let options = UrdfOptions { velocity_limits: false, ..UrdfOptions::default() };
    assert_eq!(from_urdf(CART, &options).unwrap().actuators[0].velocity_limit, None);
}

#[test]
fn the_root_link_may_float() {
    let text = CART.replace("<link name=\"rail\"/>", "").replace(
        "<joint name=\"slide\" type=\"prismatic\"><parent link=\"rail\"/><child link=\"cart\"/><axis xyz=\"2 0 0\"/>\n        <limit lower=\"-1\" upper=\"1\" effort=\"20\" velocity=\"3\"/><dynamics damping=\"0.3\" friction=\"0.1\"/></joint>",
        "",
    );
    let options = UrdfOptions { floating_base: true, ..UrdfOptions::default() };
    let model = from_urdf(&text, &options).unwrap();
    assert_eq!(model.bodies[0].joint, JointDescription::Free);
    assert_eq!(model.actuators.len(), 1);
}

#[test]
fn what_the_engine_has_not_is_named() {
    for (from, to, named) in [
        (
            "<box size=\"0.4 0.2 0.1\"/>",
            "<mesh filename=\"nowhere/cart.stl\"/>",
            "cannot read the mesh file ./nowhere/cart.stl: No such file",
        ),
        ("<box size=\"0.4 0.2 0.1\"/>", "<mesh filename=\"cart.dae\"/>", "neither in .stl nor in .obj"),
        (
            "<box size=\"0.4 0.2 0.1\"/>",
            "<mesh filename=\"package://nowhere/cart.stl\"/>",
            "there is no folder nowhere around",
        ),
        (
            "<box size=\"0.4 0.2 0.1\"/>",
            "<mesh filename=\"http://cart.stl\"/>",
            "only paths, file:// and package://",
        ),
        ("<box size=\"0.4 0.2 0.1\"/>", "<cone radius=\"0.1\" length=\"1\"/>", "<cone> inside <geometry>"),
        ("type=\"continuous\"", "type=\"planar\"", "<joint name=\"hinge\">"),
        ("<axis xyz=\"0 1 0\"/>", "<axis xyz=\"0 1 0\"/><mimic joint=\"slide\"/>", "<joint name=\"hinge\">"),
        ("<axis xyz=\"0 1 0\"/>", "<axis xyz=\"0 0 0\"/>", "axis"),
        ("<mass value=\"2\"/>", "<mass value=\"0\"/>", "<link name=\"cart\">"),
        ("<child link=\"pole\"/>", "<child link=\"pile\"/>", "pile"),
        ("<link name=\"rail\"/>", "<link name=\"rail\"/><link name=\"other\"/>", "two links"),
        (
            "<mass value=\"2\"/>",
            "<mass value=\"one\"/>",
            "<mass> in <link name=\"cart\">: value=\"one\": one finite number must stand there",
        ),
        ("<mass value=\"2\"/>", "<mass value=\"-2\"/>", "not less than 0"),
        ("<mass value=\"2\"/>", "<mass/>", "its attribute value is missing"),
        ("size=\"0.4 0.2 0.1\"", "size=\"0.4 nan 0.1\"", "size=\"0.4 nan 0.1\": 3 finite numbers"),
        ("size=\"0.4 0.2 0.1\"", "size=\"0.4 0.2\"", "3 finite numbers"),
        ("<axis xyz=\"2 0 0\"/>", "<axis xyz=\"2 0 0\" frame=\"rail\"/>", "frame=\"rail\" is not supported"),
        ("damping=\"0.3\"", "dampening=\"0.3\"", "<dynamics> in <joint name=\"slide\">: dampening"),
        ("velocity=\"3\"", "velocity=\"fast\"", "velocity=\"fast\""),
        ("<dynamics damping", "<spring k=\"3\"/><dynamics damping", "<spring> inside <joint>"),
        (
            "<dynamics damping",
            "<safety_controller k_velocity=\"3\"/><dynamics damping",
            "safety controllers are not supported",
        ),
        (
            "<limit lower=\"-1\" upper=\"1\" effort=\"20\" velocity=\"3\"/>",
            "",
            "<joint name=\"slide\">: a prismatic joint needs a <limit>",
        ),
        ("type=\"continuous\"", "type=\"screw\"", "type=\"screw\": allowed is fixed"),
    ] {
        let text = CART.replacen(from, to, 1);
        assert_ne!(text, CART, "{from} is not in the file");
        let message = from_urdf(&text, &UrdfOptions::default()).unwrap_err().to_string();
        assert!(message.contains(named), "{message}");
    }
}

#[test]
fn meshes_are_read_beside_the_file_or_in_its_package() {
    let folder = tempfile::tempdir().unwrap();
    let robot = folder.path().join("carts/urdf");
    std::fs::create_dir_all(&robot).unwrap();
    std::fs::create_dir_all(folder.path().join("carts/meshes")).unwrap();
    let wedge = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n";
    // Without the face that is open, and upright on the rail.
    let open = wedge.rsplit_once("f 2").unwrap().0;
    std::fs::write(folder.path().join("carts/meshes/wedge.obj"), wedge).unwrap();
    std::fs::write(robot.join("open.obj"), open).unwrap();
    let path = robot.join("cart.urdf");
    let rail = r#"<link name="rail"><collision><geometry><mesh filename="open.obj" scale="2 1 1"/></geometry></collision></link>"#;
    for file in ["../meshes/wedge.obj", "package://carts/meshes/wedge.obj"] {
        let mesh = format!("<mesh filename=\"{file}\"/>");
        let text =
            CART.replacen("<link name=\"rail\"/>", rail, 1).replacen("<box size=\"0.4 0.2 0.1\"/>", &mesh, 1);
        std::fs::write(&path, text).unwrap();
        let model = from_urdf_file(&path, &UrdfOptions::default()).unwrap();
        let Shape::ConvexHull { vertices } = &model.bodies[0].geoms[0].shape else {
            panic!("{:?}", model.bodies[0].geoms)
        };
        assert_eq!(vertices.len(), 4);
        let Shape::Mesh(mesh) = &model.scene[0].shape else { panic!("{:?}", model.scene) };
        assert_eq!(mesh.triangles.len(), 3);
        assert!(mesh.vertices.contains(&[2.0, 0.0, 0.0]), "{mesh:?}");
    }
}

#[test]
fn every_refusal_names_the_line() {
    for (from, to, said) in [
        ("<box size=\"0.4 0.2 0.1\"/>", "<mesh filename=\"cart.stl\"/>", "line 3: <link name=\"cart\">: "),
        ("type=\"continuous\"", "type=\"planar\"", "line 13: <joint name=\"hinge\">: "),
        (
            "type=\"prismatic\"",
            "type=\"floating\"",
            "line 11: <joint name=\"slide\">: damping and friction of a floating joint",
        ),
        ("size=\"0.4 0.2 0.1\"", "size=\"0.4 0 0.1\"", "line 6: <collision> in <link name=\"cart\">: "),
        ("iyy=\"2\"", "iyy=\"90\"", "line 3: <link name=\"cart\">: "),
    ] {
        let text = CART.replacen(from, to, 1);
        let message = from_urdf(&text, &UrdfOptions::default()).unwrap_err().to_string();
        assert!(message.starts_with(said), "{from} -> {to}: {message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cart.urdf");
    std::fs::write(&path, CART.replacen("<box size=\"0.4", "<box size=\"four", 1)).unwrap();
    let message = from_urdf_file(&path, &UrdfOptions::default()).unwrap_err().to_string();
    assert!(message.contains("cart.urdf: line 6: <box>"), "{message}");
}

#[test]
fn what_is_only_looked_at_is_passed_over() {
    let looks = r#"<material name="red"><color rgba="1 0 0 1"/></material>
          <transmission name="t"><actuator name="m"/></transmission><gazebo reference="cart"><mu1>3</mu1></gazebo>"#;
    let visual =
        r#"<visual name="v"><geometry><mesh filename="cart.stl"/></geometry><material name="red"/></visual>"#;
    let text = CART
        .replacen("<link name=\"rail\"/>", &format!("{looks}<link name=\"rail\"/>"), 1)
        .replacen("<collision>", &format!("{visual}<collision name=\"hull\">"), 1)
        .replacen("<dynamics", "<calibration rising=\"0.1\"/><dynamics", 1);
    let mut plain = from_urdf(CART, &UrdfOptions::default()).unwrap();
    plain.bodies[0].geoms[0].name = "hull".to_owned();
    assert_eq!(from_urdf(&text, &UrdfOptions::default()).unwrap(), plain);
}
