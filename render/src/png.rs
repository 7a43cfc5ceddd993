//! Still pictures as PNG files.

use std::{fs::File, io::BufReader, path::Path};

use crate::{Frame, RenderError, file::PendingFile};

impl Frame {
    /// Writes the picture to `path` as PNG, whole or not at all.
    ///
    /// # Errors
    /// When the directory does not exist or is not writable, or the disk is full.
    pub fn write_png(&self, path: impl AsRef<Path>) -> Result<(), RenderError> {
        let path = path.as_ref();
        let mut pending = PendingFile::create(path)?;
        self.encode_png(&mut pending).map_err(|error| match error {
            png::EncodingError::IoError(source) => RenderError::Write { path: path.to_owned(), source },
            other => RenderError::Encode { path: path.to_owned(), reason: other.to_string() },
        })?;
        pending.finish()
    }

    /// Reads an 8-bit RGB picture, as [`Frame::write_png`] writes them.
    ///
    /// # Errors
    /// When there is no such file, it is damaged, or it has other pixels than 8-bit RGB.
    pub fn read_png(path: impl AsRef<Path>) -> Result<Self, RenderError> {
        let path = path.as_ref();
        let failed = |reason: String| RenderError::Read { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let mut reader =
            png::Decoder::new(BufReader::new(file)).read_info().map_err(|error| failed(error.to_string()))?;
        let info = reader.info();
        if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
            return Err(failed(format!(
                "its pixels are {:?} of {:?} bits, not RGB of 8",
                info.color_type, info.bit_depth
            )));
        }
        let size = reader.output_buffer_size().ok_or_else(|| failed("it is too large".into()))?;
        let mut rgb = vec![0; size];
        let output = reader.next_frame(&mut rgb).map_err(|error| failed(error.to_string()))?;
        Self::new(output.width as usize, output.height as usize, rgb)
    }

    fn encode_png(&self, file: &mut PendingFile) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(file, self.width() as u32, self.height() as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(self.rgb())?;
        writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_holds_every_pixel() {
        let rgb: Vec<u8> = (0..7 * 5 * 3).map(|i| (i * 37 % 256) as u8).collect();
        let frame = Frame::new(7, 5, rgb).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frame.png");
        frame.write_png(&path).unwrap();
        assert_eq!(Frame::read_png(&path).unwrap(), frame);
    }

    #[test]
    fn a_damaged_png_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("frame.png");
        Frame::filled(20, 20, [1, 2, 3]).write_png(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = Frame::read_png(&path).unwrap_err().to_string();
        assert!(error.contains("frame.png"), "{error}");
        assert!(Frame::read_png(directory.path().join("none.png")).is_err());
    }
}
