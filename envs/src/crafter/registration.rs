//! The registered ids: their specifications, and how a batch of each is built.

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

use super::{
    domain::{Crafter, spec},
    options::CrafterOptions,
    tasks::{TASKS, Task},
};

/// The task registered as `id`.
///
/// # Errors
/// When there is none.
pub fn task(id: &str) -> Result<&'static Task, Error> {
    let found = TASKS.iter().find(|task| task.id == id);
    found.ok_or_else(|| Error::UnknownId { id: id.into(), nearest: Vec::new() })
}

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    let domain = Crafter::new(task(&spec.id)?, options)?;
    Ok(Box::new(Batch::new(domain, options.clone())?))
}

/// Adds all Crafter ids to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    for task in &TASKS {
        registry.register(spec(task, &CrafterOptions::new(task)), build)?;
    }
    Ok(())
}
