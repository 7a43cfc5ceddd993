//! The generator of training: Philox2x32-10, counter-based, the same numbers on every device.
//!
//! Defined in J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
//! 1, 2, 3" (SC 2011): ten rounds of a keyed bijection of a 64-bit counter. A stream is a key and one
//! word of the counter; the other word counts blocks of two draws. Streams are named, never passed
//! on: everything that an episode draws follows from (seed, environment, episode) alone.
//!
//! What other crates' hot loops call is marked `#![inline]`, inside the function because the macro drops
//! attributes before it: functions are not inlined across crates without.

use super::Random;

/// The generator as rules that run on both devices.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use wgsl_rs::std::*;

    /// Multiplier of a Philox2x32 round (`PHILOX_M2x32_0` of Random123).
    pub const PHILOX_MULTIPLIER: u32 = 0xd256d193u32;
    /// What the key grows by from round to round: the golden ratio (`PHILOX_W32_0` of Random123).
    pub const PHILOX_KEY_INCREMENT: u32 = 0x9e3779b9u32;

    /// Purpose of the numbers that choose the level of an episode.
    pub const PURPOSE_LEVEL_CHOICE: u32 = 0u32;
    /// Purpose of the numbers that a level is generated from.
    pub const PURPOSE_LEVEL_GENERATION: u32 = 1u32;
    /// Purpose of the numbers that the rules draw during an episode.
    pub const PURPOSE_EPISODE_RULES: u32 = 2u32;

    /// A stream of random words and the position in it.
    #[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable, Wgsl)]
    #[repr(C)]
    pub struct Stream {
        /// Key of the bijection.
        pub key: u32,
        /// The word of the counter that tells streams of one key apart.
        pub lane: u32,
        /// Words drawn so far, modulo 2^32; half of it is the other word of the counter.
        pub drawn: u32,
        /// The second word of the last block, to be drawn next when `drawn` is odd.
        pub spare: u32,
    }

    /// `a + b` modulo 2^32.
    pub fn wrapping_add_words(a: u32, b: u32) -> u32 {
        #![inline(always)]
        let sum = vec2u(a, 0u32) + vec2u(b, 0u32);
        sum.x
    }

    /// `a * b` modulo 2^32.
    pub fn wrapping_mul_words(a: u32, b: u32) -> u32 {
        #![inline(always)]
        let product = vec2u(a, 0u32) * vec2u(b, 0u32);
        product.x
    }

    /// The upper 32 bits of the 64-bit product, from 16-bit halves; no step exceeds 32 bits.
    pub fn mul_high_words(a: u32, b: u32) -> u32 {
        #![inline(always)]
        let a_low = a & 0xffffu32;
        let a_high = a >> 16u32;
        let b_low = b & 0xffffu32;
        let b_high = b >> 16u32;
        let cross = a_high * b_low + ((a_low * b_low) >> 16u32);
        let carry = a_low * b_high + (cross & 0xffffu32);
        a_high * b_high + (cross >> 16u32) + (carry >> 16u32)
    }

    /// The bijection: `counter` to two random words under `key`, in the ten rounds of the authors' choice.
    pub fn philox_block(counter: Vec2u, key: u32) -> Vec2u {
        #![inline]
        let mut x = counter.x;
        let mut y = counter.y;
        let mut round_key = key;
        for _round in 0..10u32 {
            let high = mul_high_words(PHILOX_MULTIPLIER, x);
            let low = wrapping_mul_words(PHILOX_MULTIPLIER, x);
            x = high ^ round_key ^ y;
            y = low;
            round_key = wrapping_add_words(round_key, PHILOX_KEY_INCREMENT);
        }
        vec2u(x, y)
    }

    /// Two words that name `(a, b)` under a seed and a purpose: for one seed and purpose, different
    /// pairs never get the same words.
    pub fn philox_name(seed_low: u32, seed_high: u32, purpose: u32, a: u32, b: u32) -> Vec2u {
        let key = philox_block(vec2u(seed_low, seed_high), purpose);
        philox_block(vec2u(a, b), key.x)
    }

    /// The level that episode `episode` of environment `env` plays, uniform over all 32-bit words. A
    /// pool of `k` levels takes it modulo `k`.
    pub fn episode_level(seed_low: u32, seed_high: u32, env: u32, episode: u32) -> u32 {
        let name = philox_name(seed_low, seed_high, PURPOSE_LEVEL_CHOICE, env, episode);
        name.x
    }

    /// The stream of episode `episode` of environment `env` for one purpose, at its start.
    pub fn episode_stream(seed_low: u32, seed_high: u32, env: u32, episode: u32, purpose: u32) -> Stream {
        let name = philox_name(seed_low, seed_high, purpose, env, episode);
        Stream { key: name.x, lane: name.y, drawn: 0u32, spare: 0u32 }
    }

    /// The stream that level `level` is generated from, at its start.
    pub fn level_stream(seed_low: u32, seed_high: u32, level: u32) -> Stream {
        episode_stream(seed_low, seed_high, level, 0u32, PURPOSE_LEVEL_GENERATION)
    }

    /// The next random word. Every second draw takes the word that its predecessor left over.
    pub fn draw(stream: ptr!(function, Stream)) -> u32 {
        #![inline]
        let position = stream.drawn;
        stream.drawn = wrapping_add_words(position, 1u32);
        if (position & 1u32) == 1u32 {
            return stream.spare;
        }
        let block = philox_block(vec2u(position >> 1u32, stream.lane), stream.key);
        stream.spare = block.y;
        block.x
    }

    /// A whole number in `0..n` by multiply-high, one draw; no draw and 0 when `n` is 0 or 1.
    ///
    /// Nothing is rejected, so that a draw costs the same everywhere: each value's chance differs from
    /// `1 / n` by less than `2^-32`, a relative error below `n / 2^32`.
    pub fn bounded(stream: ptr!(function, Stream), n: u32) -> u32 {
        #![inline]
        if n <= 1u32 {
            return 0u32;
        }
        mul_high_words(draw(stream), n)
    }

    /// A number in `0.0..1.0` with 24 random bits, one draw.
    pub fn unit_float(stream: ptr!(function, Stream)) -> f32 {
        f32(draw(stream) >> 8u32) * 5.9604645e-8f32
    }
}

