//! The symbolic observation: the tiles that the original's image shows, and what the player has, a byte
//! each.

use std::sync::LazyLock;

use pentathlon_engine::Instance;

use super::{
    super::{
        components::records::{Clock, NUM_ITEMS},
        daylight::{DAY_LENGTH, brightness},
        layout::Layout,
    },
    view::{VIEW_TILES, look},
};

/// Bytes of the observation.
pub const SYMBOLIC_LENGTH: usize = 2 * VIEW_TILES + NUM_ITEMS as usize + 3;

/// Daylight of each step of the day, times 255.
static LIGHT: LazyLock<[u8; DAY_LENGTH as usize]> =
    LazyLock::new(|| std::array::from_fn(|step| brightness(step as u32)));

/// Writes the observation of player `index`.
#[inline]
pub fn write_symbolic(layout: &Layout, instance: &Instance<'_, Clock>, index: usize, row: &mut [u8]) {
    let (materials, rest) = row.split_at_mut(VIEW_TILES);
    let (objects, rest) = rest.split_at_mut(VIEW_TILES);
    look(layout, instance, index, materials, objects);
    let player = &layout.players(instance.items)[index];
    for (cell, count) in rest.iter_mut().zip(player.inventory) {
        *cell = count.min(255) as u8;
    }
    let light = LIGHT[(instance.state.step % DAY_LENGTH) as usize];
    rest[NUM_ITEMS as usize..].copy_from_slice(&[player.facing as u8, player.sleeping as u8, light]);
}
