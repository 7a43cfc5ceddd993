//! A level under construction: the cells, the agent, and the primitives with which Farama's
//! environments place objects. The order of random draws is Farama's (Minigrid 3.2.0, `MiniGridEnv`).

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::{
    components::records::{
        BALL, BOX, CLOSED, DOOR, EMPTY, GOAL, GREEN, GREY, KEY, LAVA, LOCKED, RED, State, WALL, cell,
    },
    mission::COLORS,
};

/// Column (to the right) and row (down) of a cell.
pub(in crate::minigrid) type Position = (i32, i32);

/// The agent's coordinates while it has no place yet.
const NOWHERE: u32 = u32::MAX;

/// Attempts after which a placement without a limit of its own counts as impossible. Farama would
/// search for ever.
pub(in crate::minigrid) const PATIENCE: u32 = 1_000_000;

/// Steps to the right, down, to the left and up: the four directions by number.
pub(in crate::minigrid) const DIRECTIONS: [Position; 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// A grey wall.
pub(in crate::minigrid) const WALL_CELL: u32 = cell_word(WALL, GREY, 0);
/// The green goal square.
pub(in crate::minigrid) const GOAL_CELL: u32 = cell_word(GOAL, GREEN, 0);
/// Lava.
pub(in crate::minigrid) const LAVA_CELL: u32 = cell_word(LAVA, RED, 0);

/// [`cell`] for constants.
const fn cell_word(kind: u32, color: u32, state: u32) -> u32 {
    kind | color << 8 | state << 16
}

/// A door of `color` that is closed.
pub(in crate::minigrid) fn closed_door(color: u32) -> u32 {
    cell(DOOR, color, CLOSED)
}

/// A door of `color` that is locked.
pub(in crate::minigrid) fn locked_door(color: u32) -> u32 {
    cell(DOOR, color, LOCKED)
}

/// The six colours in a random order: each drawn from those that remain, in alphabetical order of
/// their names.
pub(in crate::minigrid) fn colors_in_random_order<R: Random>(random: &mut R) -> [u32; 6] {
    let mut remaining = COLORS;
    let mut drawn = [0; 6];
    for (index, color) in drawn.iter_mut().enumerate() {
        let left = COLORS.len() - index;
        let choice = random.int(0, left as i32) as usize;
        *color = remaining[choice];
        remaining.copy_within(choice + 1..left, choice);
    }
    drawn
}

/// A key, ball or box that looks like none of `objects`.
pub(in crate::minigrid) fn distinct_object<R: Random>(random: &mut R, objects: &[u32]) -> u32 {
    loop {
        let kind = random.element(&[KEY, BALL, BOX]);
        let object = cell(kind, random.element(&COLORS), 0);
        if !objects.contains(&object) {
            return object;
        }
    }
}

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::minigrid) struct Region {
    /// Leftmost column.
    pub x: i32,
    /// Topmost row.
    pub y: i32,
    /// Columns.
    pub width: i32,
    /// Rows.
    pub height: i32,
}

impl Region {
    /// The rectangle of `width` columns and `height` rows whose top-left cell is `(x, y)`.
    pub const fn new(x: i32, y: i32, width: i32, height: i32) -> Self {
        Self { x, y, width, height }
    }
}

/// The level being built. Coordinates run over `0..width` and `0..height`, which is the whole grid or
/// its top-left part.
#[derive(Debug)]
pub(in crate::minigrid) struct Level<'a> {
    /// Columns that the level uses.
    pub width: i32,
    /// Rows that the level uses.
    pub height: i32,
    /// The agent, and what the task is about.
    pub state: &'a mut State,
    /// The words after the cells: the cell indices of moving obstacles, or an instruction.
    pub tail: &'a mut [u32],
    cells: &'a mut [u32],
    columns: i32,
    rows: i32,
}

impl<'a> Level<'a> {
    /// An empty level in a grid of `columns` times `rows` cells. `items` holds the cells, then what
    /// else the task keeps.
    pub fn new(columns: i32, rows: i32, state: &'a mut State, items: &'a mut [u32]) -> Self {
        let (cells, tail) = items.split_at_mut((columns * rows) as usize);
        *state = bytemuck::Zeroable::zeroed();
        (state.x, state.y) = (NOWHERE, NOWHERE);
        cells.fill(EMPTY);
        Self { width: columns, height: rows, state, tail, cells, columns, rows }
    }

    /// Takes everything off the grid, the agent too.
    pub fn clear(&mut self) {
        *self.state = bytemuck::Zeroable::zeroed();
        (self.state.x, self.state.y) = (NOWHERE, NOWHERE);
        self.cells.fill(EMPTY);
    }

