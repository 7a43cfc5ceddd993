//! Newton's method on the soft constraint problem, with an exact line search.

use super::cost::{Constraint, Response};

/// How the method ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ending {
    /// Newton steps taken.
    pub iterations: u32,
    /// Norm of the gradient, in whitened units.
    pub gradient: f64,
}

/// Minimises |z - free|² / 2 plus the penalties over z, which holds the first guess and receives the answer.
pub fn minimise(free: &[f64], constraints: &[Constraint], z: &mut [f64]) -> Ending {
    let scale = 1.0 + free.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut ending = Ending { iterations: 0, gradient: f64::INFINITY };
    while ending.iterations < 100 {
        let responses: Vec<Response> = constraints.iter().map(|c| c.penalty.at(residual_of(c, z))).collect();
        let gradient = gradient_of(free, constraints, &responses, z);
        ending.gradient = gradient.iter().map(|x| x * x).sum::<f64>().sqrt();
        if ending.gradient <= 1e-12 * scale {
            break;
        }
        let direction = newton_direction(constraints, &responses, &gradient);
        let step = line_search(free, constraints, z, &direction);
        if step == 0.0 {
            break;
        }
        for (z, d) in z.iter_mut().zip(&direction) {
            *z += step * d;
        }
        ending.iterations += 1;
    }
    ending
}

/// The forces of all constraints at z, row by row.
pub fn forces(constraints: &[Constraint], z: &[f64]) -> Vec<[f64; 3]> {
    constraints.iter().map(|c| c.penalty.at(residual_of(c, z)).force).collect()
}

fn along(row: &[f64], z: &[f64]) -> f64 {
    row.iter().zip(z).map(|(a, b)| a * b).sum()
}

fn residual_of(constraint: &Constraint, z: &[f64]) -> [f64; 3] {
    let mut residual = [0.0; 3];
    for (slot, (row, reference)) in residual.iter_mut().zip(constraint.rows.iter().zip(&constraint.reference))
    {
        *slot = along(row, z) - reference;
    }
    residual
}

fn gradient_of(free: &[f64], constraints: &[Constraint], responses: &[Response], z: &[f64]) -> Vec<f64> {
    let mut gradient: Vec<f64> = z.iter().zip(free).map(|(z, free)| z - free).collect();
    for (constraint, response) in constraints.iter().zip(responses) {
        for (row, force) in constraint.rows.iter().zip(response.force) {
            for (slot, entry) in gradient.iter_mut().zip(row) {
                *slot -= force * entry;
            }
        }
    }
    gradient
}

/// Minus the inverse of the Hessian times the gradient, by Cholesky's method.
fn newton_direction(constraints: &[Constraint], responses: &[Response], gradient: &[f64]) -> Vec<f64> {
    let n = gradient.len();
    let mut hessian = vec![vec![0.0; n]; n];
    for (i, row) in hessian.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    for (constraint, response) in constraints.iter().zip(responses) {
        for (a, row_a) in constraint.rows.iter().enumerate() {
            for (b, row_b) in constraint.rows.iter().enumerate() {
                let curvature = response.curvature[a][b];
                if curvature != 0.0 {
                    for i in 0..n {
                        for j in 0..=i {
                            hessian[i][j] += curvature * row_a[i] * row_b[j];
                        }
                    }
                }
            }
        }
    }
    for i in 0..n {
        for j in 0..=i {
            let mut sum = hessian[i][j];
            for k in 0..j {
                sum -= hessian[i][k] * hessian[j][k];
            }
            hessian[i][j] = if i == j { sum.sqrt() } else { sum / hessian[j][j] };
        }
    }
    let mut x: Vec<f64> = gradient.iter().map(|g| -g).collect();
    for i in 0..n {
        for k in 0..i {
            x[i] -= hessian[i][k] * x[k];
        }
        x[i] /= hessian[i][i];
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            x[i] -= hessian[k][i] * x[k];
        }
        x[i] /= hessian[i][i];
    }
    x
}

/// The step along `direction` at which the derivative vanishes: Newton's method within a bracket.
fn line_search(free: &[f64], constraints: &[Constraint], z: &[f64], direction: &[f64]) -> f64 {
    let square = along(direction, direction);
    let start: f64 = direction.iter().zip(z.iter().zip(free)).map(|(d, (z, free))| d * (z - free)).sum();
    let lines: Vec<([f64; 3], [f64; 3])> = constraints
        .iter()
        .map(|c| {
            let mut rate = [0.0; 3];
            for (slot, row) in rate.iter_mut().zip(&c.rows) {
                *slot = along(row, direction);
            }
            (residual_of(c, z), rate)
        })
        .collect();
    let derivatives = |step: f64| {
        let (mut first, mut second) = (start + step * square, square);
        for (constraint, (residual, rate)) in constraints.iter().zip(&lines) {
            let response = constraint.penalty.at(std::array::from_fn(|i| residual[i] + step * rate[i]));
            for i in 0..3 {
                first -= response.force[i] * rate[i];
                for j in 0..3 {
                    second += response.curvature[i][j] * rate[i] * rate[j];
                }
            }
        }
        (first, second)
    };
    let (slope, _) = derivatives(0.0);
    if slope >= 0.0 {
        return 0.0;
    }
    let (mut low, mut high, mut step) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..60 {
        let (first, second) = derivatives(step);
        if first.abs() <= 1e-13 * slope.abs() {
            break;
        }
        if first < 0.0 {
            low = step;
        } else {
            high = step;
        }
        let next = step - first / second;
        step = if next > low && next < high {
            next
        } else if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * step
        };
    }
    step
}
