//! Recorded states: M, b and accelerations, energies, points, Jacobians, momenta.

use pentathlon_physics::layout::Layout;
use pentathlon_physics::model::{ModelDescription, Shape};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::native::smooth::SmoothDynamics;
use pentathlon_physics::robots::{ARM_TOOL, QUADRUPED_FEET, arm, quadruped};
use pentathlon_physics::vector::rules::Vector3;
use serde::Deserialize;

use super::cases;
use super::models::{free_box, pendulum, without_actuators};
use super::report::Row;

/// One recorded state; what a model has not is absent.
#[derive(Deserialize)]
pub struct State {
    qpos: Vec<f64>,
    qvel: Vec<f64>,
    tau: Vec<f64>,
    #[serde(rename = "M")]
    mass_matrix: Vec<f64>,
    bias: Vec<f64>,
    passive: Vec<f64>,
    qacc: Vec<f64>,
    epot: f64,
    ekin: f64,
    foot_pos: Option<Vec<f64>>,
    foot_vel: Option<Vec<f64>>,
    com: Option<Vec<f64>>,
    com_vel: Option<Vec<f64>>,
    ang_mom_about_com: Option<Vec<f64>>,
    tool_pos: Option<Vec<f64>>,
    tool_rot: Option<Vec<f64>>,
    jac_pos: Option<Vec<f64>>,
    jac_rot: Option<Vec<f64>>,
}

#[derive(Deserialize)]
pub struct Chain {
    pub links: usize,
    states: Vec<State>,
}

#[derive(Deserialize)]
struct Pendulums {
    chains: std::collections::BTreeMap<String, Chain>,
}

#[derive(Deserialize)]
struct FreeBox {
    mass: f64,
    inertia: [f64; 3],
    states: Vec<State>,
}

/// All recorded states, in `f64` and in `f32`.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some(pendulums) = cases::value::<Pendulums>("pendulums.json") {
        let chains: Vec<_> =
            pendulums.chains.values().map(|chain| (pendulum(chain.links), chain.states.as_slice())).collect();
        both_precisions("pendulums.json", &chains, &mut rows);
    }
    if let Some(recorded) = cases::value::<FreeBox>("free_box.json") {
        let model = free_box(recorded.mass, recorded.inertia);
        both_precisions("free_box.json", &[(model, recorded.states.as_slice())], &mut rows);
    }
    let states: Vec<State> = cases::lines("quadruped_states.jsonl");
    both_precisions("quadruped_states.jsonl", &[(without_actuators(quadruped()), &states)], &mut rows);
    let states: Vec<State> = cases::lines("arm_states.jsonl");
    both_precisions("arm_states.jsonl", &[(without_actuators(arm()), &states)], &mut rows);
    rows
}

fn both_precisions(file: &'static str, models: &[(ModelDescription, &[State])], rows: &mut Vec<Row>) {
    rows.extend(compare::<f64>(file, models, "f64", [1e-10, 1e-10, 1e-10]));
    rows.extend(compare::<f32>(file, models, "f32", [1e-5, 1e-4, 1e-5]));
    rows.extend(compare::<wide::f32x8>(file, models, "f32 lanes", [1e-5, 1e-4, 1e-5]));
}

