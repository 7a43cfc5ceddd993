//! Arms that one closed walk visits: at most `budget` arms, on a walk from the source and back of at most
//! `limit` edges. The shortest such walk is the shortest tour in the hop metric through the source and the
//! pulled arms.

use std::cell::RefCell;

use pentathlon_gym::seeding::Random;

use super::{Violation, shortest_paths::ShortestPaths};
use crate::cormab::action::{ActionMask, components};

/// Hops between arms that no walk connects.
const UNREACHABLE: u16 = 10_000;

/// Most arms of a tour; budgets of walks are smaller.
const MAX_TOUR: usize = 24;

thread_local! {
    /// Memory for shortest paths, so that checking an action allocates nothing after the first times.
    static PATHS: RefCell<ShortestPaths> = RefCell::default();
}

/// The graph, the limits, and the distances between arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    edges: Vec<[usize; 2]>,
    source: usize,
    limit: usize,
    budget: usize,
    arms: usize,
    /// Hops between arms, `[arms * arms]`.
    hops: Vec<u16>,
}

impl Walk {
    /// Walks of at most `limit` edges on the graph of `edges`, from `source` and back.
    pub(super) fn new(arms: usize, edges: &[[usize; 2]], source: usize, limit: usize, budget: usize) -> Self {
        Self { edges: edges.to_vec(), source, limit, budget, arms, hops: hop_distances(arms, edges) }
    }

    /// Undirected edges between arms.
    pub fn edges(&self) -> &[[usize; 2]] {
        &self.edges
    }

    /// Where walks begin and end.
    pub fn source(&self) -> usize {
        self.source
    }

    /// Most edges of a walk.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Most arms.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Edges of the shortest walk between two arms; `None` when there is none.
    pub fn hops(&self, from: usize, to: usize) -> Option<usize> {
        Some(usize::from(self.distance(from, to))).filter(|hops| *hops < usize::from(UNREACHABLE))
    }

    #[inline]
    fn distance(&self, from: usize, to: usize) -> u16 {
        self.hops[from * self.arms + to]
    }

    pub(super) fn contains(&self, action: ActionMask) -> bool {
        if action.count_ones() as usize > self.budget {
            return false;
        }
        let mut stops = [0u8; MAX_TOUR];
        let Some(stops) = self.stops(action, &mut stops) else { return false };
        self.inserted_tour(stops) <= self.limit
            // Insertion finds the shortest tour of up to three stops.
            || stops.len() > 3 && self.shortest_tour(stops, self.limit).is_some()
    }

    /// Whether cheapest insertion finds a short enough walk: true only of contained actions, and fast.
    pub(super) fn surely_contains(&self, action: ActionMask) -> bool {
        let mut stops = [0u8; MAX_TOUR];
        action.count_ones() as usize <= self.budget
            && self.stops(action, &mut stops).is_some_and(|stops| self.inserted_tour(stops) <= self.limit)
    }

    /// Whether cheapest insertion finds a short enough walk or, of few arms, any search does: true only of contained
    /// actions. An exact answer for 20 arms takes a table of millions of paths.
    pub(super) fn seems_to_contain(&self, action: ActionMask) -> bool {
        const FEW: u32 = 8;
        self.surely_contains(action) || action.count_ones() <= FEW && self.contains(action)
    }

    /// The arms that can be added to `part`, which is contained. One table of the part serves all of them: a
    /// tour with one more stop is two paths of the part that meet there.
    pub(super) fn additions(&self, part: ActionMask) -> ActionMask {
        if part.count_ones() as usize >= self.budget {
            return 0;
        }
        let mut memory = [0u8; MAX_TOUR];
        let Some(stops) = self.stops(part, &mut memory) else { return 0 };
        PATHS.with_borrow_mut(|paths| {
            let mut filled = false;
            let mut fits =
                |arm: &usize| {
                    if 2 * usize::from(self.distance(self.source, *arm)) > self.limit {
                        return false;
                    }
                    if self.surely_contains(part | 1 << arm) {
                        return true;
                    }
                    if stops.len() < 3 {
                        return false;
                    }
                    if !filled {
                        self.fill(paths, stops);
                        filled = true;
                    }
                    let hops = |other: usize| self.distance(*arm, other);
                    usize::from(paths.shortest_tour_with(
                        stops.iter().map(|stop| hops(usize::from(*stop))),
                        hops(self.source),
                    )) <= self.limit
                };
            let rest = (0..self.arms).filter(|arm| part >> arm & 1 == 0);
            rest.filter(|arm| fits(arm)).fold(0, |set, arm| set | 1 << arm)
        })
    }

