//! The image that the original shows: the local view in its light, and below it what the player has.

use pentathlon_engine::{Instance, with_wide_vectors};
use pentathlon_gym::seeding::Random;

use super::{
    super::{
        components::{
            Player,
            records::{Clock, NUM_ITEMS, PLAYER, PLAYER_COUNT, RULE_REVIVAL},
        },
        daylight::daylight,
        layout::Layout,
        reference::mersenne_twister::MersenneTwister,
        textures::{TEXTURE_SIZE, Texture, TextureSet},
    },
    light::{Colors, Noise, dreamt, lit, noise_brightness, noise_strength, vignette},
    view::{VIEW_COLUMNS, VIEW_ROWS, VIEW_TILES, corner, look, place_in_view},
};

/// Tiles along a side of the image: the local view and two rows of items.
const GRID: usize = 9;
/// Sprite of a sleeping player.
const SLEEPER: usize = 4;
/// Sprite of the first kind that is no player.
const FIRST_CREATURE: usize = 5;
/// Pixels that are lit at once.
const BLOCK: usize = 16;
/// No sprite.
const NO_SPRITE: u8 = u8::MAX;

/// Smallest side of an image in pixels.
pub const SMALLEST_IMAGE: usize = 2 * GRID;
/// Largest side of an image in pixels.
pub const LARGEST_IMAGE: usize = 512;

/// Pixels of the part of an image of `size` by `size` pixels that noise is drawn over at night.
pub fn noise_pixels(size: usize) -> usize {
    let unit = size / GRID;
    unit * VIEW_COLUMNS * unit * VIEW_ROWS
}

/// Paints images of one size.
#[derive(Debug)]
pub struct ImagePainter {
    /// Side of the image in pixels.
    size: usize,
    /// Side of a tile in pixels.
    unit: usize,
    /// Pixels left of and above the tiles.
    border: usize,
    /// Materials, `[material, row, column]`.
    materials: Vec<[u8; 3]>,
    /// Sprites with their opacity, `[sprite, row, column]`.
    sprites: Vec<[u8; 4]>,
    /// Cells of the inventory, `[item, digit, row, column]`.
    cells: Vec<[u8; 3]>,
    /// How much noise there is at each pixel of the local view, row by row.
    vignette: Vec<f64>,
    /// Places of the pixels of a tile, counted from its first.
    tile: Vec<u32>,
    /// Places of the pixels of the local view, row by row.
    view: Vec<u32>,
    /// Pixels of the local view, by number, column by column: the order in which the original draws noise.
    by_columns: Vec<u32>,
}

/// The local view as it is painted.
struct Scene {
    materials: [u8; VIEW_TILES],
    sprites: [u8; VIEW_TILES],
}

/// `texture` laid over `under` with its opacity, in `f32` as the original does.
#[inline]
fn blend([red, green, blue, opacity]: [u8; 4], under: [u8; 3]) -> [u8; 3] {
    let opacity = f32::from(opacity) / 255.0;
    let over = [red, green, blue];
    std::array::from_fn(|channel| {
        let (texture, canvas) = (f32::from(over[channel]) / 255.0, f32::from(under[channel]) / 255.0);
        (255.0 * (opacity * texture + (1.0 - opacity) * canvas)) as u8
    })
}

/// Lays a scaled texture over a cell of `unit` by `unit` pixels, `offset` pixels from its corner.
fn lay(cell: &mut [[u8; 3]], unit: usize, texture: &Texture, size: usize, offset: usize) {
    for (index, &pixel) in texture.scaled(size).iter().enumerate() {
        let (x, y) = (offset + index % size, offset + index / size);
        if x < unit && y < unit {
            cell[y * unit + x] = blend(pixel, cell[y * unit + x]);
        }
    }
}

