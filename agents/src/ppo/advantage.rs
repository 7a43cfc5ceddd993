//! Generalised advantage estimation (Schulman et al., 2016).

/// What the estimate is made from: T steps of N environments, each array `[T, N]` step by step.
#[derive(Clone, Copy, Debug)]
pub struct Trajectories<'a> {
    /// Rewards.
    pub rewards: &'a [f32],
    /// Value estimates of the observations that were acted on.
    pub values: &'a [f32],
    /// Whether the episode ended with the step.
    pub done: &'a [bool],
    /// Value estimates of the observations after the last step, `[N]`.
    pub last_values: &'a [f32],
}

/// Writes advantages and value targets (returns), `[T, N]`:
///
/// ```text
/// delta_t = r_t + gamma (1 - done_t) V_(t+1) - V_t
/// A_t     = delta_t + gamma lambda (1 - done_t) A_(t+1)
/// R_t     = A_t + V_t
/// ```
pub fn generalized_advantage(
    trajectories: Trajectories<'_>,
    gamma: f32,
    lambda: f32,
    advantages: &mut [f32],
    returns: &mut [f32],
) {
    let Trajectories { rewards, values, done, last_values } = trajectories;
    let envs = last_values.len();
    for env in 0..envs {
        let (mut next_value, mut next_advantage) = (last_values[env], 0.0);
        for i in (env..rewards.len()).step_by(envs).rev() {
            let goes_on = if done[i] { 0.0 } else { 1.0 };
            let delta = rewards[i] + gamma * goes_on * next_value - values[i];
            next_advantage = delta + gamma * lambda * goes_on * next_advantage;
            next_value = values[i];
            advantages[i] = next_advantage;
            returns[i] = next_advantage + values[i];
        }
    }
}

/// Shifts `values` to mean 0 and scales them to standard deviation 1.
pub fn normalize(values: &mut [f32]) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / (variance.sqrt() + 1e-8);
    for value in values {
        *value = ((f64::from(*value) - mean) * scale) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(trajectories: Trajectories<'_>, gamma: f32, lambda: f32) -> (Vec<f32>, Vec<f32>) {
        let mut advantages = vec![0.0; trajectories.rewards.len()];
        let mut returns = advantages.clone();
        generalized_advantage(trajectories, gamma, lambda, &mut advantages, &mut returns);
        (advantages, returns)
    }

    fn close(got: &[f32], expected: &[f32]) {
        assert!(
            got.iter().zip(expected).all(|(got, expected)| (got - expected).abs() < 1e-6),
            "{got:?} {expected:?}"
        );
    }

    /// gamma = lambda = 1/2, an episode of three steps and one that goes on with value 8; by hand from
    /// the end: delta_5 = 2 + 4 - 1 = 5; delta_4 = 0 + 0.5 - 2 = -1.5, A_4 = -1.5 + 5/4; and so on.
    #[test]
    fn a_table_of_six_steps_with_an_end_in_the_middle() {
        let (advantages, returns) = estimate(
            Trajectories {
                rewards: &[1.0, 0.0, 4.0, 0.0, 0.0, 2.0],
                values: &[2.0, 4.0, 1.0, 2.0, 2.0, 1.0],
                done: &[false, false, true, false, false, false],
                last_values: &[8.0],
            },
            0.5,
            0.5,
        );
        // Deltas: 1 + 2 - 2 = 1; 0 + 0.5 - 4 = -3.5; 4 - 1 = 3; 0 + 1 - 2 = -1; -1.5; 5.
        let expected = [0.3125, -2.75, 3.0, -1.0625, -0.25, 5.0];
        close(&advantages, &expected);
        close(&returns, &[2.3125, 1.25, 4.0, 0.9375, 1.75, 6.0]);
    }

    #[test]
    fn an_end_at_the_border_of_the_rollout_hides_the_value_after_it() {
        let trajectories = |last_values| Trajectories {
            rewards: &[1.0, 1.0],
            values: &[0.0, 0.0],
            done: &[false, true],
            last_values,
        };
        assert_eq!(estimate(trajectories(&[100.0]), 0.9, 0.9), estimate(trajectories(&[-3.0]), 0.9, 0.9));
    }

    #[test]
    fn environments_do_not_see_each_other() {
        let column = |env: usize| {
            let at = |values: [[f32; 2]; 3]| values.map(|row| row[env]).to_vec();
            let (rewards, values) =
                (at([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]), at([[0.5, 1.5], [0.1, 0.2], [0.3, 0.4]]));
            let done = [[false, false], [true, false], [false, true]].map(|row| row[env]).to_vec();
            (rewards, values, done, [9.0, -9.0][env])
        };
        let merged = |order: [usize; 2]| {
            let parts = order.map(column);
            let interleave = |pick: fn(&(Vec<f32>, Vec<f32>, Vec<bool>, f32)) -> &Vec<f32>| -> Vec<f32> {
                (0..3).flat_map(|t| [pick(&parts[0])[t], pick(&parts[1])[t]]).collect()
            };
            let done: Vec<bool> = (0..3).flat_map(|t| [parts[0].2[t], parts[1].2[t]]).collect();
            let (rewards, values) = (interleave(|part| &part.0), interleave(|part| &part.1));
            let last_values = [parts[0].3, parts[1].3];
            estimate(
                Trajectories { rewards: &rewards, values: &values, done: &done, last_values: &last_values },
                0.9,
                0.8,
            )
        };
        let (straight, swapped) = (merged([0, 1]), merged([1, 0]));
        for i in 0..6 {
            assert_eq!(straight.0[i], swapped.0[i ^ 1]);
            assert_eq!(straight.1[i], swapped.1[i ^ 1]);
        }
        for env in 0..2 {
            let (rewards, values, done, last) = column(env);
            let alone = estimate(
                Trajectories { rewards: &rewards, values: &values, done: &done, last_values: &[last] },
                0.9,
                0.8,
            );
            assert_eq!(alone.0, straight.0.iter().skip(env).step_by(2).copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn normalised_values_have_mean_0_and_deviation_1() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        normalize(&mut values);
        close(&values, &[-1.341_640_8, -0.447_213_6, 0.447_213_6, 1.341_640_8]);
    }
}
