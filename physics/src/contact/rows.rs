//! Rows of the contact Jacobian in whitened velocities.
//!
//! With M = L^T L and u = L v, a row J of the Jacobian becomes y = L^-T J^T: the velocity along the row is
//! y · u, an impulse along it adds y to u, and y · y is the inverse mass. y is zero outside the chains of the two
//! bodies, and only the chains are stored, from the root outwards.

/// Building rows, and the two products with them.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tables::rules::*;
    use crate::capacity::rules::*;
    use crate::dynamics::tree::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Number of degrees of freedom that move a body; 0 for the scene.
    pub fn chain_length(tree: ptr!(function, Tree), body: u32) -> u32 {
        let mut count = 0u32;
        if body != NONE {
            count = tree.chain_depth[tree.last_dof[body as usize] as usize] + 1u32;
        }
        count
    }

    /// Appends the whitened velocity of the body's point, in world directions, times `sign`; returns the
    /// number of entries.
    pub fn append_point_chain<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        work: ptr!(function, ContactWorkspace<R>),
        body: u32,
        point: Vector3<R>,
        sign: R,
    ) -> u32 {
        let start = work.row_entries;
        let count = chain_length(tree, body);
        if count > 0u32 {
            let arm = sub3::<R>(point, kinematics.origin[tree.root[body as usize] as usize]);
            let chain = tree.chain_start[tree.last_dof[body as usize] as usize];
            #[wgsl_allow(non_literal_loop_bounds)]
            for k in 0u32..count {
                let dof = tree.chain[(chain + k) as usize];
                let column = kinematics.subspace[dof as usize];
                let velocity = add3::<R>(column.linear, cross3::<R>(column.angular, arm));
                work.rows[(start + k) as usize] = scale3::<R>(velocity, sign);
                work.row_dofs[(start + k) as usize] = dof;
            }
            #[wgsl_allow(non_literal_loop_bounds)]
            for back in 0u32..count {
                let k = count - 1u32 - back;
                let dof = work.row_dofs[(start + k) as usize] as usize;
                let above = tree.chain_start[dof];
                let entry = scale3::<R>(work.rows[(start + k) as usize], factor.inverse_diagonal[dof]);
                work.rows[(start + k) as usize] = entry;
                #[wgsl_allow(non_literal_loop_bounds)]
                for m in 0u32..k {
                    let at = (start + m) as usize;
                    let coupling = factor.entry[(above + m) as usize];
                    work.rows[at] = sub3::<R>(work.rows[at], scale3::<R>(entry, coupling));
                }
            }
        }
        work.row_entries = start + count;
        count
    }

    /// Appends the relative velocity of two bodies at a point, A less B. Where both hang on the same chain
    /// its entries are added up. Returns the number of entries.
    pub fn append_relative_chain<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        work: ptr!(function, ContactWorkspace<R>),
        body_a: u32,
        body_b: u32,
        point: Vector3<R>,
    ) -> u32 {
        let one = R::lit(1.0f32);
        let start = work.row_entries;
        let count_a = append_point_chain::<R>(tree, kinematics, factor, work, body_a, point, one);
        let middle = start + count_a;
        let count_b = append_point_chain::<R>(tree, kinematics, factor, work, body_b, point, -one);
        let mut joined = 0u32;
        while joined < count_a
            && joined < count_b
            && work.row_dofs[(start + joined) as usize] == work.row_dofs[(middle + joined) as usize]
        {
            let at = (start + joined) as usize;
            work.rows[at] = add3::<R>(work.rows[at], work.rows[(middle + joined) as usize]);
            joined = joined + 1u32;
        }
        if joined > 0u32 {
            #[wgsl_allow(non_literal_loop_bounds)]
            for k in joined..count_b {
                let to = (middle + k - joined) as usize;
                work.rows[to] = work.rows[(middle + k) as usize];
                work.row_dofs[to] = work.row_dofs[(middle + k) as usize];
            }
        }
        work.row_entries = middle + count_b - joined;
        count_a + count_b - joined
    }

    /// The inverse mass of a point: the sum of y y^T over the entries.
    pub fn inverse_mass_of<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
    ) -> Symmetric3<R> {
        let zero = R::lit(0.0f32);
        let mut sum = Symmetric3::<R> { xx: zero, yy: zero, zz: zero, xy: zero, xz: zero, yz: zero };
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            let y = work.rows[k as usize];
            sum.xx = sum.xx + y.x * y.x;
            sum.yy = sum.yy + y.y * y.y;
            sum.zz = sum.zz + y.z * y.z;
            sum.xy = sum.xy + y.x * y.y;
            sum.xz = sum.xz + y.x * y.z;
            sum.yz = sum.yz + y.y * y.z;
        }
        sum
    }

    /// Turns the entries from world directions to the given ones.
    pub fn turn_rows<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
        frame: Matrix3<R>,
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            work.rows[k as usize] = unrotate::<R>(frame, work.rows[k as usize]);
        }
    }

    /// The velocity along the three rows of a contact.
    pub fn row_velocity<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) -> Vector3<R> {
        let mut sum = zero3::<R>();
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            let u = whitened[work.row_dofs[k as usize] as usize];
            sum = add3::<R>(sum, scale3::<R>(work.rows[k as usize], u));
        }
        sum
    }

    /// Adds an impulse along the three rows of a contact.
    pub fn add_impulse<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
        impulse: Vector3<R>,
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            let dof = work.row_dofs[k as usize] as usize;
            whitened[dof] = whitened[dof] + dot3::<R>(work.rows[k as usize], impulse);
        }
    }

    /// Appends the whitened row of a joint's own velocity; returns the number of entries.
    pub fn append_joint_chain<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        factor: ptr!(function, ChainMatrix<R>),
        work: ptr!(function, ContactWorkspace<R>),
        joint_dof: u32,
    ) -> u32 {
        let start = work.joint_entries;
        let count = tree.chain_depth[joint_dof as usize] + 1u32;
        let chain = tree.chain_start[joint_dof as usize];
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in 0u32..count {
            work.joint_rows[(start + k) as usize] = R::lit(0.0f32);
            work.joint_row_dofs[(start + k) as usize] = tree.chain[(chain + k) as usize];
        }
        work.joint_rows[(start + count - 1u32) as usize] = R::lit(1.0f32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for back in 0u32..count {
            let k = count - 1u32 - back;
            let dof = work.joint_row_dofs[(start + k) as usize] as usize;
            let above = tree.chain_start[dof];
            let entry = work.joint_rows[(start + k) as usize] * factor.inverse_diagonal[dof];
            work.joint_rows[(start + k) as usize] = entry;
            #[wgsl_allow(non_literal_loop_bounds)]
            for m in 0u32..k {
                let at = (start + m) as usize;
                work.joint_rows[at] = work.joint_rows[at] - entry * factor.entry[(above + m) as usize];
            }
        }
        work.joint_entries = start + count;
        count
    }

    /// The velocity along a joint's row.
    pub fn joint_row_velocity<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) -> R {
        let mut sum = R::lit(0.0f32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            sum = sum + work.joint_rows[k as usize] * whitened[work.joint_row_dofs[k as usize] as usize];
        }
        sum
    }

    /// Adds an impulse along a joint's row.
    pub fn add_joint_impulse<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        start: u32,
        count: u32,
        impulse: R,
        whitened: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for k in start..(start + count) {
            let dof = work.joint_row_dofs[k as usize] as usize;
            whitened[dof] = whitened[dof] + work.joint_rows[k as usize] * impulse;
        }
    }
}

use crate::scalar::Field;
