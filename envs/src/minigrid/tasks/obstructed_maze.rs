//! ObstructedMaze: a blue ball in a corner of a maze of rooms; keys may be hidden in boxes and doors
//! blocked by balls. Farama: `minigrid.envs.obstructedmaze`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{PICKUP_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, BLUE, GREEN, GREY, KEY, box_with, cell},
    levels::{DIRECTIONS, Level, RoomGrid, RoomIndex, colors_in_random_order},
};

/// The registered ids: two rooms (`1Dl` ...) or 3x3 rooms of which one or more quarters are used; `h`
/// for keys hidden in boxes, `b` for doors blocked by balls. In the `v0` of the large ones a blocking
/// ball may replace a box with a key, which makes the level unsolvable; `v1` places the balls first.
pub(super) const TASKS: [Task; 13] = [
    two_rooms("MiniGrid-ObstructedMaze-1Dl-v0", false, false),
    two_rooms("MiniGrid-ObstructedMaze-1Dlh-v0", true, false),
    two_rooms("MiniGrid-ObstructedMaze-1Dlhb-v0", true, true),
    maze("MiniGrid-ObstructedMaze-2Dl-v0", (2, 1), 1, 4, (false, false, false)),
    maze("MiniGrid-ObstructedMaze-2Dlh-v0", (2, 1), 1, 4, (true, false, false)),
    maze("MiniGrid-ObstructedMaze-2Dlhb-v0", (2, 1), 1, 4, (true, true, false)),
    maze("MiniGrid-ObstructedMaze-2Dlhb-v1", (2, 1), 1, 4, (true, true, true)),
    maze("MiniGrid-ObstructedMaze-1Q-v0", (1, 1), 1, 5, (true, true, false)),
    maze("MiniGrid-ObstructedMaze-1Q-v1", (1, 1), 1, 5, (true, true, true)),
    maze("MiniGrid-ObstructedMaze-2Q-v0", (2, 1), 2, 11, (true, true, false)),
    maze("MiniGrid-ObstructedMaze-2Q-v1", (2, 1), 2, 11, (true, true, true)),
    maze("MiniGrid-ObstructedMaze-Full-v0", (1, 1), 4, 25, (true, true, false)),
    maze("MiniGrid-ObstructedMaze-Full-v1", (1, 1), 4, 25, (true, true, true)),
];

/// Side length of a room, walls included.
const ROOM_SIZE: u32 = 6;

/// Steps allowed when `visited` rooms have to be visited.
const fn max_steps(visited: u32) -> u32 {
    4 * visited * ROOM_SIZE * ROOM_SIZE
}

const fn two_rooms(id: &'static str, key_in_box: bool, blocked: bool) -> Task {
    let family = Family::ObstructedMaze(ObstructedMaze {
        agent_room: (0, 0),
        quarters: 0,
        key_in_box,
        blocked,
        doors_first: false,
    });
    Task::new(id, family, (11, 6), max_steps(2), Objective::PickupTarget)
}

const fn maze(
    id: &'static str,
    agent_room: RoomIndex,
    quarters: u32,
    visited: u32,
    (key_in_box, blocked, doors_first): (bool, bool, bool),
) -> Task {
    let family =
        Family::ObstructedMaze(ObstructedMaze { agent_room, quarters, key_in_box, blocked, doors_first });
    Task::new(id, family, (16, 16), max_steps(visited), Objective::PickupTarget)
}

/// Rooms beside the middle one, by quarter.
const SIDE_ROOMS: [RoomIndex; 4] = [(2, 1), (1, 2), (0, 1), (1, 0)];
/// Rooms in the corners, by quarter.
const CORNER_ROOMS: [RoomIndex; 4] = [(2, 0), (2, 2), (0, 2), (0, 0)];

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObstructedMaze {
    /// Column and row of the room in which the agent starts.
    pub agent_room: RoomIndex,
    /// How many quarters of the 3x3 rooms are used; 0 for a level of only two rooms.
    pub quarters: u32,
    /// Whether keys are hidden in boxes.
    pub key_in_box: bool,
    /// Whether balls lie in front of locked doors.
    pub blocked: bool,
    /// Whether both doors of a room, with their balls, come before its keys.
    pub doors_first: bool,
}

impl ObstructedMaze {
    const fn key_in_box(&self) -> LayoutOption {
        LayoutOption::flag("key_in_box", self.key_in_box, "1 when keys are hidden in boxes.")
    }

    const fn blocked(&self) -> LayoutOption {
        LayoutOption::flag("blocked", self.blocked, "1 when balls lie in front of locked doors.")
    }

    const fn quarters(&self) -> LayoutOption {
        LayoutOption {
            name: "quarters",
            low: 1,
            high: self.quarters as i32,
            default: self.quarters as i32,
            description: "Number of quarters of the maze that are used.",
        }
    }

