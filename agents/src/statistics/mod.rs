//! How results over several seeds are summed up: means and interquartile means, with an interval from the
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
    bootstrap(values, seed, interquartile_mean)
}

/// The mean of `values`. NaN without any.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean of `values` and its 95 % interval, as [`interquartile_interval`] has it.
pub fn mean_interval(values: &[f64], seed: u64) -> Interval {
    bootstrap(values, seed, mean)
}

/// `estimate` of `values`, and the 2.5th and 97.5th percentile of it over resamples.
fn bootstrap(values: &[f64], seed: u64, estimate: fn(&[f64]) -> f64) -> Interval {
    if values.len() < 2 {
        let mean = estimate(values);
        return Interval { mean, low: mean, high: mean };
    }
    let mut random: Philox = stream(seed, Purpose::Evaluation);
    let mut means: Vec<f64> = Vec::with_capacity(RESAMPLES);
    let mut resample = values.to_vec();
    for _ in 0..RESAMPLES {
        for value in &mut resample {
            *value = values[random.int(0, values.len() as i32) as usize];
        }
        means.push(estimate(&resample));
    }
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    Interval { mean: estimate(values), low: at(0.025), high: at(0.975) }
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
    fn the_interval_of_a_mean_is_about_two_standard_errors_wide_on_either_side() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 2)).collect();
        let Interval { mean, low, high } = mean_interval(&values, 3);
        assert_eq!(mean, 0.5);
        assert!((low - 0.402).abs() < 0.02 && (high - 0.598).abs() < 0.02, "{low} {high}");
        assert_eq!(mean_interval(&[7.0], 0), Interval { mean: 7.0, low: 7.0, high: 7.0 });
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
