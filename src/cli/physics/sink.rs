//! Where the moments of a simulation go: an animation, a picture of the last one, or a recording for a viewer.

use std::{path::Path, time::Duration};

use pentathlon::render::{
    GifOptions, GifWriter, check_path,
    scene3d::{SceneOptions, SceneRenderer, WorldSnapshot},
};

use super::{refused_drawing, scene::Scene};
use crate::cli::{exit::Usage, render::is_animation};

/// Distance between the worlds of a recording in m.
#[cfg(feature = "rerun")]
const WORLD_SPACING: f32 = 1.5;

/// What is written, by the ending of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Picture,
    Animation,
    Recording,
}

impl Kind {
    /// What the name of the file asks for.
    pub fn of(path: &Path) -> Result<Self, Usage> {
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("rrd") => Ok(Self::Recording),
            Some("gif" | "png") => Ok(if is_animation(path)? { Self::Animation } else { Self::Picture }),
            _ => Err(Usage(format!(
                "--out {}: the name of what is written ends in .png, .gif or .rrd",
                path.display()
            ))),
        }
    }
}

/// Where moments go. Dropped before [`Sink::finish`], it leaves nothing behind.
pub enum Sink {
    Animation(Box<SceneRenderer>, Box<GifWriter>),
    /// The last moment alone.
    Picture(Box<SceneRenderer>),
    #[cfg(feature = "rerun")]
    Recording(pentathlon::render::scene3d::RerunRecording),
}

impl Sink {
    /// Begins the file at `path` with the moment `first`. Whether it can be written is known afterwards.
    pub fn create(
        path: &Path,
        scene: &Scene,
        options: SceneOptions,
        frame_rate: u32,
        first: &[WorldSnapshot],
    ) -> anyhow::Result<Self> {
        let kind = Kind::of(path)?;
        if kind == Kind::Recording {
            return Self::recording(path, scene, first);
        }
        let mut renderer = SceneRenderer::new(&scene.model, options).map_err(refused_drawing)?;
        check_path(path)?;
        let frame = renderer.draw(first)?;
        if kind == Kind::Picture {
            return Ok(Self::Picture(Box::new(renderer)));
        }
        let delay = Duration::from_secs_f64(1.0 / f64::from(frame_rate));
        let gif = GifWriter::create(path, GifOptions { delay, ..GifOptions::default() }, frame)?;
        Ok(Self::Animation(Box::new(renderer), Box::new(gif)))
    }

    #[cfg(feature = "rerun")]
    fn recording(path: &Path, scene: &Scene, first: &[WorldSnapshot]) -> anyhow::Result<Self> {
        use pentathlon::render::scene3d::RerunRecording;
        let mut recording = RerunRecording::create(&scene.model, path, first.len(), WORLD_SPACING)?;
        recording.add(0.0, first)?;
        Ok(Self::Recording(recording))
    }

    #[cfg(not(feature = "rerun"))]
    fn recording(path: &Path, _: &Scene, _: &[WorldSnapshot]) -> anyhow::Result<Self> {
        Err(Usage(format!(
            "--out {}: this build writes no recordings for the Rerun viewer; build it with --features rerun",
            path.display()
        ))
        .into())
    }

    /// Adds the moment `seconds` after the beginning.
    #[cfg_attr(not(feature = "rerun"), allow(unused_variables, reason = "pictures know no time"))]
    pub fn add(&mut self, seconds: f64, worlds: &[WorldSnapshot]) -> anyhow::Result<()> {
        match self {
            Self::Animation(renderer, gif) => gif.add(renderer.draw(worlds)?)?,
            Self::Picture(_) => {}
            #[cfg(feature = "rerun")]
            Self::Recording(recording) => recording.add(seconds, worlds)?,
        }
        Ok(())
    }

    /// Puts the file in its place; `last` is the moment that a picture shows.
    pub fn finish(self, path: &Path, last: &[WorldSnapshot]) -> anyhow::Result<()> {
        match self {
            Self::Animation(_, gif) => gif.finish()?,
            Self::Picture(mut renderer) => renderer.draw(last)?.write_png(path)?,
            #[cfg(feature = "rerun")]
            Self::Recording(recording) => recording.finish()?,
        }
        Ok(())
    }
}
