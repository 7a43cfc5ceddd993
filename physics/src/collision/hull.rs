//! Convex hulls: against planes, and against spheres, capsules, boxes and one another.
//!
//! Bounded shapes become clouds: the corners of the core, the planes of its faces, a radius. Cores that are
//! apart are measured by the algorithm of E. Gilbert, D. Johnson and S. Keerthi (1988), written without
//! branches: the closest point of a simplex is the closest of those of its four triangles. Cores that
//! overlap are parted along the face normal of least overlap or, where edges meet, along the direction in which they
//! lie apart once they are moved apart: along the line of their middles, as in a ray cast by that algorithm
//! (G. van den Bergen, "Ray casting against general convex objects", 2004). The points kept are the corners that
//! lead when the contact normal is tilted four ways, where they lie over the other shape. The ways are quarter
//! turns from that to a corner: of a box they find all four corners of a face, however it is turned.

/// The pair rules.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::plane::rules::*;
    use super::super::simplex::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Corners of the largest cloud.
    pub const MAX_CORNERS: usize = 64;
    /// Faces of the largest cloud: a hull of 64 corners has at most 124.
    pub const MAX_FACES: usize = 124;

    /// A convex shape in the world: the hull of its corners, thickened by a radius.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Cloud<R> {
        pub corner_count: u32,
        pub face_count: u32,
        pub radius: R,
        pub corners: [Vector3<R>; MAX_CORNERS],
        /// Planes of the faces of the core; none for points and segments.
        pub faces: [Plane<R>; MAX_FACES],
    }

    /// Makes `cloud` a segment `center ± reach` of some radius; a point where `reach` is zero.
    pub fn cloud_of_segment<R: Real + super::Field>(
        center: Vector3<R>,
        reach: Vector3<R>,
        radius: R,
        cloud: ptr!(function, Cloud<R>),
    ) {
        cloud.corner_count = 2u32;
        cloud.face_count = 0u32;
        cloud.radius = radius;
        cloud.corners[0usize] = sub3::<R>(center, reach);
        cloud.corners[1usize] = add3::<R>(center, reach);
    }

    /// Makes `cloud` a box.
    pub fn cloud_of_box<R: Real + super::Field>(
        pose: Pose<R>,
        half: Vector3<R>,
        cloud: ptr!(function, Cloud<R>),
    ) {
        cloud.corner_count = 8u32;
        cloud.face_count = 6u32;
        cloud.radius = R::lit(0.0f32);
        for i in 0u32..8u32 {
            cloud.corners[i as usize] = to_world::<R>(
                pose,
                vector3::<R>(
                    half.x * R::lit(f32(i & 1u32) * 2.0f32 - 1.0f32),
                    half.y * R::lit(f32((i >> 1u32) & 1u32) * 2.0f32 - 1.0f32),
                    half.z * R::lit(f32((i >> 2u32) & 1u32) * 2.0f32 - 1.0f32),
                ),
            );
        }
        let axes: [Vector3<R>; 3] = [pose.rotation.x, pose.rotation.y, pose.rotation.z];
        let sizes: [R; 3] = [half.x, half.y, half.z];
        for i in 0u32..3u32 {
            let axis = axes[i as usize];
            let middle = dot3::<R>(axis, pose.position);
            let size = sizes[i as usize];
            cloud.faces[(2u32 * i) as usize] = Plane::<R> { normal: axis, offset: middle + size };
            cloud.faces[(2u32 * i + 1u32) as usize] =
                Plane::<R> { normal: scale3::<R>(axis, R::lit(-1.0f32)), offset: size - middle };
        }
    }

    /// The corner that lies farthest along `direction`.
    pub fn leading_corner<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        direction: Vector3<R>,
    ) -> Vector3<R> {
        let mut best = cloud.corners[0usize];
        let mut along = dot3::<R>(best, direction);
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 1u32..cloud.corner_count {
            let corner = cloud.corners[i as usize];
            let reach = dot3::<R>(corner, direction);
            best = select3::<R>(reach - along, corner, best);
            along = R::max_of(along, reach);
        }
        best
    }

    /// A point of the difference of two clouds, with the corners it comes from.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Difference<R> {
        pub a: Vector3<R>,
        pub b: Vector3<R>,
    }

    /// Where `test > 0` the point `yes`, else `no`.
    pub fn select_difference<R: Real + super::Field>(
        test: R,
        yes: Difference<R>,
        no: Difference<R>,
    ) -> Difference<R> {
        Difference::<R> { a: select3::<R>(test, yes.a, no.a), b: select3::<R>(test, yes.b, no.b) }
    }

    /// The vector of a difference.
    pub fn vector_of<R: Real + super::Field>(difference: Difference<R>) -> Vector3<R> {
        sub3::<R>(difference.a, difference.b)
    }

    /// The closest points of the cores of two clouds, where `wanted` is positive; the same point twice where
    /// they overlap. The first cloud is moved by `shift`.
    pub fn closest_of_clouds<R: Real + super::Field>(
        a: ptr!(function, Cloud<R>),
        b: ptr!(function, Cloud<R>),
        shift: Vector3<R>,
        wanted: R,
    ) -> Difference<R> {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let first = Difference::<R> { a: add3::<R>(a.corners[0usize], shift), b: b.corners[0usize] };
        let mut s0 = first;
        let mut s1 = first;
        let mut s2 = first;
        let mut s3 = first;
        let mut weights = Weights::<R> { w0: one, w1: zero, w2: zero, w3: zero, square: one };
        let mut closest = first;
        // Slender simplices mislead in single precision. What is kept is the pair along whose direction the gap
        // is widest, a bound from below; of pairs with the same direction the closest.
        let mut kept = first;
        let mut best = zero;
        let mut working = wanted;
        let mut round = 0u32;
        while round < 32u32 && R::any_positive(working) {
            let v = vector_of::<R>(closest);
            let support = Difference::<R> {
                a: add3::<R>(leading_corner::<R>(a, scale3::<R>(v, -one)), shift),
                b: leading_corner::<R>(b, v),
            };
            let square = dot3::<R>(v, v);
            let along = dot3::<R>(v, vector_of::<R>(support));
            let length = R::sqrt_of(R::max_of(square, R::lit(9.094947e-19f32)));
            let gap = along / length;
            let worth = gap - (length - gap) * R::lit(0.015625f32);
            let better = R::min_of(working, worth - best);
            kept = select_difference::<R>(better, closest, kept);
            best = R::select_positive(better, worth, best);
            let gain = square - along;
            // Nothing to gain, or overlap: this lane is done.
            let more =
                R::min_of(gain - square * R::lit(0.0000038146973f32), square - R::lit(9.094947e-13f32));
            working = R::min_of(working, more);
            // The new point takes the place of the one that counts least.
            let least = R::min_of(R::min_of(weights.w0, weights.w1), R::min_of(weights.w2, weights.w3));
            let free3 = least - weights.w3 + R::lit(9.094947e-19f32);
            let free2 = R::min_of(least - weights.w2 + R::lit(9.094947e-19f32), -free3);
            let free1 = R::min_of(least - weights.w1 + R::lit(9.094947e-19f32), R::min_of(-free3, -free2));
            let taken = R::max_of(free3, R::max_of(free2, free1));
            s3 = select_difference::<R>(R::min_of(working, free3), support, s3);
            s2 = select_difference::<R>(R::min_of(working, free2), support, s2);
            s1 = select_difference::<R>(R::min_of(working, free1), support, s1);
            s0 = select_difference::<R>(R::min_of(working, -taken), support, s0);
            weights = closest_on_simplex::<R>(
                vector_of::<R>(s0),
                vector_of::<R>(s1),
                vector_of::<R>(s2),
                vector_of::<R>(s3),
            );
            let mean = Difference::<R> {
                a: add3::<R>(
                    add3::<R>(scale3::<R>(s0.a, weights.w0), scale3::<R>(s1.a, weights.w1)),
                    add3::<R>(scale3::<R>(s2.a, weights.w2), scale3::<R>(s3.a, weights.w3)),
                ),
                b: add3::<R>(
                    add3::<R>(scale3::<R>(s0.b, weights.w0), scale3::<R>(s1.b, weights.w1)),
                    add3::<R>(scale3::<R>(s2.b, weights.w2), scale3::<R>(s3.b, weights.w3)),
                ),
            };
            let middle = Difference::<R> { a: mean.a, b: mean.a };
            closest = select_difference::<R>(working, mean, closest);
            let overlaps = R::min_of(working, R::lit(9.094947e-13f32) - weights.square);
            closest = select_difference::<R>(overlaps, middle, closest);
            round = round + 1u32;
        }
        select_difference::<R>(best, kept, closest)
    }

    /// The face of a cloud that separates best from another one: its outward normal, and the gap as `offset`.
    pub fn separating_face<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        other: ptr!(function, Cloud<R>),
    ) -> Plane<R> {
        let up = vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32));
        let mut best = Plane::<R> { normal: up, offset: -no_contact_distance::<R>() };
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let face = cloud.faces[i as usize];
            let lowest = leading_corner::<R>(other, scale3::<R>(face.normal, R::lit(-1.0f32)));
            let gap = dot3::<R>(lowest, face.normal) - face.offset;
            let test = gap - best.offset;
            best = Plane::<R> {
                normal: select3::<R>(test, face.normal, best.normal),
                offset: R::max_of(gap, best.offset),
            };
        }
        best
    }

    /// The mean of the corners.
    pub fn middle_of<R: Real + super::Field>(cloud: ptr!(function, Cloud<R>)) -> Vector3<R> {
        let mut sum = zero3::<R>();
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.corner_count {
            sum = add3::<R>(sum, cloud.corners[i as usize]);
        }
        scale3::<R>(sum, R::lit(1.0f32 / f32(cloud.corner_count)))
    }

    /// The gap between the cores along a direction from B to A; negative where they overlap along it.
    pub fn gap_along<R: Real + super::Field>(
        a: ptr!(function, Cloud<R>),
        b: ptr!(function, Cloud<R>),
        direction: Vector3<R>,
    ) -> R {
        let low_a = leading_corner::<R>(a, scale3::<R>(direction, R::lit(-1.0f32)));
        let high_b = leading_corner::<R>(b, direction);
        dot3::<R>(sub3::<R>(low_a, high_b), direction)
    }

    /// The extent of the core along a direction.
    pub fn extent_along<R: Real + super::Field>(cloud: ptr!(function, Cloud<R>), direction: Vector3<R>) -> R {
        let high = leading_corner::<R>(cloud, direction);
        let low = leading_corner::<R>(cloud, scale3::<R>(direction, R::lit(-1.0f32)));
        dot3::<R>(sub3::<R>(high, low), direction)
    }

    /// The closest points of overlapping cores, where `wanted` is positive, once A is moved out of B: first along
    /// the line of their middles until they are a little apart, then by as much as needed along the direction found.
    /// That direction is a way out that is short where they overlap little.
    pub fn closest_when_parted<R: Real + super::Field>(
        a: ptr!(function, Cloud<R>),
        b: ptr!(function, Cloud<R>),
        wanted: R,
    ) -> Difference<R> {
        let up = vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32));
        let way = direction_or::<R>(sub3::<R>(middle_of::<R>(a), middle_of::<R>(b)), up);
        // A little: wide enough for a direction in single precision, small beside the shapes.
        let extent = R::min_of(extent_along::<R>(a, way), extent_along::<R>(b, way));
        let margin = R::max_of(extent * R::lit(0.015625f32), R::lit(0.0009765625f32));
        let mut shift = margin - gap_along::<R>(a, b, way);
        let mut normal = way;
        let mut working = wanted;
        let mut round = 0u32;
        while round < 6u32 && R::any_positive(working) {
            let between = vector_of::<R>(closest_of_clouds::<R>(a, b, scale3::<R>(way, shift), working));
            normal = select3::<R>(working, direction_or::<R>(between, normal), normal);
            // Nothing lies in the gap: A comes nearer by what is more than the margin.
            let excess = norm3::<R>(between) - margin;
            working = R::min_of(working, excess - R::lit(0.5f32) * margin);
            let slope = R::max_of(dot3::<R>(way, normal), R::lit(0.0009765625f32));
            shift = shift - R::select_positive(working, excess / slope, R::lit(0.0f32));
            round = round + 1u32;
        }
        // Along the direction found, the direction does not get worse.
        let mut best = Difference::<R> { a: normal, b: zero3::<R>() };
        let mut widest = -no_contact_distance::<R>();
        let mut gap = gap_along::<R>(a, b, normal);
        let mut improving = wanted;
        round = 0u32;
        while round < 4u32 && R::any_positive(improving) {
            let apart = scale3::<R>(normal, margin - gap);
            let closest = closest_of_clouds::<R>(a, b, apart, improving);
            normal = direction_or::<R>(vector_of::<R>(closest), normal);
            gap = gap_along::<R>(a, b, normal);
            improving = R::min_of(improving, gap - widest - edge_advantage::<R>());
            best = select_difference::<R>(improving, closest, best);
            widest = R::select_positive(improving, gap, widest);
            round = round + 1u32;
        }
        best
    }

    /// How far a point lies outside of the faces of a cloud; far outside where it has none.
    pub fn outside_faces<R: Real + super::Field>(cloud: ptr!(function, Cloud<R>), point: Vector3<R>) -> R {
        let mut worst = -no_contact_distance::<R>();
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let face = cloud.faces[i as usize];
            worst = R::max_of(worst, dot3::<R>(face.normal, point) - face.offset);
        }
        if cloud.face_count == 0u32 {
            worst = no_contact_distance::<R>();
        }
        worst
    }

    /// The contact without its doubles: not there where it lies at the place of `earlier`.
    pub fn unless_repeated<R: Real + super::Field>(
        contact: ContactPoint<R>,
        earlier: ContactPoint<R>,
    ) -> ContactPoint<R> {
        let apart = sub3::<R>(contact.position, earlier.position);
        let same = R::lit(0.000001f32) - dot3::<R>(apart, apart);
        let both = R::min_of(same, R::lit(1024.0f32) - earlier.distance);
        select_contact::<R>(both, no_contact::<R>(), contact)
    }

    /// By how much to tilt the direction `way` towards a corner of the cloud: from the middle of all corners to
    /// one that leads when tilted along `start`, turned by a twentieth, about a sixteenth long. Flat against `way`.
    pub fn tilt_to_corner<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        way: Vector3<R>,
        start: Vector3<R>,
    ) -> Vector3<R> {
        let slope = R::lit(0.0625f32);
        let corner = leading_corner::<R>(cloud, add3::<R>(way, scale3::<R>(start, slope)));
        let from_middle = sub3::<R>(corner, middle_of::<R>(cloud));
        let flat = sub3::<R>(from_middle, scale3::<R>(way, dot3::<R>(from_middle, way)));
        let long = dot3::<R>(flat, flat) - R::lit(0.00000001f32);
        let ahead = select3::<R>(long, direction_or::<R>(flat, start), start);
        // Turned a little, because between the corners of a hexagon a quarter turn ends right in the middle.
        let turned = add3::<R>(ahead, scale3::<R>(cross3::<R>(way, ahead), R::lit(0.05f32)));
        scale3::<R>(turned, slope)
    }

    /// The contact of one tilt of each shape: the corner of A that leads, or that of B, where it lies over the
    /// other.
    pub fn tilted_contact<R: Real + super::Field>(
        a: ptr!(function, Cloud<R>),
        b: ptr!(function, Cloud<R>),
        normal: Vector3<R>,
        tilt_a: Vector3<R>,
        tilt_b: Vector3<R>,
        low_a: R,
        high_b: R,
    ) -> ContactPoint<R> {
        let half = R::lit(0.5f32);
        let slack = R::lit(0.0009765625f32);
        let corner_a = leading_corner::<R>(a, sub3::<R>(tilt_a, normal));
        let corner_b = leading_corner::<R>(b, add3::<R>(tilt_b, normal));
        let gap_a = dot3::<R>(corner_a, normal) - high_b;
        let gap_b = low_a - dot3::<R>(corner_b, normal);
        // Moved just inside the other shape, is the corner within its faces?
        let over_b = outside_faces::<R>(b, sub3::<R>(corner_a, scale3::<R>(normal, gap_a + slack)));
        let over_a = outside_faces::<R>(a, add3::<R>(corner_b, scale3::<R>(normal, gap_b + slack)));
        let tolerance = R::lit(0.0001f32);
        let from_a = ContactPoint::<R> {
            position: sub3::<R>(corner_a, scale3::<R>(normal, gap_a * half)),
            normal: normal,
            distance: gap_a,
        };
        let from_b = ContactPoint::<R> {
            position: add3::<R>(corner_b, scale3::<R>(normal, gap_b * half)),
            normal: normal,
            distance: gap_b,
        };
        select_contact::<R>(
            tolerance - over_b,
            from_a,
            select_contact::<R>(tolerance - over_a, from_b, no_contact::<R>()),
        )
    }

    /// Two clouds, four points; `along` is a direction in which the first shape is long (any for others).
    pub fn cloud_cloud<R: Real + super::Field>(
        a: ptr!(function, Cloud<R>),
        b: ptr!(function, Cloud<R>),
        along: Vector3<R>,
    ) -> [ContactPoint<R>; 4] {
        let half = R::lit(0.5f32);
        let minus = R::lit(-1.0f32);
        let closest = closest_of_clouds::<R>(a, b, zero3::<R>(), R::lit(1.0f32));
        let between = vector_of::<R>(closest);
        let apart = dot3::<R>(between, between) - R::lit(9.094947e-11f32);
        let face_b = separating_face::<R>(b, a);
        let face_a = separating_face::<R>(a, b);
        let a_is_wider = face_a.offset - face_b.offset;
        let face_normal = select3::<R>(a_is_wider, scale3::<R>(face_a.normal, minus), face_b.normal);
        let way_out = R::max_of(face_a.offset, face_b.offset);
        let mut normal = select3::<R>(apart, direction_or::<R>(between, face_normal), face_normal);
        let mut gap = R::select_positive(apart, dot3::<R>(between, normal), way_out);
        // The way out along a face is at most an eighth of a millimetre, or another is looked for.
        let buried = R::min_of(-apart, -way_out - R::lit(0.00012207031f32));
        let mut edges_meet = -R::lit(1.0f32);
        let mut crossing = closest.b;
        if R::any_positive(buried) {
            let parted = closest_when_parted::<R>(a, b, buried);
            let out = direction_or::<R>(vector_of::<R>(parted), face_normal);
            let along_out = gap_along::<R>(a, b, out);
            edges_meet = R::min_of(buried, along_out - way_out - edge_advantage::<R>());
            normal = select3::<R>(edges_meet, out, normal);
            gap = R::select_positive(edges_meet, along_out, gap);
            crossing = parted.b;
        }
        let radii = a.radius + b.radius;
        // The main point: between the closest points, or at the leading corner where the cores overlap.
        let deep_a = leading_corner::<R>(a, scale3::<R>(normal, minus));
        let below_a = sub3::<R>(deep_a, scale3::<R>(normal, gap));
        let on_b = select3::<R>(apart, closest.b, select3::<R>(edges_meet, crossing, below_a));
        let distance = gap - radii;
        let main = ContactPoint::<R> {
            position: add3::<R>(on_b, scale3::<R>(normal, b.radius + half * distance)),
            normal: normal,
            distance: distance,
        };
        // Tangents: `along` first.
        let off = sub3::<R>(along, scale3::<R>(normal, dot3::<R>(along, normal)));
        let other = vector3::<R>(normal.y, normal.z, normal.x);
        let spare = cross3::<R>(normal, other);
        let fallback = direction_or::<R>(spare, vector3::<R>(normal.z, normal.x, normal.y));
        let long = dot3::<R>(off, off) - R::lit(0.0001f32);
        let u = select3::<R>(long, direction_or::<R>(off, fallback), fallback);
        let way_a = tilt_to_corner::<R>(a, scale3::<R>(normal, minus), u);
        let way_b = tilt_to_corner::<R>(b, normal, u);
        let across_a = cross3::<R>(normal, way_a);
        let across_b = cross3::<R>(normal, way_b);
        let low_a = dot3::<R>(deep_a, normal);
        let high_b = dot3::<R>(leading_corner::<R>(b, normal), normal);
        let back_a = scale3::<R>(way_a, minus);
        let back_b = scale3::<R>(way_b, minus);
        let c0 = tilted_contact::<R>(a, b, normal, way_a, way_b, low_a, high_b);
        let c1 = tilted_contact::<R>(a, b, normal, back_a, back_b, low_a, high_b);
        let c2 = tilted_contact::<R>(a, b, normal, across_a, across_b, low_a, high_b);
        let away_a = scale3::<R>(across_a, minus);
        let away_b = scale3::<R>(across_b, minus);
        let c3 = tilted_contact::<R>(a, b, normal, away_a, away_b, low_a, high_b);
        let mut points: [ContactPoint<R>; 4] = [c0, c1, c2, c3];
        for i in 0u32..4u32 {
            let point = points[i as usize];
            points[i as usize].distance = point.distance - radii;
            points[i as usize].position =
                add3::<R>(point.position, scale3::<R>(normal, half * (b.radius - a.radius)));
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..i {
                points[i as usize] = unless_repeated::<R>(points[i as usize], points[j as usize]);
            }
        }
        // Where no corner gives the least distance, the main point replaces the first.
        let least = R::min_of(
            R::min_of(points[0usize].distance, points[1usize].distance),
            R::min_of(points[2usize].distance, points[3usize].distance),
        );
        let missed = least - distance - R::lit(0.00001f32);
        points[0usize] = select_contact::<R>(missed, main, points[0usize]);
        points
    }

    /// A hull and a plane, four points: the corners that lead when the normal is tilted four ways.
    pub fn cloud_plane<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        plane: Plane<R>,
    ) -> [ContactPoint<R>; 4] {
        let minus = R::lit(-1.0f32);
        let n = plane.normal;
        let spare = cross3::<R>(n, vector3::<R>(n.y, n.z, n.x));
        let start = direction_or::<R>(spare, vector3::<R>(n.z, n.x, n.y));
        let down = scale3::<R>(n, minus);
        let way = tilt_to_corner::<R>(cloud, down, start);
        let across = cross3::<R>(n, way);
        let mut points: [ContactPoint<R>; 4] = [
            point_plane::<R>(leading_corner::<R>(cloud, add3::<R>(down, way)), plane),
            point_plane::<R>(leading_corner::<R>(cloud, add3::<R>(down, across)), plane),
            point_plane::<R>(leading_corner::<R>(cloud, sub3::<R>(down, way)), plane),
            point_plane::<R>(leading_corner::<R>(cloud, sub3::<R>(down, across)), plane),
        ];
        let deepest = point_plane::<R>(leading_corner::<R>(cloud, down), plane);
        for i in 1u32..4u32 {
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..i {
                points[i as usize] = unless_repeated::<R>(points[i as usize], points[j as usize]);
            }
        }
        let least = R::min_of(
            R::min_of(points[0usize].distance, points[1usize].distance),
            R::min_of(points[2usize].distance, points[3usize].distance),
        );
        let missed = least - deepest.distance - R::lit(0.00001f32);
        points[0usize] = select_contact::<R>(missed, deepest, points[0usize]);
        points
    }
}

use crate::scalar::Field;
