//! The storage of a batch as kernels see it, and what they read from it in the same way.

/// Bindings of group 0, and reading the settings, the cells and the item list.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod storage {
    use crate::minigrid::components::records::*;
    use crate::minigrid::rules::geometry::rules::*;
    use crate::multigrid::components::records::*;
    use crate::multigrid::rules::acting::rules::*;
    use crate::multigrid::rules::settings::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Team>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);
    storage!(group(0), binding(7), read_write, STEP_EVENTS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    /// The settings of the batch.
    pub fn read_settings() -> TeamSettings {
        TeamSettings {
            width: get!(CONSTANTS)[0u32],
            height: get!(CONSTANTS)[1u32],
            rule: get!(CONSTANTS)[2u32],
            agents: get!(CONSTANTS)[3u32],
            view_size: get!(CONSTANTS)[4u32],
            see_through_walls: get!(CONSTANTS)[5u32],
            num_actions: get!(CONSTANTS)[6u32],
            items: get!(CONSTANTS)[7u32],
            pays_mean: get!(CONSTANTS)[8u32],
            zone_x: get!(CONSTANTS)[9u32],
            zone_y: get!(CONSTANTS)[10u32],
            zone_width: get!(CONSTANTS)[11u32],
            zone_height: get!(CONSTANTS)[12u32],
            capacity: get!(CONSTANTS)[13u32],
            inverse_agents: bitcast_f32(get!(CONSTANTS)[14u32]),
            total: get!(CONSTANTS)[15u32],
            drop_cost: bitcast_f32(get!(CONSTANTS)[16u32]),
        }
    }

    /// The cell at `place` of the grid whose first cell is item `first`; walls lie outside.
    pub fn cell_of(first: u32, place: Vec2i, width: u32, height: u32) -> u32 {
        if is_inside(place, width, height) {
            return get!(ITEMS)[first + u32(place.x) * height + u32(place.y)];
        }
        WALL | (GREY << 8u32)
    }

    /// The cell whose content an agent's actions change.
    pub fn read_reached(settings: TeamSettings, first: u32, state: State) -> u32 {
        cell_of(first, reached_place(settings, state), settings.width, settings.height)
    }

    /// Whether another agent than `agent` is on `place`.
    pub fn is_blocked(settings: TeamSettings, team: Team, agent: u32, place: Vec2i) -> bool {
        if is_inside(place, settings.width, settings.height) {
            return is_occupied(team, settings.agents, agent, u32(place.x), u32(place.y));
        }
        false
    }
}
