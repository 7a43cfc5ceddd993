//! Level generation: the grid under construction with Farama's placement primitives, and the
//! generators that several task families build on.

mod level;
mod room_grid;

pub(super) use level::{
    DIRECTIONS, GOAL_CELL, LAVA_CELL, Level, PATIENCE, Position, Region, WALL_CELL, closed_door,
    colors_in_random_order, distinct_object, locked_door,
};
pub(super) use room_grid::{RoomGrid, RoomIndex};
