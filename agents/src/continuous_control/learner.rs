//! The two learners behind one door: made as a configuration says, kept in a checkpoint, taken up again.

use serde::{Deserialize, Serialize};

use super::config::{Algorithm, ContinuousConfig};
use crate::Error;
use crate::sequence_policy::{SequenceLearner, SequenceState};
use crate::td3::{ContinuousLearner, ControlShape, Td3Learner, Td3State};

/// A learner of a run.
#[derive(Clone, Debug)]
pub(super) enum RunLearner {
    Td3(Box<Td3Learner>),
    Sequence(Box<SequenceLearner>),
}

/// Everything that changes in a learner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum LearnerState {
    Td3(Box<Td3State>),
    Sequence(Box<SequenceState>),
}

impl RunLearner {
    /// A learner as `config` says, with random parameters.
    pub fn new(shape: ControlShape, config: &ContinuousConfig) -> Result<Self, Error> {
        Ok(match config.algorithm {
            Algorithm::Td3 => Self::Td3(Box::new(Td3Learner::new(shape, &config.td3, config.seed)?)),
            Algorithm::Srl => {
                Self::Sequence(Box::new(SequenceLearner::new(shape, &config.sequence(), config.seed)?))
            }
        })
    }

    /// The learner, whichever it is.
    pub fn get_mut(&mut self) -> &mut dyn ContinuousLearner {
        match self {
            Self::Td3(learner) => &mut **learner,
            Self::Sequence(learner) => &mut **learner,
        }
    }

    /// The learner, whichever it is.
    pub fn get(&self) -> &dyn ContinuousLearner {
        match self {
            Self::Td3(learner) => &**learner,
            Self::Sequence(learner) => &**learner,
        }
    }

    /// Updates of the critics so far.
    pub fn updates(&self) -> u64 {
        match self {
            Self::Td3(learner) => learner.updates(),
            Self::Sequence(learner) => learner.updates(),
        }
    }

    pub fn state(&self) -> LearnerState {
        match self {
            Self::Td3(learner) => LearnerState::Td3(Box::new(learner.state())),
            Self::Sequence(learner) => LearnerState::Sequence(Box::new(learner.state())),
        }
    }

    /// Goes on from `state`.
    ///
    /// # Errors
    /// A state of another algorithm or of networks of other sizes.
    pub fn restore(&mut self, state: LearnerState) -> Result<(), String> {
        match (self, state) {
            (Self::Td3(learner), LearnerState::Td3(state)) => learner.restore(*state),
            (Self::Sequence(learner), LearnerState::Sequence(state)) => learner.restore(*state),
            _ => Err(String::from("it holds a learner of another algorithm")),
        }
    }
}
