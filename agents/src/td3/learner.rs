//! The learner of TD3: a deterministic actor between the critics' slopes and the environment.

use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use super::{
    ContinuousLearner, ContinuousReplay, ContinuousStatistics, ControlShape, CriticsState, Minibatch,
    Td3Config, TwinCritics,
};
use crate::Error;
use crate::networks::adam::Adam;
use crate::networks::dense::room;
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::random::{Purpose, StreamState, stream};

/// Actor and critics in training.
#[derive(Clone, Debug)]
pub struct Td3Learner {
    shape: ControlShape,
    config: Td3Config,
    actor: DensePerceptron,
    target: DensePerceptron,
    gradient: DensePerceptron,
    adam: Adam,
    critics: TwinCritics,
    updates: u64,
    random: Philox,
    batch: Minibatch,
    pass: Pass,
    actions: Vec<f32>,
    slopes: Vec<f32>,
}

/// Everything that changes in a [`Td3Learner`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Td3State {
    actor: DensePerceptron,
    target: DensePerceptron,
    adam: Adam,
    critics: CriticsState,
    updates: u64,
    random: StreamState,
}

impl Td3Learner {
    /// A learner with random parameters drawn from `seed`.
    ///
    /// # Errors
    /// A configuration out of range.
    pub fn new(shape: ControlShape, config: &Td3Config, seed: u64) -> Result<Self, Error> {
        config.validate()?;
        let mut random = stream(seed, Purpose::Parameters);
        let actor = DensePerceptron::new(&config.widths(shape.state, shape.action), &mut random);
        Ok(Self {
            shape,
            config: config.clone(),
            target: actor.clone(),
            gradient: actor.zeros(),
            adam: Adam::new(config.actor_rate, actor.layers()),
            actor,
            critics: TwinCritics::new(shape, config, &mut random),
            updates: 0,
            random: stream(seed, Purpose::Minibatches),
            batch: Minibatch::default(),
            pass: Pass::default(),
            actions: Vec::new(),
            slopes: Vec::new(),
        })
    }

    /// Updates of the critics so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// A copy of everything that changes.
    pub fn state(&self) -> Td3State {
        Td3State {
            actor: self.actor.clone(),
            target: self.target.clone(),
            adam: self.adam.clone(),
            critics: self.critics.state(),
            updates: self.updates,
            random: (&self.random).into(),
        }
    }

    /// Goes on from `state`, with the step sizes that it has itself.
    ///
    /// # Errors
    /// Networks of other sizes.
    pub fn restore(&mut self, state: Td3State) -> Result<(), String> {
        self.actor.take(state.actor)?;
        self.target.take(state.target)?;
        self.adam.take(state.adam)?;
        self.critics.restore(state.critics)?;
        (self.updates, self.random) = (state.updates, state.random.into());
        Ok(())
    }

    fn update_actor(&mut self) {
        let rows = self.batch.rewards.len();
        let count = rows * self.shape.action;
        let outputs = self.actor.forward(&self.batch.states, &mut self.pass);
        self.actions.clear();
        self.actions.extend(outputs.iter().map(|output| output.tanh()));
        let slopes = room(&mut self.slopes, count);
        self.critics.action_slopes(&self.batch.states, &self.actions, slopes);
        for (slope, action) in slopes.iter_mut().zip(&self.actions) {
            *slope *= -(1.0 - action * action) / rows as f32;
        }
        let gradient = Some(&mut self.gradient);
        self.actor.backward(&self.batch.states, slopes, &mut self.pass, gradient, None);
        self.adam.step(self.actor.layers_mut(), self.gradient.layers_mut());
    }
}

impl ContinuousLearner for Td3Learner {
    fn shape(&self) -> ControlShape {
        self.shape
    }

    fn horizon(&self) -> usize {
        1
    }

    fn decide(&mut self, states: &[f32], actions: &mut [f32]) {
        let outputs = self.actor.forward(states, &mut self.pass);
        actions.iter_mut().zip(outputs).for_each(|(action, output)| *action = output.tanh());
    }

    fn update(&mut self, replay: &ContinuousReplay) -> Result<ContinuousStatistics, Error> {
        replay.sample(self.config.batch, &mut self.random, &mut self.batch);
        let outputs = self.target.forward(&self.batch.next_states, &mut self.pass);
        self.actions.clear();
        self.actions.extend(outputs.iter().map(|output| output.tanh()));
        let critic_error = self.critics.update(&self.batch, &mut self.actions, &mut self.random)?;
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.policy_delay) {
            self.update_actor();
            self.critics.follow();
            self.target.follow(&self.actor, self.config.target_rate);
        }
        Ok(ContinuousStatistics { critic_error, dynamics_error: 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;

    #[test]
    fn the_best_action_of_one_step_is_found_in_every_state() {
        let shape = ControlShape { state: 1, action: 2 };
        let config = Td3Config {
            hidden: vec![32, 32],
            actor_rate: 3e-3,
            critic_rate: 3e-3,
            batch: 64,
            ..Td3Config::default()
        };
        let mut learner = Td3Learner::new(shape, &config, 1).unwrap();
        let mut replay = ContinuousReplay::new(shape, 2000);
        let mut random = stream(5, Purpose::Actions);
        for _ in 0..2000 {
            let [state, first, second] = [(); 3].map(|()| 2.0 * random.float() as f32 - 1.0);
            // Best: the first action is the state's half, the second one its negative.
            let reward = -(first - 0.5 * state).powi(2) - (second + 0.8 * state).powi(2);
            replay.push(&[state], &[first, second], reward, &[state], true);
        }
        for _ in 0..2500 {
            learner.update(&replay).unwrap();
        }
        for state in [-0.8_f32, 0.0, 0.6] {
            let mut actions = [0.0; 2];
            learner.decide(&[state], &mut actions);
            let expected = [0.5 * state, -0.8 * state];
            for (action, expected) in actions.into_iter().zip(expected) {
                assert!((action - expected).abs() < 0.2, "{state}: {actions:?}");
            }
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let shape = ControlShape { state: 1, action: 1 };
        for (config, field) in [
            (Td3Config { hidden: vec![], ..Td3Config::default() }, "td3.hidden"),
            (Td3Config { critic_rate: 0.0, ..Td3Config::default() }, "td3.critic_rate"),
            (Td3Config { gamma: f32::NAN, ..Td3Config::default() }, "td3.gamma"),
            (Td3Config { replay: 10, ..Td3Config::default() }, "td3.replay"),
            (Td3Config { policy_delay: 0, ..Td3Config::default() }, "td3.policy_delay"),
            (Td3Config { target_noise: -1.0, ..Td3Config::default() }, "td3.target_noise"),
        ] {
            let error = Td3Learner::new(shape, &config, 0).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }
}
