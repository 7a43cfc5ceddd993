//! The symbolic observation of Craftax-Classic (Matthews et al., ICML 2024), so that its trainers can be
//! pointed here: 1,345 numbers. What the two games do not share keeps its place and stays 0.

use pentathlon_engine::Instance;

use super::{
    super::{
        components::records::{
            COALS, Clock, DIAMONDS, HEALTH, IRON_PICKAXE, IRON_SWORD, IRONS, SAPLING, STONE_PICKAXE,
            STONE_SWORD, STONES, VITAL_ITEMS, WOOD, WOOD_PICKAXE, WOOD_SWORD,
        },
        daylight::daylight,
        layout::Layout,
        rules::sight::rules::{ARROW_CODE, PLANT_CODE},
    },
    view::{VIEW_COLUMNS, VIEW_ROWS, VIEW_TILES, look},
};

/// Kinds of blocks of Craftax-Classic.
const BLOCKS: usize = 17;
/// Channels of a tile: its block, one-hot, and whether a zombie, a cow, a skeleton, an arrow is there.
const CHANNELS: usize = BLOCKS + 4;
/// Craftax-Classic's block of each material: out of bounds, water, grass, stone, path, sand, tree, lava, coal, iron,
/// diamond, table, furnace.
const BLOCK_OF: [usize; 13] = [1, 3, 2, 4, 7, 13, 5, 14, 8, 9, 10, 11, 12];
/// Blocks that are objects here.
const PLANT_BLOCK: usize = 15;
const RIPE_BLOCK: usize = 16;
/// Channel of each code of an object from the cow on: cow, zombie, skeleton, arrows.
const CREATURE_OF: [usize; 7] = [1, 0, 2, 3, 3, 3, 3];
/// Its inventory, in its order.
const INVENTORY: [u32; 12] = [
    WOOD,
    STONES,
    COALS,
    IRONS,
    DIAMONDS,
    SAPLING,
    WOOD_PICKAXE,
    STONE_PICKAXE,
    IRON_PICKAXE,
    WOOD_SWORD,
    STONE_SWORD,
    IRON_SWORD,
];

/// Numbers of the observation.
pub const CLASSIC_LENGTH: usize = VIEW_TILES * CHANNELS + INVENTORY.len() + 4 + 4 + 2;

/// Writes the observation of player `index`.
pub fn write_classic(layout: &Layout, instance: &Instance<'_, Clock>, index: usize, row: &mut [f32]) {
    let (mut materials, mut objects) = ([0; VIEW_TILES], [0; VIEW_TILES]);
    look(layout, instance, index, &mut materials, &mut objects);
    row.fill(0.0);
    let (map, rest) = row.split_at_mut(VIEW_TILES * CHANNELS);
    for (place, channels) in map.chunks_exact_mut(CHANNELS).enumerate() {
        let tile = place % VIEW_COLUMNS * VIEW_ROWS + place / VIEW_COLUMNS;
        let (material, object) = (materials[tile], u32::from(objects[tile]));
        let block = match object {
            PLANT_CODE => PLANT_BLOCK,
            object if object == PLANT_CODE + 1 => RIPE_BLOCK,
            _ => BLOCK_OF[usize::from(material) % BLOCK_OF.len()],
        };
        channels[block] = 1.0;
        if (2..ARROW_CODE + 4).contains(&object) {
            channels[BLOCKS + CREATURE_OF[object as usize - 2]] = 1.0;
        }
    }
    let player = &layout.players(instance.items)[index];
    let count = |item: u32| player.inventory[item as usize] as f32 / 10.0;
    let vital = HEALTH..VITAL_ITEMS;
    for (number, item) in rest.iter_mut().zip(INVENTORY.into_iter().chain(vital)) {
        *number = count(item);
    }
    let rest = &mut rest[INVENTORY.len() + VITAL_ITEMS as usize..];
    rest[player.facing as usize % 4] = 1.0;
    rest[4] = daylight(instance.state.step) as f32;
    rest[5] = player.sleeping as f32;
}
