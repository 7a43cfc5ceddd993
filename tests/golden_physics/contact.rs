//! Contact of single bodies against closed formulas and recorded rest: the rows of the validation table for
//! slopes, drops, bounces, stacks and joint limits, for the engine's own contact solver.

use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::native::lane::Lane;

use super::report::Row;
use super::scenes::{
    empty_world, free_ball, free_box, limited_hinge, number, numbers, run, simple, stack, tilted, world,
};

const FILE: &str = "contact_simple.json";

/// All rows, in double precision and in lanes.
pub fn rows() -> Vec<Row> {
    let mut rows = in_precision::<f64>("f64");
    rows.extend(in_precision::<wide::f32x8>("f32 lanes"));
    rows
}

fn in_precision<L: Lane>(precision: &str) -> Vec<Row> {
    let mut rows = blocks_on_slopes::<L>(precision);
    rows.extend(balls_on_slopes::<L>(precision));
    rows.extend(drops::<L>(precision));
    rows.extend(bounces::<L>(precision));
    rows.extend(stacks::<L>(precision));
    rows.extend(joint_limits::<L>(precision));
    rows
}

fn row(quantity: &str, precision: &str, tolerance: f64) -> Row {
    Row::new(FILE, format!("{quantity}, {precision}"), tolerance)
}

/// How far `found` is from `expected`, where 2 %, and at least `least`, are allowed, as a share of that.
fn share(found: f64, expected: f64, least: f64) -> f64 {
    (found - expected).abs() / (0.02 * expected).max(least)
}

fn blocks_on_slopes<L: Lane>(precision: &str) -> Vec<Row> {
    let mut sliding = row("block slides 1 s: speed, share of 2 % or 0.02 m/s", precision, 1.0);
    let mut stuck = row("block sticks 1 s: creep in m/s", precision, 5e-3);
    for case in simple("box_on_slope") {
        let mu = number(&case, "mu");
        let expected = number(&case, "analytic_vel");
        for h in [0.001, 0.0025, 0.005] {
            let mut model = empty_world(tilted(number(&case, "theta_deg")), mu);
            model.bodies.push(free_box("block", 1.0, [0.1, 0.1, 0.05], [0.0, 0.0, 0.05], mu));
            let mut world = world::<L>(&model, h);
            run(&mut world, 1.0);
            let speed = world.motion.velocity[0].lane(0);
            if expected == 0.0 {
                stuck.cases += 1;
                stuck.difference(world.motion.position[0].lane(0).abs());
                stuck.difference(speed.abs());
            } else {
                sliding.cases += 1;
                sliding.difference(share(speed, expected, 0.02));
            }
        }
    }
    vec![sliding, stuck]
}

fn balls_on_slopes<L: Lane>(precision: &str) -> Vec<Row> {
    let mut rolling = row("ball on a slope 1 s: speeds, share of 2 % or 0.02 m/s", precision, 1.0);
    let radius = 0.1;
    for case in simple("sphere_on_slope") {
        let mu = number(&case, "mu");
        for h in [0.001, 0.0025, 0.005] {
            let mut model = empty_world(tilted(number(&case, "theta_deg")), mu);
            model.bodies.push(free_ball(1.0, radius, radius, mu));
            let mut world = world::<L>(&model, h);
            run(&mut world, 1.0);
            let [speed, spin] = [0, 4].map(|dof| world.motion.velocity[dof].lane(0));
            rolling.cases += 1;
            rolling.difference(share(speed, number(&case, "analytic_vel_1s"), 0.02));
            rolling.difference(share(spin * radius, number(&case, "analytic_omega_1s") * radius, 0.02));
        }
    }
    vec![rolling]
}

fn drops<L: Lane>(precision: &str) -> Vec<Row> {
    let mut impact = row("ball drops: time of impact in steps", precision, 1.0);
    let mut rest = row("ball drops: penetration at rest in m", precision, 1e-3);
    let mut still = row("ball drops: speed at rest in m/s", precision, 1e-3);
    for case in simple("sphere_drop") {
        let (radius, height, h) =
            (number(&case, "radius"), number(&case, "drop_height"), number(&case, "dt"));
        let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
        model.bodies.push(free_ball(number(&case, "mass"), radius, radius + height, 0.8));
        let mut world = world::<L>(&model, h);
        let mut hit = f64::NAN;
        for step in 1..=(2.0 / h) as usize {
            world.step();
            if hit.is_nan() && world.contact_force(|a, b| a < b).z.lane(0).abs() > 0.0 {
                hit = step as f64 * h;
            }
        }
        for row in [&mut impact, &mut rest, &mut still] {
            row.cases += 1;
        }
        // A step that ends within rounding of the impact counts as the one that holds it.
        impact.difference(((hit - number(&case, "analytic_impact_time")).abs() - 1e-9) / h);
        let sunk = radius - world.motion.position[2].lane(0);
        // Hovering is worse than sinking: a tenth of it is allowed.
        rest.difference(sunk.max(-10.0 * sunk));
        still.difference(world.motion.velocity[2].lane(0).abs());
    }
    vec![impact, rest, still]
}

