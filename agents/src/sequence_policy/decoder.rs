//! The actor: from a state to a sequence of actions, and the gradient of its parameters, worked out by hand.

use pentathlon_gym::seeding::philox::Philox;
use serde::{Deserialize, Serialize};

use crate::networks::adam::Adam;
use crate::networks::dense::{Dense, Into, room, take_all};
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::networks::gates::{advance, retreat};
use crate::td3::ControlShape;

/// Places of the layers of a [`SequenceDecoder`] behind the encoder.
const FROM_ACTION: usize = 0;
const FROM_STATE: usize = 1;
const OUTPUT: usize = 2;

/// An encoder of the state, and a gated recurrent unit that is fed with the previous action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SequenceDecoder {
    shape: ControlShape,
    encoder: DensePerceptron,
    /// What the unit makes of the previous action and of its state, and the layer behind it.
    layers: [Dense; 3],
}

/// What [`SequenceDecoder::step`] leaves for the way back: arrays are `[steps, rows, ...]`, step by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Unrolled {
    encoded: Pass,
    /// States of the unit, `width` numbers each, from before the first step on.
    hidden: Vec<f32>,
    /// Gates and candidates, `4 * width` numbers each.
    gates: Vec<f32>,
    /// Actions, from the empty one before the first step on.
    pub actions: Vec<f32>,
    of_action: Vec<f32>,
    of_state: Vec<f32>,
    of_output: Vec<f32>,
    of_hidden: Vec<f32>,
    carried: Vec<f32>,
    of_previous: Vec<f32>,
}

impl SequenceDecoder {
    /// A decoder with random parameters: an encoder with `hidden` layers, and a unit of `width`.
    pub fn new(shape: ControlShape, hidden: &[usize], width: usize, random: &mut Philox) -> Self {
        let widths: Vec<usize> =
            [shape.state].into_iter().chain(hidden.iter().copied()).chain([width]).collect();
        Self {
            shape,
            encoder: DensePerceptron::new(&widths, random),
            layers: [[shape.action, 3 * width], [width, 3 * width], [width, shape.action]]
                .map(|sizes| Dense::uniform(random, sizes)),
        }
    }

    /// A gradient of 0.
    pub(super) fn zeros(&self) -> Self {
        Self {
            shape: self.shape,
            encoder: self.encoder.zeros(),
            layers: self.layers.each_ref().map(Dense::zeros),
        }
    }

    fn width(&self) -> usize {
        self.layers[FROM_STATE].inputs()
    }

    /// Encodes `states`, `[rows, state]`; there is then room for `horizon` steps.
    pub(super) fn begin(&self, states: &[f32], horizon: usize, unrolled: &mut Unrolled) {
        let (rows, width) = (states.len() / self.shape.state, self.width());
        let Unrolled { encoded, hidden, gates, actions, .. } = unrolled;
        let encoded = self.encoder.forward(states, encoded);
        let hidden = room(hidden, (horizon + 1) * rows * width);
        hidden.iter_mut().zip(encoded).for_each(|(hidden, encoded)| *hidden = encoded.tanh());
        room(gates, horizon * rows * 4 * width);
        room(actions, (horizon + 1) * rows * self.shape.action)[..rows * self.shape.action].fill(0.0);
    }

