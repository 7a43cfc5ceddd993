//! LockedRoom: six rooms along a corridor, one of them locked, with the goal in it and its key in
//! another. Farama: `minigrid.envs.LockedRoomEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{GOAL_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::{KEY, State, cell, color_of},
    levels::{Level, Position, Region, WALL_CELL, closed_door, colors_in_random_order, locked_door},
    mission::color_name,
};

/// The registered ids.
pub(super) const TASKS: [Task; 1] = [Task::new(
    "MiniGrid-LockedRoom-v0",
    Family::LockedRoom(LockedRoom),
    (SIZE as u32, SIZE as u32),
    10 * SIZE as u32,
    Objective::Goal,
)];

/// Side length of the grid.
const SIZE: i32 = 19;
/// Column of the wall left of the corridor.
const LEFT_WALL: i32 = 7;
/// Column of the wall right of the corridor.
const RIGHT_WALL: i32 = 11;

/// The family has no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockedRoom;

impl Layout for LockedRoom {
    fn page(&self) -> Page {
        Page {
            description: "Three rooms lie on either side of a corridor, each behind a door of its own \
                          colour. One door is locked, and the goal, a green square, is behind it; its key \
                          lies in another room. The mission says which room holds the key and which door \
                          it opens. The way is long and little of it is in sight at a time. In the level's \
                          record `target_cell` is the locked door (but `target_x`, `target_y` the goal) and \
                          `other_cell` the door of the room with the key.",
            mission: "get the {lockedroom_color} key from the {keyroom_color} room, unlock the \
                      {door_color} door and go to the goal",
            mission_space: "{lockedroom_color} and {door_color} are the colour of the locked door, \
                            {keyroom_color} that of the door of the room with the key",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::OTHER_DOOR_OPENED, "door of the key's room opened"),
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::DOOR_UNLOCKED, "locked room unlocked"),
                Subgoal::new(events::GOAL_REACHED, "goal reached"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        Vec::new()
    }

    fn mission(&self, state: &State) -> String {
        let locked = color_name(color_of(state.target_cell));
        let key_room = color_name(color_of(state.other_cell));
        format!(
            "get the {locked} key from the {key_room} room, unlock the {locked} door and go to the \
             goal"
        )
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        _options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        level.border();
        level.vertical((LEFT_WALL, 0), SIZE, WALL_CELL);
        level.vertical((RIGHT_WALL, 0), SIZE, WALL_CELL);
        let mut rooms = [Room { top: (0, 0), door: (0, 0) }; 6];
        for row in 0..3 {
            let y = 6 * row;
            level.horizontal((0, y), LEFT_WALL, WALL_CELL);
            level.horizontal((RIGHT_WALL, y), SIZE - RIGHT_WALL, WALL_CELL);
            rooms[2 * row as usize] = Room { top: (0, y), door: (LEFT_WALL, y + 3) };
            rooms[2 * row as usize + 1] = Room { top: (RIGHT_WALL, y), door: (RIGHT_WALL, y + 3) };
        }

        let locked = random.int(0, 6) as usize;
        let goal = rooms[locked].random_cell(random);
        level.set_goal(goal);
        let colors = colors_in_random_order(random);
        for (index, (room, &color)) in rooms.iter().zip(&colors).enumerate() {
            let door = if index == locked { locked_door(color) } else { closed_door(color) };
            level.set(room.door, door);
        }
        let key_room = loop {
            let room = random.int(0, 6) as usize;
            if room != locked {
                break room;
            }
        };
        let key = rooms[key_room].random_cell(random);
        level.set(key, cell(KEY, colors[locked], 0));
        let corridor = Region::new(LEFT_WALL, 0, RIGHT_WALL - LEFT_WALL, SIZE);
        level.place_agent(random, corridor)?;

        level.state.target_cell = locked_door(colors[locked]);
        level.set_other(closed_door(colors[key_room]), rooms[key_room].door);
        Ok(())
    }
}

/// A room at the side of the corridor, 8 columns and 7 rows with its walls.
#[derive(Clone, Copy, Debug)]
struct Room {
    top: Position,
    door: Position,
}

impl Room {
    /// A random cell within the walls.
    fn random_cell<R: Random>(&self, random: &mut R) -> Position {
        let (x, y) = self.top;
        (random.int(x + 1, x + 7), random.int(y + 1, y + 6))
    }
}
