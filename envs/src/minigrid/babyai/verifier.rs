//! When an instruction is fulfilled, and when it has failed: the verifiers of Farama's
//! `minigrid.envs.babyai.core.verifier`, with their quirks. What an action looks at is gathered object by
//! object; then the actions whose turn it is are verified in order.
//!
//! The quirks: a place where an object was seen counts as its place until the next `drop`, even if the
//! object has been picked up meanwhile; what was carried before a step is known to an action only if it was
//! verified in the step before; a failure within "and" is forgotten.

/// The rules, the same on both devices.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    use super::super::record::records::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::movement::rules::*;
    use crate::minigrid::rules::transition::rules::*;

    /// What a step did, as far as instructions care.
    #[derive(Clone, Copy, Debug)]
    pub struct Deed {
        /// The action.
        pub action: u32,
        /// Cell that was in front of the agent before the step.
        pub front: u32,
        /// Cell in front of the agent after the step.
        pub facing: u32,
        /// What is on the cell in front, after the step.
        pub front_cell: u32,
        /// Rows of the grid.
        pub height: u32,
        /// Whether something was carried before the step.
        pub was_carrying: bool,
        /// Whether something is carried after it.
        pub is_carrying: bool,
        /// Whether a box in front was opened, and is gone.
        pub box_opened: bool,
    }

    /// What a step brought about, as bit sets of descriptions.
    #[derive(Clone, Copy, Debug)]
    pub struct Sight {
        /// Descriptions of objects that were last seen in front of the agent.
        pub faced: u32,
        /// Descriptions of objects that are on the cell that was in front of the agent.
        pub touched: u32,
        /// Descriptions of the object that was carried before the step.
        pub was_held: u32,
        /// Descriptions of the object that is carried after it.
        pub held: u32,
        /// Descriptions of objects last seen beside the cell that was in front of the agent.
        pub beside: u32,
    }

    /// How far an instruction has come.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Progress {
        /// Actions that have been verified before, as a bit set.
        pub called: u32,
        /// Actions that are done, as a bit set.
        pub done: u32,
        /// `SUCCESS`, `FAILURE`, or `RUNNING`.
        pub verdict: u32,
    }

    /// Index of a cell; `NO_PLACE` outside the grid.
    pub fn cell_index(place: Vec2i, width: u32, height: u32) -> u32 {
        #![inline(always)]
        if is_inside(place, width, height) {
            return u32(place.x) * height + u32(place.y);
        }
        NO_PLACE
    }

    /// The deed of a step in a grid of `width` by `height` cells.
    pub fn deed_of(t: Transition, width: u32, height: u32) -> Deed {
        #![inline(always)]
        Deed {
            action: t.action,
            front: cell_index(vec2i(i32(t.front_x), i32(t.front_y)), width, height),
            facing: cell_index(cell_at(t.after.x, t.after.y, t.after.dir, 1i32, 0i32), width, height),
            front_cell: t.front_after,
            height,
            was_carrying: t.before.carrying != 0u32,
            is_carrying: t.after.carrying != 0u32,
            box_opened: t.action == TOGGLE && kind_of(t.front_before) == BOX,
        }
    }

    /// An object of the list after a deed.
    pub fn moved_object(object: u32, deed: Deed) -> u32 {
        #![inline(always)]
        let place = place_of(object);
        let is_front = place == deed.front;
        let taken = is_front && !deed.was_carrying && deed.is_carrying;
        let put = place == CARRIED && deed.was_carrying && !deed.is_carrying;
        let gone = is_front && deed.box_opened;
        let kept = select(select(place, CARRIED, taken), NO_PLACE, gone);
        let moved = select(kept, deed.front, put);
        let visible = select(moved, NO_PLACE, moved == CARRIED);
        object_word(moved, select(seen_at(object), visible, deed.action == DROP), roles_of(object))
    }

    /// Nothing seen yet.
    pub fn no_sight() -> Sight {
        Sight { faced: 0u32, touched: 0u32, was_held: 0u32, held: 0u32, beside: 0u32 }
    }

    /// Whether two cells of a grid of `height` rows touch on a side; cells on the border have walls.
    pub fn are_beside(a: u32, b: u32, height: u32) -> bool {
        #![inline(always)]
        a + 1u32 == b || b + 1u32 == a || a + height == b || b + height == a
    }

    /// Adds an object to what was seen: `before` and `after` the deed.
    pub fn with_object(sight: Sight, before: u32, after: u32, deed: Deed) -> Sight {
        #![inline(always)]
        let roles = roles_of(after);
        let seen = seen_at(after);
        let beside = are_beside(seen, deed.front, deed.height);
        Sight {
            faced: sight.faced | select(0u32, roles, seen == deed.facing),
            touched: sight.touched | select(0u32, roles, place_of(after) == deed.front),
            was_held: sight.was_held | select(0u32, roles, place_of(before) == CARRIED),
            held: sight.held | select(0u32, roles, place_of(after) == CARRIED),
            beside: sight.beside | select(0u32, roles, beside),
        }
    }

    /// Whether the step did what `action`, number `index` of the instruction, asks for: `SUCCESS`,
    /// `FAILURE` or `RUNNING`. `called` tells whether it was verified in the step before.
    pub fn verified(action: u32, index: u32, called: bool, sight: Sight, deed: Deed) -> u32 {
        #![inline(always)]
        let verb = verb_of(action);
        let role = 1u32 << (2u32 * index);
        let empty_handed = !(called && deed.was_carrying);
        let put_down = deed.was_carrying && !deed.is_carrying;
        let is_door = kind_of(deed.front_cell) == DOOR;
        let opens = deed.action == TOGGLE && is_door;
        let opened = opens && state_of(deed.front_cell) == OPEN && (sight.touched & role) != 0u32;
        let picks = deed.action == PICKUP && deed.is_carrying;
        let picked = picks && empty_handed && (sight.held & role) != 0u32;
        let moved = called && put_down && (sight.was_held & role) != 0u32;
        let put = deed.action == DROP && moved && (sight.beside & (role << 1u32)) != 0u32;
        let done = (verb == GO_TO && (sight.faced & role) != 0u32)
            || (verb == OPEN_DOOR && opened)
            || (verb == PICK_UP && picked)
            || (verb == PUT_NEXT && put);
        let wrong = (verb == OPEN_DOOR && opens) || ((verb == PICK_UP || verb == PUT_NEXT) && picks);
        let failed = select(RUNNING, FAILURE, is_strict(action) && wrong);
        select(failed, SUCCESS, done)
    }

    /// Progress before a step, as it is kept.
    pub fn progress_of(word: u32) -> Progress {
        Progress { called: word & 15u32, done: (word >> 4u32) & 15u32, verdict: RUNNING }
    }

    /// Progress as it is kept.
    pub fn progress_word(progress: Progress) -> u32 {
        progress.called | (progress.done << 4u32)
    }

    /// The actions of the first stage, as a bit set.
    pub fn first_stage(plan: u32) -> u32 {
        (1u32 << first_actions(plan)) - 1u32
    }

    /// All actions, as a bit set.
    pub fn all_actions(plan: u32) -> u32 {
        (1u32 << (first_actions(plan) + second_actions(plan))) - 1u32
    }

    /// Whether action `index` is to be verified now: its stage has come, and it is not done.
    pub fn is_due(plan: u32, progress: Progress, index: u32) -> bool {
        #![inline(always)]
        let first = first_stage(plan);
        let has_come = index < first_actions(plan) || (progress.done & first) == first;
        has_come && progress.verdict == RUNNING && ((progress.done >> index) & 1u32) == 0u32
    }

    /// Progress after action `index` was verified as `verdict`.
    pub fn advanced(plan: u32, progress: Progress, index: u32, verdict: u32) -> Progress {
        #![inline(always)]
        let called = progress.called | (1u32 << index);
        let done = progress.done | select(0u32, 1u32 << index, verdict == SUCCESS);
        let in_first = index < first_actions(plan);
        let in_stage = select(second_actions(plan), first_actions(plan), in_first);
        let fails = verdict == FAILURE && in_stage == 1u32;
        let all = all_actions(plan);
        let ending = select(select(RUNNING, FAILURE, fails), SUCCESS, done == all);
        Progress { called, done, verdict: ending }
    }

    /// Steps after which an episode with the plan `plan` is truncated. `per_walk` are the steps for each
    /// distance to walk, or 0 when every episode has `fixed` steps.
    pub fn step_limit(plan: u32, per_walk: u32, fixed: u32) -> u32 {
        #![inline(always)]
        select(per_walk * walks_of(plan), fixed, per_walk == 0u32)
    }

    /// The place of a reward in the table of rewards: what success pays after `elapsed` steps. The table
    /// has one part for each number of distances, or one altogether when `per_walk` is 0.
    pub fn reward_place(plan: u32, per_walk: u32, elapsed: u32) -> u32 {
        let walks = walks_of(plan);
        if per_walk == 0u32 || walks == 0u32 {
            return elapsed;
        }
        per_walk * (walks * (walks - 1u32) / 2u32) + walks - 1u32 + elapsed
    }

    /// The agent with the object that it is given before its first action, if it is given one: the target.
    pub fn with_given_object(state: State) -> State {
        #![inline(always)]
        let mut after = state;
        after.carrying = select(state.target_cell, state.carrying, state.target_cell == 0u32);
        after.target_cell = 0u32;
        after
    }

    /// What is on the cell `(x, y)`, where `cell` is stored, once the agent has been given its object.
    pub fn without_given_object(state: State, x: u32, y: u32, cell: u32) -> u32 {
        #![inline(always)]
        let is_there = state.target_cell != 0u32 && state.target_x == x && state.target_y == y;
        select(cell, EMPTY, is_there)
    }

    /// Number `field` of action `index` as an observation tells it. The fields: stage (0 first, 1 second),
    /// verb (0 no such action), then of the object and of what it is put next to: type (0 any), colour
    /// plus 1 (0 any), side (0 anywhere).
    pub fn action_field(plan: u32, action: u32, index: u32, field: u32) -> u32 {
        if verb_of(action) == 0u32 {
            return 0u32;
        }
        if field == 0u32 {
            return select(1u32, 0u32, index < first_actions(plan));
        }
        if field == 1u32 {
            return verb_of(action);
        }
        let description = description_of(action, (field - 2u32) / 3u32);
        let part = (field - 2u32) % 3u32;
        if part == 0u32 {
            return description & 15u32;
        }
        (description >> (1u32 + 3u32 * part)) & 7u32
    }
}
