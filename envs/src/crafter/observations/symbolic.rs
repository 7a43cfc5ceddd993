//! The symbolic observation: the tiles that the original's image shows, and what the player has, a byte
//! each.

use super::super::{
    components::records::{ARROW, MAP_AT, NUM_ITEMS, PLANT, SKELETON, WORLD_SIZE},
    daylight::{DAY_LENGTH, daylight},
    layout::Layout,
    rules::plant::rules::PLANT_RIPE,
};

/// Columns of the local view.
pub const VIEW_COLUMNS: usize = 9;
/// Rows of the local view.
pub const VIEW_ROWS: usize = 7;
/// Tiles of the local view.
pub const VIEW_TILES: usize = VIEW_COLUMNS * VIEW_ROWS;

/// Bytes of the observation.
pub const SYMBOLIC_LENGTH: usize = 2 * VIEW_TILES + NUM_ITEMS as usize + 3;

/// Code of an arrow to the left; those of the other directions follow.
const ARROW_CODE: u8 = SKELETON as u8 + 1;
/// Code of a plant; that of a ripe one follows.
const PLANT_CODE: u8 = ARROW_CODE + 4;

/// Daylight of each step of the day, as a byte.
static LIGHT: std::sync::LazyLock<[u8; DAY_LENGTH as usize]> =
    std::sync::LazyLock::new(|| std::array::from_fn(|step| (daylight(step as u32) * 255.0).round() as u8));

/// Writes the observation of player `index` in step `step`.
pub fn write_symbolic(layout: &Layout, items: &[u32], step: u32, index: usize, row: &mut [u8]) {
    let player = &layout.players(items)[index];
    let (left, top) = (player.x as i32 - VIEW_COLUMNS as i32 / 2, player.y as i32 - VIEW_ROWS as i32 / 2);
    let (materials, rest) = row.split_at_mut(VIEW_TILES);
    let (objects, rest) = rest.split_at_mut(VIEW_TILES);
    let mut needs_objects = false;
    for column in 0..VIEW_COLUMNS {
        let tiles = view_column(items, left + column as i32, top);
        let materials = &mut materials[column * VIEW_ROWS..][..VIEW_ROWS];
        let objects = &mut objects[column * VIEW_ROWS..][..VIEW_ROWS];
        for (place, byte) in tiles.to_le_bytes()[..VIEW_ROWS].iter().enumerate() {
            materials[place] = byte & 15;
            objects[place] = byte >> 4;
            needs_objects |= byte >> 4 >= ARROW as u8;
        }
    }
    if needs_objects {
        for (object, timer) in layout.objects(items) {
            let (x, y) = ((object.x - left) as usize, (object.y - top) as usize);
            if x < VIEW_COLUMNS && y < VIEW_ROWS {
                let code = &mut objects[x * VIEW_ROWS + y];
                match object.kind {
                    ARROW => *code = ARROW_CODE + object.facing as u8,
                    PLANT => *code = PLANT_CODE + u8::from(timer > PLANT_RIPE),
                    _ => {}
                }
            }
        }
    }
    for (cell, count) in rest.iter_mut().zip(player.inventory) {
        *cell = count.min(255) as u8;
    }
    let light = LIGHT[(step % DAY_LENGTH) as usize];
    rest[NUM_ITEMS as usize..].copy_from_slice(&[player.facing as u8, player.sleeping as u8, light]);
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