    /// Step `step` of `rows` sequences, whose earlier steps were made: returns its actions, `[rows, action]`.
    pub(super) fn step<'a>(&self, step: usize, rows: usize, unrolled: &'a mut Unrolled) -> &'a [f32] {
        let (width, action) = (self.width(), self.shape.action);
        let Unrolled { hidden, gates, actions, of_action, of_state, .. } = unrolled;
        let [from_action, from_state, output] = &self.layers;
        let (before, after) = hidden[step * rows * width..].split_at_mut(rows * width);
        let next = &mut after[..rows * width];
        let (previous, now) = actions[step * rows * action..].split_at_mut(rows * action);
        let contributed = [room(of_action, rows * 3 * width), room(of_state, rows * 3 * width)];
        from_action.product(previous, contributed[0]);
        from_state.product(before, contributed[1]);
        let gates = &mut gates[step * rows * 4 * width..][..rows * 4 * width];
        let biases = [from_action.bias(), from_state.bias()];
        advance(contributed.map(|part| &*part), biases, gates, before, next);
        let now = &mut now[..rows * action];
        output.forward(next, now);
        now.iter_mut().for_each(|value| *value = value.tanh());
        now
    }

    /// Adds to `gradient` that of the parameters, where `of_actions`, `[horizon, rows, action]`, is that of the
    /// actions; it is used up.
    pub(super) fn add_gradient(
        &self,
        states: &[f32],
        horizon: usize,
        of_actions: &mut [f32],
        unrolled: &mut Unrolled,
        gradient: &mut Self,
    ) {
        let (rows, width, action) = (states.len() / self.shape.state, self.width(), self.shape.action);
        let Unrolled { encoded, hidden, gates, actions, .. } = unrolled;
        let contributed = [&mut unrolled.of_action, &mut unrolled.of_state];
        let [of_action, of_state] = contributed.map(|part| room(part, rows * 3 * width));
        let of_output = room(&mut unrolled.of_output, rows * action);
        let of_hidden = room(&mut unrolled.of_hidden, rows * width);
        let of_previous = room(&mut unrolled.of_previous, rows * action);
        let carried = room(&mut unrolled.carried, rows * width);
        carried.fill(0.0);
        for step in (0..horizon).rev() {
            let (before, after) = hidden[step * rows * width..].split_at(rows * width);
            let (previous, now) = actions[step * rows * action..].split_at(rows * action);
            let (earlier, own) = of_actions.split_at_mut(step * rows * action);
            for ((of_output, slope), action) in of_output.iter_mut().zip(own).zip(now) {
                *of_output = *slope * (1.0 - action * action);
            }
            gradient.layers[OUTPUT].add_gradient(&after[..rows * width], of_output);
            self.layers[OUTPUT].input_gradient(of_output, Into::Replace, of_hidden);
            let gates = &gates[step * rows * 4 * width..][..rows * 4 * width];
            retreat([of_action, of_state], gates, of_hidden, carried, before, width);
            gradient.layers[FROM_ACTION].add_gradient(previous, of_action);
            gradient.layers[FROM_STATE].add_gradient(before, of_state);
            self.layers[FROM_STATE].input_gradient(of_state, Into::Add, carried);
            if step > 0 {
                self.layers[FROM_ACTION].input_gradient(of_action, Into::Replace, of_previous);
                let earlier = &mut earlier[(step - 1) * rows * action..];
                earlier.iter_mut().zip(&*of_previous).for_each(|(sum, slope)| *sum += slope);
            }
        }
        for (carried, hidden) in carried.iter_mut().zip(&*hidden) {
            *carried *= 1.0 - hidden * hidden;
        }
        self.encoder.backward(states, carried, encoded, Some(&mut gradient.encoder), None);
    }

    /// Takes the parameters of `other`.
    ///
    /// # Errors
    /// A decoder of other sizes.
    pub(super) fn take(&mut self, other: Self) -> Result<(), String> {
        self.encoder.take(other.encoder)?;
        take_all(&mut self.layers, other.layers.into())
    }

    /// Takes the parameters a part of the way towards those of `other`.
    pub(super) fn follow(&mut self, other: &Self, rate: f32) {
        self.encoder.follow(&other.encoder, rate);
        self.layers.iter_mut().zip(&other.layers).for_each(|(layer, other)| layer.follow(other, rate));
    }
}

/// Adam for both parts of a decoder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DecoderAdam([Adam; 2]);

impl DecoderAdam {
    pub fn new(rate: f32, decoder: &SequenceDecoder) -> Self {
        Self([Adam::new(rate, decoder.encoder.layers()), Adam::new(rate, &decoder.layers)])
    }

    /// Goes on from the means of `other`, with its own step sizes.
    ///
    /// # Errors
    /// Means of a decoder of other sizes.
    pub fn take(&mut self, other: Self) -> Result<(), String> {
        self.0.iter_mut().zip(other.0).try_for_each(|(adam, other)| adam.take(other))
    }

