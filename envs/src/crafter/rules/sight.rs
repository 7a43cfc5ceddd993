//! What observations say of objects and players, as whole numbers.

/// Codes of observations.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::plant::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Rows of the local view.
    pub const SEEN_ROWS: u32 = 7u32;
    /// Tiles of the local view.
    pub const SEEN_TILES: u32 = 63u32;
    /// Columns of the local view to the left of the player.
    pub const SEEN_LEFT: i32 = 4i32;
    /// Rows of the local view above the player.
    pub const SEEN_ABOVE: i32 = 3i32;
    /// Code of an arrow to the left; those to the right, up and down follow.
    pub const ARROW_CODE: u32 = 5u32;
    /// Code of a plant; that of a ripe one follows.
    pub const PLANT_CODE: u32 = 9u32;
    /// Numbers of the observation of a player.
    pub const PLAYER_NUMBERS: u32 = 26u32;

    /// The code of an object: its kind, but arrows differ by direction and plants by ripeness.
    pub fn object_code(object: Object, timer: u32) -> u32 {
        #![inline(always)]
        if object.kind == PLANT {
            return select(PLANT_CODE, PLANT_CODE + 1u32, timer > PLANT_RIPE);
        }
        select(object.kind, ARROW_CODE + object.facing, object.kind == ARROW)
    }

    /// What the original's semantic map shows of a tile's byte: the object on it, else its material.
    pub fn semantic_code(tile: u32) -> u32 {
        #![inline(always)]
        select(kind_of(tile) + SEMANTIC_OBJECTS, tile, kind_of(tile) == NOTHING)
    }

    /// Number `index` of the observation of a player in step `number`.
    pub fn player_number<W: World>(world: ptr!(function, W), player: u32, index: u32, number: u32) -> u32 {
        if index < 4u32 {
            return W::word(world, player + PLAYER_X + index);
        }
        if index < 8u32 {
            return W::word(world, player + HUNGER + index - 4u32);
        }
        if index == 8u32 {
            return W::word(world, player + ALIVE);
        }
        if index == 9u32 {
            return number;
        }
        item_count::<W>(world, player, index - 10u32)
    }
}
