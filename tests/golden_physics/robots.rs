//! Robots in contact, against recordings: the quadruped that stands or is squeezed under a ceiling, the arm
//! that pushes a box. The fast solver is held to balances of forces and to the recorded rest.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::{ActuatorLaw, GeomDescription, ModelDescription, Shape};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::robots::{PushedBox, QUADRUPED_FEET, arm_with_box, level_floor, quadruped};
use serde_json::Value;

use super::cases;
use super::report::Row;
use super::scenes::{number, numbers, run, world};

const FILE: &str = "quadruped_contact.jsonl";

/// The quadruped of the recordings with the servo gains and start of a row.
pub struct Standing {
    pub model: ModelDescription,
    pub feet: Vec<usize>,
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
    Standing { model, feet, ceiling: place("ceiling").unwrap_or(usize::MAX) }
}

pub fn put<L: Lane>(world: &mut ContactDynamics<L>, height: f64, joints: &[f64]) {
    for (slot, value) in world.motion.position.iter_mut().zip([0.0, 0.0, height, 1.0, 0.0, 0.0, 0.0]) {
        *slot = L::splat(value);
    }
    for (slot, value) in world.motion.position[7..].iter_mut().zip(joints) {
        *slot = L::splat(*value);
    }
}

/// The recorded runs of `scene` under the circular cone, which is the engine's; the pyramidal one has other friction.
pub fn quadruped_runs(scene: &str) -> Vec<Value> {
    let mut rows: Vec<Value> = cases::lines(FILE);
    rows.retain(|row| row["scene"] == scene && row["cone"] == "elliptic");
    rows
}

/// All rows, in double precision and in lanes, with damping at the beginning of the step as recorded and, what users
/// get, at its end.
pub fn rows() -> Vec<Row> {
    let mut rows = in_precision::<f64>(Precision { name: "f64", implicit_damping: 0 });
    rows.extend(in_precision::<wide::f32x8>(Precision { name: "f32 lanes", implicit_damping: 0 }));
    rows.extend(in_precision::<wide::f32x8>(Precision {
        name: "f32 lanes, the engine's default",
        implicit_damping: 1,
    }));
    rows
}

/// How the engine computes.
#[derive(Clone, Copy)]
struct Precision {
    name: &'static str,
    implicit_damping: u32,
}

impl Precision {
    fn world<L: Lane>(self, model: &ModelDescription, h: f64) -> ContactDynamics<L> {
        let mut world = world::<L>(model, h);
        world.integration.implicit_damping = self.implicit_damping;
        world
    }
}

fn in_precision<L: Lane>(precision: Precision) -> Vec<Row> {
    let mut rows = stands::<L>(precision);
    rows.extend(squeezes::<L>(precision));
    rows.extend(pushes::<L>(precision));
    rows
}

fn row(file: &'static str, quantity: &str, precision: Precision, tolerance: f64) -> Row {
    Row::new(file, format!("{quantity}, {}", precision.name), tolerance)
}

/// Speed of the trunk in m/s.
fn speed<L: Lane>(world: &ContactDynamics<L>) -> f64 {
    world.motion.velocity[..3].iter().map(|v| v.lane(0).powi(2)).sum::<f64>().sqrt()
}

/// Steps until the trunk has been slower than 1 mm/s for 0.1 s; false when it is not within 60 s.
fn comes_to_rest<L: Lane>(world: &mut ContactDynamics<L>) -> bool {
    let h = world.integration.timestep.lane(0);
    let mut still = 0.0;
    for _ in 0..(60.0 / h) as usize {
        world.step();
        still = if speed(world) < 1e-3 { still + h } else { 0.0 };
        if still > 0.1 {
            return true;
        }
    }
    false
}

fn stands<L: Lane>(precision: Precision) -> Vec<Row> {
    let mut heights = row(FILE, "standing, 2 s: height of the base in m", precision, 5e-3);
    let mut swinging =
        row(FILE, "standing, mean from 1.5 to 2 s: force of the feet, relative to m g", precision, 5e-3);
    let mut still = row(FILE, "standing, once still: force of the feet, relative to m g", precision, 5e-3);
    for case in quadruped_runs("stand") {
        let scene = standing(&case);
        let target = numbers(&case, "target");
        let start: Vec<f64> =
            target.iter().zip(numbers(&case, "qpos0_joint_offset")).map(|(a, b)| a + b).collect();
        let h = number(&case, "dt");
        let mut world = precision.world::<L>(&scene.model, h);
        put(&mut world, number(&case, "z0"), &start);
        for (slot, value) in world.control.iter_mut().zip(&target) {
            *slot = L::splat(*value);
        }
        let weight = number(&case["final"], "weight");
        let feet =
            |world: &mut ContactDynamics<L>| world.contact_force(|a, _| scene.feet.contains(&a)).z.lane(0);
        run(&mut world, 1.5);
        let steps = (0.5 / h).round() as usize;
        let mut mean = 0.0;
        for _ in 0..steps {
            world.step();
            mean += feet(&mut world) / steps as f64;
        }
        for row in [&mut heights, &mut swinging, &mut still] {
            row.cases += 1;
        }
        heights.difference((world.motion.position[2].lane(0) - number(&case["final"], "base_z")).abs());
        swinging.difference((mean / weight - 1.0).abs());
        let settled = comes_to_rest(&mut world);
        still.difference(if settled { (feet(&mut world) / weight - 1.0).abs() } else { f64::INFINITY });
    }
    vec![heights, swinging, still]
}

