//! The record of one play of a matrix game.

/// The record, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Where a play stands.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Play {
        /// Number of the table that is played now.
        pub stage: u32,
        /// What the last joint action paid the team.
        pub paid: f32,
    }
}
