//! One agent's action in a shared grid. Agents act one after another in the order of their numbers, each
//! in the grid that those before it left.

/// Acting on the cell in front, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::foraging::rules::*;
    use super::super::settings::rules::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::movement::rules::*;
    use crate::multigrid::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// Trash-Grid: one cell forward.
    pub const TRASH_FORWARD: u32 = 0u32;
    /// Trash-Grid: turn left.
    pub const TRASH_LEFT: u32 = 1u32;
    /// Trash-Grid: turn right.
    pub const TRASH_RIGHT: u32 = 2u32;
    /// Trash-Grid: take the small item in front.
    pub const TRASH_PICKUP: u32 = 3u32;
    /// Trash-Grid: make the big item in front a small one.
    pub const TRASH_SPLIT: u32 = 4u32;
    /// Trash-Grid: deliver everything, or outside the drop zone put one item in front.
    pub const TRASH_PUT: u32 = 5u32;

    /// Trash-Grid v1, after the four moves up, down, left and right: take what lies here.
    pub const FETCH_PICKUP: u32 = 4u32;
    /// Trash-Grid v1: deliver everything.
    pub const FETCH_PUT: u32 = 5u32;

    /// Events of the tasks with a door: the key picked up, the door opened, the goal reached.
    pub const KEY_EVENT: i32 = 0i32;
    /// See [`KEY_EVENT`].
    pub const DOOR_EVENT: i32 = 1i32;
    /// See [`KEY_EVENT`].
    pub const GOAL_EVENT: i32 = 2i32;
    /// Event of the switch corridor: an agent presses the switch for the first time.
    pub const SWITCH_EVENT: i32 = 0i32;
    /// Events of Trash-Grid: an item that the agent did not put there comes within reach, one is picked up, a big one is split, the load is
    /// delivered.
    pub const FOUND_EVENT: i32 = 0i32;
    /// See [`FOUND_EVENT`].
    pub const PICKED_EVENT: i32 = 1i32;
    /// See [`FOUND_EVENT`].
    pub const SPLIT_EVENT: i32 = 2i32;
    /// See [`FOUND_EVENT`].
    pub const DELIVERED_EVENT: i32 = 3i32;

    /// What every agent is paid in every step of Trash-Grid.
    pub const STEP_COST: f32 = -0.1f32;
    /// What picking an item up, or splitting one, pays.
    pub const HANDLING_PAY: f32 = 1.0f32;
    /// What each delivered item pays.
    pub const DELIVERY_PAY: f32 = 2.0f32;
    /// What delivering the last item pays besides.
    pub const COMPLETION_PAY: f32 = 10.0f32;

    /// What an agent's action made of it and of the cell in front.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct Acted {
        /// The agent.
        pub state: State,
        /// The cell that was in front, after the action.
        pub front: u32,
        /// The subgoal event, or `NO_EVENT`.
        pub event: i32,
        /// Items delivered.
        pub delivered: u32,
        /// Items put down outside the drop zone.
        pub dropped: u32,
    }

    /// MiniGrid's step for an agent with `front` before it; another agent there is as good as a wall.
    pub fn driven(state: State, front: u32, occupied: bool, action: u32) -> Acted {
        let met = select(front, cell(WALL, GREY, 0u32), occupied);
        let moved = act_on_front(state, met, action);
        let after = select(moved.front, front, occupied);
        let took_key = kind_of(front) == KEY && after != front;
        let opened = kind_of(front) == DOOR && state_of(front) != OPEN && state_of(after) == OPEN;
        let mut event = NO_EVENT;
        if took_key {
            event = KEY_EVENT;
        }
        if opened {
            event = DOOR_EVENT;
        }
        Acted { state: moved.state, front: after, event, delivered: 0u32, dropped: 0u32 }
    }

    /// Whether a cell holds an item of Trash-Grid.
    pub fn is_item(cell: u32) -> bool {
        kind_of(cell) == BALL || kind_of(cell) == BOX
    }

    /// Whether `(x, y)` is in the drop zone.
    pub fn is_in_zone(settings: TeamSettings, x: u32, y: u32) -> bool {
        x >= settings.zone_x
            && x < settings.zone_x + settings.zone_width
            && y >= settings.zone_y
            && y < settings.zone_y + settings.zone_height
    }

    /// Trash-Grid's step for an agent that carries `state.carrying` items. Items do not block; other
    /// agents do, but what lies under them can be picked up and split. What lies outside the grid is a wall.
    pub fn worked(settings: TeamSettings, state: State, front: u32, occupied: bool, action: u32) -> Acted {
        let mut acted = Acted { state, front, event: NO_EVENT, delivered: 0u32, dropped: 0u32 };
        if action == TRASH_LEFT {
            acted.state.dir = (state.dir + 3u32) & 3u32;
        }
        if action == TRASH_RIGHT {
            acted.state.dir = (state.dir + 1u32) & 3u32;
        }
        if action == TRASH_FORWARD && kind_of(front) != WALL && !occupied {
            acted.state.x = u32(i32(state.x) + forward_x(state.dir));
            acted.state.y = u32(i32(state.y) + forward_y(state.dir));
        }
        if action == TRASH_PICKUP && kind_of(front) == BALL && state.carrying < settings.capacity {
            acted.state.carrying = state.carrying + 1u32;
            acted.front = EMPTY;
            acted.event = PICKED_EVENT;
        }
        if action == TRASH_SPLIT && kind_of(front) == BOX {
            acted.front = cell(BALL, BLUE, 0u32);
            acted.event = SPLIT_EVENT;
        }
        if action == TRASH_PUT && state.carrying > 0u32 {
            if is_in_zone(settings, state.x, state.y) {
                acted.delivered = state.carrying;
                acted.state.carrying = 0u32;
                acted.event = DELIVERED_EVENT;
            } else if front == EMPTY && !occupied {
                acted.state.carrying = state.carrying - 1u32;
                acted.front = cell(BALL, BLUE, 0u32);
                acted.dropped = 1u32;
            }
        }
        acted
    }

    /// Trash-Grid v1's step for an agent on the cell `here`: small items weigh 1, big ones 2. `occupied` says
    /// whether another agent is where it wants to go.
    pub fn fetched(settings: TeamSettings, state: State, here: u32, occupied: bool, action: u32) -> Acted {
        let mut acted = Acted { state, front: here, event: NO_EVENT, delivered: 0u32, dropped: 0u32 };
        if !occupied {
            acted.state.x = wanted_x(settings, state.x, action + 1u32);
            acted.state.y = wanted_y(settings, state.y, action + 1u32);
        }
        if action == FETCH_PICKUP && kind_of(here) == BALL && state.carrying < settings.capacity {
            acted.state.carrying = state.carrying + 1u32;
            acted.front = EMPTY;
            acted.event = PICKED_EVENT;
        }
        if action == FETCH_PICKUP && kind_of(here) == BOX && state.carrying + 2u32 <= settings.capacity {
            acted.state.carrying = state.carrying + 2u32;
            acted.front = EMPTY;
            acted.event = SPLIT_EVENT;
        }
        if action == FETCH_PUT && state.carrying > 0u32 && is_in_zone(settings, state.x, state.y) {
            acted.delivered = state.carrying;
            acted.state.carrying = 0u32;
            acted.event = DELIVERED_EVENT;
        }
        acted
    }

    /// The cell whose content an agent's actions change: the one in front, in Trash-Grid v1 its own.
    pub fn reached_place(settings: TeamSettings, state: State) -> Vec2i {
        if settings.rule == FETCH {
            return vec2i(i32(state.x), i32(state.y));
        }
        cell_at(state.x, state.y, state.dir, 1i32, 0i32)
    }

    /// The cell that `action` would take an agent to, where another agent is in its way.
    pub fn way_of(settings: TeamSettings, state: State, action: u32) -> Vec2i {
        if settings.rule == FETCH {
            let x = wanted_x(settings, state.x, action + 1u32);
            let y = wanted_y(settings, state.y, action + 1u32);
            return vec2i(i32(x), i32(y));
        }
        cell_at(state.x, state.y, state.dir, 1i32, 0i32)
    }

    /// What `action` makes of an agent that reaches the cell `reached`.
    pub fn attempted(
        settings: TeamSettings,
        state: State,
        reached: u32,
        occupied: bool,
        action: u32,
    ) -> Acted {
        if settings.rule == FETCH {
            return fetched(settings, state, reached, occupied, action);
        }
        if settings.rule == TRASH {
            return worked(settings, state, reached, occupied, action);
        }
        driven(state, reached, occupied, action)
    }

    /// Whether the task is to collect trash.
    pub fn is_trash(settings: TeamSettings) -> bool {
        settings.rule == TRASH || settings.rule == FETCH
    }

    /// Whether an agent of Trash-Grid has found an item: one is within reach, where there was none `before`. What it put
    /// down itself it did not find.
    pub fn has_found(acted: Acted, before: u32, reached: u32) -> bool {
        acted.event == NO_EVENT && acted.dropped == 0u32 && !is_item(before) && is_item(reached)
    }

    /// What an agent earned in Trash-Grid; `is_complete` when it delivered the last item.
    pub fn trash_pay(settings: TeamSettings, acted: Acted, is_complete: bool) -> f32 {
        let mut paid = STEP_COST - settings.drop_cost * f32(acted.dropped);
        if acted.event == PICKED_EVENT || acted.event == SPLIT_EVENT {
            paid += HANDLING_PAY;
        }
        if acted.event == DELIVERED_EVENT {
            paid += DELIVERY_PAY * f32(acted.delivered);
        }
        if is_complete {
            paid += COMPLETION_PAY;
        }
        paid
    }

    /// Whether an action makes a difference: to the agent, or to the cell in front of it.
    pub fn makes_a_difference(state: State, front: u32, acted: Acted) -> bool {
        acted.front != front
            || acted.state.x != state.x
            || acted.state.y != state.y
            || acted.state.dir != state.dir
            || acted.state.carrying != state.carrying
    }

    /// The entry of the list of items after an item left the cell `place`.
    pub fn unlisted(entry: u32, place: u32) -> u32 {
        select(entry, NOWHERE, entry == place)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::records::NO_EVENT;

    use super::{super::settings::rules::*, rules::*};
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::movement::rules::{FORWARD, PICKUP, TOGGLE};

    fn settings() -> TeamSettings {
        TeamSettings {
            width: 10,
            height: 10,
            zone_x: 6,
            zone_y: 8,
            zone_width: 4,
            zone_height: 2,
            capacity: 3,
            ..bytemuck::Zeroable::zeroed()
        }
    }

    fn agent(x: u32, y: u32, carrying: u32) -> State {
        State { x, y, dir: 0, carrying, ..bytemuck::Zeroable::zeroed() }
    }

    fn small() -> u32 {
        cell(BALL, BLUE, 0)
    }

    #[test]
    fn another_agent_in_front_blocks_every_action_on_its_cell() {
        let key = cell(KEY, YELLOW, 0);
        assert_eq!(driven(agent(1, 1, 0), EMPTY, false, FORWARD).state.x, 2);
        assert_eq!(driven(agent(1, 1, 0), EMPTY, true, FORWARD).state.x, 1);
        assert_eq!(driven(agent(1, 1, 0), key, false, PICKUP).event, KEY_EVENT);
        let blocked = driven(agent(1, 1, 0), key, true, PICKUP);
        assert_eq!((blocked.front, blocked.state.carrying, blocked.event), (key, 0, NO_EVENT));
        let door = cell(DOOR, YELLOW, LOCKED);
        assert_eq!(driven(agent(1, 1, key), door, false, TOGGLE).event, DOOR_EVENT);
        assert_eq!(driven(agent(1, 1, 0), door, false, TOGGLE).event, NO_EVENT);
    }

    #[test]
    fn small_items_are_picked_up_to_the_capacity_and_big_ones_are_split_first() {
        let settings = settings();
        let picked = worked(settings, agent(1, 1, 2), small(), false, TRASH_PICKUP);
        assert_eq!((picked.state.carrying, picked.front, picked.event), (3, EMPTY, PICKED_EVENT));
        let full = worked(settings, agent(1, 1, 3), small(), false, TRASH_PICKUP);
        assert_eq!((full.state.carrying, full.front, full.event), (3, small(), NO_EVENT));
        let big = cell(BOX, PURPLE, 0);
        assert_eq!(worked(settings, agent(1, 1, 0), big, false, TRASH_PICKUP).front, big);
        let split = worked(settings, agent(1, 1, 0), big, false, TRASH_SPLIT);
        assert_eq!((split.front, split.event), (small(), SPLIT_EVENT));
        assert_eq!(worked(settings, agent(1, 1, 0), small(), false, TRASH_SPLIT).event, NO_EVENT);
    }

    #[test]
    fn the_load_is_delivered_in_the_zone_and_put_down_one_by_one_elsewhere() {
        let settings = settings();
        let delivered = worked(settings, agent(6, 8, 3), EMPTY, false, TRASH_PUT);
        assert_eq!((delivered.delivered, delivered.state.carrying), (3, 0));
        assert!((trash_pay(settings, delivered, false) - 5.9).abs() < 1e-6);
        assert!((trash_pay(settings, delivered, true) - 15.9).abs() < 1e-6);
        let put = worked(settings, agent(5, 8, 3), EMPTY, false, TRASH_PUT);
        assert_eq!((put.delivered, put.state.carrying, put.front), (0, 2, small()));
        let costly = TeamSettings { drop_cost: 1.0, ..settings };
        assert_eq!([trash_pay(settings, put, false), trash_pay(costly, put, false)], [-0.1, -1.1]);
        assert_eq!(trash_pay(costly, delivered, false), trash_pay(settings, delivered, false));
        for (front, occupied) in [(EMPTY, true), (small(), false), (cell(WALL, GREY, 0), false)] {
            let kept = worked(settings, agent(5, 8, 3), front, occupied, TRASH_PUT);
            assert!(!makes_a_difference(agent(5, 8, 3), front, kept));
        }
    }

    #[test]
    fn an_item_is_found_where_there_was_none_but_not_one_that_was_put_down() {
        let walked = worked(settings(), agent(1, 1, 0), EMPTY, false, TRASH_FORWARD);
        assert!(has_found(walked, EMPTY, small()) && has_found(walked, EMPTY, cell(BOX, PURPLE, 0)));
        assert!(!has_found(walked, small(), small()) && !has_found(walked, EMPTY, EMPTY));
        let put = worked(settings(), agent(1, 1, 1), EMPTY, false, TRASH_PUT);
        assert_eq!((put.dropped, put.front), (1, small()));
        assert!(!has_found(put, EMPTY, put.front));
    }

    #[test]
    fn what_lies_under_another_agent_can_be_taken_but_nothing_is_put_there() {
        let picked = worked(settings(), agent(1, 1, 0), small(), true, TRASH_PICKUP);
        assert_eq!((picked.state.carrying, picked.front, picked.event), (1, EMPTY, PICKED_EVENT));
        let split = worked(settings(), agent(1, 1, 0), cell(BOX, PURPLE, 0), true, TRASH_SPLIT);
        assert_eq!((split.front, split.event), (small(), SPLIT_EVENT));
        let kept = worked(settings(), agent(1, 1, 1), EMPTY, true, TRASH_PUT);
        assert_eq!((kept.state.carrying, kept.dropped), (1, 0));
    }

    #[test]
    fn in_the_first_version_agents_take_what_they_stand_on_and_big_items_weigh_two() {
        let settings = TeamSettings { rule: FETCH, ..settings() };
        let take = |cell, load| fetched(settings, agent(4, 4, load), cell, false, FETCH_PICKUP);
        assert_eq!((take(small(), 2).state.carrying, take(small(), 2).event), (3, PICKED_EVENT));
        let big = cell(BOX, PURPLE, 0);
        assert_eq!((take(big, 1).state.carrying, take(big, 1).event), (3, SPLIT_EVENT));
        assert_eq!((take(big, 2).state.carrying, take(big, 2).front), (2, big));
        let put = |x, y| fetched(settings, agent(x, y, 2), EMPTY, false, FETCH_PUT);
        assert_eq!((put(6, 8).delivered, put(5, 8).delivered, put(5, 8).state.carrying), (2, 0, 2));
        let go = |action, occupied| fetched(settings, agent(4, 4, 0), EMPTY, occupied, action).state;
        let places = [0, 1, 2, 3].map(|action| (go(action, false).x, go(action, false).y));
        assert_eq!(places, [(4, 3), (4, 5), (3, 4), (5, 4)]);
        assert_eq!((go(0, true).x, go(0, true).y), (4, 4));
    }

    #[test]
    fn items_do_not_block_but_agents_and_the_border_do() {
        let go = |front, occupied| worked(settings(), agent(4, 4, 0), front, occupied, TRASH_FORWARD).state.x;
        assert_eq!([go(EMPTY, false), go(small(), false), go(cell(FLOOR, GREEN, 0), false)], [5, 5, 5]);
        assert_eq!([go(EMPTY, true), go(cell(WALL, GREY, 0), false)], [4, 4]);
    }
}
