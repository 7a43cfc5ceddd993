//! KeyCorridor: a corridor with rooms on both sides, a locked one with a ball on the right and the key
//! somewhere on the left. Farama: `minigrid.envs.KeyCorridorEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{PICKUP_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, KEY, State, cell},
    levels::{Level, RoomGrid},
    mission::{COLORS, object_name},
};

/// The registered ids.
pub(super) const TASKS: [Task; 6] = [
    task("MiniGrid-KeyCorridorS3R1-v0", 3, 1),
    task("MiniGrid-KeyCorridorS3R2-v0", 3, 2),
    task("MiniGrid-KeyCorridorS3R3-v0", 3, 3),
    task("MiniGrid-KeyCorridorS4R3-v0", 4, 3),
    task("MiniGrid-KeyCorridorS5R3-v0", 5, 3),
    task("MiniGrid-KeyCorridorS6R3-v0", 6, 3),
];

const fn task(id: &'static str, room_size: u32, rows: u32) -> Task {
    let family = Family::KeyCorridor(KeyCorridor { room_size, rows });
    let grid = (3 * (room_size - 1) + 1, rows * (room_size - 1) + 1);
    Task::new(id, family, grid, 30 * room_size * room_size, Objective::PickupTarget)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCorridor {
    /// Side length of a room, walls included.
    pub room_size: u32,
    /// Rows of rooms; there are three columns, the middle one being the corridor.
    pub rows: u32,
}

impl KeyCorridor {
    const fn room_size(&self) -> LayoutOption {
        LayoutOption {
            name: "room_size",
            low: 3,
            high: self.room_size as i32,
            default: self.room_size as i32,
            description: "Side length of a room, walls included. A smaller level lies in the top-left \
                          corner; the rest of the grid is wall.",
        }
    }

    const fn rows(&self) -> LayoutOption {
        LayoutOption {
            name: "rows",
            low: 1,
            high: self.rows as i32,
            default: self.rows as i32,
            description: "Rows of rooms.",
        }
    }
}

impl Layout for KeyCorridor {
    fn page(&self) -> Page {
        Page {
            description: "A corridor runs from top to bottom, with rooms on its left and right. One room \
                          on the right is locked and holds a ball; its key lies in one of the rooms on the \
                          left. All other doors are unlocked, and some lead from room to room. The agent \
                          starts in the corridor and has to look for the key, unlock the door and pick up \
                          the ball. In the level's record `target_cell` is the ball.",
            mission: "pick up the {color} ball",
            mission_space: "{color} is the colour of the ball",
            rewards: PICKUP_REWARD,
            termination: &["the agent picks up the ball"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::DOOR_OPENED, "door opened"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::DOOR_UNLOCKED, "door unlocked"),
                Subgoal::new(events::OBJECT_DROPPED, "key dropped"),
                Subgoal::new(events::TARGET_PICKED_UP, "ball picked up"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.room_size(), self.rows()]
    }

    fn mission(&self, state: &State) -> String {
        format!("pick up the {}", object_name(state.target_cell))
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let room_size = options.next(self.room_size());
        let rows = options.next(self.rows());
        let mut rooms = RoomGrid::new(random, level, room_size, (3, rows));
        for row in 1..rows {
            rooms.remove_wall((1, row), 3);
        }
        let locked_room = (2, random.int(0, rows));
        let door_color = random.element(&COLORS);
        rooms.add_door(locked_room, 2, door_color, true);
        let target = cell(BALL, random.element(&COLORS), 0);
        let position = rooms.place_in_room(random, locked_room, target)?;
        rooms.level().set_target(target, position);
        let key_room = (0, random.int(0, rows));
        rooms.place_in_room(random, key_room, cell(KEY, door_color, 0))?;
        rooms.place_agent(random, (1, rows / 2))?;
        rooms.connect_all(random)
    }
}
