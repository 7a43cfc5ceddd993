//! Mass properties: tensors turned between frames, and the bodies' own from their shapes where a file
//! gives no others.

use std::f64::consts::PI;

use super::frame::Frame;
use crate::model::Shape;

/// Mass in kg, centre of mass in m, and inertia about it in kg m² (xx yy zz xy xz yz).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MassProperties {
    pub mass: f64,
    pub center_of_mass: [f64; 3],
    pub inertia: [f64; 6],
}

impl MassProperties {
    /// A homogeneous shape of `mass`, in its own frame; `None` for shapes without a volume of their own.
    pub fn of_shape(shape: &Shape, mass: f64) -> Option<Self> {
        let [xx, yy, zz] = match *shape {
            Shape::Sphere { radius } => [0.4 * mass * radius * radius; 3],
            Shape::Box { half_extents: [x, y, z] } => {
                [y * y + z * z, x * x + z * z, x * x + y * y].map(|sum| sum * mass / 3.0)
            }
            Shape::Capsule { radius, half_length } => {
                let (ball, cylinder) = capsule_volumes(radius, half_length);
                let ball_mass = mass * ball / (ball + cylinder);
                let cylinder_mass = mass - ball_mass;
                let square = radius * radius;
                let across = cylinder_mass * (0.25 * square + half_length * half_length / 3.0)
                    + ball_mass * (0.4 * square + half_length * half_length + 0.75 * half_length * radius);
                let along = (0.5 * cylinder_mass + 0.4 * ball_mass) * square;
                [across, across, along]
            }
            Shape::ConvexHull { .. } | Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => return None,
        };
        Some(Self { mass, center_of_mass: [0.0; 3], inertia: [xx, yy, zz, 0.0, 0.0, 0.0] })
    }

    /// The same, seen from the parent of `frame`.
    pub fn in_parent(&self, frame: &Frame) -> Self {
        let place = Frame { position: self.center_of_mass, ..Frame::IDENTITY };
        Self {
            mass: self.mass,
            center_of_mass: frame.compose(&place).position,
            inertia: turned(self.inertia, frame),
        }
    }

    /// All parts together, about their common centre of mass; `None` without mass.
    pub fn sum(parts: &[Self]) -> Option<Self> {
        let mass: f64 = parts.iter().map(|part| part.mass).sum();
        if mass <= 0.0 {
            return None;
        }
        let center_of_mass = std::array::from_fn(|i| {
            parts.iter().map(|part| part.mass * part.center_of_mass[i]).sum::<f64>() / mass
        });
        let mut inertia = [0.0; 6];
        for part in parts {
            let [x, y, z]: [f64; 3] = std::array::from_fn(|i| part.center_of_mass[i] - center_of_mass[i]);
            // Parallel axes (Steiner).
            let shift = [y * y + z * z, x * x + z * z, x * x + y * y, -x * y, -x * z, -y * z];
            for (sum, (own, moved)) in inertia.iter_mut().zip(part.inertia.into_iter().zip(shift)) {
                *sum += own + part.mass * moved;
            }
        }
        Some(Self { mass, center_of_mass, inertia })
    }
}

/// Volume of a shape in m³; zero for what is unbounded.
pub(super) fn volume(shape: &Shape) -> f64 {
    match *shape {
        Shape::Sphere { radius } => capsule_volumes(radius, 0.0).0,
        Shape::Capsule { radius, half_length } => {
            let (ball, cylinder) = capsule_volumes(radius, half_length);
            ball + cylinder
        }
        Shape::Box { half_extents: [x, y, z] } => 8.0 * x * y * z,
        Shape::ConvexHull { .. } | Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => 0.0,
    }
}

/// Volumes of the two half balls together and of the cylinder between them.
fn capsule_volumes(radius: f64, half_length: f64) -> (f64, f64) {
    (4.0 / 3.0 * PI * radius.powi(3), 2.0 * PI * radius * radius * half_length)
}

/// R I R^T.
fn turned([xx, yy, zz, xy, xz, yz]: [f64; 6], frame: &Frame) -> [f64; 6] {
    let tensor = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]];
    let axes = [frame.rotate([1.0, 0.0, 0.0]), frame.rotate([0.0, 1.0, 0.0]), frame.rotate([0.0, 0.0, 1.0])];
    let entry = |row: usize, column: usize| -> f64 {
        (0..3).map(|i| (0..3).map(|j| axes[i][row] * tensor[i][j] * axes[j][column]).sum::<f64>()).sum()
    };
    [entry(0, 0), entry(1, 1), entry(2, 2), entry(0, 1), entry(0, 2), entry(1, 2)]
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::{super::frame::from_roll_pitch_yaw, *};

    fn assert_close(got: [f64; 6], wanted: [f64; 6]) {
        for (a, b) in got.into_iter().zip(wanted) {
            assert!((a - b).abs() < 1e-12, "{got:?} instead of {wanted:?}");
        }
    }

    #[test]
    fn two_half_boxes_are_one_box() {
        let whole = MassProperties::of_shape(&Shape::Box { half_extents: [0.2, 0.1, 0.3] }, 4.0).unwrap();
        let half = MassProperties::of_shape(&Shape::Box { half_extents: [0.1, 0.1, 0.3] }, 2.0).unwrap();
        let parts =
            [-0.1, 0.1].map(|x| half.in_parent(&Frame { position: [x, 0.0, 0.0], ..Frame::IDENTITY }));
        let sum = MassProperties::sum(&parts).unwrap();
        assert_eq!((sum.mass, sum.center_of_mass), (4.0, [0.0; 3]));
        assert_close(sum.inertia, whole.inertia);
    }

    #[test]
    fn a_capsule_lies_between_a_ball_and_a_rod() {
        let ball = MassProperties::of_shape(&Shape::Sphere { radius: 0.1 }, 2.0).unwrap();
        let stub = MassProperties::of_shape(&Shape::Capsule { radius: 0.1, half_length: 0.0 }, 2.0).unwrap();
        assert_close(stub.inertia, ball.inertia);
        let rod = MassProperties::of_shape(&Shape::Capsule { radius: 1e-6, half_length: 0.5 }, 2.0).unwrap();
        assert!((rod.inertia[0] - 2.0 / 12.0).abs() < 1e-5 && rod.inertia[2] < 1e-11);
    }

    #[test]
    fn a_quarter_turn_exchanges_two_axes() {
        let frame = from_roll_pitch_yaw([0.0; 3], [0.0, 0.0, FRAC_PI_2]);
        assert_close(turned([1.0, 2.0, 3.0, 0.1, 0.2, 0.3], &frame), [2.0, 1.0, 3.0, -0.1, -0.3, 0.2]);
    }
}
