//! What the contact rules read and write: shapes, pairs, parameters, contacts and their memory.
//!
//! Every pair of shapes that may touch owns a fixed number of slots, so that the bodies of a slot, hence
//! the degrees of freedom it acts on, are the same in every world. The slots in use are listed in
//! ascending order; a lane group shares the list, and a slot is without effect in the lanes where its
//! shapes are apart.

/// Capacities and records.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use crate::capacity::rules::*;
    use crate::collision::contact_point::rules::*;
    use crate::vector::rules::*;

    /// Shapes of a world, those of the scene included.
    pub const MAX_GEOMS: usize = 64;
    /// Pairs of shapes that may touch.
    pub const MAX_PAIRS: usize = 256;
    /// Contact points at work at the same time in a lane group: 32 in each of its eight worlds, should they have none in common.
    pub const MAX_CONTACTS: usize = 256;
    /// Degrees of freedom of all contact points at work, and of all joints at their limits or with dry
    /// friction: the lengths of their rows together.
    pub const MAX_ROW_ENTRIES: usize = 4096;
    /// Corners and faces of all convex hulls of a model together.
    pub const MAX_HULL_CORNERS: usize = 256;
    pub const MAX_HULL_FACES: usize = 512;

    /// Kinds of shapes.
    pub const GEOM_SPHERE: u32 = 0u32;
    pub const GEOM_CAPSULE: u32 = 1u32;
    pub const GEOM_BOX: u32 = 2u32;
    pub const GEOM_HULL: u32 = 3u32;
    pub const GEOM_PLANE: u32 = 4u32;
    /// A height layer; its contacts are appended by the shell.
    pub const GEOM_LAYER: u32 = 5u32;

    /// 1 where the rule of a pair of shapes is part of the program. A kernel leaves out, by a 0 in this place,
    /// the larger rules that its model has no pair for.
    pub const RULE_HULL: u32 = 1u32;
    pub const RULE_HULL_PLANE: u32 = 1u32;
    pub const RULE_BOX_BOX: u32 = 1u32;
    pub const RULE_CAPSULE_BOX: u32 = 1u32;
    pub const RULE_CAPSULE_CAPSULE: u32 = 1u32;
    pub const RULE_SPHERE_BOX: u32 = 1u32;
    pub const RULE_SPHERE_LAYER: u32 = 1u32;
    pub const RULE_CAPSULE_LAYER: u32 = 1u32;
    /// Boxes and hulls against height layers.
    pub const RULE_CLOUD_LAYER: u32 = 1u32;

    /// Ways to combine the friction coefficients of two shapes.
    pub const FRICTION_MAXIMUM: u32 = 0u32;
    pub const FRICTION_AVERAGE: u32 = 1u32;
    pub const FRICTION_MINIMUM: u32 = 2u32;
    pub const FRICTION_MULTIPLY: u32 = 3u32;

    /// The numbers of a shape; they may differ from world to world.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct GeomParameters<R> {
        /// In the frame of its body, or of the world.
        pub pose: Pose<R>,
        /// Sphere: radius, -, -. Capsule: radius, half length, -. Box: half edges. Hull: bounding radius
        /// about its origin, -, -. Others: unused. In m.
        pub size: Vector3<R>,
        /// Coulomb friction coefficient.
        pub friction: R,
        /// Coefficient of restitution in [0, 1].
        pub restitution: R,
    }

    /// What the contacts of all worlds of a model have in common.
    #[derive(Clone, Copy, Debug)]
    pub struct ContactTables {
        pub geom_count: u32,
        pub pair_count: u32,
        /// One of the `GEOM_` constants for every shape.
        pub geom_kind: [u32; MAX_GEOMS],
        /// The body that carries the shape, or `NONE` for the scene.
        pub geom_body: [u32; MAX_GEOMS],
        /// Corners and faces of a convex hull: where they begin in the lists below, and how many there are.
        pub hull_corner_start: [u32; MAX_GEOMS],
        pub hull_corner_count: [u32; MAX_GEOMS],
        pub hull_face_start: [u32; MAX_GEOMS],
        pub hull_face_count: [u32; MAX_GEOMS],
        /// Corners in the frame of their shape in m.
        pub hull_corner_x: [f32; MAX_HULL_CORNERS],
        pub hull_corner_y: [f32; MAX_HULL_CORNERS],
        pub hull_corner_z: [f32; MAX_HULL_CORNERS],
        /// Outward normals of the faces, and their distances from the origin of the shape.
        pub hull_face_x: [f32; MAX_HULL_FACES],
        pub hull_face_y: [f32; MAX_HULL_FACES],
        pub hull_face_z: [f32; MAX_HULL_FACES],
        pub hull_face_offset: [f32; MAX_HULL_FACES],
        /// The shapes of a pair: the kind of the first is not larger than that of the second.
        pub pair_first: [u32; MAX_PAIRS],
        pub pair_second: [u32; MAX_PAIRS],
        /// The first slot of a pair.
        pub pair_slot: [u32; MAX_PAIRS],
        /// One of the `FRICTION_` constants.
        pub friction_combination: u32,
        /// 1 when some shape has restitution.
        pub has_restitution: u32,
        /// 1 for every degree of freedom of a joint with limits.
        pub is_limited: [u32; MAX_DOFS],
        /// 1 for every degree of freedom of a joint with dry friction.
        pub has_dry_friction: [u32; MAX_DOFS],
    }

    /// How contacts and limits are solved.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ContactParameters<R> {
        /// Length of the physics step in s.
        pub time_step: R,
        /// Points closer than this take part, in m; a point that is still apart only limits the approach.
        pub margin: R,
        /// Share of the inverse mass that softens a contact; see `softness_of`.
        pub compliance: R,
        /// Speed at which a penetration is removed, in 1/s; see `softness_of`.
        pub recovery_rate: R,
        /// Largest speed at which a penetration is removed, in m/s.
        pub recovery_speed: R,
        /// Approach speed in m/s below which nothing bounces.
        pub restitution_threshold: R,
    }

    /// One contact point at work.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct Contact<R> {
        /// The slot of the point.
        pub slot: u32,
        pub geom_a: u32,
        pub geom_b: u32,
        pub point: ContactPoint<R>,
        /// Tangents, in the principal directions of the inverse mass on the contact plane.
        pub tangent_u: Vector3<R>,
        pub tangent_v: Vector3<R>,
    }

    /// What the sweeps need of a contact; components along (normal, tangent u, tangent v).
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ContactBlock<R> {
        /// First entry of the rows, and the number of entries.
        pub start: u32,
        pub count: u32,
        /// Impulse on A in N s.
        pub impulse: Vector3<R>,
        /// Inverse mass: the couplings of normal and tangents, the tangents (which do not couple).
        pub mass_nu: R,
        pub mass_nv: R,
        pub mass_u: R,
        pub mass_v: R,
        /// Inverses: of the softened normal part, of the tangents, of the normal part with the point held.
        pub inverse_n: R,
        pub inverse_u: R,
        pub inverse_v: R,
        pub inverse_held: R,
        /// Velocity to be added to the normal velocity, in m/s.
        pub bias: R,
        /// Velocity by which a unit impulse gives way, in 1/kg.
        pub softness: R,
        pub friction: R,
    }

    /// A joint at work: at a limit, or with dry friction.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct JointRow<R> {
        pub dof: u32,
        /// First entry of the row, and its length.
        pub start: u32,
        pub count: u32,
        /// 1 at the lower limit, -1 at the upper one.
        pub side: R,
        /// Inverse mass of the row, and its inverse.
        pub mass: R,
        pub inverse_mass: R,
        pub bias: R,
        /// Impulse of the limit (along `side`) and of the dry friction (along the joint).
        pub limit_impulse: R,
        pub dry_impulse: R,
        /// Largest impulse of the dry friction.
        pub dry_bound: R,
    }

    /// The contacts of one step.
    #[derive(Clone, Copy, Debug)]
    pub struct ContactWorkspace<R> {
        pub contact_count: u32,
        /// Points that found no room in this step.
        pub overflow: u32,
        pub row_entries: u32,
        pub joint_count: u32,
        pub joint_entries: u32,
        /// World poses of the shapes. Of a capsule the rotation's z alone is kept up, of a sphere none.
        pub placed: [Pose<R>; MAX_GEOMS],
        pub contacts: [Contact<R>; MAX_CONTACTS],
        pub blocks: [ContactBlock<R>; MAX_CONTACTS],
        /// Whitened rows (normal, tangent u, tangent v) of the contacts, one entry for each degree of
        /// freedom that moves the point, and which one that is.
        pub row_dofs: [u32; MAX_ROW_ENTRIES],
        pub rows: [Vector3<R>; MAX_ROW_ENTRIES],
        pub joints: [JointRow<R>; MAX_DOFS],
        pub joint_row_dofs: [u32; MAX_ROW_ENTRIES],
        pub joint_rows: [R; MAX_ROW_ENTRIES],
    }

    /// What is carried from step to step: the impulses that start the next solution. Part of the state.
    #[derive(Clone, Copy, Debug)]
    pub struct ContactMemory<R> {
        pub count: u32,
        /// Slots in ascending order, and the impulses on A in world directions.
        pub slots: [u32; MAX_CONTACTS],
        pub impulses: [Vector3<R>; MAX_CONTACTS],
        /// Impulses of limits and of dry friction along the joint.
        pub limit_impulses: [R; MAX_DOFS],
        pub dry_impulses: [R; MAX_DOFS],
    }
}

