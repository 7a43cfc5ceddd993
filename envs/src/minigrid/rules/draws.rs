//! The random draws that rules make during an episode, whatever generator they come from.

use pentathlon_gym::seeding::Random;

/// The trait of draws, and the counter-based stream as a source of them.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    /// A source of random draws.
    pub trait Draws {
        /// A whole number in `0..n`; draws nothing when `n` is 1.
        fn below(draws: ptr!(function, Self), n: u32) -> u32;
        /// The 53 random bits of a number in `0.0..1.0`: the upper 31, and the lower 22.
        fn unit_bits(draws: ptr!(function, Self)) -> Vec2u;
    }

    impl Draws for Stream {
        fn below(draws: ptr!(function, Stream), n: u32) -> u32 {
            bounded(draws, n)
        }
        fn unit_bits(draws: ptr!(function, Stream)) -> Vec2u {
            let first = draw(draws);
            let second = draw(draws);
            vec2u(first >> 1u32, ((first & 1u32) << 21u32) | (second >> 11u32))
        }
    }
}

/// Any generator of the batch contract as a source of draws.
#[derive(Debug)]
pub struct GeneratorDraws<'a, R>(pub &'a mut R);

impl<R: Random> rules::Draws for GeneratorDraws<'_, R> {
    #[inline]
    fn below(draws: &mut Self, n: u32) -> u32 {
        draws.0.int(0, n as i32) as u32
    }

    #[inline]
    fn unit_bits(draws: &mut Self) -> wgsl_rs::std::Vec2u {
        // A multiple of 2^-53 below 1: the product is a whole number.
        let bits = (draws.0.float() * (1u64 << 53) as f64) as u64;
        wgsl_rs::std::vec2u((bits >> 22) as u32, (bits & 0x3f_ffff) as u32)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::{GeneratorDraws, rules::Draws};

    #[test]
    fn a_stream_and_its_generator_draw_the_same() {
        let mut generator = Philox::for_episode(3, 4, 5);
        let mut stream = generator.0;
        for n in 1..200 {
            let mut draws = GeneratorDraws(&mut generator);
            assert_eq!(Draws::below(&mut draws, n), Draws::below(&mut stream, n));
            let (a, b) = (Draws::unit_bits(&mut draws), Draws::unit_bits(&mut stream));
            assert_eq!((a.x, a.y), (b.x, b.y));
        }
        assert_eq!(generator.0, stream);
    }
}
