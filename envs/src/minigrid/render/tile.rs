//! One cell of a frame: the object in it, the agent on it, the highlight over it.
//!
//! Shapes, colours and the arithmetic down to the rounding are those of Farama Minigrid 3.2.0: a tile
//! is sampled at three times its size in both directions and averaged down.

use super::shapes::{Arrow, Point, Shape};
use crate::minigrid::components::records::{
    BALL, BOX, CLOSED, DOOR, FLOOR, GOAL, KEY, LAVA, LOCKED, OPEN, WALL, color_of, kind_of, state_of,
};

/// Red, green and blue of each colour index: red, green, blue, purple, yellow, grey.
pub const COLORS: [[u8; 3]; 6] =
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [112, 39, 195], [255, 255, 0], [100, 100, 100]];

const BLACK: [u8; 3] = [0, 0, 0];
const GRID_LINE: [u8; 3] = [100, 100, 100];
const LAVA_ORANGE: [u8; 3] = [255, 128, 0];
const AGENT_RED: [u8; 3] = [255, 0, 0];

/// Width of the lines at the left and top edge of a tile, in tile widths.
const GRID_LINE_WIDTH: f64 = 0.031;
/// Share of white that the highlight mixes in.
const HIGHLIGHT: f64 = 0.30;
/// Samples a pixel in each direction.
const SAMPLES: usize = 3;

const WHOLE: Shape = Shape::square(0.0, 1.0);

/// What one cell of a frame shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Word of the object; the contents of a box do not show. `EMPTY` and `UNSEEN` are nothing.
    pub object: u32,
    /// Direction of the agent when it stands here: 0 right, 1 down, 2 left, 3 up.
    pub agent: Option<u32>,
    /// Whether the agent sees this cell.
    pub highlight: bool,
}

impl Tile {
    /// Paints the tile into `pixels`, `[size][size][3]`: row, column, red-green-blue.
    ///
    /// # Panics
    /// When `pixels` is not `size * size * 3` bytes long.
    pub fn paint(&self, size: usize, pixels: &mut [u8]) {
        assert_eq!(pixels.len(), size * size * 3, "a tile of {size} pixels is {size}x{size}x3 bytes");
        let arrow = self.agent.map(Arrow::new);
        let samples = (SAMPLES * size) as f64;
        let center = |sample: usize| (sample as f64 + 0.5) / samples;

        for (at, pixel) in pixels.chunks_exact_mut(3).enumerate() {
            let (row, column) = (at / size, at % size);
            let mut sum = [0.0; 3];
            for sample_row in 0..SAMPLES {
                let y = center(row * SAMPLES + sample_row);
                let mut row_sum = [0.0; 3];
                for sample_column in 0..SAMPLES {
                    let x = center(column * SAMPLES + sample_column);
                    let color = self.sample(arrow.as_ref(), Point { x, y });
                    for (total, component) in row_sum.iter_mut().zip(color) {
                        *total += f64::from(component);
                    }
                }
                for (total, row_total) in sum.iter_mut().zip(row_sum) {
                    *total += row_total / SAMPLES as f64;
                }
            }
            for (byte, total) in pixel.iter_mut().zip(sum) {
                *byte = (total / SAMPLES as f64) as u8;
            }
        }
    }

    /// Colour of the tile at one point.
    fn sample(&self, arrow: Option<&Arrow>, point: Point) -> [u8; 3] {
        let on_line = point.x <= GRID_LINE_WIDTH || point.y <= GRID_LINE_WIDTH;
        let mut color = if on_line { GRID_LINE } else { BLACK };
        if let Some(painted) = object_color(self.object, point) {
            color = painted;
        }
        if arrow.is_some_and(|arrow| arrow.contains(point)) {
            color = AGENT_RED;
        }
        if self.highlight {
            color = color.map(|v| (f64::from(v) + HIGHLIGHT * f64::from(255 - v)) as u8);
        }
        color
    }
}

