//! Networks of the agents, in [burn](https://burn.dev), and how observations become their inputs.
//!
//! - [`ObservationLayout`]: what the network sees of an environment; [`EncodedRows`]: compact rows of it.
//! - [`ActorCritic`]: policy and value estimate with shared hidden layers, or with a critic of its own;
//!   [`Memory`]: what it remembers of the steps before.
//! - [`InstructedPolicy`]: a policy that looks at the cells in the light of an instruction.

mod actor_critic;
pub(crate) mod adam;
mod cells;
pub(crate) mod dense;
pub(crate) mod dense_perceptron;
mod encoded_rows;
pub(crate) mod gates;
mod input_layer;
mod instructed;
mod layout;
mod orthogonal;
mod perceptron;
mod recurrent;
mod tiles;

pub use actor_critic::{ActorCritic, Inference, Output};
pub use cells::{CELL_KINDS, CellEncoder};
pub use encoded_rows::EncodedRows;
pub use instructed::InstructedPolicy;
pub use layout::{ACTION_MASK, Input, ObservationLayout, Perspective};
pub use perceptron::Perceptron;
pub(crate) use recurrent::linear_within;
pub use recurrent::{GruCell, LstmCell, Memory, Sequences};

use burn::tensor::Device;

use crate::{Error, config::Backend};

/// Value of a masked action's logit: its probability is 0 in 32-bit floats.
pub const MASKED_LOGIT: f32 = -1e9;

/// The device that networks of `backend` live on.
///
/// # Errors
/// A backend that this build does not have.
pub fn device(backend: Backend) -> Result<Device, Error> {
    match backend {
        Backend::Cpu => Ok(Device::flex()),
        #[cfg(feature = "wgpu")]
        Backend::Wgpu => Ok(Device::wgpu(burn::tensor::DeviceKind::DefaultDevice)),
        #[cfg(not(feature = "wgpu"))]
        Backend::Wgpu => Err(Error::Backend {
            backend: "wgpu",
            reason: String::from(
                "this build has none; build with the cargo feature `wgpu`, or set network.backend=cpu",
            ),
        }),
    }
}
