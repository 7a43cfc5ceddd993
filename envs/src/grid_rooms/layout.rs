//! Which cells of a square grid are walls.

/// A square grid. Cells are numbered row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    side: usize,
    walls: Vec<bool>,
}

impl Layout {
    /// A grid without walls; the agent stays inside.
    pub fn open(side: usize) -> Self {
        Self { side, walls: vec![false; side * side] }
    }

    /// Four rooms inside a wall, joined by four doors. With `side` 13 it is the grid of Sutton, Precup and Singh,
    /// 1999, of 104 cells; other sides have the doors at about the same parts of the walls. At least 7.
    pub fn four_rooms(side: usize) -> Self {
        let mut layout = Self::open(side);
        let (last, middle) = (side - 1, (side - 1) / 2);
        for at in 0..side {
            for (x, y) in [(at, 0), (at, last), (0, at), (last, at), (middle, at)] {
                layout.walls[y * side + x] = true;
            }
            // The wall of the right rooms is one row lower.
            let y = if at < middle { middle } else { middle + 1 };
            layout.walls[y * side + at] = true;
        }
        for (x, y) in [
            (middle, middle / 2),
            (middle, (middle + side).div_ceil(2)),
            (middle / 3, middle),
            ((middle + side - 1) / 2, middle + 1),
        ] {
            layout.walls[y * side + x] = false;
        }
        layout
    }

    /// Cells in a row, and rows.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Whether the agent can be at `cell`.
    pub fn is_free(&self, cell: usize) -> bool {
        self.walls.get(cell) == Some(&false)
    }

    /// The cells where the agent can be, in order.
    pub fn free_cells(&self) -> Vec<usize> {
        (0..self.walls.len()).filter(|&cell| self.is_free(cell)).collect()
    }

    /// The free cells of the room, or half, to the right of the middle and below it.
    pub fn lower_right(&self) -> Vec<usize> {
        let middle = (self.side - 1) / 2;
        let inside = |cell: &usize| cell % self.side > middle && cell / self.side > middle + 1;
        self.free_cells().into_iter().filter(inside).collect()
    }

    /// For every cell, the directions (bits 0 up, 1 right, 2 down, 3 left) in which there is a free one; 0 for walls.
    pub fn exits(&self) -> Vec<u32> {
        let side = self.side as isize;
        let free = |x: isize, y: isize| {
            (0..side).contains(&x) && (0..side).contains(&y) && self.is_free((y * side + x) as usize)
        };
        (0..side * side)
            .map(|cell| {
                let (x, y) = (cell % side, cell / side);
                if !free(x, y) {
                    return 0;
                }
                let around = [(x, y - 1), (x + 1, y), (x, y + 1), (x - 1, y)];
                (0..4).map(|bit| u32::from(free(around[bit].0, around[bit].1)) << bit).sum()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rooms_of_thirteen_are_those_of_the_paper() {
        let layout = Layout::four_rooms(13);
        assert_eq!(layout.free_cells().len(), 104);
        let doors = [(6, 3), (6, 10), (2, 6), (9, 7)].map(|(x, y)| y * 13 + x);
        // Doors in upright walls lead left and right, the others up and down.
        assert_eq!(doors.map(|door| layout.exits()[door]), [0b1010, 0b1010, 0b0101, 0b0101]);
        assert_eq!(layout.lower_right().len(), 4 * 5);
    }

    #[test]
    fn all_cells_can_be_reached_whatever_the_size() {
        for layout in [Layout::four_rooms(7), Layout::four_rooms(20), Layout::four_rooms(31), Layout::open(5)]
        {
            let (side, exits) = (layout.side(), layout.exits());
            let free = layout.free_cells();
            let mut reached = vec![free[0]];
            let mut index = 0;
            while index < reached.len() {
                let cell = reached[index] as isize;
                for (bit, by) in [-(side as isize), 1, side as isize, -1].into_iter().enumerate() {
                    let next = (cell + by) as usize;
                    if exits[cell as usize] >> bit & 1 == 1 && !reached.contains(&next) {
                        reached.push(next);
                    }
                }
                index += 1;
            }
            assert_eq!(reached.len(), free.len(), "side {side}");
        }
    }
}
