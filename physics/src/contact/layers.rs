//! Height layers of the scene in the native engine: their windows are looked up world by world, between the
//! collision of the other shapes and the solver.

use super::layer_detection::rules::{LayerFrame, collide_with_layer, is_clear, pose_in_layer, window_reach};
use super::tables::rules::{ContactTables, ContactWorkspace, GeomParameters, MAX_GEOMS};
use crate::collision::height_layer::rules::{HeightWindow, window_top};
use crate::collision::height_map::HeightMap;
use crate::collision::hull::rules::Cloud;
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
    /// How many points, hence slots, it has.
    pub points: u32,
}

/// Appends the contacts of all shapes with all layers; the shapes are placed and the other contacts listed.
/// The cloud is working memory.
pub fn detect_layer_contacts<L: Lane>(
    layers: &[SceneLayer],
    tables: &mut ContactTables,
    geoms: &[GeomParameters<L>; MAX_GEOMS],
    margin: L,
    window: &mut HeightWindow<L>,
    cloud: &mut Cloud<L>,
    work: &mut ContactWorkspace<L>,
) {
    for layer in layers {
        let frame: LayerFrame<L> = layer.map.frame();
        for LayerPair { geom, slot, .. } in &layer.shapes {
            let index = *geom as usize;
            let (kind, size) = (tables.geom_kind[index], geoms[index].size);
            let pose = pose_in_layer(frame, work.placed[index]);
            if is_clear(kind, size, pose, margin, frame.top) {
                continue;
            }
            layer.map.fill(pose.position, window_reach(frame, kind, size, margin), window);
            if is_clear(kind, size, pose, margin, window_top(window)) {
                continue;
            }
            collide_with_layer(
                tables, frame, layer.geom, *geom, *slot, size, pose, margin, window, cloud, work,
            );
        }
    }
}
