//! Motors: from control values to generalised forces, evaluated every physics step.
//!
//! A position servo is tau = kp (target - q) - kd v. The effort is limited in both directions; where a speed
//! limit is given, what is left of the effort falls linearly from the full value at half that speed to zero
//! at the speed itself, in the direction of motion (braking keeps the full effort).

/// Laws and limits.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use wgsl_rs::std::*;

    /// The share of the effort that is left at `speed` (in the direction of the effort) times
    /// `inverse_limit`: 1 up to one half, 0 from one on.
    pub fn speed_share<R: Real + super::Field>(relative_speed: R) -> R {
        let one = R::lit(1.0f32);
        R::max_of(R::lit(0.0f32), R::min_of(one, R::lit(2.0f32) * (one - relative_speed)))
    }

    /// Adds what the actuators give to `force`. `control` holds one value for each; one that is not a finite number gives
    /// nothing. `gain[i]` becomes the damping that the servo adds to its dof (0 where the effort is at its limit, so that the
    /// implicit treatment of the damping stays within the limit).
    pub fn actuator_forces<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        motion: ptr!(function, Motion<R>),
        control: ptr!(function, [R; MAX_ACTUATORS]),
        force: ptr!(function, [R; MAX_DOFS]),
        gain: ptr!(function, [R; MAX_DOFS]),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for actuator in 0u32..tree.actuators {
            let a = actuator as usize;
            let dof = tree.actuator_dof[a] as usize;
            let speed = motion.velocity[dof];
            let zero = R::lit(0.0f32);
            let mut wanted = control[a];
            let mut damping = zero;
            if tree.actuator_law[a] == LAW_POSITION {
                let error = control[a] - motion.position[tree.actuator_coordinate[a] as usize];
                damping = parameters.kd[a];
                wanted = parameters.kp[a] * error - damping * speed;
            }
            let limit = parameters.effort_limit[a];
            let relative = speed * parameters.inverse_velocity_limit[a];
            let high = limit * speed_share::<R>(relative);
            let low = -limit * speed_share::<R>(-relative);
            let effort = R::max_of(low, R::min_of(high, wanted));
            force[dof] = force[dof] + R::select_finite(control[a], effort, zero);
            let missing = R::abs_of(wanted - effort);
            let within = R::select_positive(missing, zero, damping);
            gain[dof] = gain[dof] + R::select_finite(control[a], within, zero);
        }
    }
}

use crate::scalar::Field;
