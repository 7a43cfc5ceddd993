//! Drawing the environments of a batch, whatever their discipline.

use pentathlon_gym::VectorEnv;

use crate::{Frame, RenderError, classic_control, cormab, crafter, minigrid, multigrid};

/// Which view of the world a frame shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// The whole world.
    #[default]
    World,
    /// What the agent sees.
    Agent,
}

/// How a frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrameOptions {
    /// Width and height of a grid cell in pixels, 1 to 512. Default 32.
    pub tile_size: usize,
    /// The world or what the agent sees.
    pub view: View,
    /// Whether what the agent sees is brighter in a picture of the world. Default true.
    pub highlight: bool,
}

impl FrameOptions {
    /// Largest tile size.
    pub const MAX_TILE_SIZE: usize = 512;

    /// Checks the ranges.
    ///
    /// # Errors
    /// When the tile size is out of range.
    pub fn check(&self) -> Result<(), RenderError> {
        if (1..=Self::MAX_TILE_SIZE).contains(&self.tile_size) {
            return Ok(());
        }
        Err(RenderError::InvalidOption {
            option: "tile size",
            value: self.tile_size.to_string(),
            allowed: "1 to 512 pixels",
        })
    }
}

impl Default for FrameOptions {
    fn default() -> Self {
        Self { tile_size: 32, view: View::World, highlight: true }
    }
}

/// How an environment is written in a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AnsiOptions {
    /// With 24-bit colours and box glyphs; without, letters only. Default true.
    pub color: bool,
    /// The world or what the agent sees.
    pub view: View,
    /// Whether what the agent sees stands out in the world. Default true.
    pub highlight: bool,
    /// Whether lines under the picture say what is carried, what the mission is and what the signs
    /// mean. Default true.
    pub legend: bool,
}

impl Default for AnsiOptions {
    fn default() -> Self {
        Self { color: true, view: View::World, highlight: true, legend: true }
    }
}

/// A batch that can be drawn. Every discipline has one implementation; [`drawing`] finds it.
pub trait Draw {
    /// Environments in the batch.
    fn num_envs(&self) -> usize;

    /// A picture of environment `env`.
    ///
    /// # Errors
    /// When there is no such environment, an option is out of range, or the state cannot be read.
    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError>;

    /// Environment `env` as text for a terminal, lines ended by `\n`.
    ///
    /// # Errors
    /// When there is no such environment or the state cannot be read.
    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError>;
}

/// How to draw `batch`, which may be wrapped.
///
/// # Errors
/// When its discipline has no drawing.
pub fn drawing<'a>(batch: &'a dyn VectorEnv) -> Result<Box<dyn Draw + 'a>, RenderError> {
    let found = minigrid::drawing(batch).or_else(|| crafter::drawing(batch));
    let found = found.or_else(|| multigrid::drawing(batch));
    let found = found.or_else(|| classic_control::drawing(batch));
    found.or_else(|| cormab::drawing(batch)).ok_or_else(|| RenderError::UnknownDiscipline {
        id: batch.spec().id.clone(),
        discipline: batch.spec().discipline.clone(),
        drawn: "minigrid, multigrid, crafter, classic_control, cormab",
    })
}
