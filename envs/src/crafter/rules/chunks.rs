//! Chunks of 12 by 12 tiles: how many tiles of grass and path and how many creatures each holds, kept up
//! to date with every change, and the list of chunks that an object has come to.

/// Counts of chunks, and changes of tiles that keep them right.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Bit of a chunk's first word: it is in the chunk list.
    pub const LISTED: u32 = 0x80000000u32;

    /// The chunk of tile `(x, y)`, column by column.
    pub fn chunk_at(x: i32, y: i32) -> u32 {
        #![inline(always)]
        u32(x / CHUNK_SIZE) * CHUNKS_A_SIDE + u32(y / CHUNK_SIZE)
    }

    /// What a tile of `material` adds to its chunk's first word.
    pub fn material_share(material: u32) -> u32 {
        #![inline(always)]
        select(select(0u32, 256u32, material == PATH), 1u32, material == GRASS)
    }

    /// What an object of `kind` adds to its chunk's second word.
    pub fn kind_share(kind: u32) -> u32 {
        #![inline(always)]
        let share = select(select(0u32, 256u32, kind == ZOMBIE), 1u32, kind == COW);
        select(share, 65536u32, kind == SKELETON)
    }

    /// Tiles of grass or path, or creatures of a kind, in a word of a chunk: byte `byte` of it.
    pub fn counted(word: u32, byte: u32) -> u32 {
        #![inline(always)]
        (word >> (byte * 8u32)) & 255u32
    }

    /// Turns tile `(x, y)`, which must lie inside, into `material`; the object on it stays.
    pub fn set_material<W: World>(world: ptr!(function, W), x: i32, y: i32, material: u32) {
        let tile = tile_at::<W>(world, x, y);
        set_tile::<W>(world, x, y, (tile & 240u32) | material);
        let place = CHUNKS_AT + 2u32 * chunk_at(x, y);
        let counts = W::word(world, place) - material_share(material_of(tile));
        W::set_word(world, place, counts + material_share(material));
    }

    /// An object of `kind` comes to tile `(x, y)`, which must lie inside.
    pub fn enter<W: World>(world: ptr!(function, W), x: i32, y: i32, kind: u32) {
        #![inline(always)]
        let tile = tile_at::<W>(world, x, y);
        set_tile::<W>(world, x, y, material_of(tile) | (kind << 4u32));
        let chunk = chunk_at(x, y);
        let place = CHUNKS_AT + 2u32 * chunk;
        let creatures = W::word(world, place + 1u32);
        W::set_word(world, place + 1u32, creatures + kind_share(kind));
        let counts = W::word(world, place);
        if (counts & LISTED) == 0u32 {
            let listed = W::word(world, LISTED_CHUNKS);
            W::set_word(world, CHUNK_LIST_AT + listed, chunk);
            W::set_word(world, LISTED_CHUNKS, listed + 1u32);
            W::set_word(world, place, counts | LISTED);
        }
    }

    /// The object of `kind` leaves tile `(x, y)`, which must lie inside.
    pub fn leave<W: World>(world: ptr!(function, W), x: i32, y: i32, kind: u32) {
        #![inline(always)]
        let tile = tile_at::<W>(world, x, y);
        set_tile::<W>(world, x, y, material_of(tile));
        let place = CHUNKS_AT + 2u32 * chunk_at(x, y) + 1u32;
        let creatures = W::word(world, place);
        W::set_word(world, place, creatures - kind_share(kind));
    }
}
