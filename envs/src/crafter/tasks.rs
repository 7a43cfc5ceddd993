//! The registered ids: what each pays, and who plays.

use super::components::records::ORIGINAL_RULES;

/// What a step pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pay {
    /// The original's: a tenth of the change of health, and 1 when an achievement is unlocked in this
    /// episode for the first time.
    Original,
    /// Nothing.
    Nothing,
}

/// One registered id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// The id.
    pub id: &'static str,
    /// What it pays.
    pub pay: Pay,
    /// Steps after which an episode is cut off.
    pub max_steps: u32,
    /// The `RULE_` bits in force.
    pub rules: u32,
}

/// All registered ids, in order.
pub const TASKS: [Task; 2] = [
    Task { id: "CrafterNoReward-v1", pay: Pay::Nothing, max_steps: 10_000, rules: ORIGINAL_RULES },
    Task { id: "CrafterReward-v1", pay: Pay::Original, max_steps: 10_000, rules: ORIGINAL_RULES },
];

impl Task {
    /// The id, its world and its goal in a few sentences.
    pub fn description(&self) -> String {
        let pay = match self.pay {
            Pay::Original => {
                "A step pays a tenth of the change of health, and 1 when at least one achievement is \
                 unlocked for the first time in the episode."
            }
            Pay::Nothing => "Nothing is paid: agents have to find their own goals.",
        };
        format!(
            "Crafter: one player in a world of 64 by 64 tiles with grassland, forests, lakes, mountains and \
             caves looks for food, water and shelter, fights zombies and skeletons, collects materials and \
             makes tools, up to the iron pickaxe that mines a diamond. There are 22 achievements. {pay} The \
             episode ends when health reaches 0, and is cut off after the step limit."
        )
    }
}
