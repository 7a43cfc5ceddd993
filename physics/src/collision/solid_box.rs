//! Spheres and capsules against a solid box.
//!
//! The square of the distance from a point of a segment to a box is convex and piecewise quadratic along
//! the segment, so that its minimum is found exactly by looking at the six places where a face plane is
//! crossed. A segment that enters the box is pushed out along the direction of least overlap among the
//! three face normals and the three products of the segment with an edge (separating axes).

/// The pair rules; A is the ball or capsule, B the box.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::round::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// A ball around the origin of no radius against a box at the origin: `point` in local coordinates.
    /// The normal leads from the box's surface to the point; inside, out of the nearest face.
    pub fn point_box<R: Real + super::Field>(point: Vector3<R>, half: Vector3<R>) -> ContactPoint<R> {
        let zero = R::lit(0.0f32);
        let nearest = vector3::<R>(
            clamp_of::<R>(point.x, -half.x, half.x),
            clamp_of::<R>(point.y, -half.y, half.y),
            clamp_of::<R>(point.z, -half.z, half.z),
        );
        let outwards = sub3::<R>(point, nearest);
        let square = dot3::<R>(outwards, outwards);
        // Depth below each face; the shallowest leads out.
        let depth_x = half.x - R::abs_of(point.x);
        let depth_y = half.y - R::abs_of(point.y);
        let depth_z = half.z - R::abs_of(point.z);
        let normal_x = vector3::<R>(sign_of::<R>(point.x), zero, zero);
        let normal_y = vector3::<R>(zero, sign_of::<R>(point.y), zero);
        let normal_z = vector3::<R>(zero, zero, sign_of::<R>(point.z));
        let x_first = depth_y - depth_x;
        let depth_xy = R::min_of(depth_x, depth_y);
        let xy_first = depth_z - depth_xy;
        let depth = R::min_of(depth_xy, depth_z);
        let face_normal = select3::<R>(xy_first, select3::<R>(x_first, normal_x, normal_y), normal_z);
        let outside = square - R::lit(9.094947e-19f32);
        let normal = direction_or::<R>(outwards, face_normal);
        let distance = R::select_positive(outside, dot3::<R>(normal, outwards), -R::max_of(depth, zero));
        ContactPoint::<R> {
            position: sub3::<R>(point, scale3::<R>(normal, distance)),
            normal: normal,
            distance: distance,
        }
    }

    /// The surface point of [`point_box`] thickened by `radius`: the point moves half way into the gap.
    pub fn thickened<R: Real + super::Field>(surface: ContactPoint<R>, radius: R) -> ContactPoint<R> {
        let distance = surface.distance - radius;
        ContactPoint::<R> {
            position: add3::<R>(surface.position, scale3::<R>(surface.normal, R::lit(0.5f32) * distance)),
            normal: surface.normal,
            distance: distance,
        }
    }

    /// A ball and a box, one point.
    pub fn sphere_box<R: Real + super::Field>(
        center: Vector3<R>,
        radius: R,
        pose: Pose<R>,
        half: Vector3<R>,
    ) -> ContactPoint<R> {
        let local = point_box::<R>(to_local::<R>(pose, center), half);
        contact_to_world::<R>(pose, thickened::<R>(local, radius))
    }

    /// How far `x` lies outside of [-half, half], with its sign.
    pub fn excess_of<R: Real + super::Field>(x: R, half: R) -> R {
        x - clamp_of::<R>(x, -half, half)
    }

    /// Half the derivative of the squared distance to the box along the segment, at `s`.
    pub fn box_distance_slope<R: Real + super::Field>(segment: Capsule<R>, half: Vector3<R>, s: R) -> R {
        let point = point_on::<R>(segment, s);
        segment.axis.x * excess_of::<R>(point.x, half.x)
            + segment.axis.y * excess_of::<R>(point.y, half.y)
            + segment.axis.z * excess_of::<R>(point.z, half.z)
    }

    /// Where the segment crosses the plane at `face` on one coordinate, kept within [`low`, `high`].
    pub fn crossing_of<R: Real + super::Field>(face: R, center: R, axis: R, low: R, high: R) -> R {
        let steep = R::select_positive(R::abs_of(axis) - R::lit(9.5367432e-7f32), axis, R::lit(1.0f32));
        clamp_of::<R>((face - center) / steep, low, high)
    }

    /// A stretch of the segment.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Stretch<R> {
        pub low: R,
        pub high: R,
    }

    /// The part of a stretch on the side of `s` where the convex function with slope `slope` at `s` has its
    /// minimum.
    pub fn halved<R: Real + super::Field>(stretch: Stretch<R>, s: R, slope: R) -> Stretch<R> {
        Stretch::<R> {
            low: R::select_positive(-slope, R::max_of(stretch.low, s), stretch.low),
            high: R::select_positive(-slope, stretch.high, R::min_of(stretch.high, s)),
        }
    }

    /// [`halved`] at the crossing of one face plane.
    pub fn halved_at_face<R: Real + super::Field>(
        segment: Capsule<R>,
        half: Vector3<R>,
        stretch: Stretch<R>,
        face: R,
        center: R,
        axis: R,
    ) -> Stretch<R> {
        let s = crossing_of::<R>(face, center, axis, stretch.low, stretch.high);
        halved::<R>(stretch, s, box_distance_slope::<R>(segment, half, s))
    }

    /// The place between `low` and `high` on a segment (in the box's coordinates) that is closest to the box.
    pub fn closest_to_box<R: Real + super::Field>(
        segment: Capsule<R>,
        half: Vector3<R>,
        low: R,
        high: R,
    ) -> R {
        let c = segment.center;
        let d = segment.axis;
        let s0 = Stretch::<R> { low: low, high: high };
        let s1 = halved_at_face::<R>(segment, half, s0, half.x, c.x, d.x);
        let s2 = halved_at_face::<R>(segment, half, s1, -half.x, c.x, d.x);
        let s3 = halved_at_face::<R>(segment, half, s2, half.y, c.y, d.y);
        let s4 = halved_at_face::<R>(segment, half, s3, -half.y, c.y, d.y);
        let s5 = halved_at_face::<R>(segment, half, s4, half.z, c.z, d.z);
        let s6 = halved_at_face::<R>(segment, half, s5, -half.z, c.z, d.z);
        // Between the crossings the slope is linear.
        let slope_low = box_distance_slope::<R>(segment, half, s6.low);
        let slope_high = box_distance_slope::<R>(segment, half, s6.high);
        let rise = slope_high - slope_low;
        let part = clamp_of::<R>(
            -slope_low / R::max_of(rise, R::lit(9.094947e-13f32)),
            R::lit(0.0f32),
            R::lit(1.0f32),
        );
        // All rising: the low end; all falling: the high end.
        let inner = s6.low + part * (s6.high - s6.low);
        let falling = R::select_positive(-slope_high, s6.high, inner);
        R::select_positive(slope_low, s6.low, falling)
    }

    /// Among two directions out of the box the one with the smaller overlap.
    pub fn shallower_exit<R: Real + super::Field>(a: ContactPoint<R>, b: ContactPoint<R>) -> ContactPoint<R> {
        select_contact::<R>(b.distance - a.distance, b, a)
    }

    /// A way out of the box along `direction` (not unit): the point of the segment that has farthest to go.
    pub fn exit_along<R: Real + super::Field>(
        segment: Capsule<R>,
        half: Vector3<R>,
        direction: Vector3<R>,
    ) -> ContactPoint<R> {
        let square = dot3::<R>(direction, direction);
        let usable = square - R::lit(9.5367432e-7f32);
        let unit = direction_or::<R>(direction, vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32)));
        let normal = scale3::<R>(unit, sign_of::<R>(dot3::<R>(unit, segment.center)));
        let along = dot3::<R>(normal, segment.axis);
        let s = segment.half_length * -sign_of::<R>(along);
        let reach =
            half.x * R::abs_of(normal.x) + half.y * R::abs_of(normal.y) + half.z * R::abs_of(normal.z);
        let point = point_on::<R>(segment, s);
        let distance = dot3::<R>(normal, point) - reach;
        ContactPoint::<R> {
            position: sub3::<R>(point, scale3::<R>(normal, distance)),
            normal: normal,
            distance: R::select_positive(usable, distance, -no_contact_distance::<R>()),
        }
    }

    /// The place on the segment and the box edge along `edge` (a unit vector of the box) that meet in an exit
    /// along their vector product; `position` is on the edge.
    pub fn exit_over_edge<R: Real + super::Field>(
        segment: Capsule<R>,
        half: Vector3<R>,
        edge: Vector3<R>,
    ) -> ContactPoint<R> {
        let exit = exit_along::<R>(segment, half, cross3::<R>(segment.axis, edge));
        // The supporting edge: corner signs from the normal, the middle along the edge itself.
        let corner = vector3::<R>(
            half.x * sign_of::<R>(exit.normal.x),
            half.y * sign_of::<R>(exit.normal.y),
            half.z * sign_of::<R>(exit.normal.z),
        );
        let along = dot3::<R>(corner, edge);
        let middle = sub3::<R>(corner, scale3::<R>(edge, along));
        let line = Capsule::<R> {
            center: middle,
            axis: edge,
            half_length: R::abs_of(along),
            radius: R::lit(0.0f32),
        };
        let pair = closest_on_segments::<R>(segment, line);
        ContactPoint::<R> {
            position: point_on::<R>(line, pair.b),
            normal: exit.normal,
            distance: exit.distance,
        }
    }

    /// The least exit of a segment that enters the box.
    pub fn segment_exit<R: Real + super::Field>(segment: Capsule<R>, half: Vector3<R>) -> ContactPoint<R> {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let x = vector3::<R>(one, zero, zero);
        let y = vector3::<R>(zero, one, zero);
        let z = vector3::<R>(zero, zero, one);
        let faces = shallower_exit::<R>(
            shallower_exit::<R>(exit_along::<R>(segment, half, x), exit_along::<R>(segment, half, y)),
            exit_along::<R>(segment, half, z),
        );
        let edges = shallower_exit::<R>(
            shallower_exit::<R>(exit_over_edge::<R>(segment, half, x), exit_over_edge::<R>(segment, half, y)),
            exit_over_edge::<R>(segment, half, z),
        );
        shallower_exit::<R>(faces, edges)
    }

    /// A capsule and a box, two points, one for each half of the capsule. The half that comes closest gives
    /// its closest point; the other one its end where that is within `margin` (a capsule lying on a
    /// face), else its own closest point.
    pub fn capsule_box<R: Real + super::Field>(
        capsule: Capsule<R>,
        pose: Pose<R>,
        half: Vector3<R>,
        margin: R,
    ) -> [ContactPoint<R>; 2] {
        let zero = R::lit(0.0f32);
        let local = Capsule::<R> {
            center: to_local::<R>(pose, capsule.center),
            axis: unrotate::<R>(pose.rotation, capsule.axis),
            half_length: capsule.half_length,
            radius: capsule.radius,
        };
        let low = closest_to_box::<R>(local, half, -local.half_length, zero);
        let high = closest_to_box::<R>(local, half, zero, local.half_length);
        let low_contact = point_box::<R>(point_on::<R>(local, low), half);
        let high_contact = point_box::<R>(point_on::<R>(local, high), half);
        let low_end = point_box::<R>(point_on::<R>(local, -local.half_length), half);
        let high_end = point_box::<R>(point_on::<R>(local, local.half_length), half);
        let high_is_closest = low_contact.distance - high_contact.distance;
        let reach = margin + local.radius;
        let low_other = select_contact::<R>(reach - low_end.distance, low_end, low_contact);
        let high_other = select_contact::<R>(reach - high_end.distance, high_end, high_contact);
        let low_outside = select_contact::<R>(high_is_closest, low_other, low_contact);
        let high_outside = select_contact::<R>(high_is_closest, high_contact, high_other);
        // Where the segment itself enters the box, the point distances no longer tell the way out.
        let inside = -R::min_of(low_contact.distance, high_contact.distance);
        let mut first = low_outside;
        let mut second = high_outside;
        if R::any_positive(inside + R::lit(9.094947e-13f32)) {
            let exit = segment_exit::<R>(local, half);
            let deep = inside + R::lit(9.094947e-13f32);
            // The other end is pushed along the same normal as far as it needs.
            let along = dot3::<R>(exit.normal, local.axis);
            let s = local.half_length * sign_of::<R>(along);
            let far = point_on::<R>(local, s);
            let reach_along = half.x * R::abs_of(exit.normal.x)
                + half.y * R::abs_of(exit.normal.y)
                + half.z * R::abs_of(exit.normal.z);
            let far_distance = dot3::<R>(exit.normal, far) - reach_along;
            let far_exit = ContactPoint::<R> {
                position: sub3::<R>(far, scale3::<R>(exit.normal, far_distance)),
                normal: exit.normal,
                distance: R::max_of(far_distance, point_box::<R>(far, half).distance),
            };
            first = select_contact::<R>(deep, select_contact::<R>(along, exit, far_exit), first);
            second = select_contact::<R>(deep, select_contact::<R>(along, far_exit, exit), second);
        }
        [
            contact_to_world::<R>(pose, thickened::<R>(first, local.radius)),
            contact_to_world::<R>(pose, thickened::<R>(second, local.radius)),
        ]
    }
}

use crate::scalar::Field;
