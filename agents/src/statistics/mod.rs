//! How results over several seeds are summed up: the interquartile mean, with an interval from the
//! percentile bootstrap (Agarwal et al., 2021, "Deep Reinforcement Learning at the Edge of the
//! Statistical Precipice").

use pentathlon_gym::seeding::{Random, philox::Philox};

use crate::random::{Purpose, stream};

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 10_000;

/// A mean with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The mean of the middle half of `values`: a quarter is cut off at either end, parts of values counting as
/// such. NaN without any.
pub fn interquartile_mean(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() as f64 / 4.0;
    let (mut sum, mut weight) = (0.0, 0.0);
    for (index, value) in sorted.iter().enumerate() {
        let (from, to) = (index as f64, index as f64 + 1.0);
        let inside = (to.min(sorted.len() as f64 - cut) - from.max(cut)).max(0.0);
        sum += inside * value;
        weight += inside;
    }
    sum / weight
}

/// The interquartile mean of `values` and its 95 % interval from [`RESAMPLES`] resamples, drawn by a stream
/// of `seed`.
pub fn interquartile_interval(values: &[f64], seed: u64) -> Interval {
    let mut random: Philox = stream(seed, Purpose::Evaluation);
    let mut means: Vec<f64> = Vec::with_capacity(RESAMPLES);
    let mut resample = values.to_vec();
    for _ in 0..RESAMPLES {
        for value in &mut resample {
            *value = values[random.int(0, values.len() as i32) as usize];
        }
        means.push(interquartile_mean(&resample));
    }
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Interval { mean: interquartile_mean(values), low: at(0.025), high: at(0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_cut_off_at_either_end() {
        assert_eq!(interquartile_mean(&[100.0, 2.0, 3.0, -50.0]), 2.5);
        assert_eq!(interquartile_mean(&[4.0]), 4.0);
        // Five values: a quarter of the second and of the fourth is cut off with the outer ones.
        let expected = (0.75 * 1.0 + 2.0 + 0.75 * 5.0) / 2.5;
        assert!((interquartile_mean(&[9.0, 1.0, 2.0, 5.0, -7.0]) - expected).abs() < 1e-12);
        assert!(interquartile_mean(&[]).is_nan());
    }

    #[test]
    fn intervals_hold_the_mean_and_shrink_with_more_values() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 40)).collect();
        let (few, many) = (interquartile_interval(&values[..8], 1), interquartile_interval(&values, 1));
        for interval in [few, many] {
            assert!(interval.low <= interval.mean && interval.mean <= interval.high, "{interval:?}");
        }
        assert!(many.high - many.low < few.high - few.low);
        let constant = interquartile_interval(&[3.0; 5], 2);
        assert_eq!((constant.low, constant.mean, constant.high), (3.0, 3.0, 3.0));
    }
}
