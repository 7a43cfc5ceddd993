//! Scenes beyond the engine's shapes, on the rapier backend: cylinders, ellipsoids, large convex hulls and concave meshes
//! behave as solid things do, and files that ask for them end there.

use std::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

use pentathlon_physics::{
    formats::{from_json, from_mjcf, from_urdf_file, to_json},
    model::{
        BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription, Shape,
        TriangleMesh,
    },
    rapier::{RapierOptions, RapierWorlds},
    robots::level_floor,
};

const GRAVITY: f64 = 9.81;

fn model(bodies: Vec<BodyDescription>, scene: Vec<GeomDescription>) -> ModelDescription {
    ModelDescription {
        name: "beyond".to_owned(),
        gravity: [0.0, 0.0, -GRAVITY],
        bodies,
        actuators: Vec::new(),
        scene,
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Average,
    }
}

/// A free body of one shape; `inertia` about x, y and z.
fn free(name: &str, shape: Shape, mass: f64, inertia: [f64; 3], position: [f64; 3]) -> BodyDescription {
    let [xx, yy, zz] = inertia;
    BodyDescription {
        name: name.to_owned(),
        parent: None,
        position,
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [xx, yy, zz, 0.0, 0.0, 0.0],
        geoms: vec![GeomDescription::new(shape)],
    }
}

fn ball(radius: f64, position: [f64; 3]) -> BodyDescription {
    free("ball", Shape::Sphere { radius }, 1.0, [0.4 * radius * radius; 3], position)
}

fn worlds(model: &ModelDescription) -> RapierWorlds {
    let options = RapierOptions { time_step: 0.002, threads: 1, ..RapierOptions::default() };
    RapierWorlds::new(model, 1, options).expect("rapier takes the model")
}

/// Height of the body's origin, after `seconds`.
fn height_after(model: &ModelDescription, seconds: f64) -> f64 {
    let mut worlds = worlds(model);
    worlds.step((seconds / 0.002) as usize);
    worlds.body_pose(0, 0).unwrap().0[2]
}

/// The lower half of a hollow ball around the origin, its rim at height zero; `inwards` tells where its triangles face.
fn bowl(radius: f64, inwards: bool) -> TriangleMesh {
    const RINGS: u32 = 16;
    const RING: u32 = 48;
    let mut vertices = vec![[0.0, 0.0, -radius]];
    for ring in 1..=RINGS {
        let angle = 0.5 * PI * f64::from(ring) / f64::from(RINGS);
        for at in 0..RING {
            let (sine, cosine) = (TAU * f64::from(at) / f64::from(RING)).sin_cos();
            let across = radius * angle.sin();
            vertices.push([across * cosine, across * sine, -radius * angle.cos()]);
        }
    }
    let corner = |ring: u32, at: u32| if ring == 0 { 0 } else { 1 + (ring - 1) * RING + at % RING };
    let mut triangles = Vec::new();
    for ring in 0..RINGS {
        for at in 0..RING {
            let [a, b] = [corner(ring, at), corner(ring, at + 1)];
            let [c, d] = [corner(ring + 1, at), corner(ring + 1, at + 1)];
            triangles.push([a, c, d]);
            if ring > 0 {
                triangles.push([a, d, b]);
            }
        }
    }
    for triangle in &mut triangles {
        if !inwards {
            triangle.swap(1, 2);
        }
    }
    TriangleMesh { vertices, triangles }
}

/// Corners of a prism of many sides along z.
fn prism(radius: f64, half_length: f64, sides: u32) -> Vec<[f64; 3]> {
    let ring = (0..sides).map(|side| (TAU * f64::from(side) / f64::from(sides)).sin_cos());
    ring.flat_map(|(sine, cosine)| [-half_length, half_length].map(|z| [radius * cosine, radius * sine, z]))
        .collect()
}

#[test]
fn a_cylinder_rolls_down_a_slope_as_a_cylinder_does() {
    let (radius, half_length, mass, slope) = (0.1, 0.15, 2.0, 0.2_f64);
    let mut tin = free(
        "tin",
        Shape::Cylinder { radius, half_length },
        mass,
        [0.25, 0.5, 0.25].map(|share| share * mass * radius * radius),
        [radius * slope.sin(), 0.0, radius * slope.cos()],
    );
    let end = mass * half_length * half_length / 3.0;
    tin.inertia[0] += end;
    tin.inertia[2] += end;
    // Its axis lies along y, across the slope.
    tin.geoms[0].orientation = [FRAC_1_SQRT_2, FRAC_1_SQRT_2, 0.0, 0.0];
    tin.geoms[0].friction = 1.0;
    let mut plane = level_floor(1.0);
    plane.orientation = [(0.5 * slope).cos(), 0.0, (0.5 * slope).sin(), 0.0];
    let mut worlds = worlds(&model(vec![tin], vec![plane]));
    worlds.step(500);
    let (positions, velocities) = worlds.state(0).unwrap();
    // A ball would make 5/7 of g sin, a hoop a half, and what slips more.
    let acceleration = 2.0 / 3.0 * GRAVITY * slope.sin();
    let speed = velocities[0].hypot(velocities[2]);
    assert!((speed / acceleration - 1.0).abs() < 0.03, "{speed} m/s instead of {acceleration}");
    assert!((velocities[4] * radius / speed - 1.0).abs() < 0.02, "it slips: {velocities:?}");
    let way = (positions[0] - radius * slope.sin()) / slope.cos();
    assert!((way / (0.5 * acceleration) - 1.0).abs() < 0.03, "{way} m");
    assert!(
        positions[1].abs() < 5e-3 && velocities[3].abs() < 0.05 && velocities[5].abs() < 0.05,
        "it turns off"
    );
}

