//! Height layers of the scene in the native engine: their windows are looked up world by world, between the
//! collision of the other shapes and the solver.

use super::detection::rules::append_contact;
use super::tables::rules::{
    ContactTables, ContactWorkspace, GEOM_BOX, GEOM_CAPSULE, GEOM_SPHERE, GeomParameters, MAX_GEOMS,
};
use crate::collision::contact_point::rules::ContactPoint;
use crate::collision::height_layer::rules::HeightWindow;
use crate::collision::height_map::HeightMap;
use crate::collision::round::rules::Capsule;
use crate::native::lane::Lane;

/// A layer and the shapes that may touch it.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneLayer {
    /// Index of the layer among the shapes.
    pub geom: u32,
    /// Its heights.
    pub map: HeightMap,
    /// The shapes of the bodies, each with its first slot; slots follow those of all other pairs.
    pub shapes: Vec<LayerPair>,
}

/// A shape that may touch a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerPair {
    /// Index of the shape.
    pub geom: u32,
    /// Its first slot.
    pub slot: u32,
}

/// Appends the contacts of all shapes with all layers; the shapes are placed and the other contacts listed.
pub fn detect_layer_contacts<L: Lane>(
    layers: &[SceneLayer],
    tables: &ContactTables,
    geoms: &[GeomParameters<L>; MAX_GEOMS],
    margin: L,
    window: &mut HeightWindow<L>,
    work: &mut ContactWorkspace<L>,
) {
    let reach = margin.lane(0);
    for layer in layers {
        for LayerPair { geom, slot } in &layer.shapes {
            let index = *geom as usize;
            let (pose, size) = (work.placed[index], geoms[index].size);
            let mut append = |points: &[ContactPoint<L>]| {
                for (offset, point) in (0u32..).zip(points) {
                    append_contact(work, *point, margin, slot + offset, *geom, layer.geom);
                }
            };
            match tables.geom_kind[index] {
                GEOM_SPHERE => {
                    if let Some(point) = layer.map.collide_sphere(pose.position, size.x, reach, window) {
                        append(&[point]);
                    }
                }
                GEOM_CAPSULE => {
                    let capsule = Capsule {
                        center: pose.position,
                        axis: pose.rotation.z,
                        half_length: size.y,
                        radius: size.x,
                    };
                    if let Some(points) = layer.map.collide_capsule(capsule, reach, window) {
                        append(&points);
                    }
                }
                GEOM_BOX => {
                    if let Some(points) = layer.map.collide_box(pose, size, reach, window) {
                        append(&points);
                    }
                }
                _ => {}
            }
        }
    }
}
