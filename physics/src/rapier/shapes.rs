//! Shapes of the model as rapier colliders.

use rapier3d::prelude::{
    ActiveHooks, CoefficientCombineRule, ColliderBuilder, Pose, SharedShape, TriMeshFlags, Vector,
};

use super::{
    RapierError,
    blueprint::{pose, vector},
};
use crate::model::{FrictionCombination, GeomDescription, HeightLayer, Shape};

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
    Ok(ColliderBuilder::new(shape(geom)?)
        .position(frame * pose(geom.position, geom.orientation))
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
        Shape::ConvexHull { vertices } => {
            let points: Vec<Vector> = vertices.iter().map(|&vertex| vector(vertex)).collect();
            SharedShape::convex_hull(&points)
                .ok_or_else(|| RapierError::model(&geom.name, "its vertices span no volume"))
        }
        Shape::Plane => Ok(SharedShape::halfspace(Vector::Z)),
        Shape::Floor(layer) | Shape::Ceiling(layer) => surface(layer, &geom.name),
    }
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
