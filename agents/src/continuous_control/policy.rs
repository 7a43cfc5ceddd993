//! A trained actor as a policy: what is looked at, recorded and judged like any other.

use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{ActionBuffer, VectorEnv};

use super::learner::RunLearner;
use crate::Error;
use crate::policy::{Policy, continuous_actions};
use crate::random::{Purpose, stream};
use crate::td3::{Control, Plans, noisy};

/// An actor that acts.
#[derive(Clone, Debug)]
pub struct ContinuousPolicy {
    learner: RunLearner,
    /// Standard deviation of the noise on actions, in units of their bounds.
    noise: f32,
    random: Philox,
    /// Steps between two decisions.
    decide_every: usize,
    plans: Plans,
    states: Vec<f32>,
}

impl ContinuousPolicy {
    /// The actor of `learner`, whose actions have noise of a stream of `seed`.
    pub(super) fn new(learner: RunLearner, noise: f32, decide_every: u32, seed: u64) -> Self {
        Self {
            learner,
            noise,
            random: stream(seed, Purpose::Evaluation),
            decide_every: decide_every.max(1) as usize,
            plans: Plans::default(),
            states: Vec::new(),
        }
    }

    /// Another number of steps between two decisions, at least 1.
    pub fn deciding_every(mut self, steps: u32) -> Self {
        self.decide_every = steps.max(1) as usize;
        self
    }
}

impl Policy for ContinuousPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let Self { learner, noise, random, decide_every, plans, states } = self;
        let control = Control::of(env)?;
        control.check(env, learner.get())?;
        if plans.len() != active.len() {
            // A batch of another size: nothing is remembered of its episodes.
            *plans = Plans::new(active.len(), learner.get());
        }
        let width = control.shape.action;
        states.resize(active.len() * control.shape.state, 0.0);
        control.write_states(env.observation(), states);
        plans.decide(learner.get_mut(), states, active, || *decide_every);
        let rows = continuous_actions(env, actions)?.chunks_exact_mut(width).enumerate();
        for (index, row) in rows.filter(|(index, _)| active[*index]) {
            for (action, meant) in row.iter_mut().zip(plans.next(index)) {
                *action = control.given(noisy(*meant, *noise, random));
            }
        }
        Ok(())
    }

    fn forget(&mut self, env: usize) {
        self.plans.forget(env);
    }
}
