//! Shapes as triangles with normals.

use std::f32::consts::{PI, TAU};

use glam::Vec3;
use pentathlon_physics::{
    collision::convex_hull,
    model::{HeightLayer, Shape, TriangleMesh},
};

use super::vec3;

/// Triangles; each vertex has its normal.
#[derive(Clone, Debug, Default)]
pub(super) struct Mesh {
    pub vertices: Vec<Vertex>,
    pub triangles: Vec<[u32; 3]>,
}

/// A corner of a triangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Vertex {
    pub position: Vec3,
    pub normal: Vec3,
}

/// Steps around a ball or rod.
const STEPS: usize = 32;

impl Mesh {
    /// The surface of a shape; `None` for a plane, which is not bounded.
    pub fn of_shape(shape: &Shape) -> Option<Self> {
        match shape {
            Shape::Sphere { radius } => Some(capsule(*radius as f32, 0.0)),
            Shape::Capsule { radius, half_length } => Some(capsule(*radius as f32, *half_length as f32)),
            Shape::Box { half_extents } => Some(solid_box(vec3(*half_extents))),
            Shape::Cylinder { radius, half_length } => Some(cylinder(*radius as f32, *half_length as f32)),
            Shape::Ellipsoid { radii } => Some(ellipsoid(vec3(*radii))),
            Shape::ConvexHull { vertices } => {
                Some(convex_hull::convex_hull(vertices).map_or_else(Self::default, |hull| triangles(&hull)))
            }
            Shape::Mesh(mesh) => Some(both_sides(mesh)),
            Shape::Plane => None,
            Shape::Floor(layer) => Some(surface(layer, 1.0)),
            Shape::Ceiling(layer) => Some(surface(layer, -1.0)),
        }
    }

    /// A rod along z from 0 to `length`, without ends.
    pub fn rod(radius: f32, length: f32) -> Self {
        let mut mesh = Self::default();
        mesh.turned(&[(radius, 0.0, 1.0, 0.0), (radius, length, 1.0, 0.0)], 12);
        mesh
    }

    /// An arrow along z from 0 to `length`.
    pub fn arrow(radius: f32, length: f32) -> Self {
        let head = (4.0 * radius).min(length);
        let neck = length - head;
        let mut mesh = Self::rod(radius, neck);
        let slope = (0.87, 0.5);
        mesh.turned(&[(2.2 * radius, neck, slope.0, slope.1), (0.0, length, slope.0, slope.1)], 12);
        mesh.turned(&[(0.0, neck, 0.0, -1.0), (2.2 * radius, neck, 0.0, -1.0)], 12);
        mesh
    }

    /// Distance of the farthest vertex from the origin.
    pub fn radius(&self) -> f32 {
        self.vertices.iter().map(|vertex| vertex.position.length()).fold(0.0, f32::max)
    }

    /// Adds a surface of revolution about z: rings of (radius, height, outward and upward part of the
    /// normal), from bottom to top.
    fn turned(&mut self, rings: &[(f32, f32, f32, f32)], steps: usize) {
        let first = self.vertices.len() as u32;
        for &(radius, height, outward, upward) in rings {
            for step in 0..steps {
                let (sine, cosine) = (TAU * step as f32 / steps as f32).sin_cos();
                self.vertices.push(Vertex {
                    position: Vec3::new(radius * cosine, radius * sine, height),
                    normal: Vec3::new(outward * cosine, outward * sine, upward).normalize_or_zero(),
                });
            }
        }
        for ring in 0..rings.len().saturating_sub(1) as u32 {
            for step in 0..steps as u32 {
                let next = (step + 1) % steps as u32;
                let corner = |up: u32, around: u32| first + (ring + up) * steps as u32 + around;
                self.triangles.push([corner(0, step), corner(0, next), corner(1, next)]);
                self.triangles.push([corner(0, step), corner(1, next), corner(1, step)]);
            }
        }
    }

    pub fn flat_triangle(&mut self, corners: [Vec3; 3]) {
        let normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]).normalize_or_zero();
        let first = self.vertices.len() as u32;
        self.vertices.extend(corners.map(|position| Vertex { position, normal }));
        self.triangles.push([first, first + 1, first + 2]);
    }
}

