//! The networks of value learners: each agent's values of its choices, and the mixing of the chosen
//! ones into the value of the joint choice.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use pentathlon_gym::seeding::philox::Philox;

use super::config::{Factorisation, LearnerConfig};
use super::layers::{GruCell, uniform_linear};
use super::mixer::Mixer;
use crate::options::ProcessShape;

/// Values of an agent's choices. One network serves all agents: its input ends with the agent's number
/// as ones and zeros.
///
/// ```text
/// [observation, last choice, agent] -> linear, ReLU -> gated recurrent unit (or nothing) -> linear
/// ```
#[derive(Module, Debug)]
pub struct AgentNetwork {
    input: Linear,
    recurrent: Option<GruCell>,
    output: Linear,
}

impl AgentNetwork {
    /// A network with parameters drawn from `random`.
    pub(crate) fn new(
        shape: ProcessShape,
        config: &LearnerConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let width = config.hidden;
        Self {
            input: uniform_linear(random, [input_len(shape), width], device),
            recurrent: config.recurrent.then(|| GruCell::new(random, width, width, device)),
            output: uniform_linear(random, [width, shape.choices], device),
        }
    }

    /// Values `[rows, choices]` for inputs `[rows, input]`, and the hidden state that follows `hidden`.
    pub fn step(&self, inputs: Tensor<2>, hidden: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let features = relu(self.input.forward(inputs));
        match &self.recurrent {
            Some(cell) => {
                let hidden = cell.forward(features, hidden);
                (self.output.forward(hidden.clone()), hidden)
            }
            None => (self.output.forward(features), hidden),
        }
    }
}

impl AgentNetwork {
    /// Its layers, in order.
    pub(super) fn layers(&self) -> (&Linear, Option<&GruCell>, &Linear) {
        (&self.input, self.recurrent.as_ref(), &self.output)
    }
}

/// Numbers in an agent's input.
pub(crate) fn input_len(shape: ProcessShape) -> usize {
    shape.observation + shape.choices + shape.num_agents
}

/// Writes the input of agent `agent` that sees `observation` and chose `last` before, -1 for nothing.
pub(crate) fn write_input(
    shape: ProcessShape,
    agent: usize,
    observation: &[f32],
    last: i32,
    input: &mut [f32],
) {
    let (own, rest) = input.split_at_mut(shape.observation);
    own.copy_from_slice(observation);
    rest.fill(0.0);
    rest[shape.choices + agent] = 1.0;
    if last >= 0 {
        write_last_choice(shape, last, input);
    }
}

/// Writes that an agent had made the choice `last` into its `input`, in which no other one stands.
pub(crate) fn write_last_choice(shape: ProcessShape, last: i32, input: &mut [f32]) {
    input[shape.observation + last as usize] = 1.0;
}

/// All networks of a value learner.
#[derive(Module, Debug)]
pub struct Networks {
    /// Values of single agents.
    pub agent: AgentNetwork,
    /// What makes a joint value of them; QMIX alone has one.
    pub mixer: Option<Mixer>,
}

impl Networks {
    /// Networks with parameters drawn from `random`.
    pub fn new(shape: ProcessShape, config: &LearnerConfig, random: &mut Philox, device: &Device) -> Self {
        Self {
            agent: AgentNetwork::new(shape, config, random, device),
            mixer: (config.factorisation == Factorisation::Qmix)
                .then(|| Mixer::new(shape.num_agents, shape.state, config, random, device)),
        }
    }
}
