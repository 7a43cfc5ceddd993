//! The action "do": what the player does to the object or the material that it faces. Every material that
//! can be collected asks for a tool and leaves another material behind.

/// Striking, eating and collecting.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::plant::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Food of a cow.
    pub const COW_FOOD: u32 = 6u32;
    /// Food of a ripe plant.
    pub const PLANT_FOOD: u32 = 4u32;
    /// Chance, in percent, that grass gives a sapling.
    pub const SAPLING_PERCENT: u32 = 10u32;
    /// Materials that can be collected, as a bit set: water, grass, stone, tree, coal, iron, diamond.
    pub const COLLECTABLE: u32 = 1870u32;
    /// No tool is needed.
    pub const NO_TOOL: u32 = 16u32;

    /// What is collected from a material.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Harvest {
        /// The item that is needed, or [`NO_TOOL`].
        pub tool: u32,
        /// The item that is gained.
        pub item: u32,
        /// What the tile becomes.
        pub leaves: u32,
        /// The achievement that is counted.
        pub achievement: u32,
    }

    /// What is collected from `material`, which is one of [`COLLECTABLE`].
    pub fn harvest_of(material: u32) -> Harvest {
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match material {
            TREE => {
                return Harvest { tool: NO_TOOL, item: WOOD, leaves: GRASS, achievement: COLLECT_WOOD };
            }
            STONE => {
                return Harvest {
                    tool: WOOD_PICKAXE,
                    item: STONES,
                    leaves: PATH,
                    achievement: COLLECT_STONE,
                };
            }
            COAL => {
                return Harvest { tool: WOOD_PICKAXE, item: COALS, leaves: PATH, achievement: COLLECT_COAL };
            }
            IRON => {
                return Harvest { tool: STONE_PICKAXE, item: IRONS, leaves: PATH, achievement: COLLECT_IRON };
            }
            DIAMOND => {
                return Harvest {
                    tool: IRON_PICKAXE,
                    item: DIAMONDS,
                    leaves: PATH,
                    achievement: COLLECT_DIAMOND,
                };
            }
            WATER => {
                return Harvest { tool: NO_TOOL, item: DRINK, leaves: WATER, achievement: COLLECT_DRINK };
            }
            _ => {}
        }
        Harvest { tool: NO_TOOL, item: SAPLING, leaves: GRASS, achievement: COLLECT_SAPLING }
    }

    /// Damage of the player's best sword, or of its hands.
    pub fn strike_damage<W: World>(world: ptr!(function, W), player: u32) -> u32 {
        if item_count::<W>(world, player, IRON_SWORD) > 0u32 {
            return 5u32;
        }
        if item_count::<W>(world, player, STONE_SWORD) > 0u32 {
            return 3u32;
        }
        if item_count::<W>(world, player, WOOD_SWORD) > 0u32 {
            return 2u32;
        }
        1u32
    }

    /// Adds `amount` of `item` to what the player has.
    pub fn gain_item<W: World>(world: ptr!(function, W), player: u32, item: u32, amount: u32) {
        let count = item_count::<W>(world, player, item);
        set_item::<W>(world, player, item, count + amount);
    }

    /// The player strikes the creature at `place`, or eats the plant there.
    pub fn do_to_object<W: World>(world: ptr!(function, W), player: u32, place: u32) {
        let mut struck = object_of(W::word(world, place));
        if struck.kind == PLANT {
            if W::word(world, place + 1u32) > PLANT_RIPE {
                W::set_word(world, place + 1u32, 0u32);
                gain_item::<W>(world, player, FOOD, PLANT_FOOD);
                achieve::<W>(world, player, EAT_PLANT);
            }
            return;
        }
        if struck.kind == ARROW {
            return;
        }
        let damage = strike_damage::<W>(world, player);
        struck.health -= min(struck.health, damage);
        W::set_word(world, place, object_word(struck));
        if struck.health > 0u32 {
            return;
        }
        if struck.kind == ZOMBIE {
            achieve::<W>(world, player, DEFEAT_ZOMBIE);
        } else if struck.kind == SKELETON {
            achieve::<W>(world, player, DEFEAT_SKELETON);
        } else {
            gain_item::<W>(world, player, FOOD, COW_FOOD);
            achieve::<W>(world, player, EAT_COW);
            W::set_word(world, player + HUNGER, 0u32);
        }
    }

    /// The player collects `material` from tile `(x, y)`.
    pub fn do_to_material<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        player: u32,
        x: i32,
        y: i32,
        material: u32,
    ) {
        if material == WATER {
            W::set_word(world, player + THIRST, 0u32);
        }
        if !is_in(COLLECTABLE, material) {
            return;
        }
        let harvest = harvest_of(material);
        if harvest.tool != NO_TOOL {
            if item_count::<W>(world, player, harvest.tool) == 0u32 {
                return;
            }
        }
        if harvest.leaves != material {
            set_material::<W>(world, x, y, harvest.leaves);
        }
        if material == GRASS {
            if !D::chance(draws, SAPLING_PERCENT) {
                return;
            }
        } else {
            D::certain(draws);
        }
        gain_item::<W>(world, player, harvest.item, 1u32);
        achieve::<W>(world, player, harvest.achievement);
    }

    /// The player brings the dead team mate on tile `(x, y)` back, or strikes the living one, where the
    /// rules allow it.
    pub fn do_to_player<W: World>(world: ptr!(function, W), player: u32, x: i32, y: i32) {
        let in_force = W::word(world, RULES);
        let mate = find_player::<W>(world, x, y);
        if mate != 0u32 {
            if (in_force & RULE_FRIENDLY_FIRE) != 0u32 {
                let damage = strike_damage::<W>(world, player);
                hurt_player::<W>(world, mate, damage);
            }
            return;
        }
        let fallen = find_fallen::<W>(world, x, y);
        if (in_force & RULE_REVIVAL) != 0u32 && fallen != 0u32 {
            W::set_word(world, fallen + ALIVE, 1u32);
            W::set_word(world, fallen + SLEEPING, 0u32);
            W::set_word(world, fallen + RECOVER, 0u32);
            W::set_word(world, fallen + NOTICED_HEALTH, 1u32);
            W::set_word(world, fallen + REWARDED_HEALTH, 1u32);
            set_item::<W>(world, fallen, HEALTH, 1u32);
        }
    }

    /// The player does what it can to tile `(x, y)`.
    pub fn interact<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        player: u32,
        x: i32,
        y: i32,
    ) {
        let tile = tile_at::<W>(world, x, y);
        let kind = kind_of(tile);
        if kind == NOTHING {
            do_to_material::<D, W>(draws, world, player, x, y, material_of(tile));
        } else if kind == PLAYER {
            do_to_player::<W>(world, player, x, y);
        } else {
            let place = find_object::<W>(world, x, y);
            if place != 0u32 {
                do_to_object::<W>(world, player, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::crafter::components::{ITEM_NAMES, MATERIAL_NAMES, records::*};

    #[test]
    fn the_table_of_collecting() {
        let rows: Vec<String> = (0..13)
            .filter(|&material| is_in(COLLECTABLE, material))
            .map(|material| {
                let harvest = harvest_of(material);
                let tool = ITEM_NAMES.get(harvest.tool as usize).unwrap_or(&"hands");
                let (from, to) = (MATERIAL_NAMES[material as usize], MATERIAL_NAMES[harvest.leaves as usize]);
                format!("{from} with {tool}: {}, leaves {to}", ITEM_NAMES[harvest.item as usize])
            })
            .collect();
        assert_eq!(
            rows,
            [
                "water with hands: drink, leaves water",
                "grass with hands: sapling, leaves grass",
                "stone with wood_pickaxe: stone, leaves path",
                "tree with hands: wood, leaves grass",
                "coal with wood_pickaxe: coal, leaves path",
                "iron with stone_pickaxe: iron, leaves path",
                "diamond with iron_pickaxe: diamond, leaves path",
            ]
        );
    }
}
