//! The contact part of a compiled model: its shapes, the pairs that may touch, limits and dry friction.
//!
//! Every shape of a movable body meets every shape of the scene, and the shapes of other bodies where the
//! model lists the two bodies as colliding.

use super::detection::rules::bounding_radius;
use super::joints::rules::JointLimits;
use super::layers::{LayerPair, SceneLayer};
use super::softness::rules::softness_of;
use super::tables::rules::{
    ContactParameters, ContactTables, FRICTION_AVERAGE, FRICTION_MAXIMUM, FRICTION_MINIMUM,
    FRICTION_MULTIPLY, GEOM_BOX, GEOM_CAPSULE, GEOM_HULL, GEOM_LAYER, GEOM_PLANE, GEOM_SPHERE,
    GeomParameters, MAX_GEOMS, MAX_HULL_CORNERS, MAX_HULL_FACES, MAX_PAIRS,
};
use crate::capacity::rules::{MAX_DOFS, NONE};
use crate::collision::contact_point::rules::Pose;
use crate::collision::height_layer::rules::MAX_WINDOW_SIDE;
use crate::collision::height_map::{HeightMap, HeightMapError};
use crate::collision::hull_faces::hull_faces;
use crate::layout::{Geom, Layout};
use crate::model::{FrictionCombination, Shape};
use crate::scalar::Field;
use crate::scalar::rules::Real;
use crate::vector::rules::{Matrix3, Quaternion, Vector3, matrix_of, normalize_quaternion, vector3, zero3};

/// Why the shapes of a model make no contact tables.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum ContactLayoutError {
    /// More of something than a world holds.
    #[error("the model has {count} {kind}; a world holds at most {limit}")]
    TooMany {
        /// What there is too much of.
        kind: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Two shapes that have no rule.
    #[error(
        "shapes '{first}' ({first_kind}) and '{second}' ({second_kind}) cannot collide: there is no rule for this pair"
    )]
    Pair {
        /// Name of the first shape.
        first: String,
        /// What it is.
        first_kind: &'static str,
        /// Name of the second shape.
        second: String,
        /// What it is.
        second_kind: &'static str,
    },
    /// A convex hull that is flat or has bad corners.
    #[error("convex hull '{name}': {problem}")]
    Hull {
        /// Name of the hull.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A height layer that is turned: only upright ones can be looked up.
    #[error("height layer '{name}' is turned; layers stand upright")]
    TurnedLayer {
        /// Name of the layer.
        name: String,
    },
    /// A shape too large for the cells of a height layer.
    #[error(
        "'{shape}' covers {side} x {side} points of height layer '{layer}'; at most {limit} x {limit} are looked up: give the layer larger cells, or divide the shape"
    )]
    Window {
        /// Name of the shape.
        shape: String,
        /// Name of the layer.
        layer: String,
        /// Points along a side.
        side: u32,
        /// How many there may be.
        limit: u32,
    },
    /// A height layer with bad numbers.
    #[error("height layer '{name}': {error}")]
    Layer {
        /// Name of the layer.
        name: String,
        /// What is wrong.
        error: HeightMapError,
    },
}

/// Largest margin of contacts in m, for which the windows of height layers are measured.
pub(crate) const LARGEST_MARGIN: f64 = 0.01;

/// How contacts are solved, in units that a person chooses.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ContactOptions {
    /// Sweeps of the solver over all contacts in a step, 1 to 10,000. More make stacks and chains of contacts stiffer.
    pub sweeps: u32,
    /// Points closer than this take part, 0 to 0.01 m.
    pub margin: f64,
    /// Frequency of the contact spring, 0.001 to 1e6 Hz. A body at rest sinks in by g / (2 pi f)², n times as deep under
    /// n times its own weight. `None` is a quarter of the step rate.
    pub frequency: Option<f64>,
    /// Damping ratio of the contact spring, 0 to 1,000; at 1 and above a contact does not bounce by itself.
    pub damping_ratio: f64,
    /// Largest speed at which an overlap is removed, however deep it is, 0 to 1,000 m/s.
    pub recovery_speed: f64,
    /// Approach speed below which restitution is without effect, 0 to 1,000 m/s.
    pub restitution_threshold: f64,
}

