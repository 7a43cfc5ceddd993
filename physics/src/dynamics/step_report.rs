//! What a control step reports beside the state: accelerations, contact forces and the world's health.

/// The report, and how both devices fill it around the physics steps of a control step.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::contact::solver::rules::*;
    use crate::contact::tables::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// What a control step leaves behind for sensors and statistics.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct StepReport<R> {
        /// Change of the velocities per second in the last physics step.
        pub acceleration: [R; MAX_DOFS],
        /// Contact force on every shape, mean over the control step, in N.
        pub geom_force: [Vector3<R>; MAX_GEOMS],
        /// Contact points at work in the last physics step; a lane group shares the list.
        pub contacts: u32,
        /// Contact points that found no room, over the physics steps of the control step.
        pub overflow: u32,
        /// Contact points that carry load.
        pub loaded: R,
        /// The largest speed after a control step since the state was last set, or -1 where a number of the
        /// state, a control or an applied force was not finite.
        pub health: R,
    }

    /// Before the first physics step.
    pub fn begin_report<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        report: ptr!(function, StepReport<R>),
    ) {
        report.overflow = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for geom in 0u32..tables.geom_count {
            report.geom_force[geom as usize] = zero3::<R>();
        }
    }

    /// Before every physics step: the velocities that its change is counted from.
    pub fn note_velocities<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        motion: ptr!(function, Motion<R>),
        report: ptr!(function, StepReport<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            report.acceleration[dof as usize] = motion.velocity[dof as usize];
        }
    }

    /// After every physics step: adds the impulses of its contacts to the sums of the shapes, and counts those left out.
    pub fn add_contact_impulses<R: Real + super::Field>(
        contacts: ptr!(function, ContactWorkspace<R>),
        report: ptr!(function, StepReport<R>),
    ) {
        report.overflow = report.overflow + contacts.overflow;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0u32..contacts.contact_count {
            let a = contacts.contacts[index as usize].geom_a as usize;
            let b = contacts.contacts[index as usize].geom_b as usize;
            let impulse = impulse_on_a::<R>(contacts, index);
            report.geom_force[a] = add3::<R>(report.geom_force[a], impulse);
            report.geom_force[b] = sub3::<R>(report.geom_force[b], impulse);
        }
    }

    /// After the last of `substeps` physics steps of `timestep` s.
    pub fn finish_report<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        tables: ptr!(function, ContactTables),
        motion: ptr!(function, Motion<R>),
        control: ptr!(function, [R; MAX_ACTUATORS]),
        applied: ptr!(function, [R; MAX_DOFS]),
        timestep: R,
        substeps: u32,
        contacts: ptr!(function, ContactWorkspace<R>),
        report: ptr!(function, StepReport<R>),
    ) {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let rate = one / timestep;
        let mean = rate / R::lit(f32(substeps));
        let mut fastest = R::max_of(report.health, zero);
        let mut finite = R::select_positive(report.health + one, one, -one);
        #[wgsl_allow(non_literal_loop_bounds)]
        for dof in 0u32..tree.dofs {
            let velocity = motion.velocity[dof as usize];
            report.acceleration[dof as usize] = (velocity - report.acceleration[dof as usize]) * rate;
            fastest = R::max_of(fastest, R::abs_of(velocity));
            finite = R::select_finite(velocity, finite, -one);
            finite = R::select_finite(applied[dof as usize], finite, -one);
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for actuator in 0u32..tree.actuators {
            finite = R::select_finite(control[actuator as usize], finite, -one);
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for coordinate in 0u32..tree.coordinates {
            finite = R::select_finite(motion.position[coordinate as usize], finite, -one);
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for geom in 0u32..tables.geom_count {
            report.geom_force[geom as usize] = scale3::<R>(report.geom_force[geom as usize], mean);
        }
        let mut loaded = zero;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0u32..contacts.contact_count {
            loaded = loaded + R::select_positive(contacts.blocks[index as usize].impulse.x, one, zero);
        }
        report.contacts = contacts.contact_count;
        report.loaded = loaded;
        report.health = R::select_positive(finite, fastest, -one);
    }
}

use crate::scalar::Field;
