//! The record of a team in a grid world. Cells are those of MiniGrid: a word each, cell `(x, y)` at item
//! `x * height + y`; behind them stands the list of the cells at which the items of the task lie.

/// The record, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    use crate::minigrid::components::records::*;

    /// Most agents of a team.
    pub const MAX_AGENTS: u32 = 4u32;
    /// Entry of the list of items for one that lies nowhere: carried, delivered or eaten.
    pub const NOWHERE: u32 = 0xffffffffu32;

    /// A team beside its cells.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Team {
        /// Column of each agent.
        pub x: [u32; 4],
        /// Row of each agent, down.
        pub y: [u32; 4],
        /// Direction of each agent: 0 right, 1 down, 2 left, 3 up.
        pub dir: [u32; 4],
        /// What each agent holds: the word of an object, 0 for none; in Trash-Grid the number of items;
        /// in foraging the agent's level.
        pub carrying: [u32; 4],
        /// 1 for an agent that has left the grid.
        pub gone: [u32; 4],
        /// What each agent was paid for the last step.
        pub paid: [f32; 4],
        /// Items delivered so far, agents that have pressed the switch as a bit set, or the sum of the
        /// levels of all food.
        pub progress: u32,
        /// Step after which the goal moves, from 1; 0 for a goal that stays.
        pub goal_moves_at: u32,
        /// Cell that it leaves then.
        pub goal_from: u32,
        /// Cell that it goes to.
        pub goal_to: u32,
    }

    /// Agent `agent` as MiniGrid's rules know it.
    pub fn agent_of(team: Team, agent: u32) -> State {
        State {
            x: team.x[agent as usize],
            y: team.y[agent as usize],
            dir: team.dir[agent as usize],
            carrying: team.carrying[agent as usize],
            target_cell: 0u32,
            target_x: 0u32,
            target_y: 0u32,
            other_cell: 0u32,
            other_x: 0u32,
            other_y: 0u32,
            phrase: 0u32,
            reached: 0u32,
        }
    }

    /// The team with agent `agent` as `state` says.
    pub fn with_agent(team: Team, agent: u32, state: State) -> Team {
        let mut after = team;
        after.x[agent as usize] = state.x;
        after.y[agent as usize] = state.y;
        after.dir[agent as usize] = state.dir;
        after.carrying[agent as usize] = state.carrying;
        after
    }

    /// Whether one of the `agents` of a team other than `but` is on the cell `(x, y)`.
    pub fn is_occupied(team: Team, agents: u32, but: u32, x: u32, y: u32) -> bool {
        let mut occupied = false;
        for agent in 0..4u32 {
            let here = team.x[agent as usize] == x && team.y[agent as usize] == y;
            if agent < agents && agent != but && team.gone[agent as usize] == 0u32 && here {
                occupied = true;
            }
        }
        occupied
    }

    /// The agent that is on the cell `(x, y)`, [`NOWHERE`] for none.
    pub fn agent_on(team: Team, agents: u32, x: u32, y: u32) -> u32 {
        let mut found = NOWHERE;
        for agent in 0..4u32 {
            let here = team.x[agent as usize] == x && team.y[agent as usize] == y;
            if agent < agents && team.gone[agent as usize] == 0u32 && here {
                found = agent;
            }
        }
        found
    }
}
