//! Classic control: the cart-pole of Barto, Sutton and Anderson, 1983, as Gymnasium's `CartPole-v1` plays it.

pub mod components;
mod domain;
pub mod dynamics;
mod kernels;

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

pub use domain::{CART_POLE, CartPole};

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    Ok(Box::new(Batch::new(CartPole::new(&spec.id, options)?, options.clone())?))
}

/// Adds the cart-pole to `registry`.
///
/// # Errors
/// When it is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    registry.register(CartPole::new(CART_POLE, &BuildOptions::default())?.into_spec(), build)
}
