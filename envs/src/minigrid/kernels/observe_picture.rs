//! The Observe set for pictures: the tile of each cell, copied from the atlas.

/// Pixels of tiles, from the atlas among the constants.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod painting {
    use super::super::columns::storage::*;
    use super::super::observe_view::viewing::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::numbering::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use wgsl_rs::std::*;

    /// Where a byte of a picture comes from.
    #[derive(Clone, Copy)]
    pub struct PictureByte {
        /// Column of its tile.
        pub column: u32,
        /// Row of its tile.
        pub row: u32,
        /// Byte within the tile.
        pub within: u32,
    }

    /// The tile and the byte in it of byte `at` of a picture `columns` tiles wide.
    pub fn picture_byte(at: u32, columns: u32, tile: u32) -> PictureByte {
        let tile_row = 3u32 * tile;
        let picture_row = columns * tile_row;
        let line = at / picture_row;
        let along = at % picture_row;
        PictureByte {
            column: along / tile_row,
            row: line / tile,
            within: (line % tile) * tile_row + along % tile_row,
        }
    }

    /// Byte `within` of the tile of number `number`.
    pub fn tile_byte(number: u32, within: u32) -> u32 {
        let atlas = get!(CONSTANTS)[TILES_AT_WORD];
        let place = atlas + get!(CONSTANTS)[atlas + number];
        (get!(CONSTANTS)[place + within / 4u32] >> (8u32 * (within % 4u32))) & 255u32
    }

    /// The tile of cell `(x, y)` of the grid.
    pub fn grid_tile(
        settings: Settings,
        first: u32,
        state: State,
        visible: ptr!(function, [u32; 31]),
        x: u32,
        y: u32,
    ) -> u32 {
        let size = settings.view_size;
        let shown = view_cell_showing(state.x, state.y, state.dir, size, x, y);
        let mut is_seen = 0u32;
        if is_inside(shown, size, size) {
            is_seen = (visible[shown.y as usize] >> u32(shown.x)) & 1u32;
        }
        let agent = select(0u32, 1u32 + state.dir, x == state.x && y == state.y);
        tile_number(get!(ITEMS)[first + x * settings.height + y], agent, is_seen)
    }

    /// The tile of cell `(column, row)` of the view; the agent points up.
    pub fn view_tile(
        settings: Settings,
        first: u32,
        state: State,
        visible: ptr!(function, [u32; 31]),
        column: u32,
        row: u32,
    ) -> u32 {
        let size = settings.view_size;
        let object = seen_cell(settings, first, state, visible, column * size + row);
        let agent = select(0u32, 4u32, column == size / 2u32 && row == size - 1u32);
        tile_number(object, agent, select(1u32, 0u32, object == UNSEEN))
    }

    /// The tile that `source` is in, of the whole grid or of the agent's view.
    pub fn picture_tile(
        settings: Settings,
        first: u32,
        state: State,
        visible: ptr!(function, [u32; 31]),
        whole_grid: bool,
        source: PictureByte,
    ) -> u32 {
        if whole_grid {
            return grid_tile(settings, first, state, visible, source.column, source.row);
        }
        view_tile(settings, first, state, visible, source.column, source.row)
    }

    /// Writes the picture of environment `env`: the whole grid with what the agent sees highlighted, or the
    /// agent's view.
    pub fn paint_picture(env: u32, whole_grid: bool) {
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let mut visible: [u32; 31] = [0u32; 31];
        find_visible(settings, first, state, &mut visible);
        let tile = get!(CONSTANTS)[TILE_SIZE_WORD];
        let columns = select(settings.view_size, settings.width, whole_grid);
        let rows = select(settings.view_size, settings.height, whole_grid);
        let length = columns * rows * tile * tile * 3u32;
        let words = (length + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0..words {
            let mut bytes = 0u32;
            for byte in 0..4u32 {
                let at = 4u32 * word + byte;
                if at < length {
                    let source = picture_byte(at, columns, tile);
                    let number = picture_tile(settings, first, state, &mut visible, whole_grid, source);
                    bytes |= tile_byte(number, source.within) << (8u32 * byte);
                }
            }
            get_mut!(ROWS)[env * words + word] = bytes;
        }
    }
}

/// The form `rgb`: the whole grid with what the agent sees highlighted.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod grid_kernel {
    use super::super::columns::storage::*;
    use super::painting::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn paint_grids(#[builtin(global_invocation_id)] id: Vec3u) {
        if id.x < get!(PARAMETERS).num_envs {
            paint_picture(id.x, true);
        }
    }
}

/// The form `rgb_partial`: the agent's view.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod view_kernel {
    use super::super::columns::storage::*;
    use super::painting::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn paint_views(#[builtin(global_invocation_id)] id: Vec3u) {
        if id.x < get!(PARAMETERS).num_envs {
            paint_picture(id.x, false);
        }
    }
}
