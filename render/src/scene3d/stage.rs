//! What stands in the picture: the model's shapes with their colours, placed by the poses of the worlds.

use std::{collections::HashMap, sync::Arc};

use glam::{Quat, Vec3};
use pentathlon_physics::model::{GeomDescription, JointDescription, ModelDescription, Shape};

use super::{
    Bounds, Placement, SceneOptions, WorldShape, WorldSnapshot,
    forces::{self, fitting_scale},
    mesh::Mesh,
    planes::{self, distance_of_walls, patch, polygon_mesh},
    vec3,
};
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
/// Edges of walls, by which they are seen from behind as well.
const EDGE_COLOR: Vec3 = Vec3::new(0.30, 0.32, 0.35);

/// A shape in the frame of its body, or of the world.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub mesh: Arc<Mesh>,
    pub placement: Placement,
    pub color: Vec3,
}

/// Meshes of the shapes that worlds have for themselves, by world, body and index.
type OwnMeshes = HashMap<(usize, Option<usize>, usize), (Shape, Arc<Mesh>)>;

/// The model's shapes, and where they are in the picture to draw.
#[derive(Debug)]
pub(super) struct Stage {
    /// Of each body.
    parts: Vec<Vec<Part>>,
    /// Axis of each body's joint and half the length to draw of it.
    axes: Vec<Option<(Vec3, f32)>>,
    /// Of the scene; `None` for its planes.
    scene: Vec<Option<Part>>,
    /// The planes of the scene and their indices in it.
    planes: Vec<(usize, Placement)>,
    /// The plane that is drawn without end.
    ground: Option<Placement>,
    /// Length in m of the arrow of a force of 100 N, where nobody asks for another.
    force_scale: f32,
    own_meshes: OwnMeshes,
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
        let planes = model.scene.iter().enumerate().filter(|(_, geom)| geom.shape == Shape::Plane);
        Ok(Self {
            parts,
            axes,
            scene: model.scene.iter().map(|geom| part(geom, SCENE_COLOR)).collect(),
            planes: planes
                .map(|(index, geom)| (index, Placement::new(geom.position, geom.orientation)))
                .collect(),
            ground: None,
            force_scale: fitting_scale(model),
            own_meshes: HashMap::new(),
            solids: Vec::new(),
            marks: Vec::new(),
            bounds: Bounds { center: Vec3::ZERO, radius: 1.0 },
            dot: Arc::new(
                Mesh::of_shape(&Shape::Sphere { radius: f64::from(forces::DOT) }).unwrap_or_default(),
            ),
        })
    }

    pub fn num_bodies(&self) -> usize {
        self.parts.len()
    }

    /// Whether the model has the shape that a world has another one for.
    pub fn has(&self, own: &WorldShape) -> bool {
        match own.body {
            Some(body) => self.parts.get(body).is_some_and(|parts| own.index < parts.len()),
            None => own.index < self.scene.len(),
        }
    }

    /// The plane that is drawn without end.
    pub fn ground(&self) -> Option<Placement> {
        self.ground
    }

    /// The planes of the model's scene.
    #[cfg(feature = "rerun")]
    pub fn planes(&self) -> impl Iterator<Item = Placement> {
        self.planes.iter().map(|(_, plane)| *plane)
    }

    /// Length in m of the arrow of a force of 100 N, where nobody asks for another.
    #[cfg(feature = "rerun")]
    pub fn force_scale(&self) -> f32 {
        self.force_scale
    }

    /// The ball around the bodies.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// A ball around each shape of the bodies.
    pub fn balls(&self) -> impl Iterator<Item = Bounds> {
        self.solids.iter().filter(|instance| instance.casts_shadow).map(ball)
    }

    pub fn solids(&self) -> &[Instance] {
        &self.solids
    }

    /// The shapes of each body.
    #[cfg(feature = "rerun")]
    pub fn parts(&self) -> &[Vec<Part>] {
        &self.parts
    }

    /// The shapes of the scene, its planes apart.
    #[cfg(feature = "rerun")]
    pub fn scene(&self) -> impl Iterator<Item = &Part> {
        self.scene.iter().flatten()
    }

    /// Joints, contacts and forces, which show through what hides them.
    pub fn marks(&self) -> &[Instance] {
        &self.marks
    }

    /// Puts everything in its place.
    pub fn place(&mut self, worlds: &[WorldSnapshot], options: &SceneOptions) {
        self.solids.clear();
        self.marks.clear();
        let planes: Vec<Vec<Placement>> = worlds.iter().map(|world| self.planes_of(world)).collect();
        let spacing = options.spacing.unwrap_or_else(|| self.fitting_spacing(&worlds[0], &planes[0]));
        let shifts: Vec<Vec3> =
            (0..worlds.len()).map(|index| grid_place(index, worlds.len()) * spacing).collect();
        let mut around = Vec::with_capacity(worlds.len());
        for (index, world) in worlds.iter().enumerate() {
            let first = self.solids.len();
            self.place_world(index, world, shifts[index], options);
            around.push(enclosing(self.solids[first..].iter().map(ball), self.bounds));
        }
        self.bounds = enclosing(self.balls(), self.bounds);
        // The scene comes after the bounds, which are about the bodies.
        let ground = planes::ground(&planes);
        self.ground = ground.map(|index| planes[0][index]);
        for (index, world) in worlds.iter().enumerate() {
            self.place_scene(index, world, shifts[index]);
            let moved: Vec<Placement> = planes[index]
                .iter()
                .map(|plane| Placement { position: plane.position + shifts[index], ..*plane })
                .collect();
            for plane in (0..moved.len()).filter(|plane| Some(*plane) != ground) {
                self.place_patch(&patch(&moved, plane, around[index]));
            }
        }
    }

    /// The planes of a world.
    fn planes_of(&self, world: &WorldSnapshot) -> Vec<Placement> {
        let placed = |&(index, plane): &(usize, Placement)| match own_shape(world, None, index) {
            Some(own) => Placement { position: vec3(own.position), ..plane },
            None => plane,
        };
        self.planes.iter().map(placed).collect()
    }

    fn place_world(&mut self, index: usize, world: &WorldSnapshot, shift: Vec3, options: &SceneOptions) {
        for (body_index, pose) in world.bodies.iter().enumerate() {
            let mut body = Placement::new(pose.position, pose.orientation);
            body.position += shift;
            for (shape, part) in self.parts[body_index].iter().enumerate() {
                let own = own_shape(world, Some(body_index), shape);
                let part = in_world(part, own, index, &mut self.own_meshes);
                self.solids.push(Instance {
                    mesh: part.mesh,
                    placement: body.compose(part.placement),
                    color: part.color,
                    see_through: false,
                    casts_shadow: true,
                });
            }
            if let Some((axis, half)) = self.axes[body_index].filter(|_| options.joints) {
                let along = body.rotation * axis;
                self.marks.push(mark(
                    Mesh::rod(0.005, 2.0 * half),
                    body.position - along * half,
                    along,
                    JOINT_COLOR,
                ));
            }
        }
        let scale = options.force_scale.unwrap_or(self.force_scale);
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
            if let Some((length, along)) = forces::arrow(vec3(contact.force), scale) {
                // From the surface of the dot on, which would hide a short arrow.
                let from = point + along * forces::DOT;
                self.marks.push(mark(Mesh::arrow(0.006, length), from, along, FORCE_COLOR));
            }
        }
    }

    fn place_scene(&mut self, index: usize, world: &WorldSnapshot, shift: Vec3) {
        for (shape, part) in self.scene.iter().enumerate() {
            let Some(part) = part else { continue };
            let part = in_world(part, own_shape(world, None, shape), index, &mut self.own_meshes);
            let placement = Placement { position: part.placement.position + shift, ..part.placement };
            // What hangs over the bodies would hide them.
            let underside = part
                .mesh
                .vertices
                .iter()
                .map(|vertex| (placement.position + placement.rotation * vertex.position).z)
                .fold(f32::INFINITY, f32::min);
            self.solids.push(Instance {
                mesh: part.mesh,
                placement,
                color: part.color,
                see_through: underside > self.bounds.center.z,
                casts_shadow: false,
            });
        }
    }

    /// A wall, a ceiling or a slope, which is seen from its front, and its edges, which are seen from everywhere.
    fn place_patch(&mut self, corners: &[Vec3]) {
        if corners.len() < 3 {
            return;
        }
        self.solids.push(Instance {
            mesh: Arc::new(polygon_mesh(corners)),
            placement: Placement { position: Vec3::ZERO, rotation: Quat::IDENTITY },
            color: SCENE_COLOR,
            see_through: false,
            casts_shadow: false,
        });
        for (index, &from) in corners.iter().enumerate() {
            let edge = corners[(index + 1) % corners.len()] - from;
            let length = edge.length();
            if length > 1e-4 {
                self.solids.push(mark(Mesh::rod(0.006, length), from, edge / length, EDGE_COLOR));
            }
        }
    }

    /// Room for a world of the grid: half as much again as its bodies take, or what its walls enclose.
    fn fitting_spacing(&self, world: &WorldSnapshot, planes: &[Placement]) -> f32 {
        let points: Vec<Vec3> = world.bodies.iter().map(|pose| vec3(pose.position)).collect();
        let low = points.iter().copied().reduce(Vec3::min).unwrap_or_default();
        let high = points.iter().copied().reduce(Vec3::max).unwrap_or_default();
        let largest = self.parts.iter().flatten().map(|part| part.mesh.radius()).fold(0.0, f32::max);
        let bodies = 1.5 * ((high - low).truncate().max_element() + 2.0 * largest).max(0.2);
        bodies.max(2.2 * distance_of_walls(planes, 0.5 * (low + high)))
    }
}

