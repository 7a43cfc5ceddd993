//! Directions, and which cell of the world a cell of the agent's view shows.
//!
//! `x` runs to the right, `y` down; direction 0 is right, 1 down, 2 left, 3 up. The view of size `V`
//! has the agent at column `V / 2` of its last row and looks up, towards row 0; columns run from the
//! agent's left to its right.

/// Geometry, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    /// Column step of one cell forward in `direction`: 1, 0, -1, 0.
    pub fn forward_x(direction: u32) -> i32 {
        let d = i32(direction);
        (1i32 - d) * (1i32 - (d & 1i32))
    }

    /// Row step of one cell forward in `direction`: 0, 1, 0, -1.
    pub fn forward_y(direction: u32) -> i32 {
        let d = i32(direction);
        (2i32 - d) * (d & 1i32)
    }

    /// The cell `ahead` cells forward and `aside` cells to the right of `(x, y)`, looking in
    /// `direction`. It may lie outside the grid.
    pub fn cell_at(x: u32, y: u32, direction: u32, ahead: i32, aside: i32) -> Vec2i {
        let dx = forward_x(direction);
        let dy = forward_y(direction);
        vec2i(i32(x) + dx * ahead - dy * aside, i32(y) + dy * ahead + dx * aside)
    }

    /// The world cell that view cell `(column, row)` of a view of `size` cells shows.
    pub fn shown_by_view_cell(x: u32, y: u32, direction: u32, size: u32, column: u32, row: u32) -> Vec2i {
        cell_at(x, y, direction, i32(size) - 1i32 - i32(row), i32(column) - i32(size / 2u32))
    }

    /// The view cell `(column, row)` that shows the world cell `(place_x, place_y)`: the inverse of
    /// [`shown_by_view_cell`]. It lies outside the view when the view does not reach that far.
    pub fn view_cell_showing(x: u32, y: u32, direction: u32, size: u32, place_x: u32, place_y: u32) -> Vec2i {
        let dx = forward_x(direction);
        let dy = forward_y(direction);
        let right = i32(place_x) - i32(x);
        let down = i32(place_y) - i32(y);
        let ahead = dx * right + dy * down;
        let aside = dx * down - dy * right;
        vec2i(aside + i32(size / 2u32), i32(size) - 1i32 - ahead)
    }

    /// Whether `place` lies in a grid of `width` by `height` cells.
    pub fn is_inside(place: Vec2i, width: u32, height: u32) -> bool {
        place.x >= 0i32 && place.y >= 0i32 && place.x < i32(width) && place.y < i32(height)
    }

    /// Columns (or rows) between two places on one axis.
    pub fn axis_distance(a: u32, b: u32) -> u32 {
        if a > b {
            return a - b;
        }
        b - a
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;

    #[test]
    fn directions_are_right_down_left_up() {
        let steps: Vec<_> = (0..4).map(|d| (forward_x(d), forward_y(d))).collect();
        assert_eq!(steps, [(1, 0), (0, 1), (-1, 0), (0, -1)]);
    }

    #[test]
    fn the_agent_stands_in_the_middle_of_the_last_row() {
        for size in [3, 5, 7, 9] {
            for direction in 0..4 {
                let own = shown_by_view_cell(4, 6, direction, size, size / 2, size - 1);
                assert_eq!((own.x, own.y), (4, 6));
                let front = shown_by_view_cell(4, 6, direction, size, size / 2, size - 2);
                assert_eq!((front.x, front.y), (4 + forward_x(direction), 6 + forward_y(direction)));
            }
        }
    }

    #[test]
    fn every_cell_of_the_world_is_shown_by_the_view_cell_that_shows_it() {
        for size in [3, 7, 9] {
            for direction in 0..4 {
                for (column, row) in (0..size).flat_map(|column| (0..size).map(move |row| (column, row))) {
                    let place = shown_by_view_cell(12, 13, direction, size, column, row);
                    let (x, y) = (place.x as u32, place.y as u32);
                    let back = view_cell_showing(12, 13, direction, size, x, y);
                    assert_eq!((back.x, back.y), (column as i32, row as i32));
                }
            }
        }
    }

    #[test]
    fn columns_run_from_the_left_hand_to_the_right_hand() {
        let right_hand = shown_by_view_cell(5, 5, 0, 7, 6, 6);
        assert_eq!((right_hand.x, right_hand.y), (5, 8), "facing right, the right hand is below");
        let right_hand = shown_by_view_cell(5, 5, 3, 7, 6, 6);
        assert_eq!((right_hand.x, right_hand.y), (8, 5), "facing up, the right hand is right");
    }
}
