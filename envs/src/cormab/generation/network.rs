//! A network to walk on: random points in the unit square, joined by their minimum spanning tree and the
//! shortest chords beside it. Density and degrees are those of the underground map of the published
//! experiments, which cannot be shipped.

use pentathlon_gym::seeding::Random;

use super::{Purpose, stream};
use crate::cormab::instance::Constraint;

/// A walk problem on a network of `arms` arms: at most `budget` arms within `2 budget` edges.
pub(super) fn walk(arms: usize, budget: usize, seed: u64) -> Constraint {
    let points: Vec<[f64; 2]> = (0..arms).map(|arm| point(arm, seed)).collect();
    let mut edges = spanning_tree(&points);
    let wanted = ((1.4 * arms as f64).round() as usize).saturating_sub(1);
    let mut chords: Vec<[usize; 2]> = (0..arms)
        .flat_map(|a| (a + 1..arms).map(move |b| [a, b]))
        .filter(|chord| !edges.contains(chord))
        .collect();
    chords.sort_by(|a, b| distance(&points, *a).total_cmp(&distance(&points, *b)));
    chords.truncate(wanted.saturating_sub(edges.len()));
    edges.append(&mut chords);
    edges.sort_unstable();
    let degree = |arm: usize| edges.iter().flatten().filter(|end| **end == arm).count();
    let source = (0..arms).rev().max_by_key(|arm| degree(*arm)).unwrap_or_default();
    Constraint::Walk { budget, edges, source, max_len: 2 * budget }
}

/// Where an arm lies: uniform in the unit square.
pub(super) fn point(arm: usize, seed: u64) -> [f64; 2] {
    let mut random = stream(seed, Purpose::Points, arm);
    [random.float(), random.float()]
}

fn distance(points: &[[f64; 2]], [a, b]: [usize; 2]) -> f64 {
    (points[a][0] - points[b][0]).hypot(points[a][1] - points[b][1])
}

/// The Euclidean minimum spanning tree by Prim's method, ends of edges in ascending order.
fn spanning_tree(points: &[[f64; 2]]) -> Vec<[usize; 2]> {
    let mut nearest: Vec<(f64, usize)> =
        (0..points.len()).map(|arm| (distance(points, [0, arm]), 0)).collect();
    let mut outside: Vec<usize> = (1..points.len()).collect();
    let mut edges = Vec::new();
    while !outside.is_empty() {
        let next = (0..outside.len())
            .min_by(|a, b| nearest[outside[*a]].0.total_cmp(&nearest[outside[*b]].0))
            .unwrap_or_default();
        let arm = outside.swap_remove(next);
        let joined = nearest[arm].1;
        edges.push([arm.min(joined), arm.max(joined)]);
        for &other in &outside {
            let length = distance(points, [arm, other]);
            if length < nearest[other].0 {
                nearest[other] = (length, arm);
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cormab::{
        feasible::{Family, FeasibleSet},
        generation::{Sizes, generate},
        instance::Problem,
    };

    #[test]
    fn networks_are_connected_and_as_dense_as_the_published_ones() {
        for (arms, edges) in [(20, 27), (40, 55), (60, 83), (100, 139)] {
            for seed in 0..5 {
                let sizes = Sizes { arms, budget: 5, interventions: 0 };
                let instance = generate(Problem::Routing, &sizes, seed).unwrap();
                let set = FeasibleSet::new(&instance);
                let Family::Walk(walk) = set.family() else { unreachable!() };
                assert_eq!(walk.edges().len(), edges);
                assert!((0..arms).all(|arm| walk.hops(walk.source(), arm).is_some()));
                let degree = |arm: usize| walk.edges().iter().flatten().filter(|end| **end == arm).count();
                let highest = (0..arms).map(degree).max().unwrap();
                assert_eq!(degree(walk.source()), highest);
                assert!((4..=10).contains(&highest), "{highest}");
            }
        }
    }

    #[test]
    fn a_spanning_tree_of_a_line_is_the_line() {
        let points = [[0.0, 0.0], [3.0, 0.0], [1.0, 0.0], [2.0, 0.0]];
        let mut edges = spanning_tree(&points);
        edges.sort_unstable();
        assert_eq!(edges, [[0, 2], [1, 3], [2, 3]]);
    }
}
