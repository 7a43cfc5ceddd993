//! Meshes of an MJCF file, from its text or from files beside it. MuJoCo collides their convex hulls, of bodies that move
//! and of those that do not, and so are they taken here.

use std::path::Path;

use mjcf_rs::{Model, assets::MeshInertia, body::Geom};

use super::{
    super::{
        frame::Frame,
        inertia::MassProperties,
        mesh_file::{facing_out, hull_of, read_mesh},
    },
    bodies::frame_of,
};
use crate::{
    collision::convex_hull::convex_hull,
    model::{Shape, TriangleMesh},
};

/// A mesh in the frame of its shape.
pub(super) struct Mesh<'a> {
    name: &'a str,
    /// What the file calls it; a mesh of corners alone has no triangles.
    surface: TriangleMesh,
    inertia: MeshInertia,
    /// Corners that MuJoCo would leave its hull.
    most: Option<u32>,
}

impl<'a> Mesh<'a> {
    /// The mesh that `geom` names.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn of(file: &'a Model, geom: &'a Geom, folder: &Path) -> Result<Self, String> {
        let name = geom.mesh.as_deref().ok_or("it names no mesh")?;
        let asset = file.assets.mesh(name).ok_or_else(|| format!("the mesh {name} does not exist"))?;
        let mut surface = match (&asset.inline_vertices, file.resolve_mesh_file(asset, folder)) {
            (Some(_), Some(_)) => {
                return Err(format!("the mesh {name} has file and vertex; give one of them"));
            }
            (None, None) => return Err(format!("the mesh {name} has neither file nor vertex")),
            (None, Some(path)) => {
                read_mesh(&path, [1.0; 3]).map_err(|reason| format!("the mesh {name}: {reason}"))?
            }
            (Some(numbers), None) => {
                if !numbers.len().is_multiple_of(3) || numbers.len() < 12 {
                    return Err(format!(
                        "the mesh {name} has {} numbers in vertex; three each of 4 corners or more are supported",
                        numbers.len()
                    ));
                }
                let triples = numbers.chunks_exact(3).map(|v| [v[0], v[1], v[2]]);
                let faces = asset.inline_faces.as_deref().unwrap_or_default();
                TriangleMesh {
                    vertices: triples.collect(),
                    triangles: faces
                        .chunks_exact(3)
                        .map(|corners| [corners[0], corners[1], corners[2]])
                        .collect(),
                }
            }
        };
        let reference = frame_of(&asset.refpose);
        let [w, x, y, z] = reference.orientation;
        let back = Frame { position: [0.0; 3], orientation: [w, -x, -y, -z] };
        for vertex in &mut surface.vertices {
            // MuJoCo takes the reference pose off, then scales.
            let turned = back.rotate(std::array::from_fn(|i| vertex[i] - reference.position[i]));
            *vertex = std::array::from_fn(|i| turned[i] * asset.scale[i]);
        }
        for triangle in &mut surface.triangles {
            *triangle = facing_out(*triangle, asset.scale);
        }
        Ok(Self { name, surface, inertia: asset.inertia, most: asset.max_hull_vert })
    }

    /// What collides.
    ///
    /// # Errors
    /// When the corners span no volume, or the file wants fewer of them.
    pub fn hull(&self) -> Result<Shape, String> {
        let hull = hull_of(self.surface.vertices.clone())
            .map_err(|reason| format!("the mesh {}: {reason}", self.name))?;
        match (&hull, self.most) {
            (Shape::ConvexHull { vertices }, Some(most)) if vertices.len() > most as usize => Err(format!(
                "the mesh {} has a convex hull of {} corners; maxhullvert below that is not supported",
                self.name,
                vertices.len()
            )),
            _ => Ok(hull),
        }
    }

    /// Mass properties at 1 kg/m³: of the hull or, where the file asks for it, of what the triangles enclose.
    ///
    /// # Errors
    /// When there is no volume, or the file asks for another way to count.
    pub fn solid(&self) -> Result<MassProperties, String> {
        let name = self.name;
        match self.inertia {
            MeshInertia::Convex => {
                let hull = convex_hull(&self.surface.vertices);
                let solid = hull.as_ref().and_then(MassProperties::inside);
                solid.ok_or_else(|| format!("the mesh {name}: its corners span no volume"))
            }
            MeshInertia::Exact => MassProperties::inside(&self.surface).ok_or_else(|| {
                format!(
                    "the mesh {name} has inertia=\"exact\", but its triangles enclose nothing from outside"
                )
            }),
            MeshInertia::Shell | MeshInertia::Legacy => Err(format!(
                "the mesh {name}: of inertia, convex and exact are supported; or add <inertial> to the body"
            )),
        }
    }
}
