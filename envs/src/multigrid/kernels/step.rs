//! The Step and Reward sets.

/// The Step set of the tasks in which agents act one after another on the cell in front.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod grid_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::acting::rules::*;
    use crate::multigrid::rules::moving::rules::*;
    use crate::multigrid::rules::settings::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    /// Keeps the list of items, which begins at word `list`, in step with the cell `place`.
    pub fn relist(list: u32, items: u32, place: u32, before: u32, after: u32) {
        let leaves = is_item(before) && !is_item(after);
        let comes = !is_item(before) && is_item(after);
        let mut is_listed = false;
        #[wgsl_allow(non_literal_loop_bounds)]
        for item in 0..items {
            let entry = get!(ITEMS)[list + item];
            if leaves {
                get_mut!(ITEMS)[list + item] = unlisted(entry, place);
            }
            if comes && !is_listed && entry == NOWHERE {
                get_mut!(ITEMS)[list + item] = place;
                is_listed = true;
            }
        }
    }

    /// Moves the goal of the grid whose first cell is item `first` when its step is over and it can.
    pub fn move_goal(settings: TeamSettings, first: u32, team: Team, elapsed: u32) {
        let left = get!(ITEMS)[first + team.goal_from];
        let entered = get!(ITEMS)[first + team.goal_to];
        if goal_moves(settings, team, elapsed, left, entered) {
            get_mut!(ITEMS)[first + team.goal_from] = entered;
            get_mut!(ITEMS)[first + team.goal_to] = left;
        }
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn step_teams(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let settings = read_settings();
        let width = settings.width;
        let height = settings.height;
        let first = env * get!(PARAMETERS).items;
        let success = bitcast_f32(get!(CONSTANTS)[TABLE_AT + get!(EPISODES)[env].elapsed]);
        let mut team = get!(STATES)[env];
        let mut gone = 0u32;
        let mut verdict = RUNNING;
        for agent in 0..4u32 {
            team.paid[agent as usize] = 0.0f32;
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..settings.agents {
            let row = env * settings.agents + agent;
            let mut event = NO_EVENT;
            if team.gone[agent as usize] == 0u32 {
                let state = agent_of(team, agent);
                let action = u32(get!(ACTIONS)[row]);
                let place = reached_place(settings, state);
                let front = read_reached(settings, first, state);
                let occupied = is_blocked(settings, team, agent, way_of(settings, state, action));
                let acted = attempted(settings, state, front, occupied, action);
                event = acted.event;
                if acted.front != front && is_inside(place, width, height) {
                    let index = u32(place.x) * height + u32(place.y);
                    get_mut!(ITEMS)[first + index] = acted.front;
                    if is_trash(settings) {
                        relist(first + width * height, settings.items, index, front, acted.front);
                    }
                }
                team = with_agent(team, agent, acted.state);
                let here = kind_of(get!(ITEMS)[first + acted.state.x * height + acted.state.y]);
                if is_trash(settings) {
                    team.progress += acted.delivered;
                    let is_complete = acted.delivered > 0u32 && team.progress == settings.total;
                    team.paid[agent as usize] = trash_pay(settings, acted, is_complete);
                    let seen = read_reached(settings, first, acted.state);
                    if has_found(acted, front, seen) {
                        event = FOUND_EVENT;
                    }
                    if team.progress == settings.total {
                        verdict = SUCCESS;
                    }
                }
                if settings.rule == ARRIVE && here == GOAL {
                    team.gone[agent as usize] = 1u32;
                    team.paid[agent as usize] = success;
                    event = GOAL_EVENT;
                }
                if settings.rule == SWITCH && here == FLOOR && ((team.progress >> agent) & 1u32) == 0u32 {
                    team.progress |= 1u32 << agent;
                    event = SWITCH_EVENT;
                }
            }
            gone += team.gone[agent as usize];
            get_mut!(STEP_EVENTS)[row] = event;
        }
        if settings.rule == ARRIVE && gone == settings.agents {
            verdict = SUCCESS;
        }
        if settings.rule == SWITCH && team.progress + 1u32 == (1u32 << settings.agents) {
            verdict = SUCCESS;
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..settings.agents {
                team.paid[agent as usize] = success;
            }
        }
        if verdict != SUCCESS {
            move_goal(settings, first, team, get!(EPISODES)[env].elapsed);
        }
        get_mut!(STATES)[env] = team;
        get_mut!(OUTCOMES)[env].verdict = verdict;
    }
}

/// The Step set of level-based foraging.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod forage_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::foraging::rules::*;
    use crate::multigrid::rules::settings::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn step_foragers(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let settings = read_settings();
        let height = settings.height;
        let first = env * get!(PARAMETERS).items;
        let list = first + settings.width * height;
        let mut team = get!(STATES)[env];
        let mut to_x = team.x;
        let mut to_y = team.y;
        let mut wants = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..settings.agents {
            let row = env * settings.agents + agent;
            let action = u32(get!(ACTIONS)[row]);
            let x = wanted_x(settings, team.x[agent as usize], action);
            let y = wanted_y(settings, team.y[agent as usize], action);
            if food_level(get!(ITEMS)[first + x * height + y]) == 0u32 {
                to_x[agent as usize] = x;
                to_y[agent as usize] = y;
            }
            if action == FORAGE_LOAD {
                wants |= 1u32 << agent;
            }
            team.paid[agent as usize] = 0.0f32;
            get_mut!(STEP_EVENTS)[row] = NO_EVENT;
        }
        team = moved_together(settings, team, to_x, to_y);
        let mut busy = 0u32;
        let mut left = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for item in 0..settings.items {
            let entry = get!(ITEMS)[list + item];
            if entry != NOWHERE {
                let level = food_level(get!(ITEMS)[first + entry]);
                let loading = loaders(settings, team, wants, busy, entry / height, entry % height);
                let together = levels_of(team, loading);
                left += 1u32;
                if loading != 0u32 && together >= level {
                    busy |= loading;
                    left -= 1u32;
                    let share = bitcast_f32(get!(CONSTANTS)[TABLE_AT + together * team.progress]);
                    #[wgsl_allow(non_literal_loop_bounds)]
                    for agent in 0..settings.agents {
                        if ((loading >> agent) & 1u32) == 1u32 {
                            team.paid[agent as usize] = f32(team.carrying[agent as usize] * level) * share;
                            get_mut!(STEP_EVENTS)[env * settings.agents + agent] = LOADED_EVENT;
                        }
                    }
                    get_mut!(ITEMS)[first + entry] = EMPTY;
                    get_mut!(ITEMS)[list + item] = NOWHERE;
                }
            }
        }
        get_mut!(STATES)[env] = team;
        let mut verdict = RUNNING;
        if left == 0u32 {
            verdict = SUCCESS;
        }
        get_mut!(OUTCOMES)[env].verdict = verdict;
    }
}

/// The Reward set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use super::super::columns::storage::*;
    use crate::multigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_teams(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let paid = get!(STATES)[env].paid;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..settings.agents {
            get_mut!(REWARDS)[env * settings.agents + agent] = pay_of(settings, paid, agent);
        }
    }
}
