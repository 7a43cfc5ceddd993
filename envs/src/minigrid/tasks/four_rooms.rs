//! FourRooms: four rooms around a cross of walls with a gap in each arm. The classic of temporal
//! abstraction (Sutton, Precup and Singh 1999). Farama: `minigrid.envs.FourRoomsEnv`.

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
    levels::{GOAL_CELL, Level, WALL_CELL},
};

/// The registered ids.
pub(super) const TASKS: [Task; 1] = [Task::new(
    "MiniGrid-FourRooms-v0",
    Family::FourRooms(FourRooms { spacing: 9 }),
    (19, 19),
    100,
    Objective::Goal,
)];

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FourRooms {
    /// Distance from one wall to the next; the grid has twice as many cells a side, plus one.
    pub spacing: u32,
}

impl FourRooms {
    const fn spacing(&self) -> LayoutOption {
        LayoutOption {
            name: "spacing",
            low: 2,
            high: self.spacing as i32,
            default: self.spacing as i32,
            description: "Cells from one wall to the next; every room is one cell smaller. The level \
                          lies in the top-left corner; the rest of the grid is wall.",
        }
    }
}

impl Layout for FourRooms {
    fn page(&self) -> Page {
        Page {
            description: "A cross of walls divides the grid into four rooms; each arm of the cross has a \
                          gap of one cell at a random place. The agent and the goal, a green square, start \
                          at random cells, in the same room or not. To get from one room to another the \
                          agent has to find the gaps, which it sees only from nearby.",
            mission: "reach the goal",
            mission_space: "",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal"],
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
        vec![self.spacing()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let spacing = options.next(self.spacing());
        let middle = spacing;
        level.shrink(2 * spacing + 1, 2 * spacing + 1);
        level.border();
        for row in 0..2 {
            for column in 0..2 {
                let (left, top) = (column * spacing, row * spacing);
                if column == 0 {
                    level.vertical((middle, top), spacing, WALL_CELL);
                    let gap = random.int(top + 1, top + spacing);
                    level.set((middle, gap), EMPTY);
                }
                if row == 0 {
                    level.horizontal((left, middle), spacing, WALL_CELL);
                    let gap = random.int(left + 1, left + spacing);
                    level.set((gap, middle), EMPTY);
                }
            }
        }
        level.place_agent(random, level.everywhere())?;
        let goal = level.place(random, GOAL_CELL)?;
        level.set_goal(goal);
        Ok(())
    }
}
