//! The mode that follows MuJoCo's soft convex problem, against the recordings with contact.

use pentathlon_physics::model::ModelDescription;
use pentathlon_physics::soft::{SoftDynamics, SoftOptions};
use serde_json::Value;

use super::cases;
use super::report::Row;
use super::robots::{Push, off_the_end, push_scene, put, quadruped_runs, standing};
use super::scenes::{
    empty_world, free_ball, free_box, limited_hinge, number, numbers, simple, stack, tilted,
};

/// All rows; the mode exists in double precision only.
pub fn rows() -> Vec<Row> {
    let mut rows = vec![slopes(), drops(), stacks(), joint_limits()];
    rows.extend(standing_robots());
    rows.extend(squeezed_robots());
    rows.extend(pushed_boxes());
    rows
}

/// The soft mode with the settings of a recorded simulation.
fn soft(model: &ModelDescription, row: &Value) -> SoftDynamics {
    let mut options = SoftOptions::default();
    if let Some(ratio) = row["impratio"].as_f64() {
        options.impedance_ratio = ratio;
    }
    if let Some(time) = row["solref_timeconst"].as_f64() {
        options.contact.time_constant = time;
        options.contact.range = [number(row, "impedance"); 2];
    }
    SoftDynamics::new(model, number(row, "dt"), options).expect("a model")
}

fn run_soft(soft: &mut SoftDynamics, seconds: f64) {
    for _ in 0..(seconds / soft.world.integration.timestep).round() as usize {
        soft.step();
    }
}

fn elliptic(row: &Value) -> impl Iterator<Item = &Value> {
    row["sims"].as_array().expect("sims").iter().filter(|sim| sim["cone"] == "elliptic")
}

fn slopes() -> Row {
    let mut compared = Row::new("contact_simple.json", "soft mode, blocks on slopes: m and m/s", 1e-6);
    for row in simple("box_on_slope") {
        let mu = number(&row, "mu");
        for sim in elliptic(&row) {
            let mut model = empty_world(tilted(number(&row, "theta_deg")), mu);
            model.bodies.push(free_box("block", 1.0, [0.1, 0.1, 0.05], [0.0, 0.0, 0.05], mu));
            let mut soft = soft(&model, sim);
            run_soft(&mut soft, number(&row, "T"));
            let motion = &soft.world.motion;
            compared.cases += 1;
            compared.absolute(
                &[motion.velocity[0], motion.position[0], motion.position[2]],
                &["vx", "x", "z"].map(|key| number(sim, key)),
            );
        }
    }
    compared
}

fn drops() -> Row {
    let mut compared =
        Row::new("contact_simple.json", "soft mode, drops: penetration at rest and deepest, m", 1e-9);
    for row in simple("sphere_drop") {
        let (radius, height) = (number(&row, "radius"), number(&row, "drop_height"));
        let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
        model.bodies.push(free_ball(number(&row, "mass"), radius, radius + height, 0.8));
        let mut soft = soft(&model, &row);
        let mut deepest = 0.0f64;
        for _ in 0..(3.0 / number(&row, "dt")) as usize {
            soft.step();
            deepest = deepest.max(radius - soft.world.motion.position[2]);
        }
        compared.cases += 1;
        compared.absolute(
            &[radius - soft.world.motion.position[2], deepest],
            &["rest_penetration", "deepest_penetration"].map(|key| number(&row, key)),
        );
    }
    compared
}

fn stacks() -> Row {
    let mut compared = Row::new("contact_simple.json", "soft mode, stacks: heights in m", 1e-9);
    for row in simple("stack") {
        let heights = numbers(&row, "heights");
        let mut soft = soft(&stack(heights.len()), &row);
        run_soft(&mut soft, number(&row, "T"));
        compared.cases += 1;
        for (index, height) in heights.into_iter().enumerate() {
            compared.absolute(&[soft.world.motion.position[7 * index + 2]], &[height]);
        }
    }
    compared
}

