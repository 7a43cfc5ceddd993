//! Adam (Kingma and Ba, 2015) for layers on plain numbers.

use serde::{Deserialize, Serialize};

use super::dense::{Dense, take_all};

/// Decay of the mean of gradients, and of that of their squares.
const DECAYS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// Means of the gradients of some layers and of their squares.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Adam {
    /// Not kept: a run that goes on may have another one.
    #[serde(skip)]
    rate: f32,
    steps: i32,
    means: Vec<Dense>,
    squares: Vec<Dense>,
}

impl Adam {
    /// Steps of size `rate` for `layers`.
    pub fn new(rate: f32, layers: &[Dense]) -> Self {
        let zeros = || layers.iter().map(Dense::zeros).collect();
        Self { rate, steps: 0, means: zeros(), squares: zeros() }
    }

    /// Goes on from the means of `other`, with its own step size.
    ///
    /// # Errors
    /// Means of layers of other sizes.
    pub fn take(&mut self, other: Self) -> Result<(), String> {
        take_all(&mut self.means, other.means)?;
        take_all(&mut self.squares, other.squares)?;
        self.steps = other.steps;
        Ok(())
    }

    /// One step of `layers` down `gradients`, which are 0 afterwards.
    pub fn step(&mut self, layers: &mut [Dense], gradients: &mut [Dense]) {
        self.steps = self.steps.saturating_add(1);
        let [mean_bias, square_bias] = DECAYS.map(|decay| 1.0 - decay.powi(self.steps));
        let rate = self.rate / mean_bias;
        let averages = self.means.iter_mut().zip(&mut self.squares);
        for ((layer, gradient), (means, squares)) in layers.iter_mut().zip(gradients).zip(averages) {
            for (((values, slopes), means), squares) in (layer.parameters_mut().into_iter())
                .zip(gradient.parameters_mut())
                .zip(means.parameters_mut())
                .zip(squares.parameters_mut())
            {
                for (((value, slope), mean), square) in values.iter_mut().zip(slopes).zip(means).zip(squares)
                {
                    *mean += (1.0 - DECAYS[0]) * (*slope - *mean);
                    *square += (1.0 - DECAYS[1]) * (*slope * *slope - *square);
                    *value -= rate * *mean / ((*square / square_bias).sqrt() + EPSILON);
                    *slope = 0.0;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn the_first_step_has_the_size_of_the_rate_and_later_ones_lead_to_the_minimum() {
        let mut layers = [Dense::uniform(&mut stream(1, Purpose::Parameters), [2, 2])];
        let mut gradients = [layers[0].zeros()];
        let before = layers[0].clone();
        let mut adam = Adam::new(0.01, &layers);
        for step in 0..2000 {
            // Half the squared distance from 0.7.
            for (slopes, values) in gradients[0].parameters_mut().into_iter().zip(layers[0].parameters()) {
                slopes.iter_mut().zip(values).for_each(|(slope, value)| *slope = value - 0.7);
            }
            adam.step(&mut layers, &mut gradients);
            if step == 0 {
                for (new, old) in layers[0].parameters().into_iter().zip(before.parameters()) {
                    new.iter().zip(old).for_each(|(new, old)| assert!((new - old - 0.01).abs() < 1e-5));
                }
            }
        }
        assert!(layers[0].parameters().into_iter().flatten().all(|value| (value - 0.7).abs() < 1e-3));
        assert!(gradients[0].parameters().into_iter().flatten().all(|slope| *slope == 0.0));
    }
}
