//! What an action does to the agent and to the cell in front of it: the base step of Farama's
//! `MiniGridEnv`, without what a task adds to it.

/// The base step, the same on both devices. Selects instead of branching: actions are random in
/// training, and a branch that cannot be predicted costs more than all of this.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::geometry::rules::*;
    use crate::minigrid::components::records::*;

    /// Turn left.
    pub const LEFT: u32 = 0u32;
    /// Turn right.
    pub const RIGHT: u32 = 1u32;
    /// Move forward.
    pub const FORWARD: u32 = 2u32;
    /// Pick up the object in front.
    pub const PICKUP: u32 = 3u32;
    /// Drop the carried object in front.
    pub const DROP: u32 = 4u32;
    /// Open or close the door in front, unlock it, open the box in front.
    pub const TOGGLE: u32 = 5u32;
    /// Say that the task is done.
    pub const DONE: u32 = 6u32;

    /// The kinds that can be stood on, as a bit set: empty, floor, door (an open one), goal, lava.
    pub const STANDABLE_KINDS: u32 = 794u32;
    /// The kinds that can be picked up, as a bit set: key, ball, box.
    pub const PORTABLE_KINDS: u32 = 224u32;

    /// What an action made of the agent and of the cell that was in front of it.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Moved {
        /// The agent after the action.
        pub state: State,
        /// The cell that was in front of the agent before the action, after it.
        pub front: u32,
    }

    /// Whether the agent can stand on `cell`.
    pub fn can_stand_on(cell: u32) -> bool {
        #![inline(always)]
        ((STANDABLE_KINDS >> (cell & 15u32)) & 1u32) == 1u32 && state_of(cell) == OPEN
    }

    /// Whether `cell` holds something that can be picked up.
    pub fn can_pick_up(cell: u32) -> bool {
        #![inline(always)]
        ((PORTABLE_KINDS >> (cell & 15u32)) & 1u32) == 1u32
    }

    /// Whether two cells look the same but for their state and contents: type and colour are equal.
    pub fn looks_like(a: u32, b: u32) -> bool {
        #![inline(always)]
        (a & 0xffffu32) == (b & 0xffffu32)
    }

    /// What `toggle` makes of `front` when the agent carries `carrying`: a locked door opens to a key
    /// of its colour, another door opens or closes, a box gives way to its contents.
    pub fn toggled(front: u32, carrying: u32) -> u32 {
        #![inline(always)]
        let kind = kind_of(front);
        let state = state_of(front);
        let without_state = front & 0xffffu32;
        let has_key = looks_like(carrying, KEY | (without_state & 0xff00u32));
        let closed_again = without_state | (select(CLOSED, OPEN, state == CLOSED) << 16u32);
        let door = select(closed_again, select(front, without_state, has_key), state == LOCKED);
        let contents = contents_of(front);
        let opened_box = select(contents, EMPTY, contents == 0u32);
        select(select(front, opened_box, kind == BOX), door, kind == DOOR)
    }

    /// The base step for the agent `state` with `front` in front of it. An action that is none of
    /// the seven does nothing.
    pub fn act_on_front(state: State, front: u32, action: u32) -> Moved {
        #![inline(always)]
        let mut after = state;
        let turn = select(select(0u32, 1u32, action == RIGHT), 3u32, action == LEFT);
        after.dir = (state.dir + turn) & 3u32;
        let advance = select(0i32, 1i32, action == FORWARD && can_stand_on(front));
        after.x = u32(i32(state.x) + advance * forward_x(state.dir));
        after.y = u32(i32(state.y) + advance * forward_y(state.dir));
        let empty_handed = state.carrying == 0u32;
        let picks_up = action == PICKUP && empty_handed && can_pick_up(front);
        let drops = action == DROP && !empty_handed && front == EMPTY;
        after.carrying = select(select(state.carrying, 0u32, drops), front, picks_up);
        let exchanged = select(select(front, state.carrying, drops), EMPTY, picks_up);
        let left_behind = select(exchanged, toggled(front, state.carrying), action == TOGGLE);
        Moved { state: after, front: left_behind }
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::minigrid::components::records::*;

    fn agent(dir: u32, carrying: u32) -> State {
        State { x: 3, y: 4, dir, carrying, ..bytemuck::Zeroable::zeroed() }
    }

    #[test]
    fn the_bit_sets_hold_the_kinds_of_the_table() {
        let kinds = |set: u32| (0..16).filter(|kind| set >> kind & 1 == 1).collect::<Vec<u32>>();
        assert_eq!(kinds(STANDABLE_KINDS), [EMPTY, FLOOR, DOOR, GOAL, LAVA]);
        assert_eq!(kinds(PORTABLE_KINDS), [KEY, BALL, BOX]);
    }

    #[test]
    fn turning_changes_nothing_but_the_direction() {
        let wall = cell(WALL, GREY, 0);
        for (action, dirs) in [(LEFT, [3, 0, 1, 2]), (RIGHT, [1, 2, 3, 0])] {
            for (before, after) in dirs.into_iter().enumerate() {
                let moved = act_on_front(agent(before as u32, 0), wall, action);
                assert_eq!(moved, Moved { state: agent(after, 0), front: wall });
            }
        }
    }

    #[test]
    fn forward_moves_onto_what_can_be_stood_on() {
        let open = cell(DOOR, RED, OPEN);
        for front in [EMPTY, open, cell(FLOOR, BLUE, 0), cell(GOAL, GREEN, 0), cell(LAVA, RED, 0)] {
            let moved = act_on_front(agent(0, 0), front, FORWARD);
            assert_eq!((moved.state.x, moved.state.y, moved.front), (4, 4, front));
            let moved = act_on_front(agent(3, 0), front, FORWARD);
            assert_eq!((moved.state.x, moved.state.y, moved.front), (3, 3, front));
        }
        let closed = [cell(DOOR, RED, CLOSED), cell(DOOR, RED, LOCKED)];
        let objects = [cell(WALL, GREY, 0), cell(KEY, RED, 0), cell(BALL, RED, 0), cell(BOX, RED, 0)];
        for front in closed.into_iter().chain(objects) {
            assert_eq!(act_on_front(agent(0, 0), front, FORWARD), Moved { state: agent(0, 0), front });
        }
    }

    #[test]
    fn one_object_can_be_carried() {
        let (key, ball) = (cell(KEY, RED, 0), cell(BALL, BLUE, 0));
        let moved = act_on_front(agent(0, 0), key, PICKUP);
        assert_eq!(moved, Moved { state: agent(0, key), front: EMPTY });
        let moved = act_on_front(agent(0, key), ball, PICKUP);
        assert_eq!(moved, Moved { state: agent(0, key), front: ball });
        for front in [EMPTY, cell(WALL, GREY, 0), cell(DOOR, RED, OPEN), cell(GOAL, GREEN, 0)] {
            assert_eq!(act_on_front(agent(0, 0), front, PICKUP), Moved { state: agent(0, 0), front });
        }
    }

    #[test]
    fn only_an_empty_cell_takes_what_is_dropped() {
        let filled = box_with(GREY, cell(KEY, PURPLE, 0));
        let moved = act_on_front(agent(0, filled), EMPTY, DROP);
        assert_eq!(moved, Moved { state: agent(0, 0), front: filled });
        for front in [cell(FLOOR, BLUE, 0), cell(DOOR, RED, OPEN), cell(KEY, RED, 0)] {
            let moved = act_on_front(agent(0, filled), front, DROP);
            assert_eq!(moved, Moved { state: agent(0, filled), front });
        }
        assert_eq!(act_on_front(agent(0, 0), EMPTY, DROP), Moved { state: agent(0, 0), front: EMPTY });
    }

    #[test]
    fn a_locked_door_opens_to_its_key_alone_and_the_key_stays() {
        let locked = cell(DOOR, YELLOW, LOCKED);
        let key = cell(KEY, YELLOW, 0);
        for carrying in [0, cell(KEY, RED, 0), cell(BALL, YELLOW, 0)] {
            assert_eq!(act_on_front(agent(0, carrying), locked, TOGGLE).front, locked);
        }
        let moved = act_on_front(agent(0, key), locked, TOGGLE);
        assert_eq!(moved, Moved { state: agent(0, key), front: cell(DOOR, YELLOW, OPEN) });
    }

    #[test]
    fn other_doors_open_and_close() {
        let (open, closed) = (cell(DOOR, RED, OPEN), cell(DOOR, RED, CLOSED));
        assert_eq!(act_on_front(agent(0, 0), closed, TOGGLE).front, open);
        assert_eq!(act_on_front(agent(0, 0), open, TOGGLE).front, closed);
    }

    #[test]
    fn a_box_gives_way_to_its_contents() {
        let key = cell(KEY, PURPLE, 0);
        assert_eq!(act_on_front(agent(0, 0), box_with(GREY, key), TOGGLE).front, key);
        assert_eq!(act_on_front(agent(0, 0), box_with(GREY, 0), TOGGLE).front, EMPTY);
    }

    #[test]
    fn done_and_unknown_actions_do_nothing() {
        for front in [EMPTY, cell(KEY, RED, 0), cell(DOOR, RED, CLOSED), box_with(RED, 0)] {
            for action in [DONE, 7, u32::MAX] {
                assert_eq!(act_on_front(agent(2, 0), front, action), Moved { state: agent(2, 0), front });
            }
        }
    }
}
