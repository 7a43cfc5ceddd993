//! From forces to the next state: semi-implicit Euler, velocity first.
//!
//! v' = v + h a(q, v, tau), then positions with v'; quaternions by the exponential map on the right (body
//! frame). Joint and servo damping may be taken at the end of the step by adding h d to the diagonal of M.
//! The gyroscopic torque of a lone free body may be taken at the middle of the step: I (w' - w) + h m x I m = 0 with
//! m = (w + w') / 2, the implicit midpoint rule, which keeps energy and the size of the angular momentum.

/// The pieces of a step.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::actuators::rules::*;
    use super::super::bias::rules::*;
    use super::super::factor::rules::*;
    use super::super::kinematics::rules::*;
    use super::super::mass_matrix::rules::*;
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// How to integrate: the same for all worlds.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Integration<R> {
        /// Length of a physics step in s.
        pub timestep: R,
        /// 1: joint and servo damping at the end of the step; 0: at its beginning.
        pub implicit_damping: u32,
        /// 1: gyroscopic torque of lone free bodies at the middle of the step; 0: at its beginning.
        pub implicit_gyroscopic: u32,
    }

    /// The x with a·x = v.x, b·x = v.y and c·x = v.z, by Cramer's rule.
    pub fn solve_rows<R: Real + super::Field>(
        a: Vector3<R>,
        b: Vector3<R>,
        c: Vector3<R>,
        v: Vector3<R>,
    ) -> Vector3<R> {
        let bc = cross3::<R>(b, c);
        let ca = cross3::<R>(c, a);
        let ab = cross3::<R>(a, b);
        let inverse = R::lit(1.0f32) / dot3::<R>(a, bc);
        scale3::<R>(
            add3::<R>(scale3::<R>(bc, v.x), add3::<R>(scale3::<R>(ca, v.y), scale3::<R>(ab, v.z))),
            inverse,
        )
    }

    /// One Newton step from `m` towards the middle of a step of `h` s that begins with the angular velocity `w`, all in the
    /// body frame: towards I (m - w) + h/2 m x I m = 0.
    pub fn towards_middle<R: Real + super::Field>(
        inertia: Symmetric3<R>,
        w: Vector3<R>,
        m: Vector3<R>,
        h: R,
    ) -> Vector3<R> {
        let half = h * R::lit(0.5f32);
        let momentum = multiply_symmetric::<R>(inertia, m);
        let torque = cross3::<R>(m, momentum);
        let missing = add3::<R>(multiply_symmetric::<R>(inertia, sub3::<R>(m, w)), scale3::<R>(torque, half));
        // Rows of I + h/2 ([m] I - [I m]).
        let ix = vector3::<R>(inertia.xx, inertia.xy, inertia.xz);
        let iy = vector3::<R>(inertia.xy, inertia.yy, inertia.yz);
        let iz = vector3::<R>(inertia.xz, inertia.yz, inertia.zz);
        let zero = R::lit(0.0f32);
        let gx = sub3::<R>(scale3::<R>(iz, m.y), scale3::<R>(iy, m.z));
        let gy = sub3::<R>(scale3::<R>(ix, m.z), scale3::<R>(iz, m.x));
        let gz = sub3::<R>(scale3::<R>(iy, m.x), scale3::<R>(ix, m.y));
        let mx = vector3::<R>(zero, momentum.z, -momentum.y);
        let my = vector3::<R>(-momentum.z, zero, momentum.x);
        let mz = vector3::<R>(momentum.y, -momentum.x, zero);
        let change = solve_rows::<R>(
            add3::<R>(ix, scale3::<R>(add3::<R>(gx, mx), half)),
            add3::<R>(iy, scale3::<R>(add3::<R>(gy, my), half)),
            add3::<R>(iz, scale3::<R>(add3::<R>(gz, mz), half)),
            missing,
        );
        sub3::<R>(m, change)
    }

    /// The angular velocity after a step of `h` s in which the torque m x I m at the middle acts alone. Body frame, about
    /// the centre of mass. Two Newton steps are exact to rounding at h |w| below about 0.05; where they are not, the
    /// velocity is scaled so that no energy is gained.
    pub fn spin_after_step<R: Real + super::Field>(
        inertia: Symmetric3<R>,
        w: Vector3<R>,
        h: R,
    ) -> Vector3<R> {
        let once = towards_middle::<R>(inertia, w, w, h);
        let middle = towards_middle::<R>(inertia, w, once, h);
        let end = sub3::<R>(add3::<R>(middle, middle), w);
        let before = dot3::<R>(w, multiply_symmetric::<R>(inertia, w));
        let after = dot3::<R>(end, multiply_symmetric::<R>(inertia, end));
        let gained = after - before;
        let one = R::lit(1.0f32);
        let share = R::sqrt_of(before / R::select_positive(gained, after, one));
        scale3::<R>(end, R::select_positive(gained, share, one))
    }

    /// Replaces the gyroscopic part of the bias of lone free bodies by that of the middle of the step.
    ///
    /// The step turns a body by its angular velocity at the end. Half of what the gyroscopic torque adds to it is
    /// turned back beforehand, so that the body turns by the middle one, and the angular momentum stays where it is.
    pub fn make_gyroscopic_implicit<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        motion: ptr!(function, Motion<R>),
        bias: ptr!(function, [R; MAX_DOFS]),
        h: R,
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            if tree.lone[b] == 1u32 {
                let d = tree.first_dof[b] as usize + 3usize;
                let w = vector3::<R>(
                    motion.velocity[d],
                    motion.velocity[d + 1usize],
                    motion.velocity[d + 2usize],
                );
                let inertia = parameters.inertia[b];
                let lost = sub3::<R>(w, spin_after_step::<R>(inertia, w, h));
                let torque = scale3::<R>(multiply_symmetric::<R>(inertia, lost), R::lit(1.0f32) / h);
                let at_start = cross3::<R>(w, multiply_symmetric::<R>(inertia, w));
                let change = sub3::<R>(torque, at_start);
                bias[d] = bias[d] + change.x;
                bias[d + 1usize] = bias[d + 1usize] + change.y;
                bias[d + 2usize] = bias[d + 2usize] + change.z;
                let back = scale3::<R>(lost, R::lit(0.5f32));
                turn_free_body::<R>(motion, tree.first_coordinate[b], back, h);
            }
        }
    }

    /// All that happens before contacts: from state, control and `applied` generalised forces to L and the
    /// whitened velocities at the end of the step.
    ///
    /// On return `kinematics` are those at the beginning of the step, `factor` is L, of M plus what implicit
    /// damping adds, `bias` the bias forces, `force` those of actuators and damping and from outside, `gain`
    /// what all of them add to the whitened velocities, and `whitened` is L v at the end of the step.
    pub fn smooth_step<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        integration: ptr!(function, Integration<R>),
        motion: ptr!(function, Motion<R>),
        control: ptr!(function, [R; MAX_ACTUATORS]),
        applied: ptr!(function, [R; MAX_DOFS]),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        bias: ptr!(function, [R; MAX_DOFS]),
        force: ptr!(function, [R; MAX_DOFS]),
        gain: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) {
        let h = integration.timestep;
        forward_kinematics::<R>(tree, parameters, motion, kinematics);
        bias_forces::<R>(tree, kinematics, bias);
        if integration.implicit_gyroscopic == 1u32 {
            make_gyroscopic_implicit::<R>(tree, parameters, motion, bias, h);
        }
        mass_matrix::<R>(tree, parameters, kinematics, factor);
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            let i = dof as usize;
            force[i] = applied[i] - parameters.damping[i] * motion.velocity[i];
            gain[i] = parameters.damping[i];
            whitened[i] = motion.velocity[i];
        }
        actuator_forces::<R>(tree, parameters, motion, control, force, gain);
        if integration.implicit_damping == 1u32 {
            #[wgsl_allow(non_literal_loop_bounds)]
            for dof in 0u32..tree.dofs {
                let i = dof as usize;
                let diagonal = (tree.chain_start[i] + tree.chain_depth[i]) as usize;
                factor.entry[diagonal] = factor.entry[diagonal] + h * gain[i];
            }
        }
        factorize::<R>(tree, factor);
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            let i = dof as usize;
            gain[i] = (force[i] - bias[i]) * h;
        }
        solve_transposed::<R>(tree, factor, gain);
        multiply_factor::<R>(tree, factor, whitened);
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            let i = dof as usize;
            whitened[i] = whitened[i] + gain[i];
        }
    }

    /// The quaternion `q` after turning with the angular velocity `w` (body frame, rad/s) for `h` s.
    pub fn turn_quaternion<R: Real + super::Field>(q: Quaternion<R>, w: Vector3<R>, h: R) -> Quaternion<R> {
        // The addend keeps the quotient finite for a body at rest; it is below the rounding of any other.
        let speed = R::sqrt_of(dot3::<R>(w, w) + R::lit(8.6736174e-19f32));
        let half = speed * h * R::lit(0.5f32);
        let s = R::sin_of(half) / speed;
        let turn = Quaternion::<R> { w: R::cos_of(half), x: w.x * s, y: w.y * s, z: w.z * s };
        normalize_quaternion::<R>(multiply_quaternions::<R>(q, turn))
    }

    /// Turns the free body whose coordinates begin at `first` with the angular velocity `w` (body frame) for `h` s.
    pub fn turn_free_body<R: Real + super::Field>(
        motion: ptr!(function, Motion<R>),
        first: u32,
        w: Vector3<R>,
        h: R,
    ) {
        let c = first as usize;
        let q = turn_quaternion::<R>(free_orientation::<R>(motion, first), w, h);
        motion.position[c + 3usize] = q.w;
        motion.position[c + 4usize] = q.x;
        motion.position[c + 5usize] = q.y;
        motion.position[c + 6usize] = q.z;
    }

    /// Takes over the whitened velocities, which on return are plain ones, and moves the positions with them.
    pub fn finish_step<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        integration: ptr!(function, Integration<R>),
        motion: ptr!(function, Motion<R>),
        factor: ptr!(function, ChainMatrix<R>),
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) {
        let h = integration.timestep;
        solve_factor::<R>(tree, factor, whitened);
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            motion.velocity[dof as usize] = whitened[dof as usize];
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            let c = tree.first_coordinate[b] as usize;
            let d = tree.first_dof[b] as usize;
            motion.position[c] = motion.position[c] + h * motion.velocity[d];
            if tree.joint[b] == JOINT_FREE {
                motion.position[c + 1usize] = motion.position[c + 1usize] + h * motion.velocity[d + 1usize];
                motion.position[c + 2usize] = motion.position[c + 2usize] + h * motion.velocity[d + 2usize];
                let w = vector3::<R>(
                    motion.velocity[d + 3usize],
                    motion.velocity[d + 4usize],
                    motion.velocity[d + 5usize],
                );
                turn_free_body::<R>(motion, tree.first_coordinate[b], w, h);
            }
        }
    }
}

use crate::scalar::Field;
