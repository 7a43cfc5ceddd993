//! The plain records of a MiniGrid instance, and how a cell is packed into a word.
//!
//! A cell holds at most one object. Its word is `type | colour << 8 | state << 16 | contents << 24`
//! with the type, colour and state indices of Farama's encoding; `contents` says what is inside a box:
//! `type | colour << 4`, 0 for nothing. Cells are stored in the order of Farama's encoded arrays:
//! cell `(x, y)` is item `x * height + y`.

/// Records, indices and packing, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Type of a cell that the agent does not see.
    pub const UNSEEN: u32 = 0u32;
    /// Type of a cell with nothing on it, and the word of such a cell.
    pub const EMPTY: u32 = 1u32;
    /// Type of a wall.
    pub const WALL: u32 = 2u32;
    /// Type of a coloured floor.
    pub const FLOOR: u32 = 3u32;
    /// Type of a door.
    pub const DOOR: u32 = 4u32;
    /// Type of a key.
    pub const KEY: u32 = 5u32;
    /// Type of a ball.
    pub const BALL: u32 = 6u32;
    /// Type of a box.
    pub const BOX: u32 = 7u32;
    /// Type of the goal square.
    pub const GOAL: u32 = 8u32;
    /// Type of lava.
    pub const LAVA: u32 = 9u32;
    /// Type of the agent's cell in observations of the whole grid.
    pub const AGENT: u32 = 10u32;

    /// Red, (255, 0, 0).
    pub const RED: u32 = 0u32;
    /// Green, (0, 255, 0).
    pub const GREEN: u32 = 1u32;
    /// Blue, (0, 0, 255).
    pub const BLUE: u32 = 2u32;
    /// Purple, (112, 39, 195).
    pub const PURPLE: u32 = 3u32;
    /// Yellow, (255, 255, 0).
    pub const YELLOW: u32 = 4u32;
    /// Grey, (100, 100, 100).
    pub const GREY: u32 = 5u32;

    /// State of an open door, and of every other object.
    pub const OPEN: u32 = 0u32;
    /// State of a closed door.
    pub const CLOSED: u32 = 1u32;
    /// State of a locked door.
    pub const LOCKED: u32 = 2u32;

    /// An instance beside its cells: the agent, and what the task is about.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct State {
        /// Column of the agent, to the right.
        pub x: u32,
        /// Row of the agent, down.
        pub y: u32,
        /// 0 right, 1 down, 2 left, 3 up.
        pub dir: u32,
        /// Word of the carried object, 0 for none.
        pub carrying: u32,
        /// Word of the object that the task is about (object to fetch, to move, to pick up), 0 for none.
        pub target_cell: u32,
        /// Column of the target, door or success cell at the start.
        pub target_x: u32,
        /// Row of the target, door or success cell at the start.
        pub target_y: u32,
        /// Word of the second object of the task, 0 for none.
        pub other_cell: u32,
        /// Column of the second object, door or failure cell.
        pub other_x: u32,
        /// Row of the second object, door or failure cell.
        pub other_y: u32,
        /// Which phrasing the mission has.
        pub phrase: u32,
        /// Bit set of the subgoals reached so far.
        pub reached: u32,
    }

    /// Packs type, colour and state of an object without contents.
    pub fn cell(kind: u32, color: u32, state: u32) -> u32 {
        kind | (color << 8u32) | (state << 16u32)
    }
    /// Type index of a cell.
    pub fn kind_of(cell: u32) -> u32 {
        cell & 255u32
    }
    /// Colour index of a cell.
    pub fn color_of(cell: u32) -> u32 {
        (cell >> 8u32) & 255u32
    }
    /// State index of a cell.
    pub fn state_of(cell: u32) -> u32 {
        (cell >> 16u32) & 255u32
    }
    /// What is inside the box of a cell, as a cell; 0 for nothing.
    pub fn contents_of(cell: u32) -> u32 {
        let contents = cell >> 24u32;
        (contents & 15u32) | ((contents >> 4u32) << 8u32)
    }
    /// A box of `color` with `inside` in it; `inside` 0 for nothing.
    pub fn box_with(color: u32, inside: u32) -> u32 {
        BOX | (color << 8u32) | (((inside & 15u32) | (((inside >> 8u32) & 7u32) << 4u32)) << 24u32)
    }
}
