//! The 16 by 16 pictures that images are made of: materials, sprites, items and digits. The suite's own are
//! painted by code; a folder of PNG files with the original's names can take their place.

mod canvas;
mod folder;
mod painted;

pub use folder::TextureError;

use super::components::{
    ITEM_NAMES, MATERIAL_NAMES,
    records::{NUM_ITEMS, WATER},
};

/// Side of a texture in pixels.
pub const TEXTURE_SIZE: usize = 16;

/// Names of the sprites, in the order of [`TextureSet::sprites`].
pub const SPRITE_NAMES: [&str; 14] = [
    "player-left",
    "player-right",
    "player-up",
    "player-down",
    "player-sleep",
    "cow",
    "zombie",
    "skeleton",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "arrow-down",
    "plant",
    "plant-ripe",
];

/// Names of the digits, in the order of [`TextureSet::digits`].
pub const DIGIT_NAMES: [&str; 10] = ["unknown", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// A picture: rows of red, green, blue, opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texture {
    /// The pixels, row by row from the top.
    pub pixels: [[u8; 4]; TEXTURE_SIZE * TEXTURE_SIZE],
}

impl Texture {
    /// A picture of one colour.
    pub fn flat(color: [u8; 3]) -> Self {
        let [red, green, blue] = color;
        Self { pixels: [[red, green, blue, 255]; TEXTURE_SIZE * TEXTURE_SIZE] }
    }

    /// The picture scaled to `size` by `size` pixels, row by row: the nearest pixel, at positions that are
    /// found by repeated addition, as Pillow does.
    pub fn scaled(&self, size: usize) -> Vec<[u8; 4]> {
        let step = TEXTURE_SIZE as f64 / size as f64;
        let places: Vec<usize> = std::iter::successors(Some(step * 0.5), |place| Some(place + step))
            .take(size)
            .map(|place| (place as usize).min(TEXTURE_SIZE - 1))
            .collect();
        let row = |y: &usize| places.iter().map(|x| self.pixels[y * TEXTURE_SIZE + x]).collect::<Vec<_>>();
        places.iter().flat_map(row).collect()
    }
}

/// All pictures that images are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextureSet {
    /// By material; number 0 is what lies outside the world.
    pub materials: Vec<Texture>,
    /// In the order of [`SPRITE_NAMES`].
    pub sprites: Vec<Texture>,
    /// By item.
    pub items: Vec<Texture>,
    /// 1 to 9 by their value; number 0 stands for more than 9.
    pub digits: Vec<Texture>,
}

/// Colour of what lies outside the world.
const OUTSIDE_COLOR: [u8; 3] = [127, 127, 127];

impl TextureSet {
    /// The suite's own pictures.
    pub fn painted() -> Self {
        Self::from_names(|name| Ok::<_, std::convert::Infallible>(painted::texture(name)))
            .unwrap_or_else(|never| match never {})
    }

    /// The pictures of a folder, named as the original's files: `grass.png`, `player-left.png`, `7.png`.
    ///
    /// # Errors
    /// A file that is missing, or is no picture of 16 by 16 pixels of 8 bits.
    pub fn read(folder: &std::path::Path) -> Result<Self, TextureError> {
        Self::from_names(|name| folder::read(&folder.join(name).with_extension("png")))
    }

    fn from_names<E>(mut texture: impl FnMut(&str) -> Result<Texture, E>) -> Result<Self, E> {
        let mut all = |names: &[&str]| names.iter().map(|name| texture(name)).collect::<Result<Vec<_>, E>>();
        let mut materials = all(&MATERIAL_NAMES[WATER as usize..])?;
        // The original draws materials opaquely, whatever their opacity.
        for pixel in materials.iter_mut().flat_map(|texture| &mut texture.pixels) {
            pixel[3] = 255;
        }
        materials.insert(0, Texture::flat(OUTSIDE_COLOR));
        let items = all(&ITEM_NAMES[..NUM_ITEMS as usize])?;
        Ok(Self { materials, sprites: all(&SPRITE_NAMES)?, items, digits: all(&DIGIT_NAMES)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_chosen_as_pillow_does() {
        let mut texture = Texture::flat([0; 3]);
        for (index, pixel) in texture.pixels.iter_mut().enumerate() {
            pixel[0] = (index % TEXTURE_SIZE) as u8;
            pixel[1] = (index / TEXTURE_SIZE) as u8;
        }
        for (size, places) in [
            (7, vec![1, 3, 5, 7, 10, 12, 14]),
            (5, vec![1, 4, 8, 11, 14]),
            (4, vec![2, 6, 10, 14]),
            (9, vec![0, 2, 4, 6, 8, 9, 11, 13, 15]),
        ] {
            let scaled = texture.scaled(size);
            assert_eq!(scaled[..size].iter().map(|pixel| pixel[0]).collect::<Vec<_>>(), places);
            assert_eq!(scaled.iter().step_by(size).map(|pixel| pixel[1]).collect::<Vec<_>>(), places);
        }
    }

    #[test]
    fn all_painted_pictures_are_different() {
        let set = TextureSet::painted();
        let mut all: Vec<&Texture> = set.materials.iter().chain(&set.sprites).chain(&set.digits).collect();
        // An item that is also a material may look like it.
        all.extend(set.items.iter().filter(|item| !set.materials.contains(item)));
        for (index, texture) in all.iter().enumerate() {
            assert!(!all[..index].contains(texture), "picture {index}");
        }
    }
}
