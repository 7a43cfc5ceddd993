//! The policies that commands act with: actions drawn at random, an expert, or a trained policy.

use std::path::{Path, PathBuf};

use pentathlon::{
    ActionBuffer, BuildOptions, Error, OptionValue, VectorEnv,
    agents::{
        Checkpoint,
        behaviour_cloning::ClonedCheckpoint,
        continuous_control::ContinuousCheckpoint,
        cormab::{oracle::Limits, sequoia::SequoiaAgent},
        policy::{ExpertPolicy, Policy, RandomPolicy, discrete_actions},
        qmix::TeamCheckpoint,
    },
    engine::find_batch,
    envs::cormab::{CoupledBandit, sample_actions},
    gym::seeding::philox::Philox,
    trace::ActionSequence,
};

use super::{cormab, eval::find_checkpoint, exit::Usage};

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
    /// An actor whose actions are real numbers.
    Continuous(Box<ContinuousCheckpoint>),
    /// SEQUOIA, and the folder that it was found in.
    Sequoia(Box<SequoiaAgent>, PathBuf),
}

impl PolicySource {
    /// Reads the checkpoint, if it is one.
    pub fn find(&self) -> anyhow::Result<FoundPolicy> {
        Ok(match self {
            Self::Random => FoundPolicy::Random,
            Self::Expert => FoundPolicy::Expert,
            Self::Checkpoint(path) => {
                let path = find_checkpoint(path);
                if cormab::is_run(&path) {
                    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                    FoundPolicy::Sequoia(Box::new(SequoiaAgent::load(&path)?), folder)
                } else if ClonedCheckpoint::is_at(&path) {
                    FoundPolicy::Cloned(Box::new(ClonedCheckpoint::load(&path)?))
                } else if TeamCheckpoint::is_at(&path) {
                    FoundPolicy::Team(Box::new(TeamCheckpoint::load(&path)?))
                } else if ContinuousCheckpoint::is_at(&path) {
                    FoundPolicy::Continuous(Box::new(ContinuousCheckpoint::load(&path)?))
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
            Self::Random | Self::Expert | Self::Sequoia(..) => &[],
            Self::Trained(checkpoint) => &checkpoint.config.environment.observations,
            Self::Cloned(checkpoint) => &checkpoint.options.observations,
            Self::Team(checkpoint) => &checkpoint.config.environment.observations,
            Self::Continuous(checkpoint) => &checkpoint.config.environment.observations,
        }
    }

    /// The environment's option without which the policy knows another one.
    pub fn option(&self) -> Option<(String, OptionValue)> {
        match self {
            Self::Sequoia(_, folder) => {
                let file = cormab::instance_path(folder);
                Some(("instance".into(), file.to_string_lossy().into_owned().into()))
            }
            _ => None,
        }
    }

    /// The policy for `batch`; `seed` is that of drawn actions.
    pub fn fit(&self, batch: &dyn VectorEnv, seed: u64) -> anyhow::Result<Box<dyn Policy>> {
        Ok(match self {
            Self::Random => random_policy(batch, seed, RandomPolicy::new),
            Self::Expert => Box::new(ExpertPolicy::new(batch).map_err(|error| Usage(error.to_string()))?),
            Self::Cloned(checkpoint) => Box::new(checkpoint.policy(batch, false, seed)?),
            Self::Team(checkpoint) => {
                Box::new(checkpoint.policy(batch, checkpoint.config.evaluation.greedy, seed)?)
            }
            Self::Continuous(checkpoint) => {
                Box::new(checkpoint.policy(batch, checkpoint.config.evaluation.greedy, seed)?)
            }
            Self::Trained(checkpoint) => {
                Box::new(checkpoint.policy(batch, checkpoint.config.evaluation.greedy, seed)?)
            }
            Self::Sequoia(agent, _) => {
                let limits = Limits { nodes: cormab::MAX_NODES, ..Limits::default() };
                Box::new(agent.policy(batch, limits).map_err(|error| Usage(error.to_string()))?)
            }
        })
    }
}

/// Random actions that `batch` takes: feasible ones where only some are, else those of `other`.
fn random_policy(batch: &dyn VectorEnv, seed: u64, other: fn(u64) -> RandomPolicy) -> Box<dyn Policy> {
    match find_batch::<CoupledBandit>(batch) {
        Some(_) => Box::new(RandomFeasible(Philox::for_level(seed, 0))),
        None => Box::new(other(seed)),
    }
}

/// Random feasible actions of coupled bandits.
struct RandomFeasible(Philox);

impl Policy for RandomFeasible {
    fn act(
        &mut self,
        batch: &dyn VectorEnv,
        _active: &[bool],
        actions: &mut ActionBuffer,
    ) -> Result<(), pentathlon::agents::Error> {
        sample_actions(batch, &mut self.0, discrete_actions(batch, actions)?);
        Ok(())
    }
}

/// `steps` steps of random actions for `batch`, drawn before any of them is made. What an action mask allows changes
/// from step to step, so every action has an equal chance; one that is not allowed does nothing.
///
/// # Errors
/// When the action space is one that no batch takes actions of.
pub fn random_actions(batch: &dyn VectorEnv, seed: u64, steps: usize) -> anyhow::Result<ActionSequence> {
    let mut policy = random_policy(batch, seed, RandomPolicy::of_all_actions);
    let active = vec![true; batch.num_envs()];
    let mut row = ActionBuffer::of(batch)?;
    let mut sequence = ActionSequence::new(batch.spec(), batch.num_envs())?;
    for _ in 0..steps {
        policy.act(batch, &active, &mut row)?;
        sequence.push(&row);
    }
    Ok(sequence)
}

#[cfg(test)]
mod tests {
    use pentathlon::Actions;

    use super::*;

    fn whole_numbers(drawn: &ActionSequence) -> Vec<i32> {
        let step = |step| match step {
            Actions::Discrete(step) => step.to_vec(),
            Actions::Continuous(_) => panic!("real numbers"),
        };
        drawn.steps().flat_map(step).collect()
    }

    #[test]
    fn coupled_bandits_are_given_feasible_actions() {
        let mut batch = pentathlon::make("coRMAB-Routing-v0").unwrap().num_envs(4).build().unwrap();
        batch.reset(1).unwrap();
        let drawn = random_actions(&*batch, 3, 30).unwrap();
        for step in drawn.steps() {
            batch.step(step).unwrap();
        }
        assert!(whole_numbers(&drawn).contains(&1));
    }

    #[test]
    fn actions_that_are_not_allowed_at_first_are_drawn_as_often_as_others() {
        for (id, actions) in [("MultiGrid-TrashGrid-v2", 6), ("MultiGrid-DoorKey-8x8-N2-v0", 7)] {
            let mut batch = pentathlon::make(id).unwrap().num_envs(4).build().unwrap();
            batch.reset(1).unwrap();
            let drawn = whole_numbers(&random_actions(&*batch, 3, 200).unwrap());
            for action in 0..actions {
                let count = drawn.iter().filter(|&&drawn| drawn == action).count();
                let mean = drawn.len() / actions as usize;
                assert!((mean / 2..mean * 2).contains(&count), "{id}: {count} times {action}");
            }
            // Policies that step do look at the mask.
            let mut policy = random_policy(&*batch, 3, RandomPolicy::new);
            let mut row = ActionBuffer::of(&*batch).unwrap();
            policy.act(&*batch, &[true; 4], &mut row).unwrap();
            let mask = batch.observation()["action_mask"].as_u8().unwrap().chunks(actions as usize);
            for (mask, &action) in mask.zip(row.as_discrete().unwrap()) {
                assert!(mask[action as usize] == 1 || mask.iter().all(|&allowed| allowed == 0), "{id}");
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_actions_and_all_of_them() {
        let batch = pentathlon::make("MiniGrid-Empty-5x5-v0").unwrap().num_envs(4).build().unwrap();
        let drawn = random_actions(&*batch, 3, 250).unwrap();
        assert_eq!(random_actions(&*batch, 3, 250).unwrap(), drawn);
        assert_ne!(random_actions(&*batch, 4, 250).unwrap(), drawn);
        let seen: std::collections::BTreeSet<_> = whole_numbers(&drawn).into_iter().collect();
        assert_eq!(seen, (0..7).collect());
    }
}
