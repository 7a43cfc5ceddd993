//! Contact against closed formulas and recordings: the rows of the validation table that involve contact.
//!
//! The fast solver is held to physics (formulas, balances) and, where a scene comes to rest, to the
//! recorded rest. Recordings are read from `tests/golden/physics` or `$PENTATHLON_GOLDEN/physics`.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::{
    ActuatorLaw, AxisJoint, BodyDescription, FrictionCombination, GeomDescription, JointDescription,
    ModelDescription, Shape,
};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::robots::{PushedBox, QUADRUPED_FEET, arm_with_box, level_floor, quadruped};
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

fn run<L: Lane>(world: &mut ContactDynamics<L>, seconds: f64) {
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

/// The quadruped of the recordings with the servo gains and start of a row.
pub struct Standing {
    pub model: ModelDescription,
    pub feet: Vec<usize>,
    pub floor: usize,
    pub ceiling: usize,
}

pub fn standing(row: &Value) -> Standing {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    if let Some(height) = row["ceiling"].as_f64() {
        let geom = GeomDescription::new(Shape::Box { half_extents: [2.0, 2.0, 0.1] }).named("ceiling");
        model.scene.push(geom.at([0.0, 0.0, height + 0.1]));
    }
    for actuator in &mut model.actuators {
        actuator.law = ActuatorLaw::Position { kp: number(row, "kp"), kd: number(row, "kd") };
    }
    let layout = Layout::new(&model).expect("a model");
    let place = |name: &str| layout.geoms.iter().position(|geom| geom.name == name);
    let feet = QUADRUPED_FEET.iter().map(|name| place(name).expect("a foot")).collect();
    Standing {
        model,
        feet,
        floor: place("floor").expect("a floor"),
        ceiling: place("ceiling").unwrap_or(usize::MAX),
    }
}

pub fn put<L: Lane>(world: &mut ContactDynamics<L>, height: f64, joints: &[f64]) {
    for (slot, value) in world.motion.position.iter_mut().zip([0.0, 0.0, height, 1.0, 0.0, 0.0, 0.0]) {
        *slot = L::splat(value);
    }
    for (slot, value) in world.motion.position[7..].iter_mut().zip(joints) {
        *slot = L::splat(*value);
    }
}

pub fn quadruped_rows(scene: &str) -> Vec<Value> {
    let rows: Vec<Value> = recording("quadruped_contact.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("json"))
        .filter(|row: &Value| row["scene"] == scene)
        .collect();
    assert!(!rows.is_empty(), "no {scene}");
    rows
}

fn stands<L: Lane>() {
    for row in quadruped_rows("stand") {
        if row["cone"] != "elliptic" {
            continue;
        }
        let scene = standing(&row);
        let target = numbers(&row, "target");
        let start: Vec<f64> =
            target.iter().zip(numbers(&row, "qpos0_joint_offset")).map(|(a, b)| a + b).collect();
        let h = number(&row, "dt");
        let mut world = world::<L>(&scene.model, h);
        put(&mut world, number(&row, "z0"), &start);
        for (slot, value) in world.control.iter_mut().zip(&target) {
            *slot = L::splat(*value);
        }
        run(&mut world, 1.5);
        let steps = (0.5 / h).round() as usize;
        let mut mean = 0.0;
        for _ in 0..steps {
            world.step();
            mean += world.contact_force(|a, _| scene.feet.contains(&a)).z.lane(0) / steps as f64;
        }
        let (height, recorded) = (world.motion.position[2].lane(0), number(&row["final"], "base_z"));
        let weight = number(&row["final"], "weight");
        let last = world.contact_force(|a, _| scene.feet.contains(&a)).z.lane(0);
        let firm = row["gains"] == "firm";
        let (force_limit, height_limit) = if firm { (0.005, 0.005) } else { (0.01, 0.01) };
        let force = if firm { last } else { mean };
        println!(
            "{} h {h}: height {height:.4} ({recorded:.4}), force {force:.2} of {weight:.2}",
            row["gains"]
        );
        assert!((force - weight).abs() < force_limit * weight, "{}: {force} N", row["gains"]);
        assert!((height - recorded).abs() < height_limit, "{}: {height}, recorded {recorded}", row["gains"]);
    }
}

#[test]
fn a_standing_quadruped_carries_its_weight_at_the_recorded_height() {
    stands::<f64>();
    stands::<wide::f32x8>();
}

fn squeezes<L: Lane>() {
    for row in quadruped_rows("squeeze") {
        if row["cone"] != "elliptic" {
            continue;
        }
        let scene = standing(&row);
        let (start, target) = (numbers(&row, "start"), numbers(&row, "target"));
        let h = number(&row, "dt");
        let ceiling = number(&row, "ceiling");
        let mut world = world::<L>(&scene.model, h);
        put(&mut world, number(&row, "z0"), &start);
        let steps = (2.0 / h).round() as usize;
        let (mut deepest, mut fastest, mut sums, mut counted) = (0.0f64, 0.0f64, [0.0; 2], 0.0);
        for step in 0..steps {
            let part = (step as f64 * h / number(&row, "ramp_s")).min(1.0);
            for (slot, (a, b)) in world.control.iter_mut().zip(start.iter().zip(&target)) {
                *slot = L::splat(a + part * (b - a));
            }
            world.step();
            if step as f64 * h > 1.5 {
                for index in 0..world.contacts.contact_count as usize {
                    let contact = world.contacts.contacts[index];
                    if contact.geom_b as usize == scene.ceiling {
                        deepest = deepest.max(-contact.point.distance.lane(0));
                    }
                }
                let speed = world.motion.velocity[..3].iter().map(|v| v.lane(0).powi(2)).sum::<f64>().sqrt();
                fastest = fastest.max(speed);
                for (sum, side) in sums.iter_mut().zip([scene.floor, scene.ceiling]) {
                    *sum += world.contact_force(|_, other| other == side).z.lane(0);
                }
                counted += 1.0;
            }
        }
        let (floor, top) = (sums[0] / counted, sums[1] / counted);
        let weight = number(&row["final"], "weight");
        let (height, recorded) = (world.motion.position[2].lane(0), number(&row["final"], "base_z"));
        println!(
            "ceiling {ceiling} h {h}: height {height:.4} ({recorded:.4}), floor {floor:.1}, ceiling {top:.1} ({:.1}), deepest {deepest:.5}, speed {fastest:.4}",
            number(&row["final"], "ceiling_fz")
        );
        assert!((floor + top - weight).abs() < 0.01 * weight, "{ceiling}: {floor} {top}");
        assert!((height - recorded).abs() < 0.005, "{ceiling}: {height}, recorded {recorded}");
        assert!(deepest < 0.005, "{ceiling}: {deepest} m into the ceiling");
        assert!(fastest < 0.05 || top == 0.0, "{ceiling}: jitters at {fastest} m/s");
    }
}

#[test]
fn a_quadruped_pressed_against_a_ceiling_balances() {
    squeezes::<f64>();
    squeezes::<wide::f32x8>();
}

/// The scene of a push: the arm without servos (its torques come from the test), the box, the table.
pub fn push_scene(row: &Value) -> ModelDescription {
    let start = numbers(row, "box_start");
    let mut model = arm_with_box(PushedBox {
        mass: number(row, "box_mass"),
        half_extent: number(row, "box_half"),
        position: [start[0], start[1]],
        friction: number(row, "mu"),
    });
    model.actuators.clear();
    model
}

/// The joint positions asked for at `time`.
fn knot(path: &[Vec<f64>], spacing: f64, time: f64) -> Vec<f64> {
    let at = (time / spacing).min((path.len() - 1) as f64);
    let index = (at.floor() as usize).min(path.len() - 2);
    let part = at - index as f64;
    path[index].iter().zip(&path[index + 1]).map(|(a, b)| a + part * (b - a)).collect()
}

/// What drives a push: the recorded controller.
pub struct Push {
    pub path: Vec<Vec<f64>>,
    pub spacing: f64,
    pub kp: Vec<f64>,
    pub kd: Vec<f64>,
}

impl Push {
    pub fn new(row: &Value) -> Self {
        let path = row["joint_path"].as_array().expect("joint_path").iter().map(|knot| {
            knot.as_array().expect("a knot").iter().map(|x| x.as_f64().expect("a number")).collect()
        });
        Self {
            path: path.collect(),
            spacing: number(row, "knot_s"),
            kp: numbers(row, "kp"),
            kd: numbers(row, "kd"),
        }
    }

    pub fn drive<L: Lane>(&self, world: &mut ContactDynamics<L>, time: f64) {
        const LIMITS: [f64; 7] = [87.0, 87.0, 87.0, 87.0, 12.0, 12.0, 12.0];
        let bias: Vec<L> = world.bias()[..7].to_vec();
        let target = knot(&self.path, self.spacing, time);
        for joint in 0..7 {
            let (q, v) = (world.motion.position[joint].lane(0), world.motion.velocity[joint].lane(0));
            let torque = self.kp[joint] * (target[joint] - q) - self.kd[joint] * v + bias[joint].lane(0);
            world.applied[joint] = L::splat(torque.clamp(-LIMITS[joint], LIMITS[joint]));
        }
    }
}

/// Distance in the plane and angle about the vertical between a box and its recorded end, in m and deg.
pub fn off_the_end<L: Lane>(world: &ContactDynamics<L>, end: &[f64]) -> (f64, f64) {
    let at: Vec<f64> = world.motion.position[7..14].iter().map(|x| x.lane(0)).collect();
    let yaw = |q: &[f64]| 2.0 * q[3].atan2(q[0]).to_degrees();
    let turn = (yaw(&at[3..]) - yaw(&end[3..]) + 540.0).rem_euclid(360.0) - 180.0;
    ((at[0] - end[0]).hypot(at[1] - end[1]), turn.abs())
}

fn pushes<L: Lane>() {
    for line in recording("arm_push.jsonl").lines() {
        let row: Value = serde_json::from_str(line).expect("json");
        let push = Push::new(&row);
        let spread = (2.0 * number(&row, "final_xy_spread_over_variants")).max(0.01);
        let turn = (2.0 * number(&row, "final_yaw_spread_deg")).max(5.0);
        let finest = row["sims"]
            .as_array()
            .expect("sims")
            .iter()
            .min_by(|a, b| number(a, "dt").total_cmp(&number(b, "dt")));
        let end = numbers(finest.expect("a simulation"), "final_box");
        for h in [0.001, 0.005] {
            let mut world = world::<L>(&push_scene(&row), h);
            for (slot, value) in world.motion.position.iter_mut().zip(&push.path[0]) {
                *slot = L::splat(*value);
            }
            for step in 0..(3.0 / h).round() as usize {
                push.drive(&mut world, step as f64 * h);
                world.step();
            }
            let (away, turned) = off_the_end(&world, &end);
            println!("push h {h}: {:.1} mm of {:.1}, {turned:.2} deg of {turn:.1}", away * 1e3, spread * 1e3);
            assert!(away < spread && turned < turn, "h {h}: {away} m, {turned} deg");
        }
    }
}

#[test]
fn a_pushed_box_ends_where_it_was_recorded() {
    pushes::<f64>();
    pushes::<wide::f32x8>();
}
