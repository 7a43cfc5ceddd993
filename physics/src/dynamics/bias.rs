//! The bias forces b(q, v): Coriolis, centrifugal, gyroscopic and gravity terms.
//!
//! Recursive Newton-Euler with all generalised accelerations zero (Featherstone 2008, section 5.3).

/// The inward sweep.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// `bias[i]` for every dof, in N m or N. Needs `forward_kinematics`.
    pub fn bias_forces<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        bias: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            let b = body as usize;
            let v = kinematics.velocity[b];
            let momentum = multiply_inertia::<R>(kinematics.inertia[b], v);
            kinematics.force[b] = add6::<R>(
                multiply_inertia::<R>(kinematics.inertia[b], kinematics.acceleration[b]),
                cross_force::<R>(v, momentum),
            );
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.bodies {
            let b = (tree.bodies - 1u32 - back) as usize;
            let force = kinematics.force[b];
            let first = tree.first_dof[b];
            let end = tree.last_dof[b] + 1u32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for dof in first..end {
                bias[dof as usize] = dot6::<R>(kinematics.subspace[dof as usize], force);
            }
            let parent = tree.parent[b];
            if parent != NONE {
                kinematics.force[parent as usize] = add6::<R>(kinematics.force[parent as usize], force);
            }
        }
    }
}

use crate::scalar::Field;
