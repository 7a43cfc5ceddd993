//! The registered tasks: every `MiniGrid-*` id with its family, sizes and limits. One file a family
//! holds all there is to know about it: the ids, the documentation, the mission, the generation of
//! levels and the subgoals.

pub mod objective;
pub mod subgoals;

mod layout;
mod page;

use std::sync::LazyLock;

use pentathlon_engine::GenerationError;
use pentathlon_gym::{ContextParameter, seeding::Random};

pub use self::{
    babyai::{Forms, SelectBy, Synth},
    objective::Objective,
    subgoals::{Subgoal, subgoal_indices},
};
use self::{
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
};
pub use super::levels::Preset;
use super::{components::records::State, levels::Level};

/// Declares the families: their modules, the [`Family`] enum, and the calls on the family at hand.
macro_rules! families {
    ($($module:ident :: $family:ident),* $(,)?) => {
        $(mod $module;)*
        $(pub use self::$module::$family;)*

        /// Which family a task belongs to, with its parameters.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Family {
            $(
                #[doc = concat!("The family documented at [`", stringify!($family), "`].")]
                $family($family),
            )*
        }

        impl Family {
            fn page(&self) -> Page {
                match self { $(Self::$family(layout) => layout.page(),)* }
            }

            /// Names and values of the parameters; empty for a family without any.
            fn parameters(&self) -> String {
                let text = match self { $(Self::$family(layout) => format!("{layout:?}"),)* };
                let inner = text.split_once('{').map_or("", |(_, inner)| inner);
                inner.trim_end_matches('}').trim().to_owned()
            }

            fn subgoals(&self) -> &'static [Subgoal] {
                match self { $(Self::$family(layout) => layout.subgoals(),)* }
            }

            fn options(&self) -> Vec<LayoutOption> {
                match self { $(Self::$family(layout) => layout.options(),)* }
            }

            fn mission(&self, state: &State) -> String {
                match self { $(Self::$family(layout) => layout.mission(state),)* }
            }

            fn generate<R: Random>(
                &self,
                random: &mut R,
                options: LayoutValues<'_>,
                level: &mut Level<'_>,
            ) -> Result<(), GenerationError> {
                match self {
                    $(Self::$family(layout) => layout.generate(random, options, level),)*
                }
            }
        }

        /// Every registered task, family by family.
        fn registered() -> Vec<Task> {
            let mut tasks = Vec::new();
            $(tasks.extend_from_slice(&self::$module::TASKS);)*
            tasks
        }
    };
}

families! {
    babyai::BabyAi,
    crossing::Crossing,
    dist_shift::DistShift,
    door_key::DoorKey,
    dynamic_obstacles::DynamicObstacles,
    empty::Empty,
    fetch::Fetch,
    four_rooms::FourRooms,
    go_to_door::GoToDoor,
    go_to_object::GoToObject,
    key_corridor::KeyCorridor,
    lava_gap::LavaGap,
    locked_room::LockedRoom,
    memory::Memory,
    multi_room::MultiRoom,
    obstructed_maze::ObstructedMaze,
    playground::Playground,
    put_near::PutNear,
    red_blue_doors::RedBlueDoors,
    unlock::Unlock,
    unlock_pickup::UnlockPickup,
    wave_function_collapse::WaveFunctionCollapse,
}

/// One registered id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// Registered id, such as `MiniGrid-DoorKey-8x8-v0`.
    pub id: &'static str,
    /// Family with its parameters.
    pub family: Family,
    /// Columns of the grid, border walls included.
    pub width: u32,
    /// Rows of the grid, border walls included.
    pub height: u32,
    /// Steps after which an episode is truncated.
    pub max_steps: u32,
    /// Whether the agent sees through walls.
    pub see_through_walls: bool,
    /// Number of actions: 7, or 3 (turn left, turn right, forward).
    pub num_actions: u32,
    /// What ends an episode, and what that pays.
    pub objective: Objective,
    /// Moving obstacles at most.
    pub obstacles: u32,
    /// Words of the instruction's record; 0 where the mission is none.
    pub instruction_words: u32,
}

/// All registered tasks, in the order of their ids.
pub fn all_tasks() -> &'static [Task] {
    static TASKS: LazyLock<Vec<Task>> = LazyLock::new(|| {
        let mut tasks = registered();
        tasks.sort_by_key(|task| task.id);
        tasks
    });
    &TASKS
}

