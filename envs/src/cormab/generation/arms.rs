//! Arms that climb and fall, and what they pay. The most valuable arms are decoys: they pay less on the
//! first steps up, so that a policy that looks one step ahead works on the others.

use pentathlon_gym::seeding::Random;

use super::{Purpose, stream};
use crate::cormab::instance::{Dynamics, LEVELS};

/// Up-probabilities of `arms` arms: uniform in 0 to 0.2 when passive, in 0.7 to 0.9 when active.
pub(super) fn up_down(arms: usize, seed: u64) -> Dynamics {
    let draws = |arm| {
        let mut random = stream(seed, Purpose::Arms, arm);
        (0.2 * random.float(), 0.7 + 0.2 * random.float())
    };
    let (p_passive, p_active) = (0..arms).map(draws).unzip();
    Dynamics::UpDown { p_passive, p_active }
}

/// Rewards of the levels of `arms` arms, the first `decoys` of which are decoys.
pub(super) fn rewards(arms: usize, decoys: usize, seed: u64) -> Vec<[f64; LEVELS]> {
    let reward = |arm| {
        let mut random = stream(seed, Purpose::Arms, arm + 0x1_0000);
        if arm < decoys {
            [0.2, 0.15, 0.1, f64::from(random.int(4, 7))]
        } else {
            [0.1, 0.15, 0.2, f64::from(random.int(1, 4))]
        }
    };
    (0..arms).map(reward).collect()
}
