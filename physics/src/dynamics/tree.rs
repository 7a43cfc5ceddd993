//! The records of the smooth dynamics: topology, parameters, state and what a step computes from them.
//!
//! Coordinates follow MuJoCo. Free joint: position of the body origin, quaternion w x y z; world velocity
//! of the origin, angular velocity in the body frame. Hinge and slide: one coordinate. Bodies, degrees of
//! freedom (dofs) and coordinates are numbered from the roots outwards, parents before children.

/// The records, and the numbers that name kinds of joints and actuators.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// A rotation about an axis through the body's origin.
    pub const JOINT_HINGE: u32 = 0u32;
    /// A translation along an axis.
    pub const JOINT_SLIDE: u32 = 1u32;
    /// Six degrees of freedom in the world.
    pub const JOINT_FREE: u32 = 2u32;

    /// The control is a torque or force.
    pub const LAW_EFFORT: u32 = 0u32;
    /// The control is a target position.
    pub const LAW_POSITION: u32 = 1u32;

    /// Who hangs on whom: the same for every world of a batch.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[repr(C)]
    pub struct Tree {
        /// Number of movable bodies.
        pub bodies: u32,
        /// Number of degrees of freedom.
        pub dofs: u32,
        /// Number of coordinates.
        pub coordinates: u32,
        /// Number of actuators.
        pub actuators: u32,
        /// Parent body, or `NONE` for the world.
        pub parent: [u32; MAX_BODIES],
        /// Kind of joint, `JOINT_*`.
        pub joint: [u32; MAX_BODIES],
        /// First dof of the joint.
        pub first_dof: [u32; MAX_BODIES],
        /// Last dof of the joint: where the chain of dofs that move the body ends.
        pub last_dof: [u32; MAX_BODIES],
        /// First coordinate of the joint.
        pub first_coordinate: [u32; MAX_BODIES],
        /// Root body of the tree; its origin is the point all spatial vectors of the tree refer to.
        pub root: [u32; MAX_BODIES],
        /// 1 for a body that is a tree of its own on a free joint, else 0.
        pub lone: [u32; MAX_BODIES],
        /// The dof before this one in its chain, or `NONE`.
        pub dof_parent: [u32; MAX_DOFS],
        /// The body that the dof's joint carries.
        pub dof_body: [u32; MAX_DOFS],
        /// Where the row of a dof begins in `chain` and in a `ChainMatrix`.
        pub chain_start: [u32; MAX_DOFS],
        /// How many dofs come before this one on its chain.
        pub chain_depth: [u32; MAX_DOFS],
        /// Row by row the dofs from the root to the dof itself.
        pub chain: [u32; MAX_FACTOR],
        /// The dof that an actuator drives.
        pub actuator_dof: [u32; MAX_ACTUATORS],
        /// The coordinate of that dof.
        pub actuator_coordinate: [u32; MAX_ACTUATORS],
        /// What the control means, `LAW_*`.
        pub actuator_law: [u32; MAX_ACTUATORS],
    }

    /// A symmetric 3 x 3 matrix.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Symmetric3<R> {
        pub xx: R,
        pub yy: R,
        pub zz: R,
        pub xy: R,
        pub xz: R,
        pub yz: R,
    }

    /// The spatial inertia of a rigid body about a reference point, world axes.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct RigidInertia<R> {
        /// Mass in kg.
        pub mass: R,
        /// Mass times the centre of mass relative to the reference point, in kg m.
        pub moment: Vector3<R>,
        /// Rotational inertia about the reference point in kg m².
        pub rotational: Symmetric3<R>,
    }

    /// The physical constants of a world; each world may have its own.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Parameters<R> {
        /// Acceleration of free fall in m/s², world axes.
        pub gravity: Vector3<R>,
        /// Body origin in the parent's frame at joint position zero, in m.
        pub offset: [Vector3<R>; MAX_BODIES],
        /// Rotation of the body relative to its parent at joint position zero.
        pub turn: [Matrix3<R>; MAX_BODIES],
        /// Unit axis of a hinge or slide in the body frame.
        pub axis: [Vector3<R>; MAX_BODIES],
        /// Mass in kg.
        pub mass: [R; MAX_BODIES],
        /// Centre of mass in the body frame in m.
        pub center: [Vector3<R>; MAX_BODIES],
        /// Inertia about the centre of mass, axes of the body frame, in kg m².
        pub inertia: [Symmetric3<R>; MAX_BODIES],
        /// Rotor inertia, on the diagonal of M.
        pub armature: [R; MAX_DOFS],
        /// Viscous damping in N m s/rad or N s/m.
        pub damping: [R; MAX_DOFS],
        /// Stiffness of a position servo.
        pub kp: [R; MAX_ACTUATORS],
        /// Damping of a position servo.
        pub kd: [R; MAX_ACTUATORS],
        /// Largest effort in N m or N.
        pub effort_limit: [R; MAX_ACTUATORS],
        /// One over the speed at which no effort is left; 0 where speed does not matter.
        pub inverse_velocity_limit: [R; MAX_ACTUATORS],
    }

    /// Where the bodies of a world are and how they move.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Motion<R> {
        /// Generalised positions.
        pub position: [R; MAX_COORDINATES],
        /// Generalised velocities.
        pub velocity: [R; MAX_DOFS],
    }

    /// What follows from a motion: poses, velocities and inertias of the bodies in world axes. Spatial
    /// vectors refer to the origin of the tree's root body.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Kinematics<R> {
        /// Rotation from body to world.
        pub rotation: [Matrix3<R>; MAX_BODIES],
        /// Body origin in the world in m.
        pub origin: [Vector3<R>; MAX_BODIES],
        /// The motion that a unit of each velocity gives: the columns of the body Jacobians.
        pub subspace: [Spatial<R>; MAX_DOFS],
        /// Spatial velocity of each body.
        pub velocity: [Spatial<R>; MAX_BODIES],
        /// Spatial acceleration of each body when all generalised accelerations are zero, with free fall
        /// counted as an upward acceleration of the world.
        pub acceleration: [Spatial<R>; MAX_BODIES],
        /// Inertia of each body.
        pub inertia: [RigidInertia<R>; MAX_BODIES],
        /// Scratch of the inward sweeps: force on each body.
        pub force: [Spatial<R>; MAX_BODIES],
        /// Scratch of the inward sweeps: inertia of each body and all it carries.
        pub composite: [RigidInertia<R>; MAX_BODIES],
    }

    /// A matrix over the dofs of which the lower triangle counts, and there only the entries (i, j) where j
    /// lies on the chain of i: entry (i, `chain[chain_start[i] + k]`) is `entry[chain_start[i] + k]`, for k
    /// up to `chain_depth[i]`, which gives the diagonal.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ChainMatrix<R> {
        /// Rows.
        pub entry: [R; MAX_FACTOR],
        /// One over the diagonal; filled by the factorisation.
        pub inverse_diagonal: [R; MAX_DOFS],
    }

    /// a as a matrix times v.
    pub fn multiply_symmetric<R: Real + super::Field>(a: Symmetric3<R>, v: Vector3<R>) -> Vector3<R> {
        vector3::<R>(
            a.xx * v.x + a.xy * v.y + a.xz * v.z,
            a.xy * v.x + a.yy * v.y + a.yz * v.z,
            a.xz * v.x + a.yz * v.y + a.zz * v.z,
        )
    }

    /// The force that gives a body of inertia `a` the acceleration `m`; also its momentum at velocity `m`.
    pub fn multiply_inertia<R: Real + super::Field>(a: RigidInertia<R>, m: Spatial<R>) -> Spatial<R> {
        Spatial::<R> {
            angular: add3::<R>(
                multiply_symmetric::<R>(a.rotational, m.angular),
                cross3::<R>(a.moment, m.linear),
            ),
            linear: sub3::<R>(scale3::<R>(m.linear, a.mass), cross3::<R>(a.moment, m.angular)),
        }
    }

    /// Two bodies as one.
    pub fn add_inertia<R: Real + super::Field>(a: RigidInertia<R>, b: RigidInertia<R>) -> RigidInertia<R> {
        RigidInertia::<R> {
            mass: a.mass + b.mass,
            moment: add3::<R>(a.moment, b.moment),
            rotational: Symmetric3::<R> {
                xx: a.rotational.xx + b.rotational.xx,
                yy: a.rotational.yy + b.rotational.yy,
                zz: a.rotational.zz + b.rotational.zz,
                xy: a.rotational.xy + b.rotational.xy,
                xz: a.rotational.xz + b.rotational.xz,
                yz: a.rotational.yz + b.rotational.yz,
            },
        }
    }

    /// The motion product v x m: how `m`, carried along by `v`, changes.
    pub fn cross_motion<R: Real + super::Field>(v: Spatial<R>, m: Spatial<R>) -> Spatial<R> {
        Spatial::<R> {
            angular: cross3::<R>(v.angular, m.angular),
            linear: add3::<R>(cross3::<R>(v.angular, m.linear), cross3::<R>(v.linear, m.angular)),
        }
    }

    /// The force product v x* f.
    pub fn cross_force<R: Real + super::Field>(v: Spatial<R>, f: Spatial<R>) -> Spatial<R> {
        Spatial::<R> {
            angular: add3::<R>(cross3::<R>(v.angular, f.angular), cross3::<R>(v.linear, f.linear)),
            linear: cross3::<R>(v.angular, f.linear),
        }
    }
}

use crate::scalar::Field;
