//! The build options of multi-agent grid worlds.

use pentathlon_gym::{BuildOptions, Error, OptionSpec, OptionValue};

use super::tasks::{Layout, Task};
use crate::minigrid::{reward::LONGEST_EPISODE, rules::visibility::rules::LARGEST_VIEW};

/// The build options, read and checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TeamOptions {
    /// Steps after which an episode is truncated.
    pub max_steps: u32,
    /// Columns and rows of an agent's view, odd, from 3 to 31.
    pub view_size: u32,
    /// Whether agents see through walls.
    pub see_through_walls: bool,
    /// Whether every agent is paid the mean of what the team earned.
    pub shared_reward: bool,
    /// Chance that the goal is in the agent's room, where the layout asks for it.
    pub p_near: f64,
    /// Chance that the goal moves once, where the layout asks for it.
    pub p_move: f64,
    /// Share of the reward that success at the last step has lost.
    pub decay: f64,
    /// What putting an item down outside the drop zone costs.
    pub drop_cost: f64,
}

impl TeamOptions {
    /// Reads the options of `task` out of what a batch is built with.
    ///
    /// # Errors
    /// An option that does not exist, or a value that is not allowed.
    pub fn read(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let mut options = Self {
            max_steps: build.max_episode_steps.unwrap_or(task.max_steps),
            view_size: 7,
            see_through_walls: false,
            shared_reward: false,
            p_near: 0.8,
            p_move: 0.0,
            decay: task.decay,
            drop_cost: 0.0,
        };
        let refuse = |name: &str, value: &str, allowed: &str| Error::InvalidOption {
            id: task.id.into(),
            option: name.into(),
            value: value.into(),
            allowed: allowed.into(),
        };
        if !(1..=LONGEST_EPISODE).contains(&options.max_steps) {
            let allowed = format!("1 to {LONGEST_EPISODE}");
            return Err(refuse("max_episode_steps", &options.max_steps.to_string(), &allowed));
        }
        let known: Vec<String> = option_specs(task).into_iter().map(|option| option.name).collect();
        for (name, value) in &build.options {
            let wrong = |allowed: &str| refuse(name, &format!("{value:?}"), allowed);
            let share = || match value {
                OptionValue::Integer(value @ 0..=1) => Ok(*value as f64),
                OptionValue::Float(value) if (0.0..=1.0).contains(value) => Ok(*value),
                _ => Err(wrong("numbers from 0 to 1")),
            };
            if !known.contains(name) {
                return Err(wrong(&format!("only the options {}", known.join(", "))));
            }
            match (name.as_str(), value) {
                ("view_size", OptionValue::Integer(size))
                    if size % 2 == 1 && (3..=i64::from(LARGEST_VIEW)).contains(size) =>
                {
                    options.view_size = *size as u32;
                }
                ("see_through_walls", OptionValue::Bool(value)) => options.see_through_walls = *value,
                ("reward", OptionValue::Text(text)) if text == "individual" => options.shared_reward = false,
                ("reward", OptionValue::Text(text)) if text == "team" => options.shared_reward = true,
                ("p_near", _) => options.p_near = share()?,
                ("p_move", _) => options.p_move = share()?,
                ("decay", _) => options.decay = share()?,
                ("drop_cost", _) => options.drop_cost = share()?,
                ("view_size", _) => return Err(wrong(&format!("odd numbers from 3 to {LARGEST_VIEW}"))),
                ("see_through_walls", _) => return Err(wrong("true, false")),
                _ => return Err(wrong("individual, team")),
            }
        }
        Ok(options)
    }
}

/// The options as the specification of `task` lists them.
pub(super) fn option_specs(task: &Task) -> Vec<OptionSpec> {
    let option = |name: &str, default: &str, description: &str| OptionSpec {
        name: name.into(),
        default: default.into(),
        description: description.into(),
    };
    let mut options = vec![option(
        "reward",
        "individual",
        "individual: every agent is paid what it earned itself; team: every agent is paid the mean.",
    )];
    if !matches!(task.layout, Layout::Forage { .. } | Layout::Fetch { .. }) {
        options.push(option("view_size", "7", "Columns and rows of the partial view: odd, from 3 to 31."));
        options.push(option("see_through_walls", "false", "Whether walls and closed doors hide nothing."));
    }
    if matches!(task.layout, Layout::Trash { .. }) {
        options.push(option(
            "drop_cost",
            "0",
            "What putting a piece down outside the drop zone costs: 0 to 1. At 0 a team earns most by picking up and \
             putting down the same piece for ever; at 1 nothing is earned that way.",
        ));
    }
    if task.layout == Layout::DoorKeyMixed {
        options.push(option("p_near", "0.8", "Chance that the goal is in the agent's room: 0 to 1."));
        options.push(option(
            "p_move",
            "0",
            "Chance that the goal moves once, after a step drawn from 4 to 16: 0 to 1. From the agent's room it moves into \
             the corner behind the locked door, from there to a free cell of the agent's room.",
        ));
        options.push(option("decay", "0.5", "Share of the reward lost at the last step: 0 to 1."));
    }
    options
}
