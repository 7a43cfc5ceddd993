//! The joint-space inertia M(q) by composite rigid bodies (Featherstone 2008, section 6.2).
//!
//! Entry (i, j) is not zero only where dof j lies on the chain of dof i or the other way round; only those
//! entries of the lower triangle are written.

/// The inward sweep.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// M, armature included. Needs `forward_kinematics`.
    pub fn mass_matrix<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        kinematics: ptr!(function, Kinematics<R>),
        matrix: ptr!(function, ChainMatrix<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for body in 0u32..tree.bodies {
            kinematics.composite[body as usize] = kinematics.inertia[body as usize];
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.bodies {
            let b = (tree.bodies - 1u32 - back) as usize;
            let composite = kinematics.composite[b];
            let parent = tree.parent[b];
            if parent != NONE {
                kinematics.composite[parent as usize] =
                    add_inertia::<R>(kinematics.composite[parent as usize], composite);
            }
            let first = tree.first_dof[b];
            let end = tree.last_dof[b] + 1u32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for dof in first..end {
                let i = dof as usize;
                let force = multiply_inertia::<R>(composite, kinematics.subspace[i]);
                let start = tree.chain_start[i];
                let depth = tree.chain_depth[i];
                #[wgsl_allow(non_literal_loop_bounds)]
                for k in start..(start + depth) {
                    matrix.entry[k as usize] =
                        dot6::<R>(kinematics.subspace[tree.chain[k as usize] as usize], force);
                }
                matrix.entry[(start + depth) as usize] =
                    dot6::<R>(kinematics.subspace[i], force) + parameters.armature[i];
            }
        }
    }
}

use crate::scalar::Field;