impl Default for ContactOptions {
    fn default() -> Self {
        Self {
            sweeps: 8,
            margin: LARGEST_MARGIN,
            frequency: None,
            damping_ratio: 2.0,
            recovery_speed: 1.0,
            restitution_threshold: 0.5,
        }
    }
}

impl ContactOptions {
    /// The parameters of the rules for steps of `time_step` s.
    pub fn parameters<R: Real + Field>(
        &self,
        time_step: f64,
        lift: impl Fn(f64) -> R,
    ) -> ContactParameters<R> {
        let frequency = self.frequency.unwrap_or(0.25 / time_step);
        let softness = softness_of(std::f64::consts::TAU * frequency, self.damping_ratio, time_step);
        ContactParameters {
            time_step: lift(time_step),
            margin: lift(self.margin),
            compliance: lift(softness.compliance),
            recovery_rate: lift(softness.recovery_rate),
            recovery_speed: lift(self.recovery_speed),
            restitution_threshold: lift(self.restitution_threshold),
        }
    }
}

/// The contact part of a compiled model.
#[derive(Clone, Debug)]
pub struct ContactLayout {
    /// What all worlds have in common.
    pub tables: Box<ContactTables>,
    /// The shapes that every world starts from.
    pub geoms: Box<[GeomParameters<f64>; MAX_GEOMS]>,
    /// Limits and dry friction that every world starts from.
    pub limits: Box<JointLimits<f64>>,
    /// The height layers of the scene.
    pub layers: Vec<SceneLayer>,
}

impl ContactLayout {
    /// Whether the part of every height layer that shape `geom` can touch is looked up whole when it has this size.
    pub fn layers_see_whole(&self, geom: usize, size: Vector3<f64>) -> bool {
        let kind = self.tables.geom_kind[geom];
        let touches = |layer: &&SceneLayer| layer.shapes.iter().any(|pair| pair.geom as usize == geom);
        let mut touched = self.layers.iter().filter(touches);
        touched.all(|layer| window_side(&layer.map, kind, size) <= MAX_WINDOW_SIDE)
    }

    /// Lists shapes and pairs of a compiled model.
    ///
    /// # Errors
    ///
    /// More shapes or pairs than a world holds, and shapes that cannot collide, by name.
    pub fn new(layout: &Layout) -> Result<Self, ContactLayoutError> {
        within("shapes", layout.geoms.len(), MAX_GEOMS)?;
        let mut tables = Box::new(empty_tables());
        let mut geoms = Box::new([empty_geom(); MAX_GEOMS]);
        for (index, geom) in layout.geoms.iter().enumerate() {
            tables.geom_kind[index] = kind_of(&geom.shape);
            tables.geom_body[index] = geom.body.map_or(NONE, |body| body as u32);
            geoms[index] = parameters_of(geom);
            if let Shape::ConvexHull { vertices } = &geom.shape {
                store_hull(&mut tables, index, &geom.name, vertices)?;
            }
            tables.has_restitution |= u32::from(geom.restitution > 0.0);
        }
        tables.geom_count = layout.geoms.len() as u32;
        tables.friction_combination = match layout.friction_combination {
            FrictionCombination::Maximum => FRICTION_MAXIMUM,
            FrictionCombination::Average => FRICTION_AVERAGE,
            FrictionCombination::Minimum => FRICTION_MINIMUM,
            FrictionCombination::Multiply => FRICTION_MULTIPLY,
        };
        let pairs = pairs_of(layout);
        within("pairs of shapes", pairs.len(), MAX_PAIRS)?;
        let mut slot = 0;
        for (index, [a, b]) in pairs.into_iter().enumerate() {
            let [first, second] = if tables.geom_kind[a] <= tables.geom_kind[b] { [a, b] } else { [b, a] };
            tables.pair_first[index] = first as u32;
            tables.pair_second[index] = second as u32;
            tables.pair_slot[index] = slot;
            slot += slots_of(tables.geom_kind[first]).ok_or_else(|| ContactLayoutError::Pair {
                first: layout.geoms[first].name.clone(),
                first_kind: name_of(&layout.geoms[first].shape),
                second: layout.geoms[second].name.clone(),
                second_kind: name_of(&layout.geoms[second].shape),
            })?;
            tables.pair_count += 1;
        }
        let mut limits = Box::new(JointLimits {
            lower: [0.0; MAX_DOFS],
            upper: [0.0; MAX_DOFS],
            friction_loss: [0.0; MAX_DOFS],
        });
        for axis in &layout.axes {
            if let Some([lower, upper]) = axis.range {
                tables.is_limited[axis.dof] = 1;
                limits.lower[axis.dof] = lower;
                limits.upper[axis.dof] = upper;
            }
            tables.has_dry_friction[axis.dof] = u32::from(axis.friction_loss > 0.0);
            limits.friction_loss[axis.dof] = axis.friction_loss;
        }
        let layers = layers_of(layout, &tables, slot)?;
        Ok(Self { tables, geoms, limits, layers })
    }

