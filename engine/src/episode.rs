//! The records that the engine itself keeps for every environment, on both devices.

/// Plain records shared by the native and the wgpu shells.
#[wgsl_rs::wgsl]
pub mod records {
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    /// The episode still runs.
    pub const RUNNING: u32 = 0u32;
    /// The task was achieved in this step; the episode terminates.
    pub const SUCCESS: u32 = 1u32;
    /// The episode terminates in this step without success.
    pub const FAILURE: u32 = 2u32;
    /// No subgoal event in this step.
    pub const NO_EVENT: i32 = -1i32;

    /// Where an environment is in its sequence of episodes.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Episode {
        /// Random stream of this episode's rules (the fast generator).
        pub stream: Stream,
        /// Steps since the last reset.
        pub elapsed: u32,
        /// Episodes that this environment has begun since it was seeded, minus one.
        pub number: u32,
        /// Level index, or entry of the level pool, that this episode plays.
        pub level: u32,
        /// 1 when the last step ended the episode and it has not been reset since.
        pub ended: u32,
        /// Sum of rewards since the last reset.
        pub total: f32,
        /// Keeps the record a multiple of 16 bytes.
        pub padding: u32,
    }

    /// What the last step did to an environment.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Outcome {
        /// `RUNNING`, `SUCCESS` or `FAILURE`: written by the domain's Step set.
        pub verdict: u32,
        /// A word that the domain's Step set leaves for its Reward set.
        pub detail: u32,
        /// 1 when the episode terminated in this step.
        pub terminated: u32,
        /// 1 when the episode was truncated in this step.
        pub truncated: u32,
    }
}
