//! Observations of what the agent sees: the image, its bits, the flat vector.

use super::mission::CHARACTERS;
use crate::minigrid::rules::encoding::rules::{ONE_HOT_BITS, four_bytes, one_hot_bits, triple};

/// Writes three bytes for each cell of a view.
pub(crate) fn write_image(view: &[u32], row: &mut [u8]) {
    for (bytes, cell) in row.chunks_exact_mut(3).zip(view) {
        bytes.copy_from_slice(&triple(*cell).to_le_bytes()[..3]);
    }
}

/// Writes 20 bytes of 0 and 1 for each cell of a view.
pub(crate) fn write_one_hot(view: &[u32], row: &mut [u8]) {
    for (bytes, cell) in row.chunks_exact_mut(ONE_HOT_BITS as usize).zip(view) {
        let bits = one_hot_bits(*cell);
        for (four, shift) in bytes.chunks_exact_mut(4).zip((0..).step_by(4)) {
            four.copy_from_slice(&four_bytes(bits >> shift).to_le_bytes());
        }
    }
}

/// Writes three bytes for each cell of a view, then one bit set of [`CHARACTERS`] bytes for each
/// character of the mission.
pub(crate) fn write_flat(view: &[u32], characters: &[u8], row: &mut [u8]) {
    let (image, text) = row.split_at_mut(view.len() * 3);
    write_image(view, image);
    text.fill(0);
    for (bytes, character) in text.chunks_exact_mut(CHARACTERS).zip(characters) {
        if let Some(byte) = bytes.get_mut(*character as usize) {
            *byte = 1;
        }
    }
}
