//! Recorded motions without contact: the same scheme step by step, and closeness to the true motion.

use pentathlon_physics::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use pentathlon_physics::dynamics::integrator::rules::Integration;
use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::ModelDescription;
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::native::smooth::SmoothDynamics;
use pentathlon_physics::robots::{arm, quadruped};
use serde::Deserialize;

use super::cases;
use super::models::{free_box, pendulum, without_actuators};
use super::report::Row;

/// One recorded run; rows are t, qpos, qvel every `every` seconds.
#[derive(Deserialize)]
struct Trajectory {
    qpos0: Vec<f64>,
    qvel0: Vec<f64>,
    tau: Vec<Vec<f64>>,
    tau_hold: f64,
    semi_implicit_1ms: Vec<Vec<f64>>,
    semi_implicit_5ms: Vec<Vec<f64>>,
    truth_rk4: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Drift {
    integrator: String,
    dt: f64,
    max_abs_energy_error_10s: f64,
}

#[derive(Deserialize)]
struct Chain {
    links: usize,
    trajectories: Vec<Trajectory>,
    energy_drift: Vec<Drift>,
}

#[derive(Deserialize)]
struct Pendulums {
    chains: std::collections::BTreeMap<String, Chain>,
}

#[derive(Deserialize)]
struct FreeBox {
    mass: f64,
    inertia: [f64; 3],
    trajectories: Vec<Trajectory>,
}

/// How long a run is compared: errors of some grow so fast that rounding decides after a while.
const CHAOTIC_SECONDS: f64 = 0.3;

/// All recorded motions.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(pendulums) = cases::value::<Pendulums>("pendulums.json") {
        for chain in pendulums.chains.values() {
            let seconds = if chain.links > 2 { CHAOTIC_SECONDS } else { f64::INFINITY };
            compare("pendulums.json", &pendulum(chain.links), &chain.trajectories, seconds, &mut rows);
            energy_drift(chain, &mut rows);
        }
    }
    if let Some(recorded) = cases::value::<FreeBox>("free_box.json") {
        let model = free_box(recorded.mass, recorded.inertia);
        compare("free_box.json", &model, &recorded.trajectories, f64::INFINITY, &mut rows);
        rows.extend(gyroscopic(&model, &recorded.trajectories));
    }
    let runs: Vec<Trajectory> = cases::lines("quadruped_freefall.jsonl");
    compare("quadruped_freefall.jsonl", &without_actuators(quadruped()), &runs, f64::INFINITY, &mut rows);
    let runs: Vec<Trajectory> = cases::lines("arm_freemotion.jsonl");
    compare("arm_freemotion.jsonl", &without_actuators(arm()), &runs, CHAOTIC_SECONDS, &mut rows);
    rows
}

/// The scheme of the recordings: everything at the beginning of the step.
fn recorded_scheme<L: Lane>(timestep: f64) -> Integration<L> {
    Integration { timestep: L::splat(timestep), implicit_damping: 0, implicit_gyroscopic: 0 }
}

/// The states at the recorded times, as rows like the recorded ones.
fn run<L: Lane>(
    layout: &Layout,
    trajectory: &Trajectory,
    samples: &[Vec<f64>],
    integration: Integration<L>,
) -> Vec<Vec<f64>> {
    let mut dynamics = SmoothDynamics::<L>::new(layout);
    dynamics.set_state(&trajectory.qpos0, &trajectory.qvel0);
    let timestep = integration.timestep.lane(0);
    let first_joint = layout.tree.dofs as usize - trajectory.tau.first().map_or(0, Vec::len);
    let mut control = [L::splat(0.0); MAX_ACTUATORS];
    let mut done = 0;
    samples
        .iter()
        .map(|sample| {
            let steps = (sample[0] / timestep).round() as usize;
            while done < steps {
                let mut applied = [L::splat(0.0); MAX_DOFS];
                if let Some(last) = trajectory.tau.len().checked_sub(1) {
                    let held = ((done as f64 + 0.5) * timestep / trajectory.tau_hold) as usize;
                    for (slot, torque) in
                        applied[first_joint..].iter_mut().zip(&trajectory.tau[held.min(last)])
                    {
                        *slot = L::splat(*torque);
                    }
                }
                dynamics.step(integration, &mut control, &mut applied);
                done += 1;
            }
            let motion = &dynamics.motion;
            let mut row = vec![sample[0]];
            row.extend(motion.position[..trajectory.qpos0.len()].iter().map(|value| value.lane(0)));
            row.extend(motion.velocity[..trajectory.qvel0.len()].iter().map(|value| value.lane(0)));
            row
        })
        .collect()
}

fn largest_difference(found: &[Vec<f64>], expected: &[Vec<f64>], seconds: f64) -> f64 {
    found
        .iter()
        .zip(expected)
        .filter(|(_, expected)| expected[0] <= seconds)
        .flat_map(|(found, expected)| found.iter().zip(expected))
        .map(|(found, expected)| (found - expected).abs())
        .fold(0.0, f64::max)
}

