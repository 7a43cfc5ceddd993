//! The learner of a team's run, value learner or COMA: what a run does with either.

use burn::tensor::Device;
use pentathlon_gym::seeding::philox::Philox;

use super::action_selection::ActionSelection;
use super::config::{QmixConfig, TeamAlgorithm};
use super::learner::{Learner, LearnerBytes, UpdateStatistics, module_from};
use super::networks::{AgentNetwork, Networks};
use super::replay::{Batch, Replay};
use crate::Error;
use crate::coma::{ComaLearner, ComaNetworks};
use crate::options::ProcessShape;
use crate::random::{Purpose, stream};

/// The learner that a configuration names.
pub enum TeamLearner {
    /// DQN, IQL, VDN or QMIX.
    Values(Box<Learner>),
    /// Counterfactual policy gradients.
    Coma(Box<ComaLearner>),
}

impl TeamLearner {
    /// A learner with random parameters drawn from the configuration's seed.
    pub fn new(shape: ProcessShape, config: &QmixConfig) -> Self {
        match config.algorithm {
            TeamAlgorithm::Values | TeamAlgorithm::Dqn => {
                Self::Values(Box::new(Learner::new(shape, &config.network_settings(), config.seed)))
            }
            TeamAlgorithm::Coma => {
                let critic = config.critic.clone().unwrap_or_default();
                Self::Coma(Box::new(ComaLearner::new(shape, &config.learner, &critic, config.seed)))
            }
        }
    }

    /// The value learner, if it is one.
    pub fn values(&self) -> Option<&Learner> {
        match self {
            Self::Values(learner) => Some(learner),
            Self::Coma(_) => None,
        }
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        match self {
            Self::Values(learner) => learner.updates(),
            Self::Coma(learner) => learner.updates(),
        }
    }

    /// The agents' network as it is now, without gradients.
    pub fn policy(&self) -> AgentNetwork {
        match self {
            Self::Values(learner) => learner.policy(),
            Self::Coma(learner) => learner.policy(),
        }
    }

    /// Makes the updates that are due after `unlearned` episodes since the last one, all of them in `replay`; what the last
    /// one did, if there was one.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    pub(super) fn learn(
        &mut self,
        config: &QmixConfig,
        episodes: (ProcessShape, &mut Replay, &mut usize),
        epsilon: f64,
        minibatch: &mut Batch,
        random: &mut Philox,
    ) -> Result<Option<UpdateStatistics>, Error> {
        let (shape, replay, unlearned) = episodes;
        let settings = &config.learner;
        let mut statistics = None;
        match self {
            Self::Values(learner) => {
                if replay.len() < settings.batch_episodes {
                    *unlearned = 0;
                }
                while *unlearned >= settings.episodes_per_update {
                    *unlearned -= settings.episodes_per_update;
                    minibatch.fill(shape, &replay.sample(settings.batch_episodes, random));
                    statistics = Some(learner.update(minibatch)?);
                }
            }
            Self::Coma(learner) => {
                if *unlearned >= settings.batch_episodes {
                    *unlearned = 0;
                    minibatch.fill(shape, &replay.drain().iter().collect::<Vec<_>>());
                    statistics = Some(learner.update(minibatch, epsilon as f32, random)?);
                }
            }
        }
        Ok(statistics)
    }

    /// Parameters and optimiser state as bytes.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<LearnerBytes, String> {
        match self {
            Self::Values(learner) => learner.to_bytes(),
            Self::Coma(learner) => learner.to_bytes(),
        }
    }

    /// Takes over what [`TeamLearner::to_bytes`] wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, bytes: LearnerBytes) -> Result<(), String> {
        match self {
            Self::Values(learner) => learner.load_bytes(bytes),
            Self::Coma(learner) => learner.load_bytes(bytes),
        }
    }
}

impl QmixConfig {
    /// How agents choose while they learn, or at the end of it, with this chance of a random choice.
    pub fn selection(&self, epsilon: f64) -> ActionSelection {
        match self.algorithm {
            TeamAlgorithm::Values | TeamAlgorithm::Dqn => ActionSelection::EpsilonGreedy(epsilon),
            TeamAlgorithm::Coma => ActionSelection::EpsilonSoftmax(epsilon),
        }
    }

    /// How a trained team chooses that is looked at or judged: with `greedy` the best or most probable choice, else as at
    /// the end of training.
    pub fn final_selection(&self, greedy: bool) -> ActionSelection {
        if greedy { ActionSelection::EpsilonGreedy(0.0) } else { self.selection(self.exploration.last) }
    }

    /// The agents' network of a learner for `shape` whose networks stand in `bytes`.
    ///
    /// # Errors
    /// What does not fit.
    pub(super) fn agent_network(&self, shape: ProcessShape, bytes: Vec<u8>) -> Result<AgentNetwork, String> {
        let (mut random, device) = (stream(0, Purpose::Parameters), Device::flex());
        Ok(match self.algorithm {
            TeamAlgorithm::Values | TeamAlgorithm::Dqn => {
                let fresh = Networks::new(shape, &self.network_settings(), &mut random, &device);
                module_from(&fresh, bytes)?.agent
            }
            TeamAlgorithm::Coma => {
                let critic = self.critic.clone().unwrap_or_default();
                let fresh = ComaNetworks::new(shape, &self.learner, &critic, &mut random, &device);
                module_from(&fresh, bytes)?.agent
            }
        })
    }
}
