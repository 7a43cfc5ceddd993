//! The record of a cart with a pole.

/// The record, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    use wgsl_rs::std::*;

    /// Where cart and pole are, how fast, and what they are like.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Pole {
        /// Position of the cart in m.
        pub x: f32,
        /// Velocity of the cart in m/s.
        pub x_dot: f32,
        /// Angle of the pole from upright in rad.
        pub theta: f32,
        /// Angular velocity of the pole in rad/s.
        pub theta_dot: f32,
        /// Mass of the cart in kg.
        pub cart_mass: f32,
        /// Half the length of the pole in m.
        pub half_length: f32,
        /// Mass of the pole in kg.
        pub pole_mass: f32,
    }
}