    pub(super) fn violation(&self, action: ActionMask) -> Violation {
        let chosen = action.count_ones() as usize;
        if chosen > self.budget {
            return Violation::TooMany { budget: self.budget, chosen };
        }
        let pulled = components(action & !(1 << self.source));
        let stops: Vec<u8> = pulled.map(|arm| arm as u8).collect();
        let longest = usize::from(UNREACHABLE) - 1;
        let shortest = self.shortest_tour(&stops, longest);
        Violation::WalkTooLong { start: self.source, limit: self.limit, shortest }
    }

    /// The pulled arms without the source; `None` when one is too far away to be visited.
    fn stops<'a>(&self, action: ActionMask, stops: &'a mut [u8; MAX_TOUR]) -> Option<&'a [u8]> {
        let mut count = 0;
        for arm in components(action & !(1 << self.source)) {
            if 2 * usize::from(self.distance(self.source, arm)) > self.limit {
                return None;
            }
            stops[count] = arm as u8;
            count += 1;
        }
        Some(&stops[..count])
    }

    /// Length of the tour that cheapest insertion builds: at least as long as the shortest.
    fn inserted_tour(&self, stops: &[u8]) -> usize {
        let mut tour = [self.source as u8; MAX_TOUR + 2];
        let mut length = 0u32;
        for (count, &stop) in stops.iter().enumerate() {
            let arm = usize::from(stop);
            let mut best = (u32::MAX, 0);
            for place in 0..=count {
                let (before, after) = (usize::from(tour[place]), usize::from(tour[place + 1]));
                let detour = u32::from(self.distance(before, arm)) + u32::from(self.distance(arm, after))
                    - u32::from(self.distance(before, after));
                best = best.min((detour, place));
            }
            tour.copy_within(best.1 + 1..count + 2, best.1 + 2);
            tour[best.1 + 1] = stop;
            length += best.0;
        }
        length as usize
    }

    /// Length of the shortest tour, if it is at most `limit`.
    fn shortest_tour(&self, stops: &[u8], limit: usize) -> Option<usize> {
        if stops.is_empty() {
            return Some(0);
        }
        PATHS.with_borrow_mut(|paths| {
            self.fill(paths, stops);
            Some(usize::from(paths.shortest_tour())).filter(|length| *length <= limit)
        })
    }

    /// Fills `paths` with the shortest paths through sets of `stops`.
    fn fill(&self, paths: &mut ShortestPaths, stops: &[u8]) {
        let home = |stop: &u8| self.distance(self.source, usize::from(*stop));
        paths
            .fill(stops.iter().map(home), |a, b| self.distance(usize::from(stops[a]), usize::from(stops[b])));
    }
}

/// Hops between all pairs of arms by breadth-first search.
fn hop_distances(arms: usize, edges: &[[usize; 2]]) -> Vec<u16> {
    let neighbours = neighbours(arms, edges);
    let mut hops = vec![UNREACHABLE; arms * arms];
    for from in 0..arms {
        let row = &mut hops[from * arms..][..arms];
        row[from] = 0;
        let mut queue = std::collections::VecDeque::from([from]);
        while let Some(arm) = queue.pop_front() {
            for &next in &neighbours[arm] {
                if row[next] == UNREACHABLE {
                    row[next] = row[arm] + 1;
                    queue.push_back(next);
                }
            }
        }
    }
    hops
}

/// Neighbours of each arm in ascending order.
fn neighbours(arms: usize, edges: &[[usize; 2]]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); arms];
    for &[a, b] in edges {
        neighbours[a].push(b);
        neighbours[b].push(a);
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    neighbours
}

/// The sampler of the published reference, for small graphs: a uniformly random simple cycle through the
/// source, and as many of its arms as the budget allows. Cycles never go out and back, so arms at dead ends
/// are never pulled.
#[derive(Clone, Debug, PartialEq)]
pub struct CycleSampler {
    cycles: Vec<ActionMask>,
    budget: usize,
}

impl CycleSampler {
    /// All simple cycles of three arms or more through the source, of at most as many edges as a walk has;
    /// `None` when there are more than `limit`, or none.
    pub fn new(walk: &Walk, limit: usize) -> Option<Self> {
        let neighbours = neighbours(walk.arms, &walk.edges);
        let mut cycles = Vec::new();
        let complete = follow(walk, &neighbours, &mut vec![walk.source], limit, &mut cycles);
        (complete && !cycles.is_empty()).then_some(Self { cycles, budget: walk.budget })
    }

    /// Number of cycles.
    pub fn cycles(&self) -> usize {
        self.cycles.len()
    }

