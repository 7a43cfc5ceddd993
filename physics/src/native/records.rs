//! The records of the rules for a lane type: empty ones, and parameters spread over the lanes.

use super::lane::Lane;
use crate::capacity::rules::{MAX_ACTUATORS, MAX_BODIES, MAX_COORDINATES, MAX_DOFS, MAX_FACTOR};
use crate::collision::hull::rules::{Cloud, MAX_CORNERS, MAX_FACES};
use crate::collision::plane::rules::Plane;
use crate::contact::tables::rules::MAX_GEOMS;
use crate::dynamics::step_report::rules::StepReport;
use crate::dynamics::tree::rules::{ChainMatrix, Kinematics, Motion, Parameters, RigidInertia, Symmetric3};
use crate::vector::rules::{Matrix3, Spatial, Vector3, zero3, zero6};

/// The working memory of a step, contacts apart.
#[derive(Clone, Debug)]
pub struct StepMemory<L> {
    /// Poses, velocities, inertias at the beginning of the step.
    pub kinematics: Kinematics<L>,
    /// L, of M plus what implicit damping adds.
    pub factor: ChainMatrix<L>,
    /// Bias forces.
    pub bias: [L; MAX_DOFS],
    /// Forces of actuators and damping, and those applied from outside.
    pub force: [L; MAX_DOFS],
    /// What all forces add to the whitened velocities; the whitened velocities before the step after it.
    pub gain: [L; MAX_DOFS],
    /// Whitened velocities L v at the end of the step before contacts; plain velocities after it.
    pub whitened: [L; MAX_DOFS],
    /// The two shapes of a pair with a convex hull.
    pub clouds: [Cloud<L>; 2],
}

/// A motion with every number zero.
pub fn empty_motion<L: Lane>() -> Motion<L> {
    let zero = L::splat(0.0);
    Motion { position: [zero; MAX_COORDINATES], velocity: [zero; MAX_DOFS] }
}

/// A report of nothing.
pub fn empty_report<L: Lane>() -> StepReport<L> {
    let zero = L::splat(0.0);
    StepReport {
        acceleration: [zero; MAX_DOFS],
        geom_force: [zero3(); MAX_GEOMS],
        contacts: 0,
        overflow: 0,
        loaded: zero,
        health: zero,
    }
}

/// The working memory of a step, with every number zero.
pub fn empty_step<L: Lane>() -> Box<StepMemory<L>> {
    let zero = L::splat(0.0);
    let vector = zero3::<L>();
    let spatial: Spatial<L> = zero6();
    let inertia = RigidInertia { mass: zero, moment: vector, rotational: symmetric_of(zero) };
    let cloud = Cloud {
        corner_count: 0,
        face_count: 0,
        radius: zero,
        corners: [vector; MAX_CORNERS],
        faces: [Plane { normal: vector, offset: zero }; MAX_FACES],
    };
    Box::new(StepMemory {
        kinematics: Kinematics {
            rotation: [Matrix3 { x: vector, y: vector, z: vector }; MAX_BODIES],
            origin: [vector; MAX_BODIES],
            subspace: [spatial; MAX_DOFS],
            velocity: [spatial; MAX_BODIES],
            acceleration: [spatial; MAX_BODIES],
            inertia: [inertia; MAX_BODIES],
            force: [spatial; MAX_BODIES],
            composite: [inertia; MAX_BODIES],
        },
        factor: ChainMatrix { entry: [zero; MAX_FACTOR], inverse_diagonal: [zero; MAX_DOFS] },
        bias: [zero; MAX_DOFS],
        force: [zero; MAX_DOFS],
        gain: [zero; MAX_DOFS],
        whitened: [zero; MAX_DOFS],
        clouds: [cloud; 2],
    })
}

/// The same parameters in every lane.
pub fn splat_parameters<L: Lane>(parameters: &Parameters<f64>) -> Box<Parameters<L>> {
    let scalar = |value: f64| L::splat(value);
    let vector = |v: Vector3<f64>| Vector3 { x: scalar(v.x), y: scalar(v.y), z: scalar(v.z) };
    let matrix = |m: Matrix3<f64>| Matrix3 { x: vector(m.x), y: vector(m.y), z: vector(m.z) };
    let symmetric = |s: Symmetric3<f64>| Symmetric3 {
        xx: scalar(s.xx),
        yy: scalar(s.yy),
        zz: scalar(s.zz),
        xy: scalar(s.xy),
        xz: scalar(s.xz),
        yz: scalar(s.yz),
    };
    Box::new(Parameters {
        gravity: vector(parameters.gravity),
        offset: parameters.offset.map(vector),
        turn: parameters.turn.map(matrix),
        axis: parameters.axis.map(vector),
        mass: parameters.mass.map(scalar),
        center: parameters.center.map(vector),
        inertia: parameters.inertia.map(symmetric),
        armature: parameters.armature.map(scalar),
        damping: parameters.damping.map(scalar),
        kp: map_actuators(&parameters.kp),
        kd: map_actuators(&parameters.kd),
        effort_limit: map_actuators(&parameters.effort_limit),
        inverse_velocity_limit: map_actuators(&parameters.inverse_velocity_limit),
    })
}

fn map_actuators<L: Lane>(values: &[f64; MAX_ACTUATORS]) -> [L; MAX_ACTUATORS] {
    values.map(L::splat)
}

fn symmetric_of<L: Lane>(value: L) -> Symmetric3<L> {
    Symmetric3 { xx: value, yy: value, zz: value, xy: value, xz: value, yz: value }
}
