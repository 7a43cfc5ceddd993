//! A model description compiled: checked, numbered and laid out as the flat tables the rules work on.
//!
//! Bodies on fixed joints become part of what carries them (or of the scene); the others keep their order.
//! Every error names the element that it is about.

mod beyond;
mod check;
mod error;
mod inertia;

use serde::{Deserialize, Serialize};

use crate::capacity::rules::{MAX_ACTUATORS, MAX_BODIES, MAX_COORDINATES, MAX_DOFS, MAX_FACTOR, NONE};
use crate::dynamics::tree::rules::{
    JOINT_FREE, JOINT_HINGE, JOINT_SLIDE, LAW_EFFORT, LAW_POSITION, Parameters, Symmetric3, Tree,
};
use crate::model::{
    ActuatorLaw, BodyDescription, FrictionCombination, JointDescription, ModelDescription, Shape,
};
use crate::vector::rules::{
    Matrix3, Quaternion, Vector3, add3, matrix_of, multiply_quaternions, multiply3, normalize_quaternion,
    rotate, zero3,
};
pub(crate) use beyond::MAX_HULL_VERTICES;
pub(crate) use check::Range;
pub use error::LayoutError;
use inertia::MassProperties;
pub(crate) use inertia::is_natural_inertia;

/// A collision shape and where it sits after fixed bodies have been merged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Geom {
    /// Name; may be empty.
    pub name: String,
    /// The body that carries it; `None` is the scene.
    pub body: Option<usize>,
    /// The shape.
    pub shape: Shape,
    /// Origin in the frame of the body (or world) in m.
    pub position: [f64; 3],
    /// Orientation in that frame, unit quaternion w x y z.
    pub orientation: [f64; 4],
    /// Coulomb friction coefficient.
    pub friction: f64,
    /// Coefficient of restitution.
    pub restitution: f64,
}

/// One degree of freedom of a hinge or slide.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisDof {
    /// Name of the joint.
    pub name: String,
    /// Index of the dof.
    pub dof: usize,
    /// Index of its coordinate.
    pub coordinate: usize,
    /// Lower and upper limit.
    pub range: Option<[f64; 2]>,
    /// Dry friction in N m or N.
    pub friction_loss: f64,
}

/// Where a described body went: the movable body that it is part of, and its frame there.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Name of the described body.
    pub name: String,
    /// The movable body, or `None` when it is part of the scene.
    pub body: Option<usize>,
    /// Origin of the described body in the movable body's (or the world's) frame in m.
    pub position: [f64; 3],
    /// Its orientation there, w x y z.
    pub orientation: [f64; 4],
}

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Name of the model.
    pub name: String,
    /// Topology.
    pub tree: Tree,
    /// Parameters in `f64`; what every world starts from.
    pub parameters: Box<Parameters<f64>>,
    /// Coordinates in the description's pose: free bodies where they were put, joints at zero.
    pub initial_position: Vec<f64>,
    /// Names of the movable bodies.
    pub body_names: Vec<String>,
    /// Hinges and slides in order.
    pub axes: Vec<AxisDof>,
    /// Names of the actuators.
    pub actuator_names: Vec<String>,
    /// All shapes: first those of the bodies, body by body, then the scene.
    pub geoms: Vec<Geom>,
    /// Pairs of movable bodies that collide with one another.
    pub colliding_bodies: Vec<[usize; 2]>,
    /// How the friction coefficients of a pair combine.
    pub friction_combination: FrictionCombination,
    /// Every described body, in order.
    pub attachments: Vec<Attachment>,
}

impl Layout {
    /// Compiles and checks a description.
    ///
    /// # Errors
    ///
    /// The first thing found wrong, by name.
    pub fn new(model: &ModelDescription) -> Result<Self, LayoutError> {
        check::description(model)?;
        let mut layout = Self {
            name: model.name.clone(),
            tree: empty_tree(),
            parameters: Box::new(empty_parameters(model.gravity)),
            initial_position: Vec::new(),
            body_names: Vec::new(),
            axes: Vec::new(),
            actuator_names: Vec::new(),
            geoms: Vec::new(),
            colliding_bodies: Vec::new(),
            friction_combination: model.friction_combination,
            attachments: Vec::new(),
        };
        let mut masses = Vec::new();
        let mut scene = Vec::new();
        for body in &model.bodies {
            layout.place_body(body, &mut masses, &mut scene)?;
        }
        layout.store_masses(&masses)?;
        layout.geoms.sort_by_key(|geom| geom.body);
        for geom in &model.scene {
            scene.push(check::placed_geom(geom, None, [0.0; 3], [1.0, 0.0, 0.0, 0.0]));
        }
        layout.geoms.append(&mut scene);
        layout.place_actuators(model)?;
        layout.place_collisions(model)?;
        // Last, so that the models of all backends can be checked here.
        beyond::check(model)?;
        Ok(layout)
    }

