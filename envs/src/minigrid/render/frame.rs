//! Frames: the whole grid with what the agent sees highlighted, or the agent's own view.
//!
//! A frame is `[height * tile][width * tile][3]` bytes: row, column, red-green-blue. Which cells the
//! agent sees is the rules' business; a scene takes their answer as a window of words.

use super::{atlas::TileAtlas, tile::Tile};
use crate::minigrid::{
    components::records::{State, UNSEEN},
    rules::geometry::rules::{is_inside, view_cell_showing},
};

/// Direction of the agent in its own view: up.
const UP: u32 = 3;

/// What a frame is painted from.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The agent.
    pub state: &'a State,
    /// The grid, cell `(x, y)` at `x * height + y`.
    pub cells: &'a [u32],
    /// Columns of the grid.
    pub width: usize,
    /// Rows of the grid.
    pub height: usize,
    /// What the agent sees, `[view_size][view_size]` words, cell `(i, j)` at `i * view_size + j` as in
    /// the `image` observation: `UNSEEN` where it sees nothing, at its own place what it carries.
    pub view: &'a [u32],
    /// Width and height of the view in cells.
    pub view_size: usize,
}

impl Scene<'_> {
    /// Bytes of a frame of the whole grid.
    pub fn grid_len(width: usize, height: usize, tile_size: usize) -> usize {
        width * height * tile_size * tile_size * 3
    }

    /// Bytes of a frame of the agent's view.
    pub fn view_len(view_size: usize, tile_size: usize) -> usize {
        Self::grid_len(view_size, view_size, tile_size)
    }

    /// Direction of the agent if it stands on cell `(x, y)` of the grid.
    pub fn agent_at(&self, x: usize, y: usize) -> Option<u32> {
        let here = self.state.x as usize == x && self.state.y as usize == y;
        here.then_some(self.state.dir)
    }

    /// Whether the agent sees the cell `(x, y)` of the grid.
    pub fn sees(&self, x: usize, y: usize) -> bool {
        let size = self.view_size as u32;
        let (state, dir) = (self.state, self.state.dir & 3);
        let shown = view_cell_showing(state.x, state.y, dir, size, x as u32, y as u32);
        is_inside(shown, size, size)
            && self.view[shown.x as usize * self.view_size + shown.y as usize] != UNSEEN
    }

    /// Paints the whole grid into `pixels`, `[height * tile][width * tile][3]`. With `highlight` the
    /// cells that the agent sees are brighter.
    ///
    /// Allocates nothing when `atlas` is [painted](TileAtlas::painted).
    ///
    /// # Panics
    /// When `pixels`, the cells or the view have another length than the sizes say.
    pub fn paint_grid(&self, atlas: &TileAtlas, highlight: bool, pixels: &mut [u8]) {
        let (width, height) = (self.width, self.height);
        assert_eq!(self.cells.len(), width * height, "cells of a {width}x{height} grid");
        assert_eq!(self.view.len(), self.view_size * self.view_size, "cells of the view");
        paint(atlas, width, height, pixels, |x, y| Tile {
            object: self.cells[x * height + y],
            agent: self.agent_at(x, y),
            highlight: highlight && self.sees(x, y),
        });
    }

    /// Paints what the agent sees into `pixels`, `[view_size * tile][view_size * tile][3]`. The agent
    /// is at the middle of the bottom row and points up, on top of what it carries; seen cells are
    /// highlighted, others are drawn empty.
    ///
    /// Allocates nothing when `atlas` is [painted](TileAtlas::painted).
    ///
    /// # Panics
    /// When `pixels` or the view have another length than the sizes say.
    pub fn paint_view(&self, atlas: &TileAtlas, pixels: &mut [u8]) {
        let size = self.view_size;
        assert_eq!(self.view.len(), size * size, "cells of the view");
        paint(atlas, size, size, pixels, |i, j| {
            let object = self.view[i * size + j];
            let agent = (i == size / 2 && j + 1 == size).then_some(UP);
            Tile { object, agent, highlight: object != UNSEEN }
        });
    }
}

