//! Pictures from PNG files, such as the original's own.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use super::{TEXTURE_SIZE, Texture};

/// Why a picture could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct TextureError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Reads a picture of 16 by 16 pixels.
pub(super) fn read(path: &Path) -> Result<Texture, TextureError> {
    decode(path).map_err(|reason| TextureError { path: path.to_owned(), reason })
}

fn decode(path: &Path) -> Result<Texture, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let file = File::open(path).map_err(|error| text(&error))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| text(&error))?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if (width, height) != (TEXTURE_SIZE, TEXTURE_SIZE) {
        return Err(format!("{width} by {height} pixels, not {TEXTURE_SIZE} by {TEXTURE_SIZE}"));
    }
    let mut bytes = [0; 4 * TEXTURE_SIZE * TEXTURE_SIZE];
    let output = reader.next_frame(&mut bytes).map_err(|error| text(&error))?;
    let channels = output.color_type.samples();
    let mut texture = Texture::flat([0; 3]);
    for (pixel, bytes) in texture.pixels.iter_mut().zip(bytes.chunks_exact(channels)) {
        *pixel = match *bytes {
            [grey] => [grey, grey, grey, 255],
            [grey, opacity] => [grey, grey, grey, opacity],
            [red, green, blue] => [red, green, blue, 255],
            [red, green, blue, opacity] => [red, green, blue, opacity],
            _ => return Err(format!("{channels} channels")),
        };
    }
    Ok(texture)
}
