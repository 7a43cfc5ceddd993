//! DoorKey: two rooms behind a wall with a locked door; the key lies with the agent. Farama:
//! `minigrid.envs.DoorKeyEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{GOAL_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::{KEY, YELLOW, cell},
    levels::{Level, PATIENCE, Region, WALL_CELL, locked_door},
};

/// The registered ids.
pub(super) const TASKS: [Task; 4] = [
    task("MiniGrid-DoorKey-5x5-v0", 5),
    task("MiniGrid-DoorKey-6x6-v0", 6),
    task("MiniGrid-DoorKey-8x8-v0", 8),
    task("MiniGrid-DoorKey-16x16-v0", 16),
];

const fn task(id: &'static str, size: u32) -> Task {
    let family = Family::DoorKey(DoorKey { size });
    Task::new(id, family, (size, size), 10 * size * size, Objective::Goal)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorKey {
    /// Side length of the grid, walls included.
    pub size: u32,
}

impl DoorKey {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }
}

impl Layout for DoorKey {
    fn page(&self) -> Page {
        Page {
            description: "A wall divides the grid into two rooms; the one door in it is locked. The agent \
                          starts in the left room, where the yellow key also lies; the goal, a green \
                          square, is in the lower right corner of the other room. To get there the agent \
                          has to pick up the key, unlock the door and walk through it. Only the last of \
                          these steps is rewarded, which makes the larger sizes hard to learn from \
                          scratch.",
            mission: "use the key to open the door and then get to the goal",
            mission_space: "",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::DOOR_UNLOCKED, "door unlocked"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::GOAL_REACHED, "goal reached"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let size = options.next(self.size());
        level.shrink(size, size);
        level.border();
        level.set_goal((size - 2, size - 2));
        let split = random.int(2, size - 2);
        level.vertical((split, 0), size, WALL_CELL);
        let left_room = Region::new(0, 0, split, size);
        level.place_agent(random, left_room)?;
        let door = (split, random.int(1, size - 2));
        level.set(door, locked_door(YELLOW));
        level.place_in(random, cell(KEY, YELLOW, 0), left_room, PATIENCE, |_| false)?;
        Ok(())
    }
}
