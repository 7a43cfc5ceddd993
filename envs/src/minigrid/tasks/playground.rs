//! Playground: nine rooms with doors of all colours and a dozen objects, and nothing to do. Farama:
//! `minigrid.envs.PlaygroundEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, BOX, KEY, cell},
    levels::{Level, WALL_CELL, closed_door},
    mission::COLORS,
};

/// The registered ids.
pub(super) const TASKS: [Task; 1] = [Task::new(
    "MiniGrid-Playground-v0",
    Family::Playground(Playground { objects: 12 }),
    (19, 19),
    100,
    Objective::Goal,
)];

/// Distance from one wall to the next.
const SPACING: i32 = 6;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Playground {
    /// Number of keys, balls and boxes.
    pub objects: u32,
}

impl Playground {
    const fn objects(&self) -> LayoutOption {
        LayoutOption::objects(0, 24, self.objects)
    }
}

impl Layout for Playground {
    fn page(&self) -> Page {
        Page {
            description: "Nine rooms with a door of a random colour in every wall between them, and keys, \
                          balls and boxes scattered about. Nothing is asked for and nothing is paid: a \
                          place to try things out, for people and for agents that set their own tasks.",
            mission: "",
            mission_space: "",
            rewards: "always 0.",
            termination: &[],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::DOOR_OPENED, "door opened"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::BALL_PICKED_UP, "ball picked up"),
                Subgoal::new(events::BOX_PICKED_UP, "box picked up"),
                Subgoal::new(events::BOX_OPENED, "box opened"),
                Subgoal::new(events::OBJECT_DROPPED, "object dropped"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.objects()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let objects = options.next(self.objects());
        level.border();
        for row in 0..3 {
            for column in 0..3 {
                let (left, top) = (column * SPACING, row * SPACING);
                let (right, bottom) = (left + SPACING, top + SPACING);
                if column < 2 {
                    level.vertical((right, top), SPACING, WALL_CELL);
                    let door = (right, random.int(top + 1, bottom - 1));
                    level.set(door, closed_door(random.element(&COLORS)));
                }
                if row < 2 {
                    level.horizontal((left, bottom), SPACING, WALL_CELL);
                    let door = (random.int(left + 1, right - 1), bottom);
                    level.set(door, closed_door(random.element(&COLORS)));
                }
            }
        }
        level.place_agent(random, level.everywhere())?;
        for _ in 0..objects {
            let kind = random.element(&[KEY, BALL, BOX]);
            let object = cell(kind, random.element(&COLORS), 0);
            level.place(random, object)?;
        }
        Ok(())
    }
}
