//! Pictures of environment batches: still frames, animations, contact sheets, terminal text and
//! recordings.
//!
//! Physics has pictures of its own: see [`scene3d`].
//!
//! [`drawing`] finds out how to [`Draw`] a batch; what comes out is a [`Frame`], which knows how to be
//! [captioned](Frame::with_caption), [put beside others](side_by_side) and written as
//! [PNG](Frame::write_png) or, with more of them, as [GIF](write_gif).

mod ansi;
mod caption;
mod classic_control;
mod compose;
mod cormab;
mod crafter;
mod draw;
mod error;
mod file;
mod frame;
mod gif;
mod minigrid;
mod multigrid;
mod png;
mod recording;
pub mod scene3d;

pub use caption::{CHARACTER_WIDTH, LINE_HEIGHT};
pub use compose::{Status, contact_sheet, sheet, side_by_side};
pub use draw::{AnsiOptions, Draw, FrameOptions, View, drawing};
pub use error::RenderError;
pub use file::check_path;
pub use frame::{Color, Frame};
pub use gif::{GifOptions, GifWriter, write_gif};
pub use multigrid::agent_color;
pub use recording::{read_recordings, replay_frames, write_recordings};
