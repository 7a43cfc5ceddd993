//! Animations as GIF files, written frame by frame.
//!
//! A GIF frame has at most 256 colours. Frames with no more than that (all of MiniGrid's) keep them
//! exactly; others are reduced to the 256 best ones. Only the rectangle that changed is stored.

use std::{io, path::Path, time::Duration};

use gif::{DisposalMethod, Encoder, EncodingError, Repeat};

use crate::{Frame, RenderError, file::PendingFile};

/// How an animation plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GifOptions {
    /// How long each frame stays. GIF counts in hundredths of a second; what a frame stays too short or too long is
    /// made up by the next ones, so that the animation plays at the right speed. Default 100 ms.
    pub delay: Duration,
    /// How long the last frame stays. Default 1 s.
    pub last_delay: Duration,
    /// How often the animation plays; `None` for ever. Default for ever.
    pub plays: Option<u16>,
}

impl Default for GifOptions {
    fn default() -> Self {
        Self { delay: Duration::from_millis(100), last_delay: Duration::from_secs(1), plays: None }
    }
}

/// An animation under way. The file appears when it is [finished](GifWriter::finish); dropped before
/// that, it leaves nothing behind.
pub struct GifWriter {
    encoder: Encoder<PendingFile>,
    path: std::path::PathBuf,
    options: GifOptions,
    /// The latest frame, not written yet: its delay depends on whether another one follows.
    latest: Frame,
    /// The part of it that differs from the frame before.
    changed: Rectangle,
    frames: usize,
    /// How long the written frames are to stay in all.
    elapsed: Duration,
    /// How long they stay, in hundredths of a second.
    shown: u128,
}

impl std::fmt::Debug for GifWriter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("GifWriter")
            .field("path", &self.path)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl GifWriter {
    /// Begins the animation at `path` with its first frame, which all later ones are the size of.
    ///
    /// # Errors
    /// When the file cannot be written or the frame is larger than 65535 pixels.
    pub fn create(path: impl AsRef<Path>, options: GifOptions, first: Frame) -> Result<Self, RenderError> {
        let path = path.as_ref();
        let (Ok(width), Ok(height)) = (u16::try_from(first.width()), u16::try_from(first.height())) else {
            return Err(RenderError::Encode {
                path: path.to_owned(),
                reason: format!(
                    "a GIF is at most 65535 pixels wide and high, the frame is {}x{}",
                    first.width(),
                    first.height()
                ),
            });
        };
        let file = PendingFile::create(path)?;
        let mut encoder = Encoder::new(file, width, height, &[]).map_err(|error| failed(path, error))?;
        let repeat = match options.plays {
            None => Some(Repeat::Infinite),
            Some(0 | 1) => None,
            Some(plays) => Some(Repeat::Finite(plays - 1)),
        };
        if let Some(repeat) = repeat {
            encoder.set_repeat(repeat).map_err(|error| failed(path, error))?;
        }
        let changed = Rectangle { left: 0, top: 0, width: first.width(), height: first.height() };
        Ok(Self {
            encoder,
            path: path.to_owned(),
            options,
            latest: first,
            changed,
            frames: 1,
            elapsed: Duration::ZERO,
            shown: 0,
        })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// When it has another size than the first one, or the disk is full.
    pub fn add(&mut self, frame: Frame) -> Result<(), RenderError> {
        let got = (frame.width(), frame.height());
        let expected = (self.latest.width(), self.latest.height());
        if got != expected {
            let (path, index) = (self.path.clone(), self.frames);
            return Err(RenderError::FrameSize { path, index, got, expected });
        }
        let changed = Rectangle::of_change(&self.latest, &frame);
        self.write_latest(self.options.delay)?;
        self.latest = frame;
        self.changed = changed;
        self.frames += 1;
        Ok(())
    }

    /// Frames so far.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Writes the last frame and puts the file in its place.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn finish(mut self) -> Result<(), RenderError> {
        self.write_latest(self.options.last_delay)?;
        let path = self.path;
        let file = self.encoder.into_inner().map_err(|error| failed(&path, error))?;
        file.finish()
    }

    fn write_latest(&mut self, delay: Duration) -> Result<(), RenderError> {
        let Rectangle { left, top, width, height } = self.changed;
        let mut rgb = Vec::with_capacity(width * height * 3);
        for row in top..top + height {
            let start = (row * self.latest.width() + left) * 3;
            rgb.extend_from_slice(&self.latest.rgb()[start..start + width * 3]);
        }
        // Everything fits 16 bits: the writer was created with a frame that does.
        let mut frame = gif::Frame::from_rgb_speed(width as u16, height as u16, &rgb, 10);
        frame.left = left as u16;
        frame.top = top as u16;
        self.elapsed = self.elapsed.saturating_add(delay);
        let until = (self.elapsed.as_micros() + 5_000) / 10_000;
        frame.delay = u16::try_from(until - self.shown).unwrap_or(u16::MAX);
        self.shown = until;
        frame.dispose = DisposalMethod::Keep;
        self.encoder.write_frame(&frame).map_err(|error| failed(&self.path, error))
    }
}

