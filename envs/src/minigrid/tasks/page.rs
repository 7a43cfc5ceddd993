//! The documentation page of a task, with the sections of a Gymnasium environment page. What all
//! MiniGrid environments share is written here once; the families give the rest.

use super::{Task, all_tasks};

/// What a family adds to the shared text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    /// The world and the task, in full sentences.
    pub description: &'static str,
    /// Mission text, with placeholders for what differs from level to level.
    pub mission: &'static str,
    /// What the placeholders stand for; empty where there are none.
    pub mission_space: &'static str,
    /// What is paid, and when.
    pub rewards: &'static str,
    /// What ends an episode, one entry a line, beside the step limit.
    pub termination: &'static [&'static str],
}

/// What most environments pay.
pub(super) const GOAL_REWARD: &str = "1 - 0.9 * (steps / max_steps) for reaching the goal, 0 otherwise.";

/// What the environments pay in which something is to be picked up.
pub(super) const PICKUP_REWARD: &str =
    "1 - 0.9 * (steps / max_steps) for picking up the object of the mission, 0 otherwise.";

/// Names of the actions in order.
const ACTIONS: [(&str, &str); 7] = [
    ("left", "turn left"),
    ("right", "turn right"),
    ("forward", "move forward"),
    ("pickup", "pick up the object in front"),
    ("drop", "drop the carried object in front"),
    ("toggle", "open or close the door in front, unlock it with its key, open the box in front"),
    ("done", "say that the task is done"),
];

impl Page {
    /// The page of `task`.
    pub fn text(&self, task: &Task) -> String {
        let mut text = format!("{}\n\nMission: ", self.description);
        if self.mission.is_empty() {
            text += "none";
        } else {
            text += &format!("\"{}\"", self.mission);
        }
        if !self.mission_space.is_empty() {
            text += &format!(", where {}", self.mission_space);
        }
        text += "\n\nActions:\n";
        for (number, (name, meaning)) in ACTIONS.iter().take(task.num_actions as usize).enumerate() {
            text += &format!("  {number}  {name:8} {meaning}\n");
        }
        text += &format!(
            "\nObservation: the 7x7 cells in front of the agent, each as (object, colour, state); the \
             agent looks up from the middle of the last row and {}. Objects: 0 unseen, 1 empty, 2 \
             wall, 3 floor, 4 door, 5 key, 6 ball, 7 box, 8 goal, 9 lava, 10 agent. Colours: 0 red, \
             1 green, 2 blue, 3 purple, 4 yellow, 5 grey. States of doors: 0 open, 1 closed, 2 \
             locked.\n",
            if task.see_through_walls {
                "sees through walls"
            } else {
                "does not see behind walls and closed doors"
            }
        );
        text += &format!("\nRewards: {}\n\nTermination:\n", self.rewards);
        for reason in self.termination {
            text += &format!("  - {reason}\n");
        }
        text += &format!("  - truncation after {} steps\n", task.max_steps);
        text += "\nRegistered configurations:\n";
        for sibling in all_tasks() {
            if sibling.is_sibling(task) {
                let Task { id, width, height, max_steps, .. } = sibling;
                text += &format!("  {id}: {width}x{height} cells, {max_steps} steps");
                let parameters = sibling.family.parameters();
                if !parameters.is_empty() {
                    text += &format!("; {parameters}");
                }
                text.push('\n');
            }
        }
        text
    }
}
