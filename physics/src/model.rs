//! What a world is made of, as its author writes it: bodies in trees, joints, shapes, actuators, scene.
//!
//! A [`ModelDescription`] holds numbers in `f64` and SI units and names everything, so that an error can
//! say which element it means. Loaders (URDF, MJCF) and Rust code build it; compiling it checks it and
//! lays it out for the solver. Conventions are those of MuJoCo: quaternions w x y z, a free joint's
//! position is the body origin in the world, its velocity the world velocity of the origin and the
//! angular velocity in the body frame.

use serde::{Deserialize, Serialize};

/// A kind of world: what every world of a batch has in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDescription {
    /// Name of the model.
    pub name: String,
    /// Acceleration of free fall in m/s², world axes.
    pub gravity: [f64; 3],
    /// The bodies, every parent before its children. Several trees may stand side by side.
    pub bodies: Vec<BodyDescription>,
    /// The actuators, in the order of the control vector.
    pub actuators: Vec<ActuatorDescription>,
    /// The immovable shapes of the scene.
    pub scene: Vec<GeomDescription>,
    /// Pairs of movable bodies (by name) whose shapes collide with one another. Bodies always collide with
    /// the scene; nothing else collides unless it is listed here.
    pub colliding_bodies: Vec<[String; 2]>,
    /// How the friction coefficients of the two sides of a contact combine.
    pub friction_combination: FrictionCombination,
}

/// One rigid body and the joint that carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyDescription {
    /// Name, unique in the model.
    pub name: String,
    /// Name of the parent body; `None` is the world.
    pub parent: Option<String>,
    /// Origin in the parent's frame in m, at joint position zero. For a free joint: the initial position.
    pub position: [f64; 3],
    /// Orientation in the parent's frame, unit quaternion w x y z, at joint position zero.
    pub orientation: [f64; 4],
    /// How the body moves relative to its parent.
    pub joint: JointDescription,
    /// Mass in kg, positive unless the joint is fixed.
    pub mass: f64,
    /// Centre of mass in the body frame in m.
    pub center_of_mass: [f64; 3],
    /// Inertia about the centre of mass, axes of the body frame, in kg m²: xx yy zz xy xz yz.
    pub inertia: [f64; 6],
    /// The collision shapes.
    pub geoms: Vec<GeomDescription>,
}

/// How a body moves relative to its parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum JointDescription {
    /// Not at all: the body is one with its parent (or with the world).
    Fixed,
    /// Freely in the world; only for bodies without a parent. Seven positions, six velocities.
    Free,
    /// Rotation about an axis through the body's origin.
    Hinge(AxisJoint),
    /// Translation along an axis.
    Slide(AxisJoint),
}

/// A joint of one degree of freedom. Units are rad for a hinge, m for a slide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AxisJoint {
    /// Name, unique in the model.
    pub name: String,
    /// Axis in the body frame, unit length.
    pub axis: [f64; 3],
    /// Lower and upper limit of the position; `None` moves without limits.
    pub range: Option<[f64; 2]>,
    /// Rotor inertia seen at the joint, in kg m² (hinge) or kg (slide): added to the diagonal of M.
    pub armature: f64,
    /// Viscous damping in N m s/rad or N s/m.
    pub damping: f64,
    /// Dry friction in N m or N.
    pub friction_loss: f64,
}

/// A shape on a body or in the scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeomDescription {
    /// Name; may be empty.
    pub name: String,
    /// The shape.
    pub shape: Shape,
    /// Origin of the shape in the frame of its body (or world) in m.
    pub position: [f64; 3],
    /// Orientation of the shape in that frame, unit quaternion w x y z.
    pub orientation: [f64; 4],
    /// Coulomb friction coefficient.
    pub friction: f64,
    /// Coefficient of restitution in [0, 1]; the larger of the two sides counts.
    pub restitution: f64,
}

/// A collision shape in its own frame; lengths in m. Cylinders, ellipsoids, meshes and hulls of more than 64 vertices
/// are for the rapier backend alone: the native engine and the wgpu device refuse them by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// A ball.
    Sphere {
        /// Radius.
        radius: f64,
    },
    /// A cylinder along z with half balls at both ends.
    Capsule {
        /// Radius.
        radius: f64,
        /// Half the distance between the centres of the two half balls.
        half_length: f64,
    },
    /// A box.
    Box {
        /// Half the edge lengths.
        half_extents: [f64; 3],
    },
    /// The convex hull of vertices, of at most 64 but for the rapier backend.
    ConvexHull {
        /// The vertices.
        vertices: Vec<[f64; 3]>,
    },
    /// A cylinder along z; only for the rapier backend.
    Cylinder {
        /// Radius.
        radius: f64,
        /// Half the distance between its ends.
        half_length: f64,
    },
    /// An ellipsoid along the axes; only for the rapier backend, where a polyhedron stands for it.
    Ellipsoid {
        /// Half the diameters along x, y and z.
        radii: [f64; 3],
    },
    /// Triangles, which need not be convex; only for the rapier backend, in the scene and on bodies that are fixed to it.
    Mesh(TriangleMesh),
    /// The half space below z = 0; only in the scene.
    Plane,
    /// A floor given by heights on a regular grid, solid below; only in the scene.
    Floor(HeightLayer),
    /// A ceiling given by heights on a regular grid, solid above; only in the scene.
    Ceiling(HeightLayer),
}

