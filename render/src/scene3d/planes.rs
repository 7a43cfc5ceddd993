//! The planes of a scene. The one that bodies stand on is drawn without end; the others, walls and ceilings and slopes,
//! as patches that are cut off where they meet, so that a closed room looks like one.

use glam::Vec3;

use super::{Bounds, Placement, mesh::Mesh};

/// Planes that face up at least so steeply can be the ground.
const GROUND_UP: f32 = 0.5;
/// Planes farther from the bodies than this, in m, do not make patches larger.
const FAR: f32 = 8.0;

/// The outward normal of a plane.
pub(super) fn normal(plane: &Placement) -> Vec3 {
    plane.rotation * Vec3::Z
}

/// Index of the plane that bodies stand on: the most level one, of several the highest. `worlds` holds the planes of
/// each world; in a grid the ground has to be level and at one height in all of them.
pub(super) fn ground(worlds: &[Vec<Placement>]) -> Option<usize> {
    let candidate = |planes: &Vec<Placement>| {
        let up = planes.iter().enumerate().filter(|(_, plane)| normal(plane).z > GROUND_UP);
        up.max_by(|(_, a), (_, b)| {
            normal(a).z.total_cmp(&normal(b).z).then(a.position.z.total_cmp(&b.position.z))
        })
        .map(|(index, _)| index)
    };
    let first = worlds.first()?;
    let index = candidate(first)?;
    let is_shared = worlds.iter().all(|planes| {
        candidate(planes) == Some(index)
            && normal(&planes[index]).z > 0.9999
            && (planes[index].position.z - first[index].position.z).abs() < 1e-6
    });
    (worlds.len() == 1 || is_shared).then_some(index)
}

/// How far walls are from the bodies around `center`, in m; far ones do not count.
pub(super) fn distance_of_walls(planes: &[Placement], center: Vec3) -> f32 {
    let walls = planes.iter().filter(|plane| normal(plane).z.abs() < 0.7);
    walls.map(|plane| height_above(plane, center)).filter(|distance| *distance < FAR).fold(0.0, f32::max)
}

/// The part of plane `index` around the bodies, as a polygon counterclockwise about its normal: what all other planes
/// leave of it. Empty where they leave nothing.
pub(super) fn patch(planes: &[Placement], index: usize, bodies: Bounds) -> Vec<Vec3> {
    let plane = &planes[index];
    let farthest = planes
        .iter()
        .map(|plane| height_above(plane, bodies.center))
        .filter(|distance| *distance < FAR)
        .fold(0.0, f32::max);
    let reach = 1.5 * bodies.radius + 1.2 * farthest;
    let middle = bodies.center - normal(plane) * height_above(plane, bodies.center);
    let (along, across) = (plane.rotation * Vec3::X * reach, plane.rotation * Vec3::Y * reach);
    let square = vec![
        middle - along - across,
        middle + along - across,
        middle + along + across,
        middle - along + across,
    ];
    let others = planes.iter().enumerate().filter(|(other, _)| *other != index);
    others.fold(square, |polygon, (_, other)| above(&polygon, other))
}

/// A flat polygon as a mesh in the world.
pub(super) fn polygon_mesh(corners: &[Vec3]) -> Mesh {
    let mut mesh = Mesh::default();
    for pair in corners.windows(2).skip(1) {
        mesh.flat_triangle([corners[0], pair[0], pair[1]]);
    }
    mesh
}

fn height_above(plane: &Placement, point: Vec3) -> f32 {
    (point - plane.position).dot(normal(plane))
}

/// What of a polygon lies above a plane (Sutherland and Hodgman, 1974).
fn above(polygon: &[Vec3], plane: &Placement) -> Vec<Vec3> {
    let mut kept = Vec::with_capacity(polygon.len() + 1);
    for (index, &from) in polygon.iter().enumerate() {
        let to = polygon[(index + 1) % polygon.len()];
        let (here, there) = (height_above(plane, from), height_above(plane, to));
        if here >= 0.0 {
            kept.push(from);
        }
        if (here >= 0.0) != (there >= 0.0) {
            kept.push(from.lerp(to, here / (here - there)));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use glam::Quat;

    use super::*;

    fn plane(position: [f32; 3], facing: [f32; 3]) -> Placement {
        let rotation = Quat::from_rotation_arc(Vec3::Z, Vec3::from(facing));
        Placement { position: Vec3::from(position), rotation }
    }

    const FLOOR: ([f32; 3], [f32; 3]) = ([0.0; 3], [0.0, 0.0, 1.0]);

    #[test]
    fn the_ground_is_the_level_plane_wherever_it_stands_in_the_list() {
        let floor = plane(FLOOR.0, FLOOR.1);
        let wall = plane([-2.0, 0.0, 0.0], [1.0, 0.0, 0.0]);
        assert_eq!(ground(&[vec![wall, floor]]), Some(1));
        assert_eq!(ground(&[vec![wall]]), None);
        let raised = plane([0.0, 0.0, 0.1], [0.0, 0.0, 1.0]);
        assert_eq!(ground(&[vec![floor], vec![floor]]), Some(0));
        assert_eq!(ground(&[vec![floor], vec![raised]]), None, "each world has a floor of its own");
    }

    #[test]
    fn walls_end_where_they_meet_the_floor_and_one_another() {
        let room = [
            plane(FLOOR.0, FLOOR.1),
            plane([-2.0, 0.0, 0.0], [1.0, 0.0, 0.0]),
            plane([2.0, 0.0, 0.0], [-1.0, 0.0, 0.0]),
            plane([0.0, 3.0, 0.0], [0.0, -1.0, 0.0]),
        ];
        let bodies = Bounds { center: Vec3::new(0.0, 0.0, 0.3), radius: 0.3 };
        let wall = patch(&room, 3, bodies);
        let (low, high) = wall.iter().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(low, high), &corner| {
            (low.min(corner), high.max(corner))
        });
        assert!((low - Vec3::new(-2.0, 3.0, 0.0)).length() < 1e-4, "{low}");
        assert!((high.x - 2.0).abs() < 1e-4 && high.z > 1.0, "{high}");
        let mesh = polygon_mesh(&wall);
        let faces_in = |vertex: &crate::scene3d::mesh::Vertex| (vertex.normal - Vec3::NEG_Y).length() < 1e-4;
        assert!(!mesh.vertices.is_empty() && mesh.vertices.iter().all(faces_in));
        assert!((distance_of_walls(&room, bodies.center) - 3.0).abs() < 1e-4);
    }

    #[test]
    fn a_plane_below_the_floor_has_no_patch() {
        let planes = [plane(FLOOR.0, FLOOR.1), plane([0.0, 0.0, -1.0], [0.0, 0.0, 1.0])];
        assert!(patch(&planes, 1, Bounds { center: Vec3::Z, radius: 1.0 }).is_empty());
    }
}
