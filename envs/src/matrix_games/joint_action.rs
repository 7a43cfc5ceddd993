//! What a joint action leads to. The tables stand in the constants: the number of actions and of
//! stages, then for every stage and joint action the payoff (bits of an `f32`), then likewise the next
//! stage.

/// Addresses in the constants and the step itself, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::matrix_games::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// Word of the constants that holds the number of actions of an agent.
    pub const ACTIONS_WORD: u32 = 0u32;
    /// Word of the constants that holds the number of stages.
    pub const STAGES_WORD: u32 = 1u32;
    /// Word of the constants at which the payoffs begin.
    pub const PAYOFFS_AT: u32 = 2u32;
    /// The next stage of a joint action that ends the episode.
    pub const END: u32 = 0xffffffffu32;

    /// Word of the constants that holds the payoff of a joint action in `stage`.
    pub fn payoff_word(actions: u32, stage: u32, first: u32, second: u32) -> u32 {
        PAYOFFS_AT + (stage * actions + first) * actions + second
    }

    /// Word of the constants that holds the stage after a joint action in `stage`.
    pub fn next_word(actions: u32, stages: u32, stage: u32, first: u32, second: u32) -> u32 {
        payoff_word(actions, stages + stage, first, second)
    }

    /// The play after a joint action that pays `payoff` and leads to `next`; the last stage stays.
    pub fn played(play: Play, payoff: f32, next: u32) -> Play {
        Play { stage: select(next, play.stage, next == END), paid: payoff }
    }

    /// What the stage after a joint action makes of the episode.
    pub fn verdict_of(next: u32) -> u32 {
        select(RUNNING, SUCCESS, next == END)
    }

    /// An agent's part of what the team is paid, of two agents.
    pub fn share(payoff: f32) -> f32 {
        payoff * 0.5f32
    }
}
