//! Grids to walk in: an open square and the four rooms of Sutton, Precup and Singh, 1999. The agent steps in the
//! four directions, by chance somewhere else, and may have a goal. They are small enough for tables, and known
//! well enough to judge methods by: temporal abstraction, coverage, goals at a distance.

pub mod components;
mod domain;
mod kernels;
pub mod layout;
mod options;
pub mod walking;

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

pub use domain::GridRooms;
pub use options::{FOUR_ROOMS, OPEN, RoomsOptions};

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    Ok(Box::new(Batch::new(GridRooms::new(&spec.id, options)?, options.clone())?))
}

/// Adds the grids to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    for id in [FOUR_ROOMS, OPEN] {
        registry.register(GridRooms::new(id, &BuildOptions::default())?.into_spec(), build)?;
    }
    Ok(())
}
