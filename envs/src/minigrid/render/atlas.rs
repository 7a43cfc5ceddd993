//! All tiles of one size, each painted once.
//!
//! There are few tiles: an object, an agent direction or none, highlighted or not. Painting samples
//! each pixel nine times, copying does not, so frames and RGB observations copy from an atlas that a
//! whole batch shares.

use std::sync::OnceLock;

use super::tile::COLORS;
use super::tile::Tile;
use crate::minigrid::components::records::{DOOR, EMPTY, LAVA, LOCKED, UNSEEN, WALL, cell};
use crate::minigrid::rules::numbering::rules::{TILES, tile_number};

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
        Self { size, tiles: (0..TILES).map(|_| OnceLock::new()).collect() }
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

    /// The atlas as kernels read it: where the pixels of each tile number begin, 0 for one that is not
    /// painted, then the pixels, every tile from a new word on.
    pub fn words(&self) -> Vec<u32> {
        let mut places = vec![0; TILES as usize];
        let mut pixels = Vec::new();
        for (place, tile) in places.iter_mut().zip(&self.tiles) {
            let Some(tile) = tile.get() else { continue };
            *place = TILES + pixels.len() as u32;
            pixels.extend(tile.chunks(4).map(|bytes| {
                let mut word = [0; 4];
                word[..bytes.len()].copy_from_slice(bytes);
                u32::from_le_bytes(word)
            }));
        }
        places.append(&mut pixels);
        places
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
    let agent = tile.agent.map_or(0, |direction| 1 + (direction & 3));
    tile_number(tile.object, agent, u32::from(tile.highlight)) as usize
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
