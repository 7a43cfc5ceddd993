//! Placing stones, tables, furnaces and saplings on the tile that the player faces.

/// What placing asks for, and what it does.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::objects::rules::*;
    use super::super::plant::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Action: place a stone.
    pub const ACTION_PLACE_STONE: u32 = 7u32;
    /// Action: place a table.
    pub const ACTION_PLACE_TABLE: u32 = 8u32;
    /// Action: place a furnace.
    pub const ACTION_PLACE_FURNACE: u32 = 9u32;
    /// Action: plant a sapling.
    pub const ACTION_PLACE_PLANT: u32 = 10u32;
    /// Wood of a table.
    pub const TABLE_WOOD: u32 = 2u32;
    /// Stones of a furnace.
    pub const FURNACE_STONES: u32 = 4u32;
    /// Materials on which a stone can be placed, as a bit set: grass, sand, path, water, lava.
    pub const STONE_GROUND: u32 = 182u32;

    /// What placing uses and makes.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Placing {
        /// The item that is used.
        pub item: u32,
        /// How many of it.
        pub amount: u32,
        /// Materials on which it can be placed, as a bit set.
        pub ground: u32,
        /// What the tile becomes; `GRASS` for a plant, which stands on it.
        pub material: u32,
        /// The achievement that is counted.
        pub achievement: u32,
    }

    /// What a placing action uses and makes.
    pub fn placing_of(action: u32) -> Placing {
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match action {
            ACTION_PLACE_STONE => {
                return Placing {
                    item: STONES,
                    amount: 1u32,
                    ground: STONE_GROUND,
                    material: STONE,
                    achievement: PLACE_STONE,
                };
            }
            ACTION_PLACE_TABLE => {
                return Placing {
                    item: WOOD,
                    amount: TABLE_WOOD,
                    ground: WALKABLE,
                    material: TABLE,
                    achievement: PLACE_TABLE,
                };
            }
            ACTION_PLACE_FURNACE => {
                return Placing {
                    item: STONES,
                    amount: FURNACE_STONES,
                    ground: WALKABLE,
                    material: FURNACE,
                    achievement: PLACE_FURNACE,
                };
            }
            _ => {}
        }
        Placing { item: SAPLING, amount: 1u32, ground: 4u32, material: GRASS, achievement: PLACE_PLANT }
    }

    /// The player places something on tile `(x, y)`, if it can. A sapling also needs a free object slot.
    pub fn place_on<W: World>(world: ptr!(function, W), player: u32, action: u32, x: i32, y: i32) {
        let placing = placing_of(action);
        let count = item_count::<W>(world, player, placing.item);
        if count < placing.amount || !is_free::<W>(world, x, y, placing.ground) {
            return;
        }
        if action == ACTION_PLACE_PLANT {
            let plant = Object { kind: PLANT, facing: 0u32, health: PLANT_HEALTH, x, y };
            if !add_object::<W>(world, plant, 0u32) {
                return;
            }
        } else {
            set_material::<W>(world, x, y, placing.material);
        }
        set_item::<W>(world, player, placing.item, count - placing.amount);
        achieve::<W>(world, player, placing.achievement);
    }
}