/// Colour that the object paints at one point, if it covers it.
fn object_color(object: u32, point: Point) -> Option<[u8; 3]> {
    let color = COLORS[(color_of(object) as usize).min(COLORS.len() - 1)];
    let dimmed = |share: f64| color.map(|v| (f64::from(v) * share) as u8);
    match (kind_of(object), state_of(object)) {
        (WALL | GOAL, _) => top_layer(&[(WHOLE, color)], point),
        (FLOOR, _) => top_layer(&[(Shape::square(0.031, 1.0), dimmed(0.5))], point),
        (LAVA, _) => lava_color(point),
        (DOOR, OPEN) => top_layer(
            &[
                (Shape::Rectangle(0.88, 1.0, 0.0, 1.0), color),
                (Shape::Rectangle(0.92, 0.96, 0.04, 0.96), BLACK),
            ],
            point,
        ),
        (DOOR, LOCKED..) => top_layer(
            &[
                (WHOLE, color),
                (Shape::square(0.06, 0.94), dimmed(0.45)),
                (Shape::Rectangle(0.52, 0.75, 0.50, 0.56), color),
            ],
            point,
        ),
        (DOOR, CLOSED) => top_layer(
            &[
                (WHOLE, color),
                (Shape::square(0.04, 0.96), BLACK),
                (Shape::square(0.08, 0.92), color),
                (Shape::square(0.12, 0.88), BLACK),
                (Shape::Circle(0.75, 0.50, 0.08), color),
            ],
            point,
        ),
        (KEY, _) => top_layer(
            &[
                (Shape::Rectangle(0.50, 0.63, 0.31, 0.88), color),
                (Shape::Rectangle(0.38, 0.50, 0.59, 0.66), color),
                (Shape::Rectangle(0.38, 0.50, 0.81, 0.88), color),
                (Shape::Circle(0.56, 0.28, 0.190), color),
                (Shape::Circle(0.56, 0.28, 0.064), BLACK),
            ],
            point,
        ),
        (BALL, _) => top_layer(&[(Shape::Circle(0.5, 0.5, 0.31), color)], point),
        (BOX, _) => top_layer(
            &[
                (Shape::square(0.12, 0.88), color),
                (Shape::square(0.18, 0.82), BLACK),
                (Shape::Rectangle(0.16, 0.84, 0.47, 0.53), color),
            ],
            point,
        ),
        _ => None,
    }
}

/// Orange with three black waves.
fn lava_color(point: Point) -> Option<[u8; 3]> {
    const RADIUS: f64 = 0.03;
    let in_wave = (0..3).any(|wave| {
        let low = 0.3 + 0.2 * f64::from(wave);
        let high = 0.4 + 0.2 * f64::from(wave);
        [
            Shape::Line(0.1, low, 0.3, high, RADIUS),
            Shape::Line(0.3, high, 0.5, low, RADIUS),
            Shape::Line(0.5, low, 0.7, high, RADIUS),
            Shape::Line(0.7, high, 0.9, low, RADIUS),
        ]
        .iter()
        .any(|line| line.contains(point))
    });
    Some(if in_wave { BLACK } else { LAVA_ORANGE })
}

/// Colour of the last of `layers`, painted in order, that covers the point.
fn top_layer(layers: &[(Shape, [u8; 3])], point: Point) -> Option<[u8; 3]> {
    layers.iter().rev().find(|(shape, _)| shape.contains(point)).map(|(_, color)| *color)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::components::records::{EMPTY, RED, cell};

    fn painted(tile: Tile, size: usize) -> Vec<u8> {
        let mut pixels = vec![0; size * size * 3];
        tile.paint(size, &mut pixels);
        pixels
    }

    #[test]
    fn an_empty_tile_is_black_with_grey_lines_at_its_left_and_top() {
        let pixels = painted(Tile { object: EMPTY, ..Tile::default() }, 32);
        let at = |row: usize, column: usize| &pixels[(row * 32 + column) * 3..][..3];
        assert_eq!(at(0, 31), GRID_LINE);
        assert_eq!(at(31, 0), GRID_LINE);
        assert_eq!(at(31, 31), BLACK);
    }

    #[test]
    fn highlight_mixes_in_three_tenths_of_white() {
        let red_wall = Tile { object: cell(WALL, RED, 0), agent: None, highlight: true };
        assert_eq!(painted(red_wall, 1), [255, 76, 76]);
    }

    #[test]
    fn the_agent_covers_the_goal_it_stands_on() {
        let goal = cell(GOAL, 1, 0);
        for agent in 0..4 {
            let pixels = painted(Tile { object: goal, agent: Some(agent), highlight: false }, 5);
            assert_eq!(pixels[(2 * 5 + 2) * 3..][..3], AGENT_RED, "direction {agent}");
            assert_eq!(pixels[..3], COLORS[1], "direction {agent}");
        }
    }

    #[test]
    fn contents_of_a_box_do_not_show() {
        let empty_box = Tile { object: cell(BOX, 2, 0), ..Tile::default() };
        let full_box = Tile { object: cell(BOX, 2, 0) | 0x15 << 24, ..Tile::default() };
        assert_eq!(painted(empty_box, 16), painted(full_box, 16));
    }
}
