//! Two boxes: separating axes, then the incident face clipped against the reference face, four points.
//!
//! The axes and the clipping follow D. Eberly, "Dynamic Collision Detection using Oriented Bounding Boxes"
//! (1999) and E. Catto, "Iterative Dynamics with Temporal Coherence" (2005), written without branches: the
//! four edges of the incident face are clipped to the reference rectangle (two points each), the four
//! corners of the rectangle are taken where they fall into the incident face, and of these twelve the four
//! that reach farthest towards the incident face's corners are kept, the deepest always among them.

/// The pair rules.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::box_clip::rules::*;
    use super::super::contact_point::rules::*;
    use super::super::plane::rules::*;
    use super::super::round::rules::*;
    use super::super::solid_box::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// The best separating direction found so far among the faces of one box.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct FaceAxis<R> {
        /// Gap along the direction; negative when the boxes overlap.
        pub separation: R,
        /// Out of the box, towards the other one.
        pub normal: Vector3<R>,
        /// The face: half edges with their lengths, and the distance of the face from the centre.
        pub u: Vector3<R>,
        pub v: Vector3<R>,
        pub half_u: R,
        pub half_v: R,
        pub half_normal: R,
    }

    /// The best separating direction found so far among products of edges.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct EdgeAxis<R> {
        pub separation: R,
        /// From B towards A.
        pub normal: Vector3<R>,
        pub edge_a: Vector3<R>,
        pub edge_b: Vector3<R>,
    }

    /// Half the extent of a box along a unit direction.
    pub fn reach_along<R: Real + super::Field>(
        rotation: Matrix3<R>,
        half: Vector3<R>,
        direction: Vector3<R>,
    ) -> R {
        half.x * R::abs_of(dot3::<R>(rotation.x, direction))
            + half.y * R::abs_of(dot3::<R>(rotation.y, direction))
            + half.z * R::abs_of(dot3::<R>(rotation.z, direction))
    }

    /// The face of one box along its axis `normal` (not yet signed) against the other box, `between` leading
    /// from the first centre to the other.
    pub fn face_axis<R: Real + super::Field>(
        between: Vector3<R>,
        normal: Vector3<R>,
        u: Vector3<R>,
        v: Vector3<R>,
        half: Vector3<R>,
        other_rotation: Matrix3<R>,
        other_half: Vector3<R>,
    ) -> FaceAxis<R> {
        let along = dot3::<R>(between, normal);
        let reach = half.x + reach_along::<R>(other_rotation, other_half, normal);
        FaceAxis::<R> {
            separation: R::abs_of(along) - reach,
            normal: scale3::<R>(normal, sign_of::<R>(along)),
            u: u,
            v: v,
            half_u: half.y,
            half_v: half.z,
            half_normal: half.x,
        }
    }

    /// The one with the larger gap; `a` when they are equal.
    pub fn wider_face<R: Real + super::Field>(a: FaceAxis<R>, b: FaceAxis<R>) -> FaceAxis<R> {
        let test = b.separation - a.separation;
        FaceAxis::<R> {
            separation: R::select_positive(test, b.separation, a.separation),
            normal: select3::<R>(test, b.normal, a.normal),
            u: select3::<R>(test, b.u, a.u),
            v: select3::<R>(test, b.v, a.v),
            half_u: R::select_positive(test, b.half_u, a.half_u),
            half_v: R::select_positive(test, b.half_v, a.half_v),
            half_normal: R::select_positive(test, b.half_normal, a.half_normal),
        }
    }

    /// The best face of one box.
    pub fn best_face<R: Real + super::Field>(
        between: Vector3<R>,
        rotation: Matrix3<R>,
        half: Vector3<R>,
        other_rotation: Matrix3<R>,
        other_half: Vector3<R>,
    ) -> FaceAxis<R> {
        let r = rotation;
        let half_y = vector3::<R>(half.y, half.z, half.x);
        let half_z = vector3::<R>(half.z, half.x, half.y);
        let x = face_axis::<R>(between, r.x, r.y, r.z, half, other_rotation, other_half);
        let y = face_axis::<R>(between, r.y, r.z, r.x, half_y, other_rotation, other_half);
        let z = face_axis::<R>(between, r.z, r.x, r.y, half_z, other_rotation, other_half);
        // z first: boxes at rest keep their horizontal face.
        wider_face::<R>(wider_face::<R>(z, x), y)
    }

    /// The product of an edge of A with an edge of B, if it separates better than `best`. `between` leads
    /// from A to B.
    pub fn wider_edge<R: Real + super::Field>(
        best: EdgeAxis<R>,
        between: Vector3<R>,
        edge_a: Vector3<R>,
        edge_b: Vector3<R>,
        rotation_a: Matrix3<R>,
        half_a: Vector3<R>,
        rotation_b: Matrix3<R>,
        half_b: Vector3<R>,
    ) -> EdgeAxis<R> {
        let product = cross3::<R>(edge_a, edge_b);
        let square = dot3::<R>(product, product);
        // Parallel edges give no direction of their own.
        let usable = square - R::lit(0.0000038146973f32);
        let unit = direction_or::<R>(product, edge_a);
        let along = dot3::<R>(between, unit);
        let reach = reach_along::<R>(rotation_a, half_a, unit) + reach_along::<R>(rotation_b, half_b, unit);
        let gap = R::select_positive(usable, R::abs_of(along) - reach, -no_contact_distance::<R>());
        let test = gap - best.separation;
        EdgeAxis::<R> {
            separation: R::select_positive(test, gap, best.separation),
            normal: select3::<R>(test, scale3::<R>(unit, -sign_of::<R>(along)), best.normal),
            edge_a: select3::<R>(test, edge_a, best.edge_a),
            edge_b: select3::<R>(test, edge_b, best.edge_b),
        }
    }

    /// The best product of edges; [`wider_edge`] over all nine.
    pub fn best_edge<R: Real + super::Field>(
        between: Vector3<R>,
        rotation_a: Matrix3<R>,
        half_a: Vector3<R>,
        rotation_b: Matrix3<R>,
        half_b: Vector3<R>,
    ) -> EdgeAxis<R> {
        let a = rotation_a;
        let edges: [Vector3<R>; 3] = [rotation_b.x, rotation_b.y, rotation_b.z];
        let mut best = EdgeAxis::<R> {
            separation: -no_contact_distance::<R>(),
            normal: a.z,
            edge_a: a.x,
            edge_b: rotation_b.x,
        };
        for i in 0u32..3u32 {
            let b = edges[i as usize];
            best = wider_edge::<R>(best, between, a.x, b, rotation_a, half_a, rotation_b, half_b);
            best = wider_edge::<R>(best, between, a.y, b, rotation_a, half_a, rotation_b, half_b);
            best = wider_edge::<R>(best, between, a.z, b, rotation_a, half_a, rotation_b, half_b);
        }
        best
    }

    /// The edge of a box along its axis `edge` that lies farthest along `direction`.
    pub fn supporting_edge<R: Real + super::Field>(
        pose: Pose<R>,
        half: Vector3<R>,
        edge: Vector3<R>,
        direction: Vector3<R>,
    ) -> Capsule<R> {
        let r = pose.rotation;
        let x = scale3::<R>(r.x, half.x * sign_of::<R>(dot3::<R>(r.x, direction)));
        let y = scale3::<R>(r.y, half.y * sign_of::<R>(dot3::<R>(r.y, direction)));
        let z = scale3::<R>(r.z, half.z * sign_of::<R>(dot3::<R>(r.z, direction)));
        let corner = add3::<R>(add3::<R>(x, y), z);
        let along = dot3::<R>(corner, edge);
        Capsule::<R> {
            center: add3::<R>(pose.position, sub3::<R>(corner, scale3::<R>(edge, along))),
            axis: edge,
            half_length: R::abs_of(along),
            radius: R::lit(0.0f32),
        }
    }

    /// The contact of the two supporting edges.
    pub fn edge_contact<R: Real + super::Field>(
        axis: EdgeAxis<R>,
        pose_a: Pose<R>,
        half_a: Vector3<R>,
        pose_b: Pose<R>,
        half_b: Vector3<R>,
    ) -> ContactPoint<R> {
        let edge_a =
            supporting_edge::<R>(pose_a, half_a, axis.edge_a, scale3::<R>(axis.normal, R::lit(-1.0f32)));
        let edge_b = supporting_edge::<R>(pose_b, half_b, axis.edge_b, axis.normal);
        let pair = closest_on_segments::<R>(edge_a, edge_b);
        let middle = add3::<R>(point_on::<R>(edge_a, pair.a), point_on::<R>(edge_b, pair.b));
        ContactPoint::<R> {
            position: scale3::<R>(middle, R::lit(0.5f32)),
            normal: axis.normal,
            distance: axis.separation,
        }
    }

    /// Two boxes, four points. Where two edges meet there is one point.
    pub fn box_box<R: Real + super::Field>(
        pose_a: Pose<R>,
        half_a: Vector3<R>,
        pose_b: Pose<R>,
        half_b: Vector3<R>,
    ) -> [ContactPoint<R>; 4] {
        let none = no_contact::<R>();
        let minus = R::lit(-1.0f32);
        let between = sub3::<R>(pose_b.position, pose_a.position);
        let back = scale3::<R>(between, minus);
        let face_a = best_face::<R>(between, pose_a.rotation, half_a, pose_b.rotation, half_b);
        let face_b = best_face::<R>(back, pose_b.rotation, half_b, pose_a.rotation, half_a);
        let edge = best_edge::<R>(between, pose_a.rotation, half_a, pose_b.rotation, half_b);
        let tolerance = edge_advantage::<R>();
        let b_is_reference = face_b.separation - face_a.separation - tolerance;
        let reference = wider_face::<R>(
            FaceAxis::<R> {
                separation: face_a.separation + tolerance,
                normal: face_a.normal,
                u: face_a.u,
                v: face_a.v,
                half_u: face_a.half_u,
                half_v: face_a.half_v,
                half_normal: face_a.half_normal,
            },
            face_b,
        );
        let incident_pose = Pose::<R> {
            position: select3::<R>(b_is_reference, pose_a.position, pose_b.position),
            rotation: Matrix3::<R> {
                x: select3::<R>(b_is_reference, pose_a.rotation.x, pose_b.rotation.x),
                y: select3::<R>(b_is_reference, pose_a.rotation.y, pose_b.rotation.y),
                z: select3::<R>(b_is_reference, pose_a.rotation.z, pose_b.rotation.z),
            },
        };
        let incident_half = select3::<R>(b_is_reference, half_a, half_b);
        let reference_center = select3::<R>(b_is_reference, pose_b.position, pose_a.position);
        let face = deepest_face::<R>(incident_pose, incident_half, reference.normal);
        let origin = add3::<R>(reference_center, scale3::<R>(reference.normal, reference.half_normal));
        let frame = Matrix3::<R> { x: reference.u, y: reference.v, z: reference.normal };
        let incident = Incident::<R> {
            center: unrotate::<R>(frame, sub3::<R>(face.center, origin)),
            u: unrotate::<R>(frame, face.u),
            v: unrotate::<R>(frame, face.v),
        };
        let kept = kept_points::<R>(clip_points::<R>(incident, reference.half_u, reference.half_v));
        let normal = scale3::<R>(reference.normal, sign_of::<R>(b_is_reference));
        let best_face_gap = R::max_of(face_a.separation, face_b.separation);
        let edge_wins = edge.separation - best_face_gap - tolerance;
        let mut points: [ContactPoint<R>; 4] = [none, none, none, none];
        for i in 0u32..4u32 {
            let point = kept[i as usize];
            let surface = add3::<R>(
                face.center,
                add3::<R>(scale3::<R>(face.u, point.along_u), scale3::<R>(face.v, point.along_v)),
            );
            let contact = ContactPoint::<R> {
                position: sub3::<R>(surface, scale3::<R>(reference.normal, R::lit(0.5f32) * point.height)),
                normal: normal,
                distance: point.height,
            };
            let exists = R::min_of(point.exists, -edge_wins);
            points[i as usize] = select_contact::<R>(exists, contact, none);
        }
        if R::any_positive(edge_wins) {
            let contact = edge_contact::<R>(edge, pose_a, half_a, pose_b, half_b);
            points[0usize] = select_contact::<R>(edge_wins, contact, points[0usize]);
        }
        points
    }

    /// The closest corner of box `a` to box `b`.
    pub fn closest_corner<R: Real + super::Field>(
        pose_a: Pose<R>,
        half_a: Vector3<R>,
        pose_b: Pose<R>,
        half_b: Vector3<R>,
    ) -> ContactPoint<R> {
        let mut best = no_contact::<R>();
        for i in 0u32..8u32 {
            let corner = vector3::<R>(
                half_a.x * R::lit(f32(i & 1u32) * 2.0f32 - 1.0f32),
                half_a.y * R::lit(f32((i >> 1u32) & 1u32) * 2.0f32 - 1.0f32),
                half_a.z * R::lit(f32((i >> 2u32) & 1u32) * 2.0f32 - 1.0f32),
            );
            let point = to_world::<R>(pose_a, corner);
            best = deeper_contact::<R>(best, sphere_box::<R>(point, R::lit(0.0f32), pose_b, half_b));
        }
        best
    }

    /// The closest points of two boxes: apart, the shortest way between them; overlapping, the shortest way
    /// out. One point; [`box_box`] is what the solver uses.
    pub fn box_box_closest<R: Real + super::Field>(
        pose_a: Pose<R>,
        half_a: Vector3<R>,
        pose_b: Pose<R>,
        half_b: Vector3<R>,
    ) -> ContactPoint<R> {
        let minus = R::lit(-1.0f32);
        let between = sub3::<R>(pose_b.position, pose_a.position);
        let manifold = box_box::<R>(pose_a, half_a, pose_b, half_b);
        let overlap = deeper_contact::<R>(
            deeper_contact::<R>(manifold[0usize], manifold[1usize]),
            deeper_contact::<R>(manifold[2usize], manifold[3usize]),
        );
        let corner_a = closest_corner::<R>(pose_a, half_a, pose_b, half_b);
        let corner_b = flipped_contact::<R>(closest_corner::<R>(pose_b, half_b, pose_a, half_a));
        let mut apart = deeper_contact::<R>(corner_a, corner_b);
        let axes_a: [Vector3<R>; 3] = [pose_a.rotation.x, pose_a.rotation.y, pose_a.rotation.z];
        let axes_b: [Vector3<R>; 3] = [pose_b.rotation.x, pose_b.rotation.y, pose_b.rotation.z];
        for i in 0u32..9u32 {
            let edge_a = axes_a[(i / 3u32) as usize];
            let edge_b = axes_b[(i % 3u32) as usize];
            let product = direction_or::<R>(cross3::<R>(edge_a, edge_b), edge_a);
            let toward_b = scale3::<R>(product, sign_of::<R>(dot3::<R>(product, between)));
            let line_a = supporting_edge::<R>(pose_a, half_a, edge_a, toward_b);
            let line_b = supporting_edge::<R>(pose_b, half_b, edge_b, scale3::<R>(toward_b, minus));
            let pair = closest_on_segments::<R>(line_a, line_b);
            let zero = R::lit(0.0f32);
            let contact =
                sphere_sphere::<R>(point_on::<R>(line_a, pair.a), zero, point_on::<R>(line_b, pair.b), zero);
            apart = deeper_contact::<R>(apart, contact);
        }
        // Boxes that overlap have no separating direction at all.
        let back = scale3::<R>(between, minus);
        let face_a = best_face::<R>(between, pose_a.rotation, half_a, pose_b.rotation, half_b);
        let face_b = best_face::<R>(back, pose_b.rotation, half_b, pose_a.rotation, half_a);
        let edge = best_edge::<R>(between, pose_a.rotation, half_a, pose_b.rotation, half_b);
        let gap = R::max_of(edge.separation, R::max_of(face_a.separation, face_b.separation));
        select_contact::<R>(gap, apart, overlap)
    }
}

use crate::scalar::Field;
