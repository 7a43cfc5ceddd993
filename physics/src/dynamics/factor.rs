//! The factor M = L^T L that keeps the zeros of branches, and the products and solves with it.
//!
//! Eliminating from the leaves to the roots fills nothing in (Featherstone 2008, section 6.5). With
//! u = L v the kinetic energy is u·u / 2: the solver of contacts works in these "whitened" velocities, in
//! which a force along a row J of the Jacobian is the row L^-T J^T.

/// Factor, products, solves.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use wgsl_rs::std::*;

    /// Replaces M by L in place (lower triangle along chains).
    pub fn factorize<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        matrix: ptr!(function, ChainMatrix<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.dofs {
            let k = (tree.dofs - 1u32 - back) as usize;
            let start = tree.chain_start[k];
            let depth = tree.chain_depth[k];
            let diagonal = R::sqrt_of(matrix.entry[(start + depth) as usize]);
            let inverse = R::lit(1.0f32) / diagonal;
            matrix.entry[(start + depth) as usize] = diagonal;
            matrix.inverse_diagonal[k] = inverse;
            #[wgsl_allow(non_literal_loop_bounds)]
            for at in start..(start + depth) {
                matrix.entry[at as usize] = matrix.entry[at as usize] * inverse;
            }
            // The chain of an ancestor is the beginning of this chain: both rows run in step.
            #[wgsl_allow(non_literal_loop_bounds)]
            for above in 0u32..depth {
                let row = tree.chain_start[tree.chain[(start + above) as usize] as usize];
                let factor = matrix.entry[(start + above) as usize];
                #[wgsl_allow(non_literal_loop_bounds)]
                for j in 0u32..(above + 1u32) {
                    matrix.entry[(row + j) as usize] =
                        matrix.entry[(row + j) as usize] - factor * matrix.entry[(start + j) as usize];
                }
            }
        }
    }

    /// x := L x: generalised to whitened velocities.
    pub fn multiply_factor<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        factor: ptr!(function, ChainMatrix<R>),
        x: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.dofs {
            let i = (tree.dofs - 1u32 - back) as usize;
            let start = tree.chain_start[i];
            let end = start + tree.chain_depth[i];
            let mut sum = factor.entry[end as usize] * x[i];
            #[wgsl_allow(non_literal_loop_bounds)]
            for k in start..end {
                sum = sum + factor.entry[k as usize] * x[tree.chain[k as usize] as usize];
            }
            x[i] = sum;
        }
    }

    /// x := L^-1 x: whitened to generalised velocities.
    pub fn solve_factor<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        factor: ptr!(function, ChainMatrix<R>),
        x: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            let i = dof as usize;
            let start = tree.chain_start[i];
            let end = start + tree.chain_depth[i];
            let mut sum = x[i];
            #[wgsl_allow(non_literal_loop_bounds)]
            for k in start..end {
                sum = sum - factor.entry[k as usize] * x[tree.chain[k as usize] as usize];
            }
            x[i] = sum * factor.inverse_diagonal[i];
        }
    }

    /// x := L^-T x, all dofs: generalised to whitened forces.
    pub fn solve_transposed<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        factor: ptr!(function, ChainMatrix<R>),
        x: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..tree.dofs {
            let i = (tree.dofs - 1u32 - back) as usize;
            let value = x[i] * factor.inverse_diagonal[i];
            x[i] = value;
            let start = tree.chain_start[i];
            let end = start + tree.chain_depth[i];
            #[wgsl_allow(non_literal_loop_bounds)]
            for k in start..end {
                let j = tree.chain[k as usize] as usize;
                x[j] = x[j] - factor.entry[k as usize] * value;
            }
        }
    }

    /// x := M^-1 x.
    pub fn solve_mass_matrix<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        factor: ptr!(function, ChainMatrix<R>),
        x: ptr!(function, [R; MAX_DOFS]),
    ) {
        solve_transposed::<R>(tree, factor, x);
        solve_factor::<R>(tree, factor, x);
    }
}

use crate::scalar::Field;
