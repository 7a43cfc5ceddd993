//! All tiles of one size, each painted once.
//!
//! There are few tiles: an object, an agent direction or none, highlighted or not. Painting samples
//! each pixel nine times, copying does not, so frames and RGB observations copy from an atlas that a
//! whole batch shares.

use std::sync::OnceLock;

use super::tile::COLORS;
use super::tile::Tile;
use crate::minigrid::components::records::{
    DOOR, EMPTY, LAVA, LOCKED, UNSEEN, WALL, cell, color_of, kind_of, state_of,
};

/// Types of object, from `UNSEEN` to `LAVA`.
const KINDS: usize = LAVA as usize + 1;
/// States of an object, from `OPEN` to `LOCKED`.
const STATES: usize = LOCKED as usize + 1;
/// No agent, or one of four directions.
const AGENTS: usize = 5;

/// Painted tiles of one size. Shared by threads; a tile is painted when first asked for, after which
/// looking it up neither allocates nor locks.
#[derive(Debug)]
pub struct TileAtlas {
    size: usize,
    tiles: Box<[OnceLock<Box<[u8]>>]>,
}

impl TileAtlas {
    /// An atlas of tiles of `size` pixels, at least 1, none painted yet.
    ///
    /// # Panics
    /// When `size` is 0.
    pub fn new(size: usize) -> Self {
        assert!(size > 0, "a tile is at least 1 pixel wide");
        let count = KINDS * COLORS.len() * STATES * AGENTS * 2;
        Self { size, tiles: (0..count).map(|_| OnceLock::new()).collect() }
    }

    /// An atlas in which every tile that can occur in a frame is painted already, so that
    /// [`TileAtlas::tile`] never allocates. At 8 pixels it takes 0.1 MB, at 32 pixels 1.7 MB.
    ///
    /// # Panics
    /// When `size` is 0.
    pub fn painted(size: usize) -> Self {
        let atlas = Self::new(size);
        for object in objects() {
            for agent in [None, Some(0), Some(1), Some(2), Some(3)] {
                for highlight in [false, true] {
                    atlas.tile(Tile { object, agent, highlight });
                }
            }
        }
        atlas
    }

    /// Width and height of a tile in pixels.
    pub fn tile_size(&self) -> usize {
        self.size
    }

    /// The pixels of `tile`, `[size][size][3]`.
    pub fn tile(&self, tile: Tile) -> &[u8] {
        self.tiles[index(tile)].get_or_init(|| {
            let mut pixels = vec![0; self.size * self.size * 3].into_boxed_slice();
            tile.paint(self.size, &mut pixels);
            pixels
        })
    }
}

/// Where a tile is kept.
fn index(tile: Tile) -> usize {
    let kind = kind_of(tile.object) as usize;
    let kind = if kind < KINDS { kind } else { EMPTY as usize };
    let color = (color_of(tile.object) as usize).min(COLORS.len() - 1);
    let state = (state_of(tile.object) as usize).min(STATES - 1);
    let agent = tile.agent.map_or(0, |direction| 1 + (direction & 3) as usize);
    (((kind * COLORS.len() + color) * STATES + state) * AGENTS + agent) * 2 + usize::from(tile.highlight)
}

/// Every object word that occurs in a grid, contents apart.
fn objects() -> impl Iterator<Item = u32> {
    let colored = (WALL..LAVA).flat_map(|kind| {
        let states = if kind == DOOR { 0..LOCKED + 1 } else { 0..1 };
        (0..COLORS.len() as u32)
            .flat_map(move |color| states.clone().map(move |state| cell(kind, color, state)))
    });
    [UNSEEN, EMPTY, LAVA].into_iter().chain(colored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_atlas_holds_what_paint_paints() {
        let atlas = TileAtlas::painted(4);
        let mut pixels = vec![0; 4 * 4 * 3];
        for object in objects() {
            for agent in [None, Some(3)] {
                let tile = Tile { object, agent, highlight: agent.is_none() };
                tile.paint(4, &mut pixels);
                assert_eq!(atlas.tile(tile), pixels, "{tile:?}");
            }
        }
    }

    #[test]
    fn different_tiles_have_different_places() {
        let mut places: Vec<usize> =
            objects().map(|object| index(Tile { object, agent: Some(1), highlight: true })).collect();
        let count = places.len();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), count);
        assert_eq!(count, 2 + 1 + 6 * 6 + 6 * 3, "nothing twice, lava, six kinds, three doors");
    }

    #[test]
    fn a_damaged_word_is_drawn_as_some_tile() {
        let atlas = TileAtlas::new(2);
        for object in [u32::MAX, 0x00ff_ff04, 200] {
            atlas.tile(Tile { object, agent: Some(u32::MAX), highlight: true });
        }
    }
}
