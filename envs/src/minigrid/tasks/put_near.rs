//! PutNear: a room with a few different objects, one of which must be carried to another. Farama:
//! `minigrid.envs.PutNearEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::State,
    levels::{Level, PATIENCE, Position, distinct_object},
    mission::object_name,
};

/// The registered ids. The step limit grows with the side, not with the area.
pub(super) const TASKS: [Task; 2] =
    [task("MiniGrid-PutNear-6x6-N2-v0", 6, 2), task("MiniGrid-PutNear-8x8-N3-v0", 8, 3)];

const fn task(id: &'static str, size: u32, objects: u32) -> Task {
    let family = Family::PutNear(PutNear { size, objects });
    Task::new(id, family, (size, size), 5 * size, Objective::PutNear).seeing_through_walls()
}

/// Objects at most. Any way to lay out three objects apart from each other in 4x4 cells leaves room
/// for a fourth; five may not fit.
const MAX_OBJECTS: usize = 4;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutNear {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Number of keys, balls and boxes.
    pub objects: u32,
}

impl PutNear {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(6, self.size)
    }

    const fn objects(&self) -> LayoutOption {
        LayoutOption::objects(2, MAX_OBJECTS as u32, self.objects)
    }
}

impl Layout for PutNear {
    fn page(&self) -> Page {
        Page {
            description: "One room with keys, balls and boxes that all differ in colour or type, none \
                          beside another. The mission names two; the agent has to carry the first to the \
                          second. There is one try: a wrong object picked up, or the right one put down in \
                          a wrong place, ends the episode. In the level's record `target_cell` is the object to \
                          carry and `other_cell` the one to carry it to.",
            mission: "put the {move_color} {move_type} near the {target_color} {target_type}",
            mission_space: "{move_color}, {target_color} are colours and {move_type}, {target_type} \
                            \"key\", \"ball\" or \"box\"",
            rewards: "1 - 0.9 * (steps / max_steps) when the right object is dropped within one cell, \
                      diagonals included, of where the other lay at the start, 0 otherwise.",
            termination: &[
                "the agent picks up a wrong object",
                "the agent performs drop while carrying something",
            ],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::TARGET_PICKED_UP, "object picked up"),
                Subgoal::new(events::OTHER_APPROACHED, "near the other object"),
                Subgoal::new(events::DROPPED_NEAR_OTHER, "dropped near the other object"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size(), self.objects()]
    }

    fn mission(&self, state: &State) -> String {
        format!("put the {} near the {}", object_name(state.target_cell), object_name(state.other_cell))
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let size = options.next(self.size());
        let count = options.next(self.objects()) as usize;
        level.shrink(size, size);
        level.border();
        let mut objects = [0; MAX_OBJECTS];
        let mut positions: [Position; MAX_OBJECTS] = [(0, 0); MAX_OBJECTS];
        for index in 0..count {
            objects[index] = distinct_object(random, &objects[..index]);
            let earlier = &positions[..index];
            let beside = |(x, y): Position| {
                earlier.iter().any(|other| (x - other.0).abs() <= 1 && (y - other.1).abs() <= 1)
            };
            let room = level.everywhere();
            positions[index] = level.place_in(random, objects[index], room, PATIENCE, beside)?;
        }
        level.place_agent(random, level.everywhere())?;
        let moved = random.int(0, count as i32) as usize;
        let other = loop {
            let other = random.int(0, count as i32) as usize;
            if other != moved {
                break other;
            }
        };
        level.set_target(objects[moved], positions[moved]);
        level.set_other(objects[other], positions[other]);
        Ok(())
    }
}
