//! What ends an episode: one verdict for each [`Objective`](crate::minigrid::tasks::Objective), after
//! the `step` methods of Farama's environments, and `NoDeath`, which lets an episode go on.

/// The verdicts, the same on both devices.
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    use super::super::geometry::rules::*;
    use super::super::movement::rules::*;
    use super::super::settings::rules::*;
    use super::super::transition::rules::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::tasks::objective::objectives::*;

    /// The episode ended because the agent walked into something. Beside the engine's verdicts, of
    /// which it is a `FAILURE`.
    pub const COLLISION: u32 = 3u32;
    /// Added to what ended the episode when `NoDeath` let it go on.
    pub const AVERTED: u32 = 4u32;

    /// Whether two cells touch on a side.
    pub fn is_beside(x: u32, y: u32, other_x: u32, other_y: u32) -> bool {
        let columns = axis_distance(x, other_x);
        let rows = axis_distance(y, other_y);
        (columns == 1u32 && rows == 0u32) || (columns == 0u32 && rows == 1u32)
    }

    /// Whether two cells touch on a side or a corner, or are the same.
    pub fn is_near(x: u32, y: u32, other_x: u32, other_y: u32) -> bool {
        axis_distance(x, other_x) <= 1u32 && axis_distance(y, other_y) <= 1u32
    }

    /// Whether `cell` is a door that stands open.
    pub fn is_open_door(cell: u32) -> bool {
        kind_of(cell) == DOOR && state_of(cell) == OPEN
    }

    /// The rule of every environment: the goal ends the episode with success, lava without.
    pub fn goal_ending(t: Transition) -> u32 {
        #![inline(always)]
        let kind = kind_of(t.front_before);
        let ending = select(select(RUNNING, FAILURE, kind == LAVA), SUCCESS, kind == GOAL);
        select(RUNNING, ending, t.action == FORWARD)
    }

    /// Fetch: carrying anything ends the episode.
    pub fn fetch_ending(t: Transition) -> u32 {
        #![inline(always)]
        let fetched = select(FAILURE, SUCCESS, looks_like(t.after.carrying, t.before.target_cell));
        select(fetched, RUNNING, t.after.carrying == 0u32)
    }

    /// GoToDoor and GoToObject: `done` and `toggle` end the episode.
    pub fn go_to_ending(t: Transition) -> u32 {
        #![inline(always)]
        let is_there = is_beside(t.after.x, t.after.y, t.before.target_x, t.before.target_y);
        let said_done = select(FAILURE, SUCCESS, is_there);
        select(select(RUNNING, FAILURE, t.action == TOGGLE), said_done, t.action == DONE)
    }

    /// PutNear: picking up the wrong object ends the episode, and so does `drop` while carrying
    /// something, even if nothing could be dropped.
    pub fn put_near_ending(t: Transition) -> u32 {
        #![inline(always)]
        if t.action == PICKUP {
            let wrong = t.after.carrying != 0u32 && !looks_like(t.after.carrying, t.before.target_cell);
            return select(RUNNING, FAILURE, wrong);
        }
        if t.action == DROP && t.before.carrying != 0u32 {
            let dropped = t.after.carrying == 0u32;
            let near = is_near(t.front_x, t.front_y, t.before.other_x, t.before.other_y);
            return select(FAILURE, SUCCESS, dropped && near);
        }
        RUNNING
    }

    /// RedBlueDoors: the red door (target) must be open before the blue one (other) opens.
    pub fn red_blue_doors_ending(t: Transition) -> u32 {
        #![inline(always)]
        let red_was_open = is_open_door(t.target_before);
        let blue_was_open = is_open_door(t.other_before);
        let too_late = is_open_door(t.target_after) && blue_was_open;
        let blue_opened = select(FAILURE, SUCCESS, red_was_open);
        select(select(RUNNING, FAILURE, too_late), blue_opened, is_open_door(t.other_after))
    }

    /// Memory: standing on the success or on the failure cell ends the episode.
    pub fn memory_ending(t: Transition) -> u32 {
        #![inline(always)]
        let succeeds = t.after.x == t.before.target_x && t.after.y == t.before.target_y;
        let fails = t.after.x == t.before.other_x && t.after.y == t.before.other_y;
        select(select(RUNNING, FAILURE, fails), SUCCESS, succeeds)
    }

    /// Dynamic-Obstacles: `forward` ends the episode when anything but the goal was in front before
    /// the obstacles moved, walls included.
    pub fn dynamic_obstacles_ending(t: Transition) -> u32 {
        #![inline(always)]
        let blocked = t.front_at_start != EMPTY && kind_of(t.front_at_start) != GOAL;
        select(RUNNING, COLLISION, t.action == FORWARD && blocked)
    }

    /// Unlock: a `toggle` after which the door is open.
    pub fn unlock_ending(t: Transition) -> u32 {
        #![inline(always)]
        select(RUNNING, SUCCESS, t.action == TOGGLE && is_open_door(t.target_after))
    }

    /// A `pickup` after which the target is carried.
    pub fn pickup_target_ending(t: Transition) -> u32 {
        #![inline(always)]
        let carries = t.after.carrying != 0u32 && looks_like(t.after.carrying, t.before.target_cell);
        select(RUNNING, SUCCESS, t.action == PICKUP && carries)
    }

    /// What the objective's own rule says of a step.
    pub fn own_ending(objective: u32, t: Transition) -> u32 {
        #![inline(always)]
        let mut ending = RUNNING;
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match objective {
            FETCH => {
                ending = fetch_ending(t);
            }
            GO_TO_DOOR | GO_TO_OBJECT => {
                ending = go_to_ending(t);
            }
            PUT_NEAR => {
                ending = put_near_ending(t);
            }
            RED_BLUE_DOORS => {
                ending = red_blue_doors_ending(t);
            }
            MEMORY => {
                ending = memory_ending(t);
            }
            DYNAMIC_OBSTACLES => {
                ending = dynamic_obstacles_ending(t);
            }
            UNLOCK => {
                ending = unlock_ending(t);
            }
            PICKUP_TARGET => {
                ending = pickup_target_ending(t);
            }
            _ => {}
        }
        ending
    }

    /// What ends the episode in this step: `RUNNING`, `SUCCESS`, `FAILURE` or [`COLLISION`]. The
    /// objective's own rule comes before the rule of all environments.
    pub fn ending(objective: u32, t: Transition) -> u32 {
        #![inline(always)]
        let own = own_ending(objective, t);
        select(own, goal_ending(t), own == RUNNING)
    }

    /// Whether a step changes the agent or the cell in front of it, or ends the episode.
    pub fn makes_a_difference(objective: u32, t: Transition) -> bool {
        let moved = t.after.x != t.before.x || t.after.y != t.before.y || t.after.dir != t.before.dir;
        let handled = t.after.carrying != t.before.carrying || t.front_after != t.front_before;
        moved || handled || ending(objective, t) != RUNNING
    }

    /// `NoDeath`: an ending counts as averted, and the episode goes on, when the agent walked towards
    /// a harmless kind of cell or stands on one (`under`).
    pub fn spared_ending(settings: Settings, t: Transition, under: u32, ending: u32) -> u32 {
        #![inline(always)]
        let walked_in = t.action == FORWARD
            && ((settings.harmless_kinds >> (t.front_at_start & 15u32)) & 1u32) == 1u32;
        let stands_on = ((settings.harmless_kinds >> (under & 15u32)) & 1u32) == 1u32;
        select(ending, ending | AVERTED, ending != RUNNING && (walked_in || stands_on))
    }

    /// The engine's verdict for an ending.
    pub fn verdict_of(ending: u32) -> u32 {
        let verdict = select(ending, FAILURE, ending == COLLISION);
        select(verdict, RUNNING, ending >= AVERTED)
    }

    /// What an ending pays, `success_pay` being what success pays now.
    pub fn pay_of(settings: Settings, ending: u32, success_pay: f32) -> f32 {
        let cause = ending & 3u32;
        let collision = select(0.0f32, settings.collision_pay, cause == COLLISION);
        let pay = select(collision, success_pay, cause == SUCCESS);
        select(pay, pay + settings.harm_cost, ending >= AVERTED)
    }
}
