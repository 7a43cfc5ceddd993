//! The recorded truth of the physics (MuJoCo in double precision): mass matrices, bias forces, accelerations,
//! Jacobians, motions with and without contact, distances of shapes. Every row of the printed tables has the
//! tolerance of the validation table. Cases are read from `tests/golden/physics/`, or from
//! `$PENTATHLON_GOLDEN/physics/` when that is set.

#[path = "golden_physics/cases.rs"]
mod cases;
#[path = "golden_physics/conserved.rs"]
mod conserved;
#[path = "golden_physics/contact.rs"]
mod contact;
#[path = "golden_physics/models.rs"]
mod models;
#[path = "golden_physics/pairs.rs"]
mod pairs;
#[path = "golden_physics/report.rs"]
mod report;
#[path = "golden_physics/robots.rs"]
mod robots;
#[path = "golden_physics/scenes.rs"]
mod scenes;
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

#[test]
fn what_motion_conserves_is_conserved() {
    report::require(&conserved::rows());
}

#[test]
fn shapes_are_as_far_apart_as_recorded() {
    report::require(&pairs::rows());
}

#[test]
fn single_bodies_slide_bounce_and_rest_as_the_formulas_say() {
    report::require(&contact::rows());
}

#[test]
fn robots_stand_are_squeezed_and_push_as_recorded() {
    report::require(&robots::rows());
}

#[test]
fn the_soft_mode_repeats_the_recorded_contacts() {
    report::require(&soft::rows());
}
