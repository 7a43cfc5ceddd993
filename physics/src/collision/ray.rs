//! Rays against shapes: the distance along a ray to the first surface it meets from outside.

/// The rules; a ray that misses answers with `no_contact_distance`.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::hull::rules::*;
    use super::super::plane::rules::*;
    use super::super::round::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// A half line.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Ray<R> {
        pub origin: Vector3<R>,
        /// Unit vector.
        pub direction: Vector3<R>,
    }

    /// A plane, from above.
    pub fn ray_plane<R: Real + super::Field>(ray: Ray<R>, plane: Plane<R>) -> R {
        let height = dot3::<R>(plane.normal, ray.origin) - plane.offset;
        let sinking = -dot3::<R>(plane.normal, ray.direction);
        let hits = R::min_of(height, sinking);
        let distance = height / R::select_positive(sinking, sinking, R::lit(1.0f32));
        R::select_positive(hits, distance, no_contact_distance::<R>())
    }

    /// The ball of `radius` around `center`.
    pub fn ray_sphere<R: Real + super::Field>(ray: Ray<R>, center: Vector3<R>, radius: R) -> R {
        let to_center = sub3::<R>(center, ray.origin);
        let along = dot3::<R>(to_center, ray.direction);
        // The distance of the line from the centre, without cancelling large squares.
        let across = sub3::<R>(to_center, scale3::<R>(ray.direction, along));
        let rest = radius * radius - dot3::<R>(across, across);
        let distance = along - R::sqrt_of(R::max_of(rest, R::lit(0.0f32)));
        R::select_positive(R::min_of(rest, distance), distance, no_contact_distance::<R>())
    }

    /// A capsule: its cylinder, then the balls at its ends.
    pub fn ray_capsule<R: Real + super::Field>(ray: Ray<R>, capsule: Capsule<R>) -> R {
        let begin = sub3::<R>(ray.origin, capsule.center);
        let axis = capsule.axis;
        let ray_along = dot3::<R>(ray.direction, axis);
        let from_along = dot3::<R>(begin, axis);
        let d = sub3::<R>(ray.direction, scale3::<R>(axis, ray_along));
        let m = sub3::<R>(begin, scale3::<R>(axis, from_along));
        let a = dot3::<R>(d, d);
        let oblique = a - R::lit(9.5367432e-7f32);
        let inverse = R::lit(1.0f32) / R::select_positive(oblique, a, R::lit(1.0f32));
        let middle = -dot3::<R>(m, d) * inverse;
        let nearest = add3::<R>(m, scale3::<R>(d, middle));
        let rest = (capsule.radius * capsule.radius - dot3::<R>(nearest, nearest)) * inverse;
        let distance = middle - R::sqrt_of(R::max_of(rest, R::lit(0.0f32)));
        let height = R::abs_of(from_along + distance * ray_along);
        let side = R::min_of(R::min_of(rest, distance), R::min_of(capsule.half_length - height, oblique));
        let cylinder = R::select_positive(side, distance, no_contact_distance::<R>());
        let low = ray_sphere::<R>(ray, point_on::<R>(capsule, -capsule.half_length), capsule.radius);
        let high = ray_sphere::<R>(ray, point_on::<R>(capsule, capsule.half_length), capsule.radius);
        R::min_of(cylinder, R::min_of(low, high))
    }

    /// Where a ray enters and leaves the slab |x| <= half of one coordinate; the stretch `low` to `high`
    /// narrowed by it.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Passage<R> {
        pub enters: R,
        pub leaves: R,
    }

    /// [`Passage`] through one slab.
    pub fn through_slab<R: Real + super::Field>(
        passage: Passage<R>,
        begin: R,
        along: R,
        half: R,
    ) -> Passage<R> {
        let far = no_contact_distance::<R>();
        let moving = R::abs_of(along) - R::lit(9.094947e-13f32);
        let inverse = R::lit(1.0f32) / R::select_positive(moving, along, R::lit(1.0f32));
        let first = (-half - begin) * inverse;
        let second = (half - begin) * inverse;
        let inside = half - R::abs_of(begin);
        let still_enters = R::select_positive(inside, passage.enters, far);
        Passage::<R> {
            enters: R::select_positive(
                moving,
                R::max_of(passage.enters, R::min_of(first, second)),
                still_enters,
            ),
            leaves: R::select_positive(
                moving,
                R::min_of(passage.leaves, R::max_of(first, second)),
                passage.leaves,
            ),
        }
    }

    /// A box.
    pub fn ray_box<R: Real + super::Field>(ray: Ray<R>, pose: Pose<R>, half: Vector3<R>) -> R {
        let far = no_contact_distance::<R>();
        let begin = to_local::<R>(pose, ray.origin);
        let along = unrotate::<R>(pose.rotation, ray.direction);
        let whole = Passage::<R> { enters: -far, leaves: far };
        let by_x = through_slab::<R>(whole, begin.x, along.x, half.x);
        let by_y = through_slab::<R>(by_x, begin.y, along.y, half.y);
        let passage = through_slab::<R>(by_y, begin.z, along.z, half.z);
        let hits = R::min_of(passage.leaves - passage.enters, passage.enters);
        R::select_positive(hits, passage.enters, far)
    }

    /// A convex hull, by the planes of its faces.
    pub fn ray_cloud<R: Real + super::Field>(ray: Ray<R>, cloud: ptr!(function, Cloud<R>)) -> R {
        let far = no_contact_distance::<R>();
        let mut enters = -far;
        let mut leaves = far;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let face = cloud.faces[i as usize];
            let height = dot3::<R>(face.normal, ray.origin) - face.offset;
            let along = dot3::<R>(face.normal, ray.direction);
            let steep = R::abs_of(along) - R::lit(9.094947e-13f32);
            let at = -height / R::select_positive(steep, along, R::lit(1.0f32));
            let into = R::select_positive(-along, at, -far);
            let out = R::select_positive(along, at, far);
            // Along a face nothing is entered or left: outside of it the ray misses.
            enters =
                R::max_of(enters, R::select_positive(steep, into, R::select_positive(height, far, -far)));
            leaves = R::min_of(leaves, R::select_positive(steep, out, far));
        }
        let hits = R::min_of(leaves - enters, enters);
        R::select_positive(hits, enters, far)
    }
}

use crate::scalar::Field;
