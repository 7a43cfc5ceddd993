//! Drawing a MiniGrid instance into RGB bytes, pixel for pixel as Farama Minigrid 3.2.0 does.
//!
//! It stands beside the rules because the `rgb` and `rgb_partial` observations are such pictures. A
//! [`Tile`] is one cell; a [`TileAtlas`] keeps the painted tiles of one size; a [`Scene`] puts them
//! together into the frame of the whole grid or of what the agent sees. Files, captions and terminals
//! are the business of the `pentathlon-render` crate.

pub mod atlas;
pub mod frame;
mod shapes;
pub mod tile;

pub use atlas::TileAtlas;
pub use frame::Scene;
pub use tile::{COLORS, Tile};
