//! The upstream's generator of MiniGrid: numpy's `Generator(PCG64(seed))`, bit for bit.
//!
//! PCG XSL-RR 128/64 of M. E. O'Neill (2014), seeded through [`SeedSequence`], with numpy's 32-bit
//! buffering and its ways to draw bounded integers, floats and the indices of a shuffle.

use super::{Random, seed_sequence::SeedSequence};

/// Multiplier of the 128-bit congruential generator.
const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// State of the generator: a plain record, so that it can be a column and be kept in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Pcg64 {
    /// State, least significant word first.
    state: [u64; 2],
    /// Increment (always odd), least significant word first.
    increment: [u64; 2],
    /// 1 when `half` is to be drawn next.
    buffered: u32,
    /// The upper half of the last word that 32 bits were taken of.
    half: u32,
}

const fn join(words: [u64; 2]) -> u128 {
    words[0] as u128 | ((words[1] as u128) << 64)
}

const fn split(value: u128) -> [u64; 2] {
    [value as u64, (value >> 64) as u64]
}

impl Pcg64 {
    /// The generator of an integer seed (`np.random.default_rng(seed)`).
    pub fn from_seed(seed: u64) -> Self {
        Self::from_sequence(&SeedSequence::from_seed(seed))
    }

    /// The generator of a seed sequence.
    pub fn from_sequence(sequence: &SeedSequence) -> Self {
        let [state_high, state_low, sequence_high, sequence_low] = sequence.state_256();
        let increment = (join([sequence_low, sequence_high]) << 1) | 1;
        // The generator starts at 0, steps, takes the seed in, and steps again.
        let state = increment.wrapping_add(join([state_low, state_high]));
        let mut generator = Self { state: split(state), increment: split(increment), buffered: 0, half: 0 };
        generator.advance();
        generator
    }

    /// State and increment of the congruential generator, as numpy's `bit_generator.state` shows them.
    pub const fn state(&self) -> (u128, u128) {
        (join(self.state), join(self.increment))
    }

    #[inline]
    fn advance(&mut self) -> u128 {
        let state = join(self.state).wrapping_mul(MULTIPLIER).wrapping_add(join(self.increment));
        self.state = split(state);
        state
    }

