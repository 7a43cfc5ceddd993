//! Fetch: several keys and balls in a room, one of which must be picked up. Farama:
//! `minigrid.envs.FetchEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues, MAX_OBJECTS},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    components::records::{BALL, KEY, State, cell},
    levels::Level,
    mission::{COLORS, object_name},
};

/// The registered ids.
pub(super) const TASKS: [Task; 3] = [
    task("MiniGrid-Fetch-5x5-N2-v0", 5, 2),
    task("MiniGrid-Fetch-6x6-N2-v0", 6, 2),
    task("MiniGrid-Fetch-8x8-N3-v0", 8, 3),
];

const fn task(id: &'static str, size: u32, objects: u32) -> Task {
    let family = Family::Fetch(Fetch { size, objects });
    Task::new(id, family, (size, size), 5 * size * size, Objective::Fetch).seeing_through_walls()
}

/// The ways to ask, by the state's `phrase`.
const PHRASES: [&str; 5] = ["get a", "go get a", "fetch a", "go fetch a", "you must fetch a"];

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Side length of the room, walls included.
    pub size: u32,
    /// Number of keys and balls.
    pub objects: u32,
}

impl Fetch {
    const fn size(&self) -> LayoutOption {
        LayoutOption::size(5, self.size)
    }

    const fn objects(&self) -> LayoutOption {
        LayoutOption::objects(1, MAX_OBJECTS, self.objects)
    }
}

impl Layout for Fetch {
    fn page(&self) -> Page {
        Page {
            description: "One room with keys and balls of random colours. The mission names one of them, \
                          in one of five phrasings, and the agent has to pick up that one and nothing \
                          else. Where two objects look alike, either counts. In the level's record \
                          `target_cell` is the object named and `phrase` the number of the phrasing.",
            mission: "{syntax} {color} {type}",
            mission_space: "{syntax} is one of \"get a\", \"go get a\", \"fetch a\", \"go fetch a\", \
                            \"you must fetch a\"; {color} a colour; {type} \"key\" or \"ball\"",
            rewards: "1 - 0.9 * (steps / max_steps) for picking up an object of the right colour and \
                      type, 0 for a wrong one.",
            termination: &["the agent picks up the right object", "the agent picks up a wrong object"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const { &[Subgoal::new(events::TARGET_PICKED_UP, "object fetched")] }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.size(), self.objects()]
    }

    fn mission(&self, state: &State) -> String {
        let phrase = PHRASES[state.phrase as usize % PHRASES.len()];
        format!("{phrase} {}", object_name(state.target_cell))
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
        let mut objects = [(0, (0, 0)); MAX_OBJECTS as usize];
        for object in &mut objects[..count] {
            let kind = random.element(&[KEY, BALL]);
            let thing = cell(kind, random.element(&COLORS), 0);
            *object = (thing, level.place(random, thing)?);
        }
        level.place_agent(random, level.everywhere())?;
        let (target, position) = random.element(&objects[..count]);
        level.set_target(target, position);
        level.state.phrase = random.int(0, PHRASES.len() as i32) as u32;
        Ok(())
    }
}
