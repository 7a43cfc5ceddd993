//! The counterfactual advantage, the policy with its floor, and the gradient of its logarithm: what single rows of
//! numbers, one for each choice of an agent, have to do with each other.
//!
//! ```text
//! p(u)   = softmax of the logits over the available choices
//! pi(u)  = (1 - epsilon) p(u) + epsilon / available choices           (0 for the others)
//! A(u)   = Q(s, u) - sum_u' pi(u') Q(s, (u_-a, u'))
//! ```

use crate::categorical::available_probabilities;

/// Writes the chances of a policy's choices: those of the softmax over the available ones, of which a part `epsilon` is
/// shared out evenly. Choices that are not available have chance 0.
pub fn policy_chances(logits: &[f32], available: &[u8], epsilon: f32, chances: &mut [f32]) {
    available_probabilities(logits, available, chances);
    let floor = epsilon / count(available);
    for (chance, _) in chances.iter_mut().zip(available).filter(|(_, allowed)| **allowed != 0) {
        *chance = (1.0 - epsilon) * *chance + floor;
    }
}

/// How much more a choice is worth than the others on average: its value less the mean of the `values` of all choices
/// under the policy's `chances`, those of the other agents being as they were.
pub fn counterfactual_advantage(values: &[f32], chances: &[f32], choice: usize) -> f32 {
    values[choice] - mean_value(values, chances)
}

/// The mean of `values` under `chances`.
pub(super) fn mean_value(values: &[f32], chances: &[f32]) -> f32 {
    // What is not available counts for nothing, whatever its value.
    let counted = values.iter().zip(chances).filter(|(_, chance)| **chance > 0.0);
    counted.map(|(value, chance)| value * chance).sum()
}

/// Writes the gradient in the logits of `-weight ln pi(choice)`, with pi as in [`policy_chances`].
pub(super) fn policy_slopes(
    logits: &[f32],
    available: &[u8],
    epsilon: f32,
    choice: usize,
    weight: f32,
    slopes: &mut [f32],
) {
    available_probabilities(logits, available, slopes);
    let drawn = (1.0 - epsilon) * slopes[choice];
    let chance = (drawn + epsilon / count(available)).max(f32::MIN_POSITIVE);
    let factor = -weight * drawn / chance;
    for (index, slope) in slopes.iter_mut().enumerate() {
        let own = if index == choice { 1.0 } else { 0.0 };
        *slope = factor * (own - *slope);
    }
}

/// Number of available choices.
fn count(available: &[u8]) -> f32 {
    available.iter().filter(|allowed| **allowed != 0).count().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_advantage_of_a_small_table_is_that_worked_out_by_hand() {
        // ln 6 against ln 2 and a forbidden choice: 0.75 and 0.25, with a floor of 0.2 shared by two: 0.7 and 0.3.
        let (logits, available) = ([6.0_f32.ln(), 50.0, 2.0_f32.ln()], [1, 0, 1]);
        let mut chances = [0.0; 3];
        policy_chances(&logits, &available, 0.0, &mut chances);
        for (chance, expected) in chances.into_iter().zip([0.75, 0.0, 0.25]) {
            assert!((chance - expected).abs() < 1e-6, "{chances:?}");
        }
        policy_chances(&logits, &available, 0.2, &mut chances);
        for (chance, expected) in chances.into_iter().zip([0.7, 0.0, 0.3]) {
            assert!((chance - expected).abs() < 1e-6, "{chances:?}");
        }
        // 0.7 * 10 + 0.3 * -4 = 5.8; what cannot be chosen does not count, however bad.
        let values = [10.0, f32::NEG_INFINITY, -4.0];
        assert!((counterfactual_advantage(&values, &chances, 0) - 4.2).abs() < 1e-5);
        assert!((counterfactual_advantage(&values, &chances, 2) + 9.8).abs() < 1e-5);
        // Who has no choice has no merit.
        policy_chances(&logits, &[0, 0, 1], 0.2, &mut chances);
        assert_eq!((chances, counterfactual_advantage(&values, &chances, 2)), ([0.0, 0.0, 1.0], 0.0));
    }

    proptest! {
        #[test]
        fn its_expectation_under_the_policy_is_0(
            rows in prop::collection::vec((-5.0_f32..5.0, -20.0_f32..20.0, 0_u8..2), 1..7),
            epsilon in 0.0_f32..1.0,
        ) {
            let logits: Vec<f32> = rows.iter().map(|row| row.0).collect();
            let values: Vec<f32> = rows.iter().map(|row| row.1).collect();
            let mut available: Vec<u8> = rows.iter().map(|row| row.2).collect();
            available[0] = 1;
            let mut chances = vec![0.0; rows.len()];
            policy_chances(&logits, &available, epsilon, &mut chances);
            prop_assert!((chances.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            let floor = epsilon / count(&available);
            let mut expectation = 0.0;
            for choice in 0..rows.len() {
                let least = if available[choice] == 0 { 0.0 } else { floor - 1e-6 };
                prop_assert!(chances[choice] >= least && (available[choice] != 0 || chances[choice] == 0.0));
                expectation += chances[choice] * counterfactual_advantage(&values, &chances, choice);
            }
            prop_assert!(expectation.abs() < 1e-4, "{}", expectation);
        }

        #[test]
        fn slopes_are_differences_of_the_logarithm(
            logits in prop::collection::vec(-3.0_f32..3.0, 4),
            epsilon in 0.0_f32..0.9,
            weight in -2.0_f32..2.0,
            choice in 0_usize..3,
        ) {
            let available = [1, 1, 1, 0];
            let mut slopes = [0.0; 4];
            policy_slopes(&logits, &available, epsilon, choice, weight, &mut slopes);
            let loss = |logits: &[f32]| {
                let mut chances = [0.0; 4];
                policy_chances(logits, &available, epsilon, &mut chances);
                f64::from(-weight * chances[choice].ln())
            };
            for at in 0..4 {
                let [low, high] = [-0.01, 0.01].map(|step| {
                    let mut moved = logits.clone();
                    moved[at] += step;
                    loss(&moved)
                });
                let expected = (high - low) / 0.02;
                prop_assert!((f64::from(slopes[at]) - expected).abs() < 2e-3, "{} {}", slopes[at], expected);
            }
        }
    }
}
