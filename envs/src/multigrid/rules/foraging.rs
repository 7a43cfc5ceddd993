//! Level-based foraging (Albrecht and Ramamoorthy, 2013; the public implementation's conventions): agents
//! move at the same time, and food is loaded by agents beside it whose levels together reach its own.

/// Foraging, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::settings::rules::*;
    use crate::minigrid::components::records::*;
    use crate::multigrid::components::records::*;

    /// Stay.
    pub const FORAGE_NONE: u32 = 0u32;
    /// One row up.
    pub const FORAGE_NORTH: u32 = 1u32;
    /// One row down.
    pub const FORAGE_SOUTH: u32 = 2u32;
    /// One column to the left.
    pub const FORAGE_WEST: u32 = 3u32;
    /// One column to the right.
    pub const FORAGE_EAST: u32 = 4u32;
    /// Load the food beside the agent.
    pub const FORAGE_LOAD: u32 = 5u32;
    /// Event: an agent takes part in loading food.
    pub const LOADED_EVENT: i32 = 0i32;
    /// Largest level of an agent.
    pub const MAX_LEVEL: u32 = 2u32;

    /// Food of `level`, from 1 to 6.
    pub fn food(level: u32) -> u32 {
        cell(BALL, level - 1u32, 0u32)
    }

    /// Level of the food on a cell, 0 where there is none.
    pub fn food_level(cell: u32) -> u32 {
        select(0u32, color_of(cell) + 1u32, kind_of(cell) == BALL)
    }

    /// Column that an agent in column `x` wants to go to; the border stops it.
    pub fn wanted_x(settings: TeamSettings, x: u32, action: u32) -> u32 {
        if action == FORAGE_WEST && x > 0u32 {
            return x - 1u32;
        }
        if action == FORAGE_EAST && x + 1u32 < settings.width {
            return x + 1u32;
        }
        x
    }

    /// Row that an agent in row `y` wants to go to; the border stops it.
    pub fn wanted_y(settings: TeamSettings, y: u32, action: u32) -> u32 {
        if action == FORAGE_NORTH && y > 0u32 {
            return y - 1u32;
        }
        if action == FORAGE_SOUTH && y + 1u32 < settings.height {
            return y + 1u32;
        }
        y
    }

    /// The team after moves to the cells that agents want, all at the same time: an agent moves to a cell
    /// that no other agent wants, be it to go or to stay there.
    pub fn moved_together(settings: TeamSettings, team: Team, to_x: [u32; 4], to_y: [u32; 4]) -> Team {
        let mut after = team;
        for agent in 0..4u32 {
            let mut is_free = agent < settings.agents;
            for other in 0..4u32 {
                let same = to_x[other as usize] == to_x[agent as usize]
                    && to_y[other as usize] == to_y[agent as usize];
                if other < settings.agents && other != agent && same {
                    is_free = false;
                }
            }
            if is_free {
                after.x[agent as usize] = to_x[agent as usize];
                after.y[agent as usize] = to_y[agent as usize];
            }
        }
        after
    }

    /// Whether two cells are above or beside each other.
    pub fn are_neighbours(ax: u32, ay: u32, bx: u32, by: u32) -> bool {
        let across = select(ax - min(ax, bx), bx - min(ax, bx), bx > ax);
        let down = select(ay - min(ay, by), by - min(ay, by), by > ay);
        across + down == 1u32
    }

    /// The agents that load the food at `(x, y)`, as a bit set: those beside it that do not load another
    /// food already (`busy`).
    pub fn loaders(settings: TeamSettings, team: Team, wants: u32, busy: u32, x: u32, y: u32) -> u32 {
        let mut found = 0u32;
        for agent in 0..4u32 {
            let bit = 1u32 << agent;
            let beside = are_neighbours(team.x[agent as usize], team.y[agent as usize], x, y);
            if agent < settings.agents && beside && (wants & bit) != 0u32 && (busy & bit) == 0u32 {
                found |= bit;
            }
        }
        found
    }

    /// Sum of the levels of a set of agents.
    pub fn levels_of(team: Team, agents: u32) -> u32 {
        let mut sum = 0u32;
        for agent in 0..4u32 {
            if (agents & (1u32 << agent)) != 0u32 {
                sum += team.carrying[agent as usize];
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settings::rules::*, rules::*};
    use crate::minigrid::components::records::EMPTY;
    use crate::multigrid::components::records::Team;

    fn settings() -> TeamSettings {
        TeamSettings { width: 6, height: 6, agents: 2, ..bytemuck::Zeroable::zeroed() }
    }

    fn team(places: [(u32, u32); 2], levels: [u32; 2]) -> Team {
        let mut team: Team = bytemuck::Zeroable::zeroed();
        for (agent, ((x, y), level)) in places.into_iter().zip(levels).enumerate() {
            (team.x[agent], team.y[agent], team.carrying[agent]) = (x, y, level);
        }
        team
    }

    #[test]
    fn two_agents_that_want_one_cell_both_stay() {
        let before = team([(1, 1), (3, 1)], [1, 1]);
        assert_eq!(moved_together(settings(), before, [2, 2, 0, 0], [1, 1, 0, 0]), before);
        let after = moved_together(settings(), before, [2, 3, 0, 0], [1, 2, 0, 0]);
        assert_eq!((after.x, after.y), ([2, 3, 0, 0], [1, 2, 0, 0]));
        // Nobody goes where another one stays.
        assert_eq!(moved_together(settings(), before, [3, 3, 0, 0], [1, 1, 0, 0]), before);
    }

    #[test]
    fn the_border_stops_and_neighbours_share_a_side() {
        let wanted = |x, y, action| (wanted_x(settings(), x, action), wanted_y(settings(), y, action));
        assert_eq!(wanted(0, 0, FORAGE_WEST), (0, 0));
        assert_eq!(wanted(0, 0, FORAGE_NORTH), (0, 0));
        assert_eq!(wanted(5, 5, FORAGE_EAST), (5, 5));
        assert_eq!(wanted(2, 2, FORAGE_SOUTH), (2, 3));
        assert!(are_neighbours(2, 2, 2, 3) && are_neighbours(3, 2, 2, 2));
        assert!(!are_neighbours(2, 2, 3, 3) && !are_neighbours(2, 2, 2, 2));
    }

    #[test]
    fn agents_beside_food_that_want_to_load_add_up_their_levels() {
        let team = team([(1, 2), (3, 2)], [1, 2]);
        assert_eq!(loaders(settings(), team, 0b11, 0, 2, 2), 0b11);
        assert_eq!(loaders(settings(), team, 0b10, 0, 2, 2), 0b10);
        assert_eq!(loaders(settings(), team, 0b11, 0b01, 2, 2), 0b10);
        assert_eq!(levels_of(team, 0b11), 3);
        assert_eq!([food_level(food(4)), food_level(EMPTY)], [4, 0]);
    }
}
