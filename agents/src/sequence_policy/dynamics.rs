//! The learned dynamics: what a step changes.

use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::networks::adam::Adam;
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::td3::{ControlShape, Minibatch};

/// A network of the change of the state, `s' = s + f(s, a)`.
#[derive(Clone, Debug)]
pub struct LearnedDynamics {
    shape: ControlShape,
    network: DensePerceptron,
    gradient: DensePerceptron,
    adam: Adam,
    updates: u64,
    pass: Pass,
    joined: Vec<f32>,
    slopes: Vec<f32>,
}

/// Everything that changes in [`LearnedDynamics`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DynamicsState {
    network: DensePerceptron,
    adam: Adam,
    updates: u64,
}

impl LearnedDynamics {
    /// Dynamics with random parameters.
    pub fn new(shape: ControlShape, hidden: &[usize], rate: f32, random: &mut Philox) -> Self {
        let inputs = shape.state + shape.action;
        let widths: Vec<usize> =
            [inputs].into_iter().chain(hidden.iter().copied()).chain([shape.state]).collect();
        let network = DensePerceptron::new(&widths, random);
        Self {
            shape,
            gradient: network.zeros(),
            adam: Adam::new(rate, network.layers()),
            network,
            updates: 0,
            pass: Pass::default(),
            joined: Vec::new(),
            slopes: Vec::new(),
        }
    }

    /// A copy of everything that changes.
    pub fn state(&self) -> DynamicsState {
        DynamicsState { network: self.network.clone(), adam: self.adam.clone(), updates: self.updates }
    }

    /// Goes on from `state`, with its own step size.
    ///
    /// # Errors
    /// A network of other sizes.
    pub fn restore(&mut self, state: DynamicsState) -> Result<(), String> {
        self.network.take(state.network)?;
        self.adam.take(state.adam)?;
        self.updates = state.updates;
        Ok(())
    }

    fn changes(&mut self, states: &[f32], actions: &[f32]) -> &[f32] {
        self.joined.clear();
        let rows = states.chunks_exact(self.shape.state).zip(actions.chunks_exact(self.shape.action));
        for (state, action) in rows {
            self.joined.extend_from_slice(state);
            self.joined.extend_from_slice(action);
        }
        self.network.forward(&self.joined, &mut self.pass)
    }

    /// Writes the states that follow `states`, `[rows, state]`, after `actions`, `[rows, action]`.
    pub fn predict(&mut self, states: &[f32], actions: &[f32], next: &mut [f32]) {
        let changes = self.changes(states, actions);
        for ((next, state), change) in next.iter_mut().zip(states).zip(changes) {
            *next = state + change;
        }
    }

    /// One gradient step towards the states that followed in `batch`. Returns the mean squared error of a number.
    ///
    /// # Errors
    /// [`Error::Diverged`] when it is not finite.
    pub fn update(&mut self, batch: &Minibatch) -> Result<f32, Error> {
        let mut slopes = std::mem::take(&mut self.slopes);
        slopes.clear();
        let changes = self.changes(&batch.states, &batch.actions);
        let met = batch.next_states.iter().zip(&batch.states);
        slopes.extend(changes.iter().zip(met).map(|(change, (next, state))| change - (next - state)));
        let count = slopes.len() as f32;
        let error = slopes.iter().map(|difference| difference * difference).sum::<f32>() / count;
        self.updates += 1;
        if !error.is_finite() {
            return Err(Error::Diverged { update: self.updates, what: "error of the learned dynamics" });
        }
        slopes.iter_mut().for_each(|slope| *slope *= 2.0 / count);
        self.network.backward(&self.joined, &slopes, &mut self.pass, Some(&mut self.gradient), None);
        self.adam.step(self.network.layers_mut(), self.gradient.layers_mut());
        self.slopes = slopes;
        Ok(error)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn a_linear_system_is_predicted_some_steps_ahead() {
        let shape = ControlShape { state: 2, action: 1 };
        let mut random = stream(3, Purpose::Parameters);
        let mut dynamics = LearnedDynamics::new(shape, &[32], 3e-3, &mut random);
        let moved = |[x, v]: [f32; 2], a: f32| [x + 0.1 * v, v + 0.2 * a];
        let mut batch = Minibatch::default();
        for _ in 0..512 {
            let [x, v, a] = [(); 3].map(|()| 2.0 * random.float() as f32 - 1.0);
            batch.states.extend([x, v]);
            batch.actions.push(a);
            batch.next_states.extend(moved([x, v], a));
        }
        let first = dynamics.update(&batch).unwrap();
        let mut error = first;
        for _ in 0..1500 {
            error = dynamics.update(&batch).unwrap();
        }
        assert!(error < 1e-4 && first > 10.0 * error, "{first} {error}");
        let (mut state, mut predicted) = ([0.2, -0.3], [0.2, -0.3]);
        for action in [0.5, 0.9, -0.2, 0.1] {
            let before = predicted;
            dynamics.predict(&before, &[action], &mut predicted);
            state = moved(state, action);
        }
        assert!((predicted[0] - state[0]).abs() < 0.03 && (predicted[1] - state[1]).abs() < 0.03);
    }
}
