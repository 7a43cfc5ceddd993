//! Classic control: the cart-pole of Barto, Sutton and Anderson, 1983, and the pendulum that is to be swung up, as
//! Gymnasium's `CartPole-v1` and `Pendulum-v1` play them.

pub mod cart_pole;
mod parameters;
pub mod pendulum;

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

pub use cart_pole::{CART_POLE, CartPole};
pub use pendulum::{PENDULUM, Pendulum};

fn build_cart_pole(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    Ok(Box::new(Batch::new(CartPole::new(&spec.id, options)?, options.clone())?))
}

fn build_pendulum(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    Ok(Box::new(Batch::new(Pendulum::new(&spec.id, options)?, options.clone())?))
}

/// Adds the cart-pole and the pendulum to `registry`.
///
/// # Errors
/// When they are there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    let defaults = BuildOptions::default();
    registry.register(CartPole::new(CART_POLE, &defaults)?.into_spec(), build_cart_pole)?;
    registry.register(Pendulum::new(PENDULUM, &defaults)?.into_spec(), build_pendulum)
}
