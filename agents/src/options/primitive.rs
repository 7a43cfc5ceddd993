//! The decision process in which a choice is an action and takes one step.

use pentathlon_gym::{AutoresetMode, EpisodeRecord, Space, VectorEnv};

use super::features::TeamFeatures;
use super::process::{DecisionProcess, Outcome, ProcessShape, SituationMut};
use crate::Error;

/// A batch whose agents choose actions. The reward of a team is the sum of its agents' rewards.
pub struct PrimitiveProcess {
    env: Box<dyn VectorEnv>,
    features: TeamFeatures,
    shape: ProcessShape,
    gamma: f32,
    first_action: i32,
    actions: Vec<i32>,
    outcomes: Vec<Outcome>,
    episodes: Vec<EpisodeRecord>,
    events: Vec<i32>,
    rewards: Vec<f32>,
    last: Option<pentathlon_gym::Observation>,
}

impl PrimitiveProcess {
    /// The process of a batch that has been reset, with discount `gamma`.
    ///
    /// # Errors
    /// A batch whose actions are not discrete, that does not reset ended episodes in the same step, or
    /// whose observations cannot be used.
    pub fn new(env: Box<dyn VectorEnv>, gamma: f32) -> Result<Self, Error> {
        let spec = env.spec();
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        let Space::Discrete { n, start } = spec.action_space else {
            return Err(unsupported(format!(
                "its actions are {:?}; this learner needs Discrete",
                spec.action_space
            )));
        };
        if env.autoreset() != AutoresetMode::SameStep {
            return Err(unsupported(String::from("this learner needs the autoreset mode SameStep")));
        }
        let features = TeamFeatures::new(spec, env.observation()).map_err(unsupported)?;
        let shape = ProcessShape {
            num_envs: env.num_envs(),
            num_agents: spec.num_agents,
            choices: n as usize,
            observation: features.observation_len(),
            state: features.state_len(),
        };
        Ok(Self {
            features,
            shape,
            gamma,
            first_action: start,
            actions: vec![0; shape.num_envs * shape.num_agents],
            outcomes: Vec::with_capacity(shape.num_envs),
            episodes: Vec::new(),
            events: vec![-1; shape.num_envs * shape.num_agents],
            rewards: vec![0.0; shape.num_envs * shape.num_agents],
            last: None,
            env,
        })
    }

    /// The batch.
    pub fn env(&self) -> &dyn VectorEnv {
        self.env.as_ref()
    }

    /// The subgoal event of every agent in the last step, -1 for none, `[num_envs, num_agents]`.
    pub fn events(&self) -> &[i32] {
        &self.events
    }

    /// Rewards of every agent in the last step, `[num_envs, num_agents]`.
    pub fn rewards(&self) -> &[f32] {
        &self.rewards
    }

    /// What the last step was to every team; empty before the first one.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The last observations of episodes that ended in the last step; rows of other environments are
    /// unspecified.
    pub fn last_observation(&self) -> Option<&pentathlon_gym::Observation> {
        self.last.as_ref()
    }

    /// The batch, to change.
    pub fn env_mut(&mut self) -> &mut dyn VectorEnv {
        self.env.as_mut()
    }
}

impl DecisionProcess for PrimitiveProcess {
    fn shape(&self) -> ProcessShape {
        self.shape
    }

    fn is_due(&self, _env: usize) -> bool {
        true
    }

    fn observe(&self, env: usize, situation: SituationMut<'_>) {
        self.features.write(self.env.observation(), self.shape, env, situation);
    }

    fn observe_last(&self, env: usize, situation: SituationMut<'_>) {
        if let Some(last) = &self.last {
            self.features.write(last, self.shape, env, situation);
        }
    }

    fn advance(&mut self, choices: &[i32]) -> Result<(), Error> {
        for (action, choice) in self.actions.iter_mut().zip(choices) {
            *action = choice + self.first_action;
        }
        let step = self.env.step_with((&self.actions).into())?;
        self.outcomes.clear();
        for (env, rewards) in step.reward.chunks_exact(self.shape.num_agents).enumerate() {
            self.outcomes.push(Outcome {
                reward: rewards.iter().sum(),
                discount: self.gamma,
                terminated: step.terminated[env],
                ended: step.ended(env),
            });
        }
        self.events.copy_from_slice(step.info.subgoal);
        self.rewards.copy_from_slice(step.reward);
        self.episodes.clear();
        self.episodes.extend_from_slice(step.info.episodes);
        if !self.episodes.is_empty()
            && let Some(last) = step.info.final_observation
        {
            match &mut self.last {
                Some(kept) => {
                    let envs = self.episodes.iter().map(|episode| episode.env);
                    kept.copy_rows(last, self.shape.num_envs, envs);
                }
                None => self.last = Some(last.clone()),
            }
        }
        Ok(())
    }

    fn outcome(&self, env: usize) -> Option<Outcome> {
        self.outcomes.get(env).copied()
    }

    fn episodes(&self) -> &[EpisodeRecord] {
        &self.episodes
    }
}
