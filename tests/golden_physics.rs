//! The recorded truth of the physics (MuJoCo in double precision): mass matrices, bias forces, accelerations,
//! Jacobians, motions with and without contact. Cases are read from `tests/golden/physics/`, or from
//! `$PENTATHLON_GOLDEN/physics/` when that is set.

#[path = "golden_physics/cases.rs"]
mod cases;
#[path = "golden_physics/contact.rs"]
mod contact;
#[path = "golden_physics/models.rs"]
mod models;
#[path = "golden_physics/report.rs"]
mod report;
#[path = "golden_physics/robots.rs"]
mod robots;
#[path = "golden_physics/soft.rs"]
mod soft;
#[path = "golden_physics/states.rs"]
mod states;
#[path = "golden_physics/trajectories.rs"]
mod trajectories;

#[test]
fn recorded_states_have_the_recorded_dynamics() {
    report::require(&states::rows());
}

#[test]
fn recorded_motions_are_repeated() {
    report::require(&trajectories::rows());
}
