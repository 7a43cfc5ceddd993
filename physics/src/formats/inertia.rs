//! Mass properties: tensors turned between frames, and the bodies' own from their shapes where a file
//! gives no others. Moments of homogeneous solids are those of every handbook of mechanics (Beer and Johnston, "Vector
//! Mechanics for Engineers", inside back cover).

use std::{collections::HashSet, f64::consts::PI};

use super::frame::Frame;
use crate::{
    collision::convex_hull::convex_hull,
    model::{Shape, TriangleMesh},
};

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
            Shape::Cylinder { radius, half_length } => {
                let square = radius * radius;
                let across = mass * (0.25 * square + half_length * half_length / 3.0);
                [across, across, 0.5 * mass * square]
            }
            Shape::Ellipsoid { radii: [x, y, z] } => {
                [y * y + z * z, x * x + z * z, x * x + y * y].map(|sum| sum * mass / 5.0)
            }
            Shape::ConvexHull { ref vertices } => {
                return Self::inside(&convex_hull(vertices)?).map(|solid| solid.scaled(mass));
            }
            Shape::Mesh(ref mesh) => return Self::inside(mesh).map(|solid| solid.scaled(mass)),
            Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => return None,
        };
        Some(Self { mass, center_of_mass: [0.0; 3], inertia: [xx, yy, zz, 0.0, 0.0, 0.0] })
    }

    /// What a closed surface encloses, with 1 kg/m³; `None` where it is not closed or its triangles face inwards. The sum
    /// over the tetrahedra of the triangles and a corner (Blow and Binstock, "How to find the inertia tensor (or other
    /// mass properties) of a 3D solid body represented by a triangle mesh", 2004).
    pub fn inside(mesh: &TriangleMesh) -> Option<Self> {
        let is_known = |corner: &u32| (*corner as usize) < mesh.vertices.len();
        if !mesh.triangles.iter().flatten().all(is_known) || !is_closed(mesh) {
            return None;
        }
        let [ox, oy, oz] = *mesh.vertices.first()?;
        let (mut volume, mut first, mut second) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
        for triangle in &mesh.triangles {
            let [a, b, c] = triangle.map(|corner| {
                let [x, y, z] = mesh.vertices[corner as usize];
                [x - ox, y - oy, z - oz]
            });
            let determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
                + a[2] * (b[0] * c[1] - b[1] * c[0]);
            let sum: [f64; 3] = std::array::from_fn(|i| a[i] + b[i] + c[i]);
            volume += determinant / 6.0;
            for i in 0..3 {
                first[i] += determinant / 24.0 * sum[i];
                for j in 0..3 {
                    let products = a[i] * a[j] + b[i] * b[j] + c[i] * c[j] + sum[i] * sum[j];
                    second[i][j] += determinant / 120.0 * products;
                }
            }
        }
        if !(volume > 0.0) {
            return None;
        }
        let center = first.map(|x| x / volume);
        let about = |i: usize, j: usize| second[i][j] - volume * center[i] * center[j];
        let (xx, yy, zz) = (about(0, 0), about(1, 1), about(2, 2));
        Some(Self {
            mass: volume,
            center_of_mass: [ox + center[0], oy + center[1], oz + center[2]],
            inertia: [yy + zz, xx + zz, xx + yy, -about(0, 1), -about(0, 2), -about(1, 2)],
        })
    }

    /// The same solid with another mass.
    pub fn scaled(&self, mass: f64) -> Self {
        Self { mass, inertia: self.inertia.map(|moment| moment * mass / self.mass), ..*self }
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
        Shape::Cylinder { radius, half_length } => capsule_volumes(radius, half_length).1,
        Shape::Ellipsoid { radii: [x, y, z] } => 4.0 / 3.0 * PI * x * y * z,
        Shape::ConvexHull { ref vertices } => {
            let solid = convex_hull(vertices).as_ref().and_then(MassProperties::inside);
            solid.map_or(0.0, |solid| solid.mass)
        }
        Shape::Mesh(ref mesh) => MassProperties::inside(mesh).map_or(0.0, |solid| solid.mass),
        Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) => 0.0,
    }
}