fn squeezes<L: Lane>(precision: Precision) -> Vec<Row> {
    let mut balance =
        row(FILE, "squeezed, 1.5 to 2 s: feet less ceiling less m g, relative to m g", precision, 1e-2);
    let mut heights = row(FILE, "squeezed, 2 s: height of the base in m", precision, 5e-3);
    let mut deepest = row(FILE, "squeezed, 2 s: penetration of the trunk in m", precision, 5e-3);
    let mut jitter = row(FILE, "squeezed, 1.5 to 2 s: speed of the trunk in m/s", precision, 0.05);
    let mut free =
        row(FILE, "below a ceiling out of reach: speed once the swing has died, m/s", precision, 0.05);
    for case in quadruped_runs("squeeze") {
        let scene = standing(&case);
        let (start, target) = (numbers(&case, "start"), numbers(&case, "target"));
        let h = number(&case, "dt");
        let touches = number(&case["final"], "ceiling_fz") > 0.0;
        let mut world = precision.world::<L>(&scene.model, h);
        put(&mut world, number(&case, "z0"), &start);
        for row in [&mut balance, &mut heights, &mut deepest] {
            row.cases += 1;
        }
        let (mut feet, mut top, mut counted) = (0.0, 0.0, 0.0);
        for step in 0..(2.0 / h).round() as usize {
            let part = (step as f64 * h / number(&case, "ramp_s")).min(1.0);
            for (slot, (a, b)) in world.control.iter_mut().zip(start.iter().zip(&target)) {
                *slot = L::splat(a + part * (b - a));
            }
            world.step();
            for contact in &world.contacts.contacts[..world.contacts.contact_count as usize] {
                if contact.geom_b as usize == scene.ceiling {
                    deepest.difference(-contact.point.distance.lane(0));
                }
            }
            if step as f64 * h > 1.5 {
                if touches {
                    jitter.difference(speed(&world));
                }
                feet += world.contact_force(|a, _| scene.feet.contains(&a)).z.lane(0);
                top -= world.contact_force(|_, other| other == scene.ceiling).z.lane(0);
                counted += 1.0;
            }
        }
        let weight = number(&case["final"], "weight");
        balance.difference(((feet - top) / counted / weight - 1.0).abs());
        heights.difference((world.motion.position[2].lane(0) - number(&case["final"], "base_z")).abs());
        if touches {
            jitter.cases += 1;
        } else {
            // Nothing damps the robot but its soft legs: it still swings at 2 s, as the recorded one does.
            free.cases += 1;
            let settled = comes_to_rest(&mut world);
            run(&mut world, 0.5);
            free.difference(if settled { speed(&world) } else { f64::INFINITY });
        }
    }
    vec![balance, heights, deepest, jitter, free]
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

fn pushes<L: Lane>(precision: Precision) -> Vec<Row> {
    let mut places =
        row("arm_push.jsonl", "pushed box: place, share of twice the spread or 10 mm", precision, 1.0);
    let mut turns =
        row("arm_push.jsonl", "pushed box: heading, share of twice the spread or 5 deg", precision, 1.0);
    for case in cases::lines::<Value>("arm_push.jsonl") {
        let push = Push::new(&case);
        let spread = (2.0 * number(&case, "final_xy_spread_over_variants")).max(0.01);
        let turn = (2.0 * number(&case, "final_yaw_spread_deg")).max(5.0);
        let finest = case["sims"]
            .as_array()
            .expect("sims")
            .iter()
            .min_by(|a, b| number(a, "dt").total_cmp(&number(b, "dt")));
        let end = numbers(finest.expect("a simulation"), "final_box");
        for h in [0.001, 0.005] {
            let mut world = precision.world::<L>(&push_scene(&case), h);
            for (slot, value) in world.motion.position.iter_mut().zip(&push.path[0]) {
                *slot = L::splat(*value);
            }
            for step in 0..(3.0 / h).round() as usize {
                push.drive(&mut world, step as f64 * h);
                world.step();
            }
            let (away, turned) = off_the_end(&world, &end);
            places.cases += 1;
            turns.cases += 1;
            places.difference(away / spread);
            turns.difference(turned / turn);
        }
    }
    vec![places, turns]
}
