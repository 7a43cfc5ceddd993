//! The records of the rules for a lane type: empty ones, and parameters spread over the lanes.

use super::lane::Lane;
use crate::capacity::rules::{MAX_ACTUATORS, MAX_BODIES, MAX_COORDINATES, MAX_DOFS, MAX_FACTOR};
use crate::dynamics::integrator::rules::SmoothStep;
use crate::dynamics::tree::rules::{ChainMatrix, Kinematics, Motion, Parameters, RigidInertia, Symmetric3};
use crate::vector::rules::{Matrix3, Spatial, Vector3, zero3, zero6};

/// A motion with every number zero.
pub fn empty_motion<L: Lane>() -> Motion<L> {
    let zero = L::splat(0.0);
    Motion { position: [zero; MAX_COORDINATES], velocity: [zero; MAX_DOFS] }
}

/// The working memory of a step, with every number zero.
pub fn empty_step<L: Lane>() -> Box<SmoothStep<L>> {
    let zero = L::splat(0.0);
    let vector = zero3::<L>();
    let spatial: Spatial<L> = zero6();
    let inertia = RigidInertia { mass: zero, moment: vector, rotational: symmetric_of(zero) };
    Box::new(SmoothStep {
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
