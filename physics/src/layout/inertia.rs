//! Mass, centre and inertia of a body: joining two rigid parts, and what nature allows.

use super::check::Range;
use super::{LayoutError, array, rotated, vector};
use crate::dynamics::tree::rules::Symmetric3;
use crate::vector::rules::{Matrix3, Vector3, add3, rotate, scale3, sub3};

/// Whether a body of positive density can have this inertia (xx yy zz xy xz yz): principal moments are positive, at least
/// [`SMALLEST_MOMENT`], and none is above the other two together.
pub(crate) fn is_natural_inertia(inertia: [f64; 6]) -> bool {
    let [smallest, middle, largest] = principal_moments(inertia);
    smallest >= SMALLEST_MOMENT && smallest + middle >= largest * (1.0 - 1e-6)
}

/// Smallest principal moment of inertia in kg m²: that of a ball of a milligram with a radius of a millimetre, about.
const SMALLEST_MOMENT: f64 = 1e-12;

/// Mass in kg, centre of mass in m, inertia about it in kg m² (xx yy zz xy xz yz), in one frame.
#[derive(Clone, Debug)]
pub(super) struct MassProperties {
    pub(super) mass: f64,
    pub(super) center: Vector3<f64>,
    inertia: [f64; 6],
}

impl MassProperties {
    pub(super) fn new(mass: f64, center: [f64; 3], inertia: [f64; 6]) -> Self {
        Self { mass, center: vector(center), inertia }
    }

    /// The same in the frame in which this frame has the given origin and axes.
    pub(super) fn moved(&self, origin: Vector3<f64>, axes: Matrix3<f64>) -> Self {
        let [xx, yy, zz, xy, xz, yz] = self.inertia;
        let tensor = Matrix3 { x: vector([xx, xy, xz]), y: vector([xy, yy, yz]), z: vector([xz, yz, zz]) };
        let turned = rotated(rotated(axes, tensor), transposed(axes));
        Self {
            mass: self.mass,
            center: add3(origin, rotate(axes, self.center)),
            inertia: [turned.x.x, turned.y.y, turned.z.z, turned.y.x, turned.z.x, turned.z.y],
        }
    }

    /// Both as one body (the parallel axis theorem).
    pub(super) fn joined_with(&self, other: &Self) -> Self {
        let mass = self.mass + other.mass;
        if mass <= 0.0 {
            return self.clone();
        }
        let center =
            scale3(add3(scale3(self.center, self.mass), scale3(other.center, other.mass)), 1.0 / mass);
        let mut inertia = [0.0; 6];
        for part in [self, other] {
            let [x, y, z] = array(sub3(part.center, center));
            let steiner = [y * y + z * z, x * x + z * z, x * x + y * y, -x * y, -x * z, -y * z];
            for (sum, (own, shift)) in inertia.iter_mut().zip(part.inertia.iter().zip(steiner)) {
                *sum += own + part.mass * shift;
            }
        }
        Self { mass, center, inertia }
    }

    pub(super) fn symmetric(&self) -> Symmetric3<f64> {
        let [xx, yy, zz, xy, xz, yz] = self.inertia;
        Symmetric3 { xx, yy, zz, xy, xz, yz }
    }

    /// Fails unless a body of positive density can have these numbers: positive mass, positive principal
    /// moments, and none larger than the other two together.
    pub(super) fn check(&self, body: &str) -> Result<(), LayoutError> {
        let element = || format!("body '{body}'");
        if !Range::Positive.contains(self.mass) {
            return Err(LayoutError::Value {
                element: element(),
                quantity: "mass",
                value: self.mass.to_string(),
                allowed: "1e-9 to 1e9 kg (with what is fixed to the body)",
            });
        }
        let moments = principal_moments(self.inertia);
        if !(moments[0] >= SMALLEST_MOMENT) {
            return Err(LayoutError::Value {
                element: element(),
                quantity: "smallest principal moment of inertia",
                value: moments[0].to_string(),
                allowed: "at least 1e-12 kg m²",
            });
        }
        if moments[0] + moments[1] < moments[2] * (1.0 - 1e-6) {
            return Err(LayoutError::Value {
                element: element(),
                quantity: "largest principal moment of inertia",
                value: moments[2].to_string(),
                allowed: "at most the sum of the other two",
            });
        }
        Ok(())
    }
}

fn transposed(m: Matrix3<f64>) -> Matrix3<f64> {
    Matrix3 {
        x: vector([m.x.x, m.y.x, m.z.x]),
        y: vector([m.x.y, m.y.y, m.z.y]),
        z: vector([m.x.z, m.y.z, m.z.z]),
    }
}

/// Eigenvalues, ascending, by cyclic Jacobi rotations.
fn principal_moments([xx, yy, zz, xy, xz, yz]: [f64; 6]) -> [f64; 3] {
    let mut a = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
    for _ in 0..16 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            for row in &mut a {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            for k in 0..3 {
                (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
            }
        }
    }
    let mut moments = [a[0][0], a[1][1], a[2][2]];
    moments.sort_by(f64::total_cmp);
    moments
}

#[cfg(test)]
mod tests {
    use super::{MassProperties, principal_moments};
    use crate::layout::{quaternion, vector};
    use crate::vector::rules::matrix_of;

    #[test]
    fn moments_do_not_depend_on_the_axes() {
        let tilted = MassProperties::new(1.0, [0.0; 3], [0.3, 0.4, 0.5, 0.0, 0.0, 0.0])
            .moved(vector([0.0; 3]), matrix_of(quaternion([0.7, 0.1, -0.5, 0.3])));
        let moments = principal_moments(tilted.inertia);
        for (moment, expected) in moments.into_iter().zip([0.3, 0.4, 0.5]) {
            assert!((moment - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn two_point_masses_make_a_dumbbell() {
        let left = MassProperties::new(1.0, [-0.5, 0.0, 0.0], [0.0; 6]);
        let right = MassProperties::new(1.0, [0.5, 0.0, 0.0], [0.0; 6]);
        let both = left.joined_with(&right);
        assert_eq!(both.mass, 2.0);
        assert_eq!(both.inertia, [0.0, 0.5, 0.5, 0.0, 0.0, 0.0]);
    }
}
