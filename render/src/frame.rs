//! A picture in memory: RGB bytes, row by row.

use embedded_graphics::{
    Pixel,
    geometry::{OriginDimensions, Size},
    pixelcolor::{Rgb888, RgbColor},
    prelude::DrawTarget,
};

use crate::RenderError;

/// Red, green and blue.
pub type Color = [u8; 3];

/// A picture, `[height][width][3]`: row, column, red-green-blue. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Frame {
    /// Most pixels of a picture that is drawn: 192 MiB of colours.
    pub const MAX_PIXELS: usize = 1 << 26;

    /// Checks that a picture of this size may be drawn.
    ///
    /// # Errors
    /// When it has more than [`Frame::MAX_PIXELS`].
    pub(crate) fn check_size(width: usize, height: usize) -> Result<(), RenderError> {
        match width.checked_mul(height) {
            Some(pixels) if pixels <= Self::MAX_PIXELS => Ok(()),
            _ => Err(RenderError::TooLarge { width, height, most: Self::MAX_PIXELS }),
        }
    }

    /// A picture of `rgb`, `[height][width][3]`.
    ///
    /// # Errors
    /// When `rgb` is not `width * height * 3` bytes long, or the picture has no pixel.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, RenderError> {
        let pixels = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(3));
        if pixels != Some(rgb.len()) || rgb.is_empty() {
            return Err(RenderError::WrongLength { width, height, bytes: rgb.len() });
        }
        Ok(Self { width, height, rgb })
    }

    /// A picture of one colour. A width or height of 0 is taken as 1.
    pub fn filled(width: usize, height: usize, color: Color) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self { width, height, rgb: color.repeat(width * height) }
    }

    /// Pixels from left to right.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels, `[height][width][3]`.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixels, writable.
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// Colour of a pixel, if it is inside.
    pub fn pixel(&self, x: usize, y: usize) -> Option<Color> {
        let inside = x < self.width && y < self.height;
        inside.then(|| {
            let at = (y * self.width + x) * 3;
            [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
        })
    }

    /// Copies `other` to column `left` and row `top`; what does not fit is cut off.
    pub fn paste(&mut self, other: &Frame, left: usize, top: usize) {
        let columns = other.width.min(self.width.saturating_sub(left));
        let rows = other.height.min(self.height.saturating_sub(top));
        if columns == 0 {
            return;
        }
        for row in 0..rows {
            let to = ((top + row) * self.width + left) * 3;
            let from = row * other.width * 3;
            self.rgb[to..to + columns * 3].copy_from_slice(&other.rgb[from..from + columns * 3]);
        }
    }

    /// Fills a rectangle; what does not fit is cut off.
    pub fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, color: Color) {
        if width > 0 && height > 0 {
            let width = width.min(self.width);
            let height = height.min(self.height);
            self.paste(&Frame::filled(width, height, color), left, top);
        }
    }

    /// The picture enlarged `factor` times (at least 1), each pixel a square.
    pub fn enlarged(&self, factor: usize) -> Self {
        let factor = factor.max(1);
        let mut rgb = Vec::with_capacity(self.rgb.len() * factor * factor);
        for row in self.rgb.chunks_exact(self.width * 3) {
            let wide: Vec<u8> = row.chunks_exact(3).flat_map(|pixel| pixel.repeat(factor)).collect();
            for _ in 0..factor {
                rgb.extend_from_slice(&wide);
            }
        }
        Self { width: self.width * factor, height: self.height * factor, rgb }
    }
}

impl OriginDimensions for Frame {
    fn size(&self) -> Size {
        Size::new(self.width as u32, self.height as u32)
    }
}

impl DrawTarget for Frame {
    type Color = Rgb888;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(point, color) in pixels {
            let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) else {
                continue;
            };
            if x < self.width && y < self.height {
                let at = (y * self.width + x) * 3;
                self.rgb[at..at + 3].copy_from_slice(&[color.r(), color.g(), color.b()]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_three_bytes_a_pixel() {
        assert!(Frame::new(2, 1, vec![0; 6]).is_ok());
        for (width, height, bytes) in [(2, 1, 5), (0, 3, 0), (usize::MAX, 2, 6)] {
            let error = Frame::new(width, height, vec![0; bytes]).unwrap_err();
            assert!(error.to_string().contains(&format!("{bytes} bytes")), "{error}");
        }
    }

    #[test]
    fn what_is_pasted_over_the_edge_is_cut_off() {
        let mut frame = Frame::filled(3, 2, [0; 3]);
        frame.paste(&Frame::filled(2, 2, [9; 3]), 2, 1);
        assert_eq!(frame.pixel(2, 1), Some([9; 3]));
        assert_eq!(frame.pixel(1, 1), Some([0; 3]));
        assert_eq!(frame.pixel(2, 0), Some([0; 3]));
        frame.paste(&Frame::filled(1, 1, [5; 3]), 3, 0);
        frame.fill(0, 7, 1, 1, [5; 3]);
        assert!(!frame.rgb().contains(&5));
    }

    #[test]
    fn enlarging_repeats_pixels() {
        let frame = Frame::new(2, 1, vec![1, 2, 3, 4, 5, 6]).unwrap().enlarged(2);
        assert_eq!((frame.width(), frame.height()), (4, 2));
        let row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6];
        assert_eq!(frame.rgb(), [row, row].concat());
    }
}
