//! The suite's own pictures, painted by code: mottled ground, a few plain shapes for what stands on it.

use super::{
    Texture,
    canvas::{Canvas, Color},
};

const GRASS: Color = [94, 158, 62];
const LEAF: Color = [44, 108, 44];
const LIGHT_LEAF: Color = [70, 140, 58];
const STONE: Color = [122, 122, 126];
const DARK_STONE: Color = [78, 78, 84];
const WOOD: Color = [150, 106, 60];
const DARK_WOOD: Color = [98, 66, 36];
const IRON: Color = [216, 160, 120];
const DIAMOND: Color = [150, 232, 240];
const BLACK: Color = [24, 22, 26];
const WHITE: Color = [240, 240, 236];
const SKIN: Color = [236, 190, 150];
const RED: Color = [206, 52, 52];

/// The picture of `name`; a question mark for a name that is not known.
pub(super) fn texture(name: &str) -> Texture {
    let canvas = match name {
        "water" | "grass" | "sand" | "path" | "tree" | "lava" => ground(name),
        "stone" | "coal" | "iron" | "diamond" | "table" | "furnace" => rock(name),
        "cow" | "zombie" | "skeleton" => creature(name),
        "plant" | "plant-ripe" | "sapling" => plant(name),
        "health" | "food" | "drink" | "energy" | "wood" => supply(name),
        _ => match name.split_once(['-', '_']) {
            Some(("player", pose)) => player(pose),
            Some(("arrow", direction)) => arrow(direction),
            Some((material, "pickaxe")) => pickaxe(material),
            Some((material, "sword")) => sword(material),
            _ => digit(name),
        },
    };
    canvas.finish()
}

fn ground(name: &str) -> Canvas {
    match name {
        "water" => {
            let mut canvas = Canvas::mottled([58, 110, 196], 5, 1);
            for (x, y) in [(1, 3), (9, 6), (3, 10), (10, 13)] {
                canvas.line((x, y), (x + 4, y), [110, 160, 226]).dot(x + 5, y - 1, [110, 160, 226]);
            }
            canvas
        }
        "sand" => Canvas::mottled([222, 204, 146], 9, 2),
        "path" => Canvas::mottled([176, 158, 130], 7, 3),
        "lava" => {
            let mut canvas = Canvas::mottled([224, 92, 28], 14, 4);
            canvas.disc(4, 5, 5, [250, 190, 60]).disc(11, 11, 6, [250, 190, 60]).disc(
                12,
                3,
                3,
                [255, 226, 120],
            );
            canvas
        }
        "tree" => {
            let mut canvas = Canvas::mottled(GRASS, 8, 5);
            canvas.rectangle(7, 10, 3, 6, DARK_WOOD).disc(8, 7, 13, LEAF).disc(7, 6, 8, LIGHT_LEAF);
            canvas
        }
        _ => Canvas::mottled(GRASS, 8, 5),
    }
}

fn rock(name: &str) -> Canvas {
    let mut canvas = Canvas::mottled(STONE, 8, 6);
    let spots = [(4, 4), (11, 6), (6, 11), (12, 12)];
    match name {
        "coal" => spots.iter().fold(&mut canvas, |canvas, &(x, y)| canvas.disc(x, y, 4, BLACK)),
        "iron" => {
            spots.iter().fold(&mut canvas, |canvas, &(x, y)| canvas.disc(x, y, 4, IRON).dot(x, y, WHITE))
        }
        "diamond" => spots.iter().fold(&mut canvas, |canvas, &(x, y)| {
            canvas
                .rectangle(x - 1, y - 2, 2, 4, DIAMOND)
                .rectangle(x - 2, y - 1, 4, 2, DIAMOND)
                .dot(x, y, WHITE)
        }),
        "table" => {
            canvas = Canvas::mottled(WOOD, 5, 7);
            canvas.rectangle(0, 0, 16, 1, DARK_WOOD).rectangle(0, 15, 16, 1, DARK_WOOD);
            canvas.rectangle(0, 0, 1, 16, DARK_WOOD).rectangle(15, 0, 1, 16, DARK_WOOD);
            canvas.line((5, 1), (5, 14), DARK_WOOD).line((10, 1), (10, 14), DARK_WOOD);
            canvas.line((3, 11), (8, 4), WHITE).rectangle(8, 3, 3, 3, DARK_STONE)
        }
        "furnace" => {
            canvas.rectangle(0, 0, 16, 2, DARK_STONE).rectangle(0, 14, 16, 2, DARK_STONE);
            canvas.rectangle(4, 6, 8, 7, BLACK).rectangle(5, 9, 6, 4, [240, 140, 40]);
            canvas.rectangle(6, 10, 4, 3, [255, 222, 110])
        }
        _ => canvas.line((2, 5), (6, 4), DARK_STONE).line((9, 11), (13, 10), DARK_STONE),
    };
    canvas
}

