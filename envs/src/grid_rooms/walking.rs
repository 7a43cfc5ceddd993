//! One step of a walk. The constants hold the side of the grid, its inverse, the inverse of the step limit, the
//! chance of slipping (of 2^24), and for every cell the directions in which there is a free one.

/// Addresses in the constants and the step itself, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::grid_rooms::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// Word of the constants that holds the side of the grid.
    pub const SIDE_WORD: u32 = 0u32;
    /// Word of the constants that holds the factor from a column or row to 0 to 1 (bits of an `f32`).
    pub const SCALE_WORD: u32 = 1u32;
    /// Word of the constants that holds the inverse of the step limit (bits of an `f32`).
    pub const TIME_WORD: u32 = 2u32;
    /// Word of the constants that holds the chance of slipping, of [`CHANCES`].
    pub const SLIP_WORD: u32 = 3u32;
    /// Word of the constants at which the exits of the cells begin.
    pub const EXITS_AT: u32 = 4u32;
    /// What a chance is a part of.
    pub const CHANCES: u32 = 16777216u32;

    /// The direction of the exit that has `index` others before it.
    pub fn nth_exit(exits: u32, index: u32) -> u32 {
        let mut left = index;
        for direction in 0..4u32 {
            if ((exits >> direction) & 1u32) == 1u32 {
                if left == 0u32 {
                    return direction;
                }
                left -= 1u32;
            }
        }
        0u32
    }

    /// The cell after a step from `cell` in `direction` (0 up, 1 right, 2 down, 3 left); the same one where there
    /// is no exit.
    pub fn walked(cell: u32, direction: u32, exits: u32, side: u32) -> u32 {
        if ((exits >> direction) & 1u32) == 0u32 {
            return cell;
        }
        if direction == 0u32 {
            return cell - side;
        }
        if direction == 1u32 {
            return cell + 1u32;
        }
        if direction == 2u32 {
            return cell + side;
        }
        cell - 1u32
    }

    /// What a walk makes of the episode.
    pub fn verdict_of(walk: Walk) -> u32 {
        select(RUNNING, SUCCESS, walk.cell == walk.goal)
    }

    /// What a verdict pays.
    pub fn paid(verdict: u32) -> f32 {
        select(0.0f32, 1.0f32, verdict == SUCCESS)
    }

    /// Column (0) or row (1) of a cell, from 0 to 1; -1 for [`NOWHERE`].
    pub fn coordinate(cell: u32, part: u32, side: u32, scale: f32) -> f32 {
        if cell == NOWHERE {
            return -1.0f32;
        }
        f32(select(cell / side, cell % side, part == 0u32)) * scale
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;

    #[test]
    fn walls_stop_and_exits_are_counted_in_order() {
        // Up and left are free.
        let exits = 0b1001;
        assert_eq!((walked(22, 0, exits, 5), walked(22, 3, exits, 5)), (17, 21));
        assert_eq!((walked(22, 1, exits, 5), walked(22, 2, exits, 5)), (22, 22));
        assert_eq!((nth_exit(exits, 0), nth_exit(exits, 1)), (0, 3));
    }
}
