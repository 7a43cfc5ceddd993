//! RedBlueDoors: a room with a red door in one wall and a blue one in the opposite wall, to be opened
//! in this order. Tests memory. Farama: `minigrid.envs.RedBlueDoorEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BLUE, RED},
    levels::{Level, Region, closed_door},
};

/// The registered ids.
pub(super) const TASKS: [Task; 2] =
    [task("MiniGrid-RedBlueDoors-6x6-v0", 6), task("MiniGrid-RedBlueDoors-8x8-v0", 8)];

const fn task(id: &'static str, size: u32) -> Task {
    let family = Family::RedBlueDoors(RedBlueDoors { size });
    Task::new(id, family, (2 * size, size), 20 * size * size, Objective::RedBlueDoors)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedBlueDoors {
    /// Side length of the room in the middle, walls included; the grid is twice as wide.
    pub size: u32,
}

impl RedBlueDoors {
    const fn size(&self) -> LayoutOption {
        LayoutOption {
            description: "Side length of the room in the middle, walls included; the level is twice \
                          as wide. It lies in the top-left corner; the rest of the grid is wall.",
            ..LayoutOption::size(4, self.size)
        }
    }
}

impl Layout for RedBlueDoors {
    fn page(&self) -> Page {
        Page {
            description: "A square room in the middle of the grid with a closed red door in its left wall \
                          and a closed blue door in its right wall, both at random heights. The red door \
                          has to be opened before the blue one. An agent that stands before one door does \
                          not see the other, so it has to remember what it did. In the level's record \
                          (`target_x`, `target_y`) is the red door and (`other_x`, `other_y`) the blue \
                          one.",
            mission: "open the red door then the blue door",
            mission_space: "",
            rewards: "1 - 0.9 * (steps / max_steps) for opening the blue door while the red one is \
                      open, 0 otherwise.",
            termination: &["the blue door is open", "the red door is opened while the blue one was open"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::TARGET_DOOR_OPENED, "red door opened"),
                Subgoal::new(events::OTHER_DOOR_OPENED, "blue door opened"),
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
        level.shrink(2 * size, size);
        level.border();
        let room = Region::new(size / 2, 0, size, size);
        level.wall_rect(room);
        level.place_agent(random, room)?;
        let red = (room.x, random.int(1, size - 1));
        level.set(red, closed_door(RED));
        level.set_target(closed_door(RED), red);
        let blue = (room.x + size - 1, random.int(1, size - 1));
        level.set(blue, closed_door(BLUE));
        level.set_other(closed_door(BLUE), blue);
        Ok(())
    }
}
