//! Shortest paths from home through sets of stops, and shortest tours: M. Held and R. M. Karp, "A dynamic programming
//! approach to sequencing problems" (1962). Rows are padded, so that a minimum over stops is a few vectors.

use pentathlon_engine::{VectorWork, with_wide_vectors};

/// Entries that are compared at once.
const WIDTH: usize = 8;

/// The table of paths and the distances it comes from. Entries beyond the stops, and of stops that a set does not
/// have, are the largest number; sums saturate there.
#[derive(Clone, Debug, Default)]
pub(super) struct ShortestPaths {
    stops: usize,
    /// Entries of a row: stops and padding.
    row: usize,
    /// From home to each stop.
    home: Vec<u16>,
    /// Between stops, `[stops][row]`.
    hops: Vec<u16>,
    /// Lengths of the shortest paths from home through a set of stops to one of them, `[sets][row]`.
    paths: Vec<u16>,
    /// Of a stop that is not in the table: the shortest path through each set to it.
    ends: Vec<u16>,
}

impl ShortestPaths {
    /// Computes the table for stops whose distances from home are `home` and between each other `hops`.
    pub(super) fn fill(&mut self, home: impl Iterator<Item = u16>, hops: impl Fn(usize, usize) -> u16) {
        self.home.clear();
        self.home.extend(home);
        self.stops = self.home.len();
        self.row = self.stops.next_multiple_of(WIDTH);
        self.home.resize(self.row, u16::MAX);
        self.hops.clear();
        for from in 0..self.stops {
            self.hops.extend((0..self.stops).map(|to| hops(from, to)));
            self.hops.resize((from + 1) * self.row, u16::MAX);
        }
        self.paths.clear();
        self.paths.resize(self.row << self.stops, u16::MAX);
        with_wide_vectors(FillPaths(self));
    }

    /// Length of the shortest tour from home through all stops.
    pub(super) fn shortest_tour(&self) -> u16 {
        if self.stops == 0 { 0 } else { least_sum(&self.paths[self.paths.len() - self.row..], &self.home) }
    }

    /// Length of the shortest tour through all stops and one more, whose distances from the stops are `hops` and
    /// from home `home`. Such a tour is two paths that meet at the stop, so that one table serves all of them.
    pub(super) fn shortest_tour_with(&mut self, hops: impl Iterator<Item = u16>, home: u16) -> u16 {
        let mut from_stops = [u16::MAX; 32];
        for (entry, hops) in from_stops.iter_mut().zip(hops) {
            *entry = hops;
        }
        self.ends.clear();
        self.ends.resize(1 << self.stops, home);
        let Self { ends, paths, row, .. } = self;
        with_wide_vectors(FindEnds { ends, paths, from_stops: &from_stops[..*row] });
        // Each tour is met twice, once in each direction.
        let half = ends.len() / 2;
        let pairs = ends[..half].iter().zip(ends[half..].iter().rev());
        pairs.map(|(there, back)| there.saturating_add(*back)).min().unwrap_or(2 * home)
    }
}

struct FillPaths<'a>(&'a mut ShortestPaths);

impl VectorWork for FillPaths<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let ShortestPaths { stops, row, home, hops, paths, .. } = self.0;
        let (stops, row) = (*stops, *row);
        for visited in 1usize..1 << stops {
            let (before, after) = paths.split_at_mut(visited * row);
            let mut left = visited;
            while left != 0 {
                let last = left.trailing_zeros() as usize;
                left &= left - 1;
                let others = visited & !(1 << last);
                after[last] = if others == 0 {
                    home[last]
                } else {
                    least_sum(&before[others * row..][..row], &hops[last * row..][..row])
                };
            }
        }
    }
}

struct FindEnds<'a> {
    ends: &'a mut [u16],
    paths: &'a [u16],
    from_stops: &'a [u16],
}

impl VectorWork for FindEnds<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.paths.chunks_exact(self.from_stops.len());
        // Nothing visited: from home, as it is.
        for (end, row) in self.ends.iter_mut().zip(rows).skip(1) {
            *end = least_sum(row, self.from_stops);
        }
    }
}

/// The least sum of two entries at the same place.
#[inline(always)]
fn least_sum(a: &[u16], b: &[u16]) -> u16 {
    let mut least = [u16::MAX; WIDTH];
    for (a, b) in a.chunks_exact(WIDTH).zip(b.chunks_exact(WIDTH)) {
        for ((least, a), b) in least.iter_mut().zip(a).zip(b) {
            *least = (*least).min(a.saturating_add(*b));
        }
    }
    let mut smallest = u16::MAX;
    for entry in least {
        smallest = smallest.min(entry);
    }
    smallest
}
