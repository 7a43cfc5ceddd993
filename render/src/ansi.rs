//! A MiniGrid world as terminal text: two characters a cell, in 24-bit colours or as plain letters.
//!
//! The letters are those that Farama Minigrid prints: type and first letter of the colour (`KY` a
//! yellow key, `AR` a red ball, `__` an open door, `L` a locked one), the agent as a doubled arrow.
//! Green and grey would both be `G`, so grey is written `E`.

use std::fmt::Write;

use anstyle::{RgbColor, Style};
use pentathlon_envs::minigrid::{
    components::records::{
        BALL, BOX, CLOSED, DOOR, EMPTY, FLOOR, GOAL, KEY, LAVA, OPEN, UNSEEN, WALL, color_of, contents_of,
        kind_of, state_of,
    },
    render::{COLORS, Scene},
};

use crate::{AnsiOptions, Color, View};

const COLOR_NAMES: [&str; 6] = ["red", "green", "blue", "purple", "yellow", "grey"];
const COLOR_LETTERS: [char; 6] = ['R', 'G', 'B', 'P', 'Y', 'E'];

const BLACK: Color = [0, 0, 0];
/// Behind what the agent does not see, and what it sees.
const DARK: Color = [18, 18, 18];
const LIT: Color = [76, 76, 76];
const ORANGE: Color = [255, 128, 0];
const AGENT: Color = [255, 0, 0];

/// What stands in one cell of the text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cell {
    object: u32,
    agent: Option<u32>,
    highlight: bool,
}

/// Writes `scene`, and under it what `options.legend` asks for.
pub(crate) fn write_scene(scene: &Scene<'_>, mission: &str, options: &AnsiOptions) -> String {
    let (columns, rows) = match options.view {
        View::World => (scene.width, scene.height),
        View::Agent => (scene.view_size, scene.view_size),
    };
    let mut text = String::new();
    let mut shown = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let cell = match options.view {
                View::World => Cell {
                    object: scene.cells[column * scene.height + row],
                    agent: scene.agent_at(column, row),
                    highlight: options.highlight && scene.sees(column, row),
                },
                View::Agent => view_cell(scene, column, row),
            };
            shown.push(cell);
            if options.color {
                push_colored(&mut text, cell);
            } else {
                let [left, right] = letters(cell);
                text.extend([left, right]);
            }
        }
        text.push('\n');
    }
    if options.legend {
        push_legend(&mut text, &shown, scene.state.carrying, mission, options.color);
    }
    text
}

fn view_cell(scene: &Scene<'_>, column: usize, row: usize) -> Cell {
    let size = scene.view_size;
    let object = scene.view[column * size + row];
    let own = column == size / 2 && row + 1 == size;
    Cell { object, agent: own.then_some(3), highlight: object != UNSEEN }
}

/// The two letters of a cell.
fn letters(cell: Cell) -> [char; 2] {
    if let Some(direction) = cell.agent {
        return [['>', 'V', '<', '^'][(direction & 3) as usize]; 2];
    }
    let color = COLOR_LETTERS[color_index(cell.object)];
    match (kind_of(cell.object), state_of(cell.object)) {
        (WALL, _) => ['W', color],
        (FLOOR, _) => ['F', color],
        (DOOR, OPEN) => ['_', '_'],
        (DOOR, CLOSED) => ['D', color],
        (DOOR, _) => ['L', color],
        (KEY, _) => ['K', color],
        (BALL, _) => ['A', color],
        (BOX, _) => ['B', color],
        (GOAL, _) => ['G', color],
        (LAVA, _) => ['V', color],
        _ if cell.highlight => [' ', '.'],
        _ => [' ', ' '],
    }
}

/// Two glyphs with their colour and the colour behind them.
fn push_colored(text: &mut String, cell: Cell) {
    let color = COLORS[color_index(cell.object)];
    let behind = if cell.highlight { LIT } else { DARK };
    let brightened = |color: Color| {
        if cell.highlight { lighten(color) } else { color }
    };
    let (mut glyphs, mut ink, mut ground) = match (kind_of(cell.object), state_of(cell.object)) {
        (WALL | GOAL, _) => ("  ", color, brightened(color)),
        (FLOOR, _) => ("  ", color, brightened(color.map(|v| v / 2))),
        (DOOR, OPEN) => (" ▐", color, behind),
        (DOOR, CLOSED) => ("▌•", BLACK, brightened(color)),
        (DOOR, _) => ("▐▬", color, brightened(color.map(|v| v / 5 * 2))),
        (KEY, _) => ("o¬", color, behind),
        (BALL, _) => ("● ", color, behind),
        (BOX, _) => ("▣ ", color, behind),
        (LAVA, _) => ("≈≈", BLACK, brightened(ORANGE)),
        _ => ("  ", behind, behind),
    };
    if let Some(direction) = cell.agent {
        glyphs = ["▶ ", "▼ ", "◀ ", "▲ "][(direction & 3) as usize];
        ink = AGENT;
        if !matches!(kind_of(cell.object), FLOOR | GOAL | LAVA) {
            ground = behind;
        }
    }
    let paint = |[r, g, b]: Color| Some(RgbColor(r, g, b).into());
    let style = Style::new().fg_color(paint(ink)).bg_color(paint(ground));
    push(text, format_args!("{style}{glyphs}{style:#}"));
}

/// An object that no agent stands on and nobody looks at.
pub(crate) fn push_object(text: &mut String, object: u32, color: bool) {
    let cell = Cell { object, agent: None, highlight: false };
    if color {
        push_colored(text, cell);
    } else {
        text.extend(letters(cell));
    }
}

