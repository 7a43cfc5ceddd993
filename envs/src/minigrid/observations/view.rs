//! What the agent sees: the square of cells in front of it, with what walls and closed doors hide
//! left out. Every partial observation and the highlight of a picture come from here.

use crate::minigrid::{
    components::records::{GREY, State, WALL},
    rules::{
        encoding::rules::own_cell,
        geometry::rules::{is_inside, shown_by_view_cell},
        settings::rules::Settings,
        visibility::rules::{LARGEST_VIEW, blocks_sight, replace_clear_by_visible},
    },
};

/// What lies outside the grid: grey walls.
pub(crate) const OUTSIDE: u32 = WALL | GREY << 8;

/// Writes the view of the agent into `view`, `[size][size]` cell words, column by column from the
/// agent's left, each from the farthest cell: cell `(i, j)` at `i * size + j`. Cells that the agent
/// does not see are 0 (unseen); its own cell holds what it carries. `cells` is the grid, cell `(x, y)`
/// at `x * height + y`; the size of the view is that of `settings`.
///
/// # Panics
/// When `view` has another length.
pub fn look(settings: &Settings, state: &State, cells: &[u32], view: &mut [u32]) {
    let size = settings.view_size;
    assert_eq!(view.len(), (size * size) as usize, "cells of a view of size {size}");
    let mut rows = [0; LARGEST_VIEW as usize];
    for (column, shown) in view.chunks_exact_mut(size as usize).enumerate() {
        for (row, shown) in shown.iter_mut().enumerate() {
            let place = shown_by_view_cell(state.x, state.y, state.dir, size, column as u32, row as u32);
            *shown = if is_inside(place, settings.width, settings.height) {
                cells[(place.x as u32 * settings.height + place.y as u32) as usize]
            } else {
                OUTSIDE
            };
            rows[row] |= u32::from(!blocks_sight(*shown)) << column;
        }
    }
    let own = (size / 2 * size + size - 1) as usize;
    view[own] = own_cell(state.carrying);
    if settings.see_through_walls == 0 {
        replace_clear_by_visible(&mut rows, size);
        for (column, shown) in view.chunks_exact_mut(size as usize).enumerate() {
            for (row, shown) in shown.iter_mut().enumerate() {
                *shown *= rows[row] >> column & 1;
            }
        }
    }
}
