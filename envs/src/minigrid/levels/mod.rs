//! Level generation: the grid under construction with Farama's placement primitives, and the
//! generators that several task families build on.

mod level;
mod open_space;
mod python_set_order;
mod room_grid;
mod wave_function_collapse;

pub(super) use level::{
    DIRECTIONS, GOAL_CELL, LAVA_CELL, Level, PATIENCE, Position, Region, WALL_CELL, closed_door,
    colors_in_random_order, distinct_object, locked_door,
};
pub(super) use open_space::OpenSpace;
pub(super) use room_grid::{RoomGrid, RoomIndex};
pub use wave_function_collapse::Preset;
pub(super) use wave_function_collapse::solve;
