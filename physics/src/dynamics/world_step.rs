//! A physics step of a world: smooth dynamics, collision, contact solver, positions.

/// The step.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::integrator::rules::*;
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::collision::hull::rules::*;
    use crate::contact::detection::rules::*;
    use crate::contact::joints::rules::*;
    use crate::contact::solver::rules::*;
    use crate::contact::tables::rules::*;
    use crate::scalar::rules::*;
    use wgsl_rs::std::*;

    /// The first part of a step of `integration.timestep` s: velocities without contacts, and the contacts of
    /// all shapes but height layers, which the shell appends before the second part. `motion`, and the
    /// `memory` of the second part, are the state; the rest holds what the step computes on the way.
    pub fn begin_world_step<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        tables: ptr!(function, ContactTables),
        parameters: ptr!(function, Parameters<R>),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        integration: ptr!(function, Integration<R>),
        margin: R,
        control: ptr!(function, [R; MAX_ACTUATORS]),
        applied: ptr!(function, [R; MAX_DOFS]),
        motion: ptr!(function, Motion<R>),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        bias: ptr!(function, [R; MAX_DOFS]),
        force: ptr!(function, [R; MAX_DOFS]),
        gain: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
        cloud_a: ptr!(function, Cloud<R>),
        cloud_b: ptr!(function, Cloud<R>),
        contacts: ptr!(function, ContactWorkspace<R>),
    ) {
        smooth_step::<R>(
            tree,
            parameters,
            integration,
            motion,
            control,
            applied,
            kinematics,
            factor,
            bias,
            force,
            gain,
            whitened,
        );
        place_geoms::<R>(tables, geoms, kinematics, contacts);
        detect_contacts::<R>(tables, geoms, margin, cloud_a, cloud_b, contacts);
    }

    /// The second part of a step: the solver, then positions.
    pub fn end_world_step<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        limits: ptr!(function, JointLimits<R>),
        integration: ptr!(function, Integration<R>),
        contact_parameters: ContactParameters<R>,
        sweeps: u32,
        motion: ptr!(function, Motion<R>),
        memory: ptr!(function, ContactMemory<R>),
        kinematics: ptr!(function, Kinematics<R>),
        factor: ptr!(function, ChainMatrix<R>),
        gain: ptr!(function, [R; MAX_DOFS]),
        whitened: ptr!(function, [R; MAX_DOFS]),
        contacts: ptr!(function, ContactWorkspace<R>),
    ) {
        // What the smooth forces added gives way to the velocities before it.
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            gain[dof as usize] = whitened[dof as usize] - gain[dof as usize];
        }
        solve_contacts::<R>(
            tree,
            kinematics,
            factor,
            motion,
            tables,
            geoms,
            limits,
            contact_parameters,
            sweeps,
            gain,
            whitened,
            memory,
            contacts,
        );
        finish_step::<R>(tree, integration, motion, factor, whitened);
    }
}

use crate::scalar::Field;
