//! The Act, Step and Reward sets, and the action mask, which tries every action.

/// The Act set: actions that chance replaces.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod act_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::rules::stochastic_action::rules::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn perturb_actions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let mut stream = get!(EPISODES)[env].stream;
        let action = perturbed::<Stream>(&mut stream, read_settings(), u32(get!(ACTIONS)[env]));
        get_mut!(ACTIONS)[env] = i32(action);
        get_mut!(EPISODES)[env].stream = stream;
    }
}

/// The step that an action makes of an environment's storage; nothing is stored yet.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod attempt {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use crate::minigrid::rules::transition::rules::*;
    use wgsl_rs::std::*;

    pub fn attempted(
        settings: Settings,
        first: u32,
        state: State,
        action: u32,
        front_at_start: u32,
    ) -> Transition {
        let width = settings.width;
        let height = settings.height;
        let front = cell_of(first, cell_at(state.x, state.y, state.dir, 1i32, 0i32), width, height);
        let mut target_cell = EMPTY;
        let mut other_cell = EMPTY;
        if watches_cells(settings.objective) {
            target_cell = cell_of(first, vec2i(i32(state.target_x), i32(state.target_y)), width, height);
            other_cell = cell_of(first, vec2i(i32(state.other_x), i32(state.other_y)), width, height);
        }
        transition(settings.objective, state, action, front_at_start, front, target_cell, other_cell)
    }
}

/// The Step set: obstacles move, the agent acts, the verdict is found.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use super::super::columns::storage::*;
    use super::attempt::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::objectives::rules::*;
    use crate::minigrid::rules::obstacles::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use crate::minigrid::rules::subgoals::rules::*;
    use crate::minigrid::tasks::objective::objectives::*;
    use pentathlon_engine::episode::records::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    pub fn move_one_obstacle(env: u32, settings: Settings, first: u32, listed: u32) {
        let here = get!(ITEMS)[listed];
        if here == NO_OBSTACLE {
            return;
        }
        let agent = get!(STATES)[env].x * settings.height + get!(STATES)[env].y;
        let corner = here - settings.height - 1u32;
        let mut occupied = 0u32;
        for neighbour in 0..9u32 {
            let index = corner + neighbour / 3u32 * settings.height + neighbour % 3u32;
            if get!(ITEMS)[first + index] != EMPTY || index == agent {
                occupied |= 1u32 << neighbour;
            }
        }
        let mut stream = get!(EPISODES)[env].stream;
        let neighbour = obstacle_move::<Stream>(&mut stream, occupied);
        get_mut!(EPISODES)[env].stream = stream;
        if neighbour != STAYS {
            let index = corner + neighbour / 3u32 * settings.height + neighbour % 3u32;
            let obstacle = get!(ITEMS)[first + here];
            get_mut!(ITEMS)[first + index] = obstacle;
            get_mut!(ITEMS)[first + here] = EMPTY;
            get_mut!(ITEMS)[listed] = index;
        }
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn step_grids(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let settings = read_settings();
        let width = settings.width;
        let height = settings.height;
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let ahead = cell_at(state.x, state.y, state.dir, 1i32, 0i32);
        let front_at_start = cell_of(first, ahead, width, height);
        #[wgsl_allow(non_literal_loop_bounds)]
        for obstacle in 0..settings.obstacles {
            move_one_obstacle(env, settings, first, first + width * height + obstacle);
        }
        let step = attempted(settings, first, state, u32(get!(ACTIONS)[env]), front_at_start);
        if step.front_after != step.front_before {
            get_mut!(ITEMS)[first + step.front_x * height + step.front_y] = step.front_after;
        }
        let mut after = step.after;
        let under = cell_of(first, vec2i(i32(after.x), i32(after.y)), width, height);
        let ended = spared_ending(settings, step, under, ending(settings.objective, step));
        get_mut!(OUTCOMES)[env].verdict = verdict_of(ended);
        get_mut!(OUTCOMES)[env].detail = ended;
        let left = cell_of(first, cell_at(state.x, state.y, state.dir, 1i32, -1i32), width, height);
        let right = cell_of(first, cell_at(state.x, state.y, state.dir, 1i32, 1i32), width, height);
        let events = caused_events(step, left, right, ended) & settings.named_events;
        let mut event = NO_EVENT;
        if events != 0u32 {
            after.reached |= events;
            event = bitcast_i32(get!(CONSTANTS)[SUBGOAL_INDICES_AT + most_specific(events)]);
        }
        get_mut!(STATES)[env] = after;
        get_mut!(STEP_EVENTS)[env] = event;
    }
}

/// The Reward set: success pays what the table says for the elapsed steps.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::rules::objectives::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_agents(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let success = bitcast_f32(get!(CONSTANTS)[SETTINGS_WORDS + get!(EPISODES)[env].elapsed]);
        get_mut!(REWARDS)[env] = pay_of(read_settings(), get!(OUTCOMES)[env].detail, success);
    }
}

/// The Observe set, form `action_mask`: one byte an action.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod mask_kernel {
    use super::super::columns::storage::*;
    use super::attempt::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::objectives::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_masks(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let words = (settings.num_actions + 3u32) / 4u32;
        let ahead = cell_at(state.x, state.y, state.dir, 1i32, 0i32);
        let front = cell_of(first, ahead, settings.width, settings.height);
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0..words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let action = 4u32 * word + byte;
                if action < settings.num_actions {
                    let step = attempted(settings, first, state, action, front);
                    if makes_a_difference(settings.objective, step) {
                        bytes |= 1u32 << (8u32 * byte);
                    }
                }
            }
            get_mut!(ROWS)[env * words + word] = bytes;
        }
    }
}
