//! Wave function collapse: fills a grid with patterns so that neighbours fit, choosing the most
//! constrained cell each time (M. Gumin 2016). Presets, preferences and the order of random draws are
//! those of Farama Minigrid 3.2.0; how constraints are propagated is our own, which does not matter
//! for the result: the largest set of patterns that supports itself is unique.

use std::sync::LazyLock;

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

/// Inner side length of a level at most.
pub(in crate::minigrid) const MAX_SIDE: usize = 23;
/// Cells of a level at most.
pub(in crate::minigrid) const MAX_CELLS: usize = MAX_SIDE * MAX_SIDE;

/// Attempts before the generation gives up.
const MAX_ATTEMPTS: u32 = 1000;
/// Patterns of a preset at most: whole bytes of a bit set.
const MAX_PATTERNS: usize = 48;

/// Steps to the four neighbours, each followed by its opposite.
const OFFSETS: [(i32, i32); 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];

/// Which set of patterns a level is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A maze of narrow corridors.
    MazeSimple,
    /// A maze with wider spaces.
    DungeonMazeScaled,
    /// Rooms with openings between them.
    RoomsFabric,
    /// A hall with single blocks.
    ObstaclesBlackdots,
    /// A hall with angular blocks.
    ObstaclesAngular,
    /// A hall with larger blocks of many shapes.
    ObstaclesHogs3,
}

impl Preset {
    fn patterns(self) -> &'static Patterns {
        static ALL: LazyLock<Vec<Patterns>> = LazyLock::new(|| {
            Patterns::parse_all(include_str!("../../../assets/minigrid/wave_function_collapse.txt"))
        });
        let name = format!("{self:?}");
        ALL.iter().find(|patterns| patterns.name == name).expect("the asset has every preset")
    }
}

/// The patterns of a preset and how they fit.
#[derive(Debug)]
struct Patterns {
    name: String,
    /// Whether the level wraps around at its edges.
    periodic: bool,
    /// How often each pattern occurs in the image.
    weights: Vec<f64>,
    /// Bit set of the patterns whose first cell is a wall.
    walls: u64,
    /// By offset, byte of a bit set of patterns and value of that byte: the patterns that may lie at
    /// that offset from any of them.
    supported: Box<[[[u64; 256]; MAX_PATTERNS / 8]; 4]>,
}

impl Patterns {
    /// Reads the asset, whose format its first lines explain.
    fn parse_all(text: &str) -> Vec<Self> {
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        lines.chunk_by(|_, next| !next.starts_with("preset")).map(Self::parse).collect()
    }

    fn parse(lines: &[&str]) -> Self {
        let header: Vec<&str> = lines[0].split(' ').collect();
        let mut weights = Vec::new();
        let mut walls = 0;
        let mut fitting = [[0u64; MAX_PATTERNS]; 4];
        for (pattern, line) in lines[1..].iter().enumerate() {
            let fields: Vec<&str> = line.split(' ').collect();
            let set = |field: &str| u64::from_str_radix(field, 16).expect("a bit set in the asset");
            walls |= u64::from(fields[0].starts_with('1')) << pattern;
            weights.push(fields[1].parse().expect("a weight in the asset"));
            for (axis, field) in [(0, fields[2]), (2, fields[3])] {
                fitting[axis][pattern] = set(field);
                for other in (0..MAX_PATTERNS).filter(|other| set(field) >> other & 1 == 1) {
                    fitting[axis + 1][other] |= 1 << pattern;
                }
            }
        }
        let mut supported = Box::new([[[0; 256]; MAX_PATTERNS / 8]; 4]);
        for (offset, bytes) in supported.iter_mut().enumerate() {
            for (byte, sets) in bytes.iter_mut().enumerate() {
                for (value, set) in sets.iter_mut().enumerate() {
                    *set = (0..8)
                        .filter(|bit| value >> bit & 1 == 1)
                        .fold(0, |union, bit| union | fitting[offset][8 * byte + bit]);
                }
            }
        }
        Self { name: header[1].to_owned(), periodic: header[3] == "periodic", weights, walls, supported }
    }

    /// The patterns that may lie at offset number `offset` from a cell that has one of `set`.
    fn supported(&self, offset: usize, set: u64) -> u64 {
        let tables = &self.supported[offset];
        set.to_le_bytes().iter().zip(tables).fold(0, |union, (&byte, table)| union | table[usize::from(byte)])
    }
}

/// Which cells of a solved level are walls; cell `(i, j)` is item `i * side + j`.
pub(in crate::minigrid) type Walls = [bool; MAX_CELLS];