impl ImagePainter {
    /// Paints images of `size` by `size` pixels, from [`SMALLEST_IMAGE`] to [`LARGEST_IMAGE`].
    pub fn new(textures: &TextureSet, size: usize) -> Self {
        let unit = size / GRID;
        let opaque = |[red, green, blue, _]: [u8; 4]| [red, green, blue];
        let materials =
            textures.materials.iter().flat_map(|texture| texture.scaled(unit)).map(opaque).collect();
        let sprites = textures.sprites.iter().flat_map(|texture| texture.scaled(unit)).collect();
        let share = |part: f64| (part * unit as f64) as usize;
        let mut cells = vec![[0; 3]; NUM_ITEMS as usize * textures.digits.len() * unit * unit];
        for (index, cell) in cells.chunks_exact_mut(unit * unit).enumerate() {
            let (item, digit) = (index / textures.digits.len(), index % textures.digits.len());
            lay(cell, unit, &textures.items[item], share(0.8), share(0.1));
            lay(cell, unit, &textures.digits[digit], share(0.6), share(0.4));
        }
        let border = (size - GRID * unit) / 2;
        let (width, height) = (unit * VIEW_COLUMNS, unit * VIEW_ROWS);
        let rectangle = |first: usize, width: usize, height: usize| {
            let rows = (0..height).map(move |y| first + y * size);
            rows.flat_map(|start| (start..start + width).map(|place| place as u32)).collect()
        };
        Self {
            size,
            unit,
            border,
            materials,
            sprites,
            cells,
            vignette: vignette(width, height),
            tile: rectangle(0, unit, unit),
            view: rectangle(border * size + border, width, height),
            by_columns: (0..width).flat_map(|x| (0..height).map(move |y| (y * width + x) as u32)).collect(),
        }
    }

    /// Paints what player `index` sees into `row`, `[row, column, channel]`.
    pub fn paint(&self, layout: &Layout, instance: &Instance<'_, Clock>, index: usize, row: &mut [u8]) {
        let player = &layout.players(instance.items)[index];
        let scene = self.scene(layout, instance, index);
        let light = daylight(instance.state.step);
        let is_asleep = player.sleeping == 1;
        row.fill(0);
        let pixels: &mut [[u8; 3]] = bytemuck::cast_slice_mut(row);
        let strength = noise_strength(light);
        self.paint_view(&scene, pixels, strength.is_none().then_some(light));
        if let Some(strength) = strength {
            match layout.noise_generator(instance.items) {
                Some(mut words) => {
                    let mut random = MersenneTwister::new(&mut words);
                    random.skip(2 * self.view.len() * index);
                    self.darken(pixels, light, strength, |first| {
                        let numbers = &self.by_columns[first..];
                        let mut uniform = [(0, 0.0); BLOCK];
                        for (pixel, &number) in uniform.iter_mut().zip(numbers) {
                            *pixel = (number as usize, random.float());
                        }
                        uniform
                    });
                }
                None => {
                    let key = noise_key(instance, index);
                    let last = self.view.len() - 1;
                    self.darken(pixels, light, strength, |first| {
                        std::array::from_fn(|pixel| {
                            let number = (first + pixel).min(last);
                            (number, noise(key, number as u32))
                        })
                    });
                }
            }
        }
        if is_asleep {
            for &place in &self.view {
                pixels[place as usize] = dreamt(pixels[place as usize]);
            }
        }
        self.paint_items(player, pixels);
    }

    fn scene(&self, layout: &Layout, instance: &Instance<'_, Clock>, index: usize) -> Scene {
        let mut scene = Scene { materials: [0; VIEW_TILES], sprites: [0; VIEW_TILES] };
        look(layout, instance, index, &mut scene.materials, &mut scene.sprites);
        for code in &mut scene.sprites {
            *code = match u32::from(*code) {
                0 | PLAYER => NO_SPRITE,
                code => (code - PLAYER - 1) as u8 + FIRST_CREATURE as u8,
            };
        }
        let (left, top) = corner(layout, instance.items, index);
        let team = &layout.players(instance.items)[..instance.items[PLAYER_COUNT as usize] as usize];
        // The dead lie on the ground where they can be brought back, else they are gone.
        let lie = layout.rules & RULE_REVIVAL != 0;
        for player in team.iter().filter(|player| player.alive == 1 || lie) {
            if let Some(place) = place_in_view(player.x as i32 - left, player.y as i32 - top) {
                let is_down = player.sleeping == 1 || player.alive == 0;
                let pose = if is_down { SLEEPER } else { player.facing as usize % SLEEPER };
                scene.sprites[place] = pose as u8;
            }
        }
        scene
    }