/// A surface of triangles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriangleMesh {
    /// The corners in m.
    pub vertices: Vec<[f64; 3]>,
    /// Three indices into the corners each, counterclockwise from outside where the surface encloses something.
    pub triangles: Vec<[u32; 3]>,
}

/// Heights on a regular grid, two triangles a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeightLayer {
    /// Grid points along x and along y, at least 2 each.
    pub points: [usize; 2],
    /// Distance between grid points in m; the point (0, 0) lies at the shape's origin.
    pub cell: f64,
    /// Heights in m, x slowest: `heights[i * points[1] + j]` at (i cell, j cell).
    pub heights: Vec<f64>,
}

/// How two friction coefficients combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrictionCombination {
    /// The larger one (MuJoCo).
    #[default]
    Maximum,
    /// The mean (PhysX's default).
    Average,
    /// The smaller one.
    Minimum,
    /// The product.
    Multiply,
}

/// A motor on a hinge or slide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActuatorDescription {
    /// Name, unique among the actuators.
    pub name: String,
    /// Name of the joint it drives.
    pub joint: String,
    /// What the control value means.
    pub law: ActuatorLaw,
    /// Largest torque (N m) or force (N) in either direction.
    pub effort_limit: f64,
    /// Speed in rad/s or m/s at which the available effort has fallen to zero, linearly from the half of
    /// it; `None` gives the full effort at any speed.
    pub velocity_limit: Option<f64>,
}

/// What a control value means to an actuator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum ActuatorLaw {
    /// The control is the torque or force.
    Effort,
    /// The control is a target position: effort = kp (control - q) - kd v, evaluated every physics step.
    Position {
        /// Stiffness in N m/rad or N/m.
        kp: f64,
        /// Damping in N m s/rad or N s/m.
        kd: f64,
    },
}

impl GeomDescription {
    /// Friction coefficient of a shape that nobody gave one.
    pub const DEFAULT_FRICTION: f64 = 0.8;

    /// A nameless shape at the origin of its body, friction 0.8, without restitution.
    pub fn new(shape: Shape) -> Self {
        Self {
            name: String::new(),
            shape,
            position: [0.0; 3],
            orientation: [1.0, 0.0, 0.0, 0.0],
            friction: Self::DEFAULT_FRICTION,
            restitution: 0.0,
        }
    }

    /// A capsule whose half balls have their centres at `from` and `to`, in m.
    pub fn capsule_between(radius: f64, from: [f64; 3], to: [f64; 3]) -> Self {
        Self::between(from, to, |half_length| Shape::Capsule { radius, half_length })
    }

    /// A cylinder whose ends have their centres at `from` and `to`, in m.
    pub fn cylinder_between(radius: f64, from: [f64; 3], to: [f64; 3]) -> Self {
        Self::between(from, to, |half_length| Shape::Cylinder { radius, half_length })
    }

    /// A shape along z, laid between two points; `shape` is told half their distance.
    fn between(from: [f64; 3], to: [f64; 3], shape: impl Fn(f64) -> Shape) -> Self {
        let along: [f64; 3] = std::array::from_fn(|i| to[i] - from[i]);
        let length = along.iter().map(|x| x * x).sum::<f64>().sqrt();
        Self {
            position: std::array::from_fn(|i| 0.5 * (from[i] + to[i])),
            orientation: rotation_from_z(along),
            ..Self::new(shape(0.5 * length))
        }
    }

    /// The same shape with another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same shape at another place, in m.
    #[must_use]
    pub fn at(mut self, position: [f64; 3]) -> Self {
        self.position = position;
        self
    }

    /// The same shape with another friction coefficient.
    #[must_use]
    pub fn with_friction(mut self, friction: f64) -> Self {
        self.friction = friction;
        self
    }
}

/// The shortest rotation (w x y z) that turns the z axis to `direction`; none when that is zero.
pub(crate) fn rotation_from_z(direction: [f64; 3]) -> [f64; 4] {
    let [x, y, z] = direction;
    let length = (x * x + y * y + z * z).sqrt();
    if length == 0.0 {
        return [1.0, 0.0, 0.0, 0.0];
    }
    // The half-way quaternion (1 + cos, z cross d), which vanishes only for the opposite direction.
    let (w, scale) = (1.0 + z / length, 1.0 / length);
    if w < 1e-12 {
        return [0.0, 1.0, 0.0, 0.0];
    }
    let (qx, qy) = (-y * scale, x * scale);
    let norm = (w * w + qx * qx + qy * qy).sqrt();
    [w / norm, qx / norm, qy / norm, 0.0]
}
