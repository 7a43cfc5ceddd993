//! The learner of SRL: the critics of TD3, the learned dynamics, and an actor that improves every action of its
//! sequences where they lead.

use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use super::decoder::{DecoderAdam, SequenceDecoder, Unrolled};
use super::dynamics::{DynamicsState, LearnedDynamics};
use crate::Error;
use crate::networks::dense::room;
use crate::random::{Purpose, StreamState, stream};
use crate::td3::{
    ContinuousLearner, ContinuousReplay, ContinuousStatistics, ControlShape, CriticsState, Minibatch,
    Td3Config, TwinCritics,
};

/// Sequence reinforcement learning on TD3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequenceConfig {
    /// What it has in common with TD3; the hidden layers are those of critics, encoder and dynamics. In a file it has a
    /// table of its own.
    #[serde(skip)]
    pub td3: Td3Config,
    /// Actions of a sequence (J), 1 to 1024.
    pub horizon: usize,
    /// Width of the recurrent unit, 1 to 4096.
    pub width: usize,
    /// Step size of Adam for the dynamics, above 0 and at most 1.
    pub dynamics_rate: f32,
}

impl Default for SequenceConfig {
    fn default() -> Self {
        Self { td3: Td3Config::default(), horizon: 16, width: 128, dynamics_rate: 1e-3 }
    }
}

impl SequenceConfig {
    /// Whether all fields are in range.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn validate(&self) -> Result<(), Error> {
        self.td3.validate()?;
        let refuse = |field, value: String, allowed: &str| {
            Err(Error::InvalidField { field, value, allowed: allowed.into() })
        };
        if !(1..=1024).contains(&self.horizon) {
            return refuse("sequence.horizon", self.horizon.to_string(), "1 to 1024");
        }
        if !(1..=4096).contains(&self.width) {
            return refuse("sequence.width", self.width.to_string(), "1 to 4096");
        }
        if !(self.dynamics_rate > 0.0 && self.dynamics_rate <= 1.0) {
            return refuse("sequence.dynamics_rate", self.dynamics_rate.to_string(), "above 0 and at most 1");
        }
        Ok(())
    }
}

/// Actor, critics and dynamics in training.
#[derive(Clone, Debug)]
pub struct SequenceLearner {
    shape: ControlShape,
    config: SequenceConfig,
    actor: SequenceDecoder,
    target: SequenceDecoder,
    gradient: SequenceDecoder,
    adam: DecoderAdam,
    critics: TwinCritics,
    dynamics: LearnedDynamics,
    updates: u64,
    random: Philox,
    batch: Minibatch,
    unrolled: Unrolled,
    /// States along the sequences, `[horizon, rows, state]`.
    states: Vec<f32>,
    next_actions: Vec<f32>,
    slopes: Vec<f32>,
}

/// Everything that changes in a [`SequenceLearner`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SequenceState {
    actor: SequenceDecoder,
    target: SequenceDecoder,
    adam: DecoderAdam,
    critics: CriticsState,
    dynamics: DynamicsState,
    updates: u64,
    random: StreamState,
}

impl SequenceLearner {
    /// A learner with random parameters drawn from `seed`.
    ///
    /// # Errors
    /// A configuration out of range.
    pub fn new(shape: ControlShape, config: &SequenceConfig, seed: u64) -> Result<Self, Error> {
        config.validate()?;
        let mut random = stream(seed, Purpose::Parameters);
        let td3 = &config.td3;
        let actor = SequenceDecoder::new(shape, &td3.hidden, config.width, &mut random);
        Ok(Self {
            shape,
            config: config.clone(),
            target: actor.clone(),
            gradient: actor.zeros(),
            adam: DecoderAdam::new(td3.actor_rate, &actor),
            actor,
            critics: TwinCritics::new(shape, td3, &mut random),
            dynamics: LearnedDynamics::new(shape, &td3.hidden, config.dynamics_rate, &mut random),
            updates: 0,
            random: stream(seed, Purpose::Minibatches),
            batch: Minibatch::default(),
            unrolled: Unrolled::default(),
            states: Vec::new(),
            next_actions: Vec::new(),
            slopes: Vec::new(),
        })
    }

    /// Updates of the critics so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// A copy of everything that changes.
    pub fn state(&self) -> SequenceState {
        SequenceState {
            actor: self.actor.clone(),
            target: self.target.clone(),
            adam: self.adam.clone(),
            critics: self.critics.state(),
            dynamics: self.dynamics.state(),
            updates: self.updates,
            random: (&self.random).into(),
        }
    }

    /// Goes on from `state`, with the step sizes that it has itself.
    ///
    /// # Errors
    /// Networks of other sizes.
    pub fn restore(&mut self, state: SequenceState) -> Result<(), String> {
        self.actor.take(state.actor)?;
        self.target.take(state.target)?;
        self.adam.take(state.adam)?;
        self.critics.restore(state.critics)?;
        self.dynamics.restore(state.dynamics)?;
        (self.updates, self.random) = (state.updates, state.random.into());
        Ok(())
    }

