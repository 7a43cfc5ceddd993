//! Memory: an object in a small room, and two at the ends of a T-shaped hallway, one of which matches
//! it. Farama: `minigrid.envs.MemoryEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, GREEN, KEY, cell},
    levels::{Level, WALL_CELL},
};

/// The registered ids.
pub(super) const TASKS: [Task; 6] = [
    task("MiniGrid-MemoryS7-v0", 7, false),
    task("MiniGrid-MemoryS9-v0", 9, false),
    task("MiniGrid-MemoryS11-v0", 11, false),
    task("MiniGrid-MemoryS13-v0", 13, false),
    task("MiniGrid-MemoryS13Random-v0", 13, true),
    task("MiniGrid-MemoryS17Random-v0", 17, true),
];

const fn task(id: &'static str, size: u32, random_length: bool) -> Task {
    let family = Family::Memory(Memory { size, random_length });
    Task::new(id, family, (size, size), 5 * size * size, Objective::Memory)
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Side length of the grid, walls included.
    pub size: u32,
    /// Whether the hallway's length is drawn instead of spanning the grid.
    pub random_length: bool,
}

impl Memory {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(7, self.size)
    }
}

impl Layout for Memory {
    fn page(&self) -> Page {
        Page {
            description: "A small room on the left holds a key or a ball. A corridor leads from it to a \
                          fork on the right, where a ball lies at one end and a key at the other. The \
                          agent has to take the turn to the object that it saw in the room, and what it \
                          saw is out of sight by then. It starts anywhere along the corridor or in the \
                          room, looking to the right. In the level's record (`target_x`, `target_y`) is \
                          the cell beside the right object and (`other_x`, `other_y`) the one beside the \
                          wrong object.",
            mission: "go to the matching object at the end of the hallway",
            mission_space: "",
            rewards: "1 - 0.9 * (steps / max_steps) for reaching the cell beside the matching object, \
                      0 otherwise. The pickup action acts as toggle.",
            termination: &[
                "the agent reaches the cell beside the matching object",
                "the agent reaches the cell beside the wrong object",
            ],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const { &[Subgoal::new(events::GOAL_REACHED, "matching object reached")] }
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
        let middle = size / 2;
        let (upper, lower) = (middle - 2, middle + 2);
        let hallway_end = if self.random_length { random.int(4, size - 2) } else { size - 3 };

        // The starting room, the hallway and the wall of the split with its opening.
        level.horizontal((1, upper), 4, WALL_CELL);
        level.horizontal((1, lower), 4, WALL_CELL);
        level.set((4, upper + 1), WALL_CELL);
        level.set((4, lower - 1), WALL_CELL);
        for x in 5..hallway_end {
            level.set((x, upper + 1), WALL_CELL);
            level.set((x, lower - 1), WALL_CELL);
        }
        for y in 0..size {
            if y != middle {
                level.set((hallway_end, y), WALL_CELL);
            }
            level.set((hallway_end + 2, y), WALL_CELL);
        }

        level.set_agent((random.int(1, hallway_end + 1), middle), 0);
        let shown = random.element(&[KEY, BALL]);
        level.set((1, middle - 1), cell(shown, GREEN, 0));
        let (first, second) = random.element(&[(BALL, KEY), (KEY, BALL)]);
        let (above, below) = ((hallway_end + 1, middle - 2), (hallway_end + 1, middle + 2));
        level.set(above, cell(first, GREEN, 0));
        level.set(below, cell(second, GREEN, 0));

        let (beside_above, beside_below) = ((above.0, above.1 + 1), (below.0, below.1 - 1));
        let (success, failure) =
            if first == shown { (beside_above, beside_below) } else { (beside_below, beside_above) };
        level.set_target(cell(shown, GREEN, 0), success);
        level.set_other(cell(if shown == KEY { BALL } else { KEY }, GREEN, 0), failure);
        Ok(())
    }
}
