//! What a step has brought a player: the change of its health and whether it has achieved something new.

/// The account of a step.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// What is added to a change of health in a pay code.
    pub const HEALTH_OFFSET: i32 = 16i32;
    /// What is added to a pay code when there is a new achievement.
    pub const NEW_ACHIEVEMENT: u32 = 32u32;
    /// The pay code of no change and nothing new.
    pub const NOTHING_CODE: u32 = 16u32;
    /// Number of pay codes.
    pub const PAY_CODES: u32 = 64u32;

    /// The index into the reward table of a change of health, and of a new achievement.
    pub fn pay_code(health_change: i32, has_achieved: bool) -> u32 {
        u32(health_change + HEALTH_OFFSET) + select(0u32, NEW_ACHIEVEMENT, has_achieved)
    }

    /// Settles the step for the player whose words begin at `player`: its pay code is written down.
    pub fn settle<W: World>(world: ptr!(function, W), player: u32) {
        let health = item_count::<W>(world, player, HEALTH);
        let change = i32(health) - i32(W::word(world, player + REWARDED_HEALTH));
        W::set_word(world, player + REWARDED_HEALTH, health);
        let has_achieved = W::word(world, player + NEW_ACHIEVEMENTS) != 0u32;
        W::set_word(world, player + PAY, pay_code(change, has_achieved));
    }

    /// What a player is paid whose pay word is `pay` and stands for `tabled` in the reward table.
    pub fn paid(kind: u32, pay: u32, tabled: f32) -> f32 {
        if kind == PAY_ORIGINAL {
            return tabled;
        }
        if kind == PAY_DAMCS {
            return f32(i32(pay));
        }
        if kind == PAY_DAMCS_LATER {
            return f32(i32(pay)) * 0.1f32;
        }
        0.0f32
    }

    /// The first achievement that has not been reported as an event yet, or -1. Others that were unlocked
    /// in the same step are reported in the steps after it.
    pub fn take_event<W: World>(world: ptr!(function, W), player: u32) -> i32 {
        let unreported = W::word(world, player + UNREPORTED);
        if unreported == 0u32 {
            return -1i32;
        }
        let others = unreported & (unreported - 1u32);
        W::set_word(world, player + UNREPORTED, others);
        31i32 - i32(count_leading_zeros(unreported ^ others))
    }
}