/// Solves a level of `side` times `side` cells.
///
/// # Errors
/// When no attempt succeeded.
pub(in crate::minigrid) fn solve<R: Random>(
    random: &mut R,
    preset: Preset,
    side: usize,
) -> Result<Walls, GenerationError> {
    let patterns = preset.patterns();
    let mut preference = [0.0; MAX_CELLS];
    let preference = &mut preference[..side * side];
    for cell in preference.iter_mut() {
        *cell = random.float() * 0.1;
    }
    let mut start = Wave::new(patterns, side, preference);
    let solvable = start.propagate_all(preference);
    for _ in 0..MAX_ATTEMPTS {
        let mut wave = start.clone();
        if solvable && wave.collapse(random, preference) {
            let mut walls = [false; MAX_CELLS];
            for (wall, &set) in walls.iter_mut().zip(wave.cells()) {
                *wall = set & patterns.walls != 0;
            }
            return Ok(walls);
        }
    }
    Err(GenerationError(format!("{preset:?}: no solution in {MAX_ATTEMPTS} attempts")))
}

/// The patterns that are still possible in every cell.
#[derive(Clone, Debug)]
struct Wave<'p> {
    patterns: &'p Patterns,
    side: usize,
    /// Bit set of patterns for each cell.
    possible: [u64; MAX_CELLS],
    /// Cells that lost patterns since their neighbours were looked at.
    changed: [u16; MAX_CELLS],
    num_changed: usize,
    /// Whether a cell is among them.
    is_changed: [bool; MAX_CELLS],
    /// Number of patterns left plus the cell's preference; infinite where only one is left.
    priority: [f64; PRIORITIES],
    /// Cells with more than one pattern left.
    undecided: usize,
}

/// [`MAX_CELLS`] rounded up to whole groups of lanes.
const PRIORITIES: usize = MAX_CELLS.next_multiple_of(LANES);
/// Priorities that are compared at once.
const LANES: usize = 8;

impl<'p> Wave<'p> {
    /// Every pattern in every cell; `preference` has one number a cell.
    fn new(patterns: &'p Patterns, side: usize, preference: &[f64]) -> Self {
        debug_assert_eq!(preference.len(), side * side);
        let all = (1 << patterns.weights.len()) - 1;
        let mut priority = [f64::INFINITY; PRIORITIES];
        for (priority, preference) in priority.iter_mut().zip(preference) {
            *priority = preference + patterns.weights.len() as f64;
        }
        Self {
            patterns,
            side,
            possible: [all; MAX_CELLS],
            changed: [0; MAX_CELLS],
            num_changed: 0,
            is_changed: [false; MAX_CELLS],
            priority,
            undecided: side * side,
        }
    }

    fn cells(&self) -> &[u64] {
        &self.possible[..self.side * self.side]
    }

    /// Chooses patterns until every cell has one; false at a contradiction.
    fn collapse<R: Random>(&mut self, random: &mut R, preference: &[f64]) -> bool {
        loop {
            let cell = self.most_constrained();
            self.observe(random, cell, preference);
            if !self.propagate(preference) {
                return false;
            }
            if self.undecided == 0 {
                return true;
            }
        }
    }

    /// The cell with the fewest patterns left, but more than one; the preferences break ties. The
    /// first cell when none has more than one.
    fn most_constrained(&self) -> usize {
        let mut smallest = [f64::INFINITY; LANES];
        for group in self.priority.chunks_exact(LANES) {
            for (smallest, &priority) in smallest.iter_mut().zip(group) {
                if priority < *smallest {
                    *smallest = priority;
                }
            }
        }
        let smallest = smallest.into_iter().fold(f64::INFINITY, f64::min);
        self.priority.iter().position(|&priority| priority == smallest).unwrap_or(0)
    }

    /// Draws one of a cell's patterns by their weights.
    fn observe<R: Random>(&mut self, random: &mut R, cell: usize, preference: &[f64]) {
        let mut chances = [0.0; MAX_PATTERNS];
        let chances = &mut chances[..self.patterns.weights.len()];
        let mut total = 0.0;
        for (pattern, (chance, weight)) in chances.iter_mut().zip(&self.patterns.weights).enumerate() {
            if self.possible[cell] >> pattern & 1 == 1 {
                *chance = *weight;
                total += weight;
            }
        }
        for chance in chances.iter_mut() {
            *chance /= total;
        }
        let pattern = random.weighted(chances);
        self.restrict(cell, 1 << pattern, preference);
    }

    /// Removes the patterns that do not fit anywhere from the start; false at a contradiction.
    fn propagate_all(&mut self, preference: &[f64]) -> bool {
        for cell in 0..self.side * self.side {
            self.mark(cell);
        }
        self.propagate(preference)
    }

