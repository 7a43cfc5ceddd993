//! The storage of a batch as kernels see it, and what they read from it in the same way.

/// Bindings of group 0, and reading the settings and the cells.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod storage {
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::encoding::rules::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::minigrid::rules::settings::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<State>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);
    storage!(group(0), binding(7), read_write, STEP_EVENTS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    /// The settings of the batch.
    pub fn read_settings() -> Settings {
        Settings {
            width: get!(CONSTANTS)[0u32],
            height: get!(CONSTANTS)[1u32],
            objective: get!(CONSTANTS)[2u32],
            obstacles: get!(CONSTANTS)[3u32],
            num_actions: get!(CONSTANTS)[4u32],
            view_size: get!(CONSTANTS)[5u32],
            see_through_walls: get!(CONSTANTS)[6u32],
            named_events: get!(CONSTANTS)[7u32],
            harmless_kinds: get!(CONSTANTS)[8u32],
            collision_pay: bitcast_f32(get!(CONSTANTS)[9u32]),
            harm_cost: bitcast_f32(get!(CONSTANTS)[10u32]),
            is_stochastic: get!(CONSTANTS)[11u32],
            pass_high: get!(CONSTANTS)[12u32],
            pass_low: get!(CONSTANTS)[13u32],
            replacement: bitcast_i32(get!(CONSTANTS)[14u32]),
        }
    }

    /// Stores four packed cells at word `word` of a row that begins at `row` and has `words` words.
    pub fn store_cells(row: u32, words: u32, word: u32, packed: PackedCells) {
        get_mut!(ROWS)[row + word] = packed.first;
        if word + 1u32 < words {
            get_mut!(ROWS)[row + word + 1u32] = packed.second;
        }
        if word + 2u32 < words {
            get_mut!(ROWS)[row + word + 2u32] = packed.third;
        }
    }

    /// The cell at `place` of the grid whose first cell is item `first`; walls lie outside.
    pub fn cell_of(first: u32, place: Vec2i, width: u32, height: u32) -> u32 {
        if is_inside(place, width, height) {
            return get!(ITEMS)[first + u32(place.x) * height + u32(place.y)];
        }
        WALL | (GREY << 8u32)
    }
}
