//! How the balls of Dynamic-Obstacles move: each to a random free cell of the 3 by 3 cells around it,
//! in order, before the agent acts.

/// The move of one obstacle, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;

    /// Attempts to find a free cell: 100 may fail, and Farama counts from 0.
    pub const OBSTACLE_ATTEMPTS: u32 = 101u32;
    /// The cell of the neighbourhood in which the obstacle itself is.
    pub const STAYS: u32 = 4u32;

    /// Where an obstacle moves: cell `3 * column + row` of the 3 by 3 cells around it, [`STAYS`] when
    /// no free one was found. `occupied` has bit `3 * column + row` set where it cannot go.
    pub fn obstacle_move<D: Draws>(draws: ptr!(function, D), occupied: u32) -> u32 {
        #[wgsl_allow(non_literal_loop_bounds)]
        for _attempt in 0..OBSTACLE_ATTEMPTS {
            let column = D::below(draws, 3u32);
            let row = D::below(draws, 3u32);
            let neighbour = 3u32 * column + row;
            if ((occupied >> neighbour) & 1u32) == 0u32 {
                return neighbour;
            }
        }
        STAYS
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::{Philox, rules::Stream};

    use super::rules::*;

    fn stream(env: u32) -> Stream {
        Philox::for_episode(0, env, 0).0
    }

    #[test]
    fn an_obstacle_goes_only_to_free_cells() {
        let occupied = 0b0_1011_0110;
        let mut reached = 0;
        for env in 0..200 {
            reached |= 1 << obstacle_move(&mut stream(env), occupied);
        }
        assert_eq!(reached, !occupied & 0x1ff);
    }

    #[test]
    fn a_shut_in_obstacle_stays_after_two_draws_an_attempt() {
        let mut draws = stream(0);
        assert_eq!(obstacle_move(&mut draws, 0x1ff), STAYS);
        assert_eq!(draws.drawn, 2 * OBSTACLE_ATTEMPTS);
    }
}