    /// How many contact points the pair at `index` may have.
    pub fn slots_of_pair(&self, index: usize) -> u32 {
        slots_of(self.tables.geom_kind[self.tables.pair_first[index] as usize]).unwrap_or(0)
    }

    /// How many contact points a world may have at the same time.
    pub fn slots(&self) -> u32 {
        let on_layers = self.layers.iter().flat_map(|layer| &layer.shapes).map(|shape| shape.points);
        (0..self.tables.pair_count as usize).map(|pair| self.slots_of_pair(pair)).chain(on_layers).sum()
    }

    /// The shapes in another scalar.
    pub fn geoms_in<R: Real + Field>(&self, lift: impl Fn(f64) -> R) -> Box<[GeomParameters<R>; MAX_GEOMS]> {
        let vector = |v: Vector3<f64>| vector3(lift(v.x), lift(v.y), lift(v.z));
        Box::new(self.geoms.map(|geom| GeomParameters {
            pose: Pose {
                position: vector(geom.pose.position),
                rotation: Matrix3 {
                    x: vector(geom.pose.rotation.x),
                    y: vector(geom.pose.rotation.y),
                    z: vector(geom.pose.rotation.z),
                },
            },
            size: vector(geom.size),
            friction: lift(geom.friction),
            restitution: lift(geom.restitution),
        }))
    }

    /// Limits and dry friction in another scalar.
    pub fn limits_in<R: Real + Field>(&self, lift: impl Fn(f64) -> R) -> Box<JointLimits<R>> {
        Box::new(JointLimits {
            lower: self.limits.lower.map(&lift),
            upper: self.limits.upper.map(&lift),
            friction_loss: self.limits.friction_loss.map(&lift),
        })
    }
}

fn within(kind: &'static str, count: usize, limit: usize) -> Result<(), ContactLayoutError> {
    if count > limit { Err(ContactLayoutError::TooMany { kind, count, limit }) } else { Ok(()) }
}

