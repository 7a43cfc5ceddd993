//! The world that an episode begins in: noise decides on terrain, chance on ores, trees and creatures.

pub mod simplex;
pub mod terrain;

use pentathlon_gym::seeding::Random;

use super::{
    components::records::{
        DOWN, GRASS, HEALTH, PLAYER, PLAYER_COUNT, RULE_TEAM, VITAL_ITEMS, VITAL_LIMIT, WALKABLE, is_in,
    },
    layout::{Layout, MOST_AGENTS},
    rules::{
        chunks::rules::{enter, set_material},
        world::{
            Words,
            rules::{material_of, tile_at},
        },
    },
};
use terrain::Terrain;

/// Column and row of the middle of the world, where the first player starts.
pub const CENTRE: i32 = 32;

/// Where the players of the team suite start, from the middle of the world: the nearest tiles first.
const TEAM_PLACES: [(i32, i32); MOST_AGENTS as usize] = [
    (0, 0),
    (-1, 0),
    (1, 0),
    (0, -1),
    (0, 1),
    (-1, -1),
    (1, 1),
    (-1, 1),
    (1, -1),
    (-2, 0),
    (2, 0),
    (0, -2),
    (0, 2),
    (-2, -1),
    (2, 1),
    (-1, 2),
];

/// Makes the world of an episode in the first words of `items`: `team` players, terrain, then creatures.
pub fn generate<R: Random>(random: &mut R, layout: &Layout, team: u32, items: &mut [u32]) {
    layout.clear(items);
    items[PLAYER_COUNT as usize] = team;
    let is_suite = layout.rules & RULE_TEAM != 0;
    for (index, place) in TEAM_PLACES.iter().enumerate().take(team as usize) {
        let (dx, dy) = if is_suite { *place } else { (index as i32 - (team / 2) as i32, 0) };
        let (x, y) = (CENTRE + dx, CENTRE + dy);
        let player = &mut layout.players_mut(items)[index];
        (player.x, player.y, player.facing, player.alive) = (x as u32, y as u32, DOWN, 1);
        player.inventory[HEALTH as usize..VITAL_ITEMS as usize].fill(VITAL_LIMIT);
        player.noticed_health = VITAL_LIMIT;
        player.rewarded_health = VITAL_LIMIT;
        enter::<Words<'_>>(&mut Words(items), x, y, PLAYER);
    }
    let terrain = Terrain::new(random);
    terrain.lay(items);
    terrain.populate(random, layout, items);
    if is_suite {
        // A team needs more ground than the one tile that the terrain is sure to leave.
        for (dx, dy) in &TEAM_PLACES[..team as usize] {
            let world = &mut Words(items);
            let (x, y) = (CENTRE + dx, CENTRE + dy);
            if !is_in(WALKABLE, material_of(tile_at::<Words<'_>>(world, x, y))) {
                set_material::<Words<'_>>(world, x, y, GRASS);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;
    use crate::crafter::components::records::{ORIGINAL_RULES, RULE_TEAM};

    #[test]
    fn every_team_stands_on_walkable_ground() {
        let layout = Layout::new(MOST_AGENTS, ORIGINAL_RULES | RULE_TEAM, false);
        let mut items = vec![0; layout.words()];
        for level in 0..20 {
            generate(&mut Philox::for_level(3, level), &layout, MOST_AGENTS, &mut items);
            let mut places: Vec<(u32, u32)> =
                layout.players(&items).iter().map(|player| (player.x, player.y)).collect();
            for &(x, y) in &places {
                assert!(is_in(WALKABLE, u32::from(Layout::tile(&items, x as usize, y as usize)) & 15));
            }
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), MOST_AGENTS as usize);
        }
    }
}
