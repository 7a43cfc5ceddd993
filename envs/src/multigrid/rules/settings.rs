//! What the rules need to know of a task as it was built. Kernels read it from the head of the constants.

/// The settings record, and where the tables behind it begin.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    /// Agents that stand on the goal have arrived and leave; when all have, the task is done.
    pub const ARRIVE: u32 = 0u32;
    /// All agents have to stand on the switch once.
    pub const SWITCH: u32 = 1u32;
    /// Trash-Grid v2: big items are split, items are carried to the drop zone.
    pub const TRASH: u32 = 2u32;
    /// Level-based foraging.
    pub const FORAGE: u32 = 3u32;
    /// Trash-Grid v1: agents move by rows and columns and pick up what they stand on.
    pub const FETCH: u32 = 4u32;

    /// Word of the constants at which the table begins: what success pays by the number of steps, or
    /// in foraging the reciprocals of whole numbers.
    pub const TABLE_AT: u32 = 17u32;

    /// What a task and its options fix.
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, Wgsl)]
    #[repr(C)]
    pub struct TeamSettings {
        /// Columns of the grid.
        pub width: u32,
        /// Rows of the grid.
        pub height: u32,
        /// Which rules hold: `ARRIVE`, `SWITCH`, `TRASH` or `FORAGE`.
        pub rule: u32,
        /// Agents of the team.
        pub agents: u32,
        /// Columns (and rows) of an agent's view.
        pub view_size: u32,
        /// 1 when agents see through walls.
        pub see_through_walls: u32,
        /// Number of actions.
        pub num_actions: u32,
        /// Length of the list of items.
        pub items: u32,
        /// 1 when all agents are paid the mean of what they earned.
        pub pays_mean: u32,
        /// First column of the drop zone.
        pub zone_x: u32,
        /// First row of the drop zone.
        pub zone_y: u32,
        /// Columns of the drop zone.
        pub zone_width: u32,
        /// Rows of the drop zone.
        pub zone_height: u32,
        /// Items that an agent can carry.
        pub capacity: u32,
        /// One divided by the number of agents.
        pub inverse_agents: f32,
        /// What has to be delivered in all.
        pub total: u32,
        /// What putting an item down outside the drop zone costs.
        pub drop_cost: f32,
    }

    /// What agent `agent` is paid of what each has earned.
    pub fn pay_of(settings: TeamSettings, paid: [f32; 4], agent: u32) -> f32 {
        let total = paid[0] + paid[1] + paid[2] + paid[3];
        select(paid[agent as usize], total * settings.inverse_agents, settings.pays_mean == 1u32)
    }
}