#[test]
fn what_stands_on_the_floor_stays_there() {
    let inertia = [0.01; 3];
    let round = |points: usize| -> Vec<[f64; 3]> {
        // A spiral of points on a ball.
        (0..points)
            .map(|i| {
                let z = 1.0 - (2.0 * i as f64 + 1.0) / points as f64;
                let (sine, cosine) = (2.399963 * i as f64).sin_cos();
                let across = (1.0 - z * z).sqrt();
                [0.1 * across * cosine, 0.1 * across * sine, 0.1 * z]
            })
            .collect()
    };
    // What is round may turn to another of its faces.
    for (what, shape, rest, lean) in [
        ("a cylinder", Shape::Cylinder { radius: 0.1, half_length: 0.2 }, 0.2, 0.01),
        ("an ellipsoid", Shape::Ellipsoid { radii: [0.2, 0.2, 0.1] }, 0.1, 0.1),
        ("a prism of 200 corners", Shape::ConvexHull { vertices: prism(0.1, 0.2, 100) }, 0.2, 0.01),
        ("a ball of 600 corners", Shape::ConvexHull { vertices: round(600) }, 0.1, 1.0),
    ] {
        let body = free("thing", shape, 2.0, inertia, [0.0, 0.0, rest + 0.05]);
        let model = model(vec![body], vec![level_floor(0.8)]);
        let mut worlds = worlds(&model);
        worlds.step(1000);
        let (origin, orientation) = worlds.body_pose(0, 0).unwrap();
        assert!((origin[2] - rest).abs() < 2e-3, "{what} is at {origin:?}");
        assert!(orientation[1].hypot(orientation[2]) < lean, "{what} leans: {orientation:?}");
        let contacts = worlds.contacts(0).unwrap();
        let carried: f64 = contacts.iter().map(|contact| contact.normal_force * contact.normal[2]).sum();
        assert!((carried / (2.0 * GRAVITY) - 1.0).abs() < 0.03, "{what}: {carried} N");
        for contact in contacts {
            let [x, y, z] = contact.point;
            assert!(z.abs() < 0.01 && x.hypot(y) < 0.15, "{what} touches at {:?}", contact.point);
        }
    }
}

#[test]
fn a_ball_stays_in_a_bowl_that_is_not_convex() {
    for inwards in [true, false] {
        let bowl = GeomDescription::new(Shape::Mesh(bowl(0.5, inwards))).named("bowl");
        let model = model(vec![ball(0.05, [0.35, 0.0, -0.1])], vec![bowl]);
        let mut worlds = worlds(&model);
        let mut lowest = f64::INFINITY;
        for _ in 0..250 {
            worlds.step(10);
            let ([x, y, z], _) = worlds.body_pose(0, 0).unwrap();
            let distance = (x * x + y * y + z * z).sqrt();
            assert!(distance < 0.46 && z < -0.05, "facing inwards {inwards}: the ball is at {x} {y} {z}");
            lowest = lowest.min(z);
        }
        // It went through the bottom, where its centre is a radius above the bowl.
        assert!((lowest + 0.45).abs() < 0.01, "{lowest}");
    }
    // The hull of the bowl is a solid half ball: its lid carries the ball.
    let lid = GeomDescription::new(Shape::ConvexHull { vertices: bowl(0.5, true).vertices });
    let height = height_after(&model(vec![ball(0.05, [0.2, 0.0, 0.1])], vec![lid]), 1.0);
    assert!((height - 0.05).abs() < 2e-3, "{height}");
}

#[test]
fn bodies_that_are_fixed_to_the_scene_are_part_of_it() {
    let mut stand = free("stand", Shape::Mesh(bowl(0.5, true)), 0.0, [0.0; 3], [1.0, 0.0, 2.0]);
    stand.joint = JointDescription::Fixed;
    let mut foot = stand.clone();
    (foot.name, foot.parent, foot.position) = ("foot".to_owned(), Some("stand".to_owned()), [0.0, 0.0, -0.8]);
    // In the upper bowl, and under it, in the lower one.
    for (height, rest) in [(2.0, 1.55), (0.9, 0.75)] {
        let model = model(vec![ball(0.05, [1.0, 0.0, height]), stand.clone(), foot.clone()], Vec::new());
        let mut worlds = worlds(&model);
        worlds.step(1000);
        let z = worlds.body_pose(0, 0).unwrap().0[2];
        assert!((z - rest).abs() < 5e-3, "the ball is at {z} m, not at {rest} m");
        let contacts = worlds.contacts(0).unwrap();
        assert!(!contacts.is_empty() && contacts.iter().all(|contact| contact.other.is_none()));
        assert_eq!(from_json(&to_json(&model).unwrap()).unwrap(), model);
    }
}