    /// Uses only the top-left `width` times `height` cells; the rest of the grid becomes wall.
    pub fn shrink(&mut self, width: i32, height: i32) {
        debug_assert!(width <= self.columns && height <= self.rows);
        if (self.width, self.height) == (width, height) {
            return;
        }
        (self.width, self.height) = (width, height);
        for x in 0..self.columns {
            let from = if x < width { height } else { 0 };
            let column = (x * self.rows) as usize;
            self.cells[column + from as usize..column + self.rows as usize].fill(WALL_CELL);
        }
    }

    /// The whole level.
    pub fn everywhere(&self) -> Region {
        Region::new(0, 0, self.width, self.height)
    }

    /// Index of a cell in the array of cells.
    pub fn index(&self, (x, y): Position) -> u32 {
        (x * self.rows + y) as u32
    }

    /// What is on a cell.
    pub fn get(&self, position: Position) -> u32 {
        self.cells[self.index(position) as usize]
    }

    /// Puts `cell` on a cell, whatever was there.
    pub fn set(&mut self, position: Position, cell: u32) {
        self.cells[self.index(position) as usize] = cell;
    }

    /// Puts `cell` on `length` cells from `(x, y)` to the right.
    pub fn horizontal(&mut self, (x, y): Position, length: i32, cell: u32) {
        for column in x..x + length {
            self.set((column, y), cell);
        }
    }

    /// Puts `cell` on `length` cells from `(x, y)` down.
    pub fn vertical(&mut self, (x, y): Position, length: i32, cell: u32) {
        let top = self.index((x, y)) as usize;
        self.cells[top..top + length as usize].fill(cell);
    }

    /// Walls on the four sides of a rectangle.
    pub fn wall_rect(&mut self, region: Region) {
        let Region { x, y, width, height } = region;
        self.horizontal((x, y), width, WALL_CELL);
        self.horizontal((x, y + height - 1), width, WALL_CELL);
        self.vertical((x, y), height, WALL_CELL);
        self.vertical((x + width - 1, y), height, WALL_CELL);
    }

    /// Walls around the level.
    pub fn border(&mut self) {
        self.wall_rect(self.everywhere());
    }

    /// Puts the goal on a cell and remembers it as the target.
    pub fn set_goal(&mut self, position: Position) {
        self.set(position, GOAL_CELL);
        self.set_target(GOAL_CELL, position);
    }

    /// Remembers what the task is about and where it is.
    pub fn set_target(&mut self, cell: u32, (x, y): Position) {
        self.state.target_cell = cell;
        (self.state.target_x, self.state.target_y) = (x as u32, y as u32);
    }

    /// Remembers the second thing that the task is about and where it is.
    pub fn set_other(&mut self, cell: u32, (x, y): Position) {
        self.state.other_cell = cell;
        (self.state.other_x, self.state.other_y) = (x as u32, y as u32);
    }

    /// Where the agent is; (-1, -1) while it has no place.
    pub fn agent(&self) -> Position {
        (self.state.x as i32, self.state.y as i32)
    }

    /// Puts the agent on a cell, looking in a direction.
    pub fn set_agent(&mut self, (x, y): Position, dir: u32) {
        (self.state.x, self.state.y, self.state.dir) = (x as u32, y as u32, dir);
    }

    /// Puts `cell` on a random free cell of the level.
    ///
    /// # Errors
    /// When there seems to be none.
    pub fn place<R: Random>(&mut self, random: &mut R, cell: u32) -> Result<Position, GenerationError> {
        self.place_in(random, cell, self.everywhere(), PATIENCE, |_| false)
    }

    /// Puts `cell` on a random cell of `region` that is free, not the agent's and not rejected. The
    /// region's corner is moved into the grid, its size stays as it is.
    ///
    /// # Errors
    /// When `max_tries + 1` draws have found none.
    pub fn place_in<R: Random>(
        &mut self,
        random: &mut R,
        cell: u32,
        region: Region,
        max_tries: u32,
        reject: impl Fn(Position) -> bool,
    ) -> Result<Position, GenerationError> {
        let (left, top) = (region.x.max(0), region.y.max(0));
        let right = (left + region.width).min(self.width);
        let bottom = (top + region.height).min(self.height);
        let agent = self.agent();
        for _ in 0..=max_tries {
            let x = random.int(left, right);
            let y = random.int(top, bottom);
            if self.get((x, y)) != EMPTY || (x, y) == agent || reject((x, y)) {
                continue;
            }
            self.set((x, y), cell);
            return Ok((x, y));
        }
        Err(GenerationError(format!(
            "no free cell found in columns {left}..{right}, rows {top}..{bottom} after {max_tries} tries"
        )))
    }

