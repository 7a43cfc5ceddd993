//! What a collision rule answers: points, each with a normal and a signed distance.
//!
//! Every pair of shapes gives a fixed number of points, so that a point's place in the table of contacts,
//! hence its bodies and its warm start, never changes. A point farther away than the margin is inactive.

/// The records, and what all pair rules share.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// One point of a possible contact between a shape A and a shape B.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ContactPoint<R> {
        /// Half way between the two surfaces, in m.
        pub position: Vector3<R>,
        /// Unit normal from B towards A: the direction in which A is pushed.
        pub normal: Vector3<R>,
        /// Gap between the surfaces along the normal in m; negative when they overlap.
        pub distance: R,
    }

    /// Where a shape is: position of its origin in m and rotation, both in the world of the environment.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Pose<R> {
        pub position: Vector3<R>,
        pub rotation: Matrix3<R>,
    }

    /// The distance of a point that is not there, in m.
    pub fn no_contact_distance<R: Real + super::Field>() -> R {
        R::lit(1048576.0f32)
    }

    /// By how much more than a face something else has to separate two shapes, in m, to take its place: that
    /// keeps the points where they are.
    pub fn edge_advantage<R: Real + super::Field>() -> R {
        R::lit(0.000015258789f32)
    }

    /// A point that is not there.
    pub fn no_contact<R: Real + super::Field>() -> ContactPoint<R> {
        let up = vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32));
        ContactPoint::<R> { position: zero3::<R>(), normal: up, distance: no_contact_distance::<R>() }
    }

    /// Where `test > 0` the point `yes`, else `no`.
    pub fn select_contact<R: Real + super::Field>(
        test: R,
        yes: ContactPoint<R>,
        no: ContactPoint<R>,
    ) -> ContactPoint<R> {
        ContactPoint::<R> {
            position: select3::<R>(test, yes.position, no.position),
            normal: select3::<R>(test, yes.normal, no.normal),
            distance: R::select_positive(test, yes.distance, no.distance),
        }
    }

    /// The point that lies deeper; `a` when they are equal.
    pub fn deeper_contact<R: Real + super::Field>(a: ContactPoint<R>, b: ContactPoint<R>) -> ContactPoint<R> {
        select_contact::<R>(a.distance - b.distance, b, a)
    }

    /// The same point with A and B exchanged.
    pub fn flipped_contact<R: Real + super::Field>(a: ContactPoint<R>) -> ContactPoint<R> {
        ContactPoint::<R> {
            position: a.position,
            normal: scale3::<R>(a.normal, R::lit(-1.0f32)),
            distance: a.distance,
        }
    }

    /// `x` limited to [`low`, `high`].
    pub fn clamp_of<R: Real + super::Field>(x: R, low: R, high: R) -> R {
        R::min_of(R::max_of(x, low), high)
    }

    /// 1 where `x` is positive, else -1.
    pub fn sign_of<R: Real + super::Field>(x: R) -> R {
        R::select_positive(x, R::lit(1.0f32), R::lit(-1.0f32))
    }

    /// `v` scaled to unit length, or `fallback` where `v` is too short to have a direction (under 1e-9 m in
    /// single precision's reach).
    pub fn direction_or<R: Real + super::Field>(v: Vector3<R>, fallback: Vector3<R>) -> Vector3<R> {
        let square = dot3::<R>(v, v);
        let tiny = R::lit(9.094947e-19f32);
        let inverse = R::lit(1.0f32) / R::sqrt_of(R::max_of(square, tiny));
        select3::<R>(square - tiny, scale3::<R>(v, inverse), fallback)
    }

    /// A world point in the local coordinates of `pose`.
    pub fn to_local<R: Real + super::Field>(pose: Pose<R>, point: Vector3<R>) -> Vector3<R> {
        unrotate::<R>(pose.rotation, sub3::<R>(point, pose.position))
    }

    /// A local point of `pose` in the world.
    pub fn to_world<R: Real + super::Field>(pose: Pose<R>, point: Vector3<R>) -> Vector3<R> {
        add3::<R>(pose.position, rotate::<R>(pose.rotation, point))
    }

    /// A contact given in the local coordinates of `pose`, in the world.
    pub fn contact_to_world<R: Real + super::Field>(
        pose: Pose<R>,
        point: ContactPoint<R>,
    ) -> ContactPoint<R> {
        ContactPoint::<R> {
            position: to_world::<R>(pose, point.position),
            normal: rotate::<R>(pose.rotation, point.normal),
            distance: point.distance,
        }
    }

    /// The point of `pose` where a pose given relative to it lies: `parent` times `child`.
    pub fn compose_poses<R: Real + super::Field>(parent: Pose<R>, child: Pose<R>) -> Pose<R> {
        Pose::<R> {
            position: to_world::<R>(parent, child.position),
            rotation: multiply3::<R>(parent.rotation, child.rotation),
        }
    }
}

use crate::scalar::Field;
