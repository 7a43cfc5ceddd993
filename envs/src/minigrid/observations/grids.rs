//! Observations of the whole grid: Farama's `FullyObsWrapper` and `SymbolicObsWrapper`.

use crate::minigrid::{
    components::records::State,
    rules::encoding::rules::{agent_cell, symbol, triple},
};

/// Writes `[width][height][3]` bytes: every cell's type, colour and state; the agent's cell is
/// (10, 0, direction).
pub(crate) fn write_full(state: &State, cells: &[u32], height: usize, row: &mut [u8]) {
    for (bytes, cell) in row.chunks_exact_mut(3).zip(cells) {
        bytes.copy_from_slice(&triple(*cell).to_le_bytes()[..3]);
    }
    let own = (state.x as usize * height + state.y as usize) * 3;
    if let Some(bytes) = row.get_mut(own..own + 3) {
        bytes.copy_from_slice(&agent_cell(state.dir).to_le_bytes()[..3]);
    }
}

/// Writes `[width][height][3]` numbers: column, row, and the type of every cell, -1 where it is empty
/// and 10 where the agent is.
pub(crate) fn write_symbolic(state: &State, cells: &[u32], height: usize, row: &mut [i32]) {
    for (index, (numbers, cell)) in row.chunks_exact_mut(3).zip(cells).enumerate() {
        let (x, y) = ((index / height) as i32, (index % height) as i32);
        numbers.copy_from_slice(&[x, y, symbol(*cell)]);
    }
    let own = (state.x as usize * height + state.y as usize) * 3;
    if let Some(numbers) = row.get_mut(own..own + 3) {
        numbers[2] = symbol(agent_cell(state.dir));
    }
}
