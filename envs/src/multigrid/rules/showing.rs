//! What agents see of each other and of the items of the task.

/// Cells with agents on them, and positions as numbers; the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::foraging::rules::*;
    use super::super::settings::rules::*;
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::*;

    /// Viewer of the global state: places are counted from the corner of the grid.
    pub const NO_VIEWER: u32 = 0xffffffffu32;

    /// The cell `(x, y)` with the agent that is on it: the type of an agent, its number as the colour and
    /// its direction as the state.
    pub fn with_agents(settings: TeamSettings, team: Team, cell_there: u32, x: u32, y: u32) -> u32 {
        let found = agent_on(team, settings.agents, x, y);
        if found == NOWHERE {
            return cell_there;
        }
        cell(AGENT, found, team.dir[found as usize])
    }

    /// Column from which `viewer` counts.
    pub fn origin_x(team: Team, viewer: u32) -> i32 {
        if viewer == NO_VIEWER {
            return 0i32;
        }
        i32(team.x[viewer as usize])
    }

    /// Row from which `viewer` counts.
    pub fn origin_y(team: Team, viewer: u32) -> i32 {
        if viewer == NO_VIEWER {
            return 0i32;
        }
        i32(team.y[viewer as usize])
    }

    /// Number `part` of agent `agent`: row, column, direction, load (or level).
    pub fn agent_number(team: Team, viewer: u32, agent: u32, part: u32) -> i32 {
        if part == 0u32 {
            return i32(team.y[agent as usize]) - origin_y(team, viewer);
        }
        if part == 1u32 {
            return i32(team.x[agent as usize]) - origin_x(team, viewer);
        }
        i32(select(team.carrying[agent as usize], team.dir[agent as usize], part == 2u32))
    }

    /// Kind of an item: in Trash-Grid 1 small, 2 big; in foraging its level.
    pub fn item_kind(settings: TeamSettings, cell: u32) -> u32 {
        if settings.rule == FORAGE {
            return food_level(cell);
        }
        select(1u32, 2u32, kind_of(cell) == BOX)
    }

    /// Number `part` of the item that lies at cell `place`, which holds `cell`: row, column, kind; all 0
    /// for one that lies nowhere.
    pub fn item_number(
        settings: TeamSettings,
        team: Team,
        viewer: u32,
        place: u32,
        cell: u32,
        part: u32,
    ) -> i32 {
        if place == NOWHERE {
            return 0i32;
        }
        if part == 0u32 {
            return i32(place % settings.height) - origin_y(team, viewer);
        }
        if part == 1u32 {
            return i32(place / settings.height) - origin_x(team, viewer);
        }
        i32(item_kind(settings, cell))
    }

    /// Number `part` of cell `index` of the drop zone: row, column.
    pub fn zone_number(settings: TeamSettings, team: Team, viewer: u32, index: u32, part: u32) -> i32 {
        let row = settings.zone_y + index / settings.zone_width;
        let column = settings.zone_x + index % settings.zone_width;
        select(i32(column) - origin_x(team, viewer), i32(row) - origin_y(team, viewer), part == 0u32)
    }

    /// What `viewer` is shown at the cell `(x, y)` of Trash-Grid v1: 0 free, 1 itself, 2 another agent, 3 a
    /// small and 4 a big item, 5 the drop zone.
    pub fn plane_code(settings: TeamSettings, team: Team, viewer: u32, cell: u32, x: u32, y: u32) -> u32 {
        let found = agent_on(team, settings.agents, x, y);
        if found != NOWHERE {
            return select(2u32, 1u32, found == viewer);
        }
        let kind = kind_of(cell);
        select(select(select(0u32, 5u32, kind == FLOOR), 4u32, kind == BOX), 3u32, kind == BALL)
    }

    /// The load of the agent at the cell `(x, y)`, 0 without one.
    pub fn plane_load(settings: TeamSettings, team: Team, x: u32, y: u32) -> u32 {
        let found = agent_on(team, settings.agents, x, y);
        if found == NOWHERE {
            return 0u32;
        }
        team.carrying[found as usize]
    }

    /// Numbers in an agent's vector.
    pub fn vector_len(settings: TeamSettings) -> u32 {
        4u32 * settings.agents + 3u32 * settings.items + 2u32 * settings.zone_width * settings.zone_height
    }

    /// Numbers in the global state.
    pub fn state_len(settings: TeamSettings) -> u32 {
        4u32 * settings.agents + 3u32 * settings.items
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settings::rules::*, rules::*};
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::{NOWHERE, Team};

    fn scene() -> (TeamSettings, Team) {
        let settings = TeamSettings {
            width: 10,
            height: 10,
            rule: TRASH,
            agents: 3,
            items: 10,
            zone_x: 6,
            zone_y: 8,
            zone_width: 4,
            zone_height: 2,
            ..bytemuck::Zeroable::zeroed()
        };
        let mut team: Team = bytemuck::Zeroable::zeroed();
        (team.x, team.y) = ([2, 4, 6, 0], [3, 3, 0, 0]);
        (team.dir, team.carrying) = ([1, 2, 3, 0], [0, 3, 1, 0]);
        (settings, team)
    }

    #[test]
    fn places_are_relative_to_the_viewer_row_first() {
        let (settings, team) = scene();
        let agent = |viewer, agent| [0, 1, 2, 3].map(|part| agent_number(team, viewer, agent, part));
        assert_eq!(agent(0, 0), [0, 0, 1, 0]);
        assert_eq!(agent(0, 1), [0, 2, 2, 3]);
        assert_eq!(agent(2, 1), [3, -2, 2, 3]);
        assert_eq!(agent(NO_VIEWER, 1), [3, 4, 2, 3]);
        let item = |place, cell| [0, 1, 2].map(|part| item_number(settings, team, 0, place, cell, part));
        assert_eq!(item(57, cell(BOX, PURPLE, 0)), [4, 3, 2]);
        assert_eq!(item(57, cell(BALL, BLUE, 0)), [4, 3, 1]);
        assert_eq!(item(NOWHERE, 0), [0, 0, 0]);
        let zone = |index| [0, 1].map(|part| zone_number(settings, team, 0, index, part));
        assert_eq!([zone(0), zone(3), zone(7)], [[5, 4], [5, 7], [6, 7]]);
        assert_eq!((vector_len(settings), state_len(settings)), (58, 42));
    }

    #[test]
    fn agents_stand_on_the_cells_they_are_seen_on_and_those_that_left_do_not() {
        let (settings, mut team) = scene();
        assert_eq!(with_agents(settings, team, EMPTY, 4, 3), cell(AGENT, 1, 2));
        assert_eq!(with_agents(settings, team, EMPTY, 5, 3), EMPTY);
        team.gone[1] = 1;
        assert_eq!(with_agents(settings, team, GOAL, 4, 3), GOAL);
    }
}
