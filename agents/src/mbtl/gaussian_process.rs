//! Gaussian process regression on a line (Rasmussen and Williams, 2006, algorithm 2.1), with a constant times a
//! squared-exponential kernel whose two parameters are those of a grid with the largest marginal likelihood.

/// Variances of the kernel that are tried.
const VARIANCES: [f64; 6] = [1.0, 0.3, 0.1, 0.03, 0.01, 0.003];
/// Length scales that are tried, as parts of the range that is modelled, the smoothest first: of equally likely ones
/// the first is taken.
const LENGTHS: [f64; 6] = [1.6, 0.8, 0.4, 0.2, 0.1, 0.05];

/// A process that was fitted to points.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianProcess {
    places: Vec<f64>,
    variance: f64,
    length: f64,
    /// Lower triangle of the Cholesky factor of the covariance, row by row.
    factor: Vec<Vec<f64>>,
    /// The covariance's inverse times the values.
    weights: Vec<f64>,
}

/// The lower Cholesky factor of a symmetric positive definite matrix.
fn cholesky(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (row, values) in matrix.iter().enumerate() {
        let mut line: Vec<f64> = Vec::with_capacity(row + 1);
        for column in 0..=row {
            let other = if column == row { &line } else { &factor[column] };
            let dot: f64 = line.iter().zip(other).take(column).map(|(a, b)| a * b).sum();
            let left = values[column] - dot;
            line.push(if column == row { left.max(1e-12).sqrt() } else { left / factor[column][column] });
        }
        factor.push(line);
    }
    factor
}

/// `x` with `L x = values`.
fn solve_lower(factor: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::with_capacity(values.len());
    for (row, line) in factor.iter().enumerate() {
        let dot: f64 = line.iter().zip(&found).map(|(a, b)| a * b).sum();
        found.push((values[row] - dot) / line[row]);
    }
    found
}

/// `x` with `L' x = values`.
fn solve_upper(factor: &[Vec<f64>], values: &[f64]) -> Vec<f64> {
    let mut found = values.to_vec();
    for row in (0..factor.len()).rev() {
        let dot: f64 = (row + 1..factor.len()).map(|below| factor[below][row] * found[below]).sum();
        found[row] = (found[row] - dot) / factor[row][row];
    }
    found
}

fn kernel(variance: f64, length: f64, a: f64, b: f64) -> f64 {
    variance * (-0.5 * ((a - b) / length).powi(2)).exp()
}

impl GaussianProcess {
    /// The process through `values` at `places`, as many of each and at least one, measured with `noise`, a standard
    /// deviation above 0. It is 0 where nothing is known. `range` is the extent of all places there are, above 0.
    ///
    /// # Panics
    /// Without points, or with another number of values than of places.
    pub fn fit(places: &[f64], values: &[f64], noise: f64, range: f64) -> Self {
        assert!(!places.is_empty() && places.len() == values.len(), "as many values as places, at least one");
        let mut best: Option<(f64, Self)> = None;
        for variance in VARIANCES {
            for length in LENGTHS.map(|part| part * range) {
                let covariance: Vec<Vec<f64>> = places
                    .iter()
                    .enumerate()
                    .map(|(row, &a)| {
                        let cell = |(column, &b): (usize, &f64)| {
                            kernel(variance, length, a, b) + if row == column { noise * noise } else { 0.0 }
                        };
                        places.iter().enumerate().map(cell).collect()
                    })
                    .collect();
                let factor = cholesky(&covariance);
                let whitened = solve_lower(&factor, values);
                let weights = solve_upper(&factor, &whitened);
                let fit: f64 = -0.5 * whitened.iter().map(|value| value * value).sum::<f64>();
                let volume: f64 = factor.iter().enumerate().map(|(row, line)| line[row].ln()).sum();
                let likelihood = fit - volume;
                if best.as_ref().is_none_or(|(most, _)| likelihood > *most) {
                    let places = places.to_vec();
                    best = Some((likelihood, Self { places, variance, length, factor, weights }));
                }
            }
        }
        best.expect("the grid is not empty").1
    }

    /// Mean and standard deviation of what the process has at `place`, without noise.
    pub fn predict(&self, place: f64) -> (f64, f64) {
        let row: Vec<f64> =
            self.places.iter().map(|&known| kernel(self.variance, self.length, place, known)).collect();
        let mean = row.iter().zip(&self.weights).map(|(a, b)| a * b).sum::<f64>();
        let explained: f64 = solve_lower(&self.factor, &row).iter().map(|value| value * value).sum();
        (mean, (self.variance - explained).max(0.0).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_and_solutions_are_those_of_the_matrix() {
        let matrix = [vec![4.0, 2.0, 0.4], vec![2.0, 3.0, 0.5], vec![0.4, 0.5, 2.0]];
        let factor = cholesky(&matrix);
        let solved = solve_upper(&factor, &solve_lower(&factor, &[1.0, -2.0, 0.5]));
        for (row, expected) in matrix.iter().zip([1.0, -2.0, 0.5]) {
            let product: f64 = row.iter().zip(&solved).map(|(a, b)| a * b).sum();
            assert!((product - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_smooth_function_is_followed_and_the_far_is_unsure() {
        let places: Vec<f64> = (0..12).map(f64::from).collect();
        let values: Vec<f64> = places.iter().map(|place| 0.5 + 0.4 * (place / 3.0).sin()).collect();
        let process = GaussianProcess::fit(&places, &values, 0.02, 11.0);
        for place in [0.5, 4.3, 9.9] {
            let (mean, deviation) = process.predict(place);
            assert!((mean - (0.5 + 0.4 * (place / 3.0_f64).sin())).abs() < 0.05, "{place}: {mean}");
            assert!(deviation < 0.1);
        }
        assert!(process.predict(40.0).1 > 2.0 * process.predict(5.5).1);
        assert!(process.predict(400.0).0.abs() < 1e-9, "nothing is known there");
    }

    #[test]
    fn noise_keeps_a_single_point_from_being_believed_entirely() {
        let process = GaussianProcess::fit(&[3.0], &[0.8], 0.1, 5.0);
        let (mean, deviation) = process.predict(3.0);
        assert!(mean > 0.75 && mean < 0.8 && deviation > 0.0 && deviation < 0.1, "{mean} {deviation}");
    }
}
