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
    for (env, &last_value) in last_values.iter().enumerate() {
        let (mut next_value, mut next_advantage) = (last_value, 0.0);
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

/// Shifts `values` to mean 0 and divides them by their standard deviation, or by `floor` where that is
/// larger.
pub fn normalize(values: &mut [f32], floor: f32) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / (variance.sqrt().max(floor.into()) + 1e-8);
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
        const STEPS: usize = 3;
        let rewards = [[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]];
        let values = [[0.5, 0.1, 0.3], [1.5, 0.2, 0.4]];
        let done = [[false, true, false], [false, false, true]];
        let last = [9.0, -9.0];
        // The environments of `order` side by side.
        let of = |order: &[usize]| {
            let frames = || (0..STEPS).flat_map(|step| order.iter().map(move |&env| (env, step)));
            estimate(
                Trajectories {
                    rewards: &frames().map(|(env, step)| rewards[env][step]).collect::<Vec<_>>(),
                    values: &frames().map(|(env, step)| values[env][step]).collect::<Vec<_>>(),
                    done: &frames().map(|(env, step)| done[env][step]).collect::<Vec<_>>(),
                    last_values: &order.iter().map(|&env| last[env]).collect::<Vec<_>>(),
                },
                0.9,
                0.8,
            )
        };
        let (straight, swapped) = (of(&[0, 1]), of(&[1, 0]));
        for env in 0..2 {
            let alone = of(&[env]);
            for step in 0..STEPS {
                let (here, there) = (step * 2 + env, step * 2 + 1 - env);
                assert_eq!((straight.0[here], straight.1[here]), (swapped.0[there], swapped.1[there]));
                assert_eq!((straight.0[here], straight.1[here]), (alone.0[step], alone.1[step]));
            }
        }
    }

    #[test]
    fn normalised_values_have_mean_0_and_at_most_deviation_1() {
        let mut values = [1.0, 2.0, 3.0, 4.0];
        normalize(&mut values, 0.0);
        close(&values, &[-1.341_640_8, -0.447_213_6, 0.447_213_6, 1.341_640_8]);
        normalize(&mut values, 2.0);
        close(&values, &[-0.670_820_4, -0.223_606_8, 0.223_606_8, 0.670_820_4]);
        let mut equal = [3.0; 4];
        normalize(&mut equal, 0.0);
        close(&equal, &[0.0; 4]);
    }
}