/// Where world `index` of `count` stands in the grid, in units of its spacing, the grid's middle at zero.
pub(super) fn grid_place(index: usize, count: usize) -> Vec3 {
    let columns = (count as f64).sqrt().ceil() as usize;
    let rows = count.div_ceil(columns);
    let centered = |place: usize, count: usize| place as f32 - 0.5 * (count - 1) as f32;
    Vec3::new(centered(index / columns, rows), centered(index % columns, columns), 0.0)
}

/// The shape that a world has for itself instead of the model's.
fn own_shape(world: &WorldSnapshot, body: Option<usize>, index: usize) -> Option<&WorldShape> {
    world.shapes.iter().find(|own| own.body == body && own.index == index)
}

/// A part of the model as it is in world `world`.
fn in_world(part: &Part, own: Option<&WorldShape>, world: usize, meshes: &mut OwnMeshes) -> Part {
    let Some(own) = own else { return part.clone() };
    let key = (world, own.body, own.index);
    let mesh = match meshes.get(&key) {
        Some((shape, mesh)) if *shape == own.shape => Arc::clone(mesh),
        _ => {
            let mesh = Arc::new(Mesh::of_shape(&own.shape).unwrap_or_default());
            meshes.insert(key, (own.shape.clone(), Arc::clone(&mesh)));
            mesh
        }
    };
    let placement = Placement { position: vec3(own.position), ..part.placement };
    Part { mesh, placement, color: part.color }
}

fn ball(instance: &Instance) -> Bounds {
    Bounds { center: instance.placement.position, radius: instance.mesh.radius() }
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
