//! A contact as a damped spring, given by frequency and damping ratio.
//!
//! Treating spring and damper implicitly over a step of length h gives a constraint that is stable for
//! every stiffness: E. Catto, "Soft Constraints" (GDC 2011). Stated relative to the inverse mass of the row, so that
//! heavy and light bodies answer alike.

/// The two numbers a solver needs, and how a distance becomes a velocity.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use crate::scalar::rules::*;

    /// A spring and damper over one step.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Softness<R> {
        /// Softness as a share of the row's inverse mass.
        pub compliance: R,
        /// Speed of recovery for a unit of penetration, in 1/s.
        pub recovery_rate: R,
    }

    /// The softness of a spring of `angular_frequency` (rad/s) and `damping_ratio` over `time_step` (s).
    pub fn softness_of<R: Real + super::Field>(
        angular_frequency: R,
        damping_ratio: R,
        time_step: R,
    ) -> Softness<R> {
        let phase = time_step * angular_frequency;
        let damping = damping_ratio + damping_ratio + phase;
        Softness::<R> {
            compliance: R::lit(1.0f32) / (phase * damping),
            recovery_rate: angular_frequency / damping,
        }
    }

    /// What is added to the velocity of a row at `distance`: a gap may be closed within the step, a
    /// penetration is removed at `rate`, at most at `speed`.
    pub fn distance_bias<R: Real + super::Field>(distance: R, time_step: R, rate: R, speed: R) -> R {
        R::select_positive(distance, distance / time_step, R::max_of(distance * rate, -speed))
    }

    /// The share of its softness that a row at `distance` keeps: all of it up to where the speed of recovery is at its
    /// limit, and less behind it. The spring's force then goes on growing with the penetration; with all of its softness
    /// a row would yield to every load that asks for more than that speed, and never come to rest.
    pub fn kept_softness<R: Real + super::Field>(distance: R, rate: R, speed: R) -> R {
        speed / R::max_of(-(distance * rate), speed)
    }
}

use crate::scalar::Field;
