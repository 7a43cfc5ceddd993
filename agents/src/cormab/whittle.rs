//! Whittle's index of an arm's level: the subsidy for leaving the arm alone at which pulling it and leaving
//! it are equally good (P. Whittle, "Restless bandits: activity allocation in a changing world", 1988).

use pentathlon_envs::cormab::{
    dynamics::{Arms, above, below},
    instance::LEVELS,
};

/// Policies of one arm: a bit for each level, set where the arm is pulled.
const POLICIES: usize = 1 << LEVELS;

/// One arm as a decision process of its own.
#[derive(Clone, Debug)]
struct Arm {
    up: [f64; 2],
    pay: [[f64; LEVELS]; 2],
    gamma: f64,
}

impl Arm {
    /// Value of pulling the arm less that of leaving it, at each level, under the best policy for `subsidy`.
    fn advantages(&self, subsidy: f64) -> [f64; LEVELS] {
        let values = self.best_values(subsidy);
        std::array::from_fn(|level| {
            self.action_value(level, 1, 0.0, &values) - self.action_value(level, 0, subsidy, &values)
        })
    }

    fn action_value(&self, level: usize, action: usize, subsidy: f64, values: &[f64; LEVELS]) -> f64 {
        let (higher, lower) = (usize::from(above(level as u8)), usize::from(below(level as u8)));
        let next = self.up[action] * values[higher] + (1.0 - self.up[action]) * values[lower];
        self.pay[action][level] + subsidy + self.gamma * next
    }

    /// Values of the best policy for `subsidy`, by improving policies.
    fn best_values(&self, subsidy: f64) -> [f64; LEVELS] {
        let mut policy = 0usize;
        for _ in 0..POLICIES {
            let values = self.policy_values(policy, subsidy);
            let pulls = |level: &usize| {
                let pulled = self.action_value(*level, 1, 0.0, &values);
                let left = self.action_value(*level, 0, subsidy, &values);
                pulled > left
            };
            let improved = (0..LEVELS).filter(pulls).fold(0, |policy, level| policy | 1 << level);
            if improved == policy {
                return values;
            }
            policy = improved;
        }
        self.policy_values(policy, subsidy)
    }

    /// Values of a policy: the solution of its linear equations, by Gauss and Jordan.
    fn policy_values(&self, policy: usize, subsidy: f64) -> [f64; LEVELS] {
        let mut rows = [[0.0; LEVELS + 1]; LEVELS];
        for (level, row) in rows.iter_mut().enumerate() {
            let action = policy >> level & 1;
            row[level] += 1.0;
            row[usize::from(above(level as u8))] -= self.gamma * self.up[action];
            row[usize::from(below(level as u8))] -= self.gamma * (1.0 - self.up[action]);
            row[LEVELS] = self.pay[action][level] + if action == 0 { subsidy } else { 0.0 };
        }
        // The matrix is diagonally dominant: no exchange of rows is needed.
        for pivot in 0..LEVELS {
            let pivot_row = rows[pivot];
            for (index, row) in rows.iter_mut().enumerate().filter(|(index, _)| *index != pivot) {
                debug_assert_ne!(index, pivot);
                let factor = row[pivot] / pivot_row[pivot];
                for (entry, from) in row.iter_mut().zip(pivot_row) {
                    *entry -= factor * from;
                }
            }
        }
        std::array::from_fn(|level| rows[level][LEVELS] / rows[level][level])
    }
}

/// Indices of all levels of every arm, for discount `gamma`; `None` when arms are not pulled one by one.
/// Where an arm is not indexable its numbers are the smallest subsidies at which leaving it is as good.
pub fn whittle_indices(arms: &Arms, gamma: f64) -> Option<Vec<[f64; LEVELS]>> {
    let index = |arm: usize| {
        let [passive, active] = *arms.up_by_count(arm) else { return None };
        let pay = [0, 1].map(|count| std::array::from_fn(|level| arms.expected_pay(arm, level as u8, count)));
        let process = Arm { up: [passive, active], pay, gamma };
        let largest = arms.reward(arm).iter().fold(0.0f64, |most, pay| most.max(pay.abs()));
        let limit = 2.0 * largest / (1.0 - gamma) + 1.0;
        Some(std::array::from_fn(|level| {
            let (mut low, mut high) = (-limit, limit);
            for _ in 0..100 {
                let middle = 0.5 * (low + high);
                if process.advantages(middle)[level] > 0.0 {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            0.5 * (low + high)
        }))
    };
    (0..arms.len()).map(index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_future_the_index_is_the_gain_of_a_pull() {
        use pentathlon_envs::cormab::{
            generation::{Sizes, generate},
            instance::Problem,
        };
        let arms = Arms::new(&generate(Problem::Budget, &Sizes::default(), 4).unwrap());
        let indices = whittle_indices(&arms, 0.0).unwrap();
        for (arm, indices) in indices.iter().enumerate() {
            for (level, index) in indices.iter().enumerate() {
                let pay = |count| arms.expected_pay(arm, level as u8, count);
                assert!((index - (pay(1) - pay(0))).abs() < 1e-9);
            }
        }
        let multi = Arms::new(&generate(Problem::Multi, &Sizes::default(), 4).unwrap());
        assert!(whittle_indices(&multi, 0.9).is_none());
    }
}