    /// Checks what no backend can simulate: names, numbers and structure. What is only too much for this engine, in
    /// number or in kind, is no error.
    ///
    /// # Errors
    ///
    /// The first thing found wrong, by name.
    pub fn check(model: &ModelDescription) -> Result<(), LayoutError> {
        match Self::new(model) {
            Ok(_) | Err(LayoutError::TooMany { .. } | LayoutError::Beyond { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The movable body called `name`.
    pub fn body(&self, name: &str) -> Option<usize> {
        self.body_names.iter().position(|known| known == name)
    }

    /// Where the described body `name` went.
    pub fn attachment(&self, name: &str) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.name == name)
    }

    fn place_body(
        &mut self,
        body: &BodyDescription,
        masses: &mut Vec<MassProperties>,
        scene: &mut Vec<Geom>,
    ) -> Result<(), LayoutError> {
        let carrier = match &body.parent {
            None => Attachment {
                name: String::new(),
                body: None,
                position: [0.0; 3],
                orientation: [1.0, 0.0, 0.0, 0.0],
            },
            Some(parent) => self.attachment(parent).cloned().ok_or_else(|| LayoutError::Unknown {
                element: format!("body '{}'", body.name),
                kind: "parent body",
                name: parent.clone(),
            })?,
        };
        // The body's frame in its movable carrier.
        let frame = compose(
            (vector(carrier.position), quaternion(carrier.orientation)),
            (vector(body.position), quaternion(body.orientation)),
        );
        let own = MassProperties::new(body.mass, body.center_of_mass, body.inertia);
        let (attached_to, position, orientation) = match &body.joint {
            JointDescription::Fixed => {
                if let Some(carrier) = carrier.body {
                    masses[carrier] = masses[carrier].joined_with(&own.moved(frame.0, matrix_of(frame.1)));
                }
                (carrier.body, array(frame.0), wxyz(frame.1))
            }
            joint => {
                let index = self.add_joint(body, carrier.body, joint, frame)?;
                masses.push(own);
                (Some(index), [0.0; 3], [1.0, 0.0, 0.0, 0.0])
            }
        };
        for geom in &body.geoms {
            let placed = check::placed_geom(geom, attached_to, position, orientation);
            if attached_to.is_some() {
                self.geoms.push(placed);
            } else {
                scene.push(placed);
            }
        }
        self.attachments.push(Attachment {
            name: body.name.clone(),
            body: attached_to,
            position,
            orientation,
        });
        Ok(())
    }

    fn add_joint(
        &mut self,
        body: &BodyDescription,
        parent: Option<usize>,
        joint: &JointDescription,
        frame: (Vector3<f64>, Quaternion<f64>),
    ) -> Result<usize, LayoutError> {
        let index = self.body_names.len();
        let free = matches!(joint, JointDescription::Free);
        let (first_dof, first_coordinate) = (self.tree.dofs as usize, self.tree.coordinates as usize);
        let (dofs, coordinates) = if free { (6, 7) } else { (1, 1) };
        check::capacity("movable bodies", index + 1, MAX_BODIES)?;
        check::capacity("degrees of freedom", first_dof + dofs, MAX_DOFS)?;
        check::capacity("coordinates", first_coordinate + coordinates, MAX_COORDINATES)?;
        if free && body.parent.is_some() {
            return Err(LayoutError::Structure {
                element: format!("body '{}'", body.name),
                problem: "a free joint is for bodies without a parent",
            });
        }
        let tree = &mut self.tree;
        tree.parent[index] = parent.map_or(NONE, |parent| parent as u32);
        tree.root[index] = parent.map_or(index as u32, |parent| tree.root[parent]);
        tree.lone[index] = u32::from(free);
        tree.first_dof[index] = first_dof as u32;
        tree.last_dof[index] = (first_dof + dofs - 1) as u32;
        tree.first_coordinate[index] = first_coordinate as u32;
        tree.joint[index] = match joint {
            JointDescription::Free => JOINT_FREE,
            JointDescription::Slide(_) => JOINT_SLIDE,
            _ => JOINT_HINGE,
        };
        tree.dof_parent[first_dof] = parent.map_or(NONE, |parent| tree.last_dof[parent]);
        for dof in first_dof..first_dof + dofs {
            tree.dof_body[dof] = index as u32;
            if dof > first_dof {
                tree.dof_parent[dof] = dof as u32 - 1;
            }
            let (start, depth) = chain_of(tree, dof);
            check::capacity("dofs in all chains together", start + depth + 1, MAX_FACTOR)?;
            tree.chain_start[dof] = start as u32;
            tree.chain_depth[dof] = depth as u32;
            let mut along = dof as u32;
            for at in (start..=start + depth).rev() {
                tree.chain[at] = along;
                along = tree.dof_parent[along as usize];
            }
        }
        if let Some(parent) = parent {
            tree.lone[parent] = 0;
        }
        tree.bodies += 1;
        tree.dofs += dofs as u32;
        tree.coordinates += coordinates as u32;
        match joint {
            JointDescription::Hinge(axis) | JointDescription::Slide(axis) => {
                self.parameters.offset[index] = frame.0;
                self.parameters.turn[index] = matrix_of(frame.1);
                self.parameters.axis[index] = check::unit_axis(axis.axis);
                self.parameters.armature[first_dof] = axis.armature;
                self.parameters.damping[first_dof] = axis.damping;
                self.axes.push(AxisDof {
                    name: axis.name.clone(),
                    dof: first_dof,
                    coordinate: first_coordinate,
                    range: axis.range,
                    friction_loss: axis.friction_loss,
                });
                self.initial_position.push(0.0);
            }
            _ => {
                self.initial_position.extend(array(frame.0));
                self.initial_position.extend(wxyz(frame.1));
            }
        }
        self.body_names.push(body.name.clone());
        Ok(index)
    }

    fn store_masses(&mut self, masses: &[MassProperties]) -> Result<(), LayoutError> {
        for (index, properties) in masses.iter().enumerate() {
            properties.check(&self.body_names[index])?;
            self.parameters.mass[index] = properties.mass;
            self.parameters.center[index] = properties.center;
            self.parameters.inertia[index] = properties.symmetric();
        }
        Ok(())
    }

    fn place_actuators(&mut self, model: &ModelDescription) -> Result<(), LayoutError> {
        check::capacity("actuators", model.actuators.len(), MAX_ACTUATORS)?;
        for (index, actuator) in model.actuators.iter().enumerate() {
            let axis = self.axes.iter().find(|axis| axis.name == actuator.joint).ok_or_else(|| {
                LayoutError::Unknown {
                    element: format!("actuator '{}'", actuator.name),
                    kind: "joint",
                    name: actuator.joint.clone(),
                }
            })?;
            self.tree.actuator_dof[index] = axis.dof as u32;
            self.tree.actuator_coordinate[index] = axis.coordinate as u32;
            self.parameters.effort_limit[index] = actuator.effort_limit;
            self.parameters.inverse_velocity_limit[index] = actuator.velocity_limit.map_or(0.0, f64::recip);
            match actuator.law {
                ActuatorLaw::Effort => self.tree.actuator_law[index] = LAW_EFFORT,
                ActuatorLaw::Position { kp, kd } => {
                    self.tree.actuator_law[index] = LAW_POSITION;
                    self.parameters.kp[index] = kp;
                    self.parameters.kd[index] = kd;
                }
            }
            self.actuator_names.push(actuator.name.clone());
        }
        self.tree.actuators = model.actuators.len() as u32;
        Ok(())
    }

    fn place_collisions(&mut self, model: &ModelDescription) -> Result<(), LayoutError> {
        for pair in &model.colliding_bodies {
            let mut bodies = [0; 2];
            for (slot, name) in bodies.iter_mut().zip(pair) {
                let attachment = self.attachment(name).ok_or_else(|| LayoutError::Unknown {
                    element: format!("the colliding pair '{}' - '{}'", pair[0], pair[1]),
                    kind: "body",
                    name: name.clone(),
                })?;
                *slot = attachment.body.ok_or_else(|| LayoutError::Structure {
                    element: format!("the colliding pair '{}' - '{}'", pair[0], pair[1]),
                    problem: "one of the two is part of the scene, with which all bodies collide anyway",
                })?;
            }
            if bodies[0] == bodies[1] {
                return Err(LayoutError::Structure {
                    element: format!("the colliding pair '{}' - '{}'", pair[0], pair[1]),
                    problem: "the two are one rigid body",
                });
            }
            self.colliding_bodies.push(bodies);
        }
        Ok(())
    }
}

/// The frame `inner`, given in the frame `outer`, in the frame that `outer` is given in.
fn compose(
    outer: (Vector3<f64>, Quaternion<f64>),
    inner: (Vector3<f64>, Quaternion<f64>),
) -> (Vector3<f64>, Quaternion<f64>) {
    (
        add3(outer.0, rotate(matrix_of(outer.1), inner.0)),
        normalize_quaternion(multiply_quaternions(outer.1, inner.1)),
    )
}

/// Where the chain of a new dof begins in the table of chains, and how many dofs come before it.
fn chain_of(tree: &Tree, dof: usize) -> (usize, usize) {
    let start = match dof.checked_sub(1) {
        Some(before) => tree.chain_start[before] as usize + tree.chain_depth[before] as usize + 1,
        None => 0,
    };
    let depth = match tree.dof_parent[dof] {
        NONE => 0,
        parent => tree.chain_depth[parent as usize] as usize + 1,
    };
    (start, depth)
}

fn vector([x, y, z]: [f64; 3]) -> Vector3<f64> {
    Vector3 { x, y, z }
}

fn array(v: Vector3<f64>) -> [f64; 3] {
    [v.x, v.y, v.z]
}

fn quaternion([w, x, y, z]: [f64; 4]) -> Quaternion<f64> {
    normalize_quaternion(Quaternion { w, x, y, z })
}

fn wxyz(q: Quaternion<f64>) -> [f64; 4] {
    [q.w, q.x, q.y, q.z]
}

fn empty_tree() -> Tree {
    Tree {
        bodies: 0,
        dofs: 0,
        coordinates: 0,
        actuators: 0,
        parent: [NONE; MAX_BODIES],
        joint: [JOINT_HINGE; MAX_BODIES],
        first_dof: [0; MAX_BODIES],
        last_dof: [0; MAX_BODIES],
        first_coordinate: [0; MAX_BODIES],
        root: [0; MAX_BODIES],
        lone: [0; MAX_BODIES],
        dof_parent: [NONE; MAX_DOFS],
        dof_body: [0; MAX_DOFS],
        chain_start: [0; MAX_DOFS],
        chain_depth: [0; MAX_DOFS],
        chain: [0; MAX_FACTOR],
        actuator_dof: [0; MAX_ACTUATORS],
        actuator_coordinate: [0; MAX_ACTUATORS],
        actuator_law: [LAW_EFFORT; MAX_ACTUATORS],
    }
}

fn empty_parameters(gravity: [f64; 3]) -> Parameters<f64> {
    let zero: Vector3<f64> = zero3();
    let identity: Matrix3<f64> = matrix_of(quaternion([1.0, 0.0, 0.0, 0.0]));
    Parameters {
        gravity: vector(gravity),
        offset: [zero; MAX_BODIES],
        turn: [identity; MAX_BODIES],
        axis: [Vector3 { x: 1.0, y: 0.0, z: 0.0 }; MAX_BODIES],
        mass: [1.0; MAX_BODIES],
        center: [zero; MAX_BODIES],
        inertia: [Symmetric3 { xx: 1.0, yy: 1.0, zz: 1.0, xy: 0.0, xz: 0.0, yz: 0.0 }; MAX_BODIES],
        armature: [0.0; MAX_DOFS],
        damping: [0.0; MAX_DOFS],
        kp: [0.0; MAX_ACTUATORS],
        kd: [0.0; MAX_ACTUATORS],
        effort_limit: [0.0; MAX_ACTUATORS],
        inverse_velocity_limit: [0.0; MAX_ACTUATORS],
    }
}

/// The product of two frames' rotations, for tests and loaders.
pub(crate) fn rotated(outer: Matrix3<f64>, inner: Matrix3<f64>) -> Matrix3<f64> {
    multiply3(outer, inner)
}

#[cfg(test)]
mod tests;
