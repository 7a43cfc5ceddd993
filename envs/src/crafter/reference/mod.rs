//! The random numbers of the original game: CPython's hash of (seed, episode) names an episode, and
//! numpy's legacy Mersenne Twister draws everything in it.

pub mod episode_seed;
pub mod mersenne_twister;
