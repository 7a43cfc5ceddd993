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
pub struct Trajectory {
    pub qpos0: Vec<f64>,
    pub qvel0: Vec<f64>,
    tau: Vec<Vec<f64>>,
    tau_hold: f64,
    pub semi_implicit_1ms: Vec<Vec<f64>>,
    pub semi_implicit_5ms: Vec<Vec<f64>>,
    pub truth_rk4: Vec<Vec<f64>>,
}

/// The recorded error of the energy of a run with one integrator and step.
#[derive(Deserialize)]
pub struct Drift {
    pub integrator: String,
    pub dt: f64,
    pub max_abs_energy_error_10s: f64,
}

/// The recordings of one pendulum.
#[derive(Deserialize)]
pub struct Chain {
    pub links: usize,
    pub trajectories: Vec<Trajectory>,
    pub energy_drift: Vec<Drift>,
}

/// The recordings of all pendulums.
#[derive(Deserialize)]
pub struct Pendulums {
    pub chains: std::collections::BTreeMap<String, Chain>,
}

/// The recordings of the spinning box.
#[derive(Deserialize)]
pub struct FreeBox {
    pub mass: f64,
    pub inertia: [f64; 3],
    pub trajectories: Vec<Trajectory>,
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
        }
    }
    if let Some(recorded) = cases::value::<FreeBox>("free_box.json") {
        let model = free_box(recorded.mass, recorded.inertia);
        compare("free_box.json", &model, &recorded.trajectories, f64::INFINITY, &mut rows);
    }
    let runs: Vec<Trajectory> = cases::lines("quadruped_freefall.jsonl");
    compare("quadruped_freefall.jsonl", &without_actuators(quadruped()), &runs, f64::INFINITY, &mut rows);
    let runs: Vec<Trajectory> = cases::lines("arm_freemotion.jsonl");
    compare("arm_freemotion.jsonl", &without_actuators(arm()), &runs, CHAOTIC_SECONDS, &mut rows);
    rows
}

/// The scheme of the recordings: everything at the beginning of the step.
pub fn recorded_scheme<L: Lane>(timestep: f64) -> Integration<L> {
    Integration { timestep: L::splat(timestep), implicit_damping: 0, implicit_gyroscopic: 0 }
}

/// The scheme that the engine takes unless told otherwise.
pub fn own_scheme<L: Lane>(timestep: f64) -> Integration<L> {
    Integration { timestep: L::splat(timestep), implicit_damping: 1, implicit_gyroscopic: 1 }
}

/// How to get from one state to the next.
#[derive(Clone, Copy)]
pub enum Scheme<L> {
    /// One of the engine's own.
    SemiImplicit(Integration<L>),
    /// Runge and Kutta's of fourth order, with steps of so many seconds.
    RungeKutta(f64),
}

/// The states at the recorded times, as rows like the recorded ones.
pub fn run<L: Lane>(
    layout: &Layout,
    trajectory: &Trajectory,
    samples: &[Vec<f64>],
    scheme: Scheme<L>,
) -> Vec<Vec<f64>> {
    let mut dynamics = SmoothDynamics::<L>::new(layout);
    dynamics.set_state(&trajectory.qpos0, &trajectory.qvel0);
    let timestep = match scheme {
        Scheme::SemiImplicit(integration) => integration.timestep.lane(0),
        Scheme::RungeKutta(timestep) => timestep,
    };
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
                match scheme {
                    Scheme::SemiImplicit(integration) => {
                        dynamics.step(integration, &mut control, &mut applied);
                    }
                    Scheme::RungeKutta(timestep) => {
                        dynamics.runge_kutta_step(L::splat(timestep), &mut control, &applied);
                    }
                }
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
    let row = |quantity: &str, tolerance| Row::new(file, format!("{name}: {quantity}"), tolerance);
    let undamped = layout.parameters.damping[..layout.tree.dofs as usize].iter().all(|d| *d == 0.0);
    let mut same = row(&format!("same scheme, 1 and 5 ms, {span}absolute, f64"), 1e-9);
    let mut single = row(&format!("same scheme, 1 ms, {span}absolute, f32"), 1e-3);
    let mut order = row(&format!("distance from order 1 between 1 and 0.5 ms, {span}f64"), 0.1);
    let mut exact = row(&format!("Runge-Kutta, 0.5 ms, {span}absolute, f64"), 1e-6);
    let mut fine = row(
        &format!("own scheme, 1 ms: distance from the truth over the recorded one's, {span}f64"),
        1.0 + 1e-6,
    );
    let mut coarse = row(
        &format!("own scheme, 5 ms: distance from the truth over the recorded one's, {span}f64"),
        1.0 + 1e-6,
    );
    for trajectory in trajectories {
        let truth = &trajectory.truth_rk4;
        for (timestep, recorded, own) in [
            (0.001, &trajectory.semi_implicit_1ms, &mut fine),
            (0.005, &trajectory.semi_implicit_5ms, &mut coarse),
        ] {
            let found =
                run::<f64>(&layout, trajectory, recorded, Scheme::SemiImplicit(recorded_scheme(timestep)));
            same.cases += 1;
            same.values += recorded.len() * recorded[0].len() - 1;
            same.difference(largest_difference(&found, recorded, seconds));
            // Damping at the end of the step, which is stable for any gain, is another motion to first order.
            if undamped {
                let scheme = Scheme::SemiImplicit(own_scheme(timestep));
                let found = run::<f64>(&layout, trajectory, truth, scheme);
                let listed = largest_difference(recorded, truth, seconds);
                own.cases += 1;
                own.difference(largest_difference(&found, truth, seconds) / listed);
            }
        }
        let recorded = &trajectory.semi_implicit_1ms;
        let found = run::<f32>(&layout, trajectory, recorded, Scheme::SemiImplicit(recorded_scheme(0.001)));
        single.cases += 1;
        single.values += recorded.len() * recorded[0].len() - 1;
        single.difference(largest_difference(&found, recorded, seconds.min(CHAOTIC_SECONDS)));
        let found = run::<f64>(&layout, trajectory, truth, Scheme::RungeKutta(0.0005));
        exact.cases += 1;
        exact.values += truth.len() * truth[0].len() - 1;
        exact.difference(largest_difference(&found, truth, seconds));
        // A first-order scheme halves its error with the step; measured where the error is well above rounding.
        let short = seconds.min(CHAOTIC_SECONDS);
        let error = |timestep| {
            let scheme = Scheme::SemiImplicit(recorded_scheme(timestep));
            largest_difference(&run::<f64>(&layout, trajectory, truth, scheme), truth, short)
        };
        let (whole, half) = (error(0.001), error(0.0005));
        if whole > 1e-7 {
            order.cases += 1;
            order.difference((whole / half / 2.0 - 1.0).abs());
        }
    }
    rows.extend([same, single, order, exact, fine, coarse].into_iter().filter(|row| row.cases > 0));
}
