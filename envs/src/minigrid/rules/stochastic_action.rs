//! `StochasticAction`: an action passes with a given chance, otherwise a fixed or a random action is
//! taken instead. The draws come from the environment's own generator, as in Farama's wrapper.

/// The replacement of actions, the same on both devices.
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;
    use super::super::settings::rules::*;

    /// The action that is taken when `action` was asked for.
    pub fn perturbed<D: Draws>(draws: ptr!(function, D), settings: Settings, action: u32) -> u32 {
        let bits = D::unit_bits(draws);
        let passes = bits.x < settings.pass_high
            || (bits.x == settings.pass_high && bits.y < settings.pass_low);
        if passes {
            return action;
        }
        if settings.replacement >= 0i32 {
            return u32(settings.replacement);
        }
        D::below(draws, settings.num_actions)
    }
}

/// A chance as the two limbs of [`Settings`](super::settings::rules::Settings): a number of 53 random
/// bits is below `probability` exactly when its bits are below these.
pub fn pass_limbs(probability: f64) -> (u32, u32) {
    let bits = (probability * (1u64 << 53) as f64).ceil() as u64;
    ((bits >> 22) as u32, (bits & 0x3f_ffff) as u32)
}
