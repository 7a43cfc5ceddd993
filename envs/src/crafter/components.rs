//! The plain records of a Crafter instance: what a tile, an object and a player are, and where each lies
//! in the words of an environment's array.
//!
//! A tile is one byte: its material in the low four bits, and in the high four the kind of the object that
//! stands on it. Tile `(x, y)` is byte `64 x + y`, so that the array, read as bytes, is the original's map
//! in its order. Objects that move or grow, players excepted, are pairs of words in the order of their
//! creation, which is the order in which they act.

/// Ids, sizes and packing, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Tiles along each side of the world.
    pub const WORLD_SIZE: i32 = 64i32;
    /// Tiles along each side of a chunk; the last chunk of a row has 4.
    pub const CHUNK_SIZE: i32 = 12i32;
    /// Chunks along each side of the world.
    pub const CHUNKS_A_SIDE: u32 = 6u32;
    /// Chunks of the world.
    pub const CHUNKS: u32 = 36u32;

    /// Material: none, outside the world.
    pub const OUTSIDE: u32 = 0u32;
    /// Material: water.
    pub const WATER: u32 = 1u32;
    /// Material: grass.
    pub const GRASS: u32 = 2u32;
    /// Material: stone.
    pub const STONE: u32 = 3u32;
    /// Material: path, what is left of mined stone; also the floor of caves and tunnels.
    pub const PATH: u32 = 4u32;
    /// Material: sand.
    pub const SAND: u32 = 5u32;
    /// Material: tree.
    pub const TREE: u32 = 6u32;
    /// Material: lava.
    pub const LAVA: u32 = 7u32;
    /// Material: coal.
    pub const COAL: u32 = 8u32;
    /// Material: iron.
    pub const IRON: u32 = 9u32;
    /// Material: diamond.
    pub const DIAMOND: u32 = 10u32;
    /// Material: table.
    pub const TABLE: u32 = 11u32;
    /// Material: furnace.
    pub const FURNACE: u32 = 12u32;

    /// Materials that creatures walk on, as a bit set: grass, path, sand.
    pub const WALKABLE: u32 = 52u32;
    /// Materials that players walk on: those and lava.
    pub const PLAYER_WALKABLE: u32 = 180u32;
    /// Materials that arrows fly over: grass, path, sand, water, lava.
    pub const ARROW_WALKABLE: u32 = 182u32;

    /// Kind of object: none.
    pub const NOTHING: u32 = 0u32;
    /// Kind of object: player.
    pub const PLAYER: u32 = 1u32;
    /// Kind of object: cow.
    pub const COW: u32 = 2u32;
    /// Kind of object: zombie.
    pub const ZOMBIE: u32 = 3u32;
    /// Kind of object: skeleton.
    pub const SKELETON: u32 = 4u32;
    /// Kind of object: arrow.
    pub const ARROW: u32 = 5u32;
    /// Kind of object: plant.
    pub const PLANT: u32 = 6u32;
    /// What is added to a kind to get its id in the original's semantic map.
    pub const SEMANTIC_OBJECTS: u32 = 12u32;

    /// Direction: (-1, 0).
    pub const LEFT: u32 = 0u32;
    /// Direction: (1, 0).
    pub const RIGHT: u32 = 1u32;
    /// Direction: (0, -1).
    pub const UP: u32 = 2u32;
    /// Direction: (0, 1).
    pub const DOWN: u32 = 3u32;

    /// Item: health, which is 0 when the player is dead.
    pub const HEALTH: u32 = 0u32;
    /// Item: food.
    pub const FOOD: u32 = 1u32;
    /// Item: drink.
    pub const DRINK: u32 = 2u32;
    /// Item: energy.
    pub const ENERGY: u32 = 3u32;
    /// Item: sapling.
    pub const SAPLING: u32 = 4u32;
    /// Item: wood.
    pub const WOOD: u32 = 5u32;
    /// Item: stone.
    pub const STONES: u32 = 6u32;
    /// Item: coal.
    pub const COALS: u32 = 7u32;
    /// Item: iron.
    pub const IRONS: u32 = 8u32;
    /// Item: diamond.
    pub const DIAMONDS: u32 = 9u32;
    /// Item: wood pickaxe.
    pub const WOOD_PICKAXE: u32 = 10u32;
    /// Item: stone pickaxe.
    pub const STONE_PICKAXE: u32 = 11u32;
    /// Item: iron pickaxe.
    pub const IRON_PICKAXE: u32 = 12u32;
    /// Item: wood sword.
    pub const WOOD_SWORD: u32 = 13u32;
    /// Item: stone sword.
    pub const STONE_SWORD: u32 = 14u32;
    /// Item: iron sword.
    pub const IRON_SWORD: u32 = 15u32;
    /// Number of items.
    pub const NUM_ITEMS: u32 = 16u32;
    /// Items before this one are vital: they start at 9 and never exceed it.
    pub const VITAL_ITEMS: u32 = 4u32;
    /// What vital items start with, and the most of them.
    pub const VITAL_LIMIT: u32 = 9u32;

    /// Achievement: coal was collected.
    pub const COLLECT_COAL: u32 = 0u32;
    /// Achievement: a diamond was collected.
    pub const COLLECT_DIAMOND: u32 = 1u32;
    /// Achievement: water was drunk.
    pub const COLLECT_DRINK: u32 = 2u32;
    /// Achievement: iron was collected.
    pub const COLLECT_IRON: u32 = 3u32;
    /// Achievement: a sapling was collected.
    pub const COLLECT_SAPLING: u32 = 4u32;
    /// Achievement: stone was collected.
    pub const COLLECT_STONE: u32 = 5u32;
    /// Achievement: wood was collected.
    pub const COLLECT_WOOD: u32 = 6u32;
    /// Achievement: a skeleton was defeated.
    pub const DEFEAT_SKELETON: u32 = 7u32;
    /// Achievement: a zombie was defeated.
    pub const DEFEAT_ZOMBIE: u32 = 8u32;
    /// Achievement: a cow was eaten.
    pub const EAT_COW: u32 = 9u32;
    /// Achievement: a ripe plant was eaten.
    pub const EAT_PLANT: u32 = 10u32;
    /// Achievement: an iron pickaxe was made.
    pub const MAKE_IRON_PICKAXE: u32 = 11u32;
    /// Achievement: an iron sword was made.
    pub const MAKE_IRON_SWORD: u32 = 12u32;
    /// Achievement: a stone pickaxe was made.
    pub const MAKE_STONE_PICKAXE: u32 = 13u32;
    /// Achievement: a stone sword was made.
    pub const MAKE_STONE_SWORD: u32 = 14u32;
    /// Achievement: a wood pickaxe was made.
    pub const MAKE_WOOD_PICKAXE: u32 = 15u32;
    /// Achievement: a wood sword was made.
    pub const MAKE_WOOD_SWORD: u32 = 16u32;
    /// Achievement: a furnace was placed.
    pub const PLACE_FURNACE: u32 = 17u32;
    /// Achievement: a sapling was planted.
    pub const PLACE_PLANT: u32 = 18u32;
    /// Achievement: a stone was placed.
    pub const PLACE_STONE: u32 = 19u32;
    /// Achievement: a table was placed.
    pub const PLACE_TABLE: u32 = 20u32;
    /// Achievement: the player woke up rested.
    pub const WAKE_UP: u32 = 21u32;
    /// Number of achievements.
    pub const NUM_ACHIEVEMENTS: u32 = 22u32;

    /// Word of the number of object slots in use, emptied ones included.
    pub const OBJECT_COUNT: u32 = 0u32;
    /// Word of the number of chunks in the chunk list.
    pub const LISTED_CHUNKS: u32 = 1u32;
    /// Word of the number of players, dead ones included.
    pub const PLAYER_COUNT: u32 = 2u32;
    /// Word of the number of object slots there are.
    pub const OBJECT_CAPACITY: u32 = 3u32;
    /// Word of the first object slot's place in the array.
    pub const FIRST_OBJECT: u32 = 4u32;
    /// Word of the number of slots that have been emptied since they were last closed up.
    pub const EMPTIED_SLOTS: u32 = 5u32;
    /// Word of the rules that are in force: the `RULE_` bits.
    pub const RULES: u32 = 6u32;
    /// Word of the bit set of achievements that the team has been paid for.
    pub const TEAM_UNLOCKED: u32 = 7u32;
    /// Word of what a team is to achieve: one of the `GOAL_` numbers.
    pub const GOAL: u32 = 8u32;
    /// Word of what the goal needs to know: the step in which a team has survived, or an achievement.
    pub const GOAL_DETAIL: u32 = 9u32;
    /// The map, four tiles a word.
    pub const MAP_AT: u32 = 12u32;
    /// Two words for each chunk: tiles of grass and of path, then zombies, skeletons and cows; a byte each.
    pub const CHUNKS_AT: u32 = 1036u32;
    /// The chunk list: chunks in the order in which an object first came to them.
    pub const CHUNK_LIST_AT: u32 = 1108u32;
    /// The players, [`PLAYER_WORDS`] words each.
    pub const PLAYERS_AT: u32 = 1144u32;

    /// Rule: objects act only within [`UPDATE_RANGE`] of a player.
    pub const RULE_RANGE: u32 = 1u32;
    /// Rule: there are zombies and skeletons.
    pub const RULE_MONSTERS: u32 = 2u32;
    /// Rule: iron tools need a table beside the furnace.
    pub const RULE_IRON_NEEDS_TABLE: u32 = 4u32;
    /// Rule: a player carries at most 9 of an item; otherwise 999.
    pub const RULE_NINE_ITEMS: u32 = 8u32;
    /// Rule: the dead lie where they fell, and a team mate's "do" brings them back with one health.
    pub const RULE_REVIVAL: u32 = 16u32;
    /// Rule: players can strike each other.
    pub const RULE_FRIENDLY_FIRE: u32 = 32u32;
    /// Rule: the team suite's order of a step: gifts first, deaths and pay at its end.
    pub const RULE_TEAM: u32 = 64u32;
    /// All rules of the original single-agent game.
    pub const ORIGINAL_RULES: u32 = 15u32;
    /// Distance to a player from which on objects stand still.
    pub const UPDATE_RANGE: i32 = 18i32;

    /// Goal: none; the episode goes on until all are dead.
    pub const GOAL_OPEN: u32 = 0u32;
    /// Goal: a player unlocks a given achievement.
    pub const GOAL_ACHIEVEMENT: u32 = 1u32;
    /// Goal: the team achieves all achievements.
    pub const GOAL_ALL: u32 = 2u32;
    /// Goal: a player lives until a given step.
    pub const GOAL_SURVIVE: u32 = 3u32;

    /// Words of a player.
    pub const PLAYER_WORDS: u32 = 63u32;
    /// Word of a player: column.
    pub const PLAYER_X: u32 = 0u32;
    /// Word of a player: row, down.
    pub const PLAYER_Y: u32 = 1u32;
    /// Word of a player: direction it faces.
    pub const FACING: u32 = 2u32;
    /// Word of a player: 1 while asleep.
    pub const SLEEPING: u32 = 3u32;
    /// Word of a player: twice the hunger.
    pub const HUNGER: u32 = 4u32;
    /// Word of a player: twice the thirst.
    pub const THIRST: u32 = 5u32;
    /// Word of a player: fatigue, signed.
    pub const FATIGUE: u32 = 6u32;
    /// Word of a player: twice the progress of recovery, signed.
    pub const RECOVER: u32 = 7u32;
    /// Word of a player: health when it last noticed whether it was hurt.
    pub const NOTICED_HEALTH: u32 = 8u32;
    /// Word of a player: health that its last reward counted.
    pub const REWARDED_HEALTH: u32 = 9u32;
    /// Word of a player: bit set of its achievements in this episode.
    pub const UNLOCKED: u32 = 10u32;
    /// Word of a player: 1 until it is removed from the world.
    pub const ALIVE: u32 = 11u32;
    /// Word of a player: what the step pays, coded for the reward table or as a signed number.
    pub const PAY: u32 = 12u32;
    /// Word of a player: achievements that have not been reported as events yet, as a bit set.
    pub const UNREPORTED: u32 = 13u32;
    /// Word of a player: how its part in the episode ended; 0 while it goes on.
    pub const ENDING: u32 = 14u32;
    /// First of the words of a player that count its items.
    pub const INVENTORY: u32 = 16u32;
    /// First of the words of a player that count its achievements.
    pub const ACHIEVED: u32 = 32u32;

    /// First of two words of a player that hold how many materials, from wood to diamond, it had when it was
    /// last paid: ten bits each, three to a word.
    pub const PAID_MATERIALS: u32 = 54u32;

    /// Word of a player: bit set of the achievements that are new in this step.
    pub const NEW_ACHIEVEMENTS: u32 = 15u32;

    /// First of the words of a player that hold what it was asked to do in this step: the action.
    pub const ACTION: u32 = 56u32;
    /// Word of a player: the number of the player that it gives something to.
    pub const RECEIVER: u32 = 57u32;
    /// Word of a player: the item that it gives.
    pub const GIFT: u32 = 58u32;
    /// First of the words of a player that hold the message it sent in this step.
    pub const MESSAGE: u32 = 59u32;
    /// The most tokens of a message.
    pub const MESSAGE_TOKENS: u32 = 4u32;

    /// Pay: the original's, see `reward`.
    pub const PAY_ORIGINAL: u32 = 0u32;
    /// Pay: nothing.
    pub const PAY_NOTHING: u32 = 1u32;
    /// Pay: that of the DAMCS paper's environment, see `rules::team`.
    pub const PAY_DAMCS: u32 = 2u32;
    /// Pay: that of the later repository of the DAMCS paper's authors, in tenths.
    pub const PAY_DAMCS_LATER: u32 = 3u32;

    /// The record of an instance beside its array.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Clock {
        /// Steps since the reset, from which the daylight follows.
        pub step: u32,
    }

    /// An object as its word says: `kind | facing << 4 | health << 8 | x << 16 | y << 24`.
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, Wgsl)]
    #[repr(C)]
    pub struct Object {
        /// Kind; `NOTHING` in an emptied slot.
        pub kind: u32,
        /// Direction an arrow flies in.
        pub facing: u32,
        /// Health, 0 to 15.
        pub health: u32,
        /// Column.
        pub x: i32,
        /// Row.
        pub y: i32,
    }

    /// The word of an object.
    pub fn object_word(object: Object) -> u32 {
        #![inline(always)]
        object.kind
            | (object.facing << 4u32)
            | (object.health << 8u32)
            | (u32(object.x) << 16u32)
            | (u32(object.y) << 24u32)
    }

    /// The object of a word.
    pub fn object_of(word: u32) -> Object {
        #![inline(always)]
        Object {
            kind: word & 15u32,
            facing: (word >> 4u32) & 3u32,
            health: (word >> 8u32) & 15u32,
            x: i32((word >> 16u32) & 63u32),
            y: i32((word >> 24u32) & 63u32),
        }
    }

    /// Whether `materials`, a bit set, holds `material`.
    pub fn is_in(materials: u32, material: u32) -> bool {
        #![inline(always)]
        ((materials >> material) & 1u32) == 1u32
    }

    /// Column change of a direction.
    pub fn direction_x(direction: u32) -> i32 {
        #![inline(always)]
        select(select(0i32, 1i32, direction == RIGHT), -1i32, direction == LEFT)
    }

    /// Row change of a direction.
    pub fn direction_y(direction: u32) -> i32 {
        #![inline(always)]
        select(select(0i32, 1i32, direction == DOWN), -1i32, direction == UP)
    }
}

