//! Joints at their limits, and dry friction in joints: one row each, solved among the contacts. Limits are hard: a joint
//! has no surface that could be soft, and torques near a leg's largest would press it visibly beyond a soft one.

/// Listing the joints at work, and their part of a sweep.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::rows::rules::*;
    use super::super::softness::rules::*;
    use super::super::tables::rules::*;
    use crate::capacity::rules::*;
    use crate::dynamics::tree::rules::*;
    use crate::scalar::rules::*;
    use wgsl_rs::std::*;

    /// Limits and dry friction of the joints of a world, by degree of freedom.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct JointLimits<R> {
        /// Range of the position in rad or m.
        pub lower: [R; MAX_DOFS],
        pub upper: [R; MAX_DOFS],
        /// Dry friction in N m or N.
        pub friction_loss: [R; MAX_DOFS],
    }

    /// A limit farther away than this, in rad or m, beyond what the joint moves in a step by its velocity before it or
    /// by that which it would have after it, does not count.
    pub fn limit_margin<R: Real + super::Field>() -> R {
        R::lit(0.015625f32)
    }

    /// Lists the joints at work and starts them from the impulses of the last step.
    pub fn prepare_joints<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        tables: ptr!(function, ContactTables),
        parameters: ContactParameters<R>,
        limits: ptr!(function, JointLimits<R>),
        motion: ptr!(function, Motion<R>),
        factor: ptr!(function, ChainMatrix<R>),
        memory: ptr!(function, ContactMemory<R>),
        whitened: ptr!(function, [R; MAX_DOFS]),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        work.joint_count = 0u32;
        work.joint_entries = 0u32;
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let away = no_limit_distance::<R>();
        #[wgsl_allow(non_literal_loop_bounds)]
        for d in 0u32..tree.dofs {
            let dof = d as usize;
            let body = tree.dof_body[dof] as usize;
            let mut distance = away;
            let mut side = one;
            if tables.is_limited[dof] == 1u32 {
                let q = motion.position[tree.first_coordinate[body] as usize];
                let above_lower = q - limits.lower[dof];
                let below_upper = limits.upper[dof] - q;
                side = R::select_positive(below_upper - above_lower, one, -one);
                distance = R::min_of(above_lower, below_upper);
            }
            let start = work.joint_entries;
            let dry = tables.has_dry_friction[dof] == 1u32;
            let mut near = -one;
            let mut count = 0u32;
            if dry || tables.is_limited[dof] == 1u32 {
                count = append_joint_chain::<R>(tree, factor, work, d);
                let free = joint_row_velocity::<R>(work, start, count, whitened);
                let speed =
                    R::max_of(R::abs_of(motion.velocity[dof]), R::abs_of(free)) * parameters.time_step;
                near = limit_margin::<R>() + speed + speed - distance;
            }
            // A row that nobody needs is written over by the next.
            work.joint_entries = start;
            if dry || R::any_positive(near) {
                work.joint_entries = start + count;
                let mut mass = zero;
                #[wgsl_allow(non_literal_loop_bounds)]
                for k in start..(start + count) {
                    mass = mass + work.joint_rows[k as usize] * work.joint_rows[k as usize];
                }
                let bias = distance_bias::<R>(
                    distance,
                    parameters.time_step,
                    parameters.recovery_rate,
                    parameters.recovery_speed,
                );
                let mut row = work.joints[work.joint_count as usize];
                row.dof = d;
                row.start = start;
                row.count = count;
                row.side = side;
                row.mass = mass;
                row.inverse_mass = one / mass;
                row.bias = R::select_positive(near, bias, away);
                row.limit_impulse =
                    R::select_positive(near, R::max_of(memory.limit_impulses[dof] * side, zero), zero);
                row.dry_impulse = memory.dry_impulses[dof];
                row.dry_bound = limits.friction_loss[dof] * parameters.time_step;
                let start_impulse = side * row.limit_impulse + row.dry_impulse;
                add_joint_impulse::<R>(work, start, count, start_impulse, whitened);
                work.joints[work.joint_count as usize] = row;
                work.joint_count = work.joint_count + 1u32;
            }
            memory.limit_impulses[dof] = zero;
            memory.dry_impulses[dof] = zero;
        }
    }

    /// The distance of a limit that is not there, in rad or m.
    pub fn no_limit_distance<R: Real + super::Field>() -> R {
        R::lit(1048576.0f32)
    }

    /// One sweep over the joints at work.
    pub fn sweep_joints<R: Real + super::Field>(
        whitened: ptr!(function, [R; MAX_DOFS]),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let zero = R::lit(0.0f32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.joint_count {
            let row = work.joints[i as usize];
            let velocity = joint_row_velocity::<R>(work, row.start, row.count, whitened);
            let dry = R::min_of(
                R::max_of(row.dry_impulse - velocity * row.inverse_mass, -row.dry_bound),
                row.dry_bound,
            );
            let dry_change = dry - row.dry_impulse;
            let slowed = velocity + dry_change * row.mass;
            let residual = row.side * slowed + row.bias;
            let limit = R::max_of(row.limit_impulse - residual * row.inverse_mass, zero);
            let change = dry_change + row.side * (limit - row.limit_impulse);
            work.joints[i as usize].dry_impulse = dry;
            work.joints[i as usize].limit_impulse = limit;
            add_joint_impulse::<R>(work, row.start, row.count, change, whitened);
        }
    }

    /// Keeps the impulses for the next step.
    pub fn remember_joints<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        memory: ptr!(function, ContactMemory<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..work.joint_count {
            let row = work.joints[i as usize];
            memory.limit_impulses[row.dof as usize] = row.side * row.limit_impulse;
            memory.dry_impulses[row.dof as usize] = row.dry_impulse;
        }
    }
}

use crate::scalar::Field;
