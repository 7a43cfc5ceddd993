//! Dynamic-Obstacles: an empty room in which balls move about at random. Farama:
//! `minigrid.envs.DynamicObstaclesEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    objective::objectives::NO_OBSTACLE,
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, BLUE, cell},
    levels::Level,
};

/// The registered ids.
pub(super) const TASKS: [Task; 6] = [
    task("MiniGrid-Dynamic-Obstacles-5x5-v0", 5, 2, false),
    task("MiniGrid-Dynamic-Obstacles-Random-5x5-v0", 5, 2, true),
    task("MiniGrid-Dynamic-Obstacles-6x6-v0", 6, 3, false),
    task("MiniGrid-Dynamic-Obstacles-Random-6x6-v0", 6, 3, true),
    task("MiniGrid-Dynamic-Obstacles-8x8-v0", 8, 4, false),
    task("MiniGrid-Dynamic-Obstacles-16x16-v0", 16, 8, false),
];

const fn task(id: &'static str, size: u32, obstacles: u32, random_start: bool) -> Task {
    let family = Family::DynamicObstacles(DynamicObstacles { size, obstacles, random_start });
    let task = Task::new(id, family, (size, size), 4 * size * size, Objective::DynamicObstacles);
    Task { num_actions: 3, obstacles, ..task.seeing_through_walls() }
}

/// Attempts to place an obstacle, at the start and in every step.
pub const OBSTACLE_TRIES: u32 = 100;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DynamicObstacles {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Number of balls.
    pub obstacles: u32,
    /// Whether the agent starts anywhere instead of in the top-left corner.
    pub random_start: bool,
}

impl DynamicObstacles {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }

    const fn obstacles(&self) -> LayoutOption {
        LayoutOption {
            name: "obstacles",
            low: 0,
            high: self.obstacles as i32,
            default: self.obstacles as i32,
            description: "Number of moving balls; more than size / 2 + 1 count as size / 2.",
        }
    }
}

impl Layout for DynamicObstacles {
    fn page(&self) -> Page {
        Page {
            description: "An otherwise empty room in which blue balls wander: before each step of the \
                          agent every ball moves to a random free cell within one cell of it, diagonals \
                          included. The agent has to get to the goal, a green square in the lower right \
                          corner, and must not walk into anything on the way. It can only turn and move \
                          forward.",
            mission: "get to the green goal square",
            mission_space: "",
            rewards: "1 - 0.9 * (steps / max_steps) for reaching the goal, -1 for moving forward \
                      when an obstacle or a wall was in front before the step, 0 otherwise.",
            termination: &[
                "the agent reaches the goal",
                "the agent moves forward into an obstacle or a wall",
            ],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const { &[Subgoal::new(events::GOAL_REACHED, "goal reached")] }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size(), self.obstacles()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let size = options.next(self.size());
        let wanted = options.next(self.obstacles());
        let count = if wanted > size / 2 + 1 { size / 2 } else { wanted } as usize;
        level.shrink(size, size);
        level.border();
        level.set_goal((size - 2, size - 2));
        if self.random_start {
            level.place_agent(random, level.everywhere())?;
        } else {
            level.set_agent((1, 1), 0);
        }
        level.tail.fill(NO_OBSTACLE);
        for obstacle in 0..count {
            let room = level.everywhere();
            let ball = cell(BALL, BLUE, 0);
            let position = level.place_in(random, ball, room, OBSTACLE_TRIES, |_| false)?;
            level.tail[obstacle] = level.index(position);
        }
        Ok(())
    }
}
