//! Shapes of the model as rapier colliders.

use rapier3d::prelude::{
    ActiveHooks, CoefficientCombineRule, ColliderBuilder, Pose, Rotation, SharedShape, TriMeshFlags, Vector,
};

use super::{
    RapierError,
    blueprint::{pose, vector},
};
use crate::model::{FrictionCombination, GeomDescription, HeightLayer, Shape, TriangleMesh};

/// A collider of `geom`, in the frame of its body; `tag` is what the pair filter knows it by.
pub(super) fn collider(
    geom: &GeomDescription,
    frame: Pose,
    combination: FrictionCombination,
    tag: u128,
) -> Result<ColliderBuilder, RapierError> {
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
    Ok(ColliderBuilder::new(shape(geom)?)
        .position(own)
        // Masses are the bodies' own.
        .density(0.0)
        .friction(geom.friction as f32)
        .friction_combine_rule(rule)
        .restitution(geom.restitution as f32)
        .restitution_combine_rule(CoefficientCombineRule::Max)
        .active_hooks(ActiveHooks::FILTER_CONTACT_PAIRS)
        .user_data(tag))
}

fn shape(geom: &GeomDescription) -> Result<SharedShape, RapierError> {
    match &geom.shape {
        Shape::Sphere { radius } => Ok(SharedShape::ball(*radius as f32)),
        Shape::Capsule { radius, half_length } => {
            Ok(SharedShape::capsule_z(*half_length as f32, *radius as f32))
        }
        Shape::Box { half_extents: [x, y, z] } => Ok(SharedShape::cuboid(*x as f32, *y as f32, *z as f32)),
        Shape::Cylinder { radius, half_length } => {
            Ok(SharedShape::cylinder(*half_length as f32, *radius as f32))
        }
        Shape::ConvexHull { vertices } => {
            let points: Vec<Vector> = vertices.iter().map(|&vertex| vector(vertex)).collect();
            hull(&points, &geom.name)
        }
        Shape::Ellipsoid { radii } => hull(&ellipsoid(*radii), &geom.name),
        Shape::Mesh(mesh) => triangles(mesh, &geom.name),
        Shape::Plane => Ok(SharedShape::halfspace(Vector::Z)),
        Shape::Floor(layer) | Shape::Ceiling(layer) => surface(layer, &geom.name),
    }
}

fn hull(points: &[Vector], name: &str) -> Result<SharedShape, RapierError> {
    SharedShape::convex_hull(points).ok_or_else(|| RapierError::model(name, "its vertices span no volume"))
}

/// Rings of corners of the polyhedron that stands for an ellipsoid, and corners of a ring.
const RINGS: usize = 16;
const RING: usize = 32;

/// Points on an ellipsoid. Between them its hull is below it by at most 1.5 % of its radii.
fn ellipsoid(radii: [f64; 3]) -> Vec<Vector> {
    let point = |latitude: f64, longitude: f64| {
        let unit = [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()];
        vector(std::array::from_fn(|i| radii[i] * unit[i]))
    };
    let step = std::f64::consts::PI / RINGS as f64;
    let turn = std::f64::consts::TAU / RING as f64;
    let rings = (1..RINGS).map(|ring| ring as f64 * step - std::f64::consts::FRAC_PI_2);
    let mut points: Vec<Vector> =
        rings.flat_map(|latitude| (0..RING).map(move |at| point(latitude, at as f64 * turn))).collect();
    points.extend([-1.0, 1.0].map(|sign: f64| vector([0.0, 0.0, sign * radii[2]])));
    points
}

/// A skin of triangles; those without an area touch nothing.
fn triangles(mesh: &TriangleMesh, name: &str) -> Result<SharedShape, RapierError> {
    let vertices: Vec<Vector> = mesh.vertices.iter().map(|&vertex| vector(vertex)).collect();
    let has_area = |corners: &[u32; 3]| {
        let [a, b, c] = corners.map(|corner| vertices[corner as usize]);
        (b - a).cross(c - a).length() > 0.0
    };
    let triangles: Vec<[u32; 3]> = mesh.triangles.iter().copied().filter(has_area).collect();
    if triangles.is_empty() {
        return Err(RapierError::model(name, "its triangles have no area"));
    }
    SharedShape::trimesh_with_flags(vertices, triangles, TriMeshFlags::FIX_INTERNAL_EDGES)
        .map_err(|error| RapierError::model(name, format!("{error:?}")))
}

/// Two triangles a cell. Rapier's meshes have no inside: a layer is a thin skin from both sides.
fn surface(layer: &HeightLayer, name: &str) -> Result<SharedShape, RapierError> {
    let [along, across] = layer.points;
    if along < 2 || across < 2 || layer.heights.len() != along * across {
        return Err(RapierError::model(
            name,
            "a height layer needs at least 2 x 2 points and a height for each",
        ));
    }
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
            triangles.push([corner(0, 0), corner(1, 0), corner(1, 1)]);
            triangles.push([corner(0, 0), corner(1, 1), corner(0, 1)]);
        }
    }
    SharedShape::trimesh_with_flags(vertices, triangles, TriMeshFlags::FIX_INTERNAL_EDGES)
        .map_err(|error| RapierError::model(name, format!("{error:?}")))
}
