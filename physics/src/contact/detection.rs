//! From poses to contacts: every pair of shapes through its rule, the points within the margin listed.

/// Placement of the shapes and the walk over the pairs.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tables::rules::*;
    use crate::capacity::rules::*;
    use crate::collision::box_box::rules::*;
    use crate::collision::contact_point::rules::*;
    use crate::collision::hull::rules::*;
    use crate::collision::plane::rules::*;
    use crate::collision::round::rules::*;
    use crate::collision::solid_box::rules::*;
    use crate::dynamics::tree::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Brings the shapes to where their bodies are.
    pub fn place_geoms<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        kinematics: ptr!(function, Kinematics<R>),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..tables.geom_count {
            let body = tables.geom_body[i as usize];
            let kind = tables.geom_kind[i as usize];
            let local = geoms[i as usize].pose;
            if body == NONE {
                work.placed[i as usize] = local;
            } else {
                let pose = Pose::<R> {
                    position: kinematics.origin[body as usize],
                    rotation: kinematics.rotation[body as usize],
                };
                work.placed[i as usize].position = to_world::<R>(pose, local.position);
                if kind == GEOM_CAPSULE {
                    work.placed[i as usize].rotation.z = rotate::<R>(pose.rotation, local.rotation.z);
                }
                if kind > GEOM_CAPSULE {
                    work.placed[i as usize].rotation = multiply3::<R>(pose.rotation, local.rotation);
                }
            }
        }
    }

    /// The capsule that shape `i` is.
    pub fn placed_capsule<R: Real + super::Field>(pose: Pose<R>, size: Vector3<R>) -> Capsule<R> {
        Capsule::<R> { center: pose.position, axis: pose.rotation.z, half_length: size.y, radius: size.x }
    }

    /// Radius of the ball around a shape's origin that holds the shape; not for planes.
    pub fn bounding_radius<R: Real + super::Field>(kind: u32, size: Vector3<R>) -> R {
        let mut radius = size.x;
        if kind == GEOM_CAPSULE {
            radius = size.x + size.y;
        }
        if kind == GEOM_BOX {
            radius = norm3::<R>(size);
        }
        radius
    }

    /// Puts a point into the list of contacts if any lane has it within the margin.
    pub fn append_contact<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        point: ContactPoint<R>,
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
    ) {
        if R::any_positive(margin - point.distance) {
            let index = work.contact_count;
            if index < MAX_CONTACTS as u32 {
                work.contacts[index as usize].slot = slot;
                work.contacts[index as usize].geom_a = geom_a;
                work.contacts[index as usize].geom_b = geom_b;
                work.contacts[index as usize].point = point;
                work.contact_count = index + 1u32;
            } else {
                work.overflow = work.overflow + 1u32;
            }
        }
    }

    /// Two points at `slot` and the next one.
    pub fn append_two<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        points: [ContactPoint<R>; 2],
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
    ) {
        append_contact::<R>(work, points[0usize], margin, slot, geom_a, geom_b);
        append_contact::<R>(work, points[1usize], margin, slot + 1u32, geom_a, geom_b);
    }

    /// Four points at `slot` and the next ones.
    pub fn append_four<R: Real + super::Field>(
        work: ptr!(function, ContactWorkspace<R>),
        points: [ContactPoint<R>; 4],
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
    ) {
        append_contact::<R>(work, points[0usize], margin, slot, geom_a, geom_b);
        append_contact::<R>(work, points[1usize], margin, slot + 1u32, geom_a, geom_b);
        append_contact::<R>(work, points[2usize], margin, slot + 2u32, geom_a, geom_b);
        append_contact::<R>(work, points[3usize], margin, slot + 3u32, geom_a, geom_b);
    }

    /// A shape against a plane.
    pub fn collide_with_plane<R: Real + super::Field>(
        kind: u32,
        size: Vector3<R>,
        pose: Pose<R>,
        plane: Plane<R>,
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        if kind == GEOM_SPHERE {
            let point = sphere_plane::<R>(pose.position, size.x, plane);
            append_contact::<R>(work, point, margin, slot, geom_a, geom_b);
        }
        if kind == GEOM_CAPSULE {
            let points = capsule_plane::<R>(placed_capsule::<R>(pose, size), plane);
            append_two::<R>(work, points, margin, slot, geom_a, geom_b);
        }
        if kind == GEOM_BOX {
            let points = box_plane::<R>(pose, size, plane);
            append_four::<R>(work, points, margin, slot, geom_a, geom_b);
        }
    }

    /// Makes `cloud` the hull that shape `geom` is.
    pub fn cloud_of_hull<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        geom: u32,
        pose: Pose<R>,
        cloud: ptr!(function, Cloud<R>),
    ) {
        let corners = tables.hull_corner_start[geom as usize];
        let faces = tables.hull_face_start[geom as usize];
        cloud.corner_count = tables.hull_corner_count[geom as usize];
        cloud.face_count = tables.hull_face_count[geom as usize];
        cloud.radius = R::lit(0.0f32);
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.corner_count {
            let at = (corners + i) as usize;
            let corner = vector3::<R>(
                R::lit(tables.hull_corner_x[at]),
                R::lit(tables.hull_corner_y[at]),
                R::lit(tables.hull_corner_z[at]),
            );
            cloud.corners[i as usize] = to_world::<R>(pose, corner);
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..cloud.face_count {
            let at = (faces + i) as usize;
            let outwards = vector3::<R>(
                R::lit(tables.hull_face_x[at]),
                R::lit(tables.hull_face_y[at]),
                R::lit(tables.hull_face_z[at]),
            );
            let normal = rotate::<R>(pose.rotation, outwards);
            let offset = R::lit(tables.hull_face_offset[at]) + dot3::<R>(normal, pose.position);
            cloud.faces[i as usize] = Plane::<R> { normal: normal, offset: offset };
        }
    }

    /// Makes `cloud` the shape `geom`, whatever bounded shape it is.
    pub fn cloud_of_geom<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        geom: u32,
        size: Vector3<R>,
        pose: Pose<R>,
        cloud: ptr!(function, Cloud<R>),
    ) {
        let kind = tables.geom_kind[geom as usize];
        if kind == GEOM_SPHERE {
            cloud_of_segment::<R>(pose.position, zero3::<R>(), size.x, cloud);
        }
        if kind == GEOM_CAPSULE {
            cloud_of_segment::<R>(pose.position, scale3::<R>(pose.rotation.z, size.y), size.x, cloud);
        }
        if kind == GEOM_BOX {
            cloud_of_box::<R>(pose, size, cloud);
        }
        if kind == GEOM_HULL {
            cloud_of_hull::<R>(tables, geom, pose, cloud);
        }
    }

    /// A bounded shape against a hull.
    pub fn collide_with_hull<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        size_a: Vector3<R>,
        a: Pose<R>,
        size_b: Vector3<R>,
        b: Pose<R>,
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
        cloud_a: ptr!(function, Cloud<R>),
        cloud_b: ptr!(function, Cloud<R>),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let kind_a = tables.geom_kind[geom_a as usize];
        cloud_of_geom::<R>(tables, geom_a, size_a, a, cloud_a);
        cloud_of_geom::<R>(tables, geom_b, size_b, b, cloud_b);
        let mut along = b.rotation.x;
        if kind_a == GEOM_CAPSULE {
            along = a.rotation.z;
        }
        let points = cloud_cloud::<R>(cloud_a, cloud_b, along);
        if kind_a == GEOM_SPHERE {
            append_contact::<R>(work, points[0usize], margin, slot, geom_a, geom_b);
        } else if kind_a == GEOM_CAPSULE {
            let pair: [ContactPoint<R>; 2] = [
                deeper_contact::<R>(points[0usize], points[2usize]),
                deeper_contact::<R>(points[1usize], points[3usize]),
            ];
            append_two::<R>(work, pair, margin, slot, geom_a, geom_b);
        } else {
            append_four::<R>(work, points, margin, slot, geom_a, geom_b);
        }
    }

    /// Two bounded shapes.
    pub fn collide_bounded<R: Real + super::Field>(
        kind_a: u32,
        size_a: Vector3<R>,
        a: Pose<R>,
        kind_b: u32,
        size_b: Vector3<R>,
        b: Pose<R>,
        margin: R,
        slot: u32,
        geom_a: u32,
        geom_b: u32,
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let zero = R::lit(0.0f32);
        if kind_a == GEOM_SPHERE {
            let mut point = no_contact::<R>();
            if kind_b == GEOM_SPHERE {
                point = sphere_sphere::<R>(a.position, size_a.x, b.position, size_b.x);
            }
            if kind_b == GEOM_CAPSULE {
                point = sphere_capsule::<R>(a.position, size_a.x, placed_capsule::<R>(b, size_b));
            }
            if kind_b == GEOM_BOX && RULE_SPHERE_BOX == 1u32 {
                point = sphere_box::<R>(a.position, size_a.x, b, size_b);
            }
            append_contact::<R>(work, point, margin, slot, geom_a, geom_b);
        }
        if kind_a == GEOM_CAPSULE {
            let capsule = placed_capsule::<R>(a, size_a);
            if kind_b == GEOM_CAPSULE && RULE_CAPSULE_CAPSULE == 1u32 {
                let points = capsule_capsule::<R>(capsule, placed_capsule::<R>(b, size_b));
                append_two::<R>(work, points, margin, slot, geom_a, geom_b);
            }
            if kind_b == GEOM_BOX && RULE_CAPSULE_BOX == 1u32 {
                // The ball around the capsule does not reach the box in most steps.
                let reach = capsule.half_length + capsule.radius + margin;
                let ball = sphere_box::<R>(a.position, zero, b, size_b);
                if R::any_positive(reach - ball.distance) {
                    let points = capsule_box::<R>(capsule, b, size_b, margin);
                    append_two::<R>(work, points, margin, slot, geom_a, geom_b);
                }
            }
        }
        if kind_a == GEOM_BOX && RULE_BOX_BOX == 1u32 {
            let points = box_box::<R>(a, size_a, b, size_b);
            append_four::<R>(work, points, margin, slot, geom_a, geom_b);
        }
    }

    /// Lists the contacts of all pairs; the shapes are placed. The clouds are working memory.
    pub fn detect_contacts<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        geoms: ptr!(function, [GeomParameters<R>; MAX_GEOMS]),
        margin: R,
        cloud_a: ptr!(function, Cloud<R>),
        cloud_b: ptr!(function, Cloud<R>),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        work.contact_count = 0u32;
        work.overflow = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..tables.pair_count {
            let first = tables.pair_first[i as usize];
            let second = tables.pair_second[i as usize];
            let slot = tables.pair_slot[i as usize];
            let kind_a = tables.geom_kind[first as usize];
            let kind_b = tables.geom_kind[second as usize];
            let size_a = geoms[first as usize].size;
            let size_b = geoms[second as usize].size;
            let a = work.placed[first as usize];
            let b = work.placed[second as usize];
            if kind_b == GEOM_PLANE {
                let plane = plane_of::<R>(b);
                if kind_a == GEOM_HULL && RULE_HULL_PLANE == 1u32 {
                    cloud_of_hull::<R>(tables, first, a, cloud_a);
                    let points = cloud_plane::<R>(cloud_a, plane);
                    append_four::<R>(work, points, margin, slot, first, second);
                } else {
                    collide_with_plane::<R>(kind_a, size_a, a, plane, margin, slot, first, second, work);
                }
            } else {
                let between = sub3::<R>(a.position, b.position);
                let reach =
                    bounding_radius::<R>(kind_a, size_a) + bounding_radius::<R>(kind_b, size_b) + margin;
                if R::any_positive(reach * reach - dot3::<R>(between, between)) {
                    if kind_b == GEOM_HULL && RULE_HULL == 1u32 {
                        collide_with_hull::<R>(
                            tables, size_a, a, size_b, b, margin, slot, first, second, cloud_a, cloud_b, work,
                        );
                    } else {
                        collide_bounded::<R>(
                            kind_a, size_a, a, kind_b, size_b, b, margin, slot, first, second, work,
                        );
                    }
                }
            }
        }
    }
}

use crate::scalar::Field;