fn compare(
    file: &'static str,
    model: &ModelDescription,
    trajectories: &[Trajectory],
    seconds: f64,
    rows: &mut Vec<Row>,
) {
    let layout = Layout::new(model).expect("the recorded model is sound");
    let span = if seconds.is_finite() { format!("first {seconds} s, ") } else { String::new() };
    let name = &model.name;
    let mut same = Row::new(file, format!("{name}: same scheme, 1 and 5 ms, {span}absolute, f64"), 1e-9);
    let mut single = Row::new(file, format!("{name}: same scheme, 1 ms, {span}absolute, f32"), 1e-2);
    let mut order =
        Row::new(file, format!("{name}: distance from order 1 between 1 and 0.5 ms, {span}f64"), 0.2);
    for trajectory in trajectories {
        for (timestep, recorded) in
            [(0.001, &trajectory.semi_implicit_1ms), (0.005, &trajectory.semi_implicit_5ms)]
        {
            let found = run::<f64>(&layout, trajectory, recorded, recorded_scheme(timestep));
            same.cases += 1;
            same.values += recorded.len() * recorded[0].len() - 1;
            same.difference(largest_difference(&found, recorded, seconds));
        }
        let recorded = &trajectory.semi_implicit_1ms;
        let found = run::<f32>(&layout, trajectory, recorded, recorded_scheme(0.001));
        single.cases += 1;
        single.values += recorded.len() * recorded[0].len() - 1;
        single.difference(largest_difference(&found, recorded, seconds.min(CHAOTIC_SECONDS)));
        // A first-order scheme halves its error with the step; measured where the error is well above rounding.
        let truth = &trajectory.truth_rk4;
        let short = seconds.min(CHAOTIC_SECONDS);
        let error = |timestep| {
            largest_difference(
                &run::<f64>(&layout, trajectory, truth, recorded_scheme(timestep)),
                truth,
                short,
            )
        };
        let (whole, half) = (error(0.001), error(0.0005));
        if whole > 1e-7 {
            order.cases += 1;
            order.difference((whole / half / 2.0 - 1.0).abs());
        }
    }
    rows.extend([same, single, order].into_iter().filter(|row| row.cases > 0));
}

/// Largest deviation of the energy within 10 s, against the recorded one of the same scheme: it may not be
/// larger by more than what two summation orders make of a chaotic motion.
fn energy_drift(chain: &Chain, rows: &mut Vec<Row>) {
    let layout = Layout::new(&pendulum(chain.links)).expect("the recorded model is sound");
    let Some(start) = chain.trajectories.first() else { return };
    let mut row = Row::new(
        "pendulums.json",
        format!("{} links: energy error within 10 s over the recorded one, f64", chain.links),
        1.5,
    );
    for drift in chain.energy_drift.iter().filter(|drift| drift.integrator == "semi_implicit") {
        let mut dynamics = SmoothDynamics::<f64>::new(&layout);
        dynamics.set_state(&start.qpos0, &start.qvel0);
        let energy = |dynamics: &SmoothDynamics<f64>| dynamics.potential_energy() + dynamics.kinetic_energy();
        let at_start = energy(&dynamics);
        let mut worst = 0.0_f64;
        for _ in 0..(10.0 / drift.dt).round() as usize {
            dynamics.step(recorded_scheme(drift.dt), &mut [0.0; MAX_ACTUATORS], &mut [0.0; MAX_DOFS]);
            dynamics.update();
            worst = worst.max((energy(&dynamics) - at_start).abs());
        }
        row.cases += 1;
        row.difference(worst / drift.max_abs_energy_error_10s);
    }
    if row.cases > 0 {
        rows.push(row);
    }
}

/// The engine's own scheme on the spinning box: no gain of energy, momentum no worse than the recorded
/// scheme's, at 5 ms.
fn gyroscopic(model: &ModelDescription, trajectories: &[Trajectory]) -> Vec<Row> {
    let layout = Layout::new(model).expect("the recorded model is sound");
    let mut gain =
        Row::new("free_box.json", "implicit gyroscopic step, 5 ms, 1 s: relative gain of energy, f64", 1e-9);
    let mut linear =
        Row::new("free_box.json", "implicit gyroscopic step, 5 ms, 1 s: linear momentum, f64", 1e-12);
    for trajectory in trajectories {
        let mut dynamics = SmoothDynamics::<f64>::new(&layout);
        dynamics.set_state(&trajectory.qpos0, &trajectory.qvel0);
        let (energy, momentum) = (dynamics.kinetic_energy(), dynamics.momentum(0).linear);
        gain.cases += 1;
        linear.cases += 1;
        for _ in 0..200 {
            let scheme = Integration { implicit_gyroscopic: 1, ..recorded_scheme(0.005) };
            dynamics.step(scheme, &mut [0.0; MAX_ACTUATORS], &mut [0.0; MAX_DOFS]);
            dynamics.update();
            gain.difference((dynamics.kinetic_energy() / energy - 1.0).max(0.0));
            let now = dynamics.momentum(0).linear;
            linear.absolute(&[now.x, now.y, now.z], &[momentum.x, momentum.y, momentum.z]);
        }
    }
    vec![gain, linear].into_iter().filter(|row| row.cases > 0).collect()
}
