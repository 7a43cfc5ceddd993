//! Interventions and what they do: easy arms answer to one, hard arms to two or three together, so that
//! adding one intervention at a time sees no gain in hard arms.

use pentathlon_gym::seeding::Random;

use super::{Purpose, Sizes, stream};
use crate::cormab::instance::Dynamics;

/// Weight of an intervention for an arm that it touches.
const WEIGHT: f64 = 3.0;
/// Interventions that share their arms, and arms that they share.
const BLOCK: usize = 3;

/// The links of all arms and the wiring between them and the interventions.
pub(super) fn links(sizes: &Sizes, seed: u64) -> Dynamics {
    let Sizes { arms, budget, interventions } = *sizes;
    let easy = (arms * budget).div_ceil(interventions);
    let tenths = |random: &mut dyn Random, low: f64, width: f64| {
        (10.0 * (low + width * random.float())).round() / 10.0
    };
    let (mut a, mut b, mut x0) = (Vec::new(), Vec::new(), Vec::new());
    for arm in 0..arms {
        let mut random = stream(seed, Purpose::Links, arm);
        if arm < easy {
            a.push(tenths(&mut random, 0.2, 0.3));
            b.push(1.0);
            x0.push(f64::from(random.int(1, 3)));
        } else {
            a.push(tenths(&mut random, 0.7, 0.3));
            b.push(tenths(&mut random, 1.4, 0.5));
            x0.push(f64::from(random.int(9, 11)));
        }
    }
    let omega = wiring(sizes, easy.min(arms), seed);
    Dynamics::Sigmoid { omega, theta: vec![0.0; arms], a, b, x0, scale: 0.98, floor: 0.01 }
}

/// Weights by arm and intervention: `budget` strong interventions touch hard arms, the others easy ones.
fn wiring(sizes: &Sizes, easy: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = stream(seed, Purpose::Wiring, 0);
    let mut order: Vec<usize> = (0..sizes.interventions).collect();
    random.shuffle(&mut order);
    let (strong, weak) = order.split_at_mut(sizes.budget);
    strong.sort_unstable();
    weak.sort_unstable();
    let mut omega = vec![vec![0.0; sizes.interventions]; sizes.arms];
    for (class, arms) in [(strong, easy..sizes.arms), (weak, 0..easy)] {
        let mut untouched: Vec<usize> = arms.collect();
        random.shuffle(&mut untouched);
        let in_blocks = class.len() / BLOCK * BLOCK;
        let (full, single) = class.split_at(in_blocks);
        for block in full.chunks(BLOCK).chain(single.chunks(1)) {
            let taken = untouched.split_off(untouched.len() - BLOCK.min(untouched.len()));
            for arm in taken {
                for intervention in block {
                    omega[arm][*intervention] = WEIGHT;
                }
            }
        }
    }
    omega
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cormab::{
        dynamics::Arms,
        generation::generate,
        instance::{Dynamics, Problem},
    };

    #[test]
    fn arms_are_hit_by_none_one_or_three_interventions() {
        for seed in 0..20 {
            let sizes = Sizes::default();
            let instance = generate(Problem::Multi, &sizes, seed).unwrap();
            let Dynamics::Sigmoid { omega, .. } = &instance.dynamics else { unreachable!() };
            let touched = |arm: usize| omega[arm].iter().filter(|weight| **weight != 0.0).count();
            let mut counts = [0; 4];
            for arm in 0..20 {
                counts[touched(arm)] += 1;
            }
            // Five strong and five weak interventions: a block of three on three arms and two alone, each.
            assert_eq!(counts, [2, 12, 0, 6]);
            for component in 0..10 {
                let touches = |arm: &usize| omega[*arm].get(component) != Some(&0.0);
                let arms: Vec<usize> = (0..20).filter(touches).collect();
                assert_eq!(arms.len(), 3);
                assert!(arms.iter().all(|arm| *arm < 10) || arms.iter().all(|arm| *arm >= 10));
            }
        }
    }

    #[test]
    fn hard_arms_need_more_than_one_intervention() {
        let instance = generate(Problem::Multi, &Sizes::default(), 1).unwrap();
        let arms = Arms::new(&instance);
        for arm in 0..20 {
            let up = arms.up_by_count(arm);
            assert!((up[0] - 0.01).abs() < 1e-12, "the intercept leaves the floor alone");
            match (up.len(), arm < 10) {
                (1, _) => {}
                (_, true) => assert!(up[1] > 0.08, "easy: {up:?}"),
                (2, false) => assert!(up[1] < 0.05, "hard: {up:?}"),
                (_, false) => assert!(up[1] < 0.05 && up[3] > 0.6, "hard: {up:?}"),
            }
        }
    }

    #[test]
    fn too_few_arms_are_shared_out_as_far_as_they_go() {
        let instance = generate(Problem::Multi, &Sizes { arms: 5, budget: 4, interventions: 8 }, 0).unwrap();
        assert_eq!(instance.components, 8);
    }
}
