//! What ends an episode: one verdict for each [`Objective`](crate::minigrid::tasks::Objective), after
//! the `step` methods of Farama's environments, and `NoDeath`, which lets an episode go on.

/// The verdicts, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
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
        let walked_in =
            t.action == FORWARD && ((settings.harmless_kinds >> (t.front_at_start & 15u32)) & 1u32) == 1u32;
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

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::records::*;

    use super::{
        super::{movement::rules::*, settings::rules::Settings, transition::rules::*},
        rules::*,
    };
    use crate::minigrid::{
        components::records::{
            BALL, BLUE, BOX, CLOSED, DOOR, EMPTY, GOAL, GREEN, GREY, KEY, LAVA, OPEN, RED, State, WALL, cell,
        },
        tasks::objective::objectives::*,
    };

    const SUCCEEDS: u32 = SUCCESS;
    const FAILS: u32 = FAILURE;

    /// An agent at (3, 4) that looks right, and carries something or nothing.
    fn agent(carrying: u32) -> State {
        State { x: 3, y: 4, carrying, other_x: 9, other_y: 9, ..bytemuck::Zeroable::zeroed() }
    }

    /// The step of an agent that has `front` in front of it; the doors that are watched are `target` and
    /// `other`.
    fn step(objective: u32, state: State, front: u32, action: u32, [target, other]: [u32; 2]) -> Transition {
        transition(objective, state, action, front, front, target, other)
    }

    fn ends(objective: u32, state: State, front: u32, action: u32) -> u32 {
        ending(objective, step(objective, state, front, action, [EMPTY; 2]))
    }

    #[test]
    fn everywhere_the_goal_succeeds_and_lava_fails() {
        let (goal, lava) = (cell(GOAL, GREEN, 0), cell(LAVA, RED, 0));
        for objective in [REACH_GOAL, FETCH, PUT_NEAR, PICKUP_TARGET] {
            assert_eq!(ends(objective, agent(0), goal, FORWARD), SUCCEEDS);
            assert_eq!(ends(objective, agent(0), lava, FORWARD), FAILS);
            assert_eq!(ends(objective, agent(0), goal, DONE), RUNNING);
            assert_eq!(ends(objective, agent(0), EMPTY, FORWARD), RUNNING);
        }
    }

    #[test]
    fn fetch_ends_with_anything_in_hand() {
        let (wanted, unwanted) = (cell(BALL, BLUE, 0), cell(BALL, RED, 0));
        let state = State { target_cell: wanted, ..agent(0) };
        assert_eq!(ends(FETCH, state, wanted, PICKUP), SUCCEEDS);
        assert_eq!(ends(FETCH, state, unwanted, PICKUP), FAILS);
        assert_eq!(ends(FETCH, state, wanted, FORWARD), RUNNING);
    }

    #[test]
    fn go_to_ends_with_done_and_with_toggle() {
        for objective in [GO_TO_DOOR, GO_TO_OBJECT] {
            let beside = State { target_x: 3, target_y: 5, ..agent(0) };
            let diagonal = State { target_x: 4, target_y: 5, ..agent(0) };
            assert_eq!(ends(objective, beside, EMPTY, DONE), SUCCEEDS);
            assert_eq!(ends(objective, diagonal, EMPTY, DONE), FAILS);
            assert_eq!(ends(objective, beside, EMPTY, TOGGLE), FAILS);
            assert_eq!(ends(objective, beside, EMPTY, FORWARD), RUNNING);
        }
    }

    #[test]
    fn put_near_ends_with_the_wrong_object_and_with_any_drop() {
        let (wanted, unwanted) = (cell(KEY, RED, 0), cell(KEY, GREEN, 0));
        let far = State { target_cell: wanted, ..agent(0) };
        assert_eq!(ends(PUT_NEAR, far, wanted, PICKUP), RUNNING);
        assert_eq!(ends(PUT_NEAR, far, unwanted, PICKUP), FAILS);
        assert_eq!(ends(PUT_NEAR, far, EMPTY, DROP), RUNNING, "nothing was carried");
        let carrier = State { carrying: wanted, ..far };
        assert_eq!(ends(PUT_NEAR, carrier, unwanted, PICKUP), RUNNING, "both hands are full");
        assert_eq!(ends(PUT_NEAR, carrier, EMPTY, DROP), FAILS);
        let near = State { other_x: 5, other_y: 5, ..carrier };
        assert_eq!(ends(PUT_NEAR, near, EMPTY, DROP), SUCCEEDS);
        assert_eq!(ends(PUT_NEAR, near, cell(WALL, GREY, 0), DROP), FAILS, "it could not be dropped");
    }

    #[test]
    fn the_red_door_opens_before_the_blue_one() {
        let [red_open, red_closed] = [OPEN, CLOSED].map(|state| cell(DOOR, RED, state));
        let [blue_open, blue_closed] = [OPEN, CLOSED].map(|state| cell(DOOR, BLUE, state));
        let at_blue = State { target_x: 9, other_x: 4, other_y: 4, ..agent(0) };
        let at_red = State { target_x: 4, target_y: 4, ..agent(0) };
        let ends =
            |state, front, doors| ending(RED_BLUE_DOORS, step(RED_BLUE_DOORS, state, front, TOGGLE, doors));
        assert_eq!(ends(at_red, red_closed, [red_closed, blue_closed]), RUNNING);
        assert_eq!(ends(at_blue, blue_closed, [red_open, blue_closed]), SUCCEEDS);
        assert_eq!(ends(at_blue, blue_closed, [red_closed, blue_closed]), FAILS);
        assert_eq!(ends(at_red, red_closed, [red_closed, blue_open]), FAILS);
    }

    #[test]
    fn memory_takes_pickup_for_toggle_and_ends_on_either_cell() {
        let key = cell(KEY, GREEN, 0);
        let picked = step(MEMORY, agent(0), key, PICKUP, [EMPTY; 2]);
        assert_eq!((picked.action, picked.after.carrying), (TOGGLE, 0));
        let state = State { target_x: 4, target_y: 4, other_x: 4, other_y: 6, ..agent(0) };
        assert_eq!(ends(MEMORY, state, EMPTY, FORWARD), SUCCEEDS);
        let state = State { target_x: 4, target_y: 2, other_x: 4, other_y: 4, ..agent(0) };
        assert_eq!(ends(MEMORY, state, EMPTY, FORWARD), FAILS);
    }

    #[test]
    fn walking_into_anything_but_the_goal_is_a_collision() {
        let ends = |front| ends(DYNAMIC_OBSTACLES, agent(0), front, FORWARD);
        assert_eq!(ends(cell(BALL, BLUE, 0)), COLLISION);
        assert_eq!(ends(cell(WALL, GREY, 0)), COLLISION);
        assert_eq!(ends(EMPTY), RUNNING);
        assert_eq!(ends(cell(GOAL, GREEN, 0)), SUCCEEDS);
        // What counts is what was there before the obstacles moved.
        let (ball, none) = (cell(BALL, BLUE, 0), [EMPTY; 2]);
        let moved_away =
            Transition { front_at_start: ball, ..step(DYNAMIC_OBSTACLES, agent(0), EMPTY, FORWARD, none) };
        assert_eq!(ending(DYNAMIC_OBSTACLES, moved_away), COLLISION);
        let moved_in =
            Transition { front_at_start: EMPTY, ..step(DYNAMIC_OBSTACLES, agent(0), ball, FORWARD, none) };
        assert_eq!(ending(DYNAMIC_OBSTACLES, moved_in), RUNNING);
    }

    #[test]
    fn unlock_ends_with_a_toggle_that_leaves_the_door_open() {
        let (open, closed) = (cell(DOOR, RED, OPEN), cell(DOOR, RED, CLOSED));
        let state = State { target_x: 4, target_y: 4, ..agent(0) };
        let ends = |action, door| ending(UNLOCK, step(UNLOCK, state, door, action, [door, EMPTY]));
        assert_eq!(ends(TOGGLE, closed), SUCCEEDS);
        assert_eq!(ends(TOGGLE, open), RUNNING);
        assert_eq!(ends(FORWARD, open), RUNNING);
    }

    #[test]
    fn the_target_in_hand_succeeds() {
        let target = cell(BOX, GREEN, 0);
        let state = State { target_cell: target, ..agent(0) };
        assert_eq!(ends(PICKUP_TARGET, state, target, PICKUP), SUCCEEDS);
        assert_eq!(ends(PICKUP_TARGET, state, cell(KEY, GREEN, 0), PICKUP), RUNNING);
        assert_eq!(ends(PICKUP_TARGET, state, target, TOGGLE), RUNNING);
    }

    #[test]
    fn harmless_cells_do_not_end_an_episode() {
        let settings = Settings {
            harmless_kinds: 1 << LAVA | 1 << BALL,
            collision_pay: -1.0,
            harm_cost: -0.25,
            ..bytemuck::Zeroable::zeroed()
        };
        let lava = cell(LAVA, RED, 0);
        let into_lava = step(REACH_GOAL, agent(0), lava, FORWARD, [EMPTY; 2]);
        let spared = spared_ending(settings, into_lava, lava, ending(REACH_GOAL, into_lava));
        assert_eq!((spared, verdict_of(spared)), (FAILURE | AVERTED, RUNNING));
        assert_eq!(pay_of(settings, spared, 0.5), -0.25);
        let into_ball = step(DYNAMIC_OBSTACLES, agent(0), cell(BALL, BLUE, 0), FORWARD, [EMPTY; 2]);
        let spared = spared_ending(settings, into_ball, EMPTY, ending(DYNAMIC_OBSTACLES, into_ball));
        assert_eq!((verdict_of(spared), pay_of(settings, spared, 0.5)), (RUNNING, -1.25));
        let into_wall = step(DYNAMIC_OBSTACLES, agent(0), cell(WALL, GREY, 0), FORWARD, [EMPTY; 2]);
        let ended = spared_ending(settings, into_wall, EMPTY, ending(DYNAMIC_OBSTACLES, into_wall));
        assert_eq!((verdict_of(ended), pay_of(settings, ended, 0.5)), (FAILS, -1.0));
        let to_goal = step(REACH_GOAL, agent(0), cell(GOAL, GREEN, 0), FORWARD, [EMPTY; 2]);
        let ended = spared_ending(settings, to_goal, cell(GOAL, GREEN, 0), ending(REACH_GOAL, to_goal));
        assert_eq!((verdict_of(ended), pay_of(settings, ended, 0.5)), (SUCCEEDS, 0.5));
    }
}