/// Writes `frames` to `path` as one animation, whole or not at all.
///
/// # Errors
/// When there is no frame, frames differ in size, or the file cannot be written.
pub fn write_gif(
    path: impl AsRef<Path>,
    options: GifOptions,
    frames: impl IntoIterator<Item = Frame>,
) -> Result<(), RenderError> {
    let path = path.as_ref();
    let mut frames = frames.into_iter();
    let first = frames.next().ok_or_else(|| RenderError::NoFrames(path.display().to_string()))?;
    let mut writer = GifWriter::create(path, options, first)?;
    for frame in frames {
        writer.add(frame)?;
    }
    writer.finish()
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Rectangle {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Rectangle {
    /// The smallest rectangle outside which two frames of one size are equal; one pixel when they are
    /// equal everywhere, because a GIF frame has at least one.
    fn of_change(before: &Frame, after: &Frame) -> Self {
        let (mut left, mut right) = (after.width(), 0);
        let (mut top, mut bottom) = (after.height(), 0);
        let row_bytes = after.width() * 3;
        let rows = before.rgb().chunks_exact(row_bytes).zip(after.rgb().chunks_exact(row_bytes));
        for (y, (old, new)) in rows.enumerate().filter(|(_, (old, new))| old != new) {
            top = top.min(y);
            bottom = y + 1;
            let differs = |x: &usize| old[x * 3..][..3] != new[x * 3..][..3];
            left = (0..left).find(differs).unwrap_or(left);
            right = (right..after.width()).rev().find(differs).map_or(right, |x| x + 1);
        }
        if bottom == 0 {
            return Self { left: 0, top: 0, width: 1, height: 1 };
        }
        Self { left, top, width: right - left, height: bottom - top }
    }
}

fn failed(path: &Path, error: EncodingError) -> RenderError {
    let path = path.to_owned();
    match error {
        EncodingError::Io(source) => RenderError::Write { path, source },
        other => RenderError::Encode { path, reason: io::Error::other(other).to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a GIF: its frames as they appear on the screen, with their delays in milliseconds.
    fn play(path: &Path) -> Vec<(Frame, u32)> {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let file = std::fs::File::open(path).unwrap();
        let mut decoder = options.read_info(io::BufReader::new(file)).unwrap();
        let size = (usize::from(decoder.width()), usize::from(decoder.height()));
        let mut screen = Frame::filled(size.0, size.1, [0; 3]);
        let mut shown = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            let rgb = frame.buffer.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
            let part = Frame::new(frame.width.into(), frame.height.into(), rgb).unwrap();
            screen.paste(&part, frame.left.into(), frame.top.into());
            shown.push((screen.clone(), u32::from(frame.delay) * 10));
        }
        shown
    }

    /// Frames of few colours that differ in a moving square, one of them equal to its neighbour.
    fn frames() -> Vec<Frame> {
        [0, 1, 1, 5, 9]
            .map(|at| {
                let mut frame = Frame::filled(12, 9, [100, 100, 100]);
                frame.fill(at, at / 2, 3, 3, [255, 0, at as u8]);
                frame
            })
            .to_vec()
    }

    #[test]
    fn a_gif_holds_every_pixel_of_frames_with_few_colors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("episode.gif");
        let options = GifOptions {
            delay: Duration::from_millis(50),
            last_delay: Duration::from_millis(700),
            plays: None,
        };
        write_gif(&path, options, frames()).unwrap();
        let shown = play(&path);
        assert_eq!(shown.iter().map(|(frame, _)| frame.clone()).collect::<Vec<_>>(), frames());
        let delays: Vec<u32> = shown.iter().map(|&(_, delay)| delay).collect();
        assert_eq!(delays, [50, 50, 50, 50, 700]);
    }

    #[test]
    fn rates_that_are_no_hundredths_are_kept_on_average() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rates.gif");
        for rate in [24, 30, 48] {
            let delay = Duration::from_secs_f64(1.0 / f64::from(rate));
            let options = GifOptions { delay, last_delay: delay, plays: None };
            let frames = (0..rate).map(|at| Frame::filled(2, 2, [at as u8; 3]));
            write_gif(&path, options, frames).unwrap();
            let delays: Vec<u32> = play(&path).iter().map(|&(_, delay)| delay).collect();
            assert_eq!(delays.iter().sum::<u32>(), 1000, "{rate} frames a second: {delays:?}");
            let even = 1000 / rate;
            assert!(delays.iter().all(|delay| delay.abs_diff(even) <= 10), "{delays:?}");
        }
    }

    #[test]
    fn exactly_256_colors_are_kept() {
        let rgb: Vec<u8> = (0..=255).flat_map(|i| [i, 255 - i, i / 2]).collect();
        let frame = Frame::new(16, 16, rgb).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("colors.gif");
        write_gif(&path, GifOptions::default(), [frame.clone()]).unwrap();
        assert_eq!(play(&path)[0].0, frame);
    }

    #[test]
    fn more_colors_are_reduced_to_near_ones() {
        let rgb: Vec<u8> =
            (0..64 * 64).flat_map(|i: usize| [(i % 64 * 4) as u8, (i / 64 * 4) as u8, 128]).collect();
        let frame = Frame::new(64, 64, rgb).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("colors.gif");
        write_gif(&path, GifOptions::default(), [frame.clone()]).unwrap();
        let shown = &play(&path)[0].0;
        let off: u32 = frame.rgb().iter().zip(shown.rgb()).map(|(a, b)| a.abs_diff(*b) as u32).sum();
        assert!(off > 0 && off / (64 * 64 * 3) < 12, "mean error {}", off / (64 * 64 * 3));
    }

    #[test]
    fn the_changed_rectangle_is_the_smallest() {
        let before = Frame::filled(10, 10, [0; 3]);
        let mut after = before.clone();
        after.fill(7, 2, 1, 1, [1; 3]);
        after.fill(4, 6, 1, 1, [1; 3]);
        let changed = Rectangle::of_change(&before, &after);
        assert_eq!(changed, Rectangle { left: 4, top: 2, width: 4, height: 5 });
    }

    #[test]
    fn frames_of_another_size_and_empty_animations_are_errors() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("episode.gif");
        let error = write_gif(&path, GifOptions::default(), []).unwrap_err().to_string();
        assert!(error.contains("no frame"), "{error}");

        let sizes = [Frame::filled(4, 4, [0; 3]), Frame::filled(4, 5, [0; 3])];
        let error = write_gif(&path, GifOptions::default(), sizes).unwrap_err().to_string();
        assert!(error.contains("frame 1 is (4, 5)"), "{error}");

        let wide = Frame::filled(70_000, 1, [0; 3]);
        let error = write_gif(&path, GifOptions::default(), [wide]).unwrap_err().to_string();
        assert!(error.contains("65535"), "{error}");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left");
    }
}
