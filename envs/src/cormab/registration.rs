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

/// Writes a random feasible action for every environment of `batch`; false when it is no batch of coupled
/// bandits. Actions are `[num_envs, components]`, or `[num_envs, action words]` where `batch` is the one inside,
/// which takes packed actions. See [`FeasibleSet::sample`](super::feasible::FeasibleSet::sample).
pub fn sample_actions<R: Random>(batch: &dyn VectorEnv, random: &mut R, actions: &mut [i32]) -> bool {
    let Some(inside) = find_batch::<CoupledBandit>(batch) else { return false };
    let set = inside.domain().feasible_set();
    let (width, words) = (batch.spec().action_space.flat_len(), inside.spec().action_space.flat_len());
    for action in actions.chunks_exact_mut(width) {
        let drawn = set.sample(random);
        // A single component is a number of its own in both forms.
        if width == words { CoupledBandit::pack(drawn, action) } else { write_action(drawn, action) }
    }
    true
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn packed_actions_are_those_of_one_number_a_component() {
        let options = BuildOptions { num_envs: 5, ..BuildOptions::default() };
        let domain = CoupledBandit::new(Problem::Scheduling, &options).unwrap();
        let instance = domain.instance().clone();
        let mut batches = [0, 1].map(|_| build_instance(instance.clone(), &options).unwrap());
        let [whole, inside] = &mut batches;
        let whole: &mut dyn VectorEnv = whole;
        let inside: &mut dyn VectorEnv = inside.inner_mut();
        whole.reset(1).unwrap();
        inside.reset(1).unwrap();
        let mut randoms = [0, 0].map(|_| Philox::for_level(4, 4));
        let (mut actions, mut packed) = (vec![0; 5 * 20], vec![0; 5 * 2]);
        for _ in 0..10 {
            assert!(sample_actions(whole, &mut randoms[0], &mut actions));
            assert!(sample_actions(inside, &mut randoms[1], &mut packed));
            let reward = whole.step(&actions[..]).unwrap().reward.to_vec();
            assert_eq!(reward, inside.step(&packed[..]).unwrap().reward);
        }
    }
}
