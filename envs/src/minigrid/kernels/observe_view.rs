//! The Observe set for what the agent sees: the image and its bits.

/// The view of an environment, gathered from storage.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod viewing {
    use super::super::columns::storage::*;
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::encoding::rules::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use crate::minigrid::rules::visibility::rules::*;
    use wgsl_rs::std::*;

    /// The cell that view cell `(column, row)` shows, whether it is seen or not.
    pub fn shown_cell(settings: Settings, first: u32, state: State, column: u32, row: u32) -> u32 {
        let place = shown_by_view_cell(state.x, state.y, state.dir, settings.view_size, column, row);
        cell_of(first, place, settings.width, settings.height)
    }

    /// Replaces `rows` by the bit sets of the visible cells, row by row.
    pub fn find_visible(settings: Settings, first: u32, state: State, rows: ptr!(function, [u32; 31])) {
        let size = settings.view_size;
        #[wgsl_allow(non_literal_loop_bounds)]
        for row in 0..size {
            let mut clear = 0u32;
            #[wgsl_allow(non_literal_loop_bounds)]
            for column in 0..size {
                if !blocks_sight(shown_cell(settings, first, state, column, row)) {
                    clear |= 1u32 << column;
                }
            }
            rows[row as usize] = select(clear, 0xffffffffu32, settings.see_through_walls == 1u32);
        }
        if settings.see_through_walls == 0u32 {
            replace_clear_by_visible(rows, size);
        }
    }

    /// Cell `index` of the view, column by column: 0 where it is not seen, what the agent carries
    /// where it stands, 0 beyond the view.
    pub fn seen_cell(
        settings: Settings,
        first: u32,
        state: State,
        visible: ptr!(function, [u32; 31]),
        index: u32,
    ) -> u32 {
        let size = settings.view_size;
        let column = index / size;
        let row = index % size;
        if column >= size || ((visible[row as usize] >> column) & 1u32) == 0u32 {
            return 0u32;
        }
        if column == size / 2u32 && row == size - 1u32 {
            return own_cell(state.carrying);
        }
        shown_cell(settings, first, state, column, row)
    }
}

/// The form `image`: three bytes a cell, four cells in three words.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod image_kernel {
    use super::super::columns::storage::*;
    use super::viewing::*;
    use crate::minigrid::rules::encoding::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_images(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let mut visible: [u32; 31] = [0u32; 31];
        find_visible(settings, first, state, &mut visible);
        let cells = settings.view_size * settings.view_size;
        let words = (cells * 3u32 + 3u32) / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for group in 0..(cells + 3u32) / 4u32 {
            let cell = 4u32 * group;
            let packed = pack_triples(
                triple(seen_cell(settings, first, state, &mut visible, cell)),
                triple(seen_cell(settings, first, state, &mut visible, cell + 1u32)),
                triple(seen_cell(settings, first, state, &mut visible, cell + 2u32)),
                triple(seen_cell(settings, first, state, &mut visible, cell + 3u32)),
            );
            store_cells(env * words, words, 3u32 * group, packed);
        }
    }
}

/// The form `one_hot`: 20 bytes, five words, a cell.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod one_hot_kernel {
    use super::super::columns::storage::*;
    use super::viewing::*;
    use crate::minigrid::rules::encoding::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn write_one_hots(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let settings = read_settings();
        let first = env * get!(PARAMETERS).items;
        let state = get!(STATES)[env];
        let mut visible: [u32; 31] = [0u32; 31];
        find_visible(settings, first, state, &mut visible);
        let cells = settings.view_size * settings.view_size;
        #[wgsl_allow(non_literal_loop_bounds)]
        for cell in 0..cells {
            let bits = one_hot_bits(seen_cell(settings, first, state, &mut visible, cell));
            for word in 0..5u32 {
                get_mut!(ROWS)[(env * cells + cell) * 5u32 + word] = four_bytes(bits >> (4u32 * word));
            }
        }
    }
}