fn bounces<L: Lane>(precision: &str) -> Vec<Row> {
    let mut apex = row("ball bounces, 1 ms: apex, relative to e² h", precision, 0.05);
    let mut none = row("ball without restitution, 1 ms: apex in m", precision, 1e-4);
    for case in simple("bounce_analytic") {
        let (height, restitution, radius, h) = (number(&case, "h"), number(&case, "e"), 0.1, 0.001);
        let mut model = empty_world([0.0, 0.0, -9.81], 0.8);
        let mut ball = free_ball(1.0, radius, radius + height, 0.8);
        ball.geoms[0].restitution = restitution;
        model.bodies.push(ball);
        let mut world = world::<L>(&model, h);
        let fall = number(&case, "t_impact");
        let (mut reached, mut time) = (f64::NEG_INFINITY, 0.0);
        while time < fall * (1.0 + restitution) + 0.2 {
            world.step();
            time += h;
            let rising = world.motion.velocity[2].lane(0) > -0.01;
            if time > fall - 2.0 * h && (rising || reached.is_finite()) {
                reached = reached.max(world.motion.position[2].lane(0) - radius);
            }
        }
        let expected = number(&case, "apex_after_first");
        if expected > 0.0 {
            apex.cases += 1;
            apex.difference((reached - expected).abs() / expected);
        } else {
            none.cases += 1;
            none.difference(reached.abs());
        }
    }
    vec![apex, none]
}

fn stacks<L: Lane>(precision: &str) -> Vec<Row> {
    let mut sideways = row("stacks, 3 s: drift sideways in m", precision, 1e-3);
    let mut downwards = row("stacks: drift downwards after the first second in m", precision, 1e-3);
    let mut growth = row("stacks: speed of the third second over the second's or 1 mm/s", precision, 1.1);
    let mut heights = row(
        "stacks as soft as recorded (50 Hz), 3 s: distance from the recorded heights in m",
        precision,
        1e-3,
    );
    for case in simple("stack") {
        let count = case["boxes"].as_u64().expect("boxes") as usize;
        let h = number(&case, "dt");
        for row in [&mut sideways, &mut downwards, &mut growth, &mut heights] {
            row.cases += 1;
        }
        let mut world = world::<L>(&stack(count), h);
        let height = |world: &ContactDynamics<L>, i: usize| world.motion.position[7 * i + 2].lane(0);
        run(&mut world, 1.0);
        let after_one: Vec<f64> = (0..count).map(|i| height(&world, i)).collect();
        let mut fastest = [0.0f64; 2];
        let steps = (1.0 / h).round() as usize;
        for step in 0..2 * steps {
            world.step();
            for v in &world.motion.velocity[..6 * count] {
                fastest[step / steps] = fastest[step / steps].max(v.lane(0).abs());
            }
            for (i, after_one) in after_one.iter().enumerate() {
                let [x, y] = [0, 1].map(|k| world.motion.position[7 * i + k].lane(0));
                sideways.difference(x.hypot(y));
                downwards.difference((height(&world, i) - after_one).abs());
            }
        }
        growth.difference(fastest[1] / fastest[0].max(1e-3));
        // How far a stack sinks is a question of softness, so for its heights the recorded one is taken.
        let options = ContactOptions { frequency: Some(50.0), ..ContactOptions::default() };
        let mut soft = ContactDynamics::<L>::new(&stack(count), h, &options).expect("a stack");
        run(&mut soft, 3.0);
        for (i, recorded) in numbers(&case, "heights").into_iter().enumerate() {
            heights.difference((height(&soft, i) - recorded).abs());
        }
    }
    vec![sideways, downwards, growth, heights]
}

fn joint_limits<L: Lane>(precision: &str) -> Vec<Row> {
    let mut violation = row("joint at its limit, 2 s: static violation in rad", precision, 0.02);
    let mut gain = row("joint at its limit: gain of energy, relative to the first", precision, 1e-3);
    for case in simple("joint_limit") {
        let (torque, h, limit) = (number(&case, "tau"), number(&case, "dt"), number(&case, "limit"));
        let mut world = world::<L>(&limited_hinge(limit), h);
        world.motion.velocity[0] = L::splat(number(&case, "v0"));
        world.applied[0] = L::splat(torque);
        let half_inertia = 0.015;
        let first = half_inertia * number(&case, "v0").powi(2);
        let mut lowest = first;
        violation.cases += 1;
        gain.cases += 1;
        for _ in 0..(2.0 / h) as usize {
            world.step();
            let (q, v) = (world.motion.position[0].lane(0), world.motion.velocity[0].lane(0));
            let energy = half_inertia * v * v - torque * q;
            gain.difference((energy - lowest).max(0.0) / first);
            lowest = lowest.min(energy);
        }
        let (q, v) = (world.motion.position[0].lane(0), world.motion.velocity[0].lane(0));
        violation.difference((q - limit).max(0.0));
        if torque > 0.0 {
            // Held at the limit, not before it, and at rest.
            violation.difference(20.0 * (limit - q).max(0.0));
            violation.difference(20.0 * v.abs());
        }
    }
    vec![violation, gain]
}