fn creature(name: &str) -> Canvas {
    let mut canvas = Canvas::transparent();
    match name {
        "cow" => {
            let brown = [126, 80, 50];
            canvas.rectangle(3, 11, 2, 4, BLACK).rectangle(11, 11, 2, 4, BLACK).rectangle(2, 4, 12, 8, brown);
            canvas.rectangle(4, 5, 4, 3, WHITE).rectangle(9, 8, 4, 3, WHITE);
            canvas.rectangle(5, 1, 6, 5, brown).rectangle(6, 4, 4, 2, SKIN).dot(6, 2, WHITE).dot(9, 2, WHITE)
        }
        "zombie" => {
            let green = [82, 142, 78];
            canvas.rectangle(5, 1, 6, 6, green).dot(6, 3, RED).dot(9, 3, RED).rectangle(6, 5, 4, 1, BLACK);
            canvas
                .rectangle(4, 7, 8, 5, [54, 92, 120])
                .rectangle(1, 7, 3, 2, green)
                .rectangle(12, 7, 3, 2, green);
            canvas.rectangle(5, 12, 2, 4, [48, 50, 90]).rectangle(9, 12, 2, 4, [48, 50, 90])
        }
        _ => {
            canvas.rectangle(5, 1, 6, 5, WHITE).rectangle(6, 3, 1, 2, BLACK).rectangle(9, 3, 1, 2, BLACK);
            canvas.rectangle(7, 6, 2, 6, WHITE).line((4, 7), (11, 7), WHITE).line((5, 9), (10, 9), WHITE);
            canvas.line((4, 8), (4, 11), WHITE).line((11, 8), (11, 11), WHITE);
            canvas.line((6, 12), (5, 15), WHITE).line((9, 12), (10, 15), WHITE).line(
                (13, 4),
                (13, 12),
                DARK_WOOD,
            )
        }
    };
    canvas
}

fn player(pose: &str) -> Canvas {
    let (shirt, trousers, hair) = ([62, 122, 200], [60, 60, 110], [96, 60, 30]);
    let mut canvas = Canvas::transparent();
    if pose == "sleep" {
        canvas.rectangle(1, 6, 14, 6, [150, 60, 70]).rectangle(1, 6, 4, 6, WHITE).rectangle(2, 7, 3, 4, SKIN);
        canvas.rectangle(2, 7, 1, 4, hair).dot(4, 8, BLACK).dot(4, 10, BLACK);
        return canvas;
    }
    canvas.rectangle(5, 1, 6, 6, SKIN).rectangle(5, 1, 6, 2, hair).rectangle(4, 7, 8, 5, shirt);
    canvas.rectangle(5, 12, 2, 4, trousers).rectangle(9, 12, 2, 4, trousers);
    match pose {
        "up" => canvas.rectangle(5, 1, 6, 5, hair).rectangle(3, 6, 1, 4, SKIN).rectangle(12, 6, 1, 4, SKIN),
        "down" => {
            canvas.dot(6, 4, BLACK).dot(9, 4, BLACK).rectangle(3, 8, 1, 4, SKIN).rectangle(12, 8, 1, 4, SKIN)
        }
        _ => canvas.rectangle(9, 1, 2, 5, hair).dot(6, 4, BLACK).rectangle(1, 8, 4, 2, SKIN),
    };
    if pose == "right" { canvas.mirrored() } else { canvas }
}

fn arrow(direction: &str) -> Canvas {
    let mut left = Canvas::transparent();
    left.line((3, 8), (13, 8), DARK_WOOD).line((2, 8), (5, 5), WHITE).line((2, 8), (5, 11), WHITE);
    left.line((13, 8), (15, 6), RED).line((13, 8), (15, 10), RED);
    match direction {
        "right" => left.mirrored(),
        "up" => left.mirrored().turned(),
        "down" => left.turned(),
        _ => left,
    }
}

