//! The semantic map: the whole world as the original's `info["semantic"]` has it.

use crate::crafter::components::records::{MAP_AT, NOTHING, SEMANTIC_OBJECTS, WORLD_SIZE};

/// Writes the map: of every tile the object on it, else its material.
pub fn write_semantic(items: &[u32], row: &mut [u8]) {
    let words = (WORLD_SIZE * WORLD_SIZE) as usize / 4;
    let tiles = items[MAP_AT as usize..][..words].iter().flat_map(|word| word.to_le_bytes());
    for (cell, tile) in row.iter_mut().zip(tiles) {
        let kind = tile >> 4;
        let object = kind + SEMANTIC_OBJECTS as u8;
        *cell = if u32::from(kind) == NOTHING { tile } else { object };
    }
}
