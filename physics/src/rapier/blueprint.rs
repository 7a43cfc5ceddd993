//! What all worlds of a model share: where each body's coordinates are, and which bodies collide.
//!
//! Rapier integrates the origin of a multibody's free root with the velocity of its centre of mass, so a
//! free body's rapier frame has its origin there; coordinates are converted when they are read and set.

use rapier3d::prelude::{Pose, Rotation, Vector};

use super::RapierError;
use crate::model::{
    ActuatorDescription, ActuatorLaw, AxisJoint, BodyDescription, JointDescription, ModelDescription,
    rotation_from_z,
};

/// A body's place in the coordinates.
#[derive(Clone, Debug)]
pub(super) struct BodyPlan {
    pub motion: Motion,
    /// The first of its positions and velocities.
    pub first_position: usize,
    pub first_velocity: usize,
    /// Origin of rapier's frame of the body, in the body's own frame.
    pub offset: Vector,
}

/// How a body moves in rapier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Motion {
    /// Not at all, relative to its parent.
    Fixed,
    /// Freely; `root` when other bodies hang on it.
    Free { root: bool },
    /// About the x axis of its joint frame.
    Hinge,
    /// Along the x axis of its joint frame.
    Slide,
}

/// An actuator, with its joint resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct ActuatorPlan {
    pub body: usize,
    pub law: ActuatorLaw,
    pub effort_limit: f64,
    pub velocity_limit: Option<f64>,
}

/// What all worlds of a model share.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub bodies: Vec<BodyPlan>,
    pub parents: Vec<Option<usize>>,
    pub actuators: Vec<ActuatorPlan>,
    pub num_positions: usize,
    pub num_velocities: usize,
    /// The body that each body is one with, by fixed joints; `None` is the scene.
    pub carriers: Vec<Option<usize>>,
    /// `[carrier][carrier]`: whether the two collide.
    collides: Vec<bool>,
    /// Positions of a new world.
    pub start: Vec<f64>,
}

impl Blueprint {
    pub fn new(model: &ModelDescription) -> Result<Self, RapierError> {
        let parents = parents(model)?;
        let mut bodies = Vec::with_capacity(model.bodies.len());
        let mut start = Vec::new();
        let mut num_velocities = 0;
        for (index, body) in model.bodies.iter().enumerate() {
            let motion = match body.joint {
                JointDescription::Fixed => Motion::Fixed,
                JointDescription::Free if parents[index].is_some() => {
                    return Err(RapierError::model(&body.name, "a free joint needs the world as parent"));
                }
                JointDescription::Free => Motion::Free { root: parents.contains(&Some(index)) },
                JointDescription::Hinge(_) => Motion::Hinge,
                JointDescription::Slide(_) => Motion::Slide,
            };
            let free = matches!(motion, Motion::Free { .. });
            let offset = if free { vector(body.center_of_mass) } else { Vector::ZERO };
            bodies.push(BodyPlan {
                motion,
                first_position: start.len(),
                first_velocity: num_velocities,
                offset,
            });
            match motion {
                Motion::Fixed => {}
                Motion::Free { .. } => {
                    start.extend(body.position.iter().chain(&body.orientation));
                    num_velocities += 6;
                }
                Motion::Hinge | Motion::Slide => {
                    start.push(0.0);
                    num_velocities += 1;
                }
            }
        }
        let actuators = model
            .actuators
            .iter()
            .map(|actuator| plan_actuator(model, actuator))
            .collect::<Result<_, _>>()?;
        let carriers = carriers(&bodies, &parents);
        let collides = collision_table(model, &carriers)?;
        Ok(Self {
            bodies,
            parents,
            actuators,
            num_positions: start.len(),
            num_velocities,
            carriers,
            collides,
            start,
        })
    }