    /// Two rooms with a locked door between them.
    fn generate_two_rooms<R: Random>(
        random: &mut R,
        level: &mut Level<'_>,
        lock: Lock,
    ) -> Result<(), GenerationError> {
        let mut rooms = RoomGrid::new(random, level, ROOM_SIZE as i32, (2, 1));
        let colors = colors_in_random_order(random);
        lock.add_door(&mut rooms, (0, 0), 0, colors[0]);
        lock.add_key(random, &mut rooms, (0, 0), colors[0])?;
        place_target(random, &mut rooms, (1, 0))?;
        rooms.place_agent(random, (0, 0))
    }

    /// Up to four quarters: each is a side room behind an unlocked door, with two locked doors to the
    /// corners.
    fn generate_maze<R: Random>(
        &self,
        random: &mut R,
        level: &mut Level<'_>,
        lock: Lock,
        quarters: usize,
    ) -> Result<(), GenerationError> {
        let mut rooms = RoomGrid::new(random, level, ROOM_SIZE as i32, (3, 3));
        let colors = colors_in_random_order(random);
        for quarter in 0..quarters {
            rooms.add_door((1, 1), quarter, colors[quarter], false);
            let room = SIDE_ROOMS[quarter];
            let locked = [quarter + 5, quarter + 1].map(|index| colors[index % 6]);
            let sides = [(quarter + 3) % 4, (quarter + 1) % 4];
            if self.doors_first {
                for (side, color) in sides.into_iter().zip(locked) {
                    lock.add_door(&mut rooms, room, side, color);
                }
                for color in locked {
                    lock.add_key(random, &mut rooms, room, color)?;
                }
            } else {
                for (side, color) in sides.into_iter().zip(locked) {
                    lock.add_door(&mut rooms, room, side, color);
                    lock.add_key(random, &mut rooms, room, color)?;
                }
            }
        }
        let corner = random.element(&CORNER_ROOMS[..quarters]);
        place_target(random, &mut rooms, corner)?;
        rooms.place_agent(random, self.agent_room)
    }
}

impl Layout for ObstructedMaze {
    fn page(&self) -> Page {
        Page {
            description: "A blue ball has to be picked up from behind locked doors. In the `1D` variants \
                          there are two rooms and one locked door; in the others there are 3x3 rooms, the \
                          ball is in a corner room, and each side room in use leads to its corners through \
                          two locked doors, whose keys lie in the side room. In the variants with `h` keys \
                          are hidden in grey boxes, which `toggle` opens; in those with `b` a green ball \
                          lies before every locked door (`1Q`, `2Q` and `Full` have both). In the level's \
                          record `target_cell` is the blue ball.",
            mission: "pick up the blue ball",
            mission_space: "",
            rewards: PICKUP_REWARD,
            termination: &["the agent picks up the blue ball"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::DOOR_OPENED, "door opened"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::BOX_OPENED, "box opened"),
                Subgoal::new(events::BALL_PICKED_UP, "blocking ball picked up"),
                Subgoal::new(events::OBJECT_DROPPED, "object dropped"),
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::DOOR_UNLOCKED, "door unlocked"),
                Subgoal::new(events::TARGET_PICKED_UP, "blue ball picked up"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        let mut options = vec![self.key_in_box(), self.blocked()];
        if self.quarters > 0 {
            options.push(self.quarters());
        }
        options
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let lock = Lock {
            key_in_box: options.next(self.key_in_box()) == 1,
            blocked: options.next(self.blocked()) == 1,
        };
        if self.quarters == 0 {
            return Self::generate_two_rooms(random, level, lock);
        }
        let quarters = options.next(self.quarters()) as usize;
        self.generate_maze(random, level, lock, quarters)
    }
}

/// How locked doors are made harder.
#[derive(Clone, Copy, Debug)]
struct Lock {
    key_in_box: bool,
    blocked: bool,
}

impl Lock {
    /// Adds a locked door, with a ball before it where doors are blocked.
    fn add_door(self, rooms: &mut RoomGrid<'_, '_>, room: RoomIndex, side: usize, color: u32) {
        let (x, y) = rooms.add_door(room, side, color, true);
        if self.blocked {
            let (dx, dy) = DIRECTIONS[side];
            rooms.level().set((x - dx, y - dy), cell(BALL, GREEN, 0));
        }
    }

    /// Adds the key of a locked door, in a box where keys are hidden.
    fn add_key<R: Random>(
        self,
        random: &mut R,
        rooms: &mut RoomGrid<'_, '_>,
        room: RoomIndex,
        color: u32,
    ) -> Result<(), GenerationError> {
        let key = cell(KEY, color, 0);
        let object = if self.key_in_box { box_with(GREY, key) } else { key };
        rooms.place_in_room(random, room, object)?;
        Ok(())
    }
}

/// Puts the blue ball into a room.
fn place_target<R: Random>(
    random: &mut R,
    rooms: &mut RoomGrid<'_, '_>,
    room: RoomIndex,
) -> Result<(), GenerationError> {
    let target = cell(BALL, BLUE, 0);
    let position = rooms.place_in_room(random, room, target)?;
    rooms.level().set_target(target, position);
    Ok(())
}