    /// One step of `decoder` down `gradient`, which is 0 afterwards.
    pub fn step(&mut self, decoder: &mut SequenceDecoder, gradient: &mut SequenceDecoder) {
        self.0[0].step(decoder.encoder.layers_mut(), gradient.encoder.layers_mut());
        self.0[1].step(&mut decoder.layers, &mut gradient.layers);
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::random::{Purpose, stream};

    const SHAPE: ControlShape = ControlShape { state: 3, action: 2 };
    const ROWS: usize = 4;
    const HORIZON: usize = 5;

    fn actions(decoder: &SequenceDecoder, states: &[f32], unrolled: &mut Unrolled) -> Vec<f32> {
        decoder.begin(states, HORIZON, unrolled);
        (0..HORIZON).flat_map(|step| decoder.step(step, ROWS, unrolled).to_vec()).collect()
    }

    /// Gradients against differences of the actions.
    #[test]
    fn gradients_are_slopes() {
        let mut random = stream(6, Purpose::Parameters);
        let decoder = SequenceDecoder::new(SHAPE, &[8], 7, &mut random);
        let mut draw =
            |count| -> Vec<f32> { (0..count).map(|_| random.float() as f32 * 2.0 - 1.0).collect() };
        let (states, outer) = (draw(ROWS * 3), draw(HORIZON * ROWS * 2));
        let mut unrolled = Unrolled::default();
        let mut gradient = decoder.zeros();
        actions(&decoder, &states, &mut unrolled);
        decoder.add_gradient(&states, HORIZON, &mut outer.clone(), &mut unrolled, &mut gradient);
        let mut total = |decoder: &SequenceDecoder| -> f64 {
            let actions = actions(decoder, &states, &mut unrolled);
            actions.iter().zip(&outer).map(|(action, outer)| f64::from(action * outer)).sum()
        };
        const STEP: f32 = 1e-3;
        let all = |decoder: &SequenceDecoder| -> Vec<f32> {
            let layers = decoder.encoder.layers().iter().chain(&decoder.layers);
            layers.flat_map(|layer| layer.parameters().concat()).collect()
        };
        let slopes = all(&gradient);
        let mut large = 0;
        for (at, slope) in slopes.into_iter().enumerate() {
            let ends = [-STEP, STEP].map(|step| {
                let mut moved = decoder.clone();
                let layers = moved.encoder.layers_mut().iter_mut().chain(&mut moved.layers);
                let mut parameters: Vec<&mut f32> =
                    layers.flat_map(Dense::parameters_mut).flatten().collect();
                *parameters[at] += step;
                total(&moved)
            });
            let expected = (ends[1] - ends[0]) / f64::from(2.0 * STEP);
            assert!((f64::from(slope) - expected).abs() < 3e-3, "{at}: {slope} {expected}");
            large += usize::from(slope.abs() > 0.05);
        }
        assert!(large > 50, "{large}");
    }

    #[test]
    fn sequences_depend_on_the_state_and_go_on_from_their_own_actions() {
        let mut random = stream(6, Purpose::Parameters);
        let decoder = SequenceDecoder::new(SHAPE, &[8], 7, &mut random);
        let mut unrolled = Unrolled::default();
        let states = [0.5, -0.5, 1.0, 0.5, -0.5, 1.0, -1.0, 0.2, 0.0, 0.1, 0.2, 0.3];
        let actions = actions(&decoder, &states, &mut unrolled);
        let of = |row: usize| -> Vec<f32> {
            (0..HORIZON).flat_map(|step| actions[(step * ROWS + row) * 2..][..2].to_vec()).collect()
        };
        assert_eq!(of(0), of(1));
        assert_ne!(of(0), of(2));
        assert!(actions.iter().all(|action| action.abs() < 1.0));
        // Another action at the first step changes the second one.
        let before = decoder.step(1, ROWS, &mut unrolled).to_vec();
        unrolled.actions[ROWS * 2] += 0.5;
        assert_ne!(decoder.step(1, ROWS, &mut unrolled)[..2], before[..2]);
    }
}
