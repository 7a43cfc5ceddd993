//! What success pays: `1 - 0.9 * elapsed / max_steps`, evaluated in `f64` in Farama's order of
//! operations, so that every device pays the same bits.

/// Most steps that an episode may be given: the reward table that kernels read has one word a step.
pub const LONGEST_EPISODE: u32 = 1 << 20;

/// What success pays in step `elapsed` (from 1) of an episode of at most `max_steps` steps.
pub fn success_reward(elapsed: u32, max_steps: u32) -> f64 {
    1.0 - 0.9 * (f64::from(elapsed) / f64::from(max_steps))
}

/// [`success_reward`] as batches hand it out, for every number of elapsed steps from 0.
pub fn success_rewards(max_steps: u32) -> impl Iterator<Item = f32> {
    (0..=max_steps).map(move |elapsed| success_reward(elapsed, max_steps) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_pays_less_the_longer_it_takes() {
        assert_eq!(success_reward(0, 100), 1.0);
        assert_eq!(success_reward(5, 320), 0.9859375);
        assert_eq!(success_reward(18, 100), 0.838);
        assert!((success_reward(100, 100) - 0.1).abs() < 1e-15);
        assert_eq!(success_rewards(320).nth(5), Some(0.9859375));
    }
}
