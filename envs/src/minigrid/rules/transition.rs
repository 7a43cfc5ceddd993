//! One step as a record: the agent and the cells that matter, before and after. The verdicts and the
//! subgoal events are read off it.

/// The record and how it comes about, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::geometry::rules::*;
    use super::super::movement::rules::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::tasks::objective::objectives::*;

    /// One step with what the rules look at.
    #[derive(Clone, Copy, Debug)]
    pub struct Transition {
        /// The agent before the step.
        pub before: State,
        /// The agent after it.
        pub after: State,
        /// The action as the objective means it.
        pub action: u32,
        /// Column of the cell that was in front of the agent before the step.
        pub front_x: u32,
        /// Row of that cell.
        pub front_y: u32,
        /// That cell before anything moved.
        pub front_at_start: u32,
        /// That cell when the agent acted: obstacles have moved.
        pub front_before: u32,
        /// That cell after the step.
        pub front_after: u32,
        /// The cell at `target_x`, `target_y` before the step.
        pub target_before: u32,
        /// The cell at `target_x`, `target_y` after the step.
        pub target_after: u32,
        /// The cell at `other_x`, `other_y` before the step.
        pub other_before: u32,
        /// The cell at `other_x`, `other_y` after the step.
        pub other_after: u32,
    }

    /// Whether the verdict of an objective looks at the cells at `target_x`, `target_y` and `other_x`,
    /// `other_y`; for others, anything may be given for them.
    pub fn watches_cells(objective: u32) -> bool {
        objective == RED_BLUE_DOORS || objective == UNLOCK
    }

    /// The action that an objective makes of `action`: in Memory, `pickup` acts as `toggle`.
    pub fn meant_action(objective: u32, action: u32) -> u32 {
        select(action, TOGGLE, objective == MEMORY && action == PICKUP)
    }

    /// The step that `action` makes. `front` is the cell in front of the agent, and
    /// `front_at_start` the same before obstacles moved; `target_cell` and `other_cell` are the cells at the
    /// places of the target and of the second object.
    pub fn transition(
        objective: u32,
        state: State,
        action: u32,
        front_at_start: u32,
        front: u32,
        target_cell: u32,
        other_cell: u32,
    ) -> Transition {
        #![inline(always)]
        let meant = meant_action(objective, action);
        let moved = act_on_front(state, front, meant);
        let front_x = u32(i32(state.x) + forward_x(state.dir));
        let front_y = u32(i32(state.y) + forward_y(state.dir));
        let at_target = front_x == state.target_x && front_y == state.target_y;
        let at_other = front_x == state.other_x && front_y == state.other_y;
        Transition {
            before: state,
            after: moved.state,
            action: meant,
            front_x,
            front_y,
            front_at_start,
            front_before: front,
            front_after: moved.front,
            target_before: target_cell,
            target_after: select(target_cell, moved.front, at_target),
            other_before: other_cell,
            other_after: select(other_cell, moved.front, at_other),
        }
    }
}
