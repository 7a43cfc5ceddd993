//! The local view and what the player has, as text for a terminal: two characters a tile, on its colour
//! where colours are wanted. It is drawn from a row of the observation `symbolic` alone.

use std::{fmt::Write as _, sync::LazyLock};

use super::{
    components::{
        ITEM_NAMES, MATERIAL_NAMES,
        records::{NOTHING, NUM_ITEMS, PLANT, VITAL_ITEMS, WORLD_SIZE},
    },
    layout::Layout,
    observations::{
        symbolic::SYMBOLIC_LENGTH,
        view::{VIEW_COLUMNS, VIEW_ROWS, VIEW_TILES},
    },
    textures::{Texture, TextureSet},
};

/// Characters of each material without colours.
const MATERIAL_SIGNS: [&str; 13] =
    ["  ", "~~", "..", "##", "--", "::", "TT", "LL", "cc", "ii", "dd", "[]", "FF"];
/// Characters of each code of an object from the player on.
const OBJECT_SIGNS: [&str; 10] = ["@@", "Co", "Zo", "Sk", "<-", "->", "|^", "|v", "pl", "PL"];
/// Characters of the player itself, by direction and asleep.
const OWN_SIGNS: [&str; 5] = ["<@", "@>", "@^", "@v", "zZ"];
/// What is left of a colour in the darkest night.
const NIGHT_BRIGHTNESS: f32 = 0.35;

/// The mean colour of each material's picture.
static COLORS: LazyLock<Vec<[u8; 3]>> = LazyLock::new(|| {
    let mean = |texture: &Texture| {
        let sum = |channel: usize| texture.pixels.iter().map(|pixel| u32::from(pixel[channel])).sum::<u32>();
        [0, 1, 2].map(|channel| (sum(channel) / texture.pixels.len() as u32) as u8)
    };
    TextureSet::painted().materials.iter().map(mean).collect()
});

/// The picture of a row of the observation `symbolic`, lines ended by `\n`. Empty when it is no such row.
pub fn draw(row: &[u8], color: bool) -> String {
    if row.len() != SYMBOLIC_LENGTH {
        return String::new();
    }
    let (materials, rest) = row.split_at(VIEW_TILES);
    let (objects, rest) = rest.split_at(VIEW_TILES);
    let (items, pose) = rest.split_at(NUM_ITEMS as usize);
    let (facing, is_asleep, light) = (usize::from(pose[0]), pose[1] == 1, f32::from(pose[2]) / 255.0);
    let mut text = String::new();
    for y in 0..VIEW_ROWS {
        for x in 0..VIEW_COLUMNS {
            let place = x * VIEW_ROWS + y;
            let material = usize::from(materials[place]).min(MATERIAL_SIGNS.len() - 1);
            let is_self = (x, y) == (VIEW_COLUMNS / 2, VIEW_ROWS / 2);
            let sign = match usize::from(objects[place]) {
                1 if is_self => Some(OWN_SIGNS[if is_asleep { 4 } else { facing.min(3) }]),
                0 => None,
                code => OBJECT_SIGNS.get(code - 1).copied(),
            };
            write_tile(&mut text, material, sign, color.then_some(light));
        }
        text.push('\n');
    }
    text += &item_lines(items);
    text
}

/// The whole map of an environment's words, 64 lines of 64 tiles.
pub fn draw_map(items: &[u32], color: bool) -> String {
    let mut text = String::new();
    for y in 0..WORLD_SIZE as usize {
        for x in 0..WORLD_SIZE as usize {
            let tile = Layout::tile(items, x, y);
            let material = usize::from(tile & 15).min(MATERIAL_SIGNS.len() - 1);
            let sign = match u32::from(tile >> 4) {
                NOTHING => None,
                // Arrows and plants differ in what the map does not tell.
                PLANT => Some(OBJECT_SIGNS[8]),
                kind => OBJECT_SIGNS.get(kind as usize - 1).copied(),
            };
            write_tile(&mut text, material, sign, color.then_some(1.0));
        }
        text.push('\n');
    }
    text
}

/// Appends two characters: `sign` or that of the material, on the material's colour where there is light.
fn write_tile(text: &mut String, material: usize, sign: Option<&str>, light: Option<f32>) {
    let Some(light) = light else {
        text.push_str(sign.unwrap_or(MATERIAL_SIGNS[material]));
        return;
    };
    let bright = NIGHT_BRIGHTNESS + (1.0 - NIGHT_BRIGHTNESS) * light;
    let [red, green, blue] = COLORS[material].map(|channel| (f32::from(channel) * bright) as u8);
    let sign = sign.unwrap_or("  ");
    // Writing to a string cannot fail.
    let _ = write!(text, "\x1b[48;2;{red};{green};{blue}m\x1b[97;1m{sign}\x1b[0m");
}

/// What the player of a row of the observation `symbolic` has, on two lines. Empty when it is no such row.
pub fn inventory(row: &[u8]) -> String {
    if row.len() != SYMBOLIC_LENGTH {
        return String::new();
    }
    item_lines(&row[2 * VIEW_TILES..][..NUM_ITEMS as usize])
}

/// Vital items on a line, the others that there are on the next.
fn item_lines(items: &[u8]) -> String {
    let named = |range: std::ops::Range<usize>| {
        let counted = range.filter(|item| *item < VITAL_ITEMS as usize || items[*item] > 0);
        counted.map(|item| format!("{} {}", ITEM_NAMES[item], items[item])).collect::<Vec<_>>().join("  ")
    };
    format!("{}\n{}\n", named(0..VITAL_ITEMS as usize), named(VITAL_ITEMS as usize..items.len()))
}

/// What the characters without colours mean, in a line.
pub fn legend() -> String {
    let materials = MATERIAL_NAMES.iter().zip(MATERIAL_SIGNS).skip(1);
    materials.map(|(name, sign)| format!("{sign} {name}")).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_seven_lines_and_two_of_items() {
        let mut row = [0; SYMBOLIC_LENGTH];
        row[..VIEW_TILES].fill(2);
        row[VIEW_TILES + VIEW_TILES / 2] = 1;
        row[VIEW_TILES] = 3;
        row[2 * VIEW_TILES..2 * VIEW_TILES + 6].copy_from_slice(&[9, 8, 7, 6, 0, 2]);
        row[SYMBOLIC_LENGTH - 3] = 1;
        let text = draw(&row, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "Zo................");
        assert_eq!(lines[3], "........@>........");
        assert_eq!(lines[7], "health 9  food 8  drink 7  energy 6");
        assert_eq!(lines[8], "wood 2");
        assert_eq!(lines.len(), 9);
        assert!(draw(&row, true).contains("\x1b[48;2;"));
    }

    #[test]
    fn other_rows_draw_nothing() {
        assert_eq!(draw(&[1, 2, 3], true), "");
    }
}
