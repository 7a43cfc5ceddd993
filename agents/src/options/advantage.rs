//! Returns and advantages over choices that last: every choice has a discount of its own, `gamma^c` for
//! one that took `c` primitive steps (Sutton, Precup, Singh, 1999; Schulman et al., 2016).
//!
//! ```text
//! delta_j = R_j + gamma^{c_j} V(s_{j+1}) - V(s_j)             (no V after a terminal state)
//! A_j     = delta_j + gamma^{c_j} lambda A_{j+1}               (0 across the end of an episode)
//! ```

use super::process::Outcome;

/// Generalised advantages of consecutive choices of one team. `values` are the estimates before each
/// choice, `next_values` those of the situation that followed it (whatever they are after a terminal state).
///
/// # Panics
/// When lengths differ.
pub fn option_advantages(outcomes: &[Outcome], values: &[f32], next_values: &[f32], lambda: f32) -> Vec<f32> {
    assert!(values.len() == outcomes.len() && next_values.len() == outcomes.len(), "one value a choice");
    let mut advantages = vec![0.0; outcomes.len()];
    let mut following = 0.0;
    for (index, outcome) in outcomes.iter().enumerate().rev() {
        let next = if outcome.terminated { 0.0 } else { outcome.discount * next_values[index] };
        let delta = outcome.reward + next - values[index];
        let carried = if outcome.ended { 0.0 } else { outcome.discount * lambda * following };
        following = delta + carried;
        advantages[index] = following;
    }
    advantages
}

/// What each choice and the `n - 1` after it earned, with the value of the situation behind them: fewer where
/// the episode or the sequence ends before.
///
/// # Panics
/// When lengths differ or `n` is 0.
pub fn n_step_returns(outcomes: &[Outcome], next_values: &[f32], n: usize) -> Vec<f32> {
    assert!(next_values.len() == outcomes.len() && n > 0, "one value a choice, at least one step");
    (0..outcomes.len())
        .map(|first| {
            let (mut total, mut discount) = (0.0, 1.0);
            for (index, outcome) in outcomes.iter().enumerate().skip(first).take(n) {
                total += discount * outcome.reward;
                discount *= outcome.discount;
                let is_last = index + 1 == (first + n).min(outcomes.len());
                if outcome.ended || is_last {
                    if !outcome.terminated {
                        total += discount * next_values[index];
                    }
                    break;
                }
            }
            total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ppo::{Trajectories, generalized_advantage};

    fn outcome(reward: f32, steps: i32, terminated: bool, ended: bool) -> Outcome {
        Outcome { reward, discount: 0.9_f32.powi(steps), terminated, ended }
    }

    #[test]
    fn advantages_discount_by_the_length_of_each_choice() {
        let outcomes =
            [outcome(1.0, 3, false, false), outcome(2.0, 1, true, true), outcome(0.5, 2, false, true)];
        let found = option_advantages(&outcomes, &[0.5, 1.0, 0.2], &[1.0, 9.0, 0.4], 0.8);
        let last = 0.5 + 0.81 * 0.4 - 0.2;
        let middle = 2.0 - 1.0;
        let first = 1.0 + 0.729 - 0.5 + 0.729 * 0.8 * middle;
        for (found, expected) in found.iter().zip([first, middle, last]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn with_choices_of_one_step_they_are_those_of_the_usual_estimator() {
        let rewards = [0.3, -0.2, 1.0, 0.0, 0.7, 0.1];
        let values = [0.1, 0.4, -0.3, 0.2, 0.6, 0.5];
        let done = [false, false, true, false, false, false];
        let outcomes: Vec<_> = rewards
            .iter()
            .zip(done)
            .map(|(&reward, done)| Outcome { reward, discount: 0.9, terminated: done, ended: done })
            .collect();
        let next_values = [0.4, -0.3, 0.2, 0.6, 0.5, 0.9];
        let found = option_advantages(&outcomes, &values, &next_values, 0.95);
        let (mut expected, mut returns) = (vec![0.0; 6], vec![0.0; 6]);
        let trajectories =
            Trajectories { rewards: &rewards, values: &values, done: &done, last_values: &[0.9] };
        generalized_advantage(trajectories, 0.9, 0.95, &mut expected, &mut returns);
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn n_step_returns_stop_at_the_end_of_an_episode() {
        let outcomes =
            [outcome(1.0, 1, false, false), outcome(2.0, 2, false, false), outcome(3.0, 1, true, true)];
        let found = n_step_returns(&outcomes, &[10.0, 20.0, 30.0], 2);
        let expected = [1.0 + 0.9 * 2.0 + 0.9 * 0.81 * 20.0, 2.0 + 0.81 * 3.0, 3.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
        assert_eq!(n_step_returns(&outcomes[..1], &[10.0], 5), [1.0 + 0.9 * 10.0]);
    }
}
