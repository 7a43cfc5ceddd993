//! Crossing: rivers of lava, or walls, run across the room from side to side; each has one opening,
//! and a way through all of them exists. Farama: `minigrid.envs.CrossingEnv`.

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
    levels::{LAVA_CELL, Level, WALL_CELL},
};

/// The registered ids.
pub(super) const TASKS: [Task; 8] = [
    task("MiniGrid-LavaCrossingS9N1-v0", 9, 1, true),
    task("MiniGrid-LavaCrossingS9N2-v0", 9, 2, true),
    task("MiniGrid-LavaCrossingS9N3-v0", 9, 3, true),
    task("MiniGrid-LavaCrossingS11N5-v0", 11, 5, true),
    task("MiniGrid-SimpleCrossingS9N1-v0", 9, 1, false),
    task("MiniGrid-SimpleCrossingS9N2-v0", 9, 2, false),
    task("MiniGrid-SimpleCrossingS9N3-v0", 9, 3, false),
    task("MiniGrid-SimpleCrossingS11N5-v0", 11, 5, false),
];

const fn task(id: &'static str, size: u32, crossings: u32, lava: bool) -> Task {
    let family = Family::Crossing(Crossing { size, crossings, lava });
    Task::new(id, family, (size, size), 4 * size * size, Objective::Goal)
}

/// Rivers of either direction at most, in a level of 11x11 cells.
const MAX_RIVERS: usize = 4;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Number of rivers.
    pub crossings: u32,
    /// Whether the rivers are lava instead of walls.
    pub lava: bool,
}

impl Crossing {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }

    const fn crossings(&self) -> LayoutOption {
        LayoutOption {
            name: "crossings",
            low: 0,
            high: 2 * rivers_a_side(self.size as i32) as i32,
            default: self.crossings as i32,
            description: "Number of rivers; at most size - 3 fit (size - 4 for an even size).",
        }
    }
}

/// Rivers of one direction that fit: they lie on the even coordinates from 2 to `size - 3`.
const fn rivers_a_side(size: i32) -> usize {
    ((size - 3) / 2) as usize
}

/// Which way a river runs, or a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Vertical,
    Horizontal,
}

impl Layout for Crossing {
    fn page(&self) -> Page {
        if self.lava {
            Page {
                description: "Rivers of lava cross the room from wall to wall, each with one place to \
                              cross it. The agent starts in the upper left corner, the goal, a green \
                              square, is in the lower right one, and there always is a way. A step into \
                              the lava ends the episode without a reward, so that exploring carelessly is \
                              punished.",
                mission: "avoid the lava and get to the green goal square",
                mission_space: "",
                rewards: GOAL_REWARD,
                termination: &["the agent reaches the goal", "the agent falls into lava"],
            }
        } else {
            Page {
                description: "Walls cross the room from side to side, each with one opening. The agent \
                              starts in the upper left corner, the goal, a green square, is in the lower \
                              right one, and there always is a way. It is LavaCrossing without the danger.",
                mission: "find the opening and get to the green goal square",
                mission_space: "",
                rewards: GOAL_REWARD,
                termination: &["the agent reaches the goal"],
            }
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::PASSAGE_ENTERED, "crossing entered"),
                Subgoal::new(events::GOAL_REACHED, "goal reached"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size(), self.crossings()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let size = options.next(self.size());
        let a_side = rivers_a_side(size);
        let count = (options.next(self.crossings()) as usize).min(2 * a_side);
        level.shrink(size, size);
        level.border();
        level.set_agent((1, 1), 0);
        level.set_goal((size - 2, size - 2));

        let mut rivers = [(Axis::Vertical, 0); 2 * MAX_RIVERS];
        for index in 0..a_side {
            let coordinate = 2 * (index as i32 + 1);
            rivers[index] = (Axis::Vertical, coordinate);
            rivers[a_side + index] = (Axis::Horizontal, coordinate);
        }
        random.shuffle(&mut rivers[..2 * a_side]);
        let chosen = &mut rivers[..count];
        chosen.sort_unstable_by_key(|&(_, coordinate)| coordinate);
        let columns = Limits::new(chosen, Axis::Vertical, size);
        let rows = Limits::new(chosen, Axis::Horizontal, size);

        let obstacle = if self.lava { LAVA_CELL } else { WALL_CELL };
        for &y in rows.rivers() {
            level.horizontal((1, y), size - 2, obstacle);
        }
        for &x in columns.rivers() {
            level.vertical((x, 1), size - 2, obstacle);
        }

        // A path crosses every river once: horizontal steps cross the vertical ones. Between two
        // crossings it may go anywhere, so that each opening lies anywhere along its river's stretch.
        let mut path = [Axis::Horizontal; 2 * MAX_RIVERS];
        path[columns.count..count].fill(Axis::Vertical);
        random.shuffle(&mut path[..count]);
        let (mut column, mut row) = (0, 0);
        for step in &path[..count] {
            let opening = match step {
                Axis::Horizontal => {
                    let y = random.int(rows.at[row] + 1, rows.at[row + 1]);
                    column += 1;
                    (columns.at[column], y)
                }
                Axis::Vertical => {
                    let x = random.int(columns.at[column] + 1, columns.at[column + 1]);
                    row += 1;
                    (x, rows.at[row])
                }
            };
            level.set(opening, EMPTY);
        }
        Ok(())
    }
}

/// Coordinates that bound the stretches of one axis: the border, the rivers, the other border.
#[derive(Clone, Copy, Debug)]
struct Limits {
    at: [i32; MAX_RIVERS + 2],
    count: usize,
}

impl Limits {
    /// The limits of the rivers that run along `axis`, which come in rising order.
    fn new(rivers: &[(Axis, i32)], axis: Axis, size: i32) -> Self {
        let mut limits = Self { at: [0; MAX_RIVERS + 2], count: 0 };
        for &(_, coordinate) in rivers.iter().filter(|river| river.0 == axis) {
            limits.count += 1;
            limits.at[limits.count] = coordinate;
        }
        limits.at[limits.count + 1] = size - 1;
        limits
    }

    fn rivers(&self) -> &[i32] {
        &self.at[1..=self.count]
    }
}
