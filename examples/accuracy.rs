//! Prints how closely the physics follows its recordings, as the table in `docs/physics-accuracy.md`.

#[path = "../tests/golden_physics/cases.rs"]
mod cases;
#[path = "../tests/golden_physics/conserved.rs"]
mod conserved;
#[path = "../tests/golden_physics/contact.rs"]
mod contact;
#[path = "../tests/golden_physics/models.rs"]
mod models;
#[path = "../tests/golden_physics/pairs.rs"]
mod pairs;
#[path = "../tests/golden_physics/report.rs"]
mod report;
#[path = "../tests/golden_physics/robots.rs"]
mod robots;
#[path = "../tests/golden_physics/scenes.rs"]
mod scenes;
#[path = "../tests/golden_physics/soft.rs"]
mod soft;
#[path = "../tests/golden_physics/states.rs"]
mod states;
#[path = "../tests/golden_physics/trajectories.rs"]
mod trajectories;

fn main() {
    let sections = [
        states::rows,
        trajectories::rows,
        conserved::rows,
        pairs::rows,
        contact::rows,
        robots::rows,
        soft::rows,
    ];
    let rows: Vec<report::Row> = sections.into_iter().flat_map(|section| section()).collect();
    print!("{}", report::table(&rows));
}
