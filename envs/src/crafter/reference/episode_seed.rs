//! The seed of an episode's world: CPython's hash of the pair (seed, episode), reduced to 31 bits.
//!
//! CPython hashes a tuple with a variant of xxHash (`Objects/tupleobject.c`, since version 3.8) and an
//! integer by reducing it modulo the Mersenne prime 2^61 - 1.

/// Primes of xxHash.
const PRIMES: [u64; 3] = [11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261];

/// What CPython's hash of an integer is reduced by.
const INTEGER_MODULUS: u64 = (1 << 61) - 1;

/// World seeds are below this.
const WORLD_SEEDS: i64 = (1 << 31) - 1;

/// CPython's hash of an integer, as an unsigned word. -1 means an error to CPython, so no hash is -1.
fn integer_hash(value: i128) -> u64 {
    let hash = value.signum() as i64 * (value.unsigned_abs() % u128::from(INTEGER_MODULUS)) as i64;
    if hash == -1 { -2_i64 as u64 } else { hash as u64 }
}

/// CPython's hash of the tuple `(seed, episode)`.
pub fn pair_hash(seed: i128, episode: u64) -> i64 {
    let [spread, lane_prime, start] = PRIMES;
    let mut sum = start;
    for lane in [integer_hash(seed), integer_hash(i128::from(episode))] {
        sum = sum.wrapping_add(lane.wrapping_mul(lane_prime)).rotate_left(31).wrapping_mul(spread);
    }
    sum = sum.wrapping_add(2 ^ (start ^ 3_527_539));
    if sum == u64::MAX { 1_546_275_796 } else { sum as i64 }
}

/// The seed of the world in episode `episode` (from 1) of an environment made with `seed`.
pub fn world_seed(seed: impl Into<i128>, episode: u64) -> u32 {
    pair_hash(seed.into(), episode).rem_euclid(WORLD_SEEDS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_cpython() {
        for (seed, episode, hash, world) in [
            (0_i64, 1, -1_950_498_447_580_522_560, 1_256_191_933),
            (0, 2, 7_204_814_214_171_964_562, 744_553_801),
            (1, 1000, -5_468_962_165_236_009_930, 1_531_126_778),
        ] {
            assert_eq!((pair_hash(seed.into(), episode), world_seed(seed, episode)), (hash, world));
        }
    }

    #[test]
    fn integers_are_reduced_modulo_the_mersenne_prime() {
        assert_eq!(pair_hash(INTEGER_MODULUS.into(), 7), pair_hash(0, 7));
        assert_eq!(integer_hash(u64::MAX.into()), 7);
        assert_eq!(integer_hash(-1), integer_hash(-2));
    }
}
