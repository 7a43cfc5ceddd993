//! Shapes against a height layer: a floor given by heights on a regular grid, two triangles a cell.
//!
//! A rule sees a square window of the grid around the shape, whose heights the shell has looked up for every
//! world (worlds of a lane group look at different places of the layer). Coordinates are those of the
//! layer: x and y along the grid, z up, solid below. A ceiling is a floor in mirrored z.

/// The pair rules; A is the shape, B the layer.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::contact_point::rules::*;
    use super::super::round::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Grid points along a side of the largest window.
    pub const MAX_WINDOW_SIDE: u32 = 16u32;
    /// Grid points of the largest window.
    pub const MAX_WINDOW: usize = 256;

    /// A square piece of a layer.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct HeightWindow<R> {
        /// Position of the first grid point in m.
        pub x: R,
        pub y: R,
        /// Distance between grid points in m.
        pub cell: R,
        /// Grid points along a side, the same in all lanes.
        pub side: u32,
        /// Heights in m, x slowest.
        pub heights: [R; MAX_WINDOW],
    }

    /// Grid point (`i`, `j`) of the window.
    pub fn window_point<R: Real + super::Field>(
        window: ptr!(function, HeightWindow<R>),
        i: u32,
        j: u32,
    ) -> Vector3<R> {
        vector3::<R>(
            window.x + window.cell * R::lit(f32(i)),
            window.y + window.cell * R::lit(f32(j)),
            window.heights[(i * window.side + j) as usize],
        )
    }

    /// The highest point of the window.
    pub fn window_top<R: Real + super::Field>(window: ptr!(function, HeightWindow<R>)) -> R {
        let mut top = window.heights[0usize];
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 1u32..(window.side * window.side) {
            top = R::max_of(top, window.heights[i as usize]);
        }
        top
    }

    /// A piece of the layer under a point.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Ground<R> {
        /// Height under the point in m.
        pub height: R,
        /// Slopes of the triangle along x and y.
        pub slope_x: R,
        pub slope_y: R,
    }

    /// The layer at (`x`, `y`); beyond the window its last triangle, continued.
    pub fn ground_at<R: Real + super::Field>(
        window: ptr!(function, HeightWindow<R>),
        x: R,
        y: R,
    ) -> Ground<R> {
        let inverse = R::lit(1.0f32) / window.cell;
        let u = (x - window.x) * inverse;
        let v = (y - window.y) * inverse;
        let mut height = window.heights[0usize];
        let mut rise_x = R::lit(0.0f32);
        let mut rise_y = R::lit(0.0f32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..(window.side - 1u32) {
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..(window.side - 1u32) {
                let at = i * window.side + j;
                let h00 = window.heights[at as usize];
                let h01 = window.heights[(at + 1u32) as usize];
                let h10 = window.heights[(at + window.side) as usize];
                let h11 = window.heights[(at + window.side + 1u32) as usize];
                let f = u - R::lit(f32(i));
                let g = v - R::lit(f32(j));
                // The cell counts from its own corner on; later cells replace earlier ones.
                let mut reached = R::lit(1.0f32);
                if i > 0u32 {
                    reached = R::min_of(reached, f);
                }
                if j > 0u32 {
                    reached = R::min_of(reached, g);
                }
                let along_x = R::select_positive(f - g, h10 - h00, h11 - h01);
                let along_y = R::select_positive(f - g, h11 - h10, h01 - h00);
                height = R::select_positive(reached, h00 + f * along_x + g * along_y, height);
                rise_x = R::select_positive(reached, along_x, rise_x);
                rise_y = R::select_positive(reached, along_y, rise_y);
            }
        }
        Ground::<R> { height: height, slope_x: rise_x * inverse, slope_y: rise_y * inverse }
    }

    /// Height of the layer at (`x`, `y`).
    pub fn window_height<R: Real + super::Field>(window: ptr!(function, HeightWindow<R>), x: R, y: R) -> R {
        let ground = ground_at::<R>(window, x, y);
        ground.height
    }

    /// The closest point on the layer so far.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Nearest<R> {
        /// On the shape's core (the point itself, or a point of the segment).
        pub core: Vector3<R>,
        /// On the layer.
        pub surface: Vector3<R>,
        pub square: R,
    }

    /// The closer of two.
    pub fn nearer_of<R: Real + super::Field>(a: Nearest<R>, b: Nearest<R>) -> Nearest<R> {
        let test = a.square - b.square;
        Nearest::<R> {
            core: select3::<R>(test, b.core, a.core),
            surface: select3::<R>(test, b.surface, a.surface),
            square: R::min_of(a.square, b.square),
        }
    }

    /// A pair of points.
    pub fn nearest_of<R: Real + super::Field>(core: Vector3<R>, surface: Vector3<R>) -> Nearest<R> {
        let between = sub3::<R>(core, surface);
        Nearest::<R> { core: core, surface: surface, square: dot3::<R>(between, between) }
    }

    /// The segment from `start` to `end`.
    pub fn segment_between<R: Real + super::Field>(start: Vector3<R>, end: Vector3<R>) -> Capsule<R> {
        let along = sub3::<R>(end, start);
        let up = vector3::<R>(R::lit(0.0f32), R::lit(0.0f32), R::lit(1.0f32));
        let axis = direction_or::<R>(along, up);
        Capsule::<R> {
            center: scale3::<R>(add3::<R>(start, end), R::lit(0.5f32)),
            axis: axis,
            half_length: dot3::<R>(along, axis) * R::lit(0.5f32),
            radius: R::lit(0.0f32),
        }
    }

    /// The closest points of a segment and an edge of the layer.
    pub fn nearest_on_edge<R: Real + super::Field>(
        segment: Capsule<R>,
        start: Vector3<R>,
        end: Vector3<R>,
    ) -> Nearest<R> {
        let edge = segment_between::<R>(start, end);
        let pair = closest_on_segments::<R>(segment, edge);
        nearest_of::<R>(point_on::<R>(segment, pair.a), point_on::<R>(edge, pair.b))
    }

    /// The closest point of a triangle's inside, or something farther where the point does not lie over it.
    pub fn nearest_inside<R: Real + super::Field>(
        point: Vector3<R>,
        a: Vector3<R>,
        b: Vector3<R>,
        c: Vector3<R>,
    ) -> Nearest<R> {
        let ab = sub3::<R>(b, a);
        let ac = sub3::<R>(c, a);
        let ap = sub3::<R>(point, a);
        let normal = cross3::<R>(ab, ac);
        let inverse = R::lit(1.0f32) / R::max_of(dot3::<R>(normal, normal), R::lit(9.094947e-19f32));
        let v = dot3::<R>(cross3::<R>(ap, ac), normal) * inverse;
        let w = dot3::<R>(cross3::<R>(ab, ap), normal) * inverse;
        let inside = R::min_of(R::min_of(v, w), R::lit(1.0f32) - v - w);
        let foot = add3::<R>(a, add3::<R>(scale3::<R>(ab, v), scale3::<R>(ac, w)));
        let nearest = nearest_of::<R>(point, foot);
        Nearest::<R> {
            core: nearest.core,
            surface: nearest.surface,
            square: R::select_positive(inside, nearest.square, no_contact_distance::<R>()),
        }
    }

    /// The closest points of the layer to a segment, its `end`, and what lies over the triangles there.
    pub fn nearest_on_layer<R: Real + super::Field>(
        segment: Capsule<R>,
        end: Vector3<R>,
        window: ptr!(function, HeightWindow<R>),
    ) -> Nearest<R> {
        let far = no_contact_distance::<R>();
        let mut best = Nearest::<R> { core: end, surface: end, square: far };
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..(window.side - 1u32) {
            #[wgsl_allow(non_literal_loop_bounds)]
            for j in 0u32..(window.side - 1u32) {
                let p00 = window_point::<R>(window, i, j);
                let p10 = window_point::<R>(window, i + 1u32, j);
                let p01 = window_point::<R>(window, i, j + 1u32);
                let p11 = window_point::<R>(window, i + 1u32, j + 1u32);
                best = nearer_of::<R>(best, nearest_inside::<R>(end, p00, p10, p11));
                best = nearer_of::<R>(best, nearest_inside::<R>(end, p00, p11, p01));
                best = nearer_of::<R>(best, nearest_on_edge::<R>(segment, p00, p10));
                best = nearer_of::<R>(best, nearest_on_edge::<R>(segment, p00, p01));
                best = nearer_of::<R>(best, nearest_on_edge::<R>(segment, p00, p11));
            }
        }
        best
    }

    /// The contact of a ball around `nearest.core`: pushed away from the surface, or, with its centre below
    /// it, through it.
    pub fn layer_contact<R: Real + super::Field>(
        nearest: Nearest<R>,
        radius: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> ContactPoint<R> {
        let zero = R::lit(0.0f32);
        let one = R::lit(1.0f32);
        let ground = ground_at::<R>(window, nearest.core.x, nearest.core.y);
        let upwards = direction_or::<R>(
            vector3::<R>(-ground.slope_x, -ground.slope_y, one),
            vector3::<R>(zero, zero, one),
        );
        let side = R::select_positive(ground.height - nearest.core.z, -one, one);
        let away = scale3::<R>(sub3::<R>(nearest.core, nearest.surface), side);
        // Closer than a millimetre single precision does not tell the direction any more.
        let is_apart = dot3::<R>(away, away) - R::lit(9.536743e-7f32);
        let normal = select3::<R>(is_apart, direction_or::<R>(away, upwards), upwards);
        let distance = side * dot3::<R>(normal, away) - radius;
        ContactPoint::<R> {
            position: add3::<R>(nearest.surface, scale3::<R>(normal, R::lit(0.5f32) * distance)),
            normal: normal,
            distance: distance,
        }
    }

    /// A ball, one point.
    pub fn sphere_layer<R: Real + super::Field>(
        center: Vector3<R>,
        radius: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> ContactPoint<R> {
        let point = segment_between::<R>(center, center);
        let nearest = nearest_on_layer::<R>(point, center, window);
        layer_contact::<R>(nearest, radius, window)
    }

    /// A capsule, two points: one for each half.
    pub fn capsule_layer<R: Real + super::Field>(
        capsule: Capsule<R>,
        window: ptr!(function, HeightWindow<R>),
    ) -> [ContactPoint<R>; 2] {
        let mut points: [ContactPoint<R>; 2] = [no_contact::<R>(), no_contact::<R>()];
        for i in 0u32..2u32 {
            let end = point_on::<R>(capsule, capsule.half_length * R::lit(f32(i) * 2.0f32 - 1.0f32));
            let nearest = nearest_on_layer::<R>(segment_between::<R>(end, capsule.center), end, window);
            points[i as usize] = deeper_contact::<R>(
                layer_contact::<R>(nearest, capsule.radius, window),
                end_contact::<R>(end, capsule.radius, window),
            );
        }
        points
    }

    /// A ball whose centre lies below the surface, against the triangle above it; nothing where it lies over
    /// the surface.
    pub fn end_contact<R: Real + super::Field>(
        center: Vector3<R>,
        radius: R,
        window: ptr!(function, HeightWindow<R>),
    ) -> ContactPoint<R> {
        let mut contact = no_contact::<R>();
        let below = window_height::<R>(window, center.x, center.y) - center.z;
        if R::any_positive(below) {
            contact = select_contact::<R>(below, sphere_layer::<R>(center, radius, window), contact);
        }
        contact
    }

    /// A vector with z reversed where `mirror` is -1 (ceilings), itself where it is 1.
    pub fn mirrored3<R: Real + super::Field>(v: Vector3<R>, mirror: R) -> Vector3<R> {
        vector3::<R>(v.x, v.y, v.z * mirror)
    }

    /// A pose in mirrored z. Its axes then are left-handed, which makes no difference to boxes and hulls.
    pub fn mirrored_pose<R: Real + super::Field>(pose: Pose<R>, mirror: R) -> Pose<R> {
        Pose::<R> {
            position: mirrored3::<R>(pose.position, mirror),
            rotation: Matrix3::<R> {
                x: mirrored3::<R>(pose.rotation.x, mirror),
                y: mirrored3::<R>(pose.rotation.y, mirror),
                z: mirrored3::<R>(pose.rotation.z, mirror),
            },
        }
    }

    /// A contact back from mirrored z.
    pub fn mirrored_contact<R: Real + super::Field>(contact: ContactPoint<R>, mirror: R) -> ContactPoint<R> {
        ContactPoint::<R> {
            position: mirrored3::<R>(contact.position, mirror),
            normal: mirrored3::<R>(contact.normal, mirror),
            distance: contact.distance,
        }
    }
}

use crate::scalar::Field;
