//! Prints how closely the physics follows its recordings, as the table in `docs/physics-accuracy.md`.

#[path = "../tests/golden_physics/cases.rs"]
mod cases;
#[path = "../tests/golden_physics/models.rs"]
mod models;
#[path = "../tests/golden_physics/report.rs"]
mod report;
#[path = "../tests/golden_physics/states.rs"]
mod states;
#[path = "../tests/golden_physics/trajectories.rs"]
mod trajectories;

fn main() {
    let mut rows = states::rows();
    rows.extend(trajectories::rows());
    print!("{}", report::table(&rows));
}
