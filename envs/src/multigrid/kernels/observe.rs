//! The Observe set.

/// The form `image`: three bytes a cell. Rows are padded to whole words.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod image_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::encoding::rules::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::visibility::rules::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::settings::rules::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    /// Replaces `rows` by the bit sets of the cells that `state` sees, row by row.
    pub fn find_seen(settings: TeamSettings, first: u32, state: State, rows: ptr!(function, [u32; 31])) {
        let size = settings.view_size;
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..size {
            let mut clear = 0u32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for column in 0..size {
                let place = shown_by_view_cell(state.x, state.y, state.dir, size, column, row);
                if !blocks_sight(cell_of(first, place, settings.width, settings.height)) {
                    clear |= 1u32 << column;
                }
            }
            rows[row as usize] = select(clear, 0xffffffffu32, settings.see_through_walls == 1u32);
        }
        if settings.see_through_walls == 0u32 {
            replace_clear_by_visible(rows, size);
        }
    }

    /// The three bytes of cell `index` of an agent's view.
    pub fn seen_triple(
        settings: TeamSettings,
        first: u32,
        team: Team,
        agent: u32,
        seen: ptr!(function, [u32; 31]),
        index: u32,
    ) -> u32 {
        let state = agent_of(team, agent);
        let size = settings.view_size;
        let column = index / size;
        let row = index % size;
        let is_gone = team.gone[agent as usize] != 0u32;
        if is_gone || column >= size || ((seen[row as usize] >> column) & 1u32) == 0u32 {
            return 0u32;
        }
        if column == size / 2u32 && row == size - 1u32 {
            let is_loaded = settings.rule == TRASH && state.carrying > 0u32;
            return triple(own_cell(select(state.carrying, cell(BALL, BLUE, 0u32), is_loaded)));
        }
        let place = shown_by_view_cell(state.x, state.y, state.dir, size, column, row);
        let shown = cell_of(first, place, settings.width, settings.height);
        if is_inside(place, settings.width, settings.height) {
            return triple(with_agents(settings, team, shown, u32(place.x), u32(place.y)));
        }
        triple(shown)
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_views(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let cells = settings.view_size * settings.view_size;
        let words = (cells * 3u32 + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..settings.agents {
            let mut seen: [u32; 31] = [0u32; 31];
            find_seen(settings, first, agent_of(team, agent), &mut seen);
            let base = (env * settings.agents + agent) * words;
            #[wgsl_allow(non_literal_loop_bounds)]
            for group in 0..(cells + 3u32) / 4u32 {
                let index = 4u32 * group;
                let packed = pack_triples(
                    seen_triple(settings, first, team, agent, &mut seen, index),
                    seen_triple(settings, first, team, agent, &mut seen, index + 1u32),
                    seen_triple(settings, first, team, agent, &mut seen, index + 2u32),
                    seen_triple(settings, first, team, agent, &mut seen, index + 3u32),
                );
                let word = 3u32 * group;
                get_mut!(ROWS)[base + word] = packed.first;
                if word + 1u32 < words {
                    get_mut!(ROWS)[base + word + 1u32] = packed.second;
                }
                if word + 2u32 < words {
                    get_mut!(ROWS)[base + word + 2u32] = packed.third;
                }
            }
        }
    }
}

/// The form `full`: three bytes a cell, the same for every agent.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod full_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::rules::encoding::rules::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::settings::rules::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    /// The three bytes of cell `index`, 0 beyond the grid.
    pub fn grid_triple(settings: TeamSettings, first: u32, team: Team, index: u32) -> u32 {
        if index >= settings.width * settings.height {
            return 0u32;
        }
        let x = index / settings.height;
        triple(with_agents(settings, team, get!(ITEMS)[first + index], x, index % settings.height))
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_team_grids(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let cells = settings.width * settings.height;
        let words = (cells * 3u32 + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for group in 0..(cells + 3u32) / 4u32 {
            let index = 4u32 * group;
            let packed = pack_triples(
                grid_triple(settings, first, team, index),
                grid_triple(settings, first, team, index + 1u32),
                grid_triple(settings, first, team, index + 2u32),
                grid_triple(settings, first, team, index + 3u32),
            );
            let word = 3u32 * group;
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..settings.agents {
                let base = (env * settings.agents + agent) * words;
                get_mut!(ROWS)[base + word] = packed.first;
                if word + 1u32 < words {
                    get_mut!(ROWS)[base + word + 1u32] = packed.second;
                }
                if word + 2u32 < words {
                    get_mut!(ROWS)[base + word + 2u32] = packed.third;
                }
            }
        }
    }
}

/// The form `planes`: one byte a number.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod plane_kernel {
    use super::super::columns::storage::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::settings::rules::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    /// Number `index` of the two planes of `viewer`, 0 beyond them.
    pub fn plane_number(settings: TeamSettings, first: u32, team: Team, viewer: u32, index: u32) -> u32 {
        let cells = settings.width * settings.height;
        let at = index % cells;
        if index >= 2u32 * cells {
            return 0u32;
        }
        if index >= cells {
            return plane_load(settings, team, at / settings.height, at % settings.height);
        }
        let there = get!(ITEMS)[first + at];
        plane_code(settings, team, viewer, there, at / settings.height, at % settings.height)
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_planes(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let words = (2u32 * settings.width * settings.height + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.agents * words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let index = 4u32 * (row % words) + byte;
                bytes |= plane_number(settings, first, team, row / words, index) << (8u32 * byte);
            }
            get_mut!(ROWS)[env * settings.agents * words + row] = bytes;
        }
    }
}

/// The form `direction`: one word an agent.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod direction_kernel {
    use super::super::columns::storage::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_team_directions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let team = get!(STATES)[env];
        let agents = get!(PARAMETERS).num_agents;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            get_mut!(ROWS)[env * agents + agent] = team.dir[agent as usize];
        }
    }
}