    /// Paints the tiles of the local view, under `light` by day. A tile without a sprite that was painted
    /// before is copied.
    fn paint_view(&self, scene: &Scene, pixels: &mut [[u8; 3]], light: Option<f64>) {
        let (unit, area) = (self.unit, self.unit * self.unit);
        let mut painted: [Option<usize>; 16] = [None; 16];
        for (place, (&material, &sprite)) in scene.materials.iter().zip(&scene.sprites).enumerate() {
            let first = self.first_pixel(place / VIEW_ROWS, place % VIEW_ROWS);
            let texture = &self.materials[usize::from(material) * area..][..area];
            if sprite != NO_SPRITE {
                let over = &self.sprites[usize::from(sprite) * area..][..area];
                for ((&offset, &under), &over) in self.tile.iter().zip(texture).zip(over) {
                    pixels[first + offset as usize] = blend(over, under);
                }
            } else if let Some(from) = painted[usize::from(material) % painted.len()] {
                for row in 0..unit {
                    let from = from + row * self.size;
                    pixels.copy_within(from..from + unit, first + row * self.size);
                }
                continue;
            } else {
                for (row, texture) in texture.chunks(unit).enumerate() {
                    pixels[first + row * self.size..][..unit].copy_from_slice(texture);
                }
                painted[usize::from(material) % painted.len()] = Some(first);
            }
            if let Some(daylight) = light {
                let pixels = &mut pixels[first..];
                with_wide_vectors(
                    #[inline(always)]
                    || {
                        for offsets in self.tile.chunks(BLOCK) {
                            change_block(pixels, offsets, |colors| lit(colors, daylight, None));
                        }
                    },
                );
            }
        }
    }

    /// Puts the night over the local view, its noise `strength` strong at the edges. `draw` gives the pixels of
    /// the block that begins with the `first` pixel to be changed: numbers, and a number between 0 and 1 for
    /// each.
    fn darken(
        &self,
        pixels: &mut [[u8; 3]],
        daylight: f64,
        strength: f64,
        mut draw: impl FnMut(usize) -> [(usize, f64); BLOCK],
    ) {
        with_wide_vectors(
            #[inline(always)]
            || {
                for first in (0..self.view.len()).step_by(BLOCK) {
                    let drawn = draw(first);
                    let count = BLOCK.min(self.view.len() - first);
                    let noise = Noise {
                        share: drawn.map(|(number, _)| strength * self.vignette[number]),
                        brightness: drawn.map(|(_, uniform)| noise_brightness(uniform)),
                    };
                    let places = drawn.map(|(number, _)| self.view[number]);
                    change_block(pixels, &places[..count], |colors| lit(colors, daylight, Some(&noise)));
                }
            },
        );
    }

    /// Paints what the player has.
    fn paint_items(&self, player: &Player, pixels: &mut [[u8; 3]]) {
        let (unit, area) = (self.unit, self.unit * self.unit);
        let digits = self.cells.len() / area / NUM_ITEMS as usize;
        for (item, &count) in player.inventory.iter().enumerate().filter(|(_, count)| **count > 0) {
            let digit = if (count as usize) < digits { count as usize } else { 0 };
            let cell = &self.cells[(item * digits + digit) * area..][..area];
            let first = self.first_pixel(item % GRID, VIEW_ROWS + item / GRID);
            for (row, colors) in cell.chunks(unit).enumerate() {
                pixels[first + row * self.size..][..unit].copy_from_slice(colors);
            }
        }
    }

    fn first_pixel(&self, column: usize, row: usize) -> usize {
        (self.border + row * self.unit) * self.size + self.border + column * self.unit
    }
}