#[test]
fn fixed_parts_of_a_body_collide_with_it() {
    let mut plate =
        free("plate", Shape::Box { half_extents: [0.3, 0.3, 0.02] }, 0.5, [0.01; 3], [0.0, 0.0, 0.1]);
    (plate.joint, plate.parent) = (JointDescription::Fixed, Some("base".to_owned()));
    let base = free("base", Shape::Box { half_extents: [0.1; 3] }, 5.0, [0.05; 3], [0.0, 0.0, 0.1]);
    let mut scene = model(vec![ball(0.05, [0.0, 0.0, 0.5]), base, plate], vec![level_floor(0.8)]);
    scene.colliding_bodies = vec![["base".to_owned(), "ball".to_owned()]];
    let height = height_after(&scene, 1.0);
    assert!((height - 0.27).abs() < 5e-3, "{height}: the plate is part of the base, whose pair is listed");
}

#[test]
fn files_end_in_rapier_worlds() {
    let folder = tempfile::tempdir().unwrap();
    let mesh = bowl(0.5, true);
    let vertices: String = mesh.vertices.iter().map(|[x, y, z]| format!("v {x} {y} {z}\n")).collect();
    let faces = mesh.triangles.iter().map(|[a, b, c]| format!("f {} {} {}\n", a + 1, b + 1, c + 1));
    std::fs::write(folder.path().join("bowl.obj"), vertices + &faces.collect::<String>()).unwrap();
    let urdf = r#"<robot name="bowl"><link name="bowl"><collision><geometry><mesh filename="bowl.obj"/></geometry></collision></link>
        <link name="puck"><inertial><mass value="1"/><inertia ixx="0.001" ixy="0" ixz="0" iyy="0.001" iyz="0" izz="0.001"/></inertial>
        <collision><geometry><cylinder radius="0.05" length="0.04"/></geometry></collision></link>
        <joint name="falls" type="floating"><parent link="bowl"/><child link="puck"/><origin xyz="0.1 0 0"/></joint></robot>"#;
    let path = folder.path().join("bowl.urdf");
    std::fs::write(&path, urdf).unwrap();
    let model = from_urdf_file(&path, &Default::default()).unwrap();
    let height = height_after(&model, 2.0);
    assert!((-0.5..-0.4).contains(&height), "the puck is at {height} m");
    let text = r#"<mujoco><worldbody><geom type="plane" size="0 0 1"/><body pos="0 0 1"><freejoint/>
        <geom type="cylinder" size="0.1 0.2"/></body></worldbody></mujoco>"#;
    let file = from_mjcf(text, &Default::default()).unwrap().model;
    let mass = 1000.0 * PI * 0.1 * 0.1 * 0.4;
    assert!((file.bodies[0].mass - mass).abs() < 1e-9);
    let height = height_after(&file, 2.0);
    assert!((height - 0.2).abs() < 3e-3, "the tin is at {height} m");
}

#[test]
fn what_no_backend_takes_is_named() {
    let refused = |model: &ModelDescription| {
        RapierWorlds::new(model, 1, RapierOptions::default()).unwrap_err().to_string()
    };
    let mesh = bowl(0.5, true);
    let on_body = |shape: Shape| {
        let mut body = free("thing", shape, 1.0, [0.01; 3], [0.0; 3]);
        body.geoms[0].name = "part".to_owned();
        model(vec![body], Vec::new())
    };
    let in_scene =
        |mesh: TriangleMesh| model(Vec::new(), vec![GeomDescription::new(Shape::Mesh(mesh)).named("part")]);
    let flat = Shape::ConvexHull { vertices: vec![[1.0, 2.0, 3.0]; 100] };
    let line = TriangleMesh { vertices: vec![[0.0; 3], [1.0; 3], [2.0; 3]], triangles: vec![[0, 1, 2]] };
    for (model, said) in [
        (on_body(Shape::Mesh(mesh.clone())), "a body that moves takes convex hulls"),
        (on_body(Shape::Cylinder { radius: -0.1, half_length: 1.0 }), "radius is -0.1"),
        (on_body(Shape::Cylinder { radius: 0.1, half_length: f64::NAN }), "half length is NaN"),
        (on_body(Shape::Ellipsoid { radii: [0.1, 0.0, 0.1] }), "radius is 0"),
        (on_body(flat), "volume"),
        (in_scene(TriangleMesh { triangles: Vec::new(), ..mesh.clone() }), "number of triangles is 0"),
        (
            in_scene(TriangleMesh { triangles: vec![[0, 1, 9999]], ..mesh.clone() }),
            "corner of a triangle is 9999",
        ),
        (
            in_scene(TriangleMesh { vertices: vec![[f64::INFINITY; 3]; 3], triangles: vec![[0, 1, 2]] }),
            "vertex",
        ),
        (in_scene(line), "no area"),
    ] {
        let message = refused(&model);
        assert!(message.contains("part") && message.contains(said), "{message}");
    }
}
