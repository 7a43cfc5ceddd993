//! Boxes and convex hulls, as clouds, against a height layer: eight points.
//!
//! In each quadrant around the shape's middle two points are kept: the corner of the shape that reaches deepest into
//! the layer, and the deepest of the layer's vertices and ridges within the shape, so that a spike between the
//! corners is felt. A vertex or ridge only pushes in directions in which the layer falls off around it;
//! otherwise the next vertex of level ground would stop whatever slides over it with its side.

/// The pair rules; A is the shape, B the layer. Coordinates are those of the layer.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::height_layer::rules::*;
    use super::super::hull::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// How a shape is divided into quadrants: by the signs along two of its axes, from its middle.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Quadrants<R> {
        pub center: Vector3<R>,
        pub u: Vector3<R>,
        pub v: Vector3<R>,
    }

    /// The two axes of the shape that lie flattest, and the mean of its corners.
    pub fn quadrants_of<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        axes: Matrix3<R>,
    ) -> Quadrants<R> {
        let mut sum = cloud.corners[0usize];
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 1u32..cloud.corner_count {
            sum = add3::<R>(sum, cloud.corners[i as usize]);
        }
        let x = R::abs_of(axes.x.z);
        let y = R::abs_of(axes.y.z);
        let z = R::abs_of(axes.z.z);
        let x_stands = R::min_of(x - y, x - z);
        let y_stands = y - z;
        Quadrants::<R> {
            center: scale3::<R>(sum, R::lit(1.0f32 / f32(cloud.corner_count))),
            u: select3::<R>(x_stands, axes.y, select3::<R>(y_stands, axes.z, axes.x)),
            v: select3::<R>(x_stands, axes.z, select3::<R>(y_stands, axes.x, axes.y)),
        }
    }

    /// How much less deep an outer point may be for each metre that it lies farther out: a body at rest keeps
    /// the same points, although all of them are about as deep.
    pub fn outward_slope<R: Real + super::Field>() -> R {
        R::lit(0.0078125f32)
    }

    /// How far out a point lies in its quadrant.
    pub fn outwards_of<R: Real + super::Field>(quadrants: Quadrants<R>, point: Vector3<R>) -> R {
        let apart = sub3::<R>(point, quadrants.center);
        R::abs_of(dot3::<R>(apart, quadrants.u)) + R::abs_of(dot3::<R>(apart, quadrants.v))
    }

    /// Keeps the deeper contact in the quadrant that `found` is in. The distances of those kept are less
    /// than their own by `outward_slope` times `outwards_of`.
    pub fn keep_in_quadrant<R: Real + super::Field>(
        kept: ptr!(function, [ContactPoint<R>; 4]),
        quadrants: Quadrants<R>,
        found: ContactPoint<R>,
    ) {
        let apart = sub3::<R>(found.position, quadrants.center);
        let none = no_contact::<R>();
        let contact = ContactPoint::<R> {
            position: found.position,
            normal: found.normal,
            distance: found.distance - outward_slope::<R>() * outwards_of::<R>(quadrants, found.position),
        };
        // A point on a border counts for the lower side.
        let low_u = -sign_of::<R>(dot3::<R>(apart, quadrants.u));
        let low_v = -sign_of::<R>(dot3::<R>(apart, quadrants.v));
        let c0 = select_contact::<R>(R::min_of(low_u, low_v), contact, none);
        let c1 = select_contact::<R>(R::min_of(low_u, -low_v), contact, none);
        let c2 = select_contact::<R>(R::min_of(-low_u, low_v), contact, none);
        let c3 = select_contact::<R>(R::min_of(-low_u, -low_v), contact, none);
        kept[0usize] = deeper_contact::<R>(kept[0usize], c0);
        kept[1usize] = deeper_contact::<R>(kept[1usize], c1);
        kept[2usize] = deeper_contact::<R>(kept[2usize], c2);
        kept[3usize] = deeper_contact::<R>(kept[3usize], c3);
    }

    /// The corner of each quadrant that lies lowest over the layer, as a contact with that height for its
    /// distance.
    pub fn lowest_corners<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        quadrants: Quadrants<R>,
        margin: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> [ContactPoint<R>; 4] {
        let none = no_contact::<R>();
        let mut lowest: [ContactPoint<R>; 4] = [none, none, none, none];
        let top = window_top::<R>(window) + margin;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.corner_count {
            let corner = cloud.corners[i as usize];
            if R::any_positive(top - corner.z) {
                let over = corner.z - window_height::<R>(window, corner.x, corner.y);
                let found = ContactPoint::<R> { position: corner, normal: none.normal, distance: over };
                keep_in_quadrant::<R>(
                    &mut lowest,
                    quadrants,
                    select_contact::<R>(top - corner.z, found, none),
                );
            }
        }
        lowest
    }

    /// Positive where a point of the layer may push along `normal` in spite of the neighbouring point: where
    /// that one lies behind, or the layer falls off towards it.
    pub fn gives_way<R: Real + super::Field>(
        normal: Vector3<R>,
        point: Vector3<R>,
        neighbour: Vector3<R>,
        slack: R,
    ) -> R {
        let along = sub3::<R>(neighbour, point);
        slack + R::lit(2.0f32) * R::max_of(-along.z, R::lit(0.0f32)) - dot3::<R>(normal, along)
    }

    /// How much farther away, in m, a face may be for pushing straight up instead of sideways. Where a body lies on a
    /// slope, an edge of level ground at the rim of its bottom is as near to its side, and rounding would choose: the body
    /// would trip over nothing.
    pub fn upward_preference<R: Real + super::Field>() -> R {
        R::lit(0.00390625f32)
    }

    /// The contact of a point of the layer in (or just below) a cloud: along the face that is nearest, with a preference for
    /// those that push upwards, among those that the neighbours of the point leave open, else upwards.
    pub fn cloud_over_point<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        point: Vector3<R>,
        neighbours: [Vector3<R>; 6],
        neighbour_count: u32,
        slack: R,
    ) -> ContactPoint<R> {
        let far = no_contact_distance::<R>();
        let none = no_contact::<R>();
        let mut open = ContactPoint::<R> { position: point, normal: none.normal, distance: -far };
        let mut best = -far;
        let mut beside = -far;
        let mut rise = far;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let face = cloud.faces[i as usize];
            let gap = dot3::<R>(face.normal, point) - face.offset;
            let normal = scale3::<R>(face.normal, R::lit(-1.0f32));
            // A layer is solid below: it pushes sideways at most.
            let mut way = normal.z + R::lit(0.0625f32);
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..neighbour_count {
                way = R::min_of(way, gives_way::<R>(normal, point, neighbours[j as usize], slack));
            }
            beside = R::select_positive(way, beside, R::max_of(beside, gap));
            let score = gap + upward_preference::<R>() * normal.z;
            let nearer = R::min_of(way, score - best);
            best = R::select_positive(nearer, score, best);
            open.normal = select3::<R>(nearer, normal, open.normal);
            open.distance = R::select_positive(nearer, gap, open.distance);
            // How far the shape would have to be raised for the point to leave by this face.
            let down = -face.normal.z;
            let below = down - R::lit(0.0009765625f32);
            let by_face = -gap / R::select_positive(below, down, R::lit(1.0f32));
            rise = R::select_positive(below, R::min_of(rise, by_face), rise);
        }
        // Beside the shape a point does not push. Within it, with no face open, it does so straight up, which
        // leads out of any layer.
        let is_open = open.distance + R::lit(0.5f32) * far;
        let straight = ContactPoint::<R> { position: point, normal: none.normal, distance: -rise };
        select_contact::<R>(-beside, select_contact::<R>(is_open, open, straight), none)
    }

    /// The contact of the middle of the part of an edge of the layer that lies in the cloud, if there is one.
    pub fn cloud_over_edge<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        start: Vector3<R>,
        end: Vector3<R>,
        left: Vector3<R>,
        right: Vector3<R>,
        slack: R,
    ) -> ContactPoint<R> {
        let one = R::lit(1.0f32);
        let tiny = R::lit(9.5367432e-7f32);
        let middle = scale3::<R>(add3::<R>(start, end), R::lit(0.5f32));
        let along = scale3::<R>(sub3::<R>(end, start), R::lit(0.5f32));
        let mut low = -one;
        let mut high = one;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let face = cloud.faces[i as usize];
            let rate = dot3::<R>(face.normal, along);
            let room = face.offset - dot3::<R>(face.normal, middle);
            let steep = R::abs_of(rate) - tiny;
            let s = room / R::select_positive(steep, rate, one);
            high = R::select_positive(rate - tiny, R::min_of(high, s), high);
            low = R::select_positive(-rate - tiny, R::max_of(low, s), low);
            // An edge along the face is inside of it or not at all.
            high = R::select_positive(R::min_of(-steep, -room), R::lit(-2.0f32), high);
        }
        let inside = high - low;
        let mut contact = no_contact::<R>();
        if R::any_positive(inside) {
            let point = add3::<R>(middle, scale3::<R>(along, R::lit(0.5f32) * (low + high)));
            let neighbours: [Vector3<R>; 6] = [left, right, left, right, left, right];
            let found = cloud_over_point::<R>(cloud, point, neighbours, 2u32, slack);
            contact = select_contact::<R>(inside, found, contact);
        }
        contact
    }

    /// How far a cloud reaches along the axes.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Extent<R> {
        pub low: Vector3<R>,
        pub high: Vector3<R>,
    }

    /// The extent of a cloud, widened by `margin`.
    pub fn extent_of<R: Real + super::Field>(cloud: ptr!(function, Cloud<R>), margin: R) -> Extent<R> {
        let mut low = cloud.corners[0usize];
        let mut high = low;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 1u32..cloud.corner_count {
            let corner = cloud.corners[i as usize];
            low = vector3::<R>(
                R::min_of(low.x, corner.x),
                R::min_of(low.y, corner.y),
                R::min_of(low.z, corner.z),
            );
            high = vector3::<R>(
                R::max_of(high.x, corner.x),
                R::max_of(high.y, corner.y),
                R::max_of(high.z, corner.z),
            );
        }
        let wide = vector3::<R>(margin, margin, margin);
        Extent::<R> { low: sub3::<R>(low, wide), high: add3::<R>(high, wide) }
    }

    /// The deepest vertex or ridge of the layer in each quadrant of a cloud.
    pub fn ridges_in_cloud<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        quadrants: Quadrants<R>,
        margin: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> [ContactPoint<R>; 4] {
        let none = no_contact::<R>();
        let mut kept: [ContactPoint<R>; 4] = [none, none, none, none];
        let extent = extent_of::<R>(cloud, margin);
        let slack = window.cell * R::lit(0.0625f32);
        let last = window.side - 1u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..last {
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..last {
                let p00 = window_point::<R>(window, i, j);
                let p10 = window_point::<R>(window, i + 1u32, j);
                let p01 = window_point::<R>(window, i, j + 1u32);
                let p11 = window_point::<R>(window, i + 1u32, j + 1u32);
                let top = R::max_of(R::max_of(p00.z, p10.z), R::max_of(p01.z, p11.z));
                let along_x = R::min_of(extent.high.x - p00.x, p11.x - extent.low.x);
                let along_y = R::min_of(extent.high.y - p00.y, p11.y - extent.low.y);
                let near = R::min_of(R::min_of(along_x, along_y), top - extent.low.z);
                if R::any_positive(near) {
                    // The neighbours before this cell; at the border of the window the point itself.
                    let mut before_i = i;
                    if i > 0u32 {
                        before_i = i - 1u32;
                    }
                    let mut before_j = j;
                    if j > 0u32 {
                        before_j = j - 1u32;
                    }
                    let west = window_point::<R>(window, before_i, j);
                    let south = window_point::<R>(window, i, before_j);
                    let corner = window_point::<R>(window, before_i, before_j);
                    let around: [Vector3<R>; 6] = [p10, p01, p11, west, south, corner];
                    // A cell that only a neighbouring world is near to gives this one nothing.
                    let vertex = cloud_over_point::<R>(cloud, p00, around, 6u32, slack);
                    keep_in_quadrant::<R>(&mut kept, quadrants, select_contact::<R>(near, vertex, none));
                    let edge_x = cloud_over_edge::<R>(cloud, p00, p10, p11, south, slack);
                    keep_in_quadrant::<R>(&mut kept, quadrants, select_contact::<R>(near, edge_x, none));
                    let edge_y = cloud_over_edge::<R>(cloud, p00, p01, p11, west, slack);
                    keep_in_quadrant::<R>(&mut kept, quadrants, select_contact::<R>(near, edge_y, none));
                    let diagonal = cloud_over_edge::<R>(cloud, p00, p11, p10, p01, slack);
                    keep_in_quadrant::<R>(&mut kept, quadrants, select_contact::<R>(near, diagonal, none));
                }
            }
        }
        for i in 0u32..4u32 {
            let outwards = outwards_of::<R>(quadrants, kept[i as usize].position);
            kept[i as usize].distance = kept[i as usize].distance + outward_slope::<R>() * outwards;
        }
        kept
    }

    /// A box or hull with the given axes, eight points: two for each quadrant.
    pub fn cloud_layer<R: Real + super::Field>(
        cloud: ptr!(function, Cloud<R>),
        axes: Matrix3<R>,
        margin: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> [ContactPoint<R>; 8] {
        let quadrants = quadrants_of::<R>(cloud, axes);
        let lowest = lowest_corners::<R>(cloud, quadrants, margin, window);
        let ridges = ridges_in_cloud::<R>(cloud, quadrants, margin, window);
        let none = no_contact::<R>();
        let mut points: [ContactPoint<R>; 8] =
            [none, none, none, none, ridges[0usize], ridges[1usize], ridges[2usize], ridges[3usize]];
        for i in 0u32..4u32 {
            let corner = lowest[i as usize];
            let found = sphere_layer::<R>(corner.position, R::lit(0.0f32), window);
            points[i as usize] = select_contact::<R>(
                R::lit(0.5f32) * no_contact_distance::<R>() - corner.distance,
                found,
                none,
            );
        }
        points
    }
}

use crate::scalar::Field;