/// Changes the colours of up to [`BLOCK`] pixels at `places`.
#[inline(always)]
fn change_block(
    pixels: &mut [[u8; 3]],
    places: &[u32],
    change: impl FnOnce(&Colors<BLOCK>) -> Colors<BLOCK>,
) {
    let mut colors = [[0; BLOCK]; 3];
    for (pixel, &place) in places.iter().enumerate() {
        let color = pixels[place as usize];
        for channel in 0..3 {
            colors[channel][pixel] = color[channel];
        }
    }
    let colors = change(&colors);
    for (pixel, &place) in places.iter().enumerate() {
        pixels[place as usize] = std::array::from_fn(|channel| colors[channel][pixel]);
    }
}

/// What tells the noise of one image from that of all others: the episode, the step, the player.
fn noise_key(instance: &Instance<'_, Clock>, index: usize) -> u32 {
    let stream = instance.episode.stream;
    scramble(stream.key ^ scramble(stream.lane ^ scramble(instance.state.step ^ (index as u32) << 28)))
}

/// A number between 0 and 1 for a pixel.
#[inline(always)]
fn noise(key: u32, pixel: u32) -> f64 {
    f64::from(scramble(key.wrapping_add(pixel))) * (1.0 / 4_294_967_296.0)
}

/// A bijection of words without visible structure: two rounds of multiplying and folding.
#[inline(always)]
fn scramble(word: u32) -> u32 {
    let mut word = (word ^ (word >> 16)).wrapping_mul(0x7feb_352d);
    word = (word ^ (word >> 15)).wrapping_mul(0x846c_a68b);
    word ^ (word >> 16)
}

const _: () = assert!(LARGEST_IMAGE >= GRID * TEXTURE_SIZE);

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::rules::begin_episode;
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;
    use crate::crafter::{components::records::ORIGINAL_RULES, generation::generate};

    /// The first image of a world, with a player that is changed before, in step `step`.
    fn image(size: usize, step: u32, change: impl FnOnce(&mut Player)) -> Vec<u8> {
        let layout = Layout::new(1, ORIGINAL_RULES, false);
        let mut items = vec![0; layout.words()];
        generate(&mut Philox::for_level(1, 2), &layout, 1, &mut items);
        change(&mut layout.players_mut(&mut items)[0]);
        let episode = begin_episode(0, 0, 0, 0, 0);
        let instance = Instance { state: &Clock { step }, items: &items, episode: &episode };
        let mut row = vec![7; size * size * 3];
        ImagePainter::new(&TextureSet::painted(), size).paint(&layout, &instance, 0, &mut row);
        row
    }

    fn brightness(image: &[u8]) -> f64 {
        image.iter().map(|byte| f64::from(*byte)).sum::<f64>() / image.len() as f64
    }

    #[test]
    fn nine_tiles_of_seven_pixels_leave_a_black_edge() {
        let image = image(64, 0, |_| {});
        for place in 0..64 {
            assert_eq!(image[(63 * 64 + place) * 3..][..3], [0; 3]);
            assert_eq!(image[(place * 64 + 63) * 3..][..3], [0; 3]);
        }
    }

    #[test]
    fn what_the_player_does_and_has_shows() {
        let plain = image(64, 0, |_| {});
        for change in [
            |player: &mut Player| player.facing = 0,
            |player: &mut Player| player.sleeping = 1,
            |player: &mut Player| player.inventory[5] = 1,
            |player: &mut Player| player.inventory[0] = 8,
        ] {
            assert_ne!(image(64, 0, change), plain);
        }
    }

    #[test]
    fn nights_are_dark_and_noisy() {
        let (day, night, later) = (image(64, 90, |_| {}), image(64, 210, |_| {}), image(64, 211, |_| {}));
        assert!(brightness(&night) < 0.8 * brightness(&day));
        assert_ne!(night, later);
        assert_eq!(night, image(64, 210, |_| {}), "the noise is the step's own");
    }

    #[test]
    fn every_size_can_be_painted() {
        for size in [SMALLEST_IMAGE, 27, 63, 64, 100, 144, LARGEST_IMAGE] {
            for step in [0, 210] {
                assert!(brightness(&image(size, step, |_| {})) > 10.0, "{size} pixels");
            }
        }
    }
}