/// Adds the corners and faces of a hull to the tables.
fn store_hull(
    tables: &mut ContactTables,
    geom: usize,
    name: &str,
    vertices: &[[f64; 3]],
) -> Result<(), ContactLayoutError> {
    let faces = hull_faces(vertices)
        .map_err(|problem| ContactLayoutError::Hull { name: name.to_owned(), problem })?;
    let end = |starts: &[u32; MAX_GEOMS], counts: &[u32; MAX_GEOMS]| {
        (0..geom).map(|other| (starts[other] + counts[other]) as usize).max().unwrap_or(0)
    };
    let first_corner = end(&tables.hull_corner_start, &tables.hull_corner_count);
    let first_face = end(&tables.hull_face_start, &tables.hull_face_count);
    within("corners of convex hulls", first_corner + vertices.len(), MAX_HULL_CORNERS)?;
    within("faces of convex hulls", first_face + faces.len(), MAX_HULL_FACES)?;
    tables.hull_corner_start[geom] = first_corner as u32;
    tables.hull_corner_count[geom] = vertices.len() as u32;
    tables.hull_face_start[geom] = first_face as u32;
    tables.hull_face_count[geom] = faces.len() as u32;
    for (at, [x, y, z]) in (first_corner..).zip(vertices) {
        tables.hull_corner_x[at] = *x as f32;
        tables.hull_corner_y[at] = *y as f32;
        tables.hull_corner_z[at] = *z as f32;
    }
    for (at, ([x, y, z], offset)) in (first_face..).zip(faces) {
        tables.hull_face_x[at] = x as f32;
        tables.hull_face_y[at] = y as f32;
        tables.hull_face_z[at] = z as f32;
        tables.hull_face_offset[at] = offset as f32;
    }
    Ok(())
}

/// The shapes that may touch, each pair once.
fn pairs_of(layout: &Layout) -> Vec<[usize; 2]> {
    let mut pairs = Vec::new();
    for (a, first) in layout.geoms.iter().enumerate() {
        for (b, second) in layout.geoms.iter().enumerate().skip(a + 1) {
            let collide = match (first.body, second.body) {
                (Some(_), None) | (None, Some(_)) => true,
                (Some(x), Some(y)) => {
                    layout.colliding_bodies.iter().any(|pair| *pair == [x, y] || *pair == [y, x])
                }
                (None, None) => false,
            };
            let layer = [first, second].iter().any(|geom| kind_of(&geom.shape) == GEOM_LAYER);
            if collide && !layer {
                pairs.push([a, b]);
            }
        }
    }
    pairs
}

/// The height layers, their slots from `slot` on.
fn layers_of(
    layout: &Layout,
    tables: &ContactTables,
    mut slot: u32,
) -> Result<Vec<SceneLayer>, ContactLayoutError> {
    let mut layers = Vec::new();
    for (index, geom) in layout.geoms.iter().enumerate() {
        let (layer, build): (_, fn(_, _, _, &[f64]) -> _) = match &geom.shape {
            Shape::Floor(layer) => (layer, HeightMap::floor),
            Shape::Ceiling(layer) => (layer, HeightMap::ceiling),
            _ => continue,
        };
        let [_, x, y, z] = geom.orientation;
        if x != 0.0 || y != 0.0 || z != 0.0 {
            return Err(ContactLayoutError::TurnedLayer { name: geom.name.clone() });
        }
        let map = build(layer.points, layer.cell, geom.position, &layer.heights)
            .map_err(|error| ContactLayoutError::Layer { name: geom.name.clone(), error })?;
        let mut shapes = Vec::new();
        for (shape, other) in layout.geoms.iter().enumerate().filter(|(_, other)| other.body.is_some()) {
            let kind = tables.geom_kind[shape];
            let side = window_side(&map, kind, parameters_of(other).size);
            if side > MAX_WINDOW_SIDE {
                return Err(ContactLayoutError::Window {
                    shape: other.name.clone(),
                    layer: geom.name.clone(),
                    side,
                    limit: MAX_WINDOW_SIDE,
                });
            }
            // A box and a hull have two points in each quadrant.
            let points = match kind {
                GEOM_SPHERE => 1,
                GEOM_CAPSULE => 2,
                _ => 8,
            };
            shapes.push(LayerPair { geom: shape as u32, slot, points });
            slot += points;
        }
        layers.push(SceneLayer { geom: index as u32, map, shapes });
    }
    Ok(layers)
}

/// Grid points along a side of the part of a layer that a shape can touch.
fn window_side(map: &HeightMap, kind: u32, size: Vector3<f64>) -> u32 {
    map.window_side(bounding_radius(kind, size) + LARGEST_MARGIN)
}

