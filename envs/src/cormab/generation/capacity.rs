//! What arms cost and what workers can carry.

use pentathlon_gym::seeding::Random;

use super::{Purpose, stream};
use crate::cormab::instance::Constraint;

/// Arms cost 2 to 6, and `workers` workers carry 2 to 7, uniformly.
pub(super) fn packing(arms: usize, workers: usize, seed: u64) -> Constraint {
    Constraint::MultiKnapsack {
        arm_cost: (0..arms).map(|arm| stream(seed, Purpose::Costs, arm).int(2, 7) as u32).collect(),
        worker_capacity: (0..workers)
            .map(|worker| stream(seed, Purpose::Capacities, worker).int(2, 8) as u32)
            .collect(),
    }
}
