//! The Observe set for the whole grid and the agent's pose.

/// The form `full`: three bytes a cell, four cells in three words.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod full_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::rules::encoding::rules::*;
    use wgsl_rs::std::*;

    /// The three bytes of cell `index`, 0 beyond the grid.
    pub fn full_triple(first: u32, cells: u32, own: u32, dir: u32, index: u32) -> u32 {
        if index >= cells {
            return 0u32;
        }
        if index == own {
            return agent_cell(dir);
        }
        triple(get!(ITEMS)[first + index])
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_grids(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let dir = get!(STATES)[env].dir;
        let own = get!(STATES)[env].x * settings.height + get!(STATES)[env].y;
        let cells = settings.width * settings.height;
        let words = (cells * 3u32 + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for group in 0..(cells + 3u32) / 4u32 {
            let cell = 4u32 * group;
            let packed = pack_triples(
                full_triple(first, cells, own, dir, cell),
                full_triple(first, cells, own, dir, cell + 1u32),
                full_triple(first, cells, own, dir, cell + 2u32),
                full_triple(first, cells, own, dir, cell + 3u32),
            );
            store_cells(env * words, words, 3u32 * group, packed);
        }
    }
}

/// The form `symbolic`: three words a cell.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod symbolic_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::encoding::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_symbols(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let own = get!(STATES)[env].x * settings.height + get!(STATES)[env].y;
        let cells = settings.width * settings.height;
        #[wgsl_allow(non_literal_loop_bounds)]
        for cell in 0..cells {
            let row = (env * cells + cell) * 3u32;
            let mut number = symbol(get!(ITEMS)[first + cell]);
            if cell == own {
                number = i32(AGENT);
            }
            get_mut!(ROWS)[row] = cell / settings.height;
            get_mut!(ROWS)[row + 1u32] = cell % settings.height;
            get_mut!(ROWS)[row + 2u32] = bitcast_u32(number);
        }
    }
}

/// The form `direction`: one word.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod direction_kernel {
    use super::super::columns::storage::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_directions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        get_mut!(ROWS)[env] = get!(STATES)[env].dir;
    }
}

/// The form `position`: three words.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod position_kernel {
    use super::super::columns::storage::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_positions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let state = get!(STATES)[env];
        get_mut!(ROWS)[env * 3u32] = state.x;
        get_mut!(ROWS)[env * 3u32 + 1u32] = state.y;
        get_mut!(ROWS)[env * 3u32 + 2u32] = state.dir;
    }
}

/// The form `goal_direction`: one word, from the table.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod goal_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::numbering::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    /// The direction from the agent to the first goal, row by row, as bits; 0 without a goal.
    pub fn direction_bits(settings: Settings, first: u32, x: u32, y: u32) -> u32 {
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.height {
            #[wgsl_allow(non_literal_loop_bounds)]
            for column in 0..settings.width {
                if kind_of(get!(ITEMS)[first + column * settings.height + row]) == GOAL {
                    let way = offset_number(x, y, column, row, settings.width, settings.height);
                    return get!(CONSTANTS)[get!(CONSTANTS)[DIRECTIONS_AT_WORD] + way];
                }
            }
        }
        0u32
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_goal_directions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let state = get!(STATES)[env];
        let first = env * get!(PARAMETERS).items;
        get_mut!(ROWS)[env] = direction_bits(read_settings(), first, state.x, state.y);
    }
}
