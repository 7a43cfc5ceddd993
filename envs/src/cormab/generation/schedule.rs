//! Who is available when: arms prefer late slots, workers early ones, so that supply and demand do not meet.

use pentathlon_gym::seeding::Random;

use super::{Purpose, stream};
use crate::cormab::instance::Constraint;

/// Slots.
const SLOTS: usize = 5;
/// Slots in which an arm is available.
const ARM_SLOTS: usize = 2;
/// Slots in which a worker is available.
const WORKER_SLOTS: usize = 3;
/// Units that a pulled arm needs.
const UNITS: usize = 2;

/// A schedule of `arms` arms and `budget` workers.
pub(super) fn slots(arms: usize, budget: usize, seed: u64) -> Constraint {
    let late = weights(stream(seed, Purpose::SlotWeights, 0));
    let mut early = weights(stream(seed, Purpose::SlotWeights, 1));
    early.reverse();
    let row = |mut random, weights: &[f64; SLOTS], count| draw_slots(&mut random, *weights, count);
    Constraint::Slots {
        budget,
        n_workers: budget,
        n_slots: SLOTS,
        units_per_arm: UNITS,
        arm_avail: (0..arms).map(|arm| row(stream(seed, Purpose::ArmSlots, arm), &late, ARM_SLOTS)).collect(),
        worker_avail: (0..budget)
            .map(|worker| row(stream(seed, Purpose::WorkerSlots, worker), &early, WORKER_SLOTS))
            .collect(),
    }
}

/// Uniform weights of the slots in ascending order.
fn weights(mut random: impl Random) -> [f64; SLOTS] {
    let mut weights: [f64; SLOTS] = std::array::from_fn(|_| random.float());
    weights.sort_by(f64::total_cmp);
    weights
}

/// Flags of `count` slots, drawn one after the other with chances in proportion to the weights of those left.
fn draw_slots(random: &mut impl Random, mut weights: [f64; SLOTS], count: usize) -> Vec<u8> {
    let mut row = vec![0; SLOTS];
    for _ in 0..count {
        let total: f64 = weights.iter().sum();
        let slot = random.weighted(&weights.map(|weight| weight / total)).min(SLOTS - 1);
        row[slot] = 1;
        weights[slot] = 0.0;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arms_have_two_slots_workers_three_and_they_differ() {
        let (mut arms_late, mut workers_late) = (0.0, 0.0);
        for seed in 0..50 {
            let Constraint::Slots { arm_avail, worker_avail, .. } = slots(20, 5, seed) else {
                unreachable!()
            };
            let count = |row: &Vec<u8>| row.iter().map(|flag| usize::from(*flag)).sum::<usize>();
            assert!(arm_avail.len() == 20 && arm_avail.iter().all(|row| count(row) == 2));
            assert!(worker_avail.len() == 5 && worker_avail.iter().all(|row| count(row) == 3));
            arms_late += arm_avail.iter().map(|row| f64::from(row[4]) / 1000.0).sum::<f64>();
            workers_late += worker_avail.iter().map(|row| f64::from(row[4]) / 250.0).sum::<f64>();
        }
        assert!(arms_late > 0.5, "without a preference 0.4 of the arms: {arms_late}");
        assert!(workers_late < 0.5, "without a preference 0.6 of the workers: {workers_late}");
    }
}
