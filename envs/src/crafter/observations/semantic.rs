//! The semantic map: the whole world as the original's `info["semantic"]` has it.

use crate::crafter::{
    components::records::{MAP_AT, WORLD_SIZE},
    rules::sight::rules::semantic_code,
};

/// Writes the map: of every tile the object on it, else its material.
pub fn write_semantic(items: &[u32], row: &mut [u8]) {
    let words = (WORLD_SIZE * WORLD_SIZE) as usize / 4;
    let tiles = items[MAP_AT as usize..][..words].iter().flat_map(|word| word.to_le_bytes());
    for (cell, tile) in row.iter_mut().zip(tiles) {
        *cell = semantic_code(u32::from(tile)) as u8;
    }
}
