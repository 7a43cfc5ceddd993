//! Arms that workers have time for. Which worker serves an arm does not matter, so by Hall's theorem a set
//! of arms can be served when, for every set of slots, the arms available only in those slots need no
//! more units than workers have there.

use super::Violation;
use crate::cormab::action::{ActionMask, components};

/// Sets of slots that are counted together, as vectors: those of five slots.
const LANES: usize = 32;

/// Availabilities, condensed to Hall's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Slots {
    slots: usize,
    units: usize,
    budget: usize,
    /// Slots in which each arm is available, as a bit set.
    available: Vec<u8>,
    /// Units that workers have in each set of slots.
    supply: Vec<usize>,
    /// Most arms that each set of slots has room for, at most 255; 255 beyond the last set.
    room: Vec<[u8; LANES]>,
    /// By group of sets and arm: 1 for each set of slots that holds all slots of the arm.
    confined: Vec<Vec<[u8; LANES]>>,
}

impl Slots {
    pub(super) fn new(
        slots: usize,
        units: usize,
        arm_avail: &[Vec<u8>],
        worker_avail: &[Vec<u8>],
        budget: usize,
    ) -> Self {
        let bits = |row: &Vec<u8>| {
            row.iter().enumerate().filter(|(_, flag)| **flag != 0).fold(0u8, |set, (slot, _)| set | 1 << slot)
        };
        let available: Vec<u8> = arm_avail.iter().map(bits).collect();
        let workers: Vec<u8> = worker_avail.iter().map(bits).collect();
        let subsets = 1usize << slots;
        let supply: Vec<usize> = (0..subsets)
            .map(|set| workers.iter().map(|worker| (worker & set as u8).count_ones() as usize).sum())
            .collect();
        let groups = subsets.div_ceil(LANES);
        let room_of =
            |set: usize| supply.get(set).map_or(255, |there: &usize| (there / units).min(255) as u8);
        let room =
            (0..groups).map(|group| std::array::from_fn(|lane| room_of(group * LANES + lane))).collect();
        let is_confined = |arm: u8, set: usize| u8::from(set < subsets && arm & !(set as u8) == 0);
        let confined = (0..groups)
            .map(|group| {
                let row = |arm: &u8| std::array::from_fn(|lane| is_confined(*arm, group * LANES + lane));
                available.iter().map(row).collect()
            })
            .collect();
        Self { slots, units, budget, available, supply, room, confined }
    }

    /// Slots.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Units that a pulled arm needs.
    pub fn units(&self) -> usize {
        self.units
    }

    /// Most arms.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Slots in which `arm` is available, as a bit set.
    pub fn available(&self, arm: usize) -> u8 {
        self.available[arm]
    }

    /// Units that workers have in the slots of bit set `slots`.
    pub fn supply(&self, slots: usize) -> usize {
        self.supply[slots]
    }

    #[inline]
    pub(super) fn contains(&self, action: ActionMask) -> bool {
        if action.count_ones() as usize > self.budget {
            return false;
        }
        let mut fits = true;
        for (room, confined) in self.room.iter().zip(&self.confined) {
            let mut pulled = [0u8; LANES];
            for arm in components(action) {
                // At most 128 arms: nothing wraps, and unchecked additions become vectors.
                for (count, confined) in pulled.iter_mut().zip(&confined[arm]) {
                    *count = count.wrapping_add(*confined);
                }
            }
            for (count, room) in pulled.iter().zip(room) {
                fits &= count <= room;
            }
        }
        fits
    }

    pub(super) fn violation(&self, action: ActionMask) -> Violation {
        let chosen = action.count_ones() as usize;
        let needed = |set: usize| {
            let confined = components(action).filter(|arm| self.available[*arm] & !(set as u8) == 0);
            confined.count() * self.units
        };
        match (0..self.supply.len()).find(|set| needed(*set) > self.supply[*set]) {
            Some(set) if chosen <= self.budget => Violation::NoTime {
                slots: (0..self.slots).filter(|slot| set >> slot & 1 == 1).collect(),
                needed: needed(set),
                available: self.supply[set],
            },
            _ => Violation::TooMany { budget: self.budget, chosen },
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::{Random, philox::Philox};

    use super::*;

    /// Whether units can be assigned to the pulled arms, by trying.
    fn can_serve(needs: &mut [(u8, usize)], free: &mut [usize]) -> bool {
        let Some(arm) = needs.iter().position(|(_, units)| *units > 0) else { return true };
        needs[arm].1 -= 1;
        for slot in (0..free.len()).filter(|slot| needs[arm].0 >> slot & 1 == 1).collect::<Vec<_>>() {
            if free[slot] > 0 {
                free[slot] -= 1;
                let served = can_serve(needs, free);
                free[slot] += 1;
                if served {
                    needs[arm].1 += 1;
                    return true;
                }
            }
        }
        needs[arm].1 += 1;
        false
    }

    #[test]
    fn halls_rows_are_exact() {
        let mut random = Philox::for_level(8, 0);
        for _ in 0..20 {
            let mut rows = |count: usize| -> Vec<Vec<u8>> {
                (0..count).map(|_| (0..4).map(|_| u8::from(random.flag())).collect()).collect()
            };
            let (arms, workers) = (rows(6), rows(3));
            let slots = Slots::new(4, 2, &arms, &workers, 4);
            for action in 0..1u128 << 6 {
                let mut needs: Vec<(u8, usize)> =
                    components(action).map(|arm| (slots.available(arm), 2)).collect();
                let mut free: Vec<usize> = (0..4).map(|slot| slots.supply(1 << slot)).collect();
                let expected = action.count_ones() <= 4 && can_serve(&mut needs, &mut free);
                assert_eq!(slots.contains(action), expected, "{action:b} of {arms:?}, {workers:?}");
            }
        }
    }

    #[test]
    fn the_reason_names_the_slots() {
        let slots = Slots::new(2, 2, &[vec![1, 0], vec![1, 1]], &[vec![1, 1]], 2);
        let reason = slots.violation(0b01);
        assert_eq!(reason, Violation::NoTime { slots: vec![0], needed: 2, available: 1 });
        assert!(slots.contains(0b10));
        assert!(matches!(slots.violation(0b11), Violation::NoTime { .. }));
    }
}
