//! The largest connected open space of a maze, as the wave function collapse levels of Farama use it:
//! its cells in the order in which start and goal are drawn from them.

use super::{
    python_set_order::{Pair, order_as_set},
    wave_function_collapse::{MAX_CELLS, Walls},
};

/// Steps to the four neighbours in the order in which a search tries them.
const NEIGHBORS: [(i32, i32); 4] = [(-1, 0), (0, -1), (1, 0), (0, 1)];

/// Connected open cells.
#[derive(Clone, Debug)]
pub(in crate::minigrid) struct OpenSpace {
    cells: [Pair; MAX_CELLS],
    length: usize,
}

impl OpenSpace {
    /// The largest connected part of the cells that are not `walls`, the first one of equals; `None`
    /// when no two open cells are connected.
    pub fn largest(walls: &Walls, side: usize) -> Option<Self> {
        let mut visited = [false; MAX_CELLS];
        let mut largest: Option<Self> = None;
        let mut open = 0;
        for cell in 0..side * side {
            if walls[cell] || visited[cell] {
                continue;
            }
            let start = ((cell / side) as u16, (cell % side) as u16);
            let space = Self::around(start, walls, side, &mut visited);
            open += space.length;
            if space.length > largest.as_ref().map_or(1, |largest| largest.length) {
                largest = Some(space);
            }
        }
        let mut space = largest?;
        let cells = &mut space.cells[..space.length];
        if 2 * space.length < open {
            // Farama's graph library then copies the part's cells from set to set, three times.
            for _ in 0..3 {
                order_as_set(cells);
            }
        } else {
            cells.sort_unstable();
        }
        Some(space)
    }

    /// The cells; in the order that the level is drawn from.
    pub fn cells(&self) -> &[Pair] {
        &self.cells[..self.length]
    }

    /// The open cells connected with `start`, breadth first.
    fn around(start: Pair, walls: &Walls, side: usize, visited: &mut [bool; MAX_CELLS]) -> Self {
        let index = |(i, j): Pair| usize::from(i) * side + usize::from(j);
        let mut space = Self { cells: [(0, 0); MAX_CELLS], length: 1 };
        space.cells[0] = start;
        visited[index(start)] = true;
        let mut next = 0;
        while next < space.length {
            let (i, j) = space.cells[next];
            next += 1;
            for (dx, dy) in NEIGHBORS {
                let (x, y) = (i32::from(i) + dx, i32::from(j) + dy);
                if !(0..side as i32).contains(&x) || !(0..side as i32).contains(&y) {
                    continue;
                }
                let neighbor = (x as u16, y as u16);
                if walls[index(neighbor)] || visited[index(neighbor)] {
                    continue;
                }
                visited[index(neighbor)] = true;
                space.cells[space.length] = neighbor;
                space.length += 1;
            }
        }
        space
    }
}
