//! What stands in the picture: the model's shapes with their colours, placed by the poses of the worlds.

use std::sync::Arc;

use glam::{Quat, Vec3};
use pentathlon_physics::model::{GeomDescription, JointDescription, ModelDescription, Shape};

use super::{Bounds, Placement, SceneOptions, WorldSnapshot, mesh::Mesh, vec3};
use crate::RenderError;

/// A mesh somewhere.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub mesh: Arc<Mesh>,
    pub placement: Placement,
    pub color: Vec3,
    /// Drawn only in every other sample, so that what is behind shows through.
    pub see_through: bool,
    pub casts_shadow: bool,
}

/// Colours of links by their depth in the tree, so that neighbours differ and left matches right.
const LINK_COLORS: [Vec3; 7] = [
    Vec3::new(0.21, 0.31, 0.46),
    Vec3::new(0.93, 0.51, 0.16),
    Vec3::new(0.80, 0.82, 0.84),
    Vec3::new(0.16, 0.56, 0.56),
    Vec3::new(0.76, 0.30, 0.27),
    Vec3::new(0.55, 0.44, 0.70),
    Vec3::new(0.88, 0.73, 0.28),
];
/// A free body that carries nothing: an object to push.
const OBJECT_COLOR: Vec3 = Vec3::new(0.72, 0.50, 0.30);
const SCENE_COLOR: Vec3 = Vec3::new(0.62, 0.64, 0.66);
const CONTACT_COLOR: Vec3 = Vec3::new(1.0, 0.86, 0.10);
const FORCE_COLOR: Vec3 = Vec3::new(0.90, 0.12, 0.20);
const JOINT_COLOR: Vec3 = Vec3::new(0.10, 0.11, 0.13);
/// Forces below this, in N, get no arrow.
const SMALLEST_FORCE: f32 = 0.5;

/// A shape in the frame of its body, or of the world.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub mesh: Arc<Mesh>,
    pub placement: Placement,
    pub color: Vec3,
}

/// The model's shapes, and where they are in the picture to draw.
#[derive(Debug)]
pub(super) struct Stage {
    /// Of each body.
    parts: Vec<Vec<Part>>,
    /// Axis of each body's joint and half the length to draw of it.
    axes: Vec<Option<(Vec3, f32)>>,
    scene: Vec<Part>,
    plane: Option<Placement>,
    solids: Vec<Instance>,
    marks: Vec<Instance>,
    bounds: Bounds,
    dot: Arc<Mesh>,
}

impl Stage {
    pub fn new(model: &ModelDescription) -> Result<Self, RenderError> {
        let mut depths: Vec<usize> = Vec::with_capacity(model.bodies.len());
        let mut parts = Vec::with_capacity(model.bodies.len());
        let mut axes = Vec::with_capacity(model.bodies.len());
        for (index, body) in model.bodies.iter().enumerate() {
            let parent = match &body.parent {
                None => None,
                Some(name) => Some(
                    model.bodies[..index].iter().position(|other| other.name == *name).ok_or_else(|| {
                        RenderError::Scene(format!(
                            "{}: its parent {name} is not among the bodies before it",
                            body.name
                        ))
                    })?,
                ),
            };
            depths.push(parent.map_or(0, |parent| depths[parent] + 1));
            let carries = model.bodies.iter().any(|other| other.parent.as_deref() == Some(&body.name));
            let color = if body.joint == JointDescription::Free && !carries {
                OBJECT_COLOR
            } else {
                LINK_COLORS[depths[index] % LINK_COLORS.len()]
            };
            let shapes: Vec<Part> = body.geoms.iter().filter_map(|geom| part(geom, color)).collect();
            axes.push(match &body.joint {
                JointDescription::Hinge(joint) | JointDescription::Slide(joint) => {
                    Some((vec3(joint.axis), joint_half_length(&body.geoms)))
                }
                JointDescription::Fixed | JointDescription::Free => None,
            });
            parts.push(shapes);
        }
        let plane = model
            .scene
            .iter()
            .find(|geom| geom.shape == Shape::Plane)
            .map(|geom| Placement::new(geom.position, geom.orientation));
        Ok(Self {
            parts,
            axes,
            scene: model.scene.iter().filter_map(|geom| part(geom, SCENE_COLOR)).collect(),
            plane,
            solids: Vec::new(),
            marks: Vec::new(),
            bounds: Bounds { center: Vec3::ZERO, radius: 1.0 },
            dot: Arc::new(Mesh::of_shape(&Shape::Sphere { radius: 0.012 }).unwrap_or_default()),
        })
    }

    pub fn num_bodies(&self) -> usize {
        self.parts.len()
    }

    /// The first plane of the scene.
    pub fn plane(&self) -> Option<Placement> {
        self.plane
    }

    /// The ball around the bodies.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// A ball around each shape of the bodies.
    pub fn balls(&self) -> impl Iterator<Item = Bounds> {
        self.solids
            .iter()
            .filter(|instance| instance.casts_shadow)
            .map(|instance| Bounds { center: instance.placement.position, radius: instance.mesh.radius() })
    }

    pub fn solids(&self) -> &[Instance] {
        &self.solids
    }

    /// The shapes of each body.
    #[cfg(feature = "rerun")]
    pub fn parts(&self) -> &[Vec<Part>] {
        &self.parts
    }

    /// The shapes of the scene, its plane apart.
    #[cfg(feature = "rerun")]
    pub fn scene(&self) -> &[Part] {
        &self.scene
    }

    /// Joints, contacts and forces, which show through what hides them.
    pub fn marks(&self) -> &[Instance] {
        &self.marks
    }

