//! Contact of single bodies against closed formulas: the rows of the validation table that involve contact.
//!
//! The fast solver is held to physics (formulas, balances) and, where a scene comes to rest, to the
//! recorded rest. Recordings are read from `tests/golden/physics` or `$PENTATHLON_GOLDEN/physics`.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::model::{
    AxisJoint, BodyDescription, FrictionCombination, GeomDescription, JointDescription, ModelDescription,
    Shape,
};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::robots::level_floor;
use serde_json::Value;

/// The text of a recording, compressed or not.
pub fn recording(name: &str) -> String {
    let folder = std::env::var("PENTATHLON_GOLDEN")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden").to_owned());
    let path = format!("{folder}/physics/{name}");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return text;
    }
    let file = std::fs::File::open(format!("{path}.zst")).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).expect("zstd");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut decoder, &mut text).expect("utf-8");
    text
}

pub fn simple(section: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(&recording("contact_simple.json")).expect("json");
    let rows = file[section].as_array().expect(section).clone();
    assert!(!rows.is_empty(), "no {section}");
    rows
}

pub fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"))
}

pub fn numbers(row: &Value, key: &str) -> Vec<f64> {
    row[key].as_array().unwrap_or_else(|| panic!("{key}")).iter().map(|x| x.as_f64().unwrap()).collect()
}

/// A world with a floor and nothing else.
pub fn empty_world(gravity: [f64; 3], friction: f64) -> ModelDescription {
    ModelDescription {
        name: "scene".into(),
        gravity,
        bodies: Vec::new(),
        actuators: Vec::new(),
        scene: vec![level_floor(friction)],
        colliding_bodies: Vec::new(),
        friction_combination: FrictionCombination::Maximum,
    }
}

/// A free body of one uniform shape.
fn free_body(
    name: &str,
    mass: f64,
    inertia: [f64; 3],
    position: [f64; 3],
    geom: GeomDescription,
) -> BodyDescription {
    BodyDescription {
        name: name.into(),
        parent: None,
        position,
        orientation: [1.0, 0.0, 0.0, 0.0],
        joint: JointDescription::Free,
        mass,
        center_of_mass: [0.0; 3],
        inertia: [inertia[0], inertia[1], inertia[2], 0.0, 0.0, 0.0],
        geoms: vec![geom],
    }
}

pub fn free_box(name: &str, mass: f64, half: [f64; 3], position: [f64; 3], friction: f64) -> BodyDescription {
    let [x, y, z] = half.map(|h| h * h);
    let inertia = [y + z, x + z, x + y].map(|s| s * mass / 3.0);
    let geom = GeomDescription::new(Shape::Box { half_extents: half }).with_friction(friction);
    free_body(name, mass, inertia, position, geom)
}

pub fn free_ball(mass: f64, radius: f64, height: f64, friction: f64) -> BodyDescription {
    let geom = GeomDescription::new(Shape::Sphere { radius }).with_friction(friction);
    free_body("ball", mass, [0.4 * mass * radius * radius; 3], [0.0, 0.0, height], geom)
}

pub fn tilted(degrees: f64) -> [f64; 3] {
    let angle = degrees.to_radians();
    [9.81 * angle.sin(), 0.0, -9.81 * angle.cos()]
}

pub fn world<L: Lane>(model: &ModelDescription, h: f64) -> ContactDynamics<L> {
    ContactDynamics::new(model, h, &ContactOptions::default()).expect("a model")
}

pub fn run<L: Lane>(world: &mut ContactDynamics<L>, seconds: f64) {
    let steps = (seconds / world.integration.timestep.lane(0)).round() as usize;
    for _ in 0..steps {
        world.step();
    }
}

fn blocks_on_slopes<L: Lane>() {
    for row in simple("box_on_slope") {
        let mu = number(&row, "mu");
        let expected = number(&row, "analytic_vel");
        for h in [0.001, 0.0025, 0.005] {
            let mut model = empty_world(tilted(number(&row, "theta_deg")), mu);
            model.bodies.push(free_box("block", 1.0, [0.1, 0.1, 0.05], [0.0, 0.0, 0.05], mu));
            let mut world = world::<L>(&model, h);
            run(&mut world, 1.0);
            let speed = world.motion.velocity[0].lane(0);
            let distance = world.motion.position[0].lane(0);
            if expected == 0.0 {
                assert!(distance.abs() < 0.005, "{row}: h {h}: creeps {distance} m in 1 s");
            } else {
                assert!((speed - expected).abs() < (0.02 * expected).max(0.02), "{row}: h {h}: {speed}");
            }
        }
    }
}

#[test]
fn blocks_slide_at_the_speed_of_coulomb_friction_or_stick() {
    blocks_on_slopes::<f64>();
    blocks_on_slopes::<wide::f32x8>();
}

#[test]
fn balls_roll_or_slip_down_a_slope() {
    for row in simple("sphere_on_slope") {
        let mu = number(&row, "mu");
        let radius = 0.1;
        for h in [0.001, 0.0025, 0.005] {
            let mut model = empty_world(tilted(number(&row, "theta_deg")), mu);
            model.bodies.push(free_ball(1.0, radius, radius, mu));
            let mut world = world::<f64>(&model, h);
            run(&mut world, 1.0);
            let speed = world.motion.velocity[0];
            let spin = world.motion.velocity[4];
            let (v, w) = (number(&row, "analytic_vel_1s"), number(&row, "analytic_omega_1s"));
            assert!((speed - v).abs() < (0.02 * v).max(0.02), "{row}: h {h}: {speed}");
            assert!((spin - w).abs() < (0.02 * w).max(0.2), "{row}: h {h}: {spin}");
        }
    }
}

