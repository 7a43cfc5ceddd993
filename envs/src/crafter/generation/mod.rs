//! The world that an episode begins in: noise decides on terrain, chance on ores, trees and creatures.

pub mod simplex;
pub mod terrain;

use pentathlon_gym::seeding::Random;

use super::{
    components::records::{DOWN, HEALTH, PLAYER, VITAL_ITEMS, VITAL_LIMIT},
    layout::Layout,
    rules::{chunks::rules::enter, world::Words},
};
use terrain::Terrain;

/// Column and row of the middle of the world, where the first player starts.
pub const CENTRE: i32 = 32;

/// Makes the world of an episode in the first words of `items`: players, terrain, then creatures.
pub fn generate<R: Random>(random: &mut R, layout: &Layout, items: &mut [u32]) {
    layout.clear(items);
    for (index, player) in layout.players_mut(items).iter_mut().enumerate() {
        player.x = (CENTRE - (layout.agents / 2) as i32) as u32 + index as u32;
        player.y = CENTRE as u32;
        player.facing = DOWN;
        player.alive = 1;
        player.inventory[HEALTH as usize..VITAL_ITEMS as usize].fill(VITAL_LIMIT);
        player.noticed_health = VITAL_LIMIT;
        player.rewarded_health = VITAL_LIMIT;
    }
    for index in 0..layout.agents as usize {
        let player = layout.players(items)[index];
        enter::<Words<'_>>(&mut Words(items), player.x as i32, player.y as i32, PLAYER);
    }
    let terrain = Terrain::new(random);
    terrain.lay(items);
    terrain.populate(random, layout, items);
}
