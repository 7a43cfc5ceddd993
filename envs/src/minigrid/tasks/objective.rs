//! The objectives: what ends an episode before its step limit, and what that pays. Each is one
//! distinct step rule of Farama's environments, shared by the task families that end the same way.

/// The numbers of the objectives, for both devices.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod objectives {
    /// Reach the goal square.
    pub const REACH_GOAL: u32 = 0u32;
    /// Pick up the object of the mission and no other.
    pub const FETCH: u32 = 1u32;
    /// Say `done` beside the door of the mission.
    pub const GO_TO_DOOR: u32 = 2u32;
    /// Say `done` beside the object of the mission.
    pub const GO_TO_OBJECT: u32 = 3u32;
    /// Drop the object of the mission near another.
    pub const PUT_NEAR: u32 = 4u32;
    /// Open the red door, then the blue one.
    pub const RED_BLUE_DOORS: u32 = 5u32;
    /// Go to the object that was shown at the start.
    pub const MEMORY: u32 = 6u32;
    /// Reach the goal without walking into anything.
    pub const DYNAMIC_OBSTACLES: u32 = 7u32;
    /// Open the locked door.
    pub const UNLOCK: u32 = 8u32;
    /// Pick up one particular object.
    pub const PICKUP_TARGET: u32 = 9u32;
    /// Follow an instruction.
    pub const FOLLOW_INSTRUCTION: u32 = 10u32;

    /// In the list of moving obstacles: no obstacle in this entry.
    pub const NO_OBSTACLE: u32 = 4294967295u32;
}

/// What ends an episode before its step limit, and what that pays.
///
/// `R` is `1 - 0.9 * elapsed / max_steps`. The fields named are those of
/// [`State`](crate::minigrid::components::records::State) that the level generator fills in for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Objective {
    /// The rule that all environments have: stepping on the goal pays `R`, stepping into lava 0;
    /// both end the episode. `target_x`, `target_y`: the goal, where there is one.
    Goal = objectives::REACH_GOAL,
    /// Carrying anything ends the episode, and pays `R` when it looks like `target_cell`.
    Fetch = objectives::FETCH,
    /// `toggle` and `done` end the episode; `done` orthogonally beside (`target_x`, `target_y`)
    /// pays `R`. `target_cell`: the door.
    GoToDoor = objectives::GO_TO_DOOR,
    /// As [`Objective::GoToDoor`], for the object `target_cell`, where it lay at the start.
    GoToObject = objectives::GO_TO_OBJECT,
    /// Picking up anything but `target_cell` ends the episode; so does `drop` while carrying something,
    /// which pays `R` when `target_cell` then lies within one cell, diagonals included, of
    /// (`other_x`, `other_y`), the place of `other_cell`.
    PutNear = objectives::PUT_NEAR,
    /// Opening the blue door at (`other_x`, `other_y`) ends the episode, and pays `R` when the red
    /// one at (`target_x`, `target_y`) was open before the step; opening the red one while the blue
    /// one is open ends it too.
    RedBlueDoors = objectives::RED_BLUE_DOORS,
    /// `pickup` acts as `toggle`. Standing on (`target_x`, `target_y`) ends the episode and pays
    /// `R`; standing on (`other_x`, `other_y`) ends it and pays nothing.
    Memory = objectives::MEMORY,
    /// As [`Objective::Goal`], but `forward` into anything but the goal pays -1 and ends the
    /// episode; the obstacles move one cell before each step.
    DynamicObstacles = objectives::DYNAMIC_OBSTACLES,
    /// A `toggle` after which the door at (`target_x`, `target_y`) is open pays `R` and ends the
    /// episode. `target_cell`: the door.
    Unlock = objectives::UNLOCK,
    /// A `pickup` after which `target_cell` is carried pays `R` and ends the episode.
    PickupTarget = objectives::PICKUP_TARGET,
    /// Fulfilling the instruction behind the cells pays `R` and ends the episode; see
    /// [`babyai`](crate::minigrid::babyai). `target_cell`: an object at (`target_x`, `target_y`) that the
    /// agent has from its first action on, 0 afterwards and mostly.
    Instruction = objectives::FOLLOW_INSTRUCTION,
}
