//! The point of a simplex (up to a tetrahedron) that is closest to the origin: the step of the distance
//! algorithm of E. Gilbert, D. Johnson and S. Keerthi (1988), written without branches. The closest point of
//! a simplex is the closest of those of its four triangles.

/// Points as shares of the corners.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// Weights of the four points of a simplex, and the square of the distance of their mean from the origin.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Weights<R> {
        pub w0: R,
        pub w1: R,
        pub w2: R,
        pub w3: R,
        pub square: R,
    }

    /// The closest point of the segment p q to the origin, as the share of q.
    pub fn closest_share<R: Real + super::Field>(p: Vector3<R>, q: Vector3<R>) -> R {
        let along = sub3::<R>(q, p);
        let length = R::max_of(dot3::<R>(along, along), R::lit(9.094947e-19f32));
        clamp_of::<R>(-dot3::<R>(p, along) / length, R::lit(0.0f32), R::lit(1.0f32))
    }

    /// Shares of three points.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Shares<R> {
        pub p: R,
        pub q: R,
        pub r: R,
        pub square: R,
    }

    /// Shares and the distance that goes with them.
    pub fn shares_of<R: Real + super::Field>(
        p: Vector3<R>,
        q: Vector3<R>,
        r: Vector3<R>,
        share_p: R,
        share_q: R,
        share_r: R,
    ) -> Shares<R> {
        let mean =
            add3::<R>(scale3::<R>(p, share_p), add3::<R>(scale3::<R>(q, share_q), scale3::<R>(r, share_r)));
        Shares::<R> { p: share_p, q: share_q, r: share_r, square: dot3::<R>(mean, mean) }
    }

    /// The shares with the smaller distance.
    pub fn smaller_shares<R: Real + super::Field>(a: Shares<R>, b: Shares<R>) -> Shares<R> {
        let test = a.square - b.square;
        Shares::<R> {
            p: R::select_positive(test, b.p, a.p),
            q: R::select_positive(test, b.q, a.q),
            r: R::select_positive(test, b.r, a.r),
            square: R::min_of(a.square, b.square),
        }
    }

    /// The closest point of a triangle to the origin.
    pub fn closest_on_triangle<R: Real + super::Field>(
        p: Vector3<R>,
        q: Vector3<R>,
        r: Vector3<R>,
    ) -> Shares<R> {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let pq = closest_share::<R>(p, q);
        let pr = closest_share::<R>(p, r);
        let qr = closest_share::<R>(q, r);
        let edges = smaller_shares::<R>(
            shares_of::<R>(p, q, r, one - pq, pq, zero),
            smaller_shares::<R>(
                shares_of::<R>(p, q, r, one - pr, zero, pr),
                shares_of::<R>(p, q, r, zero, one - qr, qr),
            ),
        );
        let normal = cross3::<R>(sub3::<R>(q, p), sub3::<R>(r, p));
        let square = dot3::<R>(normal, normal);
        let inverse = one / R::max_of(square, R::lit(7.888609e-31f32));
        let share_p = dot3::<R>(cross3::<R>(q, r), normal) * inverse;
        let share_q = dot3::<R>(cross3::<R>(r, p), normal) * inverse;
        let share_r = one - share_p - share_q;
        let inside =
            R::min_of(R::min_of(share_p, share_q), R::min_of(share_r, square - R::lit(7.888609e-31f32)));
        let face = shares_of::<R>(p, q, r, share_p, share_q, share_r);
        Shares::<R> {
            p: R::select_positive(inside, face.p, edges.p),
            q: R::select_positive(inside, face.q, edges.q),
            r: R::select_positive(inside, face.r, edges.r),
            square: R::select_positive(inside, face.square, edges.square),
        }
    }

    /// Positive where the origin lies on the same side of the triangle as `opposite`.
    pub fn same_side<R: Real + super::Field>(
        p: Vector3<R>,
        q: Vector3<R>,
        r: Vector3<R>,
        opposite: Vector3<R>,
    ) -> R {
        let normal = cross3::<R>(sub3::<R>(q, p), sub3::<R>(r, p));
        -dot3::<R>(normal, p) * dot3::<R>(normal, sub3::<R>(opposite, p))
    }

    /// The closest point of a simplex to the origin; `square` is zero where the origin lies inside.
    pub fn closest_on_simplex<R: Real + super::Field>(
        a: Vector3<R>,
        b: Vector3<R>,
        c: Vector3<R>,
        d: Vector3<R>,
    ) -> Weights<R> {
        let zero = R::lit(0.0f32);
        let abc = closest_on_triangle::<R>(a, b, c);
        let abd = closest_on_triangle::<R>(a, b, d);
        let acd = closest_on_triangle::<R>(a, c, d);
        let bcd = closest_on_triangle::<R>(b, c, d);
        let mut best = Weights::<R> { w0: abc.p, w1: abc.q, w2: abc.r, w3: zero, square: abc.square };
        best = smaller_weights::<R>(
            best,
            Weights::<R> { w0: abd.p, w1: abd.q, w2: zero, w3: abd.r, square: abd.square },
        );
        best = smaller_weights::<R>(
            best,
            Weights::<R> { w0: acd.p, w1: zero, w2: acd.q, w3: acd.r, square: acd.square },
        );
        best = smaller_weights::<R>(
            best,
            Weights::<R> { w0: zero, w1: bcd.p, w2: bcd.q, w3: bcd.r, square: bcd.square },
        );
        let inside = R::min_of(
            R::min_of(same_side::<R>(a, b, c, d), same_side::<R>(a, b, d, c)),
            R::min_of(same_side::<R>(a, c, d, b), same_side::<R>(b, c, d, a)),
        );
        best.square = R::select_positive(inside, zero, best.square);
        best
    }

    /// The weights with the smaller distance.
    pub fn smaller_weights<R: Real + super::Field>(a: Weights<R>, b: Weights<R>) -> Weights<R> {
        let test = a.square - b.square;
        Weights::<R> {
            w0: R::select_positive(test, b.w0, a.w0),
            w1: R::select_positive(test, b.w1, a.w1),
            w2: R::select_positive(test, b.w2, a.w2),
            w3: R::select_positive(test, b.w3, a.w3),
            square: R::min_of(a.square, b.square),
        }
    }
}

use crate::scalar::Field;