    /// A random allowed action.
    pub fn sample<R: Random>(&self, random: &mut R) -> ActionMask {
        let mut arms: Vec<usize> = components(random.element(&self.cycles)).collect();
        random.shuffle(&mut arms);
        arms.iter().take(self.budget).fold(0, |action, arm| action | 1 << arm)
    }
}

/// Extends `path` to all simple cycles; false beyond `limit` of them.
fn follow(
    walk: &Walk,
    neighbours: &[Vec<usize>],
    path: &mut Vec<usize>,
    limit: usize,
    cycles: &mut Vec<ActionMask>,
) -> bool {
    let here = path[path.len() - 1];
    for &next in &neighbours[here] {
        // Each cycle is met in both directions; the one that leaves by the lower arm counts.
        if next == walk.source && path.len() >= 3 && path[1] < here {
            if cycles.len() == limit {
                return false;
            }
            cycles.push(path.iter().fold(0, |set, arm| set | 1 << arm));
        }
        if path.len() < walk.limit && !path.contains(&next) {
            path.push(next);
            let complete = follow(walk, neighbours, path, limit, cycles);
            path.pop();
            if !complete {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    /// A square 0-1-2-3 with a tail 3-4-5, from arm 0.
    fn square(limit: usize, budget: usize) -> Walk {
        Walk::new(6, &[[0, 1], [1, 2], [2, 3], [3, 0], [3, 4], [4, 5]], 0, limit, budget)
    }

    #[test]
    fn tours_go_out_and_back_where_they_must() {
        let walk = square(6, 4);
        assert_eq!(walk.shortest_tour(&[1, 2, 3], 99), Some(4), "around the square");
        assert_eq!(walk.shortest_tour(&[4], 99), Some(4), "to the tail and back");
        assert_eq!(walk.shortest_tour(&[1, 2, 3, 4], 99), Some(6));
        assert_eq!(walk.shortest_tour(&[1, 2, 3, 4], 5), None);
        assert!(walk.contains(0b11110));
        assert!(!walk.contains(0b100010), "5 and 1 need 8 edges");
        assert_eq!(
            walk.violation(0b100010),
            Violation::WalkTooLong { start: 0, limit: 6, shortest: Some(8) }
        );
        assert_eq!(walk.violation(0b111110), Violation::TooMany { budget: 4, chosen: 5 });
    }

    #[test]
    fn arms_that_no_walk_reaches_are_never_pulled() {
        let walk = Walk::new(3, &[[0, 1]], 0, 200, 3);
        assert!(walk.contains(0b011) && !walk.contains(0b100));
        assert_eq!(walk.hops(0, 2), None);
        let reason = walk.violation(0b100).to_string();
        assert!(reason.ends_with("none reaches all pulled arms"), "{reason}");
    }

    #[test]
    fn tours_are_the_shortest_of_all_orders() {
        let mut random = Philox::for_level(4, 0);
        for _ in 0..30 {
            let edges: Vec<_> =
                (0..9).map(|_| [random.int(0, 7) as usize, random.int(0, 7) as usize]).collect();
            let walk = Walk::new(7, &edges, 0, 14, 7);
            let stops: Vec<u8> = (1..6).collect();
            let mut order = stops.clone();
            let mut best = usize::MAX;
            permute(&mut order, 0, &mut |order| {
                let mut ends = vec![0u8];
                ends.extend(order);
                ends.push(0);
                let hops = |pair: &[u8]| usize::from(walk.distance(pair[0].into(), pair[1].into()));
                best = best.min(ends.windows(2).map(hops).sum());
            });
            let best = Some(best).filter(|best| *best <= 14);
            assert_eq!(walk.shortest_tour(&stops, 14), best);
            assert_eq!(walk.contains(0b111110), best.is_some());
        }
    }

    fn permute(order: &mut [u8], first: usize, visit: &mut dyn FnMut(&[u8])) {
        if first == order.len() {
            return visit(order);
        }
        for other in first..order.len() {
            order.swap(first, other);
            permute(order, first + 1, visit);
            order.swap(first, other);
        }
    }

    #[test]
    fn cycles_leave_dead_ends_out() {
        let sampler = CycleSampler::new(&square(8, 3), 100).unwrap();
        assert_eq!(sampler.cycles(), 1);
        let mut random = Philox::for_level(0, 0);
        for _ in 0..50 {
            let action = sampler.sample(&mut random);
            assert_eq!((action & !0b1111, action.count_ones()), (0, 3));
        }
        assert_eq!(CycleSampler::new(&square(8, 3), 0), None);
    }
}
