//! `StochasticAction`: an action passes with a given chance, otherwise a fixed or a random action is
//! taken instead. The draws come from the environment's own generator, as in Farama's wrapper.

/// The replacement of actions, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;
    use super::super::settings::rules::*;

    /// The action that is taken when `action` was asked for.
    pub fn perturbed<D: Draws>(draws: ptr!(function, D), settings: Settings, action: u32) -> u32 {
        let bits = D::unit_bits(draws);
        let passes =
            bits.x < settings.pass_high || (bits.x == settings.pass_high && bits.y < settings.pass_low);
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

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::{Random, philox::Philox};

    use super::{super::settings::rules::Settings, *};

    fn settings(probability: f64, replacement: i32) -> Settings {
        let (pass_high, pass_low) = pass_limbs(probability);
        Settings { num_actions: 7, pass_high, pass_low, replacement, ..bytemuck::Zeroable::zeroed() }
    }

    #[test]
    fn an_action_passes_exactly_when_the_drawn_number_is_below_the_chance() {
        for probability in [0.0, f64::EPSILON, 0.1, 0.3, 0.5, 0.9, 1.0 - f64::EPSILON, 1.0] {
            for env in 0..300 {
                let generator = Philox::for_episode(1, env, 0);
                let drawn = { generator }.float();
                let taken = rules::perturbed(&mut { generator.0 }, settings(probability, 3), 5);
                assert_eq!(taken == 5, drawn < probability, "{drawn} against {probability}");
            }
        }
    }

    #[test]
    fn the_replacement_is_fixed_or_any_action() {
        let taken = |replacement, env| {
            let mut stream = Philox::for_episode(2, env, 0).0;
            rules::perturbed(&mut stream, settings(0.0, replacement), 9)
        };
        assert!((0..50).all(|env| taken(2, env) == 2));
        let mut reached: Vec<u32> = (0..200).map(|env| taken(-1, env)).collect();
        reached.sort_unstable();
        reached.dedup();
        assert_eq!(reached, [0, 1, 2, 3, 4, 5, 6]);
    }
}
