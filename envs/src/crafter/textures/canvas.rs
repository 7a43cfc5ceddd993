//! Drawing into a texture: spots, rectangles, discs and lines of a colour.

use super::{TEXTURE_SIZE, Texture};

/// Red, green, blue.
pub(super) type Color = [u8; 3];

/// A texture that is being painted.
pub(super) struct Canvas(Texture);

impl Canvas {
    /// Nothing yet: all of it is transparent.
    pub(super) fn transparent() -> Self {
        let mut texture = Texture::flat([0; 3]);
        texture.pixels.fill([0; 4]);
        Self(texture)
    }

    /// Ground of `color`, mottled by `seed`: every pixel is up to `contrast` darker or lighter.
    pub(super) fn mottled(color: Color, contrast: i32, seed: u32) -> Self {
        let mut texture = Texture::flat(color);
        let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
        for pixel in &mut texture.pixels {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let shade = (state >> 8) as i32 % (2 * contrast + 1) - contrast;
            for channel in &mut pixel[..3] {
                *channel = (i32::from(*channel) + shade).clamp(0, 255) as u8;
            }
        }
        Self(texture)
    }

    /// The painted texture.
    pub(super) fn finish(self) -> Texture {
        self.0
    }

    /// One pixel; outside nothing happens.
    pub(super) fn dot(&mut self, x: i32, y: i32, [red, green, blue]: Color) -> &mut Self {
        let side = TEXTURE_SIZE as i32;
        if (0..side).contains(&x) && (0..side).contains(&y) {
            self.0.pixels[(y * side + x) as usize] = [red, green, blue, 255];
        }
        self
    }

    /// The rectangle from `(x, y)`, `width` by `height` pixels.
    pub(super) fn rectangle(&mut self, x: i32, y: i32, width: i32, height: i32, color: Color) -> &mut Self {
        for row in y..y + height {
            for column in x..x + width {
                self.dot(column, row, color);
            }
        }
        self
    }

    /// The disc around the pixel corner `(x, y)`, with a radius in half pixels.
    pub(super) fn disc(&mut self, x: i32, y: i32, half_radius: i32, color: Color) -> &mut Self {
        for row in 0..TEXTURE_SIZE as i32 {
            for column in 0..TEXTURE_SIZE as i32 {
                let (dx, dy) = (2 * (column - x) + 1, 2 * (row - y) + 1);
                if dx * dx + dy * dy <= half_radius * half_radius {
                    self.dot(column, row, color);
                }
            }
        }
        self
    }

    /// The straight line from one pixel to another.
    pub(super) fn line(&mut self, from: (i32, i32), to: (i32, i32), color: Color) -> &mut Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).max(1);
        for step in 0..=steps {
            let along = |start: i32, length: i32| start + (2 * length * step + steps).div_euclid(2 * steps);
            self.dot(along(from.0, dx), along(from.1, dy), color);
        }
        self
    }

    /// A letter or digit, three by five dots of two by two pixels, in white with a dark edge. Each number
    /// is a row, its three bits from left to right.
    pub(super) fn glyph(&mut self, rows: [u8; 5]) -> &mut Self {
        for (color, grow) in [([0; 3], 1), ([255; 3], 0)] {
            for (row, bits) in (0..).zip(rows) {
                for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                    let (x, y) = (5 + 2 * column - grow, 3 + 2 * row - grow);
                    self.rectangle(x, y, 2 + 2 * grow, 2 + 2 * grow, color);
                }
            }
        }
        self
    }

    /// The picture turned by a quarter to the left.
    pub(super) fn turned(&self) -> Self {
        let mut turned = Self::transparent();
        for row in 0..TEXTURE_SIZE {
            for column in 0..TEXTURE_SIZE {
                let from = column * TEXTURE_SIZE + (TEXTURE_SIZE - 1 - row);
                turned.0.pixels[row * TEXTURE_SIZE + column] = self.0.pixels[from];
            }
        }
        turned
    }

    /// The picture mirrored left to right.
    pub(super) fn mirrored(&self) -> Self {
        let mut mirrored = Self::transparent();
        for (row, from) in mirrored.0.pixels.chunks_mut(TEXTURE_SIZE).zip(self.0.pixels.chunks(TEXTURE_SIZE))
        {
            row.copy_from_slice(from);
            row.reverse();
        }
        mirrored
    }
}