    /// Puts the agent on a random free cell of `region`, looking in a random direction.
    ///
    /// # Errors
    /// When `max_tries + 1` draws have found none.
    pub fn place_agent_in<R: Random>(
        &mut self,
        random: &mut R,
        region: Region,
        max_tries: u32,
    ) -> Result<(), GenerationError> {
        (self.state.x, self.state.y) = (NOWHERE, NOWHERE);
        let position = self.place_in(random, EMPTY, region, max_tries, |_| false)?;
        let dir = random.int(0, 4) as u32;
        self.set_agent(position, dir);
        Ok(())
    }

    /// Puts the agent on a random free cell of the level, looking in a random direction.
    ///
    /// # Errors
    /// When there seems to be none.
    pub fn place_agent<R: Random>(&mut self, random: &mut R, region: Region) -> Result<(), GenerationError> {
        self.place_agent_in(random, region, PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use bytemuck::Zeroable;

    use super::*;

    /// Returns the values it was given, and notes the bounds asked for.
    #[derive(Default)]
    struct Script {
        values: Vec<i32>,
        bounds: Vec<(i32, i32)>,
    }

    impl Script {
        fn new(values: &[i32]) -> Self {
            Self { values: values.iter().rev().copied().collect(), bounds: Vec::new() }
        }
    }

    impl Random for Script {
        fn int(&mut self, low: i32, high: i32) -> i32 {
            self.bounds.push((low, high));
            self.values.pop().expect("a value for every draw")
        }

        fn float(&mut self) -> f64 {
            unreachable!("placement draws whole numbers")
        }

        fn interval(&mut self, _top: u32) -> u32 {
            unreachable!("placement shuffles nothing")
        }
    }

    fn with_level<T>(run: impl FnOnce(&mut Level<'_>) -> T) -> T {
        let (mut state, mut items) = (State::zeroed(), [0; 30]);
        run(&mut Level::new(5, 6, &mut state, &mut items))
    }

    #[test]
    fn a_place_is_drawn_column_first_until_it_is_free() {
        with_level(|level| {
            level.border();
            level.set_agent((1, 1), 0);
            let mut random = Script::new(&[0, 3, 1, 1, 2, 4, 3, 2]);
            let reject = |position| position == (2, 4);
            let everywhere = level.everywhere();
            assert_eq!(level.place_in(&mut random, GOAL_CELL, everywhere, 9, reject).unwrap(), (3, 2));
            assert_eq!(random.bounds[..2], [(0, 5), (0, 6)]);
            assert_eq!(level.get((3, 2)), GOAL_CELL);
        });
    }

    #[test]
    fn a_region_that_sticks_out_is_moved_in_at_the_top_left_and_cut_at_the_bottom_right() {
        with_level(|level| {
            let mut random = Script::new(&[0, 0, 4, 5]);
            level.place_in(&mut random, EMPTY, Region::new(-1, -1, 3, 3), 0, |_| false).unwrap();
            level.place_in(&mut random, EMPTY, Region::new(3, 4, 3, 3), 0, |_| false).unwrap();
            assert_eq!(random.bounds, [(0, 3), (0, 3), (3, 5), (4, 6)]);
        });
    }

    #[test]
    fn a_limit_of_tries_allows_one_attempt_more() {
        with_level(|level| {
            level.border();
            let mut random = Script::new(&[0; 6]);
            let everywhere = level.everywhere();
            assert!(level.place_in(&mut random, GOAL_CELL, everywhere, 2, |_| false).is_err());
            assert_eq!(random.bounds.len(), 6);
        });
    }

    #[test]
    fn the_agent_gets_a_place_then_a_direction() {
        with_level(|level| {
            level.set_agent((2, 2), 0);
            let mut random = Script::new(&[2, 2, 3]);
            level.place_agent(&mut random, level.everywhere()).unwrap();
            assert_eq!((level.agent(), level.state.dir), ((2, 2), 3));
            assert_eq!(random.bounds, [(0, 5), (0, 6), (0, 4)]);
        });
    }

    #[test]
    fn a_smaller_level_lies_in_the_top_left_corner_among_walls() {
        with_level(|level| {
            level.shrink(3, 4);
            for x in 0..5 {
                for y in 0..6 {
                    let expected = if x < 3 && y < 4 { EMPTY } else { WALL_CELL };
                    assert_eq!(level.get((x, y)), expected, "({x}, {y})");
                }
            }
        });
    }
}