/// A [`Stream`](rules::Stream) as a source of [`Random`] draws. Whole numbers are those of
/// [`rules::bounded`], so a rule that draws them on the GPU gets the same ones.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(transparent)]
pub struct Philox(pub rules::Stream);

impl Philox {
    /// The stream that level `level` of `seed` is generated from.
    pub fn for_level(seed: u64, level: u32) -> Self {
        let (low, high) = seed_words(seed);
        Self(rules::level_stream(low, high, level))
    }

    /// The stream of the rules in episode `episode` of environment `env`.
    pub fn for_episode(seed: u64, env: u32, episode: u32) -> Self {
        let (low, high) = seed_words(seed);
        Self(rules::episode_stream(low, high, env, episode, rules::PURPOSE_EPISODE_RULES))
    }
}

/// The lower and the upper word of a seed, as the rules take it.
pub const fn seed_words(seed: u64) -> (u32, u32) {
    (seed as u32, (seed >> 32) as u32)
}

impl Random for Philox {
    #[inline]
    fn int(&mut self, low: i32, high: i32) -> i32 {
        debug_assert!(low < high, "no whole number in {low}..{high}");
        low.wrapping_add_unsigned(rules::bounded(&mut self.0, high.wrapping_sub(low) as u32))
    }

    /// Takes two draws: 32 bits of the first, 21 of the second.
    #[inline]
    fn float(&mut self) -> f64 {
        let high = u64::from(rules::draw(&mut self.0));
        let low = u64::from(rules::draw(&mut self.0));
        ((high << 21) | (low >> 11)) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// One draw, multiply-high as [`rules::bounded`]; none when `top` is 0.
    #[inline]
    fn interval(&mut self, top: u32) -> u32 {
        match top.checked_add(1) {
            Some(n) => rules::bounded(&mut self.0, n),
            None => rules::draw(&mut self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wgsl_rs::std::vec2u;

    use super::{rules::*, *};

    #[test]
    fn blocks_are_those_of_random123() {
        for (counter, key, expected) in [
            ([0, 0], 0, [0xff1d_ae59, 0x6cd1_0df2]),
            ([u32::MAX, u32::MAX], u32::MAX, [0x2c3f_628b, 0xab4f_d7ad]),
            ([0x243f_6a88, 0x85a3_08d3], 0x1319_8a2e, [0xdd7c_e038, 0xf62a_4c12]),
        ] {
            let block = philox_block(vec2u(counter[0], counter[1]), key);
            assert_eq!([block.x, block.y], expected);
        }
    }

    #[test]
    fn the_rules_are_valid_wgsl() {
        let source = rules::WGSL_SOURCE.wgsl_source().expect("transpiles");
        let module = naga::front::wgsl::parse_str(&source).expect("parses");
        naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty())
            .validate(&module)
            .expect("validates");
        for name in ["philox_block", "episode_level", "episode_stream", "draw", "bounded"] {
            assert!(
                module.functions.iter().any(|(_, function)| function.name.as_deref() == Some(name)),
                "{name} is in\n{source}"
            );
        }
    }

    #[test]
    fn draws_take_both_words_of_every_block() {
        let mut stream = Stream { key: 7, lane: 9, drawn: 0, spare: 0 };
        for block in 0..100 {
            let expected = philox_block(vec2u(block, 9), 7);
            assert_eq!(draw(&mut stream), expected.x);
            assert_eq!(draw(&mut stream), expected.y);
        }
        assert_eq!(stream.drawn, 200);
    }

    #[test]
    fn a_stream_runs_on_past_its_last_block() {
        let mut stream = Stream { key: 1, lane: 2, drawn: u32::MAX - 1, spare: 0 };
        let last = philox_block(vec2u(u32::MAX >> 1, 2), 1);
        assert_eq!([draw(&mut stream), draw(&mut stream)], [last.x, last.y]);
        assert_eq!(draw(&mut stream), philox_block(vec2u(0, 2), 1).x);
    }

    #[test]
    fn one_possible_value_draws_nothing() {
        let mut philox = Philox::for_level(3, 4);
        let before = philox;
        assert_eq!(philox.int(5, 6), 5);
        assert_eq!(philox.interval(0), 0);
        assert_eq!(bounded(&mut philox.0, 1), 0);
        assert_eq!(bounded(&mut philox.0, 0), 0);
        assert_eq!(philox, before);
    }

    #[test]
    fn a_stream_is_four_words() {
        assert_eq!(size_of::<Stream>(), 16);
        assert_eq!(bytemuck::bytes_of(&Philox::for_level(1, 2).0).len(), 16);
    }

    #[test]
    fn streams_of_one_purpose_are_all_different() {
        let mut seen = std::collections::HashSet::new();
        for env in 0..300 {
            for episode in 0..300 {
                let stream = Philox::for_episode(0, env, episode).0;
                assert!(seen.insert((stream.key, stream.lane)), "({env}, {episode})");
            }
        }
        for purpose in [PURPOSE_LEVEL_CHOICE, PURPOSE_LEVEL_GENERATION] {
            let stream = episode_stream(0, 0, 0, 0, purpose);
            assert!(seen.insert((stream.key, stream.lane)), "purpose {purpose}");
        }
        assert_ne!(Philox::for_level(1, 0), Philox::for_level(1 << 32, 0), "both seed words count");
    }

    /// Pearson's statistic of `counts` against equal chances.
    fn chi_square(counts: &[u32]) -> f64 {
        let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum()
    }

    #[test]
    fn values_are_equally_likely() {
        // 255 degrees of freedom: mean 255, standard deviation 22.6; five of them is a chance of 1e-6.
        let limit = 255.0 + 5.0 * 22.6;
        let mut within = [0; 256];
        let mut philox = Philox::for_level(0, 0);
        for _ in 0..256_000 {
            within[philox.int(0, 256) as usize] += 1;
        }
        assert!(chi_square(&within) < limit, "along a stream: {}", chi_square(&within));
        let mut first = [0; 256];
        let mut levels = [0; 256];
        for env in 0..256 {
            for episode in 0..1000 {
                first[Philox::for_episode(0, env, episode).int(0, 256) as usize] += 1;
                levels[episode_level(0, 0, env, episode) as usize % 256] += 1;
            }
        }
        assert!(chi_square(&first) < limit, "first draws of streams: {}", chi_square(&first));
        assert!(chi_square(&levels) < limit, "levels: {}", chi_square(&levels));
    }

    #[test]
    fn floats_fill_the_unit_interval() {
        let mut philox = Philox::for_level(11, 0);
        let drawn: Vec<f64> = (0..100_000).map(|_| philox.float()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        assert!((mean - 0.5).abs() < 0.005, "mean {mean}");
        assert!(drawn.iter().all(|value| (0.0..1.0).contains(value)));
        assert!(drawn.iter().any(|value| (value * 2f64.powi(24)).fract() != 0.0), "more than 24 bits");
        let mut stream = Stream { key: 5, lane: 6, drawn: 0, spare: 0 };
        let mut floats = (0..100_000).map(|_| unit_float(&mut stream));
        assert!(floats.all(|value| (0.0..1.0).contains(&value)));
    }

    proptest! {
        #[test]
        fn arithmetic_is_that_of_the_machine(a: u32, b: u32) {
            prop_assert_eq!(mul_high_words(a, b), ((u64::from(a) * u64::from(b)) >> 32) as u32);
            prop_assert_eq!(wrapping_mul_words(a, b), a.wrapping_mul(b));
            prop_assert_eq!(wrapping_add_words(a, b), a.wrapping_add(b));
        }

        #[test]
        fn whole_numbers_lie_in_their_range(seed: u64, level: u32, low: i32, high: i32) {
            prop_assume!(low < high);
            let drawn = Philox::for_level(seed, level).int(low, high);
            prop_assert!((low..high).contains(&drawn));
        }

        #[test]
        fn intervals_include_their_top(seed: u64, top: u32) {
            let mut philox = Philox::for_level(seed, 0);
            prop_assert!(philox.interval(top) <= top);
            prop_assert!((0..200).map(|_| philox.interval(2)).any(|drawn| drawn == 2));
        }
    }

    #[test]
    fn extreme_products_do_not_overflow() {
        for a in [0, 1, 0xffff, 0x1_0000, 0xffff_0000, u32::MAX] {
            for b in [0, 1, 0xffff, 0x1_0000, 0xffff_0000, u32::MAX] {
                assert_eq!(mul_high_words(a, b), ((u64::from(a) * u64::from(b)) >> 32) as u32);
            }
        }
    }
}
