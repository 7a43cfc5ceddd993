//! MT19937, the Mersenne Twister of Matsumoto and Nishimura (1998), as numpy's legacy `RandomState`
//! seeds it from one integer and draws from it. Its state lies in words that the caller owns, so that it
//! can be a part of an environment's array.

use pentathlon_gym::seeding::Random;

/// Words of the key.
pub const KEY_WORDS: usize = 624;
/// Words of a generator: the key and the position in it.
pub const STATE_WORDS: usize = KEY_WORDS + 1;

/// Distance of the words that are combined when the key is renewed.
const MIDDLE: usize = 397;
/// The matrix of the recurrence.
const MATRIX: u32 = 0x9908_b0df;
/// The uppermost bit, and the 31 bits below.
const UPPER: u32 = 0x8000_0000;
const LOWER: u32 = 0x7fff_ffff;

/// The generator of 32-bit words over [`STATE_WORDS`] words of memory.
#[derive(Debug)]
pub struct MersenneTwister<'a> {
    words: &'a mut [u32; STATE_WORDS],
}

impl<'a> MersenneTwister<'a> {
    /// The generator whose state is `words`: the key, then the position, 0 to 624.
    pub fn new(words: &'a mut [u32; STATE_WORDS]) -> Self {
        Self { words }
    }

    /// Seeds the generator from one integer, by the linear recurrence of the authors' `init_genrand`.
    pub fn seed(&mut self, seed: u32) {
        let mut word = seed;
        self.words[0] = word;
        for (index, place) in self.words[..KEY_WORDS].iter_mut().enumerate().skip(1) {
            word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(index as u32);
            *place = word;
        }
        self.words[KEY_WORDS] = KEY_WORDS as u32;
    }

    /// The key.
    pub fn key(&self) -> &[u32] {
        &self.words[..KEY_WORDS]
    }

    /// Words of the key that have been used, 0 to 624.
    pub fn position(&self) -> usize {
        (self.words[KEY_WORDS] as usize).min(KEY_WORDS)
    }

    /// Draws `count` words and forgets them.
    pub fn skip(&mut self, count: usize) {
        let mut left = count;
        loop {
            let here = self.position();
            let taken = left.min(KEY_WORDS - here);
            self.words[KEY_WORDS] = (here + taken) as u32;
            left -= taken;
            if left == 0 {
                return;
            }
            self.renew();
        }
    }

    /// The next 32 bits.
    #[inline]
    pub fn next_word(&mut self) -> u32 {
        if self.position() >= KEY_WORDS {
            self.renew();
        }
        let position = self.position();
        self.words[KEY_WORDS] = position as u32 + 1;
        let mut word = self.words[position];
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn renew(&mut self) {
        let key = &mut self.words[..KEY_WORDS];
        let twist = |high: u32, low: u32, far: u32| {
            let joined = (high & UPPER) | (low & LOWER);
            far ^ (joined >> 1) ^ (if joined & 1 == 1 { MATRIX } else { 0 })
        };
        for index in 0..KEY_WORDS - MIDDLE {
            key[index] = twist(key[index], key[index + 1], key[index + MIDDLE]);
        }
        for index in KEY_WORDS - MIDDLE..KEY_WORDS - 1 {
            key[index] = twist(key[index], key[index + 1], key[index + MIDDLE - KEY_WORDS]);
        }
        key[KEY_WORDS - 1] = twist(key[KEY_WORDS - 1], key[0], key[MIDDLE - 1]);
        self.words[KEY_WORDS] = 0;
    }
}

impl Random for MersenneTwister<'_> {
    /// numpy's legacy `randint`: masked rejection.
    fn int(&mut self, low: i32, high: i32) -> i32 {
        low + self.interval((high - 1 - low) as u32) as i32
    }

    /// numpy's legacy `random_sample`: 27 bits of one word and 26 of the next.
    #[inline]
    fn float(&mut self) -> f64 {
        let high = f64::from(self.next_word() >> 5);
        let low = f64::from(self.next_word() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    fn interval(&mut self, top: u32) -> u32 {
        if top == 0 {
            return 0;
        }
        let mask = u32::MAX >> top.leading_zeros();
        loop {
            let word = self.next_word() & mask;
            if word <= top {
                return word;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ten_thousandth_word_is_that_of_the_standard() {
        // C++ requires it of std::mt19937, which is seeded with 5489 in the same way.
        let mut words = [0; STATE_WORDS];
        let mut generator = MersenneTwister::new(&mut words);
        generator.seed(5489);
        let mut last = 0;
        for _ in 0..10_000 {
            last = generator.next_word();
        }
        assert_eq!(last, 4_123_659_995);
    }

    #[test]
    fn skipping_is_drawing() {
        let mut drawn = [0; STATE_WORDS];
        let mut skipped = drawn;
        for generator in [&mut drawn, &mut skipped] {
            MersenneTwister::new(generator).seed(7);
        }
        for count in [0, 1, 623, 624, 625, 6174] {
            let mut generator = MersenneTwister::new(&mut drawn);
            for _ in 0..count {
                generator.next_word();
            }
            MersenneTwister::new(&mut skipped).skip(count);
            assert_eq!(
                MersenneTwister::new(&mut drawn).next_word(),
                MersenneTwister::new(&mut skipped).next_word()
            );
            assert_eq!(drawn, skipped, "after {count}");
        }
    }

    #[test]
    fn a_single_value_is_not_drawn() {
        let mut words = [0; STATE_WORDS];
        let mut generator = MersenneTwister::new(&mut words);
        generator.seed(1);
        assert_eq!((generator.int(5, 6), generator.position()), (5, KEY_WORDS));
    }
}
