//! The subgoal events: what an agent can do in a step that hierarchical agents count as progress.
//! One vocabulary serves all MiniGrid tasks; every task names those that lie on its way, in the order
//! in which a successful episode passes them.

/// The numbers of the events, for both devices. When one step causes several, the largest number
/// that the task names is the event of the step: larger numbers are the more specific ones.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod events {
    /// The agent stepped into an opening: the cells left and right of it hold walls or lava, and its
    /// own cell nothing.
    pub const PASSAGE_ENTERED: u32 = 0u32;
    /// The agent stepped onto the cell of an open door.
    pub const DOORWAY_ENTERED: u32 = 1u32;
    /// A box was opened; it is gone and its contents lie there.
    pub const BOX_OPENED: u32 = 2u32;
    /// A key is carried that was not before.
    pub const KEY_PICKED_UP: u32 = 3u32;
    /// A ball is carried that was not before.
    pub const BALL_PICKED_UP: u32 = 4u32;
    /// A box is carried that was not before.
    pub const BOX_PICKED_UP: u32 = 5u32;
    /// What was carried was put down.
    pub const OBJECT_DROPPED: u32 = 6u32;
    /// A door that was closed but not locked was opened.
    pub const DOOR_OPENED: u32 = 7u32;
    /// A locked door was opened with its key.
    pub const DOOR_UNLOCKED: u32 = 8u32;
    /// The door at the state's `target_x`, `target_y` was opened, locked or not.
    pub const TARGET_DOOR_OPENED: u32 = 9u32;
    /// The door at the state's `other_x`, `other_y` was opened, locked or not.
    pub const OTHER_DOOR_OPENED: u32 = 10u32;
    /// The agent stepped to a cell orthogonally beside the state's `target_x`, `target_y`.
    pub const TARGET_APPROACHED: u32 = 11u32;
    /// The agent stepped to a cell within one cell, diagonals included, of the state's `other_x`,
    /// `other_y` while it carried `target_cell`.
    pub const OTHER_APPROACHED: u32 = 12u32;
    /// What is carried now, and was not before, looks like the state's `target_cell`.
    pub const TARGET_PICKED_UP: u32 = 13u32;
    /// `target_cell` was dropped within one cell, diagonals included, of `other_x`, `other_y`.
    pub const DROPPED_NEAR_OTHER: u32 = 14u32;
    /// The agent reached the goal square or the success cell, or said `done` where that succeeds.
    pub const GOAL_REACHED: u32 = 15u32;

    /// The first action of the instruction was carried out. Actions count in the order of the record.
    pub const FIRST_ACTION_DONE: u32 = 16u32;
    /// The second action of the instruction was carried out.
    pub const SECOND_ACTION_DONE: u32 = 17u32;
    /// The third action of the instruction was carried out.
    pub const THIRD_ACTION_DONE: u32 = 18u32;
    /// The fourth action of the instruction was carried out.
    pub const FOURTH_ACTION_DONE: u32 = 19u32;

    /// How many events there are.
    pub const EVENTS: u32 = 20u32;
}

/// An event that lies on the way of a task, in the words of that task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subgoal {
    /// Number of the event in [`events`].
    pub event: u32,
    /// What it means in the task.
    pub name: &'static str,
}

impl Subgoal {
    /// The event `event` under the name `name`.
    pub const fn new(event: u32, name: &'static str) -> Self {
        Self { event, name }
    }
}

/// For every event its index in `subgoals`, -1 where it is not among them.
pub fn subgoal_indices(subgoals: &[Subgoal]) -> [i32; events::EVENTS as usize] {
    let mut indices = [-1; events::EVENTS as usize];
    for (index, subgoal) in subgoals.iter().enumerate() {
        indices[subgoal.event as usize] = index as i32;
    }
    indices
}