/// A ball when `half_length` is 0.
fn capsule(radius: f32, half_length: f32) -> Mesh {
    let half_steps = STEPS / 4;
    let cap = |from: f32, middle: f32| {
        (0..=half_steps).map(move |step| {
            let latitude = from + 0.5 * PI * step as f32 / half_steps as f32;
            let (sine, cosine) = latitude.sin_cos();
            (radius * cosine, middle + radius * sine, cosine, sine)
        })
    };
    let rings: Vec<_> = cap(-0.5 * PI, -half_length).chain(cap(0.0, half_length)).collect();
    let mut mesh = Mesh::default();
    mesh.turned(&rings, STEPS);
    mesh
}

fn solid_box(half: Vec3) -> Mesh {
    let mut mesh = Mesh::default();
    for axis in 0..3 {
        for sign in [-1.0, 1.0] {
            let normal = Vec3::AXES[axis] * sign;
            let (along, across) = (Vec3::AXES[(axis + 1) % 3], Vec3::AXES[(axis + 2) % 3] * sign);
            let first = mesh.vertices.len() as u32;
            for (a, b) in [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                mesh.vertices.push(Vertex { position: (normal + along * a + across * b) * half, normal });
            }
            mesh.triangles.push([first, first + 1, first + 2]);
            mesh.triangles.push([first, first + 2, first + 3]);
        }
    }
    mesh
}

fn cylinder(radius: f32, half_length: f32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.turned(&[(radius, -half_length, 1.0, 0.0), (radius, half_length, 1.0, 0.0)], STEPS);
    mesh.turned(&[(0.0, -half_length, 0.0, -1.0), (radius, -half_length, 0.0, -1.0)], STEPS);
    mesh.turned(&[(radius, half_length, 0.0, 1.0), (0.0, half_length, 0.0, 1.0)], STEPS);
    mesh
}

fn ellipsoid(radii: Vec3) -> Mesh {
    let mut mesh = capsule(1.0, 0.0);
    for vertex in &mut mesh.vertices {
        vertex.position *= radii;
        vertex.normal = (vertex.normal / radii).normalize_or_zero();
    }
    mesh
}

fn triangles(surface: &TriangleMesh) -> Mesh {
    let mut mesh = Mesh::default();
    for triangle in &surface.triangles {
        let [a, b, c] = triangle.map(|corner| surface.vertices.get(corner as usize).copied().map(vec3));
        if let (Some(a), Some(b), Some(c)) = (a, b, c) {
            mesh.flat_triangle([a, b, c]);
        }
    }
    mesh
}

/// A surface that may be open, and is seen from behind then.
fn both_sides(surface: &TriangleMesh) -> Mesh {
    let mut mesh = triangles(surface);
    for triangle in mesh.triangles.clone() {
        let [a, b, c] = triangle.map(|corner| mesh.vertices[corner as usize].position);
        mesh.flat_triangle([a, c, b]);
    }
    mesh
}

