//! The disciplines of Pentathlon as domains of the batch engine, and the registry of their ids.

pub mod classic_control;
pub mod cormab;
pub mod crafter;
mod given_option;
pub mod grid_rooms;
mod kernel;
pub mod matrix_games;
pub mod minigrid;
pub mod multigrid;

use pentathlon_gym::Registry;

/// All ids of all disciplines.
///
/// # Panics
/// Never: ids are unique, which a test holds.
pub fn registry() -> Registry {
    let mut registry = Registry::new();
    classic_control::register(&mut registry).expect("ids are unique");
    cormab::register(&mut registry).expect("ids are unique");
    crafter::register(&mut registry).expect("ids are unique");
    grid_rooms::register(&mut registry).expect("ids are unique");
    matrix_games::register(&mut registry).expect("ids are unique");
    minigrid::register(&mut registry).expect("ids are unique");
    multigrid::register(&mut registry).expect("ids are unique");
    registry
}
