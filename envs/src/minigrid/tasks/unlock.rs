//! Unlock: a room with a key and a locked door. Farama: `minigrid.envs.UnlockEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{KEY, cell},
    levels::{Level, RoomGrid, locked_door},
    mission::COLORS,
};

/// The registered ids.
pub(super) const TASKS: [Task; 1] =
    [Task::new("MiniGrid-Unlock-v0", Family::Unlock(Unlock), (11, 6), 288, Objective::Unlock)];

/// The family has no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlock;

impl Layout for Unlock {
    fn page(&self) -> Page {
        Page {
            description: "Two rooms with a locked door between them. The agent and the key, which has the \
                          door's colour, are in the left room; the agent has to open the door with it. In \
                          the level's record `target_cell` is the door.",
            mission: "open the door",
            mission_space: "",
            rewards: "1 - 0.9 * (steps / max_steps) for opening the door, 0 otherwise.",
            termination: &["the agent opens the door"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::TARGET_DOOR_OPENED, "door opened"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![LayoutOption::distractors()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let distractors = options.next(LayoutOption::distractors());
        let mut rooms = RoomGrid::new(random, level, 6, (2, 1));
        let color = random.element(&COLORS);
        let door = rooms.add_door((0, 0), 0, color, true);
        rooms.place_in_room(random, (0, 0), cell(KEY, color, 0))?;
        rooms.place_agent(random, (0, 0))?;
        rooms.add_distractors(random, distractors)?;
        rooms.level().set_target(locked_door(color), door);
        Ok(())
    }
}
