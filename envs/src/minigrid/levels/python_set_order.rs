//! The order in which CPython 3.11 iterates over a set of pairs of small integers. Farama's wave
//! function collapse levels choose start and goal by position in such a set, so that the same seed
//! gives the same level only in this order. Hash: xxHash's mixing of the elements of a tuple; table:
//! open addressing with linear probes and a perturbed jump.

use super::wave_function_collapse::MAX_CELLS;

/// A cell by its two coordinates.
pub(super) type Pair = (u16, u16);

/// Slots that hold [`MAX_CELLS`] pairs when the table grows as it does.
const MAX_SLOTS: usize = 4096;

/// Slots after the first that are looked at before jumping.
const LINEAR_PROBES: usize = 9;

/// Puts distinct `pairs` in the order in which a set iterates that they were added to one by one.
pub(super) fn order_as_set(pairs: &mut [Pair]) {
    debug_assert!(pairs.len() <= MAX_CELLS);
    let mut table = Table { slots: [None; MAX_SLOTS], mask: 7 };
    for (index, &pair) in pairs.iter().enumerate() {
        table.insert(pair);
        let used = index + 1;
        if used * 5 >= table.mask * 3 {
            table.grow(used);
        }
    }
    let ordered = table.slots[..=table.mask].iter().flatten();
    for (pair, &next) in pairs.iter_mut().zip(ordered) {
        *pair = next;
    }
}

/// The hash of a tuple of two small integers.
fn hash((x, y): Pair) -> u64 {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let mut sum = PRIME_5;
    for lane in [x, y] {
        sum = sum.wrapping_add(u64::from(lane).wrapping_mul(PRIME_2));
        sum = sum.rotate_left(31).wrapping_mul(PRIME_1);
    }
    sum = sum.wrapping_add(2 ^ (PRIME_5 ^ 3_527_539));
    if sum == u64::MAX { 1_546_275_796 } else { sum }
}

struct Table {
    slots: [Option<Pair>; MAX_SLOTS],
    /// Number of slots in use, minus one.
    mask: usize,
}

impl Table {
    /// Puts a pair that is not there yet into its slot.
    fn insert(&mut self, pair: Pair) {
        let mut perturbation = hash(pair);
        let mut slot = perturbation as usize & self.mask;
        loop {
            let probes = if slot + LINEAR_PROBES <= self.mask { LINEAR_PROBES } else { 0 };
            if let Some(free) = self.slots[slot..=slot + probes].iter().position(Option::is_none) {
                self.slots[slot + free] = Some(pair);
                return;
            }
            perturbation >>= 5;
            slot = (slot.wrapping_mul(5).wrapping_add(1).wrapping_add(perturbation as usize)) & self.mask;
        }
    }

    /// Moves the `used` pairs, slot by slot, into a table of more than four times as many slots.
    fn grow(&mut self, used: usize) {
        let old = std::mem::replace(&mut self.slots, [None; MAX_SLOTS]);
        let old_mask = self.mask;
        let mut size = 8;
        while size <= used * 4 {
            size *= 2;
        }
        self.mask = size - 1;
        for &pair in old[..=old_mask].iter().flatten() {
            self.insert(pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected values were printed by CPython 3.11.

    #[test]
    fn hashes_are_those_of_python() {
        assert_eq!(hash((0, 0)) as i64, -8_458_139_203_682_520_985);
        assert_eq!(hash((1, 2)) as i64, -3_550_055_125_485_641_917);
        assert_eq!(hash((22, 7)) as i64, -2_385_838_970_821_507_920);
    }

    #[test]
    fn a_small_set_iterates_as_in_python() {
        let mut pairs = [(0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (3, 2)];
        order_as_set(&mut pairs);
        assert_eq!(pairs, [(2, 1), (0, 0), (1, 1), (2, 2), (1, 0), (3, 2)]);
    }

    /// `for i in range(60): s.add((i * 7 % 23, i * 5 % 19))`, then
    /// `for x, y in s: h = (h * 31 + x * 23 + y) % 2**32`.
    #[test]
    fn a_set_that_has_grown_iterates_as_in_python() {
        let mut pairs: Vec<Pair> = (0..60).map(|i| (i * 7 % 23, i * 5 % 19)).collect();
        order_as_set(&mut pairs);
        let digest = pairs.iter().fold(0u32, |digest, &(x, y)| {
            digest.wrapping_mul(31).wrapping_add(u32::from(x) * 23 + u32::from(y))
        });
        assert_eq!(digest, 4_292_900_764);
    }
}
