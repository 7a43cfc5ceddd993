//! Robots in contact, against recordings: the quadruped that stands or is squeezed under a ceiling, the arm
//! that pushes a box. The fast solver is held to balances of forces and to the recorded rest.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::{ActuatorLaw, GeomDescription, ModelDescription, Shape};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::robots::{PushedBox, QUADRUPED_FEET, arm_with_box, level_floor, quadruped};
use serde_json::Value;

use super::contact::{number, numbers, recording, run, world};

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