    /// The next 64 bits. Leaves a buffered half alone.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let state = self.advance();
        ((state >> 64) as u64 ^ state as u64).rotate_right((state >> 122) as u32)
    }

    /// The next 32 bits: the lower half of 64, whose upper half is kept for the next call.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.buffered != 0 {
            self.buffered = 0;
            return std::mem::take(&mut self.half);
        }
        let word = self.next_u64();
        self.buffered = 1;
        self.half = (word >> 32) as u32;
        word as u32
    }

    /// A whole number in `0..=top`, unbiased (D. Lemire, "Fast random integer generation in an
    /// interval", 2019). Draws nothing when `top` is 0.
    #[inline]
    pub fn at_most(&mut self, top: u32) -> u32 {
        if top == 0 {
            return 0;
        }
        let Some(n) = top.checked_add(1) else { return self.next_u32() };
        let mut product = u64::from(self.next_u32()) * u64::from(n);
        if (product as u32) < n {
            let threshold = (u32::MAX - top) % n;
            while (product as u32) < threshold {
                product = u64::from(self.next_u32()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }
}

impl Random for Pcg64 {
    #[inline]
    fn int(&mut self, low: i32, high: i32) -> i32 {
        debug_assert!(low < high, "no whole number in {low}..{high}");
        low.wrapping_add_unsigned(self.at_most((high.wrapping_sub(low) as u32).wrapping_sub(1)))
    }

    /// The upper 53 bits of one 64-bit draw.
    #[inline]
    fn float(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Draws are masked to the bits of `top` and repeated until they fit.
    #[inline]
    fn interval(&mut self, top: u32) -> u32 {
        if top == 0 {
            return 0;
        }
        let mask = u32::MAX >> top.leading_zeros();
        loop {
            let drawn = self.next_u32() & mask;
            if drawn <= top {
                return drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ints(seed: u64) -> Vec<i32> {
        let mut generator = Pcg64::from_seed(seed);
        (0..12).map(|_| generator.int(0, 10)).collect()
    }

    #[test]
    fn states_and_words_are_those_of_numpy() {
        let mut zero = Pcg64::from_seed(0);
        assert_eq!(
            zero.state(),
            (0x1aa1_b534_5996_452d_0958_5eb7_a695_61e3, 0x418d_dadb_3af7_1a82_5881_33bc_4478_73a9)
        );
        let words: Vec<u64> = (0..4).map(|_| zero.next_u64()).collect();
        assert_eq!(
            words,
            [0xa30f_ebcf_d9c2_825f, 0x4510_bdf8_82d9_d721, 0x0a7d_3da9_4ecd_e8b8, 0x043b_27b6_1342_f01d]
        );
        let mut other = Pcg64::from_seed(42);
        assert_eq!(
            other.state(),
            (0xcea4_4f67_9879_8f2a_acbc_7c9d_6886_0ac8, 0xfa50_5436_c9a8_416e_66ca_f2e2_8d25_abff)
        );
        let words: Vec<u64> = (0..4).map(|_| other.next_u64()).collect();
        assert_eq!(
            words,
            [0xc621_fbcd_16d9_2688, 0x705a_5661_a791_ffc1, 0xdbcd_12c2_6eda_1624, 0xb286_b60e_1600_888d]
        );
    }

    #[test]
    fn bounded_integers_are_those_of_numpy() {
        assert_eq!(ints(0), [8, 6, 5, 2, 3, 0, 0, 0, 1, 8, 6, 9]);
        assert_eq!(ints(42), [0, 7, 6, 4, 4, 8, 0, 6, 2, 0, 5, 9]);
        assert_eq!(ints(1), [4, 5, 7, 9, 0, 1, 8, 9, 2, 3, 8, 4]);
        assert_eq!(ints(1000), [2, 5, 8, 6, 8, 4, 2, 2, 5, 5, 2, 1]);
    }

    #[test]
    fn floats_are_those_of_numpy() {
        let mut generator = Pcg64::from_seed(0);
        let drawn: Vec<f64> = (0..3).map(|_| generator.float()).collect();
        assert_eq!(drawn, [0.6369616873214543, 0.2697867137638703, 0.04097352393619469]);
    }

    #[test]
    fn a_kept_half_survives_64_bit_draws() {
        let mut generator = Pcg64::from_seed(0);
        let mut whole = Pcg64::from_seed(0);
        let first = whole.next_u64();
        let second = whole.next_u64();
        assert_eq!(generator.next_u32(), first as u32);
        assert_eq!(generator.next_u64(), second);
        assert_eq!(generator.next_u32(), (first >> 32) as u32);
    }

    #[test]
    fn one_possible_value_draws_nothing() {
        let mut generator = Pcg64::from_seed(9);
        let before = generator;
        assert_eq!(generator.int(4, 5), 4);
        assert_eq!(generator.interval(0), 0);
        assert_eq!(generator, before);
    }

    #[test]
    fn the_state_is_a_plain_record() {
        let mut generator = Pcg64::from_seed(5);
        generator.next_u32();
        let mut copy: Pcg64 = *bytemuck::from_bytes(bytemuck::bytes_of(&generator));
        let drawn: Vec<u32> = (0..9).map(|_| generator.next_u32()).collect();
        assert_eq!(drawn, (0..9).map(|_| copy.next_u32()).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn draws_lie_in_their_range(seed: u64, low: i32, high: i32, top: u32) {
            prop_assume!(low < high);
            let mut generator = Pcg64::from_seed(seed);
            prop_assert!((low..high).contains(&generator.int(low, high)));
            prop_assert!(generator.interval(top) <= top);
            prop_assert!((0.0..1.0).contains(&generator.float()));
        }

        #[test]
        fn a_shuffle_is_a_permutation(seed: u64, n in 0usize..50) {
            let mut items: Vec<usize> = (0..n).collect();
            Pcg64::from_seed(seed).shuffle(&mut items);
            items.sort_unstable();
            prop_assert_eq!(items, (0..n).collect::<Vec<_>>());
        }
    }
}
