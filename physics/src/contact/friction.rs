//! Coulomb friction of one contact: the impulse within the circular cone.
//!
//! If holding the point still takes an impulse inside the cone, that is the answer. Otherwise the normal
//! impulse is found first, and the tangential one minimises the kinetic energy of sliding within the disc
//! that the normal impulse allows; its direction is then opposite to the remaining sliding velocity. The
//! minimum on the disc is a trust-region problem in two variables, solved by Newton's method on the reciprocal
//! norm (J. Moré, D. Sorensen, "Computing a Trust Region Step", 1983) in the principal directions, where it
//! is exact at once for an isotropic mass.

/// The cone.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tables::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// How two friction coefficients combine; `combination` is one of the `FRICTION_` constants.
    pub fn combined_friction<R: Real + super::Field>(combination: u32, a: R, b: R) -> R {
        let mut combined = R::max_of(a, b);
        if combination == FRICTION_AVERAGE {
            combined = (a + b) * R::lit(0.5f32);
        }
        if combination == FRICTION_MINIMUM {
            combined = R::min_of(a, b);
        }
        if combination == FRICTION_MULTIPLY {
            combined = a * b;
        }
        combined
    }

    /// Two tangential components.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Tangential<R> {
        pub u: R,
        pub v: R,
    }

    /// The impulse on the disc of `radius` that minimises 1/2 (mass_u u² + mass_v v²) + slip · impulse.
    pub fn disc_impulse<R: Real + super::Field>(
        slip_u: R,
        slip_v: R,
        mass_u: R,
        mass_v: R,
        radius: R,
    ) -> Tangential<R> {
        let tiny = R::lit(8.6736174e-19f32);
        let limit = R::max_of(radius, tiny);
        let slip_norm = R::sqrt_of(slip_u * slip_u + slip_v * slip_v + tiny * tiny);
        let largest = R::max_of(mass_u, mass_v);
        // From the left of the root Newton's steps stay on the left.
        let mut shift = R::max_of(slip_norm / limit - largest, R::lit(0.0f32));
        let mut u = R::lit(0.0f32);
        let mut v = R::lit(0.0f32);
        let mut norm = R::lit(0.0f32);
        for i in 0u32..3u32 {
            // Two reciprocals for one division.
            let shifted_u = mass_u + shift;
            let shifted_v = mass_v + shift;
            let both = R::lit(1.0f32) / (shifted_u * shifted_v);
            let inverse_u = shifted_v * both;
            let inverse_v = shifted_u * both;
            u = -slip_u * inverse_u;
            v = -slip_v * inverse_v;
            let square = u * u + v * v + tiny * tiny;
            norm = R::sqrt_of(square);
            if i < 2u32 {
                let curvature = u * u * inverse_u + v * v * inverse_v;
                let gain = (norm - limit) * square / R::max_of(limit * curvature, tiny * tiny);
                shift = shift + R::max_of(gain, R::lit(0.0f32));
            }
        }
        let scale = R::min_of(R::lit(1.0f32), radius / norm);
        Tangential::<R> { u: u * scale, v: v * scale }
    }

    /// The impulse (normal, u, v) of contact `index` if its point moves at `velocity` under the impulse it
    /// has now.
    pub fn contact_impulse<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        index: u32,
        velocity: Vector3<R>,
    ) -> Vector3<R> {
        let i = index as usize;
        let now = work.blocks[i].impulse;
        let zero = R::lit(0.0f32);
        let mass_nu = work.blocks[i].mass_nu;
        let mass_nv = work.blocks[i].mass_nv;
        let inverse_u = work.blocks[i].inverse_u;
        let inverse_v = work.blocks[i].inverse_v;
        let friction = work.blocks[i].friction;
        let residual = velocity.x + work.blocks[i].bias + work.blocks[i].softness * now.x;
        // Hold the point: three equations with diagonal tangents.
        let reduced = residual - mass_nu * inverse_u * velocity.y - mass_nv * inverse_v * velocity.z;
        let change_n = -reduced * work.blocks[i].inverse_held;
        let held_n = now.x + change_n;
        let held_u = now.y - (velocity.y + mass_nu * change_n) * inverse_u;
        let held_v = now.z - (velocity.z + mass_nv * change_n) * inverse_v;
        let reach = friction * held_n;
        let inside = reach * reach - held_u * held_u - held_v * held_v;
        let slides = R::select_positive(R::min_of(held_n, inside), -R::lit(1.0f32), R::lit(1.0f32));
        let mut impulse = vector3::<R>(held_n, held_u, held_v);
        if R::any_positive(slides) {
            let mass_u = work.blocks[i].mass_u;
            let mass_v = work.blocks[i].mass_v;
            let normal = R::max_of(now.x - residual * work.blocks[i].inverse_n, zero);
            let gained = normal - now.x;
            let slip_u = velocity.y + mass_nu * gained - mass_u * now.y;
            let slip_v = velocity.z + mass_nv * gained - mass_v * now.z;
            let sliding = disc_impulse::<R>(slip_u, slip_v, mass_u, mass_v, friction * normal);
            impulse = select3::<R>(slides, vector3::<R>(normal, sliding.u, sliding.v), impulse);
        }
        impulse
    }
}

use crate::scalar::Field;
