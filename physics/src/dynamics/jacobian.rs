//! Rows of Jacobians: how fast a point of a body, or the body, moves along a direction per unit of each dof.
//!
//! Only the dofs on the body's chain move it; a row is written and read along that chain.

/// Rows along chains.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// The force `direction` at `point` (world coordinates) as a spatial force about the origin of the tree
    /// that `body` belongs to.
    pub fn force_at<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        body: u32,
        point: Vector3<R>,
        direction: Vector3<R>,
    ) -> Spatial<R> {
        let arm = sub3::<R>(point, kinematics.origin[tree.root[body as usize] as usize]);
        Spatial::<R> { angular: cross3::<R>(arm, direction), linear: direction }
    }

    /// Writes into `row`, along the chain of `body` only, the generalised force of the spatial force
    /// `force` on the body. With `force_at` this is the row of the Jacobian of the point along the direction.
    pub fn jacobian_row<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        body: u32,
        force: Spatial<R>,
        row: ptr!(function, [R; MAX_DOFS]),
    ) {
        let mut dof = tree.last_dof[body as usize];
        while dof != NONE {
            row[dof as usize] = dot6::<R>(kinematics.subspace[dof as usize], force);
            dof = tree.dof_parent[dof as usize];
        }
    }
}

use crate::scalar::Field;