    fn update_actor(&mut self) {
        let ControlShape { state, action } = self.shape;
        let (rows, horizon) = (self.batch.rewards.len(), self.config.horizon);
        self.actor.begin(&self.batch.states, horizon, &mut self.unrolled);
        let states = room(&mut self.states, horizon * rows * state);
        states[..rows * state].copy_from_slice(&self.batch.states);
        for step in 0..horizon {
            let actions = self.actor.step(step, rows, &mut self.unrolled);
            if step + 1 < horizon {
                let (before, after) = states[step * rows * state..].split_at_mut(rows * state);
                self.dynamics.predict(before, actions, &mut after[..rows * state]);
            }
        }
        // The actions begin with the empty one before the first step.
        let actions = &self.unrolled.actions[rows * action..][..horizon * rows * action];
        let slopes = room(&mut self.slopes, horizon * rows * action);
        self.critics.action_slopes(states, actions, slopes);
        slopes.iter_mut().for_each(|slope| *slope *= -1.0 / (rows * horizon) as f32);
        let (unrolled, gradient) = (&mut self.unrolled, &mut self.gradient);
        self.actor.add_gradient(&self.batch.states, horizon, slopes, unrolled, gradient);
        self.adam.step(&mut self.actor, &mut self.gradient);
    }
}

impl ContinuousLearner for SequenceLearner {
    fn shape(&self) -> ControlShape {
        self.shape
    }

    fn horizon(&self) -> usize {
        self.config.horizon
    }

    fn decide(&mut self, states: &[f32], actions: &mut [f32]) {
        let rows = states.len() / self.shape.state;
        self.actor.begin(states, self.config.horizon, &mut self.unrolled);
        for (step, actions) in actions.chunks_exact_mut(rows * self.shape.action).enumerate() {
            actions.copy_from_slice(self.actor.step(step, rows, &mut self.unrolled));
        }
    }

    fn update(&mut self, replay: &ContinuousReplay) -> Result<ContinuousStatistics, Error> {
        replay.sample(self.config.td3.batch, &mut self.random, &mut self.batch);
        let dynamics_error = self.dynamics.update(&self.batch)?;
        self.target.begin(&self.batch.next_states, 1, &mut self.unrolled);
        self.next_actions.clear();
        self.next_actions.extend_from_slice(self.target.step(
            0,
            self.batch.rewards.len(),
            &mut self.unrolled,
        ));
        let critic_error = self.critics.update(&self.batch, &mut self.next_actions, &mut self.random)?;
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.td3.policy_delay) {
            self.update_actor();
            self.critics.follow();
            self.target.follow(&self.actor, self.config.td3.target_rate);
        }
        Ok(ContinuousStatistics { critic_error, dynamics_error })
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;

    /// A point on a line that every action moves and that should be in the middle: a sequence has to know where its own
    /// actions have led.
    #[test]
    fn later_actions_of_a_sequence_are_best_where_the_earlier_ones_lead() {
        let shape = ControlShape { state: 1, action: 1 };
        let config = SequenceConfig {
            td3: Td3Config {
                hidden: vec![32, 32],
                actor_rate: 3e-3,
                critic_rate: 3e-3,
                gamma: 0.0,
                batch: 64,
                ..Td3Config::default()
            },
            horizon: 4,
            width: 24,
            dynamics_rate: 3e-3,
        };
        let mut learner = SequenceLearner::new(shape, &config, 1).unwrap();
        let mut replay = ContinuousReplay::new(shape, 4000);
        let mut random = stream(5, Purpose::Actions);
        for _ in 0..4000 {
            let [state, action] = [(); 2].map(|()| 2.0 * random.float() as f32 - 1.0);
            // The best action goes 0.3 far at most: it takes several to arrive.
            let wanted = (-state).clamp(-0.3, 0.3);
            let reward = -(0.5 * action - wanted).powi(2);
            replay.push(&[state], &[action], reward, &[state + 0.5 * action], false);
        }
        for _ in 0..3000 {
            learner.update(&replay).unwrap();
        }
        for start in [-0.9_f32, -0.4, 0.7] {
            let mut actions = [0.0; 4];
            learner.decide(&[start], &mut actions);
            let mut state = start;
            for (step, action) in actions.into_iter().enumerate() {
                let wanted = (-state).clamp(-0.3, 0.3);
                assert!((0.5 * action - wanted).abs() < 0.12, "from {start}, step {step}: {actions:?}");
                state += 0.5 * action;
            }
            assert!(state.abs() < 0.15, "from {start}: {actions:?} lead to {state}");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let shape = ControlShape { state: 1, action: 1 };
        for (config, field) in [
            (SequenceConfig { horizon: 0, ..SequenceConfig::default() }, "sequence.horizon"),
            (SequenceConfig { width: 0, ..SequenceConfig::default() }, "sequence.width"),
            (SequenceConfig { dynamics_rate: 2.0, ..SequenceConfig::default() }, "sequence.dynamics_rate"),
        ] {
            let error = SequenceLearner::new(shape, &config, 0).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }
}
