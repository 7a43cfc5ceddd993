//! Shapes against the half space below a plane.

/// The pair rules; A is the shape, B the half space.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::round::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;

    /// A plane: the points x with normal · x = offset; solid on the other side of the normal.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Plane<R> {
        /// Unit normal, out of the solid.
        pub normal: Vector3<R>,
        /// Signed distance of the plane from the origin in m.
        pub offset: R,
    }

    /// The plane z = 0 of `pose`.
    pub fn plane_of<R: Real + super::Field>(pose: Pose<R>) -> Plane<R> {
        Plane::<R> { normal: pose.rotation.z, offset: dot3::<R>(pose.rotation.z, pose.position) }
    }

    /// A point of a shape's surface against the plane.
    pub fn point_plane<R: Real + super::Field>(point: Vector3<R>, plane: Plane<R>) -> ContactPoint<R> {
        let distance = dot3::<R>(plane.normal, point) - plane.offset;
        ContactPoint::<R> {
            position: sub3::<R>(point, scale3::<R>(plane.normal, R::lit(0.5f32) * distance)),
            normal: plane.normal,
            distance: distance,
        }
    }

    /// A ball, one point.
    pub fn sphere_plane<R: Real + super::Field>(
        center: Vector3<R>,
        radius: R,
        plane: Plane<R>,
    ) -> ContactPoint<R> {
        point_plane::<R>(sub3::<R>(center, scale3::<R>(plane.normal, radius)), plane)
    }

    /// A capsule, two points: its ends.
    pub fn capsule_plane<R: Real + super::Field>(
        capsule: Capsule<R>,
        plane: Plane<R>,
    ) -> [ContactPoint<R>; 2] {
        let lower = point_on::<R>(capsule, -capsule.half_length);
        let upper = point_on::<R>(capsule, capsule.half_length);
        [sphere_plane::<R>(lower, capsule.radius, plane), sphere_plane::<R>(upper, capsule.radius, plane)]
    }

    /// The face of a box that looks most against a direction: its centre, and half its two edges.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Face<R> {
        pub center: Vector3<R>,
        pub u: Vector3<R>,
        pub v: Vector3<R>,
    }

    /// The face of a box whose corners lie deepest along `-direction`: of the half edges the one with the
    /// largest share along the direction leads to it.
    pub fn deepest_face<R: Real + super::Field>(
        pose: Pose<R>,
        half: Vector3<R>,
        direction: Vector3<R>,
    ) -> Face<R> {
        let x = scale3::<R>(pose.rotation.x, half.x);
        let y = scale3::<R>(pose.rotation.y, half.y);
        let z = scale3::<R>(pose.rotation.z, half.z);
        let along_x = dot3::<R>(direction, x);
        let along_y = dot3::<R>(direction, y);
        let along_z = dot3::<R>(direction, z);
        let size_x = R::abs_of(along_x);
        let size_y = R::abs_of(along_y);
        let size_z = R::abs_of(along_z);
        // z unless another is strictly larger, so that a box at rest keeps its face.
        let x_over_y = size_x - size_y;
        let lead_xy = R::select_positive(x_over_y, along_x, along_y);
        let edge_xy = select3::<R>(x_over_y, x, y);
        let rest_xy = select3::<R>(x_over_y, y, x);
        let not_z = R::max_of(size_x, size_y) - size_z;
        let lead = R::select_positive(not_z, lead_xy, along_z);
        let edge = select3::<R>(not_z, edge_xy, z);
        let v = select3::<R>(not_z, z, edge_xy);
        Face::<R> {
            center: sub3::<R>(pose.position, scale3::<R>(edge, sign_of::<R>(lead))),
            u: rest_xy,
            v: v,
        }
    }

    /// A box, four points: the corners of its deepest face.
    pub fn box_plane<R: Real + super::Field>(
        pose: Pose<R>,
        half: Vector3<R>,
        plane: Plane<R>,
    ) -> [ContactPoint<R>; 4] {
        let face = deepest_face::<R>(pose, half, plane.normal);
        let left = sub3::<R>(face.center, face.u);
        let right = add3::<R>(face.center, face.u);
        [
            point_plane::<R>(sub3::<R>(left, face.v), plane),
            point_plane::<R>(add3::<R>(left, face.v), plane),
            point_plane::<R>(sub3::<R>(right, face.v), plane),
            point_plane::<R>(add3::<R>(right, face.v), plane),
        ]
    }
}

use crate::scalar::Field;