/// Copies the tile of each cell `(x, y)` to its place in `pixels`.
fn paint(
    atlas: &TileAtlas,
    width: usize,
    height: usize,
    pixels: &mut [u8],
    tile_at: impl Fn(usize, usize) -> Tile,
) {
    let tile_row = atlas.tile_size() * 3;
    let frame_row = width * tile_row;
    assert_eq!(
        pixels.len(),
        height * atlas.tile_size() * frame_row,
        "a frame of {width}x{height} tiles of {0}x{0} pixels",
        atlas.tile_size()
    );
    for (y, band) in pixels.chunks_exact_mut(atlas.tile_size() * frame_row).enumerate() {
        for x in 0..width {
            let tile = atlas.tile(tile_at(x, y));
            let rows = band.chunks_exact_mut(frame_row).zip(tile.chunks_exact(tile_row));
            for (frame, source) in rows {
                frame[x * tile_row..][..tile_row].copy_from_slice(source);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::components::records::{EMPTY, GOAL, GREEN, GREY, WALL, cell};

    /// A 4x3 room: walls around two free cells, the agent in the left one.
    fn room(dir: u32) -> (State, Vec<u32>) {
        let wall = cell(WALL, GREY, 0);
        let mut cells = vec![wall; 12];
        cells[3 + 1] = EMPTY;
        cells[6 + 1] = cell(GOAL, GREEN, 0);
        let state = State { x: 1, y: 1, dir, ..bytemuck::Zeroable::zeroed() };
        (state, cells)
    }

    fn tile_of(pixels: &[u8], columns: usize, x: usize, y: usize, size: usize) -> Vec<u8> {
        (0..size)
            .flat_map(|row| {
                let at = ((y * size + row) * columns + x) * size * 3;
                pixels[at..at + size * 3].to_vec()
            })
            .collect()
    }

    #[test]
    fn a_grid_frame_is_its_tiles_with_the_seen_ones_highlighted() {
        for dir in 0..4 {
            let (state, cells) = room(dir);
            let mut view = vec![UNSEEN; 9];
            view[3 + 1] = EMPTY;
            let scene =
                Scene { state: &state, cells: &cells, width: 4, height: 3, view: &view, view_size: 3 };
            let atlas = TileAtlas::new(6);
            let mut pixels = vec![0; Scene::grid_len(4, 3, 6)];
            scene.paint_grid(&atlas, true, &mut pixels);

            let (dx, dy) = [(1, 0), (0, 1), (-1, 0), (0, -1)][dir as usize];
            for x in 0..4 {
                for y in 0..3 {
                    let expected = Tile {
                        object: cells[x * 3 + y],
                        agent: (x == 1 && y == 1).then_some(dir),
                        highlight: x as i32 == 1 + dx && y as i32 == 1 + dy,
                    };
                    assert_eq!(
                        tile_of(&pixels, 4, x, y, 6),
                        atlas.tile(expected),
                        "direction {dir}, cell ({x}, {y})"
                    );
                }
            }
            scene.paint_grid(&atlas, false, &mut pixels);
            let unlit = Tile { object: cells[3], agent: None, highlight: false };
            assert_eq!(tile_of(&pixels, 4, 1, 0, 6), atlas.tile(unlit));
        }
    }

    #[test]
    fn a_view_frame_shows_the_agent_at_the_bottom_pointing_up() {
        let (state, cells) = room(0);
        let mut view = vec![UNSEEN; 9];
        view[3 + 2] = EMPTY;
        view[3 + 1] = cell(GOAL, GREEN, 0);
        let scene = Scene { state: &state, cells: &cells, width: 4, height: 3, view: &view, view_size: 3 };
        let atlas = TileAtlas::new(5);
        let mut pixels = vec![0; Scene::view_len(3, 5)];
        scene.paint_view(&atlas, &mut pixels);
        let agent = Tile { object: EMPTY, agent: Some(3), highlight: true };
        assert_eq!(tile_of(&pixels, 3, 1, 2, 5), atlas.tile(agent));
        let ahead = Tile { object: cell(GOAL, GREEN, 0), agent: None, highlight: true };
        assert_eq!(tile_of(&pixels, 3, 1, 1, 5), atlas.tile(ahead));
        assert_eq!(tile_of(&pixels, 3, 0, 0, 5), atlas.tile(Tile::default()));
    }
}
