//! The words of missions: names of colours and objects, as Farama's mission texts use them.

use super::components::records::{
    BALL, BLUE, BOX, DOOR, GREEN, GREY, KEY, PURPLE, RED, YELLOW, color_of, kind_of,
};

/// The colours in alphabetical order of their names, the order in which levels draw them.
pub const COLORS: [u32; 6] = [BLUE, GREEN, GREY, PURPLE, RED, YELLOW];

/// Name of a colour index.
pub fn color_name(color: u32) -> &'static str {
    match color {
        RED => "red",
        GREEN => "green",
        BLUE => "blue",
        PURPLE => "purple",
        YELLOW => "yellow",
        GREY => "grey",
        _ => "unknown",
    }
}

/// Name of an object type index, of those that missions speak of.
pub fn kind_name(kind: u32) -> &'static str {
    match kind {
        DOOR => "door",
        KEY => "key",
        BALL => "ball",
        BOX => "box",
        _ => "object",
    }
}

/// Colour and type of a cell in words, such as `red ball`.
pub fn object_name(cell: u32) -> String {
    format!("{} {}", color_name(color_of(cell)), kind_name(kind_of(cell)))
}
