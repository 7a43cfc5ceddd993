//! How long the arrays of a kernel are: no longer than its model fills.

use crate::capacity::rules::{MAX_ACTUATORS, MAX_BODIES, MAX_COORDINATES, MAX_DOFS, MAX_FACTOR, NONE};
use crate::collision::height_layer::rules::MAX_WINDOW;
use crate::collision::hull::rules::{MAX_CORNERS, MAX_FACES};
use crate::contact::layout::ContactLayout;
use crate::contact::tables::rules::{
    GEOM_BOX, GEOM_CAPSULE, GEOM_HULL, GEOM_LAYER, GEOM_PLANE, GEOM_SPHERE, MAX_GEOMS, MAX_HULL_CORNERS,
    MAX_HULL_FACES, MAX_PAIRS,
};
use crate::dynamics::tree::rules::Tree;
use crate::layout::Layout;

/// Contact points at work at the same time in one world, and entries of their rows: an invocation has no neighbours in its list.
const WORLD_CONTACTS: usize = 64;
const WORLD_ROW_ENTRIES: usize = 1024;
/// Corners and faces of a box, the largest shape without a hull of its own.
const BOX_CORNERS: usize = 8;
const BOX_FACES: usize = 6;

/// The larger rules of pairs: the constant that leaves one out, and the kinds of shapes that it is for. A
/// hull meets all bounded shapes by the same rule.
const RULES: [(&str, &[[u32; 2]]); 9] = [
    (
        "RULE_HULL",
        &[[GEOM_SPHERE, GEOM_HULL], [GEOM_CAPSULE, GEOM_HULL], [GEOM_BOX, GEOM_HULL], [GEOM_HULL, GEOM_HULL]],
    ),
    ("RULE_HULL_PLANE", &[[GEOM_HULL, GEOM_PLANE]]),
    ("RULE_BOX_BOX", &[[GEOM_BOX, GEOM_BOX]]),
    ("RULE_CAPSULE_BOX", &[[GEOM_CAPSULE, GEOM_BOX]]),
    ("RULE_CAPSULE_CAPSULE", &[[GEOM_CAPSULE, GEOM_CAPSULE]]),
    ("RULE_SPHERE_BOX", &[[GEOM_SPHERE, GEOM_BOX]]),
    ("RULE_SPHERE_LAYER", &[[GEOM_SPHERE, GEOM_LAYER]]),
    ("RULE_CAPSULE_LAYER", &[[GEOM_CAPSULE, GEOM_LAYER]]),
    ("RULE_CLOUD_LAYER", &[[GEOM_BOX, GEOM_LAYER], [GEOM_HULL, GEOM_LAYER]]),
];

/// Lengths of the arrays of a model's records on the device. None is larger than on the CPU. Only contacts and their
/// rows may be fewer than the model's shapes could have at once; those left out are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Capacities {
    pub(super) bodies: usize,
    pub(super) dofs: usize,
    pub(super) coordinates: usize,
    pub(super) actuators: usize,
    pub(super) factor: usize,
    pub(super) geoms: usize,
    pub(super) pairs: usize,
    pub(super) contacts: usize,
    pub(super) row_entries: usize,
    pub(super) hull_corners: usize,
    pub(super) hull_faces: usize,
    pub(super) corners: usize,
    pub(super) faces: usize,
    pub(super) layers: usize,
    pub(super) layer_pairs: usize,
    /// Grid points of a window; one where nothing meets a layer.
    pub(super) window: usize,
    /// Which of [`RULES`] the model has a pair for.
    pub(super) rules: [bool; RULES.len()],
}