/// Whether every edge has one triangle on either side, both facing the same way.
fn is_closed(mesh: &TriangleMesh) -> bool {
    let mut edges = HashSet::new();
    let mut turned = mesh.triangles.iter().flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)]);
    let once = turned.all(|edge| edges.insert(edge));
    once && edges.iter().all(|&(from, to)| edges.contains(&(to, from)))
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
    fn a_hull_of_many_corners_is_the_solid_that_it_approximates() {
        // A prism of 512 sides, lying beside its frame.
        let ring = (0..512).map(|i| (std::f64::consts::TAU * f64::from(i) / 512.0).sin_cos());
        let vertices =
            ring.flat_map(|(sine, cosine)| [-0.3, 0.5].map(|z| [1.0 + 0.2 * cosine, 0.2 * sine, z]));
        let prism = Shape::ConvexHull { vertices: vertices.collect() };
        let cylinder = Shape::Cylinder { radius: 0.2, half_length: 0.4 };
        assert!((volume(&prism) / volume(&cylinder) - 1.0).abs() < 1e-4);
        let hull = MassProperties::of_shape(&prism, 3.0).unwrap();
        let round = MassProperties::of_shape(&cylinder, 3.0).unwrap();
        for (a, b) in hull.center_of_mass.into_iter().zip([1.0, 0.0, 0.1]) {
            assert!((a - b).abs() < 1e-12, "{hull:?}");
        }
        for (a, b) in hull.inertia.into_iter().zip(round.inertia) {
            assert!((a - b).abs() < 1e-4 * round.inertia[0], "{hull:?} {round:?}");
        }
    }

    #[test]
    fn a_box_of_triangles_is_a_box() {
        let corners = (0..8).map(|i| [i & 1, i >> 1 & 1, i >> 2].map(|bit| f64::from(2 * bit - 1)));
        let vertices: Vec<[f64; 3]> = corners.map(|[x, y, z]| [0.2 * x, 0.1 * y, 0.3 * z]).collect();
        let mut mesh = convex_hull(&vertices).unwrap();
        let wanted = MassProperties::of_shape(&Shape::Box { half_extents: [0.2, 0.1, 0.3] }, 4.0).unwrap();
        let got = MassProperties::of_shape(&Shape::Mesh(mesh.clone()), 4.0).unwrap();
        assert_close(got.inertia, wanted.inertia);
        assert!((volume(&Shape::Mesh(mesh.clone())) - 0.048).abs() < 1e-15);
        mesh.triangles.pop();
        assert!(MassProperties::inside(&mesh).is_none(), "an open box");
    }

    #[test]
    fn round_shapes_agree_where_they_are_the_same() {
        let ball = MassProperties::of_shape(&Shape::Sphere { radius: 0.3 }, 2.0).unwrap();
        assert_eq!(MassProperties::of_shape(&Shape::Ellipsoid { radii: [0.3; 3] }, 2.0).unwrap().mass, 2.0);
        assert_close(
            MassProperties::of_shape(&Shape::Ellipsoid { radii: [0.3; 3] }, 2.0).unwrap().inertia,
            ball.inertia,
        );
        assert!(
            (volume(&Shape::Ellipsoid { radii: [0.1, 0.2, 0.3] }) - 4.0 / 3.0 * PI * 0.006).abs() < 1e-15
        );
        // A coin of 1 kg and 1 m: r²/4 across, r²/2 along its axis.
        let coin =
            MassProperties::of_shape(&Shape::Cylinder { radius: 1.0, half_length: 1e-9 }, 1.0).unwrap();
        assert_close(coin.inertia, [0.25, 0.25, 0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_quarter_turn_exchanges_two_axes() {
        let frame = from_roll_pitch_yaw([0.0; 3], [0.0, 0.0, FRAC_PI_2]);
        assert_close(turned([1.0, 2.0, 3.0, 0.1, 0.2, 0.3], &frame), [2.0, 1.0, 3.0, -0.1, -0.3, 0.2]);
    }
}