fn kind_of(shape: &Shape) -> u32 {
    match shape {
        Shape::Sphere { .. } => GEOM_SPHERE,
        Shape::Capsule { .. } => GEOM_CAPSULE,
        Shape::Box { .. } => GEOM_BOX,
        Shape::Plane => GEOM_PLANE,
        Shape::Floor(_) | Shape::Ceiling(_) => GEOM_LAYER,
        Shape::ConvexHull { .. } => GEOM_HULL,
        // No layout holds them.
        Shape::Cylinder { .. } | Shape::Ellipsoid { .. } | Shape::Mesh(_) => NONE,
    }
}

fn name_of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Sphere { .. } => "sphere",
        Shape::Capsule { .. } => "capsule",
        Shape::Box { .. } => "box",
        Shape::Plane => "plane",
        Shape::ConvexHull { .. } => "convex hull",
        Shape::Floor(_) => "floor",
        Shape::Ceiling(_) => "ceiling",
        Shape::Cylinder { .. } => "cylinder",
        Shape::Ellipsoid { .. } => "ellipsoid",
        Shape::Mesh(_) => "mesh",
    }
}

/// Points of a pair whose first shape is of `kind`; none for two shapes without a rule.
fn slots_of(kind: u32) -> Option<u32> {
    match kind {
        GEOM_SPHERE => Some(1),
        GEOM_CAPSULE => Some(2),
        GEOM_BOX | GEOM_HULL => Some(4),
        _ => None,
    }
}

fn parameters_of(geom: &Geom) -> GeomParameters<f64> {
    let [x, y, z] = geom.position;
    let [w, i, j, k] = geom.orientation;
    let size = match &geom.shape {
        Shape::Sphere { radius } => vector3(*radius, 0.0, 0.0),
        Shape::ConvexHull { vertices } => {
            let reach = |v: &[f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
            vector3(vertices.iter().map(reach).fold(0.0, f64::max), 0.0, 0.0)
        }
        Shape::Capsule { radius, half_length } => vector3(*radius, *half_length, 0.0),
        Shape::Box { half_extents } => vector3(half_extents[0], half_extents[1], half_extents[2]),
        _ => zero3(),
    };
    GeomParameters {
        pose: Pose {
            position: vector3(x, y, z),
            rotation: matrix_of(normalize_quaternion(Quaternion { w, x: i, y: j, z: k })),
        },
        size,
        friction: geom.friction,
        restitution: geom.restitution,
    }
}

fn empty_geom() -> GeomParameters<f64> {
    GeomParameters {
        pose: Pose { position: zero3(), rotation: Matrix3 { x: zero3(), y: zero3(), z: zero3() } },
        size: zero3(),
        friction: 0.0,
        restitution: 0.0,
    }
}

fn empty_tables() -> ContactTables {
    ContactTables {
        geom_count: 0,
        pair_count: 0,
        geom_kind: [NONE; MAX_GEOMS],
        geom_body: [NONE; MAX_GEOMS],
        hull_corner_start: [0; MAX_GEOMS],
        hull_corner_count: [0; MAX_GEOMS],
        hull_face_start: [0; MAX_GEOMS],
        hull_face_count: [0; MAX_GEOMS],
        hull_corner_x: [0.0; MAX_HULL_CORNERS],
        hull_corner_y: [0.0; MAX_HULL_CORNERS],
        hull_corner_z: [0.0; MAX_HULL_CORNERS],
        hull_face_x: [0.0; MAX_HULL_FACES],
        hull_face_y: [0.0; MAX_HULL_FACES],
        hull_face_z: [0.0; MAX_HULL_FACES],
        hull_face_offset: [0.0; MAX_HULL_FACES],
        pair_first: [0; MAX_PAIRS],
        pair_second: [0; MAX_PAIRS],
        pair_slot: [0; MAX_PAIRS],
        friction_combination: FRICTION_MAXIMUM,
        has_restitution: 0,
        is_limited: [0; MAX_DOFS],
        has_dry_friction: [0; MAX_DOFS],
    }
}
