//! GoToDoor: a room with a door of a different colour in each wall; the agent must stand beside the
//! right one and say so. Farama: `minigrid.envs.GoToDoorEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{State, color_of},
    levels::{Level, Region, closed_door},
    mission::{COLORS, color_name},
};

/// The registered ids.
pub(super) const TASKS: [Task; 3] = [
    task("MiniGrid-GoToDoor-5x5-v0", 5),
    task("MiniGrid-GoToDoor-6x6-v0", 6),
    task("MiniGrid-GoToDoor-8x8-v0", 8),
];

const fn task(id: &'static str, size: u32) -> Task {
    let family = Family::GoToDoor(GoToDoor { size });
    Task::new(id, family, (size, size), 4 * size * size, Objective::GoToDoor).seeing_through_walls()
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoToDoor {
    /// Largest side length of the room, walls included; the smallest is 5.
    pub size: u32,
}

impl GoToDoor {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }
}

impl Layout for GoToDoor {
    fn page(&self) -> Page {
        Page {
            description: "One room with a door in each of its four walls, no two of one colour. The \
                          mission names a colour; the agent has to go to that door and then choose `done`. \
                          The sides of the room are drawn anew for every level, from 5 cells to the size \
                          of the grid. In the level's record `target_cell` is the door named.",
            mission: "go to the {color} door",
            mission_space: "{color} is the colour of the door",
            rewards: "1 - 0.9 * (steps / max_steps) for the done action orthogonally beside the right \
                      door, 0 otherwise.",
            termination: &["the agent performs done, anywhere", "the agent performs toggle"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::TARGET_APPROACHED, "beside the door"),
                Subgoal::new(events::GOAL_REACHED, "done beside the door"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size()]
    }

    fn mission(&self, state: &State) -> String {
        format!("go to the {} door", color_name(color_of(state.target_cell)))
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let size = options.next(self.size());
        level.shrink(size, size);
        let width = random.int(5, size + 1);
        let height = random.int(5, size + 1);
        let room = Region::new(0, 0, width, height);
        level.wall_rect(room);
        let doors = [
            (random.int(2, width - 2), 0),
            (random.int(2, width - 2), height - 1),
            (0, random.int(2, height - 2)),
            (width - 1, random.int(2, height - 2)),
        ];
        let mut colors = [0; 4];
        for count in 0..colors.len() {
            colors[count] = loop {
                let color = random.element(&COLORS);
                if !colors[..count].contains(&color) {
                    break color;
                }
            };
        }
        for (&position, &color) in doors.iter().zip(&colors) {
            level.set(position, closed_door(color));
        }
        level.place_agent(random, room)?;
        let target = random.int(0, 4) as usize;
        level.set_target(closed_door(colors[target]), doors[target]);
        Ok(())
    }
}
