//! Optimal policies of instances small enough to list all joint states, and what any policy earns on them,
//! exactly.

use pentathlon_envs::cormab::{
    action::ActionMask,
    dynamics::{Arms, above, below},
    feasible::FeasibleSet,
    instance::{Instance, LEVELS},
};

/// Most pairs of a joint state and an action.
const MAX_PAIRS: usize = 1 << 22;

/// An instance with all its joint states and actions. State `s` has arm `j` at level `s / 4^j % 4`.
#[derive(Clone, Debug)]
pub struct JointProcess {
    arms: Arms,
    actions: Vec<ActionMask>,
    states: usize,
    /// Expected rewards, `[actions][states]`.
    rewards: Vec<Vec<f64>>,
}

/// An instance that is too large.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{arms} arms have too many joint states and actions to list; allowed: {MAX_PAIRS} pairs")]
pub struct TooLarge {
    /// Arms of the instance.
    pub arms: usize,
}

/// Values and a best action of every joint state.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Expected discounted reward from each state on.
    pub values: Vec<f64>,
    /// Index into [`JointProcess::actions`] of a best action in each state.
    pub actions: Vec<usize>,
}

impl JointProcess {
    /// Lists the states and actions of `instance`.
    ///
    /// # Errors
    /// When there are too many.
    pub fn new(instance: &Instance) -> Result<Self, TooLarge> {
        let too_large = TooLarge { arms: instance.arms };
        if instance.arms > 10 {
            return Err(too_large);
        }
        let states = LEVELS.pow(instance.arms as u32);
        let actions = FeasibleSet::new(instance).enumerate(MAX_PAIRS / states).ok_or(too_large)?;
        let arms = Arms::new(instance);
        let pay = |action: &ActionMask| {
            (0..states).map(|state| arms.expected_reward(&levels(state, arms.len()), *action)).collect()
        };
        let rewards = actions.iter().map(pay).collect();
        Ok(Self { arms, actions, states, rewards })
    }

    /// All allowed actions in ascending order.
    pub fn actions(&self) -> &[ActionMask] {
        &self.actions
    }

    /// Number of joint states.
    pub fn states(&self) -> usize {
        self.states
    }

    /// Levels of the arms in `state`.
    pub fn levels(&self, state: usize) -> Vec<u8> {
        levels(state, self.arms.len())
    }

    /// The joint state of these levels.
    pub fn state(levels: &[u8]) -> usize {
        levels.iter().rev().fold(0, |state, level| state * LEVELS + usize::from(*level))
    }

    /// Replaces values of states by their expectation after one step under `action`, arm by arm.
    fn expect(&self, action: ActionMask, values: &mut [f64]) {
        for arm in 0..self.arms.len() {
            let up = self.arms.up_probability(arm, action);
            let stride = LEVELS.pow(arm as u32);
            for block in values.chunks_exact_mut(LEVELS * stride) {
                for offset in 0..stride {
                    let old: [f64; LEVELS] = std::array::from_fn(|level| block[level * stride + offset]);
                    for level in 0..LEVELS as u8 {
                        block[usize::from(level) * stride + offset] =
                            up * old[usize::from(above(level))] + (1.0 - up) * old[usize::from(below(level))];
                    }
                }
            }
        }
    }

    /// Moves a distribution over states one step under `action`, arm by arm.
    fn advance(&self, action: ActionMask, chances: &mut [f64]) {
        for arm in 0..self.arms.len() {
            let up = self.arms.up_probability(arm, action);
            let stride = LEVELS.pow(arm as u32);
            for block in chances.chunks_exact_mut(LEVELS * stride) {
                for offset in 0..stride {
                    let mut new = [0.0; LEVELS];
                    for level in 0..LEVELS as u8 {
                        let chance = block[usize::from(level) * stride + offset];
                        new[usize::from(above(level))] += up * chance;
                        new[usize::from(below(level))] += (1.0 - up) * chance;
                    }
                    for (level, chance) in new.into_iter().enumerate() {
                        block[level * stride + offset] = chance;
                    }
                }
            }
        }
    }

