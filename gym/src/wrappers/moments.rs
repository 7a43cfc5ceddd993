//! Running mean and variance, updated batch by batch (T. F. Chan, G. H. Golub, R. J. LeVeque, 1979), with
//! the first values of Gymnasium's `RunningMeanStd`: mean 0, variance 1, weight 1e-4.

use serde::{Deserialize, Serialize};

/// Running mean and (population) variance of a number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningMoments {
    /// Mean so far.
    pub mean: f64,
    /// Variance so far.
    pub variance: f64,
    /// Number of values so far, the weight of the first guess included.
    pub count: f64,
}

impl Default for RunningMoments {
    fn default() -> Self {
        Self { mean: 0.0, variance: 1.0, count: 1e-4 }
    }
}

impl RunningMoments {
    /// Takes in a batch of values; an empty one changes nothing.
    pub fn update(&mut self, values: impl Iterator<Item = f64> + Clone) {
        let count = values.clone().count() as f64;
        if count == 0.0 {
            return;
        }
        let mean = values.clone().sum::<f64>() / count;
        let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        let total = self.count + count;
        let difference = mean - self.mean;
        let squares =
            self.variance * self.count + variance * count + difference.powi(2) * self.count * count / total;
        self.mean += difference * count / total;
        self.variance = squares / total;
        self.count = total;
    }

    /// Whether mean, variance and count could have come from [`RunningMoments::update`].
    pub(super) fn is_sound(&self) -> bool {
        self.mean.is_finite() && self.variance.is_finite() && self.variance >= 0.0 && self.count > 0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn batches_give_the_moments_of_all_values(
            values in prop::collection::vec(-100.0f64..100.0, 2..50),
            cut in 0usize..50,
        ) {
            let cut = cut.min(values.len());
            let mut moments = RunningMoments { mean: 0.0, variance: 0.0, count: 0.0 };
            moments.update(values[..cut].iter().copied());
            moments.update(values[cut..].iter().copied());
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let variance =
                values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64;
            prop_assert!((moments.mean - mean).abs() < 1e-9);
            prop_assert!((moments.variance - variance).abs() < 1e-6);
        }
    }

    #[test]
    fn one_value_hardly_leaves_a_variance() {
        let mut moments = RunningMoments::default();
        moments.update([3.0].into_iter());
        assert!((moments.mean - 3.0 / 1.0001).abs() < 1e-12);
        let expected = (1e-4 + 9.0 * 1e-4 / 1.0001) / 1.0001;
        assert!((moments.variance - expected).abs() < 1e-15);
    }
}