#[test]
fn dropped_balls_hit_on_time_and_come_to_rest() {
    for row in simple("sphere_drop") {
        let (radius, height, h) = (number(&row, "radius"), number(&row, "drop_height"), number(&row, "dt"));
        let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
        model.bodies.push(free_ball(number(&row, "mass"), radius, radius + height, 0.8));
        let mut world = world::<f64>(&model, h);
        let mut hit = None;
        for step in 1..=(2.0 / h) as usize {
            world.step();
            if hit.is_none() && world.contact_force(|_, _| true).z.abs() > 0.0
                || world.memory.impulses[0].z > 0.0
            {
                hit = hit.or(Some(step as f64 * h));
            }
        }
        let expected = number(&row, "analytic_impact_time");
        let hit = hit.expect("it hits the floor");
        assert!((hit - expected).abs() <= h + 1e-9, "{row}: hit at {hit}");
        let sunk = radius - world.motion.position[2];
        assert!((-1e-4..1e-3).contains(&sunk), "{row}: rests {sunk} m deep");
        assert!(world.motion.velocity[2].abs() < 1e-3, "{row}: rests at {}", world.motion.velocity[2]);
    }
}

#[test]
fn balls_bounce_to_the_height_of_their_restitution() {
    for row in simple("bounce_analytic") {
        let (height, restitution, radius, h) = (number(&row, "h"), number(&row, "e"), 0.1, 0.001);
        let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
        let mut ball = free_ball(1.0, radius, radius + height, 0.8);
        ball.geoms[0].restitution = restitution;
        model.bodies.push(ball);
        let mut world = world::<f64>(&model, h);
        let (mut fell, mut apex) = (false, 0.0f64);
        let mut time = 0.0;
        while time < number(&row, "t_impact") + restitution * number(&row, "t_impact") * 1.5 {
            world.step();
            time += h;
            fell |= world.motion.velocity[2] > -0.01 && time > 0.2;
            if fell {
                apex = apex.max(world.motion.position[2] - radius);
            }
        }
        let expected = number(&row, "apex_after_first");
        assert!((apex - expected).abs() <= 0.05 * expected + 1e-3, "{row}: {apex}");
    }
}

/// Boxes of 0.1 m and 1 kg on top of one another.
pub fn stack(count: usize) -> ModelDescription {
    let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
    for i in 0..count {
        model.bodies.push(free_box(
            &format!("box {i}"),
            1.0,
            [0.05; 3],
            [0.0, 0.0, 0.05 + 0.1 * i as f64],
            0.8,
        ));
        if i > 0 {
            model.colliding_bodies.push([format!("box {}", i - 1), format!("box {i}")]);
        }
    }
    model
}

fn stacks_stand<L: Lane>() {
    for row in simple("stack") {
        let count = row["boxes"].as_u64().expect("boxes") as usize;
        let h = number(&row, "dt");
        let mut world = world::<L>(&stack(count), h);
        run(&mut world, 2.0);
        let early: Vec<f64> = world.motion.velocity[..6 * count].iter().map(|v| v.lane(0).abs()).collect();
        run(&mut world, 1.0);
        for i in 0..count {
            let [x, y, z] = [0, 1, 2].map(|k| world.motion.position[7 * i + k].lane(0));
            let sunk = 0.05 + 0.1 * i as f64 - z;
            assert!(x.hypot(y) < 1e-3, "{row}: box {i} drifts to {x} {y}");
            assert!((-1e-4..3e-3).contains(&sunk), "{row}: box {i} sinks {sunk}");
        }
        for (v, early) in world.motion.velocity[..6 * count].iter().zip(early) {
            assert!(v.lane(0).abs() < 1e-3 || v.lane(0).abs() <= early, "{row}: moves at {v:?}, was {early}");
        }
    }
}

#[test]
fn stacks_of_boxes_stand_still() {
    stacks_stand::<f64>();
    stacks_stand::<wide::f32x8>();
}

/// A rod of 0.03 kg m² on a hinge, without gravity.
pub fn limited_hinge(limit: f64) -> ModelDescription {
    let mut model = empty_world([0.0; 3], 0.8);
    model.bodies.push(BodyDescription {
        joint: JointDescription::Hinge(AxisJoint {
            name: "hinge".into(),
            axis: [0.0, 1.0, 0.0],
            range: Some([-limit, limit]),
            armature: 0.0,
            damping: 0.0,
            friction_loss: 0.0,
        }),
        geoms: Vec::new(),
        ..free_body("rod", 1.0, [0.03; 3], [0.0, 0.0, 2.0], GeomDescription::new(Shape::Plane))
    });
    model
}

#[test]
fn a_joint_stops_at_its_limit_without_gaining_energy() {
    for row in simple("joint_limit") {
        let (torque, h, limit) = (number(&row, "tau"), number(&row, "dt"), number(&row, "limit"));
        let model = limited_hinge(limit);
        let mut world = world::<f64>(&model, h);
        world.motion.velocity[0] = number(&row, "v0");
        world.applied[0] = torque;
        let mut energy_before = world.motion.velocity[0].powi(2) * 0.015;
        for _ in 0..(2.0 / h) as usize {
            world.step();
            let energy = world.motion.velocity[0].powi(2) * 0.015 - torque * world.motion.position[0];
            assert!(
                energy < energy_before + 1e-6 + torque * h,
                "{row}: energy grows from {energy_before} to {energy}"
            );
            energy_before = energy_before.min(energy);
        }
        let beyond = world.motion.position[0] - limit;
        assert!(beyond < 0.02, "{row}: {beyond} rad beyond the limit");
        if torque > 0.0 {
            assert!(beyond > -1e-3, "{row}: hangs {beyond} rad before the limit");
            assert!(world.motion.velocity[0].abs() < 1e-3, "{row}: {}", world.motion.velocity[0]);
        }
    }
}
