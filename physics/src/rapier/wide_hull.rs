//! Convex hulls for rapier whose faces may have any number of corners.
//!
//! Rapier touches with up to four corners of a face, and of a larger one takes the first four, which lie side by side: a
//! drum that stands on its end tips over. Here they are spread over the face, and where it leans, the corner that it leans
//! on is among them.

use rapier3d::parry::{
    bounding_volume::{Aabb, BoundingSphere},
    mass_properties::MassProperties,
    query::{PointProjection, PointQuery, Ray, RayCast, RayIntersection},
    shape::{
        ConvexPolyhedron, FeatureId, PackedFeatureId, PolygonalFeature, PolygonalFeatureMap, Shape,
        ShapeType, SharedShape, SupportMap, TypedShape,
    },
};
use rapier3d::prelude::Vector;

/// Corners of a face that rapier touches with.
const TOUCHING: usize = 4;

/// A face leans when one of its corners is farther ahead than another by this share of the distance between them.
const LEANING: f32 = 1e-3;

/// The convex hull of points; `None` where they span no volume.
pub(super) fn convex_hull(points: &[Vector]) -> Option<SharedShape> {
    let hull = SharedShape::convex_hull(points)?;
    let polyhedron = hull.as_shape::<ConvexPolyhedron>()?;
    let is_wide = polyhedron.faces().iter().any(|face| face.num_vertices_or_edges as usize > TOUCHING);
    Some(if is_wide { SharedShape::new(WideHull { polyhedron: polyhedron.clone() }) } else { hull })
}

#[derive(Clone, Debug)]
struct WideHull {
    polyhedron: ConvexPolyhedron,
}

impl PolygonalFeatureMap for WideHull {
    fn local_support_feature(&self, dir: Vector, feature: &mut PolygonalFeature) {
        let faces = self.polyhedron.faces();
        let ahead = |face: &usize| faces[*face].normal.dot(dir);
        let Some(best) = (0..faces.len()).max_by(|a, b| ahead(a).total_cmp(&ahead(b))) else { return };
        let first = faces[best].first_vertex_or_edge as usize;
        let corners = first..first + faces[best].num_vertices_or_edges as usize;
        let vertices = &self.polyhedron.vertices_adj_to_face()[corners.clone()];
        let edges = &self.polyhedron.edges_adj_to_face()[corners];
        let points: Vec<Vector> =
            vertices.iter().map(|&vertex| self.polyhedron.points()[vertex as usize]).collect();
        let chosen = spread(&points, dir);
        feature.num_vertices = chosen.len();
        feature.fid = PackedFeatureId::face(best as u32);
        for (place, corner) in chosen.into_iter().enumerate() {
            feature.vertices[place] = points[corner];
            feature.vids[place] = PackedFeatureId::vertex(vertices[corner]);
            feature.eids[place] = PackedFeatureId::edge(edges[corner]);
        }
    }
}

/// Up to four corners of a face, in its order: all of a small one; of a larger one the corner that is farthest ahead, or
/// the first where it does not lean, the one farthest from that, and the farthest on either side of the line between them.
fn spread(points: &[Vector], dir: Vector) -> Vec<usize> {
    if points.len() <= TOUCHING {
        return (0..points.len()).collect();
    }
    let farthest = |score: &dyn Fn(usize) -> f32| {
        (0..points.len()).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or_default()
    };
    let opposite = |corner: usize| farthest(&|other| points[other].distance_squared(points[corner]));
    let ahead = farthest(&|corner| points[corner].dot(dir));
    let lean = (points[ahead] - points[opposite(ahead)]).dot(dir);
    let leans = lean > LEANING * points[ahead].distance(points[opposite(ahead)]);
    let start = if leans { ahead } else { 0 };
    let end = opposite(start);
    let along = points[end] - points[start];
    let count = points.len();
    let off_line = |corner: usize| (points[corner] - points[start]).cross(along).length_squared();
    // Corners go around: those of one side come between the start and the end, those of the other after it.
    let between = |from: usize, to: usize| {
        let steps = (to + count - from) % count;
        let side = (1..steps).map(|step| (from + step) % count);
        side.max_by(|&a, &b| off_line(a).total_cmp(&off_line(b)))
    };
    [Some(start), between(start, end), Some(end), between(end, start)].into_iter().flatten().collect()
}