/// Numbers of vectors and of the global state, gathered from storage.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod numbers {
    use super::super::columns::storage::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::settings::rules::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    /// Number `index` of the vector of `viewer`, or of the global state.
    pub fn number_of(settings: TeamSettings, first: u32, team: Team, viewer: u32, index: u32) -> i32 {
        let items_at = 4u32 * settings.agents;
        let zone_at = items_at + 3u32 * settings.items;
        if index < items_at {
            return agent_number(team, viewer, index / 4u32, index % 4u32);
        }
        if index < zone_at {
            let part = (index - items_at) % 3u32;
            let place = get!(ITEMS)[first + settings.width * settings.height + (index - items_at) / 3u32];
            let mut cell = 0u32;
            if place != NOWHERE {
                cell = get!(ITEMS)[first + place];
            }
            return item_number(settings, team, viewer, place, cell, part);
        }
        zone_number(settings, team, viewer, (index - zone_at) / 2u32, (index - zone_at) % 2u32)
    }
}

/// The form `vector`: one float a number.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod vector_kernel {
    use super::super::columns::storage::*;
    use super::numbers::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_vectors(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let len = vector_len(settings);
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.agents * len {
            let number = f32(number_of(settings, first, team, row / len, row % len));
            get_mut!(ROWS)[env * settings.agents * len + row] = bitcast_u32(number);
        }
    }
}

/// The form `state`: one float a number, the same for every agent.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod state_kernel {
    use super::super::columns::storage::*;
    use super::numbers::*;
    use crate::multigrid::rules::showing::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_team_states(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let len = state_len(settings);
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.agents * len {
            let number = f32(number_of(settings, first, team, NO_VIEWER, row % len));
            get_mut!(ROWS)[env * settings.agents * len + row] = bitcast_u32(number);
        }
    }
}

/// The form `action_mask` of the tasks in which agents act on the cell in front: one byte an action.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod mask_kernel {
    use super::super::columns::storage::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::acting::rules::*;
    use crate::multigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    /// Whether `action` of agent `agent` makes a difference.
    pub fn is_allowed(settings: TeamSettings, first: u32, team: Team, agent: u32, action: u32) -> bool {
        if team.gone[agent as usize] != 0u32 {
            return action + 1u32 == settings.num_actions;
        }
        let state = agent_of(team, agent);
        let front = read_reached(settings, first, state);
        let occupied = is_blocked(settings, team, agent, way_of(settings, state, action));
        makes_a_difference(state, front, attempted(settings, state, front, occupied, action))
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_team_masks(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let words = (settings.num_actions + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.agents * words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let action = 4u32 * (row % words) + byte;
                if action < settings.num_actions && is_allowed(settings, first, team, row / words, action) {
                    bytes |= 1u32 << (8u32 * byte);
                }
            }
            get_mut!(ROWS)[env * settings.agents * words + row] = bytes;
        }
    }
}

/// The form `action_mask` of level-based foraging.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod forage_mask_kernel {
    use super::super::columns::storage::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::foraging::rules::*;
    use crate::multigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    /// Whether agent `agent` may do `action`.
    pub fn may_forage(settings: TeamSettings, first: u32, team: Team, agent: u32, action: u32) -> bool {
        let height = settings.height;
        let x = team.x[agent as usize];
        let y = team.y[agent as usize];
        if action == FORAGE_NONE {
            return true;
        }
        if action == FORAGE_LOAD {
            let mut beside = false;
            #[wgsl_allow(non_literal_loop_bounds)]
            for item in 0..settings.items {
                let entry = get!(ITEMS)[first + settings.width * height + item];
                if entry != NOWHERE && are_neighbours(x, y, entry / height, entry % height) {
                    beside = true;
                }
            }
            return beside;
        }
        let to_x = wanted_x(settings, x, action);
        let to_y = wanted_y(settings, y, action);
        let moves = to_x != x || to_y != y;
        moves && food_level(get!(ITEMS)[first + to_x * height + to_y]) == 0u32
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_forage_masks(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let team = get!(STATES)[env];
        let words = (settings.num_actions + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..settings.agents * words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let action = 4u32 * (row % words) + byte;
                if action < settings.num_actions && may_forage(settings, first, team, row / words, action) {
                    bytes |= 1u32 << (8u32 * byte);
                }
            }
            get_mut!(ROWS)[env * settings.agents * words + row] = bytes;
        }
    }
}