impl Capacities {
    pub(super) fn of(layout: &Layout, contact: &ContactLayout) -> Self {
        let tree = &layout.tree;
        let tables = &contact.tables;
        let dofs = tree.dofs as usize;
        let pairs = tables.pair_count as usize;
        let geoms = tables.geom_count as usize;
        let used = |starts: &[u32], counts: &[u32]| {
            starts[..geoms]
                .iter()
                .zip(counts)
                .map(|(start, count)| (start + count) as usize)
                .max()
                .unwrap_or(0)
        };
        let has_hulls = tables.geom_kind[..geoms].contains(&GEOM_HULL);
        let largest = |counts: &[u32; MAX_GEOMS]| counts.iter().copied().max().unwrap_or(0) as usize;
        // Joints at work have one row each, contact points one a chain and shape.
        let joints: usize = (0..dofs).map(|dof| tree.chain_depth[dof] as usize + 1).sum();
        let mut rows = 0;
        let mut rules = [false; RULES.len()];
        let mut note = |first: u32, second: u32, points: u32| {
            let kinds = [first, second].map(|geom| tables.geom_kind[geom as usize]);
            for (used, (_, pairs)) in rules.iter_mut().zip(RULES) {
                *used |= pairs.contains(&kinds);
            }
            rows += points as usize * (chain_of(tree, contact, first) + chain_of(tree, contact, second));
        };
        for pair in 0..pairs {
            note(tables.pair_first[pair], tables.pair_second[pair], contact.slots_of_pair(pair));
        }
        for layer in &contact.layers {
            for shape in &layer.shapes {
                note(shape.geom, layer.geom, shape.points);
            }
        }
        let layer_pairs = contact.layers.iter().map(|layer| layer.shapes.len()).sum::<usize>();
        Self {
            bodies: (tree.bodies as usize).clamp(1, MAX_BODIES),
            dofs: dofs.clamp(1, MAX_DOFS),
            coordinates: (tree.coordinates as usize).clamp(1, MAX_COORDINATES),
            actuators: (tree.actuators as usize).clamp(1, MAX_ACTUATORS),
            factor: joints.clamp(1, MAX_FACTOR),
            geoms: geoms.clamp(1, MAX_GEOMS),
            pairs: pairs.clamp(1, MAX_PAIRS),
            contacts: (contact.slots() as usize).clamp(1, WORLD_CONTACTS),
            row_entries: rows.max(joints).clamp(1, WORLD_ROW_ENTRIES),
            hull_corners: used(&tables.hull_corner_start, &tables.hull_corner_count)
                .clamp(1, MAX_HULL_CORNERS),
            hull_faces: used(&tables.hull_face_start, &tables.hull_face_count).clamp(1, MAX_HULL_FACES),
            corners: if has_hulls {
                largest(&tables.hull_corner_count).clamp(BOX_CORNERS, MAX_CORNERS)
            } else {
                BOX_CORNERS
            },
            faces: if has_hulls {
                largest(&tables.hull_face_count).clamp(BOX_FACES, MAX_FACES)
            } else {
                BOX_FACES
            },
            layers: contact.layers.len().max(1),
            layer_pairs: layer_pairs.max(1),
            window: if layer_pairs > 0 { MAX_WINDOW } else { 1 },
            rules,
        }
    }

    /// The constants of the rules, and what stands in their place in the kernel.
    pub(super) fn constants(&self) -> Vec<(&'static str, u32)> {
        let lengths = [
            ("MAX_BODIES", self.bodies),
            ("MAX_DOFS", self.dofs),
            ("MAX_COORDINATES", self.coordinates),
            ("MAX_ACTUATORS", self.actuators),
            ("MAX_FACTOR", self.factor),
            ("MAX_GEOMS", self.geoms),
            ("MAX_PAIRS", self.pairs),
            ("MAX_CONTACTS", self.contacts),
            ("MAX_ROW_ENTRIES", self.row_entries),
            ("MAX_HULL_CORNERS", self.hull_corners),
            ("MAX_HULL_FACES", self.hull_faces),
            ("MAX_CORNERS", self.corners),
            ("MAX_FACES", self.faces),
            ("MAX_WINDOW", self.window),
        ]
        .map(|(name, length)| (name, length as u32));
        let rules = RULES.iter().zip(self.rules).map(|((name, _), used)| (*name, u32::from(used)));
        lengths.into_iter().chain(rules).collect()
    }
}

/// Degrees of freedom that move a shape.
fn chain_of(tree: &Tree, contact: &ContactLayout, geom: u32) -> usize {
    match contact.tables.geom_body[geom as usize] {
        NONE => 0,
        body => tree.chain_depth[tree.last_dof[body as usize] as usize] as usize + 1,
    }
}
