//! Two critics and their targets: what actions are worth, and in which direction better ones lie.

use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use super::{ControlShape, Minibatch, Td3Config};
use crate::Error;
use crate::networks::adam::Adam;
use crate::networks::dense::room;
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::random::normal;

/// One critic in training.
#[derive(Clone, Debug)]
struct Critic {
    network: DensePerceptron,
    target: DensePerceptron,
    gradient: DensePerceptron,
    adam: Adam,
}

/// Everything that changes in two critics.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CriticsState {
    /// Network, target and optimiser of each.
    critics: [(DensePerceptron, DensePerceptron, Adam); 2],
    updates: u64,
}

/// Two critics that differ in their initial parameters alone, and their targets.
#[derive(Clone, Debug)]
pub struct TwinCritics {
    shape: ControlShape,
    config: Td3Config,
    critics: [Critic; 2],
    updates: u64,
    pass: Pass,
    /// States and actions side by side.
    joined: Vec<f32>,
    targets: Vec<f32>,
    slopes: Vec<f32>,
    of_inputs: Vec<f32>,
}

impl TwinCritics {
    /// Critics with random parameters.
    pub fn new(shape: ControlShape, config: &Td3Config, random: &mut Philox) -> Self {
        let mut critic = || {
            let network = DensePerceptron::new(&config.widths(shape.state + shape.action, 1), random);
            let adam = Adam::new(config.critic_rate, network.layers());
            Critic { target: network.clone(), gradient: network.zeros(), network, adam }
        };
        Self {
            shape,
            config: config.clone(),
            critics: [critic(), critic()],
            updates: 0,
            pass: Pass::default(),
            joined: Vec::new(),
            targets: Vec::new(),
            slopes: Vec::new(),
            of_inputs: Vec::new(),
        }
    }

    fn join(&mut self, states: &[f32], actions: &[f32]) {
        let ControlShape { state, action } = self.shape;
        self.joined.clear();
        for (state, action) in states.chunks_exact(state).zip(actions.chunks_exact(action)) {
            self.joined.extend_from_slice(state);
            self.joined.extend_from_slice(action);
        }
    }

    /// One gradient step of both critics towards the rewards of `batch` and the lesser value of `next_actions`,
    /// which smoothing changes. Returns their mean squared errors, added.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the error is not finite; the critics are then as they were.
    pub fn update(
        &mut self,
        batch: &Minibatch,
        next_actions: &mut [f32],
        random: &mut Philox,
    ) -> Result<f32, Error> {
        let Td3Config { target_noise, target_noise_limit: limit, gamma, .. } = self.config;
        for action in next_actions.iter_mut() {
            let noise = (normal(random) as f32 * target_noise).clamp(-limit, limit);
            *action = (*action + noise).clamp(-1.0, 1.0);
        }
        self.join(&batch.next_states, next_actions);
        self.targets.clear();
        self.targets.resize(batch.rewards.len(), f32::INFINITY);
        for critic in &self.critics {
            let values = critic.target.forward(&self.joined, &mut self.pass);
            self.targets.iter_mut().zip(values).for_each(|(least, value)| *least = least.min(*value));
        }
        let earned = batch.rewards.iter().zip(&batch.goes_on);
        for (target, (reward, goes_on)) in self.targets.iter_mut().zip(earned) {
            *target = reward + gamma * goes_on * *target;
        }
        self.join(&batch.states, &batch.actions);
        let rows = batch.rewards.len() as f32;
        let mut error = 0.0;
        for critic in &mut self.critics {
            let values = critic.network.forward(&self.joined, &mut self.pass);
            self.slopes.clear();
            self.slopes.extend(values.iter().zip(&self.targets).map(|(value, target)| value - target));
            error += self.slopes.iter().map(|difference| difference * difference).sum::<f32>() / rows;
            self.slopes.iter_mut().for_each(|slope| *slope *= 2.0 / rows);
            let gradient = Some(&mut critic.gradient);
            critic.network.backward(&self.joined, &self.slopes, &mut self.pass, gradient, None);
        }
        self.updates += 1;
        if !error.is_finite() {
            self.critics.iter_mut().for_each(|critic| critic.gradient = critic.network.zeros());
            return Err(Error::Diverged { update: self.updates, what: "error of the critics" });
        }
        for critic in &mut self.critics {
            critic.adam.step(critic.network.layers_mut(), critic.gradient.layers_mut());
        }
        Ok(error)
    }

