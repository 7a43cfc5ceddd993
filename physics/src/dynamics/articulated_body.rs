//! Forward dynamics by articulated bodies (Featherstone 2008, chapter 7): an independent way from forces to
//! accelerations, to check M and its factor against.
//!
//! Every dof is a step of its own in the chain: the dofs of a free joint are six joints with bodies of no
//! mass in between.

/// The sweep inwards and back.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// A general 3 x 3 block, by rows.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ArticulatedInertia<R> {
        /// Moments of angular accelerations.
        pub rotational: Matrix3<R>,
        /// Moments of linear accelerations; its transpose gives the forces of angular accelerations.
        pub coupling: Matrix3<R>,
        /// Forces of linear accelerations.
        pub translational: Matrix3<R>,
    }

    /// What the sweeps keep.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ArticulatedBodies<R> {
        pub inertia: [ArticulatedInertia<R>; MAX_BODIES],
        pub bias: [Spatial<R>; MAX_BODIES],
        pub column: [Spatial<R>; MAX_DOFS],
        pub inverse: [R; MAX_DOFS],
        pub rest: [R; MAX_DOFS],
        pub acceleration: [Spatial<R>; MAX_BODIES],
    }

    /// Sum of two matrices.
    pub fn add_matrix<R: Real + super::Field>(a: Matrix3<R>, b: Matrix3<R>) -> Matrix3<R> {
        Matrix3::<R> { x: add3::<R>(a.x, b.x), y: add3::<R>(a.y, b.y), z: add3::<R>(a.z, b.z) }
    }

    /// a b^T, scaled.
    pub fn outer_product<R: Real + super::Field>(a: Vector3<R>, b: Vector3<R>, scale: R) -> Matrix3<R> {
        Matrix3::<R> {
            x: scale3::<R>(a, b.x * scale),
            y: scale3::<R>(a, b.y * scale),
            z: scale3::<R>(a, b.z * scale),
        }
    }

    /// A rigid body's inertia in the general form.
    pub fn articulated_of<R: Real + super::Field>(a: RigidInertia<R>) -> ArticulatedInertia<R> {
        let zero = R::lit(0.0f32);
        let i = a.rotational;
        let m = a.moment;
        ArticulatedInertia::<R> {
            rotational: Matrix3::<R> {
                x: vector3::<R>(i.xx, i.xy, i.xz),
                y: vector3::<R>(i.xy, i.yy, i.yz),
                z: vector3::<R>(i.xz, i.yz, i.zz),
            },
            coupling: Matrix3::<R> {
                x: vector3::<R>(zero, m.z, -m.y),
                y: vector3::<R>(-m.z, zero, m.x),
                z: vector3::<R>(m.y, -m.x, zero),
            },
            translational: Matrix3::<R> {
                x: vector3::<R>(a.mass, zero, zero),
                y: vector3::<R>(zero, a.mass, zero),
                z: vector3::<R>(zero, zero, a.mass),
            },
        }
    }

    /// Inertia times acceleration.
    pub fn multiply_articulated<R: Real + super::Field>(
        a: ArticulatedInertia<R>,
        m: Spatial<R>,
    ) -> Spatial<R> {
        Spatial::<R> {
            angular: add3::<R>(rotate::<R>(a.rotational, m.angular), rotate::<R>(a.coupling, m.linear)),
            linear: add3::<R>(unrotate::<R>(a.coupling, m.angular), rotate::<R>(a.translational, m.linear)),
        }
    }

    /// a + scale u u^T.
    pub fn add_dyad<R: Real + super::Field>(
        a: ArticulatedInertia<R>,
        u: Spatial<R>,
        scale: R,
    ) -> ArticulatedInertia<R> {
        ArticulatedInertia::<R> {
            rotational: add_matrix::<R>(a.rotational, outer_product::<R>(u.angular, u.angular, scale)),
            coupling: add_matrix::<R>(a.coupling, outer_product::<R>(u.angular, u.linear, scale)),
            translational: add_matrix::<R>(a.translational, outer_product::<R>(u.linear, u.linear, scale)),
        }
    }

    /// Sum of two inertias.
    pub fn add_articulated<R: Real + super::Field>(
        a: ArticulatedInertia<R>,
        b: ArticulatedInertia<R>,
    ) -> ArticulatedInertia<R> {
        ArticulatedInertia::<R> {
            rotational: add_matrix::<R>(a.rotational, b.rotational),
            coupling: add_matrix::<R>(a.coupling, b.coupling),
            translational: add_matrix::<R>(a.translational, b.translational),
        }
    }

    /// Replaces the generalised forces in `x` by the accelerations they cause. Needs `forward_kinematics`.
    /// The velocity-dependent acceleration of a joint is taken from the difference between the bias
    /// accelerations of the body and its parent.
    pub fn articulated_body_accelerations<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        kinematics: ptr!(function, Kinematics<R>),
        bodies: ptr!(function, ArticulatedBodies<R>),
        x: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            let v = kinematics.velocity[b];
            bodies.inertia[b] = articulated_of::<R>(kinematics.inertia[b]);
            bodies.bias[b] = cross_force::<R>(v, multiply_inertia::<R>(kinematics.inertia[b], v));
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.bodies {
            let b = (tree.bodies - 1u32 - back) as usize;
            let mut inertia = bodies.inertia[b];
            let mut bias = bodies.bias[b];
            let first = tree.first_dof[b];
            let count = tree.last_dof[b] + 1u32 - first;
            #[wgsl_allow(non_literal_loop_bounds)]
            for step in 0u32..count {
                let i = (tree.last_dof[b] - step) as usize;
                let s = kinematics.subspace[i];
                let column = multiply_articulated::<R>(inertia, s);
                let inverse = R::lit(1.0f32) / (dot6::<R>(s, column) + parameters.armature[i]);
                let rest = x[i] - dot6::<R>(s, bias);
                bodies.column[i] = column;
                bodies.inverse[i] = inverse;
                bodies.rest[i] = rest;
                inertia = add_dyad::<R>(inertia, column, -inverse);
                bias = add6::<R>(bias, scale6::<R>(column, rest * inverse));
            }
            let parent = tree.parent[b];
            if parent != NONE {
                let p = parent as usize;
                let joint = add6::<R>(
                    kinematics.acceleration[b],
                    scale6::<R>(kinematics.acceleration[p], R::lit(-1.0f32)),
                );
                bodies.inertia[p] = add_articulated::<R>(bodies.inertia[p], inertia);
                bodies.bias[p] =
                    add6::<R>(bodies.bias[p], add6::<R>(bias, multiply_articulated::<R>(inertia, joint)));
            }
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            let mut acceleration = kinematics.acceleration[b];
            let parent = tree.parent[b];
            if parent != NONE {
                let p = parent as usize;
                let joint = add6::<R>(
                    kinematics.acceleration[b],
                    scale6::<R>(kinematics.acceleration[p], R::lit(-1.0f32)),
                );
                acceleration = add6::<R>(bodies.acceleration[p], joint);
            }
            let first = tree.first_dof[b];
            let end = tree.last_dof[b] + 1u32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for dof in first..end {
                let i = dof as usize;
                let value = bodies.inverse[i] * (bodies.rest[i] - dot6::<R>(acceleration, bodies.column[i]));
                x[i] = value;
                acceleration = add6::<R>(acceleration, scale6::<R>(kinematics.subspace[i], value));
            }
            bodies.acceleration[b] = acceleration;
        }
    }
}

use crate::scalar::Field;
