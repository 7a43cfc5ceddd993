//! The forms of observation that MiniGrid offers: Farama's dictionary and all its wrapper
//! observations. Only those selected at build are computed.

pub(crate) mod action_mask;
pub mod direction;
pub mod forms;
pub(crate) mod grids;
#[cfg(target_arch = "x86_64")]
pub(crate) mod image_avx2;
pub mod mission;
pub(crate) mod partial;
pub mod view;
