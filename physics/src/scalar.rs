//! The scalar that every rule of the physics is generic over.
//!
//! A rule is written for `R: Real + Field`. `R` is `f64` (accuracy reference), `f32`, [`wide::f32x8`]
//! (eight worlds side by side) or, transpiled to WGSL, the device's `f32`. One lane of a vector cannot
//! branch alone, so rules select between values ([`rules::Real::select_positive`]) and branch only on what
//! all worlds of a group share, or to skip work that no lane needs ([`rules::Real::any_positive`]).

use std::ops::{Add, Div, Mul, Neg, Sub};

use wide::f32x8;

/// The arithmetic operators, by value. WGSL has them built in, so they stand outside the transpiled module.
pub trait Field:
    Copy + Add<Output = Self> + Mul<Output = Self> + Sub<Output = Self> + Neg<Output = Self> + Div<Output = Self>
{
}

impl<T> Field for T where
    T: Copy
        + Add<Output = Self>
        + Mul<Output = Self>
        + Sub<Output = Self>
        + Neg<Output = Self>
        + Div<Output = Self>
{
}

/// The trait itself, and what `f32` is on both devices.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[allow(clippy::approx_constant, clippy::excessive_precision, reason = "WGSL has no named constants")]
pub mod rules {
    use wgsl_rs::std::*;

    /// What a rule may do with a scalar beside arithmetic.
    pub trait Real {
        /// The constant `value`. Exact for every type when `value` is a dyadic fraction; anything else
        /// (9.81, tolerances that matter in `f64`) comes in as data instead.
        fn lit(value: f32) -> Self;
        /// Square root; `a` is not negative.
        fn sqrt_of(a: Self) -> Self;
        /// Sine of an angle in rad.
        fn sin_of(a: Self) -> Self;
        /// Cosine of an angle in rad.
        fn cos_of(a: Self) -> Self;
        /// The largest integer not above `a`.
        fn floor_of(a: Self) -> Self;
        /// Absolute value.
        fn abs_of(a: Self) -> Self;
        /// The smaller of the two.
        fn min_of(a: Self, b: Self) -> Self;
        /// The larger of the two.
        fn max_of(a: Self, b: Self) -> Self;
        /// `yes` where `test > 0`, else `no` (also where `test` is not a number).
        fn select_positive(test: Self, yes: Self, no: Self) -> Self;
        /// `yes` where `test` is a finite number, else `no`.
        fn select_finite(test: Self, yes: Self, no: Self) -> Self;
        /// Whether `test > 0` in any lane.
        fn any_positive(test: Self) -> bool;
    }

    /// An angle in rad, reduced to [-pi, pi]. The multiple of 2 pi is subtracted in two parts, so that an
    /// `f32` loses nothing for |x| up to about 1e4 (Cody and Waite, "Software Manual for the Elementary
    /// Functions", 1980).
    pub fn reduced_angle<R: Real + super::Field>(x: R) -> R {
        let turns = R::floor_of(x * R::lit(0.15915494f32) + R::lit(0.5f32));
        (x - turns * R::lit(6.28125f32)) - turns * R::lit(0.0019353072f32)
    }

    /// Sine on [-pi/2, pi/2]: the Taylor polynomial of degree 11, absolute error below 6e-8 there. WGSL
    /// promises only 2^-11 for its own `sin`, and the lanes have to agree with the device.
    pub fn quarter_sine<R: Real + super::Field>(x: R) -> R {
        let square = x * x;
        let p5 = R::lit(-2.5052108e-8f32);
        let p4 = p5 * square + R::lit(2.7557319e-6f32);
        let p3 = p4 * square + R::lit(-1.9841270e-4f32);
        let p2 = p3 * square + R::lit(8.3333333e-3f32);
        let p1 = p2 * square + R::lit(-1.6666667e-1f32);
        x + x * square * p1
    }

    /// Sine of an angle in rad to single precision; what `sin_of` is for `f32` and its lanes.
    pub fn sine_of<R: Real + super::Field>(angle: R) -> R {
        let x = reduced_angle::<R>(angle);
        // sin(x) = sin(pi - x): fold the outer quarters inwards.
        let folded = R::lit(3.1415927f32) - R::abs_of(x);
        let inner = R::min_of(R::abs_of(x), folded);
        quarter_sine::<R>(R::select_positive(-x, -inner, inner))
    }

    /// Cosine of an angle in rad to single precision; what `cos_of` is for `f32` and its lanes.
    pub fn cosine_of<R: Real + super::Field>(angle: R) -> R {
        quarter_sine::<R>(R::lit(1.5707964f32) - R::abs_of(reduced_angle::<R>(angle)))
    }

