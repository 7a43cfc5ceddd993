//! The Step and Reward sets, the action mask and the instruction as numbers, of tasks that have an
//! instruction. Its record lies right behind the cells of an environment.

/// Following an instruction in storage.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod following {
    use super::super::columns::storage::*;
    use crate::minigrid::babyai::record::records::*;
    use crate::minigrid::babyai::verifier::rules::*;
    use wgsl_rs::std::*;

    /// What a deed brought about for the objects of the record that begins at item `record`. They are
    /// moved in storage when `is_real`.
    pub fn look_over(record: u32, deed: Deed, is_real: bool) -> Sight {
        let mut sight = no_sight();
        let objects = objects_of(get!(ITEMS)[record + PLAN_AT]);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..objects {
            let at = record + OBJECTS_AT + index;
            let before = get!(ITEMS)[at];
            let after = moved_object(before, deed);
            sight = with_object(sight, before, after, deed);
            if is_real {
                get_mut!(ITEMS)[at] = after;
            }
        }
        sight
    }

    /// How far the instruction has come after a deed.
    pub fn progress_after(record: u32, sight: Sight, deed: Deed) -> Progress {
        let plan = get!(ITEMS)[record + PLAN_AT];
        let before = progress_of(get!(ITEMS)[record + PROGRESS_AT]);
        let mut progress = before;
        let actions = first_actions(plan) + second_actions(plan);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..actions {
            if is_due(plan, progress, index) {
                let called = ((before.called >> index) & 1u32) == 1u32;
                let action = get!(ITEMS)[record + ACTIONS_AT + index];
                let verdict = verified(action, index, called, sight, deed);
                progress = advanced(plan, progress, index, verdict);
            }
        }
        progress
    }
}

/// The Step set: the agent acts, the instruction is followed, the verdict is found.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use super::super::columns::storage::*;
    use super::super::step::attempt::*;
    use super::following::*;
    use crate::minigrid::babyai::record::records::*;
    use crate::minigrid::babyai::verifier::rules::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::objectives::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use crate::minigrid::rules::subgoals::rules::*;
    use crate::minigrid::tasks::subgoals::events::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn follow_instructions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let settings = read_settings();
        let width = settings.width;
        let height = settings.height;
        let first = env * get!(PARAMETERS).items;
        let record = first + width * height;
        let stored = get!(STATES)[env];
        if stored.target_cell != 0u32 {
            let place = first + stored.target_x * height + stored.target_y;
            let cell = get!(ITEMS)[place];
            get_mut!(ITEMS)[place] = without_given_object(stored, stored.target_x, stored.target_y, cell);
        }
        let state = with_given_object(stored);
        let ahead = cell_at(state.x, state.y, state.dir, 1i32, 0i32);
        let front_at_start = cell_of(first, ahead, width, height);
        let step = attempted(settings, first, state, u32(get!(ACTIONS)[env]), front_at_start);
        if step.front_after != step.front_before {
            get_mut!(ITEMS)[first + step.front_x * height + step.front_y] = step.front_after;
        }
        let deed = deed_of(step, width, height);
        let sight = look_over(record, deed, true);
        let progress = progress_after(record, sight, deed);
        let done_before = progress_of(get!(ITEMS)[record + PROGRESS_AT]).done;
        get_mut!(ITEMS)[record + PROGRESS_AT] = progress_word(progress);
        let per_walk = get!(CONSTANTS)[STEPS_PER_WALK_WORD];
        let longest = get!(PARAMETERS).max_episode_steps;
        let limit = step_limit(get!(ITEMS)[record + PLAN_AT], per_walk, longest);
        let mut after = step.after;
        let under = cell_of(first, vec2i(i32(after.x), i32(after.y)), width, height);
        let ended = spared_ending(settings, step, under, progress.verdict);
        get_mut!(OUTCOMES)[env].verdict = verdict_of(ended);
        get_mut!(OUTCOMES)[env].detail = ended;
        get_mut!(OUTCOMES)[env].truncated = select(0u32, 1u32, get!(EPISODES)[env].elapsed >= limit);
        let left = cell_of(first, cell_at(state.x, state.y, state.dir, 1i32, -1i32), width, height);
        let right = cell_of(first, cell_at(state.x, state.y, state.dir, 1i32, 1i32), width, height);
        let fulfilled = (progress.done ^ done_before) << FIRST_ACTION_DONE;
        let events = (caused_events(step, left, right, ended) | fulfilled) & settings.named_events;
        let mut event = NO_EVENT;
        if events != 0u32 {
            after.reached |= events;
            event = bitcast_i32(get!(CONSTANTS)[SUBGOAL_INDICES_AT + most_specific(events)]);
        }
        get_mut!(STATES)[env] = after;
        get_mut!(STEP_EVENTS)[env] = event;
    }
}

/// The Reward set: success pays what the table says for the instruction and the elapsed steps.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::babyai::record::records::*;
    use crate::minigrid::babyai::verifier::rules::*;
    use crate::minigrid::rules::objectives::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_followers(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let plan = get!(ITEMS)[env * get!(PARAMETERS).items + settings.width * settings.height + PLAN_AT];
        let place = reward_place(plan, get!(CONSTANTS)[STEPS_PER_WALK_WORD], get!(EPISODES)[env].elapsed);
        let success = bitcast_f32(get!(CONSTANTS)[SETTINGS_WORDS + place]);
        get_mut!(REWARDS)[env] = pay_of(settings, get!(OUTCOMES)[env].detail, success);
    }
}

/// The Observe set, form `action_mask`: one byte an action.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod mask_kernel {
    use super::super::columns::storage::*;
    use super::following::*;
    use crate::minigrid::babyai::verifier::rules::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::objectives::rules::*;
    use crate::minigrid::rules::transition::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_follower_masks(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let record = first + settings.width * settings.height;
        let stored = get!(STATES)[env];
        let state = with_given_object(stored);
        let words = (settings.num_actions + 3u32) / 4u32;
        let ahead = cell_at(state.x, state.y, state.dir, 1i32, 0i32);
        let shown = cell_of(first, ahead, settings.width, settings.height);
        let front = without_given_object(stored, u32(ahead.x), u32(ahead.y), shown);
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0..words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let action = 4u32 * word + byte;
                if action < settings.num_actions {
                    let step = transition(settings.objective, state, action, front, front, EMPTY, EMPTY);
                    let deed = deed_of(step, settings.width, settings.height);
                    let sight = look_over(record, deed, false);
                    let ends = progress_after(record, sight, deed).verdict != RUNNING;
                    if ends || makes_a_difference(settings.objective, step) {
                        bytes |= 1u32 << (8u32 * byte);
                    }
                }
            }
            get_mut!(ROWS)[env * words + word] = bytes;
        }
    }
}

/// The Observe set, form `instruction`: eight words for each of four actions.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod fields_kernel {
    use super::super::columns::storage::*;
    use crate::minigrid::babyai::record::records::*;
    use crate::minigrid::babyai::verifier::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_instructions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let record = env * get!(PARAMETERS).items + settings.width * settings.height;
        let plan = get!(ITEMS)[record + PLAN_AT];
        for index in 0..4u32 {
            let action = get!(ITEMS)[record + ACTIONS_AT + index];
            for field in 0..8u32 {
                let at = env * 32u32 + index * 8u32 + field;
                get_mut!(ROWS)[at] = action_field(plan, action, index, field);
            }
        }
    }
}
