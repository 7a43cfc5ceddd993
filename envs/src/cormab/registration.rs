//! The registered ids: their specifications, and how a batch of each is built.

use pentathlon_engine::{Batch, find_batch};
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv, seeding::Random};

use super::{
    action::write_action,
    domain::{CoupledBandit, id, spec},
    feasible_actions::{FeasibleActions, FeasibleBatch},
    instance::{Instance, Problem},
    options::CoupledBanditOptions,
};

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    let problem = Problem::ALL.into_iter().find(|problem| id(*problem) == spec.id);
    let unknown = || Error::UnknownId { id: spec.id.clone(), nearest: Vec::new() };
    let domain = CoupledBandit::new(problem.ok_or_else(unknown)?, options)?;
    Ok(Box::new(batch_of(domain, options)?))
}

fn batch_of(domain: CoupledBandit, options: &BuildOptions) -> Result<FeasibleBatch, Error> {
    Ok(FeasibleActions::wrap(Batch::new(domain, options.clone())?))
}

/// Builds a batch of a given instance; options that say which instance to draw or load are passed over.
///
/// # Errors
/// Options that cannot be.
pub fn build_instance(instance: Instance, options: &BuildOptions) -> Result<FeasibleBatch, Error> {
    let read = CoupledBanditOptions::read(&id(instance.problem), options)?;
    batch_of(CoupledBandit::of(instance, read), options)
}

/// Adds all coRMAB ids to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    let options = CoupledBanditOptions::default();
    for problem in Problem::ALL {
        let instance = options.make_instance(&id(problem), problem)?;
        registry.register(spec(&instance, &options), build)?;
    }
    Ok(())
}

/// Writes a random feasible action for every environment of `batch`, `[num_envs, components]`; false when it
/// is no batch of coupled bandits. See [`FeasibleSet::sample`](super::feasible::FeasibleSet::sample).
pub fn sample_actions<R: Random>(batch: &dyn VectorEnv, random: &mut R, actions: &mut [i32]) -> bool {
    let Some(batch) = find_batch::<CoupledBandit>(batch) else { return false };
    let set = batch.domain().feasible_set();
    for action in actions.chunks_exact_mut(set.components()) {
        write_action(set.sample(random), action);
    }
    true
}
