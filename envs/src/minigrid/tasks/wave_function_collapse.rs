//! Wave function collapse: mazes, rooms and halls that are put together from the patterns of a small
//! image. Farama: `minigrid.envs.wfc.WFCEnv`.

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
    levels::{Level, OpenSpace, Preset, WALL_CELL, solve},
};

/// The registered ids.
pub(super) const TASKS: [Task; 6] = [
    task("MiniGrid-WFC-MazeSimple-v0", Preset::MazeSimple),
    task("MiniGrid-WFC-DungeonMazeScaled-v0", Preset::DungeonMazeScaled),
    task("MiniGrid-WFC-RoomsFabric-v0", Preset::RoomsFabric),
    task("MiniGrid-WFC-ObstaclesBlackdots-v0", Preset::ObstaclesBlackdots),
    task("MiniGrid-WFC-ObstaclesAngular-v0", Preset::ObstaclesAngular),
    task("MiniGrid-WFC-ObstaclesHogs3-v0", Preset::ObstaclesHogs3),
];

const fn task(id: &'static str, preset: Preset) -> Task {
    let family = Family::WaveFunctionCollapse(WaveFunctionCollapse { preset });
    Task::new(id, family, (SIZE, SIZE), 20 * SIZE, Objective::Goal)
}

/// Side length of the grid, walls included.
const SIZE: u32 = 25;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveFunctionCollapse {
    /// The patterns that the level is made of.
    pub preset: Preset,
}

impl WaveFunctionCollapse {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(10, SIZE)
    }
}

impl Layout for WaveFunctionCollapse {
    fn page(&self) -> Page {
        Page {
            description: "A maze, a set of rooms or a hall with obstacles, put together by wave function \
                          collapse: the patterns of a small image are laid side by side so that they agree \
                          where they meet. Of the open cells only the largest connected part is kept, and \
                          the agent and the goal, a green square, are at random cells of it.",
            mission: "traverse the maze to get to the goal",
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
        let side = (size - 2) as usize;
        let walls = solve(random, self.preset, side)?;
        let open = OpenSpace::largest(&walls, side)
            .ok_or_else(|| GenerationError(format!("{:?}: no two open cells are connected", self.preset)))?;

        let inside = |(i, j): (u16, u16)| (i32::from(i) + 1, i32::from(j) + 1);
        for column in 1..size - 1 {
            level.vertical((column, 1), size - 2, WALL_CELL);
        }
        for &cell in open.cells() {
            level.set(inside(cell), EMPTY);
        }
        let mut order: Vec<usize> = (0..open.cells().len()).collect();
        random.shuffle(&mut order);
        let start = inside(open.cells()[order[0]]);
        level.set_goal(inside(open.cells()[order[1]]));
        let dir = random.int(0, 4) as u32;
        level.set_agent(start, dir);
        Ok(())
    }
}
