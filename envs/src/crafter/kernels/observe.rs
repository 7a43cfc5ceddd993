//! The Observe set: kernels of the forms that are made of whole numbers.

/// The form `symbolic`: two bytes a tile, the items, direction, sleep, daylight.
#[allow(missing_docs, dead_code, unused_imports, reason = "items of the macro; instances for WGSL only")]
#[wgsl_rs::wgsl]
pub mod symbolic_kernel {
    use super::super::columns::storage::*;
    use super::super::instances::rules::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::objects::rules::*;
    use crate::crafter::rules::sight::rules::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    /// Words of a row.
    pub const SYMBOLIC_WORDS: u32 = 37u32;

    /// Byte `index` of the row of the player whose words begin at `player`.
    pub fn symbolic_byte(world: ptr!(function, Stored), player: u32, index: u32, brightness: u32) -> u32 {
        if index < 2u32 * SEEN_TILES {
            let place = index % SEEN_TILES;
            let x = player_x::<Stored>(world, player) + i32(place / SEEN_ROWS) - SEEN_LEFT;
            let y = player_y::<Stored>(world, player) + i32(place % SEEN_ROWS) - SEEN_ABOVE;
            let tile = tile_at::<Stored>(world, x, y);
            if index < SEEN_TILES {
                return material_of(tile);
            }
            if kind_of(tile) < ARROW {
                return kind_of(tile);
            }
            let object = find_object::<Stored>(world, x, y);
            let word = Stored::word(world, object);
            let timer = Stored::word(world, object + 1u32);
            return object_code(object_of(word), timer);
        }
        let rest = index - 2u32 * SEEN_TILES;
        if rest < NUM_ITEMS {
            return min(item_count::<Stored>(world, player, rest), 255u32);
        }
        if rest == NUM_ITEMS {
            return Stored::word(world, player + FACING);
        }
        if rest == NUM_ITEMS + 1u32 {
            return Stored::word(world, player + SLEEPING);
        }
        select(0u32, brightness, rest == NUM_ITEMS + 2u32)
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_symbols(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let mut world = Stored { first: env * get!(PARAMETERS).items };
        let brightness = get!(CONSTANTS)[BRIGHTNESS_AT + get!(STATES)[env].step % DAY_STEPS];
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let player = player_place(agent);
            for word in 0..37u32 {
                let mut bytes = 0u32;
                for byte in 0..4u32 {
                    let value = symbolic_byte(&mut world, player, 4u32 * word + byte, brightness);
                    bytes |= (value & 255u32) << (8u32 * byte);
                }
                get_mut!(ROWS)[(env * agents + agent) * SYMBOLIC_WORDS + word] = bytes;
            }
        }
    }
}

/// The form `semantic`: a byte a tile.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod semantic_kernel {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::sight::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_maps(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let first = env * get!(PARAMETERS).items + MAP_AT;
        for word in 0..1024u32 {
            let tiles = get!(ITEM_WORDS)[first + word];
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                bytes |= semantic_code((tiles >> (8u32 * byte)) & 255u32) << (8u32 * byte);
            }
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..agents {
                get_mut!(ROWS)[(env * agents + agent) * 1024u32 + word] = bytes;
            }
        }
    }
}

/// The form `achievements`: a word each.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod achievements_kernel {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_achievements(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let first = env * get!(PARAMETERS).items;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let player = first + player_place(agent) + ACHIEVED;
            let row = (env * agents + agent) * NUM_ACHIEVEMENTS;
            for achievement in 0..22u32 {
                let count = get!(ITEM_WORDS)[player + achievement];
                get_mut!(ROWS)[row + achievement] = count;
            }
        }
    }
}

/// The form `player`: pose, life statistics, step and items, a word each.
#[allow(missing_docs, dead_code, unused_imports, reason = "items of the macro; instances for WGSL only")]
#[wgsl_rs::wgsl]
pub mod player_kernel {
    use super::super::columns::storage::*;
    use super::super::instances::rules::*;
    use crate::crafter::rules::sight::rules::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_players(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let mut world = Stored { first: env * get!(PARAMETERS).items };
        let number = get!(STATES)[env].step;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let player = player_place(agent);
            let row = (env * agents + agent) * PLAYER_NUMBERS;
            for index in 0..26u32 {
                let value = player_number::<Stored>(&mut world, player, index, number);
                get_mut!(ROWS)[row + index] = value;
            }
        }
    }
}

/// The form `team`: the numbers of all players, for each of them.
#[allow(missing_docs, dead_code, unused_imports, reason = "items of the macro; instances for WGSL only")]
#[wgsl_rs::wgsl]
pub mod team_kernel {
    use super::super::columns::storage::*;
    use super::super::instances::rules::*;
    use crate::crafter::rules::sight::rules::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_teams(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let mut world = Stored { first: env * get!(PARAMETERS).items };
        let number = get!(STATES)[env].step;
        let width = agents * PLAYER_NUMBERS;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..width {
            let player = player_place(index / PLAYER_NUMBERS);
            let value = player_number::<Stored>(&mut world, player, index % PLAYER_NUMBERS, number);
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..agents {
                get_mut!(ROWS)[(env * agents + agent) * width + index] = value;
            }
        }
    }
}

/// The form `alive`: a byte in a word.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod alive_kernel {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_alive(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let first = env * get!(PARAMETERS).items;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            get_mut!(ROWS)[env * agents + agent] = get!(ITEM_WORDS)[first + player_place(agent) + ALIVE];
        }
    }
}

/// The form `messages`: what all players have sent, for each of them.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod messages_kernel {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_messages(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let first = env * get!(PARAMETERS).items;
        let width = agents * MESSAGE_TOKENS;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..width {
            let player = first + player_place(index / MESSAGE_TOKENS);
            let token = get!(ITEM_WORDS)[player + MESSAGE + index % MESSAGE_TOKENS];
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..agents {
                get_mut!(ROWS)[(env * agents + agent) * width + index] = token;
            }
        }
    }
}
