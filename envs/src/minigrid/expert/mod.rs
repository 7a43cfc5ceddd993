//! An expert that knows the whole world: from any instance it plans the actions that fulfil the mission, and
//! the beacons on the way. It is what BabyAI's bot is for the paper's authors, a source of demonstrations,
//! and the teacher of "Words as Beacons" (arXiv 2410.08632): an ordered list of cells with what is to be
//! done there.
//!
//! A plan is made by carrying it out on a copy of the environment, with the environment's own rules: what
//! the expert says succeeds, succeeds.

mod adviser;
mod instruction;
mod navigation;
mod plan_source;
mod sentence;
mod tasks;
mod teacher;
mod world;

use pentathlon_engine::{Instance, episode::records::SUCCESS};
use serde::{Deserialize, Serialize};

pub use self::adviser::{Adviser, has_expert, knows, plan_for};
pub use self::plan_source::{
    Answer, Asked, Oracle, PlanSource, Question, RecordedAnswers, Subgoal, Thing, question,
};
pub use self::sentence::MAX_BEACON_TOKENS;
pub use self::teacher::{SubgoalForm, Teacher, TeacherOptions};
use self::world::World;
use super::{MiniGrid, components::records::State};

/// What an expert would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The actions in order, until the episode ends or the expert knows no further.
    pub actions: Vec<u8>,
    /// Where something is to be done, in order.
    pub beacons: Vec<Beacon>,
    /// Whether the episode ends with success.
    pub succeeds: bool,
}

/// A cell where something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beacon {
    /// Column of the cell.
    pub x: u32,
    /// Row of the cell.
    pub y: u32,
    /// What is there, or what is in hand when something is to be put there: a cell word.
    pub object: u32,
    /// The action that is to be done there: pickup, drop, toggle, forward into it, or done (6) for what is only
    /// to be faced.
    pub action: u8,
    /// Index of that action in the plan.
    pub step: usize,
}

/// Plans from an instance of `domain` on. Chance is not foreseen: moving obstacles and actions that are
/// replaced at random need a new plan after every step.
pub fn plan(domain: &MiniGrid, instance: &Instance<'_, State>) -> Plan {
    let mut world = World::new(domain, instance);
    // Whether the mission was fulfilled is read off the world; where the expert gave up it is not.
    let _ = if domain.task().instruction_words > 0 {
        instruction::follow(&mut world)
    } else {
        tasks::solve(&mut world)
    };
    let succeeds = world.verdict() == SUCCESS;
    Plan { actions: world.actions, beacons: world.beacons, succeeds }
}
