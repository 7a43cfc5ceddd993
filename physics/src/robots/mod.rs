//! The robots that come with the suite, as [`ModelDescription`](crate::model::ModelDescription)s.
//!
//! Their figures stand in description files beside this crate's source (`robots/*.toml`; sources and
//! licences in `robots/NOTICE.md`). A robot comes without a scene: push shapes such as
//! [`level_floor`] onto `scene`.

mod arm;
mod figures;
mod quadruped;

pub use arm::{ARM_HOME, ARM_JOINT_SPEEDS, ARM_REACH, ARM_TOOL, PushedBox, arm, arm_with_box};
pub use quadruped::{
    QUADRUPED_FEET, QUADRUPED_HOME, QUADRUPED_JOINT_SPEEDS, QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT,
    quadruped,
};

use crate::model::{GeomDescription, Shape};

/// A level floor at height zero with the given friction coefficient.
pub fn level_floor(friction: f64) -> GeomDescription {
    GeomDescription::new(Shape::Plane).named("floor").with_friction(friction)
}