    /// Writes how the first critic's values of `actions` in `states` change with each number of the actions.
    pub fn action_slopes(&mut self, states: &[f32], actions: &[f32], slopes: &mut [f32]) {
        let ControlShape { state, action } = self.shape;
        self.join(states, actions);
        let rows = actions.len() / action;
        let network = &self.critics[0].network;
        network.forward(&self.joined, &mut self.pass);
        self.slopes.clear();
        self.slopes.resize(rows, 1.0);
        let of_inputs = room(&mut self.of_inputs, rows * (state + action));
        network.backward(&self.joined, &self.slopes, &mut self.pass, None, Some(of_inputs));
        let of_inputs = of_inputs.chunks_exact(state + action);
        for (slopes, of_inputs) in slopes.chunks_exact_mut(action).zip(of_inputs) {
            slopes.copy_from_slice(&of_inputs[state..]);
        }
    }

    /// The first critic's values of `actions` in `states`, one a row.
    pub fn values(&mut self, states: &[f32], actions: &[f32]) -> &[f32] {
        self.join(states, actions);
        self.critics[0].network.forward(&self.joined, &mut self.pass)
    }

    /// A copy of everything that changes.
    pub fn state(&self) -> CriticsState {
        let critics = self.critics.each_ref();
        CriticsState {
            critics: critics
                .map(|critic| (critic.network.clone(), critic.target.clone(), critic.adam.clone())),
            updates: self.updates,
        }
    }

    /// Goes on from `state`.
    ///
    /// # Errors
    /// Networks of other sizes.
    pub fn restore(&mut self, state: CriticsState) -> Result<(), String> {
        for (critic, (network, target, adam)) in self.critics.iter_mut().zip(state.critics) {
            critic.network.take(network)?;
            critic.target.take(target)?;
            critic.adam.take(adam)?;
        }
        self.updates = state.updates;
        Ok(())
    }

    /// Takes the targets a part of the way towards the critics.
    pub fn follow(&mut self) {
        for critic in &mut self.critics {
            critic.target.follow(&critic.network, self.config.target_rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    const SHAPE: ControlShape = ControlShape { state: 1, action: 1 };

    fn config() -> Td3Config {
        Td3Config { hidden: vec![16, 16], critic_rate: 1e-2, ..Td3Config::default() }
    }

    #[test]
    fn terminal_rewards_are_learned_and_slopes_lead_to_the_better_action() {
        let mut random = stream(2, Purpose::Parameters);
        let mut critics = TwinCritics::new(SHAPE, &config(), &mut random);
        // The reward is best at an action of 0.5, whatever comes next.
        let actions: Vec<f32> = (0..41).map(|i| i as f32 / 20.0 - 1.0).collect();
        let batch = Minibatch {
            states: vec![0.3; 41],
            rewards: actions.iter().map(|action| -(action - 0.5) * (action - 0.5)).collect(),
            actions: actions.clone(),
            next_states: vec![0.3; 41],
            goes_on: vec![0.0; 41],
        };
        let mut error = f32::INFINITY;
        for _ in 0..600 {
            error = critics.update(&batch, &mut actions.clone(), &mut random).unwrap();
        }
        assert!(error < 2e-3, "{error}");
        let mut slopes = [0.0; 2];
        critics.action_slopes(&[0.3, 0.3], &[-0.5, 0.95], &mut slopes);
        assert!((slopes[0] - 2.0).abs() < 0.5 && (slopes[1] + 0.9).abs() < 0.5, "{slopes:?}");
    }

    #[test]
    fn what_goes_on_is_worth_the_lesser_target() {
        let mut random = stream(3, Purpose::Parameters);
        let settings = Td3Config { gamma: 0.5, target_noise: 0.0, target_rate: 0.05, ..config() };
        let mut critics = TwinCritics::new(SHAPE, &settings, &mut random);
        let batch = Minibatch {
            states: vec![0.1; 8],
            actions: vec![0.0; 8],
            rewards: vec![1.0; 8],
            next_states: vec![0.1; 8],
            goes_on: vec![1.0; 8],
        };
        for _ in 0..1000 {
            critics.update(&batch, &mut [0.0; 8], &mut random).unwrap();
            critics.follow();
        }
        // 1 / (1 - 0.5).
        let value = critics.values(&[0.1], &[0.0])[0];
        assert!((value - 2.0).abs() < 0.05, "{value}");
        let mut bad = batch;
        bad.rewards[0] = f32::NAN;
        assert!(matches!(critics.update(&bad, &mut [0.0; 8], &mut random), Err(Error::Diverged { .. })));
        assert!((critics.values(&[0.1], &[0.0])[0] - value).abs() < 1e-6);
    }
}
