//! What a player sees: the 9 by 7 tiles around it, and what stands on each. All local observations are
//! made of it.

use super::super::{
    components::records::{ARROW, Clock, MAP_AT, WORLD_SIZE},
    layout::Layout,
    rules::sight::rules::{SEEN_ABOVE, SEEN_LEFT, SEEN_ROWS, SEEN_TILES, object_code},
};
use pentathlon_engine::Instance;

/// Columns of the local view.
pub const VIEW_COLUMNS: usize = VIEW_TILES / VIEW_ROWS;
/// Rows of the local view.
pub const VIEW_ROWS: usize = SEEN_ROWS as usize;
/// Tiles of the local view.
pub const VIEW_TILES: usize = SEEN_TILES as usize;

/// Writes what player `index` sees, column by column: materials, 0 outside the world, and codes of objects:
/// 0 none, player, cow, zombie, skeleton, four arrows, plant, ripe plant. Both slices have a byte for each
/// tile.
#[inline]
pub fn look(
    layout: &Layout,
    instance: &Instance<'_, Clock>,
    index: usize,
    materials: &mut [u8],
    objects: &mut [u8],
) {
    let items = instance.items;
    let (left, top) = corner(layout, items, index);
    let mut needs_objects = false;
    for column in 0..VIEW_COLUMNS {
        let tiles = view_column(items, left + column as i32, top).to_le_bytes();
        let materials = &mut materials[column * VIEW_ROWS..][..VIEW_ROWS];
        let objects = &mut objects[column * VIEW_ROWS..][..VIEW_ROWS];
        for (place, byte) in tiles[..VIEW_ROWS].iter().enumerate() {
            materials[place] = byte & 15;
            objects[place] = byte >> 4;
            needs_objects |= byte >> 4 >= ARROW as u8;
        }
    }
    if !needs_objects {
        return;
    }
    for (object, timer) in layout.objects(items).filter(|(object, _)| object.kind >= ARROW) {
        if let Some(place) = place_in_view(object.x - left, object.y - top) {
            objects[place] = object_code(object, timer) as u8;
        }
    }
}

/// World column and row of the view's upper left tile.
pub fn corner(layout: &Layout, items: &[u32], index: usize) -> (i32, i32) {
    let player = &layout.players(items)[index];
    (player.x as i32 - SEEN_LEFT, player.y as i32 - SEEN_ABOVE)
}

/// The number of the tile `column` and `row` tiles from the view's upper left one; `None` outside the view.
pub fn place_in_view(column: i32, row: i32) -> Option<usize> {
    let is_seen = (0..VIEW_COLUMNS as i32).contains(&column) && (0..VIEW_ROWS as i32).contains(&row);
    is_seen.then(|| column as usize * VIEW_ROWS + row as usize)
}

/// The bytes of 7 tiles of column `x` from row `top` on, the first in the lowest byte; 0 outside the world.
#[inline]
fn view_column(items: &[u32], x: i32, top: i32) -> u64 {
    if !(0..WORLD_SIZE).contains(&x) {
        return 0;
    }
    let words = WORLD_SIZE as usize / 4;
    let column = &items[MAP_AT as usize + x as usize * words..][..words];
    let first = top.max(0);
    let (word, shift) = (first as usize / 4, first as u32 % 4 * 8);
    let at = |index: usize| u128::from(column.get(index).copied().unwrap_or(0));
    let tiles = (at(word) | at(word + 1) << 32 | at(word + 2) << 64) >> shift;
    (tiles as u64) << ((first - top) as u32 * 8)
}
