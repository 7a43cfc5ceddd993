//! The forms of observation that MiniGrid offers: Farama's dictionary and all its wrapper
//! observations. Only those selected at build are computed.

pub(crate) mod action_mask;
pub mod direction;
pub mod forms;
pub(crate) mod grids;
pub mod mission;
pub(crate) mod partial;
pub mod view;
