//! Which allowed action has the highest value. The answer comes with a bound that no action exceeds, so a
//! reader knows whether it is proved to be the best, or how far from it it may be.

mod action_network;
mod branch_and_bound;
mod enumeration;
mod enumeration_on_device;
mod enumeration_rules;
#[cfg(feature = "highs")]
mod highs;
mod largest_sum;
mod mixed_integer;
mod relaxation;
mod remembered_set;

use std::time::Duration;

use pentathlon_envs::cormab::action::ActionMask;

#[cfg(feature = "highs")]
pub use self::highs::Highs;
pub use self::{
    branch_and_bound::{BranchAndBound, Limits},
    enumeration::Enumeration,
    enumeration_on_device::DeviceEnumeration,
    mixed_integer::NetworkProgram,
};
use super::network::ReluNetwork;

/// The best action found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Argmax {
    /// The action. Of several that are equally good any may be answered, always the same.
    pub action: ActionMask,
    /// Its value, computed in `f64`.
    pub value: f64,
    /// No allowed action has a higher value. Equal to `value` when the action is proved to be the best, up
    /// to the rounding of single precision.
    pub bound: f64,
    /// Actions or parts of actions that were looked at.
    pub nodes: u64,
    /// Time that it took.
    pub time: Duration,
}

impl Argmax {
    /// How far the best action's value may be above this one's.
    pub fn gap(&self) -> f64 {
        self.bound - self.value
    }

    /// Whether no action is better, up to the rounding of single precision.
    pub fn is_proved(&self) -> bool {
        self.gap() <= 0.0
    }
}

/// Finds the allowed action of highest value. An oracle is made for one feasible set.
pub trait ArgmaxOracle: Send {
    /// The best action of `network` at `levels`.
    fn argmax(&mut self, network: &ReluNetwork, levels: &[u8]) -> Argmax;

    /// The best action of a function that `surrogate` approximates to single precision at `levels`;
    /// candidates are compared by `exact`.
    fn argmax_of(
        &mut self,
        surrogate: &ReluNetwork,
        levels: &[u8],
        exact: &mut dyn FnMut(ActionMask) -> f64,
    ) -> Argmax;
}

/// What single precision may be off by in the value of any action of a network at given levels.
#[derive(Clone, Copy, Debug, Default)]
struct Rounding {
    most: f32,
}

impl Rounding {
    /// A sum of `n` terms is off by at most `n` roundings of the sum of their sizes (N. Higham, "Accuracy and Stability
    /// of Numerical Algorithms", 2002, section 4.2). Terms of both signs may cancel, so that the value says nothing.
    fn of(network: &ReluNetwork, levels: &[u8]) -> Self {
        let (components, mut terms) = (network.components(), 0);
        let level =
            |input: usize| levels.get(input.wrapping_sub(components)).map_or(1.0, |level| f32::from(*level));
        let mut sizes: Vec<f32> = (0..network.layers()[0].inputs).map(level).collect();
        for layer in network.layers() {
            terms += layer.inputs + 1;
            let mut next: Vec<f32> = layer.biases.iter().map(|bias| bias.abs()).collect();
            for (input, size) in sizes.iter().enumerate().filter(|(_, size)| **size != 0.0) {
                for (sum, weight) in next.iter_mut().zip(layer.from_input(input)) {
                    *sum += size * weight.abs();
                }
            }
            sizes = next;
        }
        Self { most: terms as f32 * 0.5 * f32::EPSILON * sizes[0] }
    }

    /// At an action of this value: never less than a few units in its last places.
    fn at(self, value: f32) -> f32 {
        self.most.max(1e-6 * (1.0 + value.abs()))
    }
}
