//! LavaGap: a strip of deadly lava across the room with one gap. Farama: `minigrid.envs.LavaGapEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{GOAL_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    components::records::EMPTY,
    levels::{LAVA_CELL, Level},
};

/// The registered ids.
pub(super) const TASKS: [Task; 3] =
    [task("MiniGrid-LavaGapS5-v0", 5), task("MiniGrid-LavaGapS6-v0", 6), task("MiniGrid-LavaGapS7-v0", 7)];

const fn task(id: &'static str, size: u32) -> Task {
    let family = Family::LavaGap(LavaGap { size });
    Task::new(id, family, (size, size), 4 * size * size, Objective::Goal)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LavaGap {
    /// Side length of the room, walls included.
    pub size: u32,
}

impl LavaGap {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }
}

impl Layout for LavaGap {
    fn page(&self) -> Page {
        Page {
            description: "A column of lava with a single gap separates the agent, in the upper left \
                          corner, from the goal, a green square in the lower right corner. Both the column \
                          and the gap are at random places. A step into the lava ends the episode without \
                          a reward, so that exploring carelessly is punished.",
            mission: "avoid the lava and get to the green goal square",
            mission_space: "",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal", "the agent falls into lava"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::PASSAGE_ENTERED, "gap entered"),
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
        level.set_agent((1, 1), 0);
        level.set_goal((size - 2, size - 2));
        let gap = (random.int(2, size - 2), random.int(1, size - 1));
        level.vertical((gap.0, 1), size - 2, LAVA_CELL);
        level.set(gap, EMPTY);
        Ok(())
    }
}
