//! The record of a pendulum.

/// The record, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Where a rod is that turns about one of its ends, how fast, and what it is like.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Rod {
        /// Angle from upright in rad, whole turns included.
        pub theta: f32,
        /// Angular velocity in rad/s.
        pub theta_dot: f32,
        /// Acceleration of gravity in m/s^2.
        pub gravity: f32,
        /// Mass in kg.
        pub mass: f32,
        /// Length in m.
        pub length: f32,
    }
}
