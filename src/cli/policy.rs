//! The policies that commands act with: actions drawn at random, an expert, or a trained policy.

use std::path::PathBuf;

use pentathlon::{
    BuildOptions, Error, VectorEnv,
    agents::{
        Checkpoint,
        behaviour_cloning::ClonedCheckpoint,
        policy::{ExpertPolicy, Policy, RandomPolicy, action_numbers},
        qmix::TeamCheckpoint,
    },
    engine::find_batch,
    envs::cormab::{CoupledBandit, sample_actions},
    gym::seeding::philox::Philox,
    trace::ActionSequence,
};

use super::{eval::find_checkpoint, exit::Usage};

/// Builds a batch of a registered id; what agents are given to build theirs.
pub fn build(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    pentathlon::registry().make(id, options)
}

/// What `--policy` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// `random`: every action with equal chance.
    Random,
    /// `expert`: the planner of MiniGrid and BabyAI, which knows the whole world.
    Expert,
    /// Anything else: the file of a checkpoint.
    Checkpoint(PathBuf),
}

impl std::str::FromStr for PolicySource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "random" => Self::Random,
            "expert" => Self::Expert,
            path => Self::Checkpoint(PathBuf::from(path)),
        })
    }
}

/// A policy that has been found, but not yet fitted to a batch.
#[derive(Debug)]
pub enum FoundPolicy {
    /// Random actions.
    Random,
    /// A planner.
    Expert,
    /// A network trained by reward.
    Trained(Box<Checkpoint>),
    /// A network that learnt from demonstrations.
    Cloned(Box<ClonedCheckpoint>),
    /// A team of value learners.
    Team(Box<TeamCheckpoint>),
}

impl PolicySource {
    /// Reads the checkpoint, if it is one.
    pub fn find(&self) -> anyhow::Result<FoundPolicy> {
        Ok(match self {
            Self::Random => FoundPolicy::Random,
            Self::Expert => FoundPolicy::Expert,
            Self::Checkpoint(path) => {
                let path = find_checkpoint(path);
                if ClonedCheckpoint::is_at(&path) {
                    FoundPolicy::Cloned(Box::new(ClonedCheckpoint::load(&path)?))
                } else if TeamCheckpoint::is_at(&path) {
                    FoundPolicy::Team(Box::new(TeamCheckpoint::load(&path)?))
                } else {
                    FoundPolicy::Trained(Box::new(Checkpoint::load(&path)?))
                }
            }
        })
    }
}

impl FoundPolicy {
    /// Names of the observations that the policy sees; empty for the id's default.
    pub fn observations(&self) -> &[String] {
        match self {
            Self::Random | Self::Expert => &[],
            Self::Trained(checkpoint) => &checkpoint.config.environment.observations,
            Self::Cloned(checkpoint) => &checkpoint.options.observations,
            Self::Team(checkpoint) => &checkpoint.config.environment.observations,
        }
    }

    /// The policy for `batch`; `seed` is that of drawn actions.
    pub fn fit(&self, batch: &dyn VectorEnv, seed: u64) -> anyhow::Result<Box<dyn Policy>> {
        Ok(match self {
            Self::Random => random_policy(batch, seed),
            Self::Expert => Box::new(ExpertPolicy::new(batch).map_err(|error| Usage(error.to_string()))?),
            Self::Cloned(checkpoint) => Box::new(checkpoint.policy(batch, false, seed)?),
            Self::Team(checkpoint) => {
                Box::new(checkpoint.policy(batch, checkpoint.config.evaluation.greedy, seed)?)
            }
            Self::Trained(checkpoint) => {
                Box::new(checkpoint.policy(batch, checkpoint.config.evaluation.greedy, seed)?)
            }
        })
    }
}

/// Random actions that `batch` takes: feasible ones where only some are.
fn random_policy(batch: &dyn VectorEnv, seed: u64) -> Box<dyn Policy> {
    match find_batch::<CoupledBandit>(batch) {
        Some(_) => Box::new(RandomFeasible(Philox::for_level(seed, 0))),
        None => Box::new(RandomPolicy::new(seed)),
    }
}

/// Random feasible actions of coupled bandits.
struct RandomFeasible(Philox);

impl Policy for RandomFeasible {
    fn act(
        &mut self,
        batch: &dyn VectorEnv,
        _active: &[bool],
        actions: &mut [i32],
    ) -> Result<(), pentathlon::agents::Error> {
        sample_actions(batch, &mut self.0, actions);
        Ok(())
    }
}

/// `steps` steps of random actions for `batch`.
///
/// # Errors
/// When the actions are not whole numbers.
pub fn random_actions(batch: &dyn VectorEnv, seed: u64, steps: usize) -> anyhow::Result<ActionSequence> {
    let mut policy = random_policy(batch, seed);
    let active = vec![true; batch.num_envs()];
    let mut row = vec![0; batch.num_envs() * action_numbers(batch)?];
    let mut sequence = ActionSequence::new(row.len());
    for _ in 0..steps {
        policy.act(batch, &active, &mut row)?;
        sequence.push(&row);
    }
    Ok(sequence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coupled_bandits_are_given_feasible_actions() {
        let mut batch = pentathlon::make("coRMAB-Routing-v0").unwrap().num_envs(4).build().unwrap();
        batch.reset(1).unwrap();
        let drawn = random_actions(&*batch, 3, 30).unwrap();
        for step in drawn.steps() {
            batch.step(step).unwrap();
        }
        assert!(drawn.steps().flatten().any(|chosen| *chosen == 1));
    }

    #[test]
    fn a_seed_gives_the_same_actions_and_all_of_them() {
        let batch = pentathlon::make("MiniGrid-Empty-5x5-v0").unwrap().num_envs(4).build().unwrap();
        let drawn = random_actions(&*batch, 3, 250).unwrap();
        assert_eq!(random_actions(&*batch, 3, 250).unwrap(), drawn);
        assert_ne!(random_actions(&*batch, 4, 250).unwrap(), drawn);
        let seen: std::collections::BTreeSet<_> = drawn.steps().flatten().copied().collect();
        assert_eq!(seen, (0..7).collect());
    }
}