    /// One Bellman backup of `values`.
    fn back_up(&self, values: &[f64], gamma: f64) -> Solution {
        let mut best =
            Solution { values: vec![f64::NEG_INFINITY; self.states], actions: vec![0; self.states] };
        let mut expected = vec![0.0; self.states];
        for (index, action) in self.actions.iter().enumerate() {
            expected.copy_from_slice(values);
            self.expect(*action, &mut expected);
            let chosen = best.values.iter_mut().zip(&mut best.actions);
            for ((best, chosen), (reward, after)) in chosen.zip(self.rewards[index].iter().zip(&expected)) {
                let value = reward + gamma * after;
                if value > *best + 1e-10 {
                    (*best, *chosen) = (value, index);
                }
            }
        }
        best
    }

    /// The optimal discounted values, to within `tolerance`, by value iteration.
    pub fn discounted(&self, gamma: f64, tolerance: f64) -> Solution {
        let mut solution = Solution { values: vec![0.0; self.states], actions: vec![0; self.states] };
        loop {
            let next = self.back_up(&solution.values, gamma);
            let changes = next.values.iter().zip(&solution.values).map(|(new, old)| (new - old).abs());
            let change = changes.fold(0.0, f64::max);
            solution = next;
            if change * gamma <= tolerance * (1.0 - gamma) {
                return solution;
            }
        }
    }

    /// The optimal undiscounted values of `horizon` steps, and of fewer: entry `n` of the result is optimal
    /// with `n + 1` steps to go.
    pub fn finite(&self, horizon: usize) -> Vec<Solution> {
        let mut solutions: Vec<Solution> = Vec::with_capacity(horizon);
        for _ in 0..horizon {
            let zeros = vec![0.0; self.states];
            let after = solutions.last().map_or(&zeros, |solution| &solution.values);
            let next = self.back_up(after, 1.0);
            solutions.push(next);
        }
        solutions
    }

    /// Mean over `horizon` steps of the expected reward of a policy, which answers with an action for a state
    /// and a step, or with `None` for all actions with equal chance. Arms start at level 1 with chance
    /// `start`, at 0 otherwise.
    pub fn mean_step_reward(
        &self,
        start: f64,
        horizon: usize,
        mut policy: impl FnMut(usize, usize) -> Option<ActionMask>,
    ) -> f64 {
        let chance_of = |state: usize| {
            let chance = |level: &u8| [1.0 - start, start, 0.0, 0.0][usize::from(*level)];
            self.levels(state).iter().map(chance).product::<f64>()
        };
        let mut chances: Vec<f64> = (0..self.states).map(chance_of).collect();
        let mut total = 0.0;
        for step in 0..horizon {
            let mut parts: std::collections::BTreeMap<ActionMask, Vec<f64>> =
                std::collections::BTreeMap::new();
            for (state, chance) in chances.iter().enumerate().filter(|(_, chance)| **chance > 0.0) {
                let chosen = policy(state, step);
                let (actions, share): (&[ActionMask], f64) = match &chosen {
                    Some(action) => (std::slice::from_ref(action), *chance),
                    None => (&self.actions, chance / self.actions.len() as f64),
                };
                for action in actions {
                    total += share * self.arms.expected_reward(&self.levels(state), *action);
                    parts.entry(*action).or_insert_with(|| vec![0.0; self.states])[state] += share;
                }
            }
            chances.fill(0.0);
            for (action, mut part) in parts {
                self.advance(action, &mut part);
                for (chance, moved) in chances.iter_mut().zip(part) {
                    *chance += moved;
                }
            }
        }
        total / horizon as f64
    }
}

/// Levels of `arms` arms in `state`.
fn levels(state: usize, arms: usize) -> Vec<u8> {
    (0..arms as u32).map(|arm| (state / LEVELS.pow(arm) % LEVELS) as u8).collect()
}
