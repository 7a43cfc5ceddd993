//! The record of one walk.

/// The record, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Where the agent is and where it should be.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Walk {
        /// The agent's cell, row by row.
        pub cell: u32,
        /// The goal's cell; [`NOWHERE`] without one.
        pub goal: u32,
    }

    /// The cell of a goal that there is not.
    pub const NOWHERE: u32 = 0xffffffffu32;
}
