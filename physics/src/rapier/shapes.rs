//! Shapes of the model as rapier colliders.

use rapier3d::prelude::{
    ActiveHooks, CoefficientCombineRule, ColliderBuilder, Pose, Rotation, SharedShape, TriMeshFlags, Vector,
};

use super::{
    RapierError,
    blueprint::{pose, vector},
    wide_hull::convex_hull,
};
use crate::model::{FrictionCombination, GeomDescription, HeightLayer, Shape, TriangleMesh};

/// The colliders of `geom`, in the frame of its body; `tag` is what the pair filter knows them by.
pub(super) fn colliders(
    geom: &GeomDescription,
    frame: Pose,
    combination: FrictionCombination,
    tag: u128,
) -> Result<Vec<ColliderBuilder>, RapierError> {
    let rule = match combination {
        FrictionCombination::Maximum => CoefficientCombineRule::Max,
        FrictionCombination::Average => CoefficientCombineRule::Average,
        FrictionCombination::Minimum => CoefficientCombineRule::Min,
        FrictionCombination::Multiply => CoefficientCombineRule::Multiply,
    };
    let own = frame * pose(geom.position, geom.orientation);
    // Rapier's cylinders stand along y.
    let own = match geom.shape {
        Shape::Cylinder { .. } => {
            own * Pose::from_rotation(Rotation::from_rotation_x(std::f32::consts::FRAC_PI_2))
        }
        _ => own,
    };
    let build = |shape: SharedShape| {
        ColliderBuilder::new(shape)
            .position(own)
            // Masses are the bodies' own.
            .density(0.0)
            .friction(geom.friction as f32)
            .friction_combine_rule(rule)
            .restitution(geom.restitution as f32)
            .restitution_combine_rule(CoefficientCombineRule::Max)
            .active_hooks(ActiveHooks::FILTER_CONTACT_PAIRS)
            .user_data(tag)
    };
    Ok(shapes(geom)?.into_iter().map(build).collect())
}

fn shapes(geom: &GeomDescription) -> Result<Vec<SharedShape>, RapierError> {
    let element = format!("geom '{}'", geom.name);
    let shape = match &geom.shape {
        Shape::Sphere { radius } => SharedShape::ball(*radius as f32),
        Shape::Capsule { radius, half_length } => SharedShape::capsule_z(*half_length as f32, *radius as f32),
        Shape::Box { half_extents: [x, y, z] } => SharedShape::cuboid(*x as f32, *y as f32, *z as f32),
        Shape::Cylinder { radius, half_length } => SharedShape::cylinder(*half_length as f32, *radius as f32),
        Shape::ConvexHull { vertices } => {
            let points: Vec<Vector> = vertices.iter().map(|&vertex| vector(vertex)).collect();
            hull(&points, &element)?
        }
        Shape::Ellipsoid { radii } => hull(&ellipsoid(*radii), &element)?,
        Shape::Plane => SharedShape::halfspace(Vector::Z),
        Shape::Floor(layer) => heights(layer, 1.0, &element)?,
        Shape::Ceiling(layer) => heights(layer, -1.0, &element)?,
        Shape::Mesh(mesh) => return both_sides(mesh, &element),
    };
    Ok(vec![shape])
}

fn hull(points: &[Vector], name: &str) -> Result<SharedShape, RapierError> {
    convex_hull(points).ok_or_else(|| RapierError::model(name, "its vertices span no volume"))
}

/// Corners of the polyhedron that stands for an ellipsoid.
const CORNERS: usize = 800;

/// Points on an ellipsoid, on a spiral from pole to pole that spreads them evenly (Saff and Kuijlaars, 1997). Between them
/// the faces of their hull are below it by about 0.3 % of its radii.
fn ellipsoid(radii: [f64; 3]) -> Vec<Vector> {
    let golden = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
    let point = |index: usize| {
        let z = 1.0 - (2 * index + 1) as f64 / CORNERS as f64;
        let (sine, cosine) = (golden * index as f64).sin_cos();
        let across = (1.0 - z * z).sqrt();
        vector([radii[0] * across * cosine, radii[1] * across * sine, radii[2] * z])
    };
    (0..CORNERS).map(point).collect()
}

/// A mesh from both sides. Rapier's triangles are solid from the front alone once their inner edges are smoothed over.
fn both_sides(mesh: &TriangleMesh, name: &str) -> Result<Vec<SharedShape>, RapierError> {
    let vertices: Vec<Vector> = mesh.vertices.iter().map(|&vertex| vector(vertex)).collect();
    let has_area = |corners: &[u32; 3]| {
        let [a, b, c] = corners.map(|corner| vertices[corner as usize]);
        (b - a).cross(c - a).length() > 0.0
    };
    let front: Vec<[u32; 3]> = mesh.triangles.iter().copied().filter(has_area).collect();
    if front.is_empty() {
        return Err(RapierError::model(name, "its triangles have no area"));
    }
    let back = front.iter().map(|&[a, b, c]| [a, c, b]).collect();
    Ok(vec![skin(vertices.clone(), front, name)?, skin(vertices, back, name)?])
}

/// Two triangles a cell, that face up (1) or down (-1).
fn heights(layer: &HeightLayer, facing: f32, name: &str) -> Result<SharedShape, RapierError> {
    let [along, across] = layer.points;
    let vertices = (0..along * across)
        .map(|index| {
            let (i, j) = (index / across, index % across);
            vector([i as f64 * layer.cell, j as f64 * layer.cell, layer.heights[index]])
        })
        .collect();
    let mut triangles = Vec::with_capacity(2 * (along - 1) * (across - 1));
    for i in 0..along - 1 {
        for j in 0..across - 1 {
            let corner = |di: usize, dj: usize| ((i + di) * across + j + dj) as u32;
            for [a, b, c] in
                [[corner(0, 0), corner(1, 0), corner(1, 1)], [corner(0, 0), corner(1, 1), corner(0, 1)]]
            {
                triangles.push(if facing > 0.0 { [a, b, c] } else { [a, c, b] });
            }
        }
    }
    skin(vertices, triangles, name)
}

/// Triangles that are solid from where they turn counterclockwise, without an inside.
fn skin(vertices: Vec<Vector>, triangles: Vec<[u32; 3]>, name: &str) -> Result<SharedShape, RapierError> {
    SharedShape::trimesh_with_flags(vertices, triangles, TriMeshFlags::FIX_INTERNAL_EDGES)
        .map_err(|error| RapierError::model(name, format!("{error:?}")))
}
