//! Level generation: the grid under construction with Farama's placement primitives, and the
//! generators that several task families build on.

mod level;

pub(super) use level::{
    DIRECTIONS, GOAL_CELL, LAVA_CELL, Level, PATIENCE, Position, Region, WALL_CELL, closed_door,
    locked_door,
};
