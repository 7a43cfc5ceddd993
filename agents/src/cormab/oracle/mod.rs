//! Which allowed action has the highest value. The answer comes with a bound that no action exceeds, so a
//! reader knows whether it is proved to be the best, or how far from it it may be.

mod action_network;
mod branch_and_bound;
mod enumeration;
mod enumeration_on_device;
mod enumeration_rules;
#[cfg(feature = "highs")]
mod highs;
mod mixed_integer;
mod relaxation;

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

/// What single precision may be off by, at a value of that size.
fn rounding(value: f32) -> f32 {
    1e-5 * (1.0 + value.abs())
}
