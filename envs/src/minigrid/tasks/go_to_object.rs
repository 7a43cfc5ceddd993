//! GoToObject: a room with a few different objects; the agent must stand beside the right one and say
//! so. Farama: `minigrid.envs.GoToObjectEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues, MAX_OBJECTS},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::State,
    levels::{Level, Position, distinct_object},
    mission::object_name,
};

/// The registered ids.
pub(super) const TASKS: [Task; 2] =
    [task("MiniGrid-GoToObject-6x6-N2-v0", 6, 2), task("MiniGrid-GoToObject-8x8-N2-v0", 8, 2)];

const fn task(id: &'static str, size: u32, objects: u32) -> Task {
    let family = Family::GoToObject(GoToObject { size, objects });
    Task::new(id, family, (size, size), 5 * size * size, Objective::GoToObject).seeing_through_walls()
}

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoToObject {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Number of keys, balls and boxes.
    pub objects: u32,
}

impl GoToObject {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }

    const fn objects(&self) -> LayoutOption {
        LayoutOption::objects(1, MAX_OBJECTS, self.objects)
    }
}

impl Layout for GoToObject {
    fn page(&self) -> Page {
        Page {
            description: "One room with keys, balls and boxes that all differ in colour or type. The \
                          mission names one; the agent has to go to it and then choose `done`. What counts \
                          is where the object lay at the start, even after it has been carried off. In the \
                          level's record `target_cell` is the object named.",
            mission: "go to the {color} {type}",
            mission_space: "{color} is a colour and {type} \"key\", \"ball\" or \"box\"",
            rewards: "1 - 0.9 * (steps / max_steps) for the done action orthogonally beside the \
                      object's place, 0 otherwise.",
            termination: &["the agent performs done, anywhere", "the agent performs toggle"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::TARGET_APPROACHED, "beside the object"),
                Subgoal::new(events::GOAL_REACHED, "done beside the object"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size(), self.objects()]
    }

    fn mission(&self, state: &State) -> String {
        format!("go to the {}", object_name(state.target_cell))
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
        let mut objects = [0; MAX_OBJECTS as usize];
        let mut positions: [Position; MAX_OBJECTS as usize] = [(0, 0); MAX_OBJECTS as usize];
        for index in 0..count {
            objects[index] = distinct_object(random, &objects[..index]);
            positions[index] = level.place(random, objects[index])?;
        }
        level.place_agent(random, level.everywhere())?;
        let target = random.int(0, count as i32) as usize;
        level.set_target(objects[target], positions[target]);
        Ok(())
    }
}
