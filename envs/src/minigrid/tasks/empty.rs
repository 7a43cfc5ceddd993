//! Empty: an empty room with the goal in the corner. The smallest test of a learner; the larger sizes
//! make the reward sparse. Farama: `minigrid.envs.EmptyEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{GOAL_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::levels::Level;

/// The registered ids.
pub(super) const TASKS: [Task; 6] = [
    task("MiniGrid-Empty-5x5-v0", 5, false),
    task("MiniGrid-Empty-6x6-v0", 6, false),
    task("MiniGrid-Empty-8x8-v0", 8, false),
    task("MiniGrid-Empty-16x16-v0", 16, false),
    task("MiniGrid-Empty-Random-5x5-v0", 5, true),
    task("MiniGrid-Empty-Random-6x6-v0", 6, true),
];

const fn task(id: &'static str, size: u32, random_start: bool) -> Task {
    let family = Family::Empty(Empty { size, random_start });
    Task::new(id, family, (size, size), 4 * size * size, Objective::Goal).seeing_through_walls()
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Whether the agent starts anywhere instead of in the top-left corner.
    pub random_start: bool,
}

impl Empty {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(4, self.size)
    }
}

impl Layout for Empty {
    fn page(&self) -> Page {
        Page {
            description: "One room with nothing in it but the goal, a green square in the bottom-right \
                          corner. The agent starts in the opposite corner looking right, or anywhere in \
                          the Random variants. The shorter its way, the higher the reward. The small rooms \
                          are a first test for any learner, the 16x16 one shows how it copes with a reward \
                          that is rarely met by chance.",
            mission: "get to the green goal square",
            mission_space: "",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const { &[Subgoal::new(events::GOAL_REACHED, "goal reached")] }
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
        if self.random_start {
            level.place_agent(random, level.everywhere())
        } else {
            level.set_agent((1, 1), 0);
            Ok(())
        }
    }
}