use records::{MESSAGE_TOKENS, NUM_ACHIEVEMENTS, NUM_ITEMS, PLAYER_WORDS};

/// Names of the achievements, by their index.
pub const ACHIEVEMENT_NAMES: [&str; NUM_ACHIEVEMENTS as usize] = [
    "collect_coal",
    "collect_diamond",
    "collect_drink",
    "collect_iron",
    "collect_sapling",
    "collect_stone",
    "collect_wood",
    "defeat_skeleton",
    "defeat_zombie",
    "eat_cow",
    "eat_plant",
    "make_iron_pickaxe",
    "make_iron_sword",
    "make_stone_pickaxe",
    "make_stone_sword",
    "make_wood_pickaxe",
    "make_wood_sword",
    "place_furnace",
    "place_plant",
    "place_stone",
    "place_table",
    "wake_up",
];

/// Names of the items, by their index.
pub const ITEM_NAMES: [&str; NUM_ITEMS as usize] = [
    "health",
    "food",
    "drink",
    "energy",
    "sapling",
    "wood",
    "stone",
    "coal",
    "iron",
    "diamond",
    "wood_pickaxe",
    "stone_pickaxe",
    "iron_pickaxe",
    "wood_sword",
    "stone_sword",
    "iron_sword",
];

/// Names of the materials, by their id; 0 is what lies outside the world.
pub const MATERIAL_NAMES: [&str; 13] = [
    "none", "water", "grass", "stone", "path", "sand", "tree", "lava", "coal", "iron", "diamond", "table",
    "furnace",
];

