//! Spheres and capsules against one another: distances between points and segments, less the radii.
//!
//! A capsule is the segment `center ± half_length axis` thickened by its radius. The closest points of two
//! segments follow C. Ericson, "Real-Time Collision Detection" (2005), section 5.1.9, with the four ends
//! tried beside, which decides nearly parallel segments without dividing by a vanishing determinant.

/// The pair rules.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// A segment thickened to a capsule; a sphere is one of no length.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Capsule<R> {
        pub center: Vector3<R>,
        /// Unit vector along the segment.
        pub axis: Vector3<R>,
        pub half_length: R,
        pub radius: R,
    }

    /// Positions along two segments, measured from their centres.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct SegmentPair<R> {
        pub a: R,
        pub b: R,
        /// Square of the distance between the two points.
        pub square: R,
    }

    /// The point at `s` along a capsule's segment.
    pub fn point_on<R: Real + super::Field>(capsule: Capsule<R>, s: R) -> Vector3<R> {
        add3::<R>(capsule.center, scale3::<R>(capsule.axis, s))
    }

    /// Two balls, one point. Centres that coincide part along z.
    pub fn sphere_sphere<R: Real + super::Field>(
        center_a: Vector3<R>,
        radius_a: R,
        center_b: Vector3<R>,
        radius_b: R,
    ) -> ContactPoint<R> {
        let between = sub3::<R>(center_a, center_b);
        let up = vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32));
        let normal = direction_or::<R>(between, up);
        let distance = dot3::<R>(between, normal) - radius_a - radius_b;
        ContactPoint::<R> {
            position: add3::<R>(center_b, scale3::<R>(normal, radius_b + R::lit(0.5f32) * distance)),
            normal: normal,
            distance: distance,
        }
    }

    /// A ball and a capsule, one point.
    pub fn sphere_capsule<R: Real + super::Field>(
        center: Vector3<R>,
        radius: R,
        capsule: Capsule<R>,
    ) -> ContactPoint<R> {
        let along = dot3::<R>(sub3::<R>(center, capsule.center), capsule.axis);
        let s = clamp_of::<R>(along, -capsule.half_length, capsule.half_length);
        sphere_sphere::<R>(center, radius, point_on::<R>(capsule, s), capsule.radius)
    }

    /// The pair with `a` given, and the best `b` for it.
    pub fn pair_at_a<R: Real + super::Field>(a: Capsule<R>, b: Capsule<R>, s: R) -> SegmentPair<R> {
        let point = point_on::<R>(a, s);
        let along = dot3::<R>(sub3::<R>(point, b.center), b.axis);
        let t = clamp_of::<R>(along, -b.half_length, b.half_length);
        let between = sub3::<R>(point, point_on::<R>(b, t));
        SegmentPair::<R> { a: s, b: t, square: dot3::<R>(between, between) }
    }

    /// The pair with `b` given, and the best `a` for it.
    pub fn pair_at_b<R: Real + super::Field>(a: Capsule<R>, b: Capsule<R>, t: R) -> SegmentPair<R> {
        let other = pair_at_a::<R>(b, a, t);
        SegmentPair::<R> { a: other.b, b: other.a, square: other.square }
    }

    /// The closer of two pairs; `x` when they are equal.
    pub fn closer_pair<R: Real + super::Field>(x: SegmentPair<R>, y: SegmentPair<R>) -> SegmentPair<R> {
        let test = x.square - y.square;
        SegmentPair::<R> {
            a: R::select_positive(test, y.a, x.a),
            b: R::select_positive(test, y.b, x.b),
            square: R::min_of(x.square, y.square),
        }
    }

    /// The closest points of the segments of two capsules.
    pub fn closest_on_segments<R: Real + super::Field>(a: Capsule<R>, b: Capsule<R>) -> SegmentPair<R> {
        let between = sub3::<R>(a.center, b.center);
        let cosine = dot3::<R>(a.axis, b.axis);
        let along_a = dot3::<R>(between, a.axis);
        let along_b = dot3::<R>(between, b.axis);
        let determinant = R::max_of(R::lit(1.0f32) - cosine * cosine, R::lit(1.1920929e-7f32));
        let s = clamp_of::<R>((cosine * along_b - along_a) / determinant, -a.half_length, a.half_length);
        let first = pair_at_a::<R>(a, b, s);
        let inner = pair_at_b::<R>(a, b, first.b);
        let ends_a =
            closer_pair::<R>(pair_at_a::<R>(a, b, a.half_length), pair_at_a::<R>(a, b, -a.half_length));
        let ends_b =
            closer_pair::<R>(pair_at_b::<R>(a, b, b.half_length), pair_at_b::<R>(a, b, -b.half_length));
        closer_pair::<R>(inner, closer_pair::<R>(ends_a, ends_b))
    }

    /// Two capsules, two points: the closest pair, and, where the segments are parallel to 1 in 16 or
    /// better, the far end of the stretch along which they lie side by side.
    pub fn capsule_capsule<R: Real + super::Field>(a: Capsule<R>, b: Capsule<R>) -> [ContactPoint<R>; 2] {
        let closest = closest_on_segments::<R>(a, b);
        let first =
            sphere_sphere::<R>(point_on::<R>(a, closest.a), a.radius, point_on::<R>(b, closest.b), b.radius);
        let between = sub3::<R>(b.center, a.center);
        let cosine = dot3::<R>(a.axis, b.axis);
        let middle = dot3::<R>(between, a.axis);
        let reach = R::abs_of(cosine) * b.half_length;
        let low = R::max_of(-a.half_length, middle - reach);
        let high = R::min_of(a.half_length, middle + reach);
        let s = R::select_positive(high + low - closest.a - closest.a, high, low);
        let other = pair_at_a::<R>(a, b, s);
        let second =
            sphere_sphere::<R>(point_on::<R>(a, other.a), a.radius, point_on::<R>(b, other.b), b.radius);
        let parallel = cosine * cosine - R::lit(0.99609375f32);
        let side_by_side = R::min_of(parallel, high - low);
        [first, select_contact::<R>(side_by_side, second, no_contact::<R>())]
    }
}

use crate::scalar::Field;
