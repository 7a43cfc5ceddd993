//! Which cells of its view the agent can see, after Farama Minigrid's `process_vis`.
//!
//! That procedure sweeps every view row cell by cell, to the right and then to the left, from the
//! agent's row to the farthest. Here a row is a bit set (bit `i` is column `i`), and both sweeps
//! together come to this: light fills every run of see-through cells that it reaches, shows one cell
//! more on either side, and reaches the same cells of the next row. (The sweep to the right passes on
//! from all columns but the last, the sweep to the left from all but the first; between them no
//! cell's light is lost, so the order of sweeps does not matter. The tests hold this against a plain
//! transcription of the sweeps.)

/// Visibility, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::minigrid::components::records::*;

    /// Largest side of a view: a row is a word, with room for a neighbour on either side.
    pub const LARGEST_VIEW: u32 = 31u32;

    /// Whether `cell` stops the sight: a wall, or a door that is not open. Doors are the only objects
    /// with a state, and an open door has state 0.
    pub fn blocks_sight(cell: u32) -> bool {
        (cell & 255u32) == WALL || (cell & 0xff0000u32) != 0u32
    }

    /// Every run of `clear` bits that holds a bit of `lit`, in full.
    pub fn fill_runs(lit: u32, clear: u32) -> u32 {
        let source = lit & clear;
        // Towards higher bits: the carry of an addition runs through ones to the end of each run.
        let upward = (clear + source) ^ clear;
        // Towards lower bits: one, two, four ... cells at a time.
        let two = clear & (clear >> 1u32);
        let four = two & (two >> 2u32);
        let mut downward = source | (clear & (source >> 1u32));
        downward |= two & (downward >> 2u32);
        downward |= four & (downward >> 4u32);
        if clear > 255u32 {
            let eight = four & (four >> 4u32);
            downward |= eight & (downward >> 8u32);
            let sixteen = eight & (eight >> 8u32);
            downward |= sixteen & (downward >> 16u32);
        }
        (upward & clear) | downward
    }

    /// The cells of a row, and of the row beyond it, that light coming into the row's cells `lit`
    /// shows. `clear` are the row's cells that do not stop the sight; the result may reach one bit
    /// beyond the row on either side.
    pub fn spread(lit: u32, clear: u32) -> u32 {
        let filled = fill_runs(lit, clear);
        filled | (filled << 1u32) | (filled >> 1u32)
    }

    /// Visibility of a view of `size` by `size` cells: replaces each row's cells that do not stop the
    /// sight by its visible cells. `rows[j]` is view row `j`, `rows[size - 1]` the agent's.
    pub fn replace_clear_by_visible(rows: ptr!(function, [u32; 31]), size: u32) {
        let whole = (1u32 << size) - 1u32;
        let mut lit = 1u32 << (size / 2u32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in 0..size {
            let row = size - 1u32 - k;
            let shown = spread(lit, rows[row as usize]) & whole;
            rows[row as usize] = lit | shown;
            lit = shown;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::rules::*;
    use crate::minigrid::components::records::*;

    /// The sweeps of the specification, cell by cell; `clear[row][column]`.
    fn sweeps(clear: &[Vec<bool>]) -> Vec<Vec<bool>> {
        let size = clear.len();
        let mut visible = vec![vec![false; size]; size];
        visible[size - 1][size / 2] = true;
        for row in (0..size).rev() {
            for column in 0..size - 1 {
                if visible[row][column] && clear[row][column] {
                    visible[row][column + 1] = true;
                    if row > 0 {
                        visible[row - 1][column + 1] = true;
                        visible[row - 1][column] = true;
                    }
                }
            }
            for column in (1..size).rev() {
                if visible[row][column] && clear[row][column] {
                    visible[row][column - 1] = true;
                    if row > 0 {
                        visible[row - 1][column - 1] = true;
                        visible[row - 1][column] = true;
                    }
                }
            }
        }
        visible
    }

    fn bits(row: &[bool]) -> u32 {
        row.iter().enumerate().map(|(column, &bit)| u32::from(bit) << column).sum()
    }

    fn assert_equals_sweeps(clear: &[Vec<bool>]) {
        let mut rows = [0; 31];
        for (row, cells) in rows.iter_mut().zip(clear) {
            *row = bits(cells);
        }
        replace_clear_by_visible(&mut rows, clear.len() as u32);
        for (row, (visible, expected)) in rows.iter().zip(sweeps(clear)).enumerate() {
            assert_eq!(*visible, bits(&expected), "row {row} of {clear:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn bit_sets_see_what_the_sweeps_see(half in 1usize..=15, density in 0.2f64..1.0, seed: u64) {
            let size = 2 * half + 1;
            let mut word = seed | 1;
            let mut chance = || {
                word ^= word << 13;
                word ^= word >> 7;
                word ^= word << 17;
                (word >> 11) as f64 / (1u64 << 53) as f64
            };
            let clear: Vec<Vec<bool>> =
                (0..size).map(|_| (0..size).map(|_| chance() < density).collect()).collect();
            assert_equals_sweeps(&clear);
        }
    }

    #[test]
    fn every_view_of_three_cells_is_right() {
        for pattern in 0..1u32 << 9 {
            let clear: Vec<Vec<bool>> = (0..3)
                .map(|row| (0..3).map(|column| pattern >> (3 * row + column) & 1 == 1).collect())
                .collect();
            assert_equals_sweeps(&clear);
        }
    }

    #[test]
    fn every_row_fills_right() {
        for clear in 0..1u32 << 10 {
            for lit in [1u32, 3, 5, 8, 0b1001, 0b10_0000_0001, 0b101_0101] {
                let mut expected = lit & clear;
                for _ in 0..10 {
                    expected |= clear & ((expected << 1) | (expected >> 1));
                }
                assert_eq!(fill_runs(lit, clear), expected, "{lit:b} into {clear:b}");
            }
        }
    }

    #[test]
    fn walls_and_doors_that_are_not_open_stop_the_sight() {
        for opaque in [cell(WALL, GREY, 0), cell(DOOR, RED, CLOSED), cell(DOOR, RED, LOCKED)] {
            assert!(blocks_sight(opaque));
        }
        let box_with_key = box_with(GREY, cell(KEY, BLUE, 0));
        for clear in [EMPTY, cell(DOOR, RED, OPEN), cell(LAVA, RED, 0), cell(BALL, BLUE, 0), box_with_key] {
            assert!(!blocks_sight(clear));
        }
    }
}
