//! Numbers by which tables are looked up: the mission of a state, the tile of a cell, the offset of the
//! goal. A task has few of each, so what an observation shows of them is written out once, at build, and
//! both devices look it up.

/// The numbers, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::minigrid::components::records::*;

    /// Numbers of an object in a mission: one for each colour of door, key, ball and box, and one for
    /// all else.
    pub const NAMED_OBJECTS: u32 = 25u32;
    /// Phrasings of a mission at most.
    pub const PHRASES: u32 = 5u32;
    /// Numbers of missions.
    pub const MISSIONS: u32 = 3125u32;
    /// Most words of a mission, commas counted; each is one word of the observation.
    pub const MISSION_TOKENS: u32 = 50u32;
    /// Most characters of a mission in the flat observation.
    pub const MISSION_CHARACTERS: u32 = 96u32;
    /// Different characters in the flat observation: 26 letters, space, comma.
    pub const CHARACTER_CLASSES: u32 = 28u32;
    /// Words of one mission in its table: the tokens, then the characters, four in a word.
    pub const MISSION_WORDS: u32 = 74u32;

    /// Colours of a tile.
    pub const TILE_COLORS: u32 = 6u32;
    /// States of a tile's object, from open to locked.
    pub const TILE_STATES: u32 = 3u32;
    /// What stands on a tile: nobody, or an agent in one of four directions.
    pub const TILE_AGENTS: u32 = 5u32;
    /// Numbers of tiles.
    pub const TILES: u32 = 1800u32;

    /// The number of an object, as far as missions tell objects apart.
    pub fn named_object(object: u32) -> u32 {
        let kind = kind_of(object);
        let color = color_of(object);
        let is_named = kind >= DOOR && color < 6u32;
        if is_named && kind <= BOX {
            return (kind - DOOR) * 6u32 + color;
        }
        NAMED_OBJECTS - 1u32
    }

    /// The number of the mission of `state`.
    pub fn mission_number(state: State) -> u32 {
        let first = named_object(state.target_cell);
        let second = named_object(state.other_cell);
        ((state.phrase % PHRASES) * NAMED_OBJECTS + first) * NAMED_OBJECTS + second
    }

    /// The number of a tile: the object in it, 0 or 1 + the direction of the agent on it, and 1 where
    /// the agent sees it. What no tile is made for counts as the nearest thing there is one for.
    pub fn tile_number(object: u32, agent: u32, is_seen: u32) -> u32 {
        let kind = select(EMPTY, kind_of(object), kind_of(object) <= LAVA);
        let color = min(color_of(object), TILE_COLORS - 1u32);
        let state = min(state_of(object), TILE_STATES - 1u32);
        (((kind * TILE_COLORS + color) * TILE_STATES + state) * TILE_AGENTS + agent) * 2u32 + is_seen
    }

    /// The number of the way from `(x, y)` to `(goal_x, goal_y)` in a grid of `width` by `height` cells.
    pub fn offset_number(x: u32, y: u32, goal_x: u32, goal_y: u32, width: u32, height: u32) -> u32 {
        (goal_x + width - 1u32 - x) * (2u32 * height - 1u32) + (goal_y + height - 1u32 - y)
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::minigrid::components::records::*;

    #[test]
    fn the_counts_are_those_of_their_parts() {
        assert_eq!(NAMED_OBJECTS, (BOX - DOOR + 1) * 6 + 1);
        assert_eq!(MISSIONS, PHRASES * NAMED_OBJECTS * NAMED_OBJECTS);
        assert_eq!(MISSION_WORDS, MISSION_TOKENS + MISSION_CHARACTERS / 4);
        assert_eq!(TILES, (LAVA + 1) * TILE_COLORS * TILE_STATES * TILE_AGENTS * 2);
        assert_eq!(tile_number(cell(LAVA, GREY, LOCKED), 4, 1), TILES - 1);
    }

    #[test]
    fn offsets_are_numbered_without_gaps() {
        let mut numbers: Vec<u32> = (0..3)
            .flat_map(|x| (0..2).map(move |y| (x, y)))
            .flat_map(|(x, y)| {
                (0..3).flat_map(move |gx| (0..2).map(move |gy| offset_number(x, y, gx, gy, 3, 2)))
            })
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, (0..15).collect::<Vec<_>>());
    }
}
