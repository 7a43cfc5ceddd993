//! A semi-Markov decision process over a batch: teams that choose, and what comes of each choice after
//! one primitive step or after many (Sutton, Precup, Singh, 1999). Learners of values are written
//! against [`DecisionProcess`] and do not see whether a choice is an action or a subgoal.

use pentathlon_gym::EpisodeRecord;

use crate::Error;

/// Sizes of a decision process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProcessShape {
    /// Environments in the batch.
    pub num_envs: usize,
    /// Agents of each environment.
    pub num_agents: usize,
    /// Choices of each agent.
    pub choices: usize,
    /// Numbers that an agent observes.
    pub observation: usize,
    /// Numbers of the global state.
    pub state: usize,
}

/// What one team sees when it has to choose: memory to be filled.
#[derive(Debug)]
pub struct SituationMut<'a> {
    /// `[num_agents, observation]`.
    pub observation: &'a mut [f32],
    /// `[state]`.
    pub state: &'a mut [f32],
    /// `[num_agents, choices]`: 1 where a choice is allowed. At least one is for every agent.
    pub available: &'a mut [u8],
}

/// What came of a choice, when it has run its course.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Rewards of the team since the choice, the k-th of them times `gamma^k`.
    pub reward: f32,
    /// `gamma^c` for a choice that took `c` primitive steps.
    pub discount: f32,
    /// Whether the episode reached a terminal state: nothing follows. False when it was cut off.
    pub terminated: bool,
    /// Whether the episode ended, one way or the other.
    pub ended: bool,
}

/// The last part of a choice that has run its course, as if it had been made later: what the team saw after
/// some of its steps, and what the remaining ones earned.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Suffix {
    /// `[num_agents, observation]`.
    pub observation: Vec<f32>,
    /// `[state]`.
    pub state: Vec<f32>,
    /// `[num_agents, choices]`: what each agent was at, and nothing else.
    pub available: Vec<u8>,
    /// Rewards of the team over the remaining steps, discounted from the first of them.
    pub reward: f32,
    /// `gamma` to the power of the number of remaining steps.
    pub discount: f32,
}

/// Teams that choose. Every environment moves by one primitive step a call of
/// [`advance`](DecisionProcess::advance); those that are [`due`](DecisionProcess::is_due) choose before it.
pub trait DecisionProcess {
    /// Sizes.
    fn shape(&self) -> ProcessShape;

    /// Whether environment `env` has to choose before the next primitive step.
    fn is_due(&self, env: usize) -> bool;

    /// What the team of environment `env` sees now.
    fn observe(&self, env: usize, situation: SituationMut<'_>);

    /// What the team of environment `env` saw last of the episode that ended in the last step.
    fn observe_last(&self, env: usize, situation: SituationMut<'_>);

    /// Makes one primitive step. `choices` holds `[num_envs, num_agents]`; rows of environments that
    /// are not due are ignored.
    ///
    /// # Errors
    /// Those of the environments.
    fn advance(&mut self, choices: &[i32]) -> Result<(), Error>;

    /// What came of the last choice of environment `env`, if it ran its course in the last step.
    fn outcome(&self, env: usize) -> Option<Outcome>;

    /// Parts of the last choice of environment `env`, if it ran its course in the last step; none unless
    /// the process gathers them.
    fn suffixes(&self, _env: usize) -> &[Suffix] {
        &[]
    }

    /// Episodes that ended in the last step.
    fn episodes(&self) -> &[EpisodeRecord];
}
