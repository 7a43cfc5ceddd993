//! How large a world may be: the lengths of the arrays that all rules work on.
//!
//! On the CPU an array keeps this length and a model fills the front of it; the kernel of a model is made
//! with the lengths replaced by the model's own counts ([`crate::device::source`]).

/// The constants, and the values that mark an absent index.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    /// Movable bodies of a world.
    pub const MAX_BODIES: usize = 32;
    /// Degrees of freedom of a world.
    pub const MAX_DOFS: usize = 48;
    /// Coordinates of a world: one for a hinge or slide, seven for a free joint.
    pub const MAX_COORDINATES: usize = 56;
    /// Actuators of a world.
    pub const MAX_ACTUATORS: usize = 32;
    /// Entries of the factor of the mass matrix: over all dofs, the length of the chain down to the root.
    pub const MAX_FACTOR: usize = 640;
    /// No such index: a body whose parent is the world, a dof without a dof before it in its chain.
    pub const NONE: u32 = 4294967295u32;
}
