//! The random draws that rules make, whatever generator they come from. Chances are in percent: the game
//! has no finer ones, and `percent / 100` is the very number that the original compares with.

use pentathlon_gym::seeding::Random;

use crate::crafter::reference::mersenne_twister::MersenneTwister;

/// The trait of draws, and the counter-based stream as a source of them.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    /// A source of random draws.
    pub trait Draws {
        /// True with a chance of `percent`, 0 to 99.
        fn chance(draws: ptr!(function, Self), percent: u32) -> bool;
        /// A whole number in `0..n`; draws nothing when `n` is 1.
        fn below(draws: ptr!(function, Self), n: u32) -> u32;
        /// What the original draws for something that is certain to happen.
        fn certain(draws: ptr!(function, Self));
    }

    impl Draws for Stream {
        fn chance(draws: ptr!(function, Stream), percent: u32) -> bool {
            bounded(draws, 100u32) < percent
        }
        fn below(draws: ptr!(function, Stream), n: u32) -> u32 {
            bounded(draws, n)
        }
        fn certain(_draws: ptr!(function, Stream)) {}
    }
}

/// The generator of training as a source of draws: the same as its [`Stream`].
///
/// [`Stream`]: pentathlon_gym::seeding::philox::rules::Stream
#[derive(Debug)]
pub struct FastDraws<'a, R>(pub &'a mut R);

impl<R: Random> rules::Draws for FastDraws<'_, R> {
    #[inline]
    fn chance(draws: &mut Self, percent: u32) -> bool {
        draws.0.int(0, 100) < percent as i32
    }

    #[inline]
    fn below(draws: &mut Self, n: u32) -> u32 {
        draws.0.int(0, n as i32) as u32
    }

    #[inline]
    fn certain(_draws: &mut Self) {}
}

/// The original's generator as a source of draws: 53 random bits for each chance.
impl rules::Draws for MersenneTwister<'_> {
    fn chance(draws: &mut Self, percent: u32) -> bool {
        draws.float() < f64::from(percent) / 100.0
    }

    fn below(draws: &mut Self, n: u32) -> u32 {
        draws.int(0, n as i32) as u32
    }

    fn certain(draws: &mut Self) {
        draws.float();
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::{FastDraws, rules::Draws};

    #[test]
    fn a_stream_and_its_generator_draw_the_same() {
        let mut generator = Philox::for_episode(3, 4, 5);
        let mut stream = generator.0;
        for n in 1..99 {
            let mut draws = FastDraws(&mut generator);
            assert_eq!(Draws::below(&mut draws, n), Draws::below(&mut stream, n));
            assert_eq!(Draws::chance(&mut draws, n), Draws::chance(&mut stream, n));
            Draws::certain(&mut draws);
            Draws::certain(&mut stream);
        }
        assert_eq!(generator.0, stream);
    }

    #[test]
    fn percents_are_the_originals_constants() {
        for (percent, constant) in [(50, 0.5), (90, 0.9), (80, 0.8), (60, 0.6), (30, 0.3), (20, 0.2)] {
            assert_eq!(f64::from(percent) / 100.0, constant);
        }
        for (percent, constant) in [(40, 0.4), (10, 0.1), (1, 0.01)] {
            assert_eq!(f64::from(percent) / 100.0, constant);
        }
    }
}
