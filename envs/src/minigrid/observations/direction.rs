//! Where the goal lies from the agent, after Farama's `DirectionObsWrapper`.

use crate::minigrid::components::records::{GOAL, State, kind_of};

/// What `goal_direction` tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GoalDirection {
    /// `dy / dx`; infinite with the sign of `dy` straight up and down.
    #[default]
    Slope,
    /// The arc tangent of the slope, in radians.
    Angle,
    /// The angle to the goal in all four quadrants, in radians.
    AngleAtan2,
}

impl GoalDirection {
    /// The allowed names and what they stand for.
    pub const NAMES: [(&'static str, Self); 3] =
        [("slope", Self::Slope), ("angle", Self::Angle), ("angle_atan2", Self::AngleAtan2)];

    /// The direction from the agent to the first goal in row-major order; 0 when the agent is there,
    /// and where there is no goal. `cells` is the grid of `height` rows.
    pub fn of(self, state: &State, cells: &[u32], height: usize) -> f64 {
        let Some((x, y)) = first_goal(cells, height) else { return 0.0 };
        let dx = x as f64 - f64::from(state.x);
        let dy = y as f64 - f64::from(state.y);
        if dx == 0.0 && dy == 0.0 {
            return 0.0;
        }
        let slope = if dx == 0.0 { f64::INFINITY.copysign(dy) } else { dy / dx };
        match self {
            Self::Slope => slope,
            Self::Angle => slope.atan(),
            Self::AngleAtan2 => dy.atan2(dx),
        }
    }
}

/// Column and row of the first goal, row by row.
fn first_goal(cells: &[u32], height: usize) -> Option<(usize, usize)> {
    let goals = cells.iter().enumerate().filter(|(_, cell)| kind_of(**cell) == GOAL);
    goals.map(|(index, _)| (index / height, index % height)).min_by_key(|&(x, y)| (y, x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::components::records::{EMPTY, GREEN, cell};

    #[test]
    fn directions_are_those_of_the_wrapper() {
        let mut cells = [EMPTY; 25];
        cells[3 * 5 + 1] = cell(GOAL, GREEN, 0);
        let at = |x, y| State { x, y, ..bytemuck::Zeroable::zeroed() };
        let all = |state: State| GoalDirection::NAMES.map(|(_, direction)| direction.of(&state, &cells, 5));
        assert_eq!(all(at(3, 1)), [0.0, 0.0, 0.0]);
        assert_eq!(all(at(1, 2))[0], -0.5);
        assert_eq!(
            all(at(3, 3)),
            [f64::NEG_INFINITY, -std::f64::consts::FRAC_PI_2, -std::f64::consts::FRAC_PI_2]
        );
        let [slope, angle, atan2] = all(at(4, 2));
        assert_eq!((slope, angle), (1.0, std::f64::consts::FRAC_PI_4));
        assert_eq!(atan2, -3.0 * std::f64::consts::FRAC_PI_4);
        assert_eq!(GoalDirection::Angle.of(&at(1, 1), &[EMPTY; 25], 5), 0.0);
    }
}
