//! The overlap of a face of one box with the rectangle of another one's face: candidate points where edges
//! cross the rectangle and where its corners lie over the face, of which four far-apart ones are kept.

/// Clipping of a parallelogram by a rectangle.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::solid_box::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// A corner of the overlap of two faces, in the reference face's coordinates.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ClipPoint<R> {
        /// Position along the half edges of the incident face, in [-1, 1].
        pub along_u: R,
        pub along_v: R,
        /// Height over the reference face in m.
        pub height: R,
        /// Positive where the point exists.
        pub exists: R,
    }

    /// The part of [-1, 1] on a line at which |center + slope s| stays within `limit`.
    pub fn clipped_stretch<R: Real + super::Field>(
        stretch: Stretch<R>,
        center: R,
        slope: R,
        limit: R,
    ) -> Stretch<R> {
        let flat = R::lit(9.094947e-13f32) - R::abs_of(slope);
        let steep = R::select_positive(flat, R::lit(1.0f32), slope);
        let first = (-limit - center) / steep;
        let second = (limit - center) / steep;
        let low = R::max_of(stretch.low, R::min_of(first, second));
        let high = R::min_of(stretch.high, R::max_of(first, second));
        // A line along the limits is inside of them all the way, or not at all.
        let outside = R::abs_of(center) - limit;
        let flat_low = R::select_positive(outside, R::lit(2.0f32), stretch.low);
        Stretch::<R> {
            low: R::select_positive(flat, flat_low, low),
            high: R::select_positive(flat, stretch.high, high),
        }
    }

    /// An incident face in the coordinates of the reference face: centre and half edges, each as (along u,
    /// along v, height).
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Incident<R> {
        pub center: Vector3<R>,
        pub u: Vector3<R>,
        pub v: Vector3<R>,
    }

    /// The stretch of the incident edge `center + along s` that lies in the rectangle.
    pub fn clipped_edge<R: Real + super::Field>(
        center: Vector3<R>,
        along: Vector3<R>,
        limit_u: R,
        limit_v: R,
    ) -> Stretch<R> {
        let whole = Stretch::<R> { low: R::lit(-1.0f32), high: R::lit(1.0f32) };
        let by_u = clipped_stretch::<R>(whole, center.x, along.x, limit_u);
        clipped_stretch::<R>(by_u, center.y, along.y, limit_v)
    }

    /// The point of the incident face at (`along_u`, `along_v`).
    pub fn clip_point<R: Real + super::Field>(
        face: Incident<R>,
        along_u: R,
        along_v: R,
        exists: R,
    ) -> ClipPoint<R> {
        ClipPoint::<R> {
            along_u: along_u,
            along_v: along_v,
            height: face.center.z + face.u.z * along_u + face.v.z * along_v,
            exists: exists,
        }
    }

    /// The reference corner (`x`, `y`) where it falls into the incident face.
    pub fn corner_point<R: Real + super::Field>(face: Incident<R>, x: R, y: R) -> ClipPoint<R> {
        let determinant = face.u.x * face.v.y - face.u.y * face.v.x;
        let usable = R::abs_of(determinant) - R::lit(9.094947e-13f32);
        let inverse = R::lit(1.0f32) / R::select_positive(usable, determinant, R::lit(1.0f32));
        let dx = x - face.center.x;
        let dy = y - face.center.y;
        let along_u = (dx * face.v.y - dy * face.v.x) * inverse;
        let along_v = (face.u.x * dy - face.u.y * dx) * inverse;
        let limit = R::lit(1.0001f32);
        let within = limit - R::max_of(R::abs_of(along_u), R::abs_of(along_v));
        clip_point::<R>(face, along_u, along_v, R::min_of(usable, within))
    }

    /// Where `test > 0` the point `yes`, else `no`.
    pub fn select_clip_point<R: Real + super::Field>(
        test: R,
        yes: ClipPoint<R>,
        no: ClipPoint<R>,
    ) -> ClipPoint<R> {
        ClipPoint::<R> {
            along_u: R::select_positive(test, yes.along_u, no.along_u),
            along_v: R::select_positive(test, yes.along_v, no.along_v),
            height: R::select_positive(test, yes.height, no.height),
            exists: R::select_positive(test, yes.exists, no.exists),
        }
    }

    /// The twelve corners that the overlap of the two faces may have.
    pub fn clip_points<R: Real + super::Field>(
        face: Incident<R>,
        limit_u: R,
        limit_v: R,
    ) -> [ClipPoint<R>; 12] {
        let one = R::lit(1.0f32);
        let minus = R::lit(-1.0f32);
        let a = clipped_edge::<R>(add3::<R>(face.center, face.v), face.u, limit_u, limit_v);
        let b = clipped_edge::<R>(sub3::<R>(face.center, face.v), face.u, limit_u, limit_v);
        let c = clipped_edge::<R>(add3::<R>(face.center, face.u), face.v, limit_u, limit_v);
        let d = clipped_edge::<R>(sub3::<R>(face.center, face.u), face.v, limit_u, limit_v);
        let tolerance = R::lit(0.0001f32);
        let a_exists = a.high - a.low + tolerance;
        let b_exists = b.high - b.low + tolerance;
        let c_exists = c.high - c.low + tolerance;
        let d_exists = d.high - d.low + tolerance;
        [
            clip_point::<R>(face, a.low, one, a_exists),
            clip_point::<R>(face, a.high, one, a_exists),
            clip_point::<R>(face, b.low, minus, b_exists),
            clip_point::<R>(face, b.high, minus, b_exists),
            clip_point::<R>(face, one, c.low, c_exists),
            clip_point::<R>(face, one, c.high, c_exists),
            clip_point::<R>(face, minus, d.low, d_exists),
            clip_point::<R>(face, minus, d.high, d_exists),
            corner_point::<R>(face, limit_u, limit_v),
            corner_point::<R>(face, limit_u, -limit_v),
            corner_point::<R>(face, -limit_u, limit_v),
            corner_point::<R>(face, -limit_u, -limit_v),
        ]
    }

    /// Of two points the one that reaches farther along (`toward_u`, `toward_v`).
    pub fn farther_point<R: Real + super::Field>(
        best: ClipPoint<R>,
        point: ClipPoint<R>,
        toward_u: R,
        toward_v: R,
    ) -> ClipPoint<R> {
        let gain = (point.along_u - best.along_u) * toward_u + (point.along_v - best.along_v) * toward_v;
        let better = R::select_positive(best.exists, gain - R::lit(0.0001f32), R::lit(1.0f32));
        select_clip_point::<R>(R::min_of(better, point.exists), point, best)
    }

    /// Square of the distance of two points on the incident face, in units of its half edges.
    pub fn spread_of<R: Real + super::Field>(a: ClipPoint<R>, b: ClipPoint<R>) -> R {
        let du = a.along_u - b.along_u;
        let dv = a.along_v - b.along_v;
        du * du + dv * dv
    }

    /// The four points of the overlap that reach farthest into the quadrants of the incident face, the
    /// nearest of them replaced by the deepest point.
    pub fn kept_points<R: Real + super::Field>(points: [ClipPoint<R>; 12]) -> [ClipPoint<R>; 4] {
        let one = R::lit(1.0f32);
        let minus = R::lit(-1.0f32);
        let mut deepest = points[0usize];
        let mut low_low = points[0usize];
        let mut low_high = points[0usize];
        let mut high_low = points[0usize];
        let mut high_high = points[0usize];
        for i in 1u32..12u32 {
            let point = points[i as usize];
            let deeper = R::select_positive(deepest.exists, deepest.height - point.height, one);
            deepest = select_clip_point::<R>(R::min_of(deeper, point.exists), point, deepest);
            low_low = farther_point::<R>(low_low, point, minus, minus);
            low_high = farther_point::<R>(low_high, point, minus, one);
            high_low = farther_point::<R>(high_low, point, one, minus);
            high_high = farther_point::<R>(high_high, point, one, one);
        }
        let d0 = spread_of::<R>(deepest, low_low);
        let d1 = spread_of::<R>(deepest, low_high);
        let d2 = spread_of::<R>(deepest, high_low);
        let d3 = spread_of::<R>(deepest, high_high);
        let nearest = R::min_of(R::min_of(d0, d1), R::min_of(d2, d3));
        // `d > nearest` keeps the point; several at the same distance all give way to the deepest.
        let kept0 = select_clip_point::<R>(d0 - nearest, low_low, deepest);
        let kept1 = select_clip_point::<R>(d1 - nearest, low_high, deepest);
        let kept2 = select_clip_point::<R>(d2 - nearest, high_low, deepest);
        let kept3 = select_clip_point::<R>(d3 - nearest, high_high, deepest);
        [
            kept0,
            distinct_of::<R>(kept1, kept0),
            distinct_of::<R>(distinct_of::<R>(kept2, kept0), kept1),
            distinct_of::<R>(distinct_of::<R>(distinct_of::<R>(kept3, kept0), kept1), kept2),
        ]
    }

    /// The point, not there where it repeats an `earlier` one.
    pub fn distinct_of<R: Real + super::Field>(point: ClipPoint<R>, earlier: ClipPoint<R>) -> ClipPoint<R> {
        let apart = spread_of::<R>(point, earlier) - R::lit(0.000001f32);
        let repeated = R::min_of(R::lit(0.0f32) - apart, earlier.exists);
        ClipPoint::<R> {
            along_u: point.along_u,
            along_v: point.along_v,
            height: point.height,
            exists: R::select_positive(repeated, R::lit(-1.0f32), point.exists),
        }
    }
}

use crate::scalar::Field;
