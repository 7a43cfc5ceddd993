//! A goal that moves once: the change that an agent under way has to notice.

/// When the goal moves, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use super::super::settings::rules::*;
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::*;

    /// Whether the goal moves now that all agents have made step number `elapsed` of the episode; `left` is what the cell
    /// that it leaves holds, `entered` what that it goes to holds. It waits while an agent or anything else is there, and when
    /// it has moved there is no goal left to move.
    pub fn goal_moves(settings: TeamSettings, team: Team, elapsed: u32, left: u32, entered: u32) -> bool {
        let is_due = team.goal_moves_at > 0u32 && elapsed >= team.goal_moves_at;
        let x = team.goal_to / settings.height;
        let y = team.goal_to % settings.height;
        let is_free = entered == EMPTY && agent_on(team, settings.agents, x, y) == NOWHERE;
        is_due && kind_of(left) == GOAL && is_free
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settings::rules::*, rules::goal_moves};
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::Team;

    #[test]
    fn the_goal_moves_from_its_step_on_to_a_free_cell_only() {
        let settings = TeamSettings { width: 8, height: 8, agents: 1, ..bytemuck::Zeroable::zeroed() };
        let mut team: Team = bytemuck::Zeroable::zeroed();
        (team.x[0], team.y[0]) = (1, 2);
        (team.goal_moves_at, team.goal_from, team.goal_to) = (5, 11, 54);
        let goal = cell(GOAL, GREEN, 0);
        let moves = |team, elapsed, from, to| goal_moves(settings, team, elapsed, from, to);
        assert_eq!([4, 5, 6].map(|elapsed| moves(team, elapsed, goal, EMPTY)), [false, true, true]);
        // Where it was there is none: it has moved.
        assert!(!moves(team, 6, EMPTY, goal));
        assert!(!moves(team, 6, goal, cell(KEY, YELLOW, 0)));
        assert!(!moves(Team { goal_moves_at: 0, ..team }, 6, goal, EMPTY));
        let there = Team { x: [6, 0, 0, 0], y: [6, 0, 0, 0], ..team };
        assert!(!moves(there, 6, goal, EMPTY));
        // An agent that left the grid takes no cell.
        assert!(moves(Team { gone: [1, 0, 0, 0], ..there }, 6, goal, EMPTY));
    }
}
