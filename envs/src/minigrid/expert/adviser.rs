//! The expert beside a running batch: what it would do next in every environment, whatever was done before.

use pentathlon_engine::{Batch, Instance, find_batch};
use pentathlon_gym::{Error, VectorEnv};

use super::{Plan, plan, world::World};
use crate::minigrid::{
    MiniGrid,
    components::records::State,
    tasks::{Family, Task},
};

/// Whether the expert can plan for a task. There is nothing to plan where nothing is a success.
pub fn knows(task: &Task) -> bool {
    !matches!(task.family, Family::Playground(_))
}

/// The MiniGrid batch that the expert would look at: `batch` itself, or the one inside its wrappers.
///
/// # Errors
/// A batch of another discipline, or of a task that the expert does not [know](knows).
pub(super) fn known(batch: &dyn VectorEnv) -> Result<&Batch<MiniGrid>, Error> {
    find_batch(batch).filter(|found: &&Batch<MiniGrid>| knows(found.domain().task())).ok_or(
        Error::Unsupported { what: "an expert; MiniGrid and BabyAI tasks that can be fulfilled have one" },
    )
}

/// Whether there is an expert for `batch`.
pub fn has_expert(batch: &dyn VectorEnv) -> bool {
    known(batch).is_ok()
}

/// Plans from where environment `env` of `batch` is now.
///
/// # Errors
/// A batch without an expert, and an environment that there is not.
pub fn plan_for(batch: &dyn VectorEnv, env: usize) -> Result<Plan, Error> {
    let batch = known(batch)?;
    let (state, items, episode) = batch.instance(env)?;
    Ok(plan(batch.domain(), &Instance { state: &state, items: &items, episode: &episode }))
}

/// The expert's next action for the environments of a batch.
///
/// A plan is made when it is first needed and followed as long as everything goes as planned; where the world
/// is another than the plan foresaw, by chance, by another's actions or by a reset, a new one is made.
#[derive(Clone, Debug, Default)]
pub struct Adviser {
    courses: Vec<Course>,
}

/// A plan under way.
#[derive(Clone, Debug, Default)]
struct Course {
    actions: Vec<u8>,
    next: usize,
    /// The world after the action that was advised last.
    expected: Option<(State, Vec<u32>)>,
}

impl Adviser {
    /// What to do next in environment `env` of `batch`; `None` where the expert knows no further.
    ///
    /// # Errors
    /// A batch without an expert, and an environment that there is not.
    pub fn action(&mut self, batch: &dyn VectorEnv, env: usize) -> Result<Option<u8>, Error> {
        let batch = known(batch)?;
        let (state, items, episode) = batch.instance(env)?;
        let instance = Instance { state: &state, items: &items, episode: &episode };
        if self.courses.len() <= env {
            self.courses.resize_with(env + 1, Course::default);
        }
        let course = &mut self.courses[env];
        let goes_as_planned = episode.elapsed > 0
            && course.expected.as_ref().is_some_and(|(expected, expected_items)| {
                bytemuck::bytes_of(expected) == bytemuck::bytes_of(&state) && *expected_items == items
            });
        if !goes_as_planned {
            course.actions = plan(batch.domain(), &instance).actions;
            course.next = 0;
        }
        let action = course.actions.get(course.next).copied();
        if let Some(action) = action {
            course.next += 1;
            let mut world = World::new(batch.domain(), &instance);
            // Whether the episode is over then is for the batch to say.
            let _ = world.act(action.into());
            course.expected = Some(world.into_parts());
        }
        Ok(action)
    }
}