/// The lines under the picture.
fn push_legend(text: &mut String, shown: &[Cell], carrying: u32, mission: &str, color: bool) {
    if !mission.is_empty() {
        push(text, format_args!("mission: {mission}\n"));
    }
    if carrying != 0 {
        push(text, format_args!("carrying: {}\n", describe(carrying)));
    }
    let mut listed: Vec<Cell> = Vec::new();
    for cell in shown {
        let cell = Cell { agent: None, highlight: false, ..*cell };
        let is_object = !matches!(kind_of(cell.object), UNSEEN | EMPTY | WALL);
        if is_object && !listed.contains(&cell) {
            listed.push(cell);
        }
    }
    for cell in listed {
        if color {
            push_colored(text, cell);
        } else {
            let [left, right] = letters(cell);
            text.extend([left, right]);
        }
        push(text, format_args!(" {}\n", describe(cell.object)));
    }
}

/// An object in words.
pub(crate) fn describe(object: u32) -> String {
    let color = COLOR_NAMES[color_index(object)];
    let kind = match (kind_of(object), state_of(object)) {
        (UNSEEN | EMPTY, _) => return "nothing".into(),
        (LAVA, _) => return "lava".into(),
        (WALL, _) => "wall",
        (FLOOR, _) => "floor",
        (DOOR, OPEN) => "open door",
        (DOOR, CLOSED) => "closed door",
        (DOOR, _) => "locked door",
        (KEY, _) => "key",
        (BALL, _) => "ball",
        (BOX, _) if contents_of(object) != 0 => {
            return format!("{color} box with a {} in it", describe(contents_of(object)));
        }
        (BOX, _) => "box",
        (GOAL, _) => "goal",
        _ => "unknown object",
    };
    format!("{color} {kind}")
}

fn color_index(object: u32) -> usize {
    (color_of(object) as usize).min(COLORS.len() - 1)
}

/// As the highlight of frames: three tenths of white.
fn lighten(color: Color) -> Color {
    color.map(|v| v + ((255 - u16::from(v)) * 3 / 10) as u8)
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::minigrid::components::records::{
        BLUE, GREEN, GREY, LOCKED, PURPLE, RED, State, YELLOW, box_with, cell,
    };

    use super::*;

    /// A room with one of everything, drawn by columns.
    fn room() -> (State, Vec<u32>, Vec<u32>) {
        let wall = cell(WALL, GREY, 0);
        let columns = [
            [wall; 5],
            [wall, EMPTY, cell(KEY, YELLOW, 0), cell(BALL, BLUE, 0), wall],
            [wall, cell(DOOR, RED, OPEN), cell(DOOR, PURPLE, CLOSED), cell(DOOR, GREEN, LOCKED), wall],
            [wall, box_with(GREY, cell(KEY, RED, 0)), cell(FLOOR, BLUE, 0), cell(LAVA, RED, 0), wall],
            [wall, EMPTY, cell(GOAL, GREEN, 0), EMPTY, wall],
            [wall; 5],
        ];
        let state =
            State { x: 1, y: 1, dir: 1, carrying: cell(KEY, GREEN, 0), ..bytemuck::Zeroable::zeroed() };
        // A view of 3x3 that shows the cell ahead and the one to the right of it.
        let mut view = vec![UNSEEN; 9];
        view[3 + 2] = cell(KEY, GREEN, 0);
        view[3 + 1] = cell(KEY, YELLOW, 0);
        view[2] = cell(DOOR, RED, OPEN);
        (state, columns.concat(), view)
    }

    fn write(options: AnsiOptions) -> String {
        let (state, cells, view) = room();
        let scene = Scene { state: &state, cells: &cells, width: 6, height: 5, view: &view, view_size: 3 };
        write_scene(&scene, "get to the green goal square", &options)
    }

    #[test]
    fn letters_of_the_world() {
        let options = AnsiOptions { color: false, ..AnsiOptions::default() };
        assert_eq!(
            write(options),
            "WEWEWEWEWEWE\n\
             WEVV__BE  WE\n\
             WEKYDPFBGGWE\n\
             WEABLGVR  WE\n\
             WEWEWEWEWEWE\n\
             mission: get to the green goal square\n\
             carrying: green key\n\
             __ red open door\n\
             BE grey box with a red key in it\n\
             KY yellow key\n\
             DP purple closed door\n\
             FB blue floor\n\
             GG green goal\n\
             AB blue ball\n\
             LG green locked door\n\
             VR lava\n"
        );
    }

    #[test]
    fn letters_of_what_the_agent_sees() {
        let options =
            AnsiOptions { color: false, view: View::Agent, legend: false, ..AnsiOptions::default() };
        assert_eq!(write(options), "      \n  KY  \n__^^  \n");
    }

    #[test]
    fn colors_of_the_first_cells() {
        let options = AnsiOptions { legend: false, ..AnsiOptions::default() };
        let text = write(options);
        let second_row = text.lines().nth(1).unwrap();
        let cells: Vec<&str> = second_row.split_inclusive("\u{1b}[0m").collect();
        assert_eq!(cells.len(), 6);
        assert_eq!(cells[0], "\u{1b}[38;2;100;100;100m\u{1b}[48;2;100;100;100m  \u{1b}[0m");
        assert_eq!(cells[1], "\u{1b}[38;2;255;0;0m\u{1b}[48;2;76;76;76m▼ \u{1b}[0m");
        assert_eq!(cells[2], "\u{1b}[38;2;255;0;0m\u{1b}[48;2;76;76;76m ▐\u{1b}[0m");
    }

    #[test]
    fn without_highlight_nothing_stands_out() {
        let options = AnsiOptions { legend: false, highlight: false, ..AnsiOptions::default() };
        assert!(!write(options).contains("76;76;76"));
    }
}
