//! Orthogonal initial weights (Saxe, McClelland, Ganguli, 2014): every layer keeps the length of what
//! passes through it, which is what policy gradients start best from (Engstrom et al., 2020).

use burn::module::Param;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Device, TensorData};
use pentathlon_gym::seeding::philox::Philox;

use crate::random::normal;

/// A layer `inputs -> outputs` with orthogonal weights times `gain` and biases 0.
pub(super) fn linear(
    random: &mut Philox,
    [inputs, outputs]: [usize; 2],
    gain: f64,
    device: &Device,
) -> Linear {
    let weight = TensorData::new(orthogonal(random, [inputs, outputs], gain), [inputs, outputs]);
    let bias = TensorData::new(vec![0.0_f32; outputs], [outputs]);
    Linear { weight: Param::from_data(weight, device), bias: Some(Param::from_data(bias, device)) }
}

/// A table of `entries` rows with orthogonal weights times `gain`.
pub(super) fn embedding(
    random: &mut Philox,
    [entries, features]: [usize; 2],
    gain: f64,
    device: &Device,
) -> Embedding {
    let weight = TensorData::new(orthogonal(random, [entries, features], gain), [entries, features]);
    Embedding { weight: Param::from_data(weight, device) }
}

/// A matrix `[rows, columns]` whose rows (or columns, where there are fewer) are orthogonal and of
/// length `gain`, uniformly distributed: Gram-Schmidt on normal numbers.
fn orthogonal(random: &mut Philox, [rows, columns]: [usize; 2], gain: f64) -> Vec<f32> {
    let (vectors, length) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors);
    while basis.len() < vectors {
        let mut vector: Vec<f64> = (0..length).map(|_| normal(random)).collect();
        // Twice is enough for orthogonality to rounding (Giraud et al., 2005).
        for _ in 0..2 {
            for other in &basis {
                let along = dot(&vector, other);
                vector.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
            }
        }
        let norm = dot(&vector, &vector).sqrt();
        if norm > 1e-6 {
            vector.iter_mut().for_each(|value| *value /= norm);
            basis.push(vector);
        }
    }
    let at =
        |row: usize, column: usize| if rows <= columns { basis[row][column] } else { basis[column][row] };
    (0..rows * columns).map(|i| (gain * at(i / columns, i % columns)) as f32).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_or_columns_are_orthogonal_and_of_the_gains_length() {
        for [rows, columns] in [[7, 4], [4, 7], [5, 5], [1, 9]] {
            let matrix = orthogonal(&mut Philox::for_level(3, 0), [rows, columns], 2.0);
            let vectors = rows.min(columns);
            let value = |vector: usize, i: usize| {
                f64::from(if rows <= columns {
                    matrix[vector * columns + i]
                } else {
                    matrix[i * columns + vector]
                })
            };
            for a in 0..vectors {
                for b in 0..vectors {
                    let product: f64 = (0..rows.max(columns)).map(|i| value(a, i) * value(b, i)).sum();
                    let expected = if a == b { 4.0 } else { 0.0 };
                    assert!((product - expected).abs() < 1e-5, "{rows}x{columns}: {a}.{b} = {product}");
                }
            }
        }
    }
}