    /// Puts everything in its place.
    pub fn place(&mut self, worlds: &[WorldSnapshot], options: &SceneOptions) {
        self.solids.clear();
        self.marks.clear();
        let spacing = options.spacing.unwrap_or_else(|| self.fitting_spacing(&worlds[0]));
        for (index, world) in worlds.iter().enumerate() {
            self.place_world(world, grid_place(index, worlds.len()) * spacing, options);
        }
        self.bounds = enclosing(self.balls(), self.bounds);
        // The scene comes after the bounds, which are about the bodies.
        for index in 0..worlds.len() {
            self.place_scene(grid_place(index, worlds.len()) * spacing);
        }
    }

    fn place_world(&mut self, world: &WorldSnapshot, shift: Vec3, options: &SceneOptions) {
        for (index, pose) in world.bodies.iter().enumerate() {
            let mut body = Placement::new(pose.position, pose.orientation);
            body.position += shift;
            for part in &self.parts[index] {
                self.solids.push(Instance {
                    mesh: Arc::clone(&part.mesh),
                    placement: body.compose(part.placement),
                    color: part.color,
                    see_through: false,
                    casts_shadow: true,
                });
            }
            if let Some((axis, half)) = self.axes[index].filter(|_| options.joints) {
                let along = body.rotation * axis;
                self.marks.push(mark(
                    Mesh::rod(0.005, 2.0 * half),
                    body.position - along * half,
                    along,
                    JOINT_COLOR,
                ));
            }
        }
        for contact in world.contacts.iter().filter(|_| options.contacts) {
            let point = vec3(contact.point) + shift;
            let placement = Placement { position: point, rotation: Quat::IDENTITY };
            self.marks.push(Instance {
                mesh: Arc::clone(&self.dot),
                placement,
                color: CONTACT_COLOR,
                see_through: false,
                casts_shadow: false,
            });
            let force = vec3(contact.force);
            let size = force.length();
            if size.is_finite() && size > SMALLEST_FORCE {
                let length = options.force_scale * size / 100.0;
                self.marks.push(mark(Mesh::arrow(0.006, length), point, force / size, FORCE_COLOR));
            }
        }
    }

    fn place_scene(&mut self, shift: Vec3) {
        for part in &self.scene {
            let placement = Placement { position: part.placement.position + shift, ..part.placement };
            // What hangs over the bodies would hide them.
            let underside = part
                .mesh
                .vertices
                .iter()
                .map(|vertex| (placement.position + placement.rotation * vertex.position).z)
                .fold(f32::INFINITY, f32::min);
            self.solids.push(Instance {
                mesh: Arc::clone(&part.mesh),
                placement,
                color: part.color,
                see_through: underside > self.bounds.center.z,
                casts_shadow: false,
            });
        }
    }

    /// Room for a world of the grid: half as much again as its bodies take.
    fn fitting_spacing(&self, world: &WorldSnapshot) -> f32 {
        let points: Vec<Vec3> = world.bodies.iter().map(|pose| vec3(pose.position)).collect();
        let low = points.iter().copied().reduce(Vec3::min).unwrap_or_default();
        let high = points.iter().copied().reduce(Vec3::max).unwrap_or_default();
        let largest = self.parts.iter().flatten().map(|part| part.mesh.radius()).fold(0.0, f32::max);
        1.5 * ((high - low).truncate().max_element() + 2.0 * largest).max(0.2)
    }
}

/// Where world `index` of `count` stands in the grid, in units of its spacing, the grid's middle at zero.
pub(super) fn grid_place(index: usize, count: usize) -> Vec3 {
    let columns = (count as f64).sqrt().ceil() as usize;
    let rows = count.div_ceil(columns);
    let centered = |place: usize, count: usize| place as f32 - 0.5 * (count - 1) as f32;
    Vec3::new(centered(index / columns, rows), centered(index % columns, columns), 0.0)
}

fn part(geom: &GeomDescription, color: Vec3) -> Option<Part> {
    let mesh = Mesh::of_shape(&geom.shape)?;
    // Balls are feet and fingertips more often than not: rubber.
    let color = if matches!(geom.shape, Shape::Sphere { .. }) { color * 0.35 } else { color };
    Some(Part { mesh: Arc::new(mesh), placement: Placement::new(geom.position, geom.orientation), color })
}

/// A little longer than the link is thick.
fn joint_half_length(geoms: &[GeomDescription]) -> f32 {
    let thickness = geoms
        .iter()
        .map(|geom| match geom.shape {
            Shape::Capsule { radius, .. } | Shape::Sphere { radius } => radius,
            _ => 0.02,
        })
        .fold(0.02, f64::max);
    1.4 * thickness as f32
}

fn mark(mesh: Mesh, position: Vec3, along: Vec3, color: Vec3) -> Instance {
    let rotation = Quat::from_rotation_arc(Vec3::Z, along);
    Instance {
        mesh: Arc::new(mesh),
        placement: Placement { position, rotation },
        color,
        see_through: false,
        casts_shadow: false,
    }
}

/// The ball around the box of all balls; `otherwise` when there are none.
fn enclosing(balls: impl Iterator<Item = Bounds>, otherwise: Bounds) -> Bounds {
    let mut low = Vec3::INFINITY;
    let mut high = Vec3::NEG_INFINITY;
    for ball in balls {
        low = low.min(ball.center - ball.radius);
        high = high.max(ball.center + ball.radius);
    }
    if low.x > high.x {
        return otherwise;
    }
    Bounds { center: 0.5 * (low + high), radius: (0.5 * (high - low).length()).max(0.05) }
}
