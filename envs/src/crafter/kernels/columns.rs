//! The storage of a batch as kernels see it.

/// Bindings of group 0, and the words of one environment among them.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod storage {
    use crate::crafter::components::records::*;
    use crate::crafter::rules::world::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Clock>);
    storage!(group(0), binding(2), read_write, ITEM_WORDS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);
    storage!(group(0), binding(7), read_write, STEP_EVENTS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);
    storage!(group(0), binding(13), read_write, CHANNELS: RuntimeArray<f32>);

    /// Constant: the kind of pay.
    pub const PAY_KIND_AT: u32 = 0u32;
    /// Constants: the light word of each step of the day.
    pub const LIGHT_AT: u32 = 1u32;
    /// Constants: the daylight of each step of the day, times 255.
    pub const BRIGHTNESS_AT: u32 = 301u32;
    /// Constants: the reward of each pay code, the bits of an `f32`.
    pub const REWARDS_AT: u32 = 601u32;
    /// Constant: 1 when every agent gets the sum of all rewards.
    pub const SHARED_AT: u32 = 665u32;
    /// Steps of a day.
    pub const DAY_STEPS: u32 = 300u32;

    /// The words of the environment whose first one is `first`.
    #[derive(Clone, Copy, Debug, PartialEq, Wgsl)]
    pub struct Stored {
        pub first: u32,
    }

    impl World for Stored {
        fn word(world: ptr!(function, Stored), at: u32) -> u32 {
            get!(ITEM_WORDS)[world.first + at]
        }
        fn set_word(world: ptr!(function, Stored), at: u32, value: u32) {
            get_mut!(ITEM_WORDS)[world.first + at] = value;
        }
    }
}