impl SupportMap for WideHull {
    fn local_support_point(&self, dir: Vector) -> Vector {
        self.polyhedron.local_support_point(dir)
    }
}

impl PointQuery for WideHull {
    fn project_local_point(&self, point: Vector, solid: bool) -> PointProjection {
        self.polyhedron.project_local_point(point, solid)
    }

    fn project_local_point_and_get_feature(&self, point: Vector) -> (PointProjection, FeatureId) {
        self.polyhedron.project_local_point_and_get_feature(point)
    }
}

impl RayCast for WideHull {
    fn cast_local_ray_and_get_normal(
        &self,
        ray: &Ray,
        farthest: f32,
        solid: bool,
    ) -> Option<RayIntersection> {
        self.polyhedron.cast_local_ray_and_get_normal(ray, farthest, solid)
    }
}

impl Shape for WideHull {
    fn compute_local_aabb(&self) -> Aabb {
        self.polyhedron.compute_local_aabb()
    }

    fn compute_local_bounding_sphere(&self) -> BoundingSphere {
        self.polyhedron.compute_local_bounding_sphere()
    }

    fn clone_dyn(&self) -> Box<dyn Shape> {
        Box::new(self.clone())
    }

    fn scale_dyn(&self, scale: Vector, _: u32) -> Option<Box<dyn Shape>> {
        Some(Box::new(Self { polyhedron: self.polyhedron.clone().scaled(scale)? }))
    }

    fn mass_properties(&self, density: f32) -> MassProperties {
        self.polyhedron.mass_properties(density)
    }

    fn shape_type(&self) -> ShapeType {
        ShapeType::Custom
    }

    fn as_typed_shape(&self) -> TypedShape<'_> {
        TypedShape::Custom(self)
    }

    fn ccd_thickness(&self) -> f32 {
        self.polyhedron.ccd_thickness()
    }

    fn ccd_angular_thickness(&self) -> f32 {
        self.polyhedron.ccd_angular_thickness()
    }

    fn is_convex(&self) -> bool {
        true
    }

    fn as_support_map(&self) -> Option<&dyn SupportMap> {
        Some(self)
    }

    fn as_polygonal_feature_map(&self) -> Option<(&dyn PolygonalFeatureMap, f32)> {
        Some((self, 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_that_touch_are_spread_over_the_face() {
        let ring: Vec<Vector> = (0..40)
            .map(|i| {
                let (sine, cosine) = (std::f32::consts::TAU * i as f32 / 40.0).sin_cos();
                Vector::new(cosine, sine, 0.0)
            })
            .collect();
        assert_eq!(spread(&ring, Vector::NEG_Z), [0, 10, 20, 30]);
        // Leaning on corner 7.
        let dir = Vector::new(0.1 * ring[7].x, 0.1 * ring[7].y, -1.0).normalize();
        assert_eq!(spread(&ring, dir), [7, 17, 27, 37]);
        assert_eq!(spread(&ring[..4], dir), [0, 1, 2, 3]);
    }

    #[test]
    fn only_hulls_with_wide_faces_are_special() {
        let prism = |sides: usize| -> Vec<Vector> {
            let ring = (0..sides).map(|i| (std::f32::consts::TAU * i as f32 / sides as f32).sin_cos());
            ring.flat_map(|(sine, cosine)| [-1.0, 1.0].map(|z| Vector::new(cosine, sine, z))).collect()
        };
        assert_eq!(convex_hull(&prism(4)).unwrap().shape_type(), ShapeType::ConvexPolyhedron);
        let hull = convex_hull(&prism(6)).unwrap();
        let (map, _) = hull.as_polygonal_feature_map().unwrap();
        let mut feature = PolygonalFeature::default();
        map.local_support_feature(Vector::NEG_Z, &mut feature);
        assert_eq!(feature.num_vertices, 4);
        let widest =
            feature.vertices.iter().map(|corner| corner.distance(feature.vertices[0])).fold(0.0, f32::max);
        assert!((widest - 2.0).abs() < 1e-5, "{feature:?}");
    }
}