    /// Removes patterns that no pattern of some neighbour supports, until all are supported; false as
    /// soon as a cell has none left.
    fn propagate(&mut self, preference: &[f64]) -> bool {
        while self.num_changed > 0 {
            self.num_changed -= 1;
            let cell = usize::from(self.changed[self.num_changed]);
            self.is_changed[cell] = false;
            let possible = self.possible[cell];
            for offset in 0..OFFSETS.len() {
                let Some(neighbor) = self.neighbor(cell, offset) else { continue };
                let before = self.possible[neighbor];
                let after = before & self.patterns.supported(offset, possible);
                if after == before {
                    continue;
                }
                if after == 0 {
                    return false;
                }
                self.restrict(neighbor, after, preference);
            }
        }
        true
    }

    /// Leaves a cell only the patterns of `set`, at least one.
    fn restrict(&mut self, cell: usize, set: u64, preference: &[f64]) {
        let was_undecided = !self.possible[cell].is_power_of_two();
        self.possible[cell] = set;
        if set.is_power_of_two() {
            self.priority[cell] = f64::INFINITY;
            self.undecided -= usize::from(was_undecided);
        } else {
            self.priority[cell] = preference[cell] + f64::from(set.count_ones());
        }
        self.mark(cell);
    }

    fn mark(&mut self, cell: usize) {
        if !self.is_changed[cell] {
            self.is_changed[cell] = true;
            self.changed[self.num_changed] = cell as u16;
            self.num_changed += 1;
        }
    }

    /// The cell at an offset from another; none outside of a level that does not wrap around.
    fn neighbor(&self, cell: usize, offset: usize) -> Option<usize> {
        let side = self.side as i32;
        let (dx, dy) = OFFSETS[offset];
        let (i, j) = (cell as i32 / side + dx, cell as i32 % side + dy);
        let inside = (0..side).contains(&i) && (0..side).contains(&j);
        if !inside && !self.patterns.periodic {
            return None;
        }
        Some((i.rem_euclid(side) * side + j.rem_euclid(side)) as usize)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::pcg64::Pcg64;

    use super::*;

    const PRESETS: [Preset; 6] = [
        Preset::MazeSimple,
        Preset::DungeonMazeScaled,
        Preset::RoomsFabric,
        Preset::ObstaclesBlackdots,
        Preset::ObstaclesAngular,
        Preset::ObstaclesHogs3,
    ];

    /// Whether every pattern left in every cell is supported from all sides.
    fn is_supported(wave: &Wave<'_>) -> bool {
        (0..wave.cells().len()).all(|cell| {
            (0..OFFSETS.len()).all(|offset| {
                wave.neighbor(cell, offset).is_none_or(|neighbor| {
                    let set = wave.possible[neighbor];
                    set & wave.patterns.supported(offset, wave.possible[cell]) == set
                })
            })
        })
    }

    /// One round of Farama's propagation: all cells at once, from the same wave.
    fn round(wave: &Wave<'_>) -> Vec<u64> {
        (0..wave.cells().len())
            .map(|cell| {
                (0..OFFSETS.len()).fold(wave.possible[cell], |set, offset| {
                    // The opposite offset is the neighbour in the pair.
                    wave.neighbor(cell, offset)
                        .map_or(set, |from| set & wave.patterns.supported(offset ^ 1, wave.possible[from]))
                })
            })
            .collect()
    }

    #[test]
    fn propagation_ends_where_rounds_over_all_cells_end() {
        for preset in PRESETS {
            let preference = [0.05; 12 * 12];
            let mut random = Pcg64::from_seed(7);
            let mut wave = Wave::new(preset.patterns(), 12, &preference);
            assert!(wave.propagate_all(&preference));
            for _ in 0..20 {
                let cell = wave.most_constrained();
                wave.observe(&mut random, cell, &preference);
                let mut rounds = wave.clone();
                loop {
                    let next = round(&rounds);
                    if next == rounds.cells() {
                        break;
                    }
                    rounds.possible[..next.len()].copy_from_slice(&next);
                }
                if !wave.propagate(&preference) {
                    assert!(rounds.cells().contains(&0), "{preset:?}: no contradiction");
                    break;
                }
                assert_eq!(wave.cells(), rounds.cells(), "{preset:?}");
            }
        }
    }

    #[test]
    fn solutions_fit_everywhere() {
        for preset in PRESETS {
            let preference = [0.05; MAX_CELLS];
            let mut random = Pcg64::from_seed(3);
            let solved = (0..100).find_map(|_| {
                let mut wave = Wave::new(preset.patterns(), MAX_SIDE, &preference);
                assert!(wave.propagate_all(&preference));
                wave.collapse(&mut random, &preference).then_some(wave)
            });
            let wave = solved.expect("a solution in a hundred attempts");
            assert!(wave.cells().iter().all(|set| set.count_ones() == 1), "{preset:?}");
            assert!(is_supported(&wave), "{preset:?}");
        }
    }

    #[test]
    fn presets_have_the_patterns_of_their_images() {
        let counts = PRESETS.map(|preset| preset.patterns().weights.len());
        assert_eq!(counts, [12, 14, 37, 5, 42, 40]);
    }
}