/// All registered `MiniGrid-*` tasks, in the order of their ids.
pub fn tasks() -> &'static [Task] {
    &all_tasks()[babyai_tasks().len()..]
}

/// All registered `BabyAI-*` tasks, in the order of their ids.
pub fn babyai_tasks() -> &'static [Task] {
    let all = all_tasks();
    &all[..all.partition_point(|task| task.id.starts_with("BabyAI-"))]
}

impl Task {
    /// A task of 7 actions without moving obstacles in which walls block the sight.
    const fn new(
        id: &'static str,
        family: Family,
        (width, height): (u32, u32),
        max_steps: u32,
        objective: Objective,
    ) -> Self {
        Self {
            id,
            family,
            width,
            height,
            max_steps,
            see_through_walls: false,
            num_actions: 7,
            objective,
            obstacles: 0,
            instruction_words: 0,
        }
    }

    /// The same task in which the agent sees through walls.
    const fn seeing_through_walls(self) -> Self {
        Self { see_through_walls: true, ..self }
    }

    /// Words of the array that an environment holds beside its state: the cells, column by column
    /// (`x * height + y`), then one word per moving obstacle, then the record of the instruction.
    pub fn items(&self) -> usize {
        (self.width * self.height + self.obstacles + self.instruction_words) as usize
    }

    /// The record of the instruction within the array of an environment, where the task has one.
    pub fn instruction<'a>(&self, items: &'a [u32]) -> Option<&'a [u32]> {
        (self.instruction_words > 0).then(|| &items[items.len() - self.instruction_words as usize..])
    }

    /// Steps that an episode is given for each distance that its instruction asks to walk; 0 where all
    /// episodes have the same limit.
    pub fn steps_per_walk(&self) -> u32 {
        match &self.family {
            Family::BabyAi(level) => level.steps_per_walk(),
            _ => 0,
        }
    }

    /// Distances that an instruction of the task asks to walk at most.
    pub fn most_walks(&self) -> u32 {
        match &self.family {
            Family::BabyAi(level) => level.most_walks(),
            _ => 0,
        }
    }

    /// Whether two tasks are the same but for their parameters.
    fn is_sibling(&self, other: &Self) -> bool {
        use std::mem::discriminant;
        match (&self.family, &other.family) {
            (Family::BabyAi(level), Family::BabyAi(other)) => discriminant(level) == discriminant(other),
            (family, other) => discriminant(family) == discriminant(other),
        }
    }

    /// Generates a level in place, overwriting all of `state` and `items`.
    ///
    /// `items` has [`Task::items`] words: the cells, then the cell index `x * height + y` of each
    /// moving obstacle in order (`NO_OBSTACLE` where there are fewer), or the instruction. `context` has one value per
    /// parameter of [`Task::context`]; with their defaults, and the reference generator, the level is
    /// Farama's own.
    ///
    /// # Errors
    /// When an object finds no place; `state` and `items` may then hold anything.
    pub fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut State,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        let mut level = Level::new(self.width as i32, self.height as i32, state, items);
        let options = LayoutValues::new(context);
        self.family
            .generate(random, options, &mut level)
            .map_err(|error| GenerationError(format!("{}: {error}", self.id)))
    }

    /// The mission of a generated level in words, where it is no instruction; see
    /// [`MiniGrid::mission`](crate::minigrid::MiniGrid) for all.
    pub fn mission(&self, state: &State) -> String {
        self.family.mission(state)
    }

    /// The mission with placeholders such as `{color}` for what differs from level to level.
    pub fn mission_template(&self) -> &'static str {
        self.family.page().mission
    }

    /// The documentation page of the task: description, mission, actions, observation, rewards,
    /// termination and the registered configurations of the family.
    pub fn description(&self) -> String {
        self.family.page().text(self)
    }

    /// The events that lie on the way of the task, in the order of a successful episode.
    pub fn subgoals(&self) -> &'static [Subgoal] {
        self.family.subgoals()
    }

    /// The parameters of the level that can be set per environment at reset.
    pub fn context(&self) -> Vec<ContextParameter> {
        self.family.options().iter().map(LayoutOption::parameter).collect()
    }
}