/// Names of the kinds of objects; 0 is none.
pub const OBJECT_NAMES: [&str; 7] = ["nothing", "player", "cow", "zombie", "skeleton", "arrow", "plant"];

/// A player's words, by name; see the `records` for what each holds.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Player {
    /// Column.
    pub x: u32,
    /// Row, down.
    pub y: u32,
    /// Direction it faces.
    pub facing: u32,
    /// 1 while asleep.
    pub sleeping: u32,
    /// Twice the hunger, 0 to 50.
    pub hunger: u32,
    /// Twice the thirst, 0 to 40.
    pub thirst: u32,
    /// Fatigue, -10 to 30.
    pub fatigue: i32,
    /// Twice the progress of recovery, -30 to 50.
    pub recover: i32,
    /// Health when it last noticed whether it was hurt.
    pub noticed_health: u32,
    /// Health that its last reward counted.
    pub rewarded_health: u32,
    /// Bit set of its achievements in this episode.
    pub unlocked: u32,
    /// 1 until it is removed from the world.
    pub alive: u32,
    /// What the last step pays.
    pub pay: u32,
    /// Achievements that have not been reported as events yet.
    pub unreported: u32,
    /// How its part in the episode ended; 0 while it goes on.
    pub ending: u32,
    /// Bit set of the achievements that are new in the step under way.
    pub new_achievements: u32,
    /// How many it has of each item.
    pub inventory: [u32; NUM_ITEMS as usize],
    /// How often it has achieved each achievement.
    pub achieved: [u32; NUM_ACHIEVEMENTS as usize],
    /// How many materials, from wood to diamond, it had when it was last paid, packed.
    pub paid_materials: [u32; 2],
    /// The action of the last step.
    pub action: u32,
    /// The player that it wanted to give something to.
    pub receiver: u32,
    /// The item that it wanted to give.
    pub gift: u32,
    /// The message that it sent in the last step.
    pub message: [u32; MESSAGE_TOKENS as usize],
}

