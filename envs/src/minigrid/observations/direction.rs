//! Where the goal lies from the agent, after Farama's `DirectionObsWrapper`.

use crate::minigrid::{
    components::records::{GOAL, State, kind_of},
    rules::numbering::rules::offset_number,
};

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

    /// The direction to a goal `dx` columns and `dy` rows away; 0 for no distance.
    pub fn towards(self, dx: i32, dy: i32) -> f64 {
        if dx == 0 && dy == 0 {
            return 0.0;
        }
        let (dx, dy) = (f64::from(dx), f64::from(dy));
        let slope = if dx == 0.0 { f64::INFINITY.copysign(dy) } else { dy / dx };
        match self {
            Self::Slope => slope,
            Self::Angle => slope.atan(),
            Self::AngleAtan2 => dy.atan2(dx),
        }
    }
}

/// The direction to the goal for every way there can be in a grid, written out at build: both devices
/// look it up, so that they agree to the bit.
#[derive(Clone, Debug)]
pub(crate) struct GoalDirections {
    width: u32,
    height: u32,
    values: Vec<f32>,
}

impl GoalDirections {
    /// The directions in a grid of `width` by `height` cells.
    pub(crate) fn new(direction: GoalDirection, width: u32, height: u32) -> Self {
        let reach = |cells: u32| 1 - cells as i32..cells as i32;
        let ways = reach(width).flat_map(|dx| reach(height).map(move |dy| (dx, dy)));
        let values = ways.map(|(dx, dy)| direction.towards(dx, dy) as f32).collect();
        Self { width, height, values }
    }

    /// The direction from the agent to the first goal in row-major order; 0 when the agent is there,
    /// and where there is no goal. `cells` is the grid.
    pub(crate) fn of(&self, state: &State, cells: &[u32]) -> f32 {
        let Some((x, y)) = first_goal(cells, self.height as usize) else { return 0.0 };
        self.values[offset_number(state.x, state.y, x as u32, y as u32, self.width, self.height) as usize]
    }

    /// The table as kernels read it.
    pub(crate) fn words(&self) -> impl Iterator<Item = u32> {
        self.values.iter().map(|value| value.to_bits())
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
        let all = |state: State| {
            GoalDirection::NAMES.map(|(_, direction)| GoalDirections::new(direction, 5, 5).of(&state, &cells))
        };
        assert_eq!(all(at(3, 1)), [0.0, 0.0, 0.0]);
        assert_eq!(all(at(1, 2))[0], -0.5);
        assert_eq!(
            all(at(3, 3)),
            [f32::NEG_INFINITY, -std::f32::consts::FRAC_PI_2, -std::f32::consts::FRAC_PI_2]
        );
        let [slope, angle, atan2] = all(at(4, 2));
        assert_eq!((slope, angle), (1.0, std::f32::consts::FRAC_PI_4));
        assert_eq!(atan2, (-3.0 * std::f64::consts::FRAC_PI_4) as f32);
        assert_eq!(GoalDirections::new(GoalDirection::Angle, 5, 5).of(&at(1, 1), &[EMPTY; 25]), 0.0);
    }
}
