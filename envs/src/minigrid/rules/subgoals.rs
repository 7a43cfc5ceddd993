//! Which subgoal events a step causes: the events of
//! [`tasks::subgoals`](crate::minigrid::tasks::subgoals), detected from what changed.

/// Detection of events, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    use super::super::movement::rules::*;
    use super::super::objectives::rules::*;
    use super::super::transition::rules::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::tasks::subgoals::events::*;

    /// The bit of an event when `happened`.
    pub fn event_bit(event: u32, happened: bool) -> u32 {
        select(0u32, 1u32 << event, happened)
    }

    /// Events of what the agent did to the cell in front of it, as a bit set.
    pub fn handling_events(t: Transition) -> u32 {
        let held = t.before.carrying;
        let holds = t.after.carrying;
        let took = held == 0u32 && holds != 0u32;
        let dropped = held != 0u32 && holds == 0u32;
        let kind = kind_of(holds);
        let was = kind_of(t.front_before);
        let opened = was == DOOR && state_of(t.front_before) != OPEN && is_open_door(t.front_after);
        let unlocked = opened && state_of(t.front_before) == LOCKED;
        let is_target = t.front_x == t.before.target_x && t.front_y == t.before.target_y;
        let is_other = t.front_x == t.before.other_x && t.front_y == t.before.other_y;
        let near_other = is_near(t.front_x, t.front_y, t.before.other_x, t.before.other_y);
        let box_opened = t.action == TOGGLE && was == BOX;
        event_bit(BOX_OPENED, box_opened)
            | event_bit(KEY_PICKED_UP, took && kind == KEY)
            | event_bit(BALL_PICKED_UP, took && kind == BALL)
            | event_bit(BOX_PICKED_UP, took && kind == BOX)
            | event_bit(OBJECT_DROPPED, dropped)
            | event_bit(DOOR_OPENED, opened && !unlocked)
            | event_bit(DOOR_UNLOCKED, unlocked)
            | event_bit(TARGET_DOOR_OPENED, opened && is_target)
            | event_bit(OTHER_DOOR_OPENED, opened && is_other)
            | event_bit(TARGET_PICKED_UP, took && looks_like(holds, t.before.target_cell))
            | event_bit(DROPPED_NEAR_OTHER, dropped && near_other && looks_like(held, t.before.target_cell))
    }

    /// Whether a cell beside a passage closes it: wall or lava.
    pub fn lines_passage(cell: u32) -> bool {
        kind_of(cell) == WALL || kind_of(cell) == LAVA
    }

    /// Events of the agent having moved onto the cell in front of it, as a bit set. `left` and `right`
    /// are the cells on either side of that cell, as the agent looks.
    pub fn motion_events(t: Transition, left: u32, right: u32) -> u32 {
        #![inline(always)]
        let x = t.after.x;
        let y = t.after.y;
        let in_opening = t.front_before == EMPTY && lines_passage(left) && lines_passage(right);
        let at_other = is_near(x, y, t.before.other_x, t.before.other_y);
        event_bit(PASSAGE_ENTERED, in_opening)
            | event_bit(DOORWAY_ENTERED, kind_of(t.front_before) == DOOR)
            | event_bit(TARGET_APPROACHED, is_beside(x, y, t.before.target_x, t.before.target_y))
            | event_bit(
                OTHER_APPROACHED,
                at_other && t.after.carrying != 0u32 && looks_like(t.after.carrying, t.before.target_cell),
            )
    }

    /// The events that a step caused, as a bit set. `left` and `right` are the cells on either side of
    /// the cell in front, `ending` is what the step ended with.
    pub fn caused_events(t: Transition, left: u32, right: u32, ending: u32) -> u32 {
        #![inline(always)]
        let went = ending == SUCCESS && (t.action == FORWARD || t.action == DONE);
        let mut events = event_bit(GOAL_REACHED, went);
        if t.front_after != t.front_before {
            events |= handling_events(t);
        }
        if t.after.x != t.before.x || t.after.y != t.before.y {
            events |= motion_events(t, left, right);
        }
        events
    }

    /// The event of a step among `events`, none of which may be missing: the largest number.
    pub fn most_specific(events: u32) -> u32 {
        31u32 - count_leading_zeros(events)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::records::*;

    use super::{
        super::{movement::rules::*, transition::rules::*},
        rules::*,
    };
    use crate::minigrid::components::records::*;
    use crate::minigrid::tasks::subgoals::events::*;

    /// The step that `action` makes of an agent at (3, 4) that looks right onto `front`.
    fn step(state: State, front: u32, action: u32) -> Transition {
        transition(0, state, action, front, front, EMPTY, EMPTY)
    }

    const NOTHING: [u32; 0] = [];

    fn agent(carrying: u32) -> State {
        State { x: 3, y: 4, carrying, ..bytemuck::Zeroable::zeroed() }
    }

    fn events(state: State, front: u32, action: u32) -> Vec<u32> {
        let caused = caused_events(step(state, front, action), EMPTY, EMPTY, RUNNING);
        (0..EVENTS).filter(|event| caused >> event & 1 == 1).collect()
    }

    #[test]
    fn handling_objects_is_told_by_kind() {
        let target = cell(BALL, BLUE, 0);
        let near_target = State { target_cell: target, other_x: 9, other_y: 9, ..agent(0) };
        assert_eq!(events(near_target, cell(KEY, RED, 0), PICKUP), [KEY_PICKED_UP]);
        assert_eq!(events(near_target, target, PICKUP), [BALL_PICKED_UP, TARGET_PICKED_UP]);
        assert_eq!(events(near_target, box_with(RED, 0), PICKUP), [BOX_PICKED_UP]);
        assert_eq!(events(near_target, box_with(RED, 0), TOGGLE), [BOX_OPENED]);
        let carrier = State { carrying: target, ..near_target };
        assert_eq!(events(carrier, EMPTY, DROP), [OBJECT_DROPPED]);
        let by_other = State { other_x: 5, other_y: 5, ..carrier };
        assert_eq!(events(by_other, EMPTY, DROP), [OBJECT_DROPPED, DROPPED_NEAR_OTHER]);
        assert_eq!(events(carrier, cell(WALL, GREY, 0), DROP), NOTHING);
    }

    #[test]
    fn doors_are_told_by_lock_and_by_place() {
        let state = State { target_x: 4, target_y: 4, other_x: 9, ..agent(cell(KEY, RED, 0)) };
        let (closed, locked) = (cell(DOOR, RED, CLOSED), cell(DOOR, RED, LOCKED));
        assert_eq!(events(state, closed, TOGGLE), [DOOR_OPENED, TARGET_DOOR_OPENED]);
        assert_eq!(events(state, locked, TOGGLE), [DOOR_UNLOCKED, TARGET_DOOR_OPENED]);
        assert_eq!(events(state, cell(DOOR, RED, OPEN), TOGGLE), NOTHING);
        assert_eq!(events(State { carrying: 0, ..state }, locked, TOGGLE), NOTHING);
    }

    #[test]
    fn moving_enters_doorways_and_passages() {
        let open = step(State { other_x: 9, ..agent(0) }, cell(DOOR, RED, OPEN), FORWARD);
        assert_eq!(caused_events(open, EMPTY, EMPTY, RUNNING), 1 << DOORWAY_ENTERED);
        let free = step(State { other_x: 9, ..agent(0) }, EMPTY, FORWARD);
        let (wall, lava) = (cell(WALL, GREY, 0), cell(LAVA, RED, 0));
        assert_eq!(caused_events(free, wall, lava, RUNNING), 1 << PASSAGE_ENTERED);
        assert_eq!(caused_events(free, wall, EMPTY, RUNNING), 0);
        assert_eq!(caused_events(free, wall, EMPTY, SUCCESS), 1 << GOAL_REACHED);
    }

    #[test]
    fn the_largest_number_is_the_event_of_the_step() {
        assert_eq!(most_specific(1 << KEY_PICKED_UP | 1 << TARGET_PICKED_UP), TARGET_PICKED_UP);
    }
}
