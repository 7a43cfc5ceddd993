use super::{Layout, LayoutError};
use crate::model::{
    AxisJoint, BodyDescription, FrictionCombination, GeomDescription, HeightLayer, JointDescription,
    ModelDescription, Shape,
};

fn body(name: &str, parent: Option<&str>, joint: JointDescription) -> BodyDescription {
    BodyDescription {
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        position: [0.0, 0.0, -0.5],
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint,
        mass: 1.0,
        center_of_mass: [0.0; 3],
        inertia: [0.1, 0.1, 0.1, 0.0, 0.0, 0.0],
        geoms: vec![ball()],
    }
}

fn ball() -> GeomDescription {
    GeomDescription {
        name: "ball".to_owned(),
        shape: Shape::Sphere { radius: 0.1 },
        position: [0.0; 3],
        orientation: [1.0, 0.0, 0.0, 0.0],
        friction: 1.0,
        restitution: 0.0,
    }
}

fn hinge(name: &str) -> JointDescription {
    JointDescription::Hinge(AxisJoint {
        name: name.to_owned(),
        axis: [0.0, 1.0, 0.0],
        range: None,
        armature: 0.0,
        damping: 0.0,
        friction_loss: 0.0,
    })
}

fn model() -> ModelDescription {
    ModelDescription {
        name: "two trees".to_owned(),
        gravity: [0.0, 0.0, -9.81],
        bodies: vec![
            body("base", None, JointDescription::Fixed),
            body("arm", Some("base"), hinge("shoulder")),
            body("tool", Some("arm"), JointDescription::Fixed),
            body("finger", Some("tool"), hinge("knuckle")),
            body("object", None, JointDescription::Free),
        ],
        actuators: Vec::new(),
        scene: Vec::new(),
        colliding_bodies: vec![["tool".to_owned(), "object".to_owned()]],
        friction_combination: FrictionCombination::Maximum,
    }
}

#[test]
fn fixed_bodies_become_part_of_what_carries_them() {
    let layout = Layout::new(&model()).unwrap();
    assert_eq!(layout.body_names, ["arm", "finger", "object"]);
    assert_eq!((layout.tree.bodies, layout.tree.dofs, layout.tree.coordinates), (3, 8, 9));
    assert_eq!(layout.tree.parent[1], 0);
    assert_eq!(layout.tree.dof_parent[1], 0);
    assert_eq!(layout.tree.chain[..6], [0, 0, 1, 2, 2, 3]);
    assert_eq!(layout.tree.chain_depth[..4], [0, 1, 0, 1]);
    assert_eq!(layout.tree.lone[..3], [0, 0, 1]);
    // The arm hangs half a metre below the base, the finger half a metre below the tool's own frame.
    assert_eq!(layout.parameters.offset[0].z, -1.0);
    assert_eq!(layout.parameters.offset[1].z, -1.0);
    assert_eq!(layout.parameters.mass[0], 2.0);
    assert_eq!(layout.parameters.center[0].z, -0.25);
    assert!((layout.parameters.inertia[0].xx - (0.2 + 2.0 * 0.25 * 0.25)).abs() < 1e-15);
    assert_eq!(layout.colliding_bodies, [[0, 2]]);
    let bodies: Vec<_> = layout.geoms.iter().map(|geom| geom.body).collect();
    assert_eq!(bodies, [Some(0), Some(0), Some(1), Some(2), None]);
}

fn refused(change: impl FnOnce(&mut ModelDescription)) -> String {
    let mut description = model();
    change(&mut description);
    Layout::new(&description).expect_err("the description is wrong").to_string()
}

#[test]
fn an_error_names_the_element() {
    let cases = [
        (refused(|m| m.bodies[3].parent = Some("object".to_owned())), "finger"),
        (refused(|m| m.bodies[1].name = "tool".to_owned()), "tool"),
        (refused(|m| m.bodies[4].mass = 0.0), "object"),
        (refused(|m| m.bodies[4].mass = f64::NAN), "object"),
        (refused(|m| m.bodies[4].inertia = [-0.1, 0.1, 0.1, 0.0, 0.0, 0.0]), "object"),
        (refused(|m| m.bodies[4].inertia = [0.1, 0.1, 0.3, 0.0, 0.0, 0.0]), "object"),
        (refused(|m| m.bodies[4].inertia = [0.1, 0.1, 0.1, 0.2, 0.0, 0.0]), "object"),
        (refused(|m| m.bodies[4].parent = Some("arm".to_owned())), "object"),
        (refused(|m| m.bodies[4].orientation = [0.0; 4]), "object"),
        (refused(|m| m.bodies[4].geoms[0].shape = Shape::Sphere { radius: 0.0 }), "ball"),
        (refused(|m| m.bodies[4].geoms[0].shape = Shape::Plane), "ball"),
        (refused(|m| m.bodies[4].geoms[0].shape = Shape::ConvexHull { vertices: vec![[0.0; 3]; 4] }), "ball"),
        (refused(|m| m.bodies[4].geoms[0].friction = -1.0), "ball"),
        (refused(|m| m.colliding_bodies[0][0] = "nobody".to_owned()), "nobody"),
        (refused(|m| m.colliding_bodies[0][0] = "base".to_owned()), "base"),
        (
            refused(|m| {
                let mut layer = ball();
                layer.shape = Shape::Floor(HeightLayer { points: [3, 3], cell: 0.1, heights: vec![0.0; 8] });
                m.scene.push(layer);
            }),
            "ball",
        ),
    ];
    for (message, name) in cases {
        assert!(message.contains(name), "'{message}' does not name '{name}'");
    }
}

#[test]
fn too_many_bodies_are_refused() {
    let mut description = model();
    description.bodies =
        (0..40).map(|index| body(&format!("link {index}"), None, hinge(&format!("joint {index}")))).collect();
    description.colliding_bodies.clear();
    assert!(matches!(
        Layout::new(&description),
        Err(LayoutError::TooMany { kind: "movable bodies", count: 33, limit: 32 })
    ));
}
