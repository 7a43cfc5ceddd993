//! The penalty of a constraint on its residual acceleration, with force and curvature.
//!
//! The residual is the constraint's acceleration less the one asked for; the force is minus the gradient of
//! the penalty. An elliptic contact has three zones: apart (no force), held (a quadratic), sliding (a
//! quadratic of the distance to the cone).

/// One constraint: its rows in whitened coordinates and its penalty.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Rows, dense over the degrees of freedom; one, or three for a contact (normal, tangents).
    pub rows: Vec<Vec<f64>>,
    /// Acceleration asked for, row by row.
    pub reference: Vec<f64>,
    pub penalty: Penalty,
}

/// What a residual costs.
#[derive(Clone, Copy, Debug)]
pub enum Penalty {
    /// Half the square over the regulariser, on the negative side only.
    Limit {
        /// The regulariser R.
        regulariser: f64,
    },
    /// Half the square over the regulariser near zero, `bound` times the residual beyond.
    DryFriction {
        /// The regulariser R.
        regulariser: f64,
        /// Largest force.
        bound: f64,
    },
    /// An elliptic cone.
    Contact {
        /// The regulariser R of the normal; that of the tangents is `ratio` times smaller.
        regulariser: f64,
        /// MuJoCo's `impratio`.
        ratio: f64,
        /// Coulomb friction coefficient.
        friction: f64,
    },
}

/// Cost, force (minus the gradient) and curvature of a penalty at a residual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Response {
    pub cost: f64,
    pub force: [f64; 3],
    pub curvature: [[f64; 3]; 3],
}

impl Penalty {
    /// The response at `residual`; only as many components as the constraint has rows count.
    pub fn at(&self, residual: [f64; 3]) -> Response {
        let mut response = Response::default();
        match *self {
            Self::Limit { regulariser } => {
                if residual[0] < 0.0 {
                    response.cost = 0.5 * residual[0] * residual[0] / regulariser;
                    response.force[0] = -residual[0] / regulariser;
                    response.curvature[0][0] = 1.0 / regulariser;
                }
            }
            Self::DryFriction { regulariser, bound } => {
                let free = -residual[0] / regulariser;
                if free.abs() <= bound {
                    response.cost = 0.5 * residual[0] * residual[0] / regulariser;
                    response.force[0] = free;
                    response.curvature[0][0] = 1.0 / regulariser;
                } else {
                    response.cost = bound * (residual[0].abs() - 0.5 * bound * regulariser);
                    response.force[0] = bound.copysign(free);
                }
            }
            Self::Contact { regulariser, ratio, friction } => {
                contact_response(residual, regulariser, ratio, friction, &mut response);
            }
        }
        response
    }
}

fn contact_response(
    residual: [f64; 3],
    regulariser: f64,
    ratio: f64,
    friction: f64,
    response: &mut Response,
) {
    let mu = friction / ratio.sqrt();
    let scale = [mu, friction, friction];
    let [n, u, v] = [0, 1, 2].map(|i| residual[i] * scale[i]);
    let t = u.hypot(v);
    if n >= mu * t {
        return;
    }
    if mu * n + t <= 0.0 {
        let stiffness = [1.0 / regulariser, ratio / regulariser, ratio / regulariser];
        for i in 0..3 {
            response.cost += 0.5 * stiffness[i] * residual[i] * residual[i];
            response.force[i] = -stiffness[i] * residual[i];
            response.curvature[i][i] = stiffness[i];
        }
        return;
    }
    let stiffness = 1.0 / (regulariser * mu * mu * (1.0 + mu * mu));
    let outside = n - mu * t;
    response.cost = 0.5 * stiffness * outside * outside;
    let slope = [1.0, -mu * u / t, -mu * v / t];
    // The curvature of the cone itself: that of the norm of (u, v).
    let bend = -mu * outside / t;
    let across = [0.0, -v / t, u / t];
    for i in 0..3 {
        response.force[i] = -stiffness * outside * slope[i] * scale[i];
        for j in 0..3 {
            response.curvature[i][j] =
                stiffness * (slope[i] * slope[j] + bend * across[i] * across[j]) * scale[i] * scale[j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Penalty;

    #[test]
    fn forces_are_the_gradient_and_curvatures_the_derivative_of_the_forces() {
        let penalties = [
            Penalty::Limit { regulariser: 0.3 },
            Penalty::DryFriction { regulariser: 0.3, bound: 2.0 },
            Penalty::Contact { regulariser: 0.3, ratio: 10.0, friction: 0.7 },
            Penalty::Contact { regulariser: 0.3, ratio: 1.0, friction: 0.7 },
        ];
        let residuals =
            [[-1.0, 0.2, 0.1], [-1.0, 2.0, -3.0], [0.3, 2.0, 1.0], [5.0, 0.1, 0.2], [-0.1, 0.0, 0.4]];
        for penalty in penalties {
            let rows = if matches!(penalty, Penalty::Contact { .. }) { 3 } else { 1 };
            for residual in residuals {
                let response = penalty.at(residual);
                for i in 0..rows {
                    let moved = |by: f64| {
                        let mut residual = residual;
                        residual[i] += by;
                        penalty.at(residual)
                    };
                    let [below, above] = [moved(-1e-6), moved(1e-6)];
                    let slope = (above.cost - below.cost) / 2e-6;
                    assert!((slope + response.force[i]).abs() < 1e-6, "{penalty:?} {residual:?}");
                    for j in 0..rows {
                        let bend = -(above.force[j] - below.force[j]) / 2e-6;
                        assert!((bend - response.curvature[j][i]).abs() < 1e-5, "{penalty:?} {residual:?}");
                    }
                }
            }
        }
    }
}
