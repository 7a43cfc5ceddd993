//! Making tools beside a table, and of iron beside a furnace too.

/// Recipes, and what is near enough.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::interaction::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Action: make a wood pickaxe, the first of the six making actions, which are in the order of the
    /// items that they make.
    pub const ACTION_MAKE_WOOD_PICKAXE: u32 = 11u32;
    /// Action: make an iron sword, the last of them.
    pub const ACTION_MAKE_IRON_SWORD: u32 = 16u32;

    /// What a tool is made of.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Recipe {
        /// Stones, beside one wood.
        pub stones: u32,
        /// Coal and iron each.
        pub metal: u32,
        /// The achievement that is counted.
        pub achievement: u32,
    }

    /// What `tool` is made of.
    pub fn recipe_of(tool: u32) -> Recipe {
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match tool {
            WOOD_PICKAXE => {
                return Recipe { stones: 0u32, metal: 0u32, achievement: MAKE_WOOD_PICKAXE };
            }
            STONE_PICKAXE => {
                return Recipe { stones: 1u32, metal: 0u32, achievement: MAKE_STONE_PICKAXE };
            }
            IRON_PICKAXE => {
                return Recipe { stones: 0u32, metal: 1u32, achievement: MAKE_IRON_PICKAXE };
            }
            WOOD_SWORD => {
                return Recipe { stones: 0u32, metal: 0u32, achievement: MAKE_WOOD_SWORD };
            }
            STONE_SWORD => {
                return Recipe { stones: 1u32, metal: 0u32, achievement: MAKE_STONE_SWORD };
            }
            _ => {}
        }
        Recipe { stones: 0u32, metal: 1u32, achievement: MAKE_IRON_SWORD }
    }

    /// The materials of the 3 by 3 tiles around `(x, y)`, as a bit set. In the leftmost column and in the
    /// top row there are none: the original takes a slice that begins at -1, which is empty.
    pub fn nearby_materials<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        if x == 0i32 || y == 0i32 {
            return 0u32;
        }
        let mut materials = 0u32;
        for column in 0..3i32 {
            for row in 0..3i32 {
                let tile = tile_at::<W>(world, x + column - 1i32, y + row - 1i32);
                materials |= 1u32 << material_of(tile);
            }
        }
        materials
    }

    /// The player makes the tool of a making action, if it can.
    pub fn make<W: World>(world: ptr!(function, W), player: u32, action: u32) {
        let tool = action - ACTION_MAKE_WOOD_PICKAXE + WOOD_PICKAXE;
        let recipe = recipe_of(tool);
        let wood = item_count::<W>(world, player, WOOD);
        let stones = item_count::<W>(world, player, STONES);
        let coals = item_count::<W>(world, player, COALS);
        let irons = item_count::<W>(world, player, IRONS);
        if wood < 1u32 || stones < recipe.stones || coals < recipe.metal || irons < recipe.metal {
            return;
        }
        let x = player_x::<W>(world, player);
        let y = player_y::<W>(world, player);
        let nearby = nearby_materials::<W>(world, x, y);
        let iron_needs_table = (W::word(world, RULES) & RULE_IRON_NEEDS_TABLE) != 0u32;
        let needs_table = recipe.metal == 0u32 || iron_needs_table;
        if (needs_table && !is_in(nearby, TABLE)) || (recipe.metal == 1u32 && !is_in(nearby, FURNACE)) {
            return;
        }
        set_item::<W>(world, player, WOOD, wood - 1u32);
        set_item::<W>(world, player, STONES, stones - recipe.stones);
        set_item::<W>(world, player, COALS, coals - recipe.metal);
        set_item::<W>(world, player, IRONS, irons - recipe.metal);
        gain_item::<W>(world, player, tool, 1u32);
        achieve::<W>(world, player, recipe.achievement);
    }
}