use crate::scalar::Field;
use rules::*;

impl<R: crate::scalar::rules::Real + Field> ContactWorkspace<R> {
    /// A workspace without contacts, on the heap: it is large.
    pub fn boxed() -> Box<Self> {
        use crate::collision::contact_point::rules::{Pose, no_contact};
        use crate::vector::rules::{Matrix3, zero3};
        let zero = R::lit(0.0);
        let origin = Pose { position: zero3(), rotation: Matrix3 { x: zero3(), y: zero3(), z: zero3() } };
        let contact = Contact {
            slot: 0,
            geom_a: 0,
            geom_b: 0,
            point: no_contact(),
            tangent_u: zero3(),
            tangent_v: zero3(),
        };
        let block = ContactBlock {
            start: 0,
            count: 0,
            impulse: zero3(),
            mass_nu: zero,
            mass_nv: zero,
            mass_u: zero,
            mass_v: zero,
            inverse_n: zero,
            inverse_u: zero,
            inverse_v: zero,
            inverse_held: zero,
            bias: zero,
            softness: zero,
            friction: zero,
        };
        let joint = JointRow {
            dof: 0,
            start: 0,
            count: 0,
            side: zero,
            mass: zero,
            inverse_mass: zero,
            bias: zero,
            limit_impulse: zero,
            dry_impulse: zero,
            dry_bound: zero,
        };
        Box::new(Self {
            contact_count: 0,
            overflow: 0,
            row_entries: 0,
            joint_count: 0,
            joint_entries: 0,
            placed: [origin; MAX_GEOMS],
            contacts: [contact; MAX_CONTACTS],
            blocks: [block; MAX_CONTACTS],
            row_dofs: [0; MAX_ROW_ENTRIES],
            rows: [zero3(); MAX_ROW_ENTRIES],
            joints: [joint; crate::capacity::rules::MAX_DOFS],
            joint_row_dofs: [0; MAX_ROW_ENTRIES],
            joint_rows: [zero; MAX_ROW_ENTRIES],
        })
    }
}

impl<R: crate::scalar::rules::Real + Field> Default for ContactMemory<R> {
    fn default() -> Self {
        let zero = R::lit(0.0);
        Self {
            count: 0,
            slots: [0; MAX_CONTACTS],
            impulses: [crate::vector::rules::zero3(); MAX_CONTACTS],
            limit_impulses: [zero; crate::capacity::rules::MAX_DOFS],
            dry_impulses: [zero; crate::capacity::rules::MAX_DOFS],
        }
    }
}
