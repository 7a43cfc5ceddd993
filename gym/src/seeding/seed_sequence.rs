//! Seeds to initial states, as numpy's `SeedSequence` makes them: the words of the seed are hashed into
//! a pool of four words, and any number of words is hashed out of the pool. The algorithm is
//! M. E. O'Neill's `seed_seq_fe`.

use std::num::Wrapping;

/// First hash constant while words are taken in.
const INIT_A: u32 = 0x43b0_d7e5;
/// Factor of the hash constant while words are taken in.
const MULT_A: u32 = 0x931e_8875;
/// First hash constant while words are given out.
const INIT_B: u32 = 0x8b51_f9dd;
/// Factor of the hash constant while words are given out.
const MULT_B: u32 = 0x58f3_8ded;
/// Factor of the word that is mixed into.
const MIX_LEFT: u32 = 0xca01_f9dd;
/// Factor of the word that is mixed in.
const MIX_RIGHT: u32 = 0x4973_f715;

/// A pool of entropy from which generators are seeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedSequence {
    pool: [u32; 4],
}

/// A hash of single words whose constant changes with every word.
struct WordHash {
    constant: Wrapping<u32>,
    factor: Wrapping<u32>,
}

impl WordHash {
    const fn new(constant: u32, factor: u32) -> Self {
        Self { constant: Wrapping(constant), factor: Wrapping(factor) }
    }

    fn hash(&mut self, word: u32) -> u32 {
        let word = Wrapping(word) ^ self.constant;
        self.constant *= self.factor;
        let word = word * self.constant;
        (word ^ (word >> 16)).0
    }
}

fn mix(left: u32, right: u32) -> u32 {
    let mixed = Wrapping(MIX_LEFT) * Wrapping(left) - Wrapping(MIX_RIGHT) * Wrapping(right);
    (mixed ^ (mixed >> 16)).0
}

impl SeedSequence {
    /// The pool of an integer seed (`np.random.SeedSequence(seed)`).
    pub fn from_seed(seed: u64) -> Self {
        let words = [seed as u32, (seed >> 32) as u32];
        if words[1] == 0 { Self::from_words(&words[..1]) } else { Self::from_words(&words) }
    }

    /// The pool of an integer seed of any size, given in 32-bit words, least significant first.
    pub fn from_words(words: &[u32]) -> Self {
        let mut hash = WordHash::new(INIT_A, MULT_A);
        let mut pool = std::array::from_fn(|index| hash.hash(words.get(index).copied().unwrap_or(0)));
        for source in 0..pool.len() {
            for target in 0..pool.len() {
                if source != target {
                    pool[target] = mix(pool[target], hash.hash(pool[source]));
                }
            }
        }
        for &word in words.iter().skip(pool.len()) {
            for target in &mut pool {
                *target = mix(*target, hash.hash(word));
            }
        }
        Self { pool }
    }

    /// `N` words of state (`generate_state(N, np.uint32)`).
    pub fn words<const N: usize>(&self) -> [u32; N] {
        let mut hash = WordHash::new(INIT_B, MULT_B);
        std::array::from_fn(|index| hash.hash(self.pool[index % self.pool.len()]))
    }

    /// `[u64; 4]` of state (`generate_state(4, np.uint64)`), what a 128-bit generator is seeded with.
    pub fn state_256(&self) -> [u64; 4] {
        let words: [u32; 8] = self.words();
        std::array::from_fn(|index| u64::from(words[2 * index]) | (u64::from(words[2 * index + 1]) << 32))
    }

    /// The four words of the pool.
    pub const fn pool(&self) -> [u32; 4] {
        self.pool
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pools_are_those_of_numpy() {
        for (seed, pool) in [
            (0, [0xfe40_eb07, 0x4f36_3a36, 0x4eb2_009d, 0xc89a_7aa7]),
            (42, [0x631d_3606, 0x07ae_90ae, 0x6fc4_be28, 0x2ced_5c75]),
        ] {
            assert_eq!(SeedSequence::from_seed(seed).pool(), pool, "seed {seed}");
        }
    }

    #[test]
    fn a_seed_beyond_one_word_has_two() {
        let seed = 0x0000_0005_0000_0003;
        assert_eq!(SeedSequence::from_seed(seed), SeedSequence::from_words(&[3, 5]));
        assert_ne!(SeedSequence::from_seed(seed), SeedSequence::from_seed(3));
    }

    #[test]
    fn more_words_are_a_prefix_extended() {
        let sequence = SeedSequence::from_words(&[1, 2, 3, 4, 5, 6]);
        let (short, long): ([u32; 3], [u32; 9]) = (sequence.words(), sequence.words());
        assert_eq!(short, long[..3]);
    }

    #[test]
    fn words_beyond_the_pool_count() {
        assert_ne!(SeedSequence::from_words(&[1, 2, 3, 4]), SeedSequence::from_words(&[1, 2, 3, 4, 5]));
    }
}