const _: () = assert!(size_of::<Player>() == 4 * PLAYER_WORDS as usize);

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::{records::*, *};

    #[test]
    fn a_players_words_are_where_the_rules_look() {
        let word = |offset: usize| offset as u32 / 4;
        assert_eq!(word(offset_of!(Player, x)), PLAYER_X);
        assert_eq!(word(offset_of!(Player, sleeping)), SLEEPING);
        assert_eq!(word(offset_of!(Player, hunger)), HUNGER);
        assert_eq!(word(offset_of!(Player, recover)), RECOVER);
        assert_eq!(word(offset_of!(Player, unlocked)), UNLOCKED);
        assert_eq!(word(offset_of!(Player, alive)), ALIVE);
        assert_eq!(word(offset_of!(Player, pay)), PAY);
        assert_eq!(word(offset_of!(Player, unreported)), UNREPORTED);
        assert_eq!(word(offset_of!(Player, ending)), ENDING);
        assert_eq!(word(offset_of!(Player, action)), ACTION);
        assert_eq!(word(offset_of!(Player, message)), MESSAGE);
        assert_eq!(word(offset_of!(Player, inventory)), INVENTORY);
        assert_eq!(word(offset_of!(Player, achieved)), ACHIEVED);
        assert_eq!(word(offset_of!(Player, paid_materials)), PAID_MATERIALS);
        assert_eq!(word(offset_of!(Player, new_achievements)), NEW_ACHIEVEMENTS);
    }

    #[test]
    fn the_parts_of_the_array_follow_each_other() {
        assert_eq!(CHUNKS_AT, MAP_AT + (WORLD_SIZE * WORLD_SIZE) as u32 / 4);
        assert_eq!(CHUNK_LIST_AT, CHUNKS_AT + 2 * CHUNKS);
        assert_eq!(PLAYERS_AT, CHUNK_LIST_AT + CHUNKS);
    }

    #[test]
    fn bit_sets_hold_the_materials_of_the_table() {
        let members = |set: u32| (0..16).filter(|&material| is_in(set, material)).collect::<Vec<_>>();
        assert_eq!(members(WALKABLE), [GRASS, PATH, SAND]);
        assert_eq!(members(PLAYER_WALKABLE), [GRASS, PATH, SAND, LAVA]);
        assert_eq!(members(ARROW_WALKABLE), [WATER, GRASS, PATH, SAND, LAVA]);
    }

    #[test]
    fn an_object_survives_its_word() {
        for (kind, facing, health, x, y) in [(COW, 0, 3, 0, 63), (ARROW, 3, 0, 63, 0), (ZOMBIE, 2, 5, 31, 32)]
        {
            let object = Object { kind, facing, health, x, y };
            assert_eq!(object_of(object_word(object)), object);
        }
    }
}
