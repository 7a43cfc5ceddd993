//! The action that is best for the next step alone. The expected reward of a step is itself a small network
//! of rectified units: linear where components are arms, piecewise linear in the number of interventions
//! where they are not. So the same oracles find its best action, exactly.

use std::collections::BTreeMap;

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    dynamics::Arms,
};

use super::{
    network::{Layer, ReluNetwork},
    oracle::{Argmax, ArgmaxOracle},
};

/// The action of highest expected reward at `levels`.
pub fn best_myopic(
    arms: &Arms,
    levels: &[u8],
    set_components: usize,
    oracle: &mut dyn ArgmaxOracle,
) -> Argmax {
    let network = expected_reward_network(arms, levels, set_components);
    oracle.argmax_of(&network, &[], &mut |action| arms.expected_reward(levels, action))
}

/// The network that equals the expected reward at `levels` for every action of `count` components.
fn expected_reward_network(arms: &Arms, levels: &[u8], count: usize) -> ReluNetwork {
    // Arms that the same components touch answer to the same number: their pay is added up.
    let mut pay: BTreeMap<ActionMask, Vec<f64>> = BTreeMap::new();
    for (arm, level) in levels.iter().enumerate() {
        let numbers = arms.up_by_count(arm).len();
        let sums = pay.entry(arms.touching(arm)).or_insert_with(|| vec![0.0; numbers]);
        for (number, sum) in sums.iter_mut().enumerate() {
            *sum += arms.expected_pay(arm, *level, number);
        }
    }
    let constant: f64 = pay.values().map(|sums| sums[0]).sum();
    let layers = if pay.keys().all(|touching| touching.count_ones() <= 1) {
        let mut weights = vec![0.0; count];
        for (touching, sums) in pay.iter().filter(|(touching, _)| **touching != 0) {
            weights[touching.trailing_zeros() as usize] = (sums[1] - sums[0]) as f32;
        }
        vec![Layer { inputs: count, outputs: 1, weights, biases: vec![constant as f32] }]
    } else {
        // Of n chosen components, unit m is n - m where that is positive: slopes change there.
        let units: Vec<(ActionMask, usize, f64)> = pay
            .iter()
            .flat_map(|(touching, sums)| {
                let slope = move |m: usize| sums[m + 1] - sums[m];
                let change = move |m: usize| if m == 0 { slope(0) } else { slope(m) - slope(m - 1) };
                (0..sums.len() - 1).map(move |m| (*touching, m, change(m)))
            })
            .collect();
        let mut weights = vec![0.0; count * units.len()];
        for (unit, (touching, ..)) in units.iter().enumerate() {
            for component in components(*touching) {
                weights[component * units.len() + unit] = 1.0;
            }
        }
        vec![
            Layer {
                inputs: count,
                outputs: units.len(),
                weights,
                biases: units.iter().map(|(_, m, _)| -(*m as f32)).collect(),
            },
            Layer {
                inputs: units.len(),
                outputs: 1,
                weights: units.iter().map(|(_, _, change)| *change as f32).collect(),
                biases: vec![constant as f32],
            },
        ]
    };
    ReluNetwork::new(count, layers).expect("the layers fit together")
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        feasible::FeasibleSet,
        generation::{Sizes, generate},
        instance::Problem,
    };

    use super::super::oracle::{BranchAndBound, Enumeration};
    use super::*;

    #[test]
    fn the_network_is_the_expected_reward() {
        for problem in Problem::ALL {
            let instance = generate(problem, &Sizes { arms: 8, budget: 3, interventions: 7 }, 2).unwrap();
            let (arms, set) = (Arms::new(&instance), FeasibleSet::new(&instance));
            let levels = [0, 1, 2, 3, 2, 1, 0, 3];
            let network = expected_reward_network(&arms, &levels, set.components());
            for action in 0..1 << set.components() {
                let (ours, expected) = (network.value(&[], action), arms.expected_reward(&levels, action));
                assert!((ours - expected).abs() < 1e-5, "{problem:?} {action:b}: {ours} {expected}");
            }
        }
    }

    #[test]
    fn oracles_agree_on_the_best_step() {
        for problem in Problem::ALL {
            let sizes = Sizes { arms: 12, budget: 4, interventions: 10 };
            let instance = generate(problem, &sizes, 9).unwrap();
            let (arms, set) = (Arms::new(&instance), FeasibleSet::new(&instance));
            let mut all = Enumeration::new(&set, usize::MAX).unwrap();
            let mut search = BranchAndBound::new(set.clone());
            for seed in 0..10u8 {
                let levels: Vec<u8> = (0..12).map(|arm| (seed.wrapping_mul(37) ^ (arm * 11)) % 4).collect();
                let best = best_myopic(&arms, &levels, set.components(), &mut all);
                let found = best_myopic(&arms, &levels, set.components(), &mut search);
                assert!((best.value - found.value).abs() < 1e-9, "{problem:?}: {best:?} {found:?}");
                assert!(found.is_proved() && set.contains(found.action));
            }
        }
    }
}