fn joint_limits() -> Row {
    let mut compared = Row::new("contact_simple.json", "soft mode, joint limits: rad and rad/s", 1e-9);
    for row in simple("joint_limit") {
        let mut soft = soft(&limited_hinge(number(&row, "limit")), &row);
        soft.world.motion.velocity[0] = number(&row, "v0");
        soft.world.applied[0] = number(&row, "tau");
        let mut worst = 0.0f64;
        for _ in 0..(2.0 / number(&row, "dt")).round() as usize {
            soft.step();
            worst = worst.max(soft.world.motion.position[0] - number(&row, "limit"));
        }
        compared.cases += 1;
        compared.absolute(
            &[soft.world.motion.position[0], soft.world.motion.velocity[0], worst],
            &["final_angle", "final_vel", "worst_violation"].map(|key| number(&row, key)),
        );
    }
    compared
}

fn standing_robots() -> [Row; 2] {
    let [mut heights, mut joints] =
        [("height of the base in m", 1e-6), ("joints in rad", 1e-5)].map(|(quantity, tolerance)| {
            Row::new("quadruped_contact.jsonl", format!("soft mode, standing, 2 s: {quantity}"), tolerance)
        });
    for row in &quadruped_runs("stand") {
        let scene = standing(row);
        let target = numbers(row, "target");
        let start: Vec<f64> =
            target.iter().zip(numbers(row, "qpos0_joint_offset")).map(|(a, b)| a + b).collect();
        let mut soft = soft(&scene.model, row);
        put(&mut soft.world, number(row, "z0"), &start);
        soft.world.control[..12].copy_from_slice(&target);
        run_soft(&mut soft, 2.0);
        heights.cases += 1;
        joints.cases += 1;
        heights.absolute(&[soft.world.motion.position[2]], &[number(&row["final"], "base_z")]);
        joints.absolute(&soft.world.motion.position[7..19], &numbers(&row["final"], "joint_pos"));
    }
    [heights, joints]
}

fn squeezed_robots() -> [Row; 2] {
    let [mut heights, mut forces] =
        [("height of the base in m", 1e-6), ("force of the ceiling, relative", 1e-3)].map(
            |(quantity, tolerance)| {
                Row::new(
                    "quadruped_contact.jsonl",
                    format!("soft mode, squeezed, 2 s: {quantity}"),
                    tolerance,
                )
            },
        );
    for row in &quadruped_runs("squeeze") {
        let scene = standing(row);
        let (start, target) = (numbers(row, "start"), numbers(row, "target"));
        let h = number(row, "dt");
        let mut soft = soft(&scene.model, row);
        put(&mut soft.world, number(row, "z0"), &start);
        for step in 0..(2.0 / h).round() as usize {
            let part = (step as f64 * h / number(row, "ramp_s")).min(1.0);
            for (slot, (a, b)) in soft.world.control.iter_mut().zip(start.iter().zip(&target)) {
                *slot = a + part * (b - a);
            }
            soft.step();
        }
        let top = -soft.world.contact_force(|_, other| other == scene.ceiling).z;
        let recorded = number(&row["final"], "ceiling_fz");
        heights.cases += 1;
        forces.cases += 1;
        heights.absolute(&[soft.world.motion.position[2]], &[number(&row["final"], "base_z")]);
        // The force still creeps; ours belongs to the step before the sampled state.
        forces.difference((top - recorded).abs() / recorded.max(1.0));
    }
    [heights, forces]
}

fn pushed_boxes() -> [Row; 2] {
    let mut places = Row::new("arm_push.jsonl", "soft mode, pushed box: place in m", 4e-3);
    let mut turns = Row::new("arm_push.jsonl", "soft mode, pushed box: heading in deg", 3.0);
    for row in cases::lines::<Value>("arm_push.jsonl") {
        let push = Push::new(&row);
        for sim in elliptic(&row) {
            let h = number(sim, "dt");
            let mut soft = soft(&push_scene(&row), sim);
            soft.world.motion.position[..7].copy_from_slice(&push.path[0]);
            for step in 0..(3.0 / h).round() as usize {
                push.drive(&mut soft.world, step as f64 * h);
                soft.step();
            }
            let (away, turned) = off_the_end(&soft.world, &numbers(sim, "final_box"));
            // Where the tool touches the box with its side, the two points of a capsule are chosen
            // differently, which moves the end by up to 2 mm.
            places.cases += 1;
            turns.cases += 1;
            places.difference(away);
            turns.difference(turned);
        }
    }
    [places, turns]
}