fn plant(name: &str) -> Canvas {
    let mut canvas = Canvas::transparent();
    canvas.line((8, 6), (8, 14), LEAF).disc(5, 9, 5, LIGHT_LEAF).disc(11, 7, 5, LIGHT_LEAF);
    match name {
        "plant-ripe" => canvas.disc(8, 4, 6, RED).dot(7, 3, WHITE).disc(4, 12, 3, RED).disc(12, 11, 3, RED),
        "plant" => canvas.disc(8, 4, 4, LEAF),
        _ => canvas.rectangle(5, 12, 6, 3, DARK_WOOD),
    };
    canvas
}

fn supply(name: &str) -> Canvas {
    let mut canvas = Canvas::transparent();
    match name {
        "health" => {
            canvas.disc(5, 6, 7, RED).disc(11, 6, 7, RED);
            (0..7).fold(&mut canvas, |canvas, row| canvas.rectangle(2 + row, 7 + row, 12 - 2 * row, 1, RED))
        }
        "food" => canvas.disc(9, 7, 10, [172, 96, 52]).line((5, 10), (2, 13), WHITE).disc(2, 14, 3, WHITE),
        "drink" => {
            canvas.disc(8, 10, 9, [76, 146, 230]);
            (0..6).fold(&mut canvas, |canvas, row| {
                canvas.rectangle(8 - row / 2, 2 + row, 1 + row, 1, [76, 146, 230])
            })
        }
        "energy" => {
            let yellow = [250, 214, 70];
            (0..7)
                .fold(&mut canvas, |canvas, row| {
                    canvas.rectangle(8 - row / 2, 1 + row, 3, 1, yellow).rectangle(
                        9 - row / 2,
                        8 + row,
                        3,
                        1,
                        yellow,
                    )
                })
                .rectangle(5, 7, 7, 1, yellow)
        }
        _ => canvas.rectangle(2, 4, 12, 8, WOOD).line((2, 7), (13, 7), DARK_WOOD).disc(3, 8, 7, DARK_WOOD),
    };
    canvas
}

fn metal(material: &str) -> Color {
    match material {
        "wood" => WOOD,
        "stone" => STONE,
        _ => IRON,
    }
}

fn pickaxe(material: &str) -> Canvas {
    let mut canvas = Canvas::transparent();
    canvas.line((4, 13), (11, 4), DARK_WOOD).line((5, 13), (12, 4), DARK_WOOD);
    let head = metal(material);
    canvas.line((5, 2), (13, 4), head).line((5, 3), (12, 4), head).line((13, 4), (14, 11), head);
    canvas.line((12, 4), (13, 11), head);
    canvas
}

fn sword(material: &str) -> Canvas {
    let mut canvas = Canvas::transparent();
    let blade = metal(material);
    canvas.line((6, 9), (13, 2), blade).line((7, 9), (14, 2), blade).line((6, 8), (12, 2), WHITE);
    canvas.line((3, 8), (8, 13), DARK_WOOD).line((2, 14), (5, 11), DARK_WOOD).line(
        (2, 13),
        (4, 11),
        DARK_WOOD,
    );
    canvas
}

fn digit(name: &str) -> Canvas {
    let rows = match name {
        "1" => [0b010, 0b110, 0b010, 0b010, 0b111],
        "2" => [0b111, 0b001, 0b111, 0b100, 0b111],
        "3" => [0b111, 0b001, 0b011, 0b001, 0b111],
        "4" => [0b101, 0b101, 0b111, 0b001, 0b001],
        "5" => [0b111, 0b100, 0b111, 0b001, 0b111],
        "6" => [0b111, 0b100, 0b111, 0b101, 0b111],
        "7" => [0b111, 0b001, 0b010, 0b010, 0b010],
        "8" => [0b111, 0b101, 0b111, 0b101, 0b111],
        "9" => [0b111, 0b101, 0b111, 0b001, 0b111],
        _ => [0b111, 0b001, 0b010, 0b000, 0b010],
    };
    let mut canvas = Canvas::transparent();
    canvas.glyph(rows);
    canvas
}
