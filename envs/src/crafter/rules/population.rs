//! Population control: every tenth step each listed chunk may gain or lose a zombie, a skeleton and a cow,
//! towards numbers that depend on the daylight and on the ground there is.

/// Spawning and despawning.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::cow::rules::*;
    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::skeleton::rules::*;
    use super::super::world::rules::*;
    use super::super::zombie::rules::*;
    use crate::crafter::components::records::*;

    /// Steps from one control to the next.
    pub const CONTROL_INTERVAL: u32 = 10u32;
    /// Tiles of grass from which on a chunk gets zombies.
    pub const ZOMBIE_GRASS: u32 = 50u32;
    /// Tiles of path from which on a chunk gets a skeleton.
    pub const SKELETON_PATH: u32 = 6u32;
    /// Tiles of grass from which on a chunk gets a cow.
    pub const COW_GRASS: u32 = 30u32;

    /// Bit of a light word: it is dark enough for noise to be drawn over images.
    pub const DARK: u32 = 1u32;

    /// The most zombies of a chunk under a light word: 3.5 - 3 x daylight, rounded down.
    pub fn zombie_limit(light: u32) -> u32 {
        (light >> 1u32) & 3u32
    }

    /// The most cows of a chunk under a light word: 1.5 + daylight, rounded down.
    pub fn cow_limit(light: u32) -> u32 {
        (light >> 3u32) & 3u32
    }

    /// How many creatures of a kind a chunk is to have, and how it gets there.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Control {
        /// The kind.
        pub kind: u32,
        /// Health of a new creature.
        pub health: u32,
        /// The material on which it appears.
        pub material: u32,
        /// Tiles of it in the chunk.
        pub tiles: u32,
        /// Creatures of the kind in the chunk.
        pub creatures: u32,
        /// Below this number one may appear.
        pub low: u32,
        /// Above this number one may vanish.
        pub high: u32,
        /// Chance in percent that one appears.
        pub spawn: u32,
        /// Chance in percent that one vanishes.
        pub despawn: u32,
        /// Least distance to a player at which one appears.
        pub spawn_distance: i32,
        /// Least distance to a player at which one vanishes.
        pub despawn_distance: i32,
    }

    /// Tile number `index` of `material` in a chunk, column by column; (-1, -1) when there are fewer.
    pub fn find_tile<W: World>(world: ptr!(function, W), chunk: u32, material: u32, index: u32) -> Vec2i {
        let left = i32(chunk / CHUNKS_A_SIDE) * CHUNK_SIZE;
        let top = i32(chunk % CHUNKS_A_SIDE) * CHUNK_SIZE;
        let mut passed = 0u32;
        for column in 0..12i32 {
            for row in 0..12i32 {
                // Outside the world there is no material.
                if material_of(tile_at::<W>(world, left + column, top + row)) == material {
                    if passed == index {
                        return vec2i(left + column, top + row);
                    }
                    passed += 1u32;
                }
            }
        }
        vec2i(-1i32, -1i32)
    }

    /// Place of creature number `index` of `kind` in a chunk, in the order of creation; 0 when there are
    /// fewer.
    pub fn find_creature<W: World>(world: ptr!(function, W), chunk: u32, kind: u32, index: u32) -> u32 {
        let count = W::word(world, OBJECT_COUNT);
        let mut passed = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for slot in 0..count {
            let place = object_place::<W>(world, slot);
            let object = object_of(W::word(world, place));
            if object.kind == kind && chunk_at(object.x, object.y) == chunk {
                if passed == index {
                    return place;
                }
                passed += 1u32;
            }
        }
        0u32
    }

    /// Lets a creature appear in a chunk, or one vanish.
    pub fn control_kind<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        chunk: u32,
        control: Control,
    ) {
        if control.creatures < control.low {
            if D::chance(draws, control.spawn) {
                let index = D::below(draws, control.tiles);
                let tile = find_tile::<W>(world, chunk, control.material, index);
                let is_clear = is_free::<W>(world, tile.x, tile.y, WALKABLE);
                if is_clear && distance_to_players::<W>(world, tile.x, tile.y) >= control.spawn_distance {
                    let creature = Object {
                        kind: control.kind,
                        facing: 0u32,
                        health: control.health,
                        x: tile.x,
                        y: tile.y,
                    };
                    let _added = add_object::<W>(world, creature, 0u32);
                }
            }
        } else if control.creatures > control.high {
            if D::chance(draws, control.despawn) {
                let index = D::below(draws, control.creatures);
                let place = find_creature::<W>(world, chunk, control.kind, index);
                let creature = object_of(W::word(world, place));
                let away = distance_to_players::<W>(world, creature.x, creature.y);
                if place != 0u32 && away >= control.despawn_distance {
                    remove_object::<W>(world, place, creature);
                }
            }
        }
    }

    /// Population control of all listed chunks under a light word.
    pub fn control_population<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        light: u32,
    ) {
        let chunks = W::word(world, LISTED_CHUNKS);
        let has_monsters = (W::word(world, RULES) & RULE_MONSTERS) != 0u32;
        let zombies = zombie_limit(light);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..chunks {
            let chunk = W::word(world, CHUNK_LIST_AT + index);
            let tiles = W::word(world, CHUNKS_AT + 2u32 * chunk);
            let creatures = W::word(world, CHUNKS_AT + 2u32 * chunk + 1u32);
            let grass = counted(tiles, 0u32);
            let path = counted(tiles, 1u32);
            if has_monsters {
                let zombie = Control {
                    kind: ZOMBIE,
                    health: ZOMBIE_HEALTH,
                    material: GRASS,
                    tiles: grass,
                    creatures: counted(creatures, 1u32),
                    low: select(zombies, 0u32, grass < ZOMBIE_GRASS),
                    high: zombies,
                    spawn: 30u32,
                    despawn: 40u32,
                    spawn_distance: 6i32,
                    despawn_distance: 0i32,
                };
                control_kind::<D, W>(draws, world, chunk, zombie);
                let skeleton = Control {
                    kind: SKELETON,
                    health: SKELETON_HEALTH,
                    material: PATH,
                    tiles: path,
                    creatures: counted(creatures, 2u32),
                    low: select(1u32, 0u32, path < SKELETON_PATH),
                    high: 2u32,
                    spawn: 10u32,
                    despawn: 10u32,
                    spawn_distance: 7i32,
                    despawn_distance: 7i32,
                };
                control_kind::<D, W>(draws, world, chunk, skeleton);
            }
            let cow = Control {
                kind: COW,
                health: COW_HEALTH,
                material: GRASS,
                tiles: grass,
                creatures: counted(creatures, 0u32),
                low: select(1u32, 0u32, grass < COW_GRASS),
                high: cow_limit(light),
                spawn: 1u32,
                despawn: 10u32,
                spawn_distance: 5i32,
                despawn_distance: 5i32,
            };
            control_kind::<D, W>(draws, world, chunk, cow);
        }
    }
}