fn compare<L: Lane>(
    file: &'static str,
    models: &[(ModelDescription, &[State])],
    precision: &str,
    [forces, accelerations, points]: [f64; 3],
) -> Vec<Row> {
    let row = |quantity: &str, tolerance| Row::new(file, format!("{quantity}, {precision}"), tolerance);
    let mut matrix = row("M, relative", forces);
    let mut bias = row("bias, relative to the forces of the state", forces);
    let mut solved = row("acceleration by M's factor, relative", accelerations);
    let mut articulated = row("acceleration by articulated bodies, relative", accelerations.max(1e-9));
    let mut energy = row("energies, relative", points);
    let mut places = row("points, velocities, Jacobians, momentum, relative", points);
    for (model, states) in models {
        let layout = Layout::new(model).expect("the recorded model is sound");
        let mut dynamics = SmoothDynamics::<L>::new(&layout);
        for state in *states {
            dynamics.set_state(&state.qpos, &state.qvel);
            for row in [&mut matrix, &mut bias, &mut solved, &mut articulated, &mut energy] {
                row.cases += 1;
            }
            matrix.relative(&packed(&dynamics.mass_matrix()), &state.mass_matrix);
            // A pendulum that hangs nearly still has hardly any bias: all forces of the state are the measure.
            let measure: Vec<f64> = state.bias.iter().chain(&state.tau).copied().collect();
            bias.relative_to(&numbers(&dynamics.bias()), &state.bias, &measure);
            let force: Vec<L> =
                state.tau.iter().zip(&state.passive).map(|(tau, passive)| L::splat(tau + passive)).collect();
            solved.relative(&numbers(&dynamics.accelerations(&force)), &state.qacc);
            articulated.relative(&numbers(&dynamics.articulated_accelerations(&force)), &state.qacc);
            let scale = state.epot.abs() + state.ekin.abs();
            energy.difference((dynamics.potential_energy().lane(0) - state.epot).abs() / scale);
            energy.difference((dynamics.kinetic_energy().lane(0) - state.ekin).abs() / scale);
            compare_points(&layout, &mut dynamics, state, &mut places);
        }
    }
    let mut rows = vec![matrix, bias, solved, articulated, energy];
    if places.cases > 0 {
        rows.push(places);
    }
    rows
}

fn compare_points<L: Lane>(layout: &Layout, dynamics: &mut SmoothDynamics<L>, state: &State, row: &mut Row) {
    if let (Some(positions), Some(velocities)) = (&state.foot_pos, &state.foot_vel) {
        row.cases += 1;
        let (mut found, mut speeds) = (Vec::new(), Vec::new());
        for foot in QUADRUPED_FEET {
            let geom =
                layout.geoms.iter().find(|geom| geom.name == foot).expect("the quadruped has four feet");
            assert!(matches!(geom.shape, Shape::Sphere { .. }));
            let body = geom.body.expect("feet move");
            found.extend(vector(dynamics.point(body, lanes(geom.position))));
            speeds.extend(vector(dynamics.point_velocity(body, lanes(geom.position))));
        }
        row.relative(&found, positions);
        row.relative(&speeds, velocities);
    }
    if let (Some(com), Some(velocity), Some(spin)) = (&state.com, &state.com_vel, &state.ang_mom_about_com) {
        let momentum = dynamics.momentum(0);
        row.relative(&vector(momentum.center_of_mass), com);
        let mass = momentum.mass.lane(0);
        row.relative(&vector(momentum.linear).map(|p| p / mass), velocity);
        row.relative(&vector(momentum.angular), spin);
    }
    if let (Some(position), Some(rotation)) = (&state.tool_pos, &state.tool_rot) {
        row.cases += 1;
        let link = layout.attachment("link7").and_then(|link| link.body).expect("the arm has seven links");
        row.relative(&vector(dynamics.point(link, lanes(ARM_TOOL))), position);
        let m = dynamics.work.kinematics.rotation[link];
        let rows = [m.x.x, m.y.x, m.z.x, m.x.y, m.y.y, m.z.y, m.x.z, m.y.z, m.z.z];
        row.relative(&numbers(&rows), rotation);
        let (linear, angular) = dynamics.jacobians(link, lanes(ARM_TOOL));
        for (found, expected) in [(linear, &state.jac_pos), (angular, &state.jac_rot)] {
            row.relative(&numbers(&found.concat()), expected.as_ref().expect("both Jacobians are recorded"));
        }
    }
}

fn packed<L: Lane>(matrix: &[Vec<L>]) -> Vec<f64> {
    matrix.iter().enumerate().flat_map(|(i, row)| numbers(&row[..=i])).collect()
}

fn numbers<L: Lane>(values: &[L]) -> Vec<f64> {
    values.iter().map(|value| value.lane(L::WIDTH - 1)).collect()
}

fn lanes<L: Lane>([x, y, z]: [f64; 3]) -> Vector3<L> {
    Vector3 { x: L::splat(x), y: L::splat(y), z: L::splat(z) }
}

fn vector<L: Lane>(v: Vector3<L>) -> [f64; 3] {
    [v.x.lane(0), v.y.lane(0), v.z.lane(0)]
}
