//! What the rules need to know of a task as it was built: sizes, objective, options. It is the same
//! for all environments of a batch; kernels read it from the head of the constants.

/// The settings record and where its fields stand among the words of the constants.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    /// Words of the constants before the reward table.
    pub const SETTINGS_WORDS: u32 = 48u32;
    /// The word of the constants at which the subgoal indices begin, one for each event.
    pub const SUBGOAL_INDICES_AT: u32 = 24u32;

    /// The word that holds where the table of missions begins: the entry of every mission number, then
    /// the entries.
    pub const MISSIONS_AT_WORD: u32 = 15u32;
    /// The word that holds where the table of goal directions begins.
    pub const DIRECTIONS_AT_WORD: u32 = 16u32;
    /// The word that holds where the table of tiles begins: the place of every tile number among the
    /// pixels, then the pixels.
    pub const TILES_AT_WORD: u32 = 17u32;
    /// The word that holds the width of a tile in pixels.
    pub const TILE_SIZE_WORD: u32 = 18u32;
    /// The word that holds how many steps an episode has for each distance that its instruction asks to
    /// walk; 0 when all episodes have the batch's limit.
    pub const STEPS_PER_WALK_WORD: u32 = 19u32;

    /// What a task and its options fix.
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, Wgsl)]
    #[repr(C)]
    pub struct Settings {
        /// Columns of the grid.
        pub width: u32,
        /// Rows of the grid.
        pub height: u32,
        /// Number of the objective.
        pub objective: u32,
        /// Length of the list of moving obstacles.
        pub obstacles: u32,
        /// Number of actions.
        pub num_actions: u32,
        /// Columns (and rows) of the view.
        pub view_size: u32,
        /// 1 when the agent sees through walls.
        pub see_through_walls: u32,
        /// The subgoal events that the task names, as a bit set.
        pub named_events: u32,
        /// The kinds of cells that do not end an episode (`NoDeath`), as a bit set; 0 for none.
        pub harmless_kinds: u32,
        /// What walking into something pays in Dynamic-Obstacles: -1. It is no constant of the rules
        /// because drivers turn a choice between 0 and -1 into a product, and so 0 into -0.
        pub collision_pay: f32,
        /// What is added to the reward when such a cell would have ended the episode.
        pub harm_cost: f32,
        /// 1 when actions are replaced by chance (`StochasticAction`).
        pub is_stochastic: u32,
        /// Chance that an action passes, times 2^53: the upper 32 bits of 54.
        pub pass_high: u32,
        /// The lower 22 bits of it.
        pub pass_low: u32,
        /// The action that replaces one that does not pass; -1 for a random one.
        pub replacement: i32,
    }
}
