//! How arms move and what they pay: the "up/down" process of Xu, Wilder, Khalil and Tambe (ICLR 2025).
//! An arm climbs one level with a probability that depends on what is pulled, and falls one otherwise.

/// Rules that both devices run.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod process {
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    /// Highest level of an arm.
    pub const TOP_LEVEL: u32 = 3u32;
    /// Components of an action in one of its words.
    pub const COMPONENTS_PER_WORD: u32 = 16u32;
    /// Arms that are summed together: rewards are added in this many interleaved sums.
    pub const ARMS_PER_GROUP: u32 = 4u32;

    /// What was pulled in the last step of an environment: component `c` is bit `c % 32` of word `c / 32`.
    #[derive(
        Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, bevy_ecs::component::Component, Wgsl,
    )]
    #[repr(C)]
    pub struct Pulled {
        /// The bits of components 0 to 127.
        pub words: [u32; 4],
    }

    /// Two words of an action, of 16 components each, as one of [`Pulled`]'s.
    pub fn joined(low: i32, high: i32) -> u32 {
        #![inline(always)]
        (u32(low) & 0xffffu32) | (u32(high) << 16u32)
    }

    /// A permutation of all words whose output bits each depend on all input bits: the finaliser
    /// `lowbias32` of C. Wellons' hash prospector.
    pub fn scrambled(word: u32) -> u32 {
        #![inline(always)]
        let mut x = word;
        x ^= x >> 16u32;
        x = wrapping_mul_words(x, 0x7feb352du32);
        x ^= x >> 15u32;
        x = wrapping_mul_words(x, 0x846ca68bu32);
        x ^ (x >> 16u32)
    }

    /// The noise of `arm` in a step whose two drawn words are `first` and `second`. It depends on no
    /// action, so policies can be compared under the same noise.
    pub fn arm_noise(first: u32, second: u32, arm: u32) -> u32 {
        #![inline(always)]
        let counter = wrapping_add_words(first, wrapping_mul_words(arm, PHILOX_KEY_INCREMENT));
        scrambled(scrambled(counter) ^ second)
    }

    /// The level of an arm after a step: up when its noise is below `threshold`, which is its probability
    /// to climb in units of `2^-32`, else down; the ends hold.
    pub fn next_level(level: u32, noise: u32, threshold: u32) -> u32 {
        #![inline(always)]
        let rise = select(0u32, 1u32, level < TOP_LEVEL);
        let fall = select(0u32, 0xffffffffu32, level > 0u32);
        // Additions that are checked, as the development profile's are, keep the loop over arms from vectors.
        wrapping_add_words(level, select(fall, rise, noise < threshold))
    }

    /// The reward of a step: the sums over every fourth arm, from arm 0, 1, 2 and 3 on.
    pub fn total_paid(from_0: f32, from_1: f32, from_2: f32, from_3: f32) -> f32 {
        #![inline(always)]
        (from_0 + from_1) + (from_2 + from_3)
    }
}

/// The threshold that [`next_level`](process::next_level) compares noise with, for an up-probability.
pub fn threshold(probability: f64) -> u32 {
    // Casts saturate: a probability of 1 becomes the largest word, short by one chance in 2^32.
    (probability * 2f64.powi(32)).round() as u32
}

#[cfg(test)]
mod tests {
    use super::{process::*, *};

    #[test]
    fn arms_climb_or_fall_one_level_and_hold_at_the_ends() {
        let half = threshold(0.5);
        let after = |level, noise| next_level(level, noise, half);
        assert_eq!([0, 1, 2, 3].map(|level| after(level, half - 1)), [1, 2, 3, 3]);
        assert_eq!([0, 1, 2, 3].map(|level| after(level, half)), [0, 0, 1, 2]);
    }

    #[test]
    fn sums_and_words_are_put_together() {
        assert_eq!(total_paid(1.0, 2.0, 4.0, 8.0), 15.0);
        assert_eq!(joined(0x8001, 0xffff), 0xffff_8001);
    }

    #[test]
    fn thresholds_are_probabilities_of_words() {
        assert_eq!(threshold(0.0), 0);
        assert_eq!(threshold(0.25), 1 << 30);
        assert_eq!(threshold(1.0), u32::MAX);
    }

    /// Pearson's statistic of `counts` against equal chances.
    fn chi_square(counts: &[u32]) -> f64 {
        let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn noise_is_uniform_along_arms_steps_and_streams() {
        // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them is a chance of 1e-6.
        let limit = 255.0 + 5.0 * 22.6;
        let mut by_arm = [0; 256];
        let mut by_step = [0; 256];
        let mut pairs = [0; 256];
        for stream in 0..400 {
            let mut random = pentathlon_gym::seeding::philox::Philox::for_episode(3, stream, 0);
            let mut last = 0;
            for _ in 0..64 {
                use pentathlon_gym::seeding::Random;
                let (first, second) = (random.interval(u32::MAX), random.interval(u32::MAX));
                for arm in 0..20 {
                    by_arm[(arm_noise(first, second, arm) >> 24) as usize] += 1;
                }
                let (a, b) = (arm_noise(first, second, 0), arm_noise(first, second, 1));
                // Neighbouring arms, and one arm in neighbouring steps, four bits each.
                pairs[((a >> 28) << 4 | b >> 28) as usize] += 1;
                by_step[((last >> 28) << 4 | a >> 28) as usize] += 1;
                last = a;
            }
        }
        for (what, counts) in [("arms", by_arm), ("neighbouring arms", pairs)] {
            assert!(chi_square(&counts) < limit, "{what}: {}", chi_square(&counts));
        }
        // The first step of a stream has no step before it, which puts 400 of 25600 into row 0.
        assert!(chi_square(&by_step[16..]) < limit, "steps: {}", chi_square(&by_step[16..]));
    }

    #[test]
    fn the_rules_are_valid_wgsl() {
        let source = process::WGSL_SOURCE.wgsl_source().expect("transpiles");
        let module = naga::front::wgsl::parse_str(&source).expect("parses");
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
            .validate(&module)
            .expect("validates");
    }
}
