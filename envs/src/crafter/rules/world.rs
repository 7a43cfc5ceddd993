//! Where the words of an environment lie, and its map: tiles of a material each, with at most one object
//! on a tile.

/// Access to words, and tiles.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::crafter::components::records::*;

    /// The words of one environment.
    pub trait World {
        /// The word at place `at`.
        fn word(world: ptr!(function, Self), at: u32) -> u32;
        /// Writes the word at place `at`.
        fn set_word(world: ptr!(function, Self), at: u32, value: u32);
    }

    /// Whether `(x, y)` is a tile of the world.
    pub fn is_inside(x: i32, y: i32) -> bool {
        #![inline(always)]
        x >= 0i32 && y >= 0i32 && x < WORLD_SIZE && y < WORLD_SIZE
    }

    /// The byte of tile `(x, y)`: material, and kind of object times 16. 0 outside the world.
    pub fn tile_at<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        #![inline(always)]
        if !is_inside(x, y) {
            return 0u32;
        }
        let index = u32(x * WORLD_SIZE + y);
        (W::word(world, MAP_AT + (index >> 2u32)) >> ((index & 3u32) * 8u32)) & 255u32
    }

    /// Writes the byte of tile `(x, y)`, which must lie inside the world.
    pub fn set_tile<W: World>(world: ptr!(function, W), x: i32, y: i32, tile: u32) {
        #![inline(always)]
        let index = u32(x * WORLD_SIZE + y);
        let shift = (index & 3u32) * 8u32;
        let place = MAP_AT + (index >> 2u32);
        let others = W::word(world, place) & (0xffffffffu32 ^ (255u32 << shift));
        W::set_word(world, place, others | (tile << shift));
    }

    /// The material of a tile's byte.
    pub fn material_of(tile: u32) -> u32 {
        #![inline(always)]
        tile & 15u32
    }

    /// The kind of the object on a tile's byte.
    pub fn kind_of(tile: u32) -> u32 {
        #![inline(always)]
        tile >> 4u32
    }

    /// Whether something that goes on `walkable` materials can go to `(x, y)`: inside, no object.
    pub fn is_free<W: World>(world: ptr!(function, W), x: i32, y: i32, walkable: u32) -> bool {
        #![inline(always)]
        let tile = tile_at::<W>(world, x, y);
        kind_of(tile) == NOTHING && is_in(walkable, material_of(tile))
    }

    /// Number of tiles from one place to another, counted along the axes.
    pub fn tiles_between(from_x: i32, from_y: i32, to_x: i32, to_y: i32) -> i32 {
        #![inline(always)]
        abs(to_x - from_x) + abs(to_y - from_y)
    }

    /// First word of player `index`.
    pub fn player_place(index: u32) -> u32 {
        #![inline(always)]
        PLAYERS_AT + index * PLAYER_WORDS
    }

    /// Column of the player whose words begin at `player`.
    pub fn player_x<W: World>(world: ptr!(function, W), player: u32) -> i32 {
        #![inline(always)]
        i32(W::word(world, player + PLAYER_X))
    }

    /// Row of the player whose words begin at `player`.
    pub fn player_y<W: World>(world: ptr!(function, W), player: u32) -> i32 {
        #![inline(always)]
        i32(W::word(world, player + PLAYER_Y))
    }

    /// How many of `item` the player has.
    pub fn item_count<W: World>(world: ptr!(function, W), player: u32, item: u32) -> u32 {
        #![inline(always)]
        W::word(world, player + INVENTORY + item)
    }

    /// Sets how many of `item` the player has.
    pub fn set_item<W: World>(world: ptr!(function, W), player: u32, item: u32, count: u32) {
        #![inline(always)]
        W::set_word(world, player + INVENTORY + item, count);
    }

    /// Takes `damage` from the player's health, down to 0.
    pub fn hurt_player<W: World>(world: ptr!(function, W), player: u32, damage: u32) {
        let health = item_count::<W>(world, player, HEALTH);
        set_item::<W>(world, player, HEALTH, health - min(health, damage));
    }

    /// Counts an achievement of the player.
    pub fn achieve<W: World>(world: ptr!(function, W), player: u32, achievement: u32) {
        let place = player + ACHIEVED + achievement;
        let count = W::word(world, place);
        W::set_word(world, place, count + 1u32);
        if count == 0u32 {
            let bit = 1u32 << achievement;
            let unlocked = W::word(world, player + UNLOCKED);
            W::set_word(world, player + UNLOCKED, unlocked | bit);
            let unreported = W::word(world, player + UNREPORTED);
            W::set_word(world, player + UNREPORTED, unreported | bit);
            let fresh = W::word(world, player + NEW_ACHIEVEMENTS);
            W::set_word(world, player + NEW_ACHIEVEMENTS, fresh | bit);
        }
    }

    /// The living player nearest to `(x, y)`, the first of several; player 0 when none is alive.
    pub fn nearest_player<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        #![inline(always)]
        let players = W::word(world, PLAYER_COUNT);
        let mut nearest = 0u32;
        if players > 1u32 {
            let mut least = 1000i32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for index in 0..players {
                let player = player_place(index);
                let away = tiles_between(x, y, player_x::<W>(world, player), player_y::<W>(world, player));
                if away < least && W::word(world, player + ALIVE) == 1u32 {
                    least = away;
                    nearest = index;
                }
            }
        }
        player_place(nearest)
    }

    /// Least distance from `(x, y)` to any player, dead ones at their last place included.
    pub fn distance_to_players<W: World>(world: ptr!(function, W), x: i32, y: i32) -> i32 {
        let players = W::word(world, PLAYER_COUNT);
        let mut least = 1000i32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            let away = tiles_between(x, y, player_x::<W>(world, player), player_y::<W>(world, player));
            least = min(least, away);
        }
        least
    }
}

/// The words of an environment on the CPU. A place beyond them reads 0 and is not written, so that no
/// state, however damaged, makes a rule panic.
#[derive(Debug)]
pub struct Words<'a>(pub &'a mut [u32]);

impl rules::World for Words<'_> {
    #[inline(always)]
    fn word(world: &mut Self, at: u32) -> u32 {
        world.0.get(at as usize).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set_word(world: &mut Self, at: u32, value: u32) {
        if let Some(word) = world.0.get_mut(at as usize) {
            *word = value;
        }
    }
}

/// Words that are only looked at: writing does nothing.
#[derive(Debug)]
pub struct ReadOnly<'a>(pub &'a [u32]);

impl rules::World for ReadOnly<'_> {
    #[inline(always)]
    fn word(world: &mut Self, at: u32) -> u32 {
        world.0.get(at as usize).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set_word(_world: &mut Self, _at: u32, _value: u32) {}
}
