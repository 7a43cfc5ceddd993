//! Task trees: what the subgoals of a task are, which of them make sense when, and how far away they are.
//! Written by hand for each family of tasks, as in the paper.

mod ordered;
mod trash_grid;

pub use ordered::OrderedTree;
pub use trash_grid::{TrashGridTree, scripted_options};

use pentathlon_gym::{EnvSpec, Observation};

use crate::Error;
use crate::options::OptionView;

/// The subgoals of a task. They are those of the environment's specification, by number.
pub trait TaskTree: Send + Sync {
    /// Number of subgoals.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether an agent can make progress towards `subgoal` now. Bit `g` of `achieved` is set when subgoal `g` was
    /// achieved earlier in the episode. Low levels are trained on open subgoals.
    fn is_open(&self, subgoal: usize, view: OptionView<'_>, achieved: u32) -> bool;

    /// Whether what `subgoal` is about is there, as far as an agent can see: subgoals for which it is not cannot be
    /// chosen.
    fn can_begin(&self, _subgoal: usize, _view: OptionView<'_>) -> bool {
        true
    }

    /// How far an agent that observes `observation` is from what `subgoal` is about, as a share of the largest
    /// distance, 0 to 1; `agent` is its number. `None` where that is not known or there is nothing.
    fn distance(&self, subgoal: usize, agent: usize, observation: &[f32]) -> Option<f32>;
}

/// The tree of the environment `spec`, of which agents see `observation`.
///
/// # Errors
/// An environment without subgoals.
pub fn task_tree(spec: &EnvSpec, observation: &Observation) -> Result<Box<dyn TaskTree>, Error> {
    if let Some(tree) = TrashGridTree::new(spec, observation) {
        return Ok(Box::new(tree));
    }
    if spec.subgoals.is_empty() || spec.subgoals.len() > 32 {
        return Err(Error::Unsupported {
            id: spec.id.clone(),
            reason: format!("it has {} subgoals; a hierarchy needs 1 to 32", spec.subgoals.len()),
        });
    }
    Ok(Box::new(OrderedTree::new(spec.subgoals.len())))
}
