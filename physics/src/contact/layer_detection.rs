//! From a shape over a height layer to contacts: what the shell looks up for it, and the rule it meets.
//!
//! A shell goes through the layers and the shapes that may touch them. For each it takes the shape's pose in the
//! layer's coordinates, fills a window with the heights around it, and calls the rule; what lies clear of the
//! layer is skipped before and after the look-up.

/// The rules of a shape and a layer.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::detection::rules::*;
    use super::super::tables::rules::*;
    use crate::collision::cloud_layer::rules::*;
    use crate::collision::contact_point::rules::*;
    use crate::collision::height_layer::rules::*;
    use crate::collision::hull::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Where a layer lies, and which way up.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct LayerFrame<R> {
        /// Position of its first grid point in m.
        pub origin: Vector3<R>,
        /// Distance between grid points in m.
        pub cell: R,
        /// 1 for a floor, -1 for a ceiling.
        pub mirror: R,
        /// Its largest height in m, mirrored for a ceiling.
        pub top: R,
    }

    /// A pose in the layer's coordinates: from its origin on, z mirrored for a ceiling.
    pub fn pose_in_layer<R: Real + super::Field>(frame: LayerFrame<R>, pose: Pose<R>) -> Pose<R> {
        let shifted = Pose::<R> { position: sub3::<R>(pose.position, frame.origin), rotation: pose.rotation };
        mirrored_pose::<R>(shifted, frame.mirror)
    }

    /// A contact back in the world.
    pub fn contact_from_layer<R: Real + super::Field>(
        frame: LayerFrame<R>,
        contact: ContactPoint<R>,
    ) -> ContactPoint<R> {
        let mirrored = mirrored_contact::<R>(contact, frame.mirror);
        ContactPoint::<R> {
            position: add3::<R>(mirrored.position, frame.origin),
            normal: mirrored.normal,
            distance: mirrored.distance,
        }
    }

    /// How far a shape reaches below its origin at most, in m.
    pub fn reach_below<R: Real + super::Field>(kind: u32, size: Vector3<R>, pose: Pose<R>) -> R {
        let r = pose.rotation;
        let mut reach = size.x;
        if kind == GEOM_CAPSULE {
            reach = size.x + size.y * R::abs_of(r.z.z);
        }
        if kind == GEOM_BOX {
            reach = size.x * R::abs_of(r.x.z) + size.y * R::abs_of(r.y.z) + size.z * R::abs_of(r.z.z);
        }
        reach
    }

    /// Whether a shape is farther than `margin` above the height `top` in every lane.
    pub fn is_clear<R: Real + super::Field>(
        kind: u32,
        size: Vector3<R>,
        pose: Pose<R>,
        margin: R,
        top: R,
    ) -> bool {
        !R::any_positive(top + margin - (pose.position.z - reach_below::<R>(kind, size, pose)))
    }

    /// How far around a shape its window reaches in m.
    pub fn window_reach<R: Real + super::Field>(
        frame: LayerFrame<R>,
        kind: u32,
        size: Vector3<R>,
        margin: R,
    ) -> R {
        let largest = frame.cell * R::lit(f32(MAX_WINDOW_SIDE - 2u32) * 0.5f32);
        R::min_of(bounding_radius::<R>(kind, size) + margin, largest)
    }

    /// Number of the first grid line of a window that reaches `reach` m below the coordinate `value`.
    pub fn first_line<R: Real + super::Field>(frame: LayerFrame<R>, value: R, reach: R) -> R {
        R::floor_of((value - reach) / frame.cell)
    }

    /// Appends the contacts of shape `geom` with the layer: `pose` in the layer's coordinates, the window
    /// filled around it. `cloud` is working memory.
    pub fn collide_with_layer<R: Real + super::Field>(
        tables: ptr!(function, ContactTables),
        frame: LayerFrame<R>,
        layer_geom: u32,
        geom: u32,
        slot: u32,
        size: Vector3<R>,
        pose: Pose<R>,
        margin: R,
        window: ptr!(function, HeightWindow<R>),
        cloud: ptr!(function, Cloud<R>),
        work: ptr!(function, ContactWorkspace<R>),
    ) {
        let kind = tables.geom_kind[geom as usize];
        let none = no_contact::<R>();
        let mut points: [ContactPoint<R>; 8] = [none, none, none, none, none, none, none, none];
        let mut count = 0u32;
        if kind == GEOM_SPHERE && RULE_SPHERE_LAYER == 1u32 {
            points[0usize] = sphere_layer::<R>(pose.position, size.x, window);
            count = 1u32;
        }
        if kind == GEOM_CAPSULE && RULE_CAPSULE_LAYER == 1u32 {
            let pair = capsule_layer::<R>(placed_capsule::<R>(pose, size), window);
            points[0usize] = pair[0usize];
            points[1usize] = pair[1usize];
            count = 2u32;
        }
        if (kind == GEOM_BOX || kind == GEOM_HULL) && RULE_CLOUD_LAYER == 1u32 {
            cloud_of_geom::<R>(tables, geom, size, pose, cloud);
            points = cloud_layer::<R>(cloud, pose.rotation, margin, window);
            count = 8u32;
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for i in 0u32..count {
            let point = contact_from_layer::<R>(frame, points[i as usize]);
            append_contact::<R>(work, point, margin, slot + i, geom, layer_geom);
        }
    }
}

use crate::scalar::Field;
