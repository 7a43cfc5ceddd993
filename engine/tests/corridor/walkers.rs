//! Corridor, a toy: walkers on a line of cells with pits, a goal at its end, and slippery ground. It
//! exists to show what a domain needs: records, rules, two shells, and nothing in the engine.

/// The record of an environment and the rules over it.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    pub const FLOOR: u32 = 0u32;
    pub const PIT: u32 = 1u32;
    pub const GOAL: u32 = 2u32;
    /// Cells of the corridor.
    pub const LENGTH: u32 = 24u32;
    /// A walker slips once in so many steps.
    pub const SLIP: u32 = 6u32;
    /// Cell whose first visit is a subgoal.
    pub const MIDDLE: u32 = 12u32;

    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Walkers {
        /// Cell of each walker.
        pub cells: [u32; 2],
        /// Slips so far, of both.
        pub slips: u32,
        /// Furthest cell reached.
        pub furthest: u32,
    }

    /// Where a walker that wants to go by `action - 1` cells gets; slipping turns it round.
    pub fn walk(cell: u32, action: i32, slipped: bool) -> u32 {
        let mut by = action - 1i32;
        if slipped {
            by = -by;
        }
        u32(clamp(i32(cell) + by, 0i32, i32(LENGTH) - 1i32))
    }

    /// What the ground under a walker makes of the episode.
    pub fn verdict_on(ground: u32, verdict: u32) -> u32 {
        let mut judged = verdict;
        if ground == PIT {
            judged = FAILURE;
        }
        if ground == GOAL && judged == RUNNING {
            judged = SUCCESS;
        }
        judged
    }

    /// Reward of a walker in `cell`.
    pub fn pay(cell: u32, verdict: u32, elapsed: u32) -> f32 {
        let mut paid = f32(cell) * 0.0078125f32;
        if verdict == SUCCESS {
            paid += 1.0f32 - f32(elapsed) * 0.0009765625f32;
        }
        paid
    }

    /// The subgoal event of a walker in `cell`.
    pub fn event_in(cell: u32, furthest: u32) -> i32 {
        let mut event = NO_EVENT;
        if cell == MIDDLE && furthest < MIDDLE {
            event = 0i32;
        }
        event
    }
}
