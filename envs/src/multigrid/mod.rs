//! Multi-agent grid worlds in the manner of MiniGrid: teams whose agents block each other, see partial
//! views of their own, and are paid one by one or as a team.
//!
//! Movement, geometry, visibility and encoding are MiniGrid's rules. The [`tasks`] are multi-agent
//! DoorKey, the mixed DoorKey of the GMAH paper (Xu et al., 2024), a corridor with a switch, Trash-Grid and
//! level-based foraging.

pub mod components;
mod domain;
mod kernels;
mod observations;
mod options;
pub mod rules;
mod systems;
pub mod tasks;

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

pub use domain::MultiGrid;
pub use options::TeamOptions;

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    let task = tasks::TASKS.iter().find(|task| task.id == spec.id);
    let task = task.ok_or_else(|| Error::UnknownId { id: spec.id.clone(), nearest: Vec::new() })?;
    Ok(Box::new(Batch::new(MultiGrid::new(task, options)?, options.clone())?))
}

/// Adds all multi-agent grid worlds to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    for task in &tasks::TASKS {
        registry.register(MultiGrid::new(task, &BuildOptions::default())?.into_spec(), build)?;
    }
    Ok(())
}
