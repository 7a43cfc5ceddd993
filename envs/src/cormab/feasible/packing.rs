//! Arms whose costs fit into workers: each pulled arm goes to one worker, whose arms together cost no
//! more than its capacity. Packing into bins of unequal size.

use pentathlon_gym::seeding::Random;

use super::Violation;
use crate::cormab::action::{ActionMask, components};

/// Costs and capacities.
#[derive(Clone, Debug, PartialEq)]
pub struct Packing {
    costs: Vec<u32>,
    /// In ascending order.
    capacities: Vec<u32>,
    total: u32,
}

impl Packing {
    pub(super) fn new(costs: &[u32], capacities: &[u32]) -> Self {
        let mut sorted = capacities.to_vec();
        sorted.sort_unstable();
        Self { costs: costs.to_vec(), total: sorted.iter().sum(), capacities: sorted }
    }

    /// Cost of each arm.
    pub fn costs(&self) -> &[u32] {
        &self.costs
    }

    /// Capacities of the workers in ascending order.
    pub fn capacities(&self) -> &[u32] {
        &self.capacities
    }

    /// Capacity beyond what the arms of `action` cost.
    pub fn spare(&self, action: ActionMask) -> u32 {
        self.total.saturating_sub(components(action).map(|arm| self.costs[arm]).sum())
    }

    pub(super) fn contains(&self, action: ActionMask) -> bool {
        let mut items = [0u32; 128];
        let mut count = 0;
        for arm in components(action) {
            items[count] = self.costs[arm];
            count += 1;
        }
        let items = &mut items[..count];
        items.sort_unstable_by(|a, b| b.cmp(a));
        if items.iter().sum::<u32>() > self.total {
            return false;
        }
        let mut free = [0u32; 128];
        let free = &mut free[..self.capacities.len()];
        free.copy_from_slice(&self.capacities);
        best_fit(items, free) || {
            free.copy_from_slice(&self.capacities);
            pack(items, free, self.total - items.iter().sum::<u32>())
        }
    }

    pub(super) fn violation(&self, action: ActionMask) -> Violation {
        let costs = components(action).map(|arm| self.costs[arm]).collect();
        Violation::DoNotFit { costs, capacities: self.capacities.clone() }
    }

    /// Arms in random order fill workers in random order: each worker takes every arm that still fits.
    pub(super) fn sample<R: Random>(&self, random: &mut R) -> ActionMask {
        let mut arms: [u8; 128] = std::array::from_fn(|arm| arm as u8);
        let arms = &mut arms[..self.costs.len()];
        random.shuffle(arms);
        let mut workers = [0u32; 128];
        let workers = &mut workers[..self.capacities.len()];
        workers.copy_from_slice(&self.capacities);
        random.shuffle(workers);
        let mut action = 0;
        for free in workers {
            for &arm in &*arms {
                let cost = self.costs[usize::from(arm)];
                if action >> arm & 1 == 0 && cost <= *free {
                    action |= 1 << arm;
                    *free -= cost;
                }
            }
        }
        action
    }
}

/// Puts each item, largest first, into the fullest bin that has room. Finds most packings.
fn best_fit(items: &[u32], free: &mut [u32]) -> bool {
    items.iter().all(|&item| match free.iter_mut().filter(|bin| **bin >= item).min() {
        Some(bin) => {
            *bin -= item;
            true
        }
        None => false,
    })
}

/// Tries every way to put `items`, largest first, into bins, of which `spare` may stay unused. Bins of equal
/// room are the same.
fn pack(items: &[u32], free: &mut [u32], spare: u32) -> bool {
    let Some((&item, rest)) = items.split_first() else { return true };
    // Bins too small for the smallest item are lost.
    let smallest = items[items.len() - 1];
    if free.iter().filter(|bin| **bin < smallest).sum::<u32>() > spare {
        return false;
    }
    for bin in 0..free.len() {
        let room = free[bin];
        if room < item || free[..bin].contains(&room) {
            continue;
        }
        free[bin] -= item;
        let packed = pack(rest, free, spare);
        free[bin] = room;
        if packed {
            return true;
        }
        // An item that fills its bin could be exchanged into any other solution.
        if room == item {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    /// Whether some assignment of items to bins fits, by trying all.
    fn fits(items: &[u32], bins: &[u32]) -> bool {
        let count = bins.len().pow(items.len() as u32);
        (0..count).any(|mut code| {
            let mut free = bins.to_vec();
            items.iter().all(|item| {
                let bin = code % bins.len();
                code /= bins.len();
                free[bin] = free[bin].wrapping_sub(*item);
                free[bin] <= 100
            })
        })
    }

    #[test]
    fn packings_are_found_whenever_there_is_one() {
        let mut random = Philox::for_level(2, 0);
        let (mut feasible, mut by_search) = (0, 0);
        for _ in 0..300 {
            let costs: Vec<u32> = (0..6).map(|_| random.int(2, 7) as u32).collect();
            let capacities: Vec<u32> = (0..3).map(|_| random.int(2, 12) as u32).collect();
            let packing = Packing::new(&costs, &capacities);
            let expected = fits(&costs, &capacities);
            assert_eq!(packing.contains(0b111111), expected, "{costs:?} into {capacities:?}");
            feasible += u32::from(expected);
            let mut sorted = costs.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            by_search += u32::from(expected && !best_fit(&sorted, &mut packing.capacities.clone()));
        }
        assert!(feasible > 10, "{feasible} feasible cases");
        assert!(by_search > 0, "best fit alone would have been enough");
    }

    #[test]
    fn samples_use_what_there_is() {
        let packing = Packing::new(&[2, 2, 2], &[2, 2]);
        let mut random = Philox::for_level(2, 0);
        for _ in 0..20 {
            assert_eq!(packing.sample(&mut random).count_ones(), 2);
        }
    }
}