    impl Real for f32 {
        fn lit(value: f32) -> f32 {
            value
        }
        fn sqrt_of(a: f32) -> f32 {
            sqrt(a)
        }
        fn sin_of(a: f32) -> f32 {
            sine_of::<f32>(a)
        }
        fn cos_of(a: f32) -> f32 {
            cosine_of::<f32>(a)
        }
        fn floor_of(a: f32) -> f32 {
            floor(a)
        }
        fn abs_of(a: f32) -> f32 {
            abs(a)
        }
        fn min_of(a: f32, b: f32) -> f32 {
            min(a, b)
        }
        fn max_of(a: f32, b: f32) -> f32 {
            max(a, b)
        }
        fn select_positive(test: f32, yes: f32, no: f32) -> f32 {
            select(no, yes, test > 0.0f32)
        }
        fn select_finite(test: f32, yes: f32, no: f32) -> f32 {
            // By its bits: a device may compute as if nothing were infinite or not a number.
            select(no, yes, (bitcast_u32(test) & 2139095040u32) != 2139095040u32)
        }
        fn any_positive(test: f32) -> bool {
            test > 0.0f32
        }
    }
}

impl rules::Real for f64 {
    fn lit(value: f32) -> f64 {
        f64::from(value)
    }
    fn sqrt_of(a: f64) -> f64 {
        a.sqrt()
    }
    fn sin_of(a: f64) -> f64 {
        a.sin()
    }
    fn cos_of(a: f64) -> f64 {
        a.cos()
    }
    fn floor_of(a: f64) -> f64 {
        a.floor()
    }
    fn abs_of(a: f64) -> f64 {
        a.abs()
    }
    fn min_of(a: f64, b: f64) -> f64 {
        a.min(b)
    }
    fn max_of(a: f64, b: f64) -> f64 {
        a.max(b)
    }
    fn select_positive(test: f64, yes: f64, no: f64) -> f64 {
        if test > 0.0 { yes } else { no }
    }
    fn select_finite(test: f64, yes: f64, no: f64) -> f64 {
        if test.is_finite() { yes } else { no }
    }
    fn any_positive(test: f64) -> bool {
        test > 0.0
    }
}

impl rules::Real for f32x8 {
    fn lit(value: f32) -> f32x8 {
        f32x8::splat(value)
    }
    fn sqrt_of(a: f32x8) -> f32x8 {
        a.sqrt()
    }
    fn sin_of(a: f32x8) -> f32x8 {
        rules::sine_of::<f32x8>(a)
    }
    fn cos_of(a: f32x8) -> f32x8 {
        rules::cosine_of::<f32x8>(a)
    }
    fn floor_of(a: f32x8) -> f32x8 {
        a.floor()
    }
    fn abs_of(a: f32x8) -> f32x8 {
        a.abs()
    }
    fn min_of(a: f32x8, b: f32x8) -> f32x8 {
        a.fast_min(b)
    }
    fn max_of(a: f32x8, b: f32x8) -> f32x8 {
        a.fast_max(b)
    }
    fn select_positive(test: f32x8, yes: f32x8, no: f32x8) -> f32x8 {
        test.simd_gt(f32x8::ZERO).select(yes, no)
    }
    fn select_finite(test: f32x8, yes: f32x8, no: f32x8) -> f32x8 {
        test.is_finite().select(yes, no)
    }
    fn any_positive(test: f32x8) -> bool {
        test.simd_gt(f32x8::ZERO).any()
    }
}

#[cfg(test)]
mod tests {
    use super::rules::Real;
    use wide::f32x8;

    #[test]
    fn sine_and_cosine_are_good_to_single_precision() {
        for i in -40_000..40_000 {
            let x = i as f32 * 1e-3;
            let (sine, cosine) = (f64::from(x).sin(), f64::from(x).cos());
            assert!((f64::from(f32::sin_of(x)) - sine).abs() < 5e-7, "sin {x}");
            assert!((f64::from(f32::cos_of(x)) - cosine).abs() < 5e-7, "cos {x}");
        }
    }

    #[test]
    fn a_lane_computes_what_the_scalar_computes() {
        for i in 0..1_000 {
            let x = (i as f32 - 500.0) * 0.037;
            let lanes = f32x8::from([x, -x, 2.0 * x, 0.5 * x, x + 1.0, x - 1.0, 0.0, 3.0 * x]);
            for (lane, value) in lanes.to_array().into_iter().enumerate() {
                assert_eq!(f32x8::sin_of(lanes).to_array()[lane].to_bits(), f32::sin_of(value).to_bits());
                assert_eq!(f32x8::cos_of(lanes).to_array()[lane].to_bits(), f32::cos_of(value).to_bits());
            }
        }
    }
}
