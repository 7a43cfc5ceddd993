//! The option that pursues a named subgoal of an environment: it ends when its event occurs.

use pentathlon_gym::seeding::philox::Philox;

use super::option_set::{Choice, OptionView};

/// Chooses an action of an agent that pursues a subgoal.
pub type LowLevelPolicy = Box<dyn FnMut(OptionView<'_>, &mut Philox) -> i32>;

/// Acts by a low-level policy until the environment reports the subgoal's event.
pub struct SubgoalOption {
    subgoal: i32,
    policy: LowLevelPolicy,
}

impl SubgoalOption {
    /// The option that pursues subgoal number `subgoal` of the environment's specification by `policy`.
    pub fn new(subgoal: usize, policy: LowLevelPolicy) -> Self {
        Self { subgoal: subgoal as i32, policy }
    }
}

impl Choice for SubgoalOption {
    fn initiate(&self, _view: OptionView<'_>) -> bool {
        true
    }

    fn act(&mut self, view: OptionView<'_>, random: &mut Philox) -> i32 {
        (self.policy)(view, random)
    }

    fn terminate(&self, view: OptionView<'_>) -> f32 {
        f32::from(u8::from(view.event == self.subgoal))
    }
}
