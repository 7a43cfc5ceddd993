//! From generalised positions and velocities to poses, velocities and inertias of the bodies.
//!
//! One outward sweep. Velocity and bias acceleration of a body follow from its parent's by the columns of
//! the joint (Featherstone 2008, section 5.3), in world axes about the root's origin.

/// The outward sweep.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// The rotation by `angle` rad about the unit vector `axis`.
    pub fn rotation_about<R: Real + super::Field>(axis: Vector3<R>, angle: R) -> Matrix3<R> {
        let s = R::sin_of(angle);
        let c = R::cos_of(angle);
        let t = R::lit(1.0f32) - c;
        let sine = scale3::<R>(axis, s);
        let rest = scale3::<R>(axis, t);
        Matrix3::<R> {
            x: vector3::<R>(rest.x * axis.x + c, rest.x * axis.y + sine.z, rest.x * axis.z - sine.y),
            y: vector3::<R>(rest.x * axis.y - sine.z, rest.y * axis.y + c, rest.y * axis.z + sine.x),
            z: vector3::<R>(rest.x * axis.z + sine.y, rest.y * axis.z - sine.x, rest.z * axis.z + c),
        }
    }

    /// The quaternion of a free joint whose coordinates begin at `first`.
    pub fn free_orientation<R: Real + super::Field>(
        motion: ptr!(function, Motion<R>),
        first: u32,
    ) -> Quaternion<R> {
        let at = first as usize;
        Quaternion::<R> {
            w: motion.position[at + 3usize],
            x: motion.position[at + 4usize],
            y: motion.position[at + 5usize],
            z: motion.position[at + 6usize],
        }
    }

    /// The inertia of a body whose centre of mass lies at `center` from the reference point and whose axes
    /// are the columns of `rotation`.
    pub fn inertia_about<R: Real + super::Field>(
        mass: R,
        center: Vector3<R>,
        inertia: Symmetric3<R>,
        rotation: Matrix3<R>,
    ) -> RigidInertia<R> {
        // Columns of rotation * inertia; then their products with the rows of rotation.
        let a = rotate::<R>(rotation, vector3::<R>(inertia.xx, inertia.xy, inertia.xz));
        let b = rotate::<R>(rotation, vector3::<R>(inertia.xy, inertia.yy, inertia.yz));
        let c = rotate::<R>(rotation, vector3::<R>(inertia.xz, inertia.yz, inertia.zz));
        let moment = scale3::<R>(center, mass);
        let xx = moment.x * center.x;
        let yy = moment.y * center.y;
        let zz = moment.z * center.z;
        RigidInertia::<R> {
            mass: mass,
            moment: moment,
            rotational: Symmetric3::<R> {
                xx: a.x * rotation.x.x + b.x * rotation.y.x + c.x * rotation.z.x + (yy + zz),
                yy: a.y * rotation.x.y + b.y * rotation.y.y + c.y * rotation.z.y + (xx + zz),
                zz: a.z * rotation.x.z + b.z * rotation.y.z + c.z * rotation.z.z + (xx + yy),
                xy: a.x * rotation.x.y + b.x * rotation.y.y + c.x * rotation.z.y - moment.x * center.y,
                xz: a.x * rotation.x.z + b.x * rotation.y.z + c.x * rotation.z.z - moment.x * center.z,
                yz: a.y * rotation.x.z + b.y * rotation.y.z + c.y * rotation.z.z - moment.y * center.z,
            },
        }
    }

    /// A free body: its six columns, velocity and bias acceleration.
    pub fn free_kinematics<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        motion: ptr!(function, Motion<R>),
        kinematics: ptr!(function, Kinematics<R>),
        body: u32,
        fall: Vector3<R>,
    ) {
        let b = body as usize;
        let c = tree.first_coordinate[b] as usize;
        let d = tree.first_dof[b] as usize;
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let rotation = matrix_of::<R>(free_orientation::<R>(motion, tree.first_coordinate[b]));
        kinematics.rotation[b] = rotation;
        kinematics.origin[b] =
            vector3::<R>(motion.position[c], motion.position[c + 1usize], motion.position[c + 2usize]);
        kinematics.subspace[d] =
            Spatial::<R> { angular: zero3::<R>(), linear: vector3::<R>(one, zero, zero) };
        kinematics.subspace[d + 1usize] =
            Spatial::<R> { angular: zero3::<R>(), linear: vector3::<R>(zero, one, zero) };
        kinematics.subspace[d + 2usize] =
            Spatial::<R> { angular: zero3::<R>(), linear: vector3::<R>(zero, zero, one) };
        kinematics.subspace[d + 3usize] = Spatial::<R> { angular: rotation.x, linear: zero3::<R>() };
        kinematics.subspace[d + 4usize] = Spatial::<R> { angular: rotation.y, linear: zero3::<R>() };
        kinematics.subspace[d + 5usize] = Spatial::<R> { angular: rotation.z, linear: zero3::<R>() };
        let linear =
            vector3::<R>(motion.velocity[d], motion.velocity[d + 1usize], motion.velocity[d + 2usize]);
        let angular = rotate::<R>(
            rotation,
            vector3::<R>(
                motion.velocity[d + 3usize],
                motion.velocity[d + 4usize],
                motion.velocity[d + 5usize],
            ),
        );
        kinematics.velocity[b] = Spatial::<R> { angular: angular, linear: linear };
        // The origin moves uniformly, so its spatial acceleration is -w x v.
        kinematics.acceleration[b] =
            Spatial::<R> { angular: zero3::<R>(), linear: sub3::<R>(cross3::<R>(linear, angular), fall) };
    }

    /// A body on a hinge or slide.
    pub fn axis_kinematics<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        motion: ptr!(function, Motion<R>),
        kinematics: ptr!(function, Kinematics<R>),
        body: u32,
    ) {
        let b = body as usize;
        let d = tree.first_dof[b] as usize;
        let q = motion.position[tree.first_coordinate[b] as usize];
        let v = motion.velocity[d];
        let parent = tree.parent[b];
        // The frame at joint position zero.
        let mut origin = parameters.offset[b];
        let mut rotation = parameters.turn[b];
        let mut velocity = zero6::<R>();
        let mut acceleration =
            Spatial::<R> { angular: zero3::<R>(), linear: sub3::<R>(zero3::<R>(), parameters.gravity) };
        if parent != NONE {
            let p = parent as usize;
            let around = kinematics.rotation[p];
            origin = add3::<R>(kinematics.origin[p], rotate::<R>(around, origin));
            rotation = multiply3::<R>(around, rotation);
            velocity = kinematics.velocity[p];
            acceleration = kinematics.acceleration[p];
        }
        let axis = rotate::<R>(rotation, parameters.axis[b]);
        let mut column = Spatial::<R> { angular: zero3::<R>(), linear: axis };
        if tree.joint[b] == JOINT_HINGE {
            rotation = multiply3::<R>(rotation, rotation_about::<R>(parameters.axis[b], q));
            let mut arm = zero3::<R>();
            if parent != NONE {
                arm = sub3::<R>(origin, kinematics.origin[tree.root[b] as usize]);
            }
            column = Spatial::<R> { angular: axis, linear: cross3::<R>(arm, axis) };
        } else {
            origin = add3::<R>(origin, scale3::<R>(axis, q));
        }
        let motion_of_joint = scale6::<R>(column, v);
        kinematics.rotation[b] = rotation;
        kinematics.origin[b] = origin;
        kinematics.subspace[d] = column;
        kinematics.acceleration[b] = add6::<R>(acceleration, cross_motion::<R>(velocity, motion_of_joint));
        kinematics.velocity[b] = add6::<R>(velocity, motion_of_joint);
    }

    /// All bodies, from the roots outwards.
    pub fn forward_kinematics<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        motion: ptr!(function, Motion<R>),
        kinematics: ptr!(function, Kinematics<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            if tree.joint[b] == JOINT_FREE {
                free_kinematics::<R>(tree, motion, kinematics, body, parameters.gravity);
            } else {
                axis_kinematics::<R>(tree, parameters, motion, kinematics, body);
            }
            let rotation = kinematics.rotation[b];
            let center = add3::<R>(
                sub3::<R>(kinematics.origin[b], kinematics.origin[tree.root[b] as usize]),
                rotate::<R>(rotation, parameters.center[b]),
            );
            kinematics.inertia[b] =
                inertia_about::<R>(parameters.mass[b], center, parameters.inertia[b], rotation);
        }
    }

    /// World velocity of the point of a body that is now at `point` (world coordinates), in m/s.
    pub fn point_velocity<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        body: u32,
        point: Vector3<R>,
    ) -> Vector3<R> {
        let v = kinematics.velocity[body as usize];
        let arm = sub3::<R>(point, kinematics.origin[tree.root[body as usize] as usize]);
        add3::<R>(v.linear, cross3::<R>(v.angular, arm))
    }
}

use crate::scalar::Field;
