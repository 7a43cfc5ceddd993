//! What a description may hold that this engine cannot collide, and another backend can.

use super::{LayoutError, check};
use crate::model::{GeomDescription, ModelDescription, Shape};

/// Largest number of vertices of a convex hull in this engine.
pub(crate) const MAX_HULL_VERTICES: usize = 64;

/// Refuses the first shape that only the rapier backend takes.
pub(super) fn check(model: &ModelDescription) -> Result<(), LayoutError> {
    for body in &model.bodies {
        for geom in &body.geoms {
            refuse(geom, || check::geom_of_body(&geom.name, &body.name))?;
        }
    }
    model.scene.iter().try_for_each(|geom| refuse(geom, || check::geom_of_scene(&geom.name)))
}

fn refuse(geom: &GeomDescription, element: impl Fn() -> String) -> Result<(), LayoutError> {
    match kind(&geom.shape) {
        Some(kind) => Err(LayoutError::Beyond { element: element(), kind }),
        None => Ok(()),
    }
}

/// What the shape is; `None` for what this engine has.
fn kind(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Cylinder { .. } => Some("a cylinder".to_owned()),
        Shape::Ellipsoid { .. } => Some("an ellipsoid".to_owned()),
        Shape::Mesh(mesh) => Some(format!("a mesh of {} triangles", mesh.triangles.len())),
        Shape::ConvexHull { vertices } if vertices.len() > MAX_HULL_VERTICES => {
            Some(format!("a convex hull of {} vertices, more than {MAX_HULL_VERTICES}", vertices.len()))
        }
        Shape::Sphere { .. }
        | Shape::Capsule { .. }
        | Shape::Box { .. }
        | Shape::ConvexHull { .. }
        | Shape::Plane
        | Shape::Floor(_)
        | Shape::Ceiling(_) => None,
    }
}
