//! What environments are carrying out: the actions that the last decision in each has laid out, and how far it has come.

use serde::{Deserialize, Serialize};

use super::ContinuousLearner;

/// How far one environment has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Plan {
    /// Steps made since the last decision.
    made: usize,
    /// Steps until the next one.
    hold: usize,
}

/// The plans of a batch of environments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plans {
    plans: Vec<Plan>,
    /// Actions that a decision lays out, and numbers of one.
    shape: [usize; 2],
    /// What was laid out at the last decisions, `[num_envs, horizon, action]`.
    laid_out: Vec<f32>,
    #[serde(skip)]
    due: Vec<usize>,
    #[serde(skip)]
    due_states: Vec<f32>,
    #[serde(skip)]
    decided: Vec<f32>,
}

impl Plans {
    /// No plan yet in any of `num_envs` environments that `learner` decides in.
    pub fn new(num_envs: usize, learner: &dyn ContinuousLearner) -> Self {
        let shape = [learner.horizon(), learner.shape().action];
        Self {
            plans: vec![Plan::default(); num_envs],
            shape,
            laid_out: vec![0.0; num_envs * shape[0] * shape[1]],
            ..Self::default()
        }
    }

    /// Number of environments.
    pub fn len(&self) -> usize {
        self.plans.len()
    }

    /// Whether there is no environment.
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    /// Whether the plans are of as many environments and actions as those of `other`.
    pub fn fits(&self, other: &Self) -> bool {
        let sizes = |plans: &Self| (plans.plans.len(), plans.shape, plans.laid_out.len());
        sizes(self) == sizes(other)
    }

    /// Has `learner` decide in every environment that is `active` and has carried out its plan, as it is in `states`,
    /// `[num_envs, state]`; the new plan is carried out for as many steps as `hold` says, asked once for each.
    pub fn decide(
        &mut self,
        learner: &mut dyn ContinuousLearner,
        states: &[f32],
        active: &[bool],
        mut hold: impl FnMut() -> usize,
    ) {
        let Self { plans, shape: [horizon, action], laid_out, due, due_states, decided } = self;
        let (horizon, action, state) = (*horizon, *action, learner.shape().state);
        due.clear();
        due_states.clear();
        for (index, plan) in plans.iter_mut().enumerate().filter(|(index, _)| active[*index]) {
            if plan.made >= plan.hold {
                *plan = Plan { made: 0, hold: hold() };
                due.push(index);
                due_states.extend_from_slice(&states[index * state..(index + 1) * state]);
            }
        }
        if due.is_empty() {
            return;
        }
        decided.clear();
        decided.resize(horizon * due.len() * action, 0.0);
        learner.decide(due_states, decided);
        for (row, &index) in due.iter().enumerate() {
            for at in 0..horizon {
                laid_out[(index * horizon + at) * action..][..action]
                    .copy_from_slice(&decided[(at * due.len() + row) * action..][..action]);
            }
        }
    }

    /// The next action of environment `env`, which counts as made: beyond what was laid out, the last one again.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn next(&mut self, env: usize) -> &[f32] {
        let [horizon, action] = self.shape;
        let plan = &mut self.plans[env];
        let at = plan.made.min(horizon - 1);
        plan.made += 1;
        &self.laid_out[(env * horizon + at) * action..][..action]
    }

    /// Drops the plan of environment `env`, if there is one.
    pub fn forget(&mut self, env: usize) {
        if let Some(plan) = self.plans.get_mut(env) {
            *plan = Plan::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::td3::{ContinuousReplay, ContinuousStatistics, ControlShape};

    /// Lays out its state, then a tenth more with every action.
    struct Counting;

    impl ContinuousLearner for Counting {
        fn shape(&self) -> ControlShape {
            ControlShape { state: 1, action: 1 }
        }
        fn horizon(&self) -> usize {
            3
        }
        fn decide(&mut self, states: &[f32], actions: &mut [f32]) {
            for (step, actions) in actions.chunks_exact_mut(states.len()).enumerate() {
                let rows = actions.iter_mut().zip(states);
                rows.for_each(|(action, state)| *action = state + step as f32 / 10.0);
            }
        }
        fn update(&mut self, _replay: &ContinuousReplay) -> Result<ContinuousStatistics, Error> {
            Ok(ContinuousStatistics::default())
        }
    }

    #[test]
    fn plans_are_carried_out_and_then_made_anew_where_environments_are() {
        let mut plans = Plans::new(2, &Counting);
        let mut seen = Vec::new();
        for step in 0..6 {
            let states = [step as f32, 10.0 + step as f32];
            plans.decide(&mut Counting, &states, &[true, step > 0], || 4);
            let first = plans.next(0)[0];
            seen.push([first, if step > 0 { plans.next(1)[0] } else { 0.0 }]);
            if step == 2 {
                plans.forget(1);
            }
        }
        // Three actions, the last of them again, and a new plan; the second begins later and is dropped once.
        assert_eq!(seen, [[0.0, 0.0], [0.1, 11.0], [0.2, 11.1], [0.2, 13.0], [4.0, 13.1], [4.1, 13.2]]);
        assert!(plans.fits(&Plans::new(2, &Counting)) && !plans.fits(&Plans::new(3, &Counting)));
    }
}