/// A height layer, its normals up (1) or down (-1).
fn surface(layer: &HeightLayer, facing: f32) -> Mesh {
    let [along, across] = layer.points;
    let mut mesh = Mesh::default();
    let point = |i: usize, j: usize| {
        let height = layer.heights.get(i * across + j).copied().unwrap_or_default();
        vec3([i as f64 * layer.cell, j as f64 * layer.cell, height])
    };
    for i in 0..along.saturating_sub(1) {
        for j in 0..across.saturating_sub(1) {
            let [a, b, c, d] = [point(i, j), point(i + 1, j), point(i + 1, j + 1), point(i, j + 1)];
            for [first, second, third] in [[a, b, c], [a, c, d]] {
                mesh.flat_triangle(if facing > 0.0 {
                    [first, second, third]
                } else {
                    [first, third, second]
                });
            }
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Volume inside, by the divergence theorem: positive when triangles wind outwards.
    fn volume(mesh: &Mesh) -> f32 {
        mesh.triangles
            .iter()
            .map(|triangle| {
                let [a, b, c] = triangle.map(|index| mesh.vertices[index as usize].position);
                a.dot(b.cross(c)) / 6.0
            })
            .sum()
    }

    #[test]
    fn surfaces_enclose_the_volume_of_their_shape() {
        let of = |shape: Shape| volume(&Mesh::of_shape(&shape).unwrap());
        let ball = 4.0 / 3.0 * PI;
        assert!((of(Shape::Sphere { radius: 1.0 }) / ball - 1.0).abs() < 0.05);
        let capsule = ball + 2.0 * PI;
        assert!((of(Shape::Capsule { radius: 1.0, half_length: 1.0 }) / capsule - 1.0).abs() < 0.05);
        assert!((of(Shape::Box { half_extents: [1.0, 2.0, 3.0] }) - 48.0).abs() < 1e-3);
        let cylinder = of(Shape::Cylinder { radius: 1.0, half_length: 1.0 });
        assert!((cylinder / (2.0 * PI) - 1.0).abs() < 0.05);
        assert!((of(Shape::Ellipsoid { radii: [1.0, 2.0, 3.0] }) / (6.0 * ball) - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_hull_of_many_corners_is_drawn_whole() {
        let corners = (0..500).map(|i| {
            let (latitude, longitude) = (f64::from(i / 25) * 0.15, f64::from(i % 25) * 0.2513);
            [latitude.sin() * longitude.cos(), latitude.sin() * longitude.sin(), latitude.cos()]
        });
        let hull = Mesh::of_shape(&Shape::ConvexHull { vertices: corners.collect() }).unwrap();
        assert!((volume(&hull) / (4.0 / 3.0 * PI) - 1.0).abs() < 0.06, "{}", volume(&hull));
    }

    #[test]
    fn an_open_surface_is_seen_from_both_sides() {
        let square = TriangleMesh {
            vertices: vec![[0.0; 3], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]],
            triangles: vec![[0, 1, 2], [0, 2, 3]],
        };
        let mesh = Mesh::of_shape(&Shape::Mesh(square)).unwrap();
        let facing = |sign: f32| mesh.vertices.iter().filter(|vertex| vertex.normal.z * sign > 0.9).count();
        assert_eq!((mesh.triangles.len(), facing(1.0), facing(-1.0)), (4, 6, 6));
    }

    #[test]
    fn normals_point_outwards() {
        for shape in [
            Shape::Sphere { radius: 0.5 },
            Shape::Capsule { radius: 0.1, half_length: 0.4 },
            Shape::Box { half_extents: [0.1, 0.2, 0.3] },
            Shape::Cylinder { radius: 0.2, half_length: 0.1 },
            Shape::Ellipsoid { radii: [0.1, 0.2, 0.4] },
        ] {
            let mesh = Mesh::of_shape(&shape).unwrap();
            for triangle in &mesh.triangles {
                let corners = triangle.map(|index| mesh.vertices[index as usize]);
                let [a, b, c] = corners.map(|corner| corner.position);
                let face = (b - a).cross(c - a);
                if face.length() > 1e-7 {
                    assert!(corners.iter().all(|corner| corner.normal.dot(face) > 0.0), "{shape:?}");
                }
            }
        }
    }

    #[test]
    fn a_hull_leaves_out_what_is_inside() {
        let mut vertices: Vec<[f64; 3]> =
            (0..8).map(|i| [i & 1, i >> 1 & 1, i >> 2].map(|bit| 2.0 * f64::from(bit) - 1.0)).collect();
        vertices.push([0.1, 0.2, 0.0]);
        let mesh = Mesh::of_shape(&Shape::ConvexHull { vertices }).unwrap();
        assert!(mesh.vertices.iter().all(|vertex| vertex.position.abs().max_element() == 1.0));
        assert_eq!(mesh.triangles.len(), 12);
    }

    #[test]
    fn a_floor_faces_up_and_a_ceiling_down() {
        let layer = HeightLayer { points: [2, 3], cell: 0.5, heights: vec![0.0, 0.1, 0.0, 0.2, 0.0, 0.1] };
        let floor = Mesh::of_shape(&Shape::Floor(layer.clone())).unwrap();
        let ceiling = Mesh::of_shape(&Shape::Ceiling(layer)).unwrap();
        assert_eq!(floor.triangles.len(), 4);
        assert!(floor.vertices.iter().all(|vertex| vertex.normal.z > 0.0));
        assert!(ceiling.vertices.iter().all(|vertex| vertex.normal.z < 0.0));
    }

    #[test]
    fn a_plane_has_no_triangles() {
        assert!(Mesh::of_shape(&Shape::Plane).is_none());
    }
}
