//! A physics step of a world: smooth dynamics, collision, contact solver, positions.

/// The step.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::integrator::rules::*;
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::contact::detection::rules::*;
    use crate::contact::joints::rules::*;
    use crate::contact::solver::rules::*;
    use crate::contact::tables::rules::*;
    use crate::scalar::rules::*;
    use wgsl_rs::std::*;

    /// The first part of a step: velocities without contacts, and the contacts of all shapes but height
    /// layers, which the shell may append before the second part.
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
        work: ptr!(function, SmoothStep<R>),
        contacts: ptr!(function, ContactWorkspace<R>),
    ) {
        smooth_step::<R>(tree, parameters, integration, motion, control, applied, work);
        place_geoms::<R>(tables, geoms, &mut work.kinematics, contacts);
        detect_contacts::<R>(tables, geoms, margin, contacts);
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
        work: ptr!(function, SmoothStep<R>),
        contacts: ptr!(function, ContactWorkspace<R>),
    ) {
        // What the smooth forces added gives way to the velocities before it.
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            work.gain[dof as usize] = work.whitened[dof as usize] - work.gain[dof as usize];
        }
        solve_contacts::<R>(
            tree,
            &mut work.kinematics,
            &mut work.factor,
            motion,
            tables,
            geoms,
            limits,
            contact_parameters,
            sweeps,
            &mut work.gain,
            &mut work.whitened,
            memory,
            contacts,
        );
        finish_step::<R>(tree, integration, motion, work);
    }

    /// One step of `integration.timestep` s. `motion` and `memory` are the state; `work` and `contacts` hold
    /// afterwards what the step computed on the way.
    pub fn world_step<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        tables: ptr!(function, ContactTables),
        parameters: ptr!(function, Parameters<R>),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        limits: ptr!(function, JointLimits<R>),
        integration: ptr!(function, Integration<R>),
        contact_parameters: ContactParameters<R>,
        sweeps: u32,
        control: ptr!(function, [R; MAX_ACTUATORS]),
        applied: ptr!(function, [R; MAX_DOFS]),
        motion: ptr!(function, Motion<R>),
        memory: ptr!(function, ContactMemory<R>),
        work: ptr!(function, SmoothStep<R>),
        contacts: ptr!(function, ContactWorkspace<R>),
    ) {
        begin_world_step::<R>(
            tree,
            tables,
            parameters,
            geoms,
            integration,
            contact_parameters.margin,
            control,
            applied,
            motion,
            work,
            contacts,
        );
        end_world_step::<R>(
            tree,
            tables,
            geoms,
            limits,
            integration,
            contact_parameters,
            sweeps,
            motion,
            memory,
            work,
            contacts,
        );
    }
}

use crate::scalar::Field;