    /// Whether two bodies collide; `None` is the scene, and what is fixed to it.
    pub fn collide(&self, a: Option<usize>, b: Option<usize>) -> bool {
        let carrier = |body: Option<usize>| body.and_then(|body| self.carriers[body]);
        match (carrier(a), carrier(b)) {
            (None, None) => false,
            (None, Some(_)) | (Some(_), None) => true,
            (Some(a), Some(b)) => self.collides[a * self.bodies.len() + b],
        }
    }
}

/// The body that each body is one with.
fn carriers(bodies: &[BodyPlan], parents: &[Option<usize>]) -> Vec<Option<usize>> {
    let mut carriers: Vec<Option<usize>> = Vec::with_capacity(bodies.len());
    for (index, (body, parent)) in bodies.iter().zip(parents).enumerate() {
        carriers.push(match body.motion {
            Motion::Fixed => parent.and_then(|parent| carriers[parent]),
            _ => Some(index),
        });
    }
    carriers
}

/// The joint of a body that has one of one degree of freedom.
pub(super) fn axis_joint(body: &BodyDescription) -> Option<&AxisJoint> {
    match &body.joint {
        JointDescription::Hinge(joint) | JointDescription::Slide(joint) => Some(joint),
        JointDescription::Fixed | JointDescription::Free => None,
    }
}

/// The rotation that takes x to `axis`: rapier's joints turn about and slide along their x axis.
pub(super) fn rotation_from_x(axis: [f64; 3]) -> Rotation {
    // z to the axis, after x to z.
    let half = std::f32::consts::FRAC_1_SQRT_2;
    rotation(rotation_from_z(axis)) * Rotation::from_xyzw(0.0, -half, 0.0, half)
}

pub(super) fn vector(v: [f64; 3]) -> Vector {
    Vector::new(v[0] as f32, v[1] as f32, v[2] as f32)
}

pub(super) fn rotation([w, x, y, z]: [f64; 4]) -> Rotation {
    Rotation::from_xyzw(x as f32, y as f32, z as f32, w as f32).normalize()
}

pub(super) fn pose(position: [f64; 3], orientation: [f64; 4]) -> Pose {
    Pose::from_parts(vector(position), rotation(orientation))
}

fn parents(model: &ModelDescription) -> Result<Vec<Option<usize>>, RapierError> {
    model
        .bodies
        .iter()
        .enumerate()
        .map(|(index, body)| match &body.parent {
            None => Ok(None),
            Some(parent) => {
                model.bodies[..index].iter().position(|other| other.name == *parent).map(Some).ok_or_else(
                    || {
                        RapierError::model(
                            &body.name,
                            format!("its parent {parent} is not among the bodies before it"),
                        )
                    },
                )
            }
        })
        .collect()
}

fn plan_actuator(
    model: &ModelDescription,
    actuator: &ActuatorDescription,
) -> Result<ActuatorPlan, RapierError> {
    let body = model
        .bodies
        .iter()
        .position(|body| axis_joint(body).is_some_and(|joint| joint.name == actuator.joint))
        .ok_or_else(|| {
            RapierError::model(&actuator.name, format!("there is no hinge or slide named {}", actuator.joint))
        })?;
    Ok(ActuatorPlan {
        body,
        law: actuator.law,
        effort_limit: actuator.effort_limit,
        velocity_limit: actuator.velocity_limit,
    })
}

fn collision_table(model: &ModelDescription, carriers: &[Option<usize>]) -> Result<Vec<bool>, RapierError> {
    let count = model.bodies.len();
    let mut table = vec![false; count * count];
    for [a, b] in &model.colliding_bodies {
        let find = |name: &String| {
            model.bodies.iter().position(|body| body.name == *name).ok_or_else(|| {
                RapierError::model(name, "it stands among the colliding bodies, but there is no such body")
            })
        };
        if let (Some(a), Some(b)) = (carriers[find(a)?], carriers[find(b)?]) {
            table[a * count + b] = true;
            table[b * count + a] = true;
        }
    }
    Ok(table)
}
