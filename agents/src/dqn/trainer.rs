//! Collecting with an epsilon-greedy agent and learning from what was collected.

use burn::tensor::Device;
use pentathlon_gym::EpisodeStatistics;
use pentathlon_gym::seeding::{Random, philox::Philox};

use super::config::DqnConfig;
use super::learner::{DqnLearner, DqnStatistics};
use super::replay::{NStepQueue, TransitionReplay};
use crate::Error;
use crate::options::{DecisionProcess, ProcessShape, SituationMut};
use crate::qmix::{best_choice, random_choice};
use crate::random::{Purpose, stream};

/// Deep Q-learning of one agent in a decision process.
pub struct DqnTrainer<P: DecisionProcess> {
    process: P,
    config: DqnConfig,
    learner: DqnLearner,
    replay: TransitionReplay,
    queues: Vec<NStepQueue>,
    /// What each environment's agent saw when it last chose, and what it chose.
    chosen: Vec<(Vec<f32>, i32)>,
    actions: Philox,
    minibatches: Philox,
    frames: u64,
    unlearned: usize,
    episodes: EpisodeStatistics,
    statistics: DqnStatistics,
}

impl<P: DecisionProcess> DqnTrainer<P> {
    /// A trainer with everything random drawn from `seed`.
    ///
    /// # Errors
    /// A process of several agents, a configuration out of range.
    pub fn new(process: P, config: &DqnConfig, seed: u64) -> Result<Self, Error> {
        let shape = process.shape();
        if shape.num_agents != 1 {
            return Err(Error::Unsupported {
                id: String::from("dqn"),
                reason: format!("there are {} agents; this learner trains one", shape.num_agents),
            });
        }
        Ok(Self {
            learner: DqnLearner::new(shape, config, seed)?,
            replay: TransitionReplay::new(config.replay),
            queues: vec![NStepQueue::default(); shape.num_envs],
            chosen: vec![(Vec::new(), 0); shape.num_envs],
            actions: stream(seed, Purpose::Actions),
            minibatches: stream(seed, Purpose::Minibatches),
            frames: 0,
            unlearned: 0,
            episodes: EpisodeStatistics::default(),
            statistics: DqnStatistics::default(),
            config: config.clone(),
            process,
        })
    }

    /// The learner.
    pub fn learner(&self) -> &DqnLearner {
        &self.learner
    }

    /// Primitive steps so far, all environments together.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Totals of the episodes that ended since they were last taken.
    pub fn take_episodes(&mut self) -> EpisodeStatistics {
        std::mem::take(&mut self.episodes)
    }

    /// What the last update did.
    pub fn statistics(&self) -> DqnStatistics {
        self.statistics
    }

    /// One primitive step of every environment, and the updates that are due then.
    ///
    /// # Errors
    /// Those of the environments, and [`Error::Diverged`].
    pub fn step(&mut self) -> Result<(), Error> {
        let shape = self.process.shape();
        let epsilon = self.config.exploration.epsilon(self.frames);
        self.choose(shape, epsilon);
        let choices: Vec<i32> = self.chosen.iter().map(|(_, choice)| *choice).collect();
        self.process.advance(&choices)?;
        self.frames += shape.num_envs as u64;
        self.episodes.extend(self.process.episodes());
        for env in 0..shape.num_envs {
            let Some(outcome) = self.process.outcome(env) else { continue };
            let (mut seen, mut available) = (vec![0.0; shape.observation], vec![0; shape.choices]);
            let mut state = vec![0.0; shape.state];
            let situation =
                SituationMut { observation: &mut seen, state: &mut state, available: &mut available };
            if outcome.ended {
                self.process.observe_last(env, situation);
            } else {
                self.process.observe(env, situation);
            }
            let chosen = std::mem::take(&mut self.chosen[env]);
            let Self { queues, replay, unlearned, .. } = self;
            queues[env].push(self.config.n_step, chosen, outcome, (&seen, &available), |transition| {
                replay.push(transition);
                *unlearned += 1;
            });
        }
        if self.replay.len() < self.config.learning_starts.max(self.config.batch).min(self.config.replay) {
            self.unlearned = 0;
        }
        while self.unlearned >= self.config.transitions_per_update {
            self.unlearned -= self.config.transitions_per_update;
            let batch = self.replay.sample(self.config.batch, &mut self.minibatches);
            self.statistics = self.learner.update(&batch)?;
        }
        Ok(())
    }

    /// Lets the agents of environments that are due choose.
    fn choose(&mut self, shape: ProcessShape, epsilon: f64) {
        let due: Vec<usize> = (0..shape.num_envs).filter(|&env| self.process.is_due(env)).collect();
        let mut seen = vec![0.0; due.len() * shape.observation];
        let mut available = vec![0; due.len() * shape.choices];
        let mut state = vec![0.0; shape.state];
        let rows = seen.chunks_exact_mut(shape.observation).zip(available.chunks_exact_mut(shape.choices));
        for (&env, (observation, available)) in due.iter().zip(rows) {
            self.process.observe(env, SituationMut { observation, state: &mut state, available });
        }
        let values = self.learner.policy().outputs(seen.clone(), due.len(), &Device::flex());
        for (row, &env) in due.iter().enumerate() {
            let own = row * shape.choices..(row + 1) * shape.choices;
            let choice = if self.actions.float() < epsilon {
                random_choice(&available[own.clone()], &mut self.actions)
            } else {
                best_choice(&values[own.clone()], &available[own])
            };
            let observation = seen[row * shape.observation..(row + 1) * shape.observation].to_vec();
            self.chosen[env] = (observation, choice as i32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Outcome;
    use crate::qmix::ExplorationConfig;

    /// Six states in a row, or five arms; the observation is the state, one-hot.
    struct Line {
        states: usize,
        at: usize,
        random: Philox,
        outcome: Option<Outcome>,
    }

    const CHANCES: [f64; 5] = [0.3, 0.1, 0.2, 0.9, 0.4];

    impl Line {
        fn new(states: usize) -> Self {
            Self { states, at: 0, random: stream(9, Purpose::Evaluation), outcome: None }
        }
        fn write(&self, at: usize, situation: SituationMut<'_>) {
            situation.observation.fill(0.0);
            situation.observation[at] = 1.0;
            situation.available.fill(1);
        }
    }

    impl DecisionProcess for Line {
        fn shape(&self) -> ProcessShape {
            let choices = if self.states == 1 { 5 } else { 2 };
            ProcessShape { num_envs: 1, num_agents: 1, choices, observation: self.states, state: 1 }
        }
        fn is_due(&self, _env: usize) -> bool {
            true
        }
        fn observe(&self, _env: usize, situation: SituationMut<'_>) {
            self.write(self.at, situation);
        }
        fn observe_last(&self, _env: usize, situation: SituationMut<'_>) {
            self.write(self.states - 1, situation);
        }
        fn advance(&mut self, choices: &[i32]) -> Result<(), Error> {
            let (mut reward, mut ended) = (0.0, false);
            if self.states == 1 {
                ended = true;
                reward = f32::from(u8::from(self.random.float() < CHANCES[choices[0] as usize]));
            } else if choices[0] == 0 {
                self.at = self.at.saturating_sub(1);
            } else if self.at + 1 == self.states {
                (reward, ended, self.at) = (1.0, true, 0);
            } else {
                self.at += 1;
            }
            self.outcome = Some(Outcome { reward, discount: 0.9, terminated: ended, ended });
            Ok(())
        }
        fn outcome(&self, _env: usize) -> Option<Outcome> {
            self.outcome
        }
        fn episodes(&self) -> &[pentathlon_gym::EpisodeRecord] {
            &[]
        }
    }

    fn config(n_step: usize, frames: u64) -> DqnConfig {
        DqnConfig {
            hidden: vec![32],
            learning_rate: 3e-3,
            n_step,
            gamma: 0.9,
            replay: 2000,
            batch: 32,
            learning_starts: 64,
            transitions_per_update: 2,
            target_updates: 50,
            exploration: ExplorationConfig { initial: 1.0, last: 0.02, frames },
            ..DqnConfig::default()
        }
    }

    #[test]
    fn a_bandit_of_five_arms_is_played_well_within_5000_steps() {
        let mut trainer = DqnTrainer::new(Line::new(1), &config(1, 2000), 1).unwrap();
        let mut best = 0;
        for step in 0..5000 {
            trainer.step().unwrap();
            let values = trainer.learner().policy().outputs(vec![1.0], 1, &Device::flex());
            best += usize::from(step >= 4000 && best_choice(&values, &[1; 5]) == 3);
        }
        assert!(best > 950, "{best} of 1000");
    }

    #[test]
    fn the_values_of_a_chain_are_recovered_within_two_percent() {
        for n_step in [1, 3] {
            // Always exploring: the returns over several choices are then those of going right by chance,
            // so that only the one-step learner is compared with the optimum.
            let exploration =
                ExplorationConfig { initial: 1.0, last: if n_step == 1 { 1.0 } else { 0.0 }, frames: 6000 };
            let config = DqnConfig { exploration, ..config(n_step, 0) };
            let mut trainer = DqnTrainer::new(Line::new(6), &config, 2).unwrap();
            for _ in 0..14_000 {
                trainer.step().unwrap();
            }
            let states: Vec<f32> = (0..36).map(|i| if i % 7 == 0 { 1.0 } else { 0.0 }).collect();
            let values = trainer.learner().policy().outputs(states, 6, &Device::flex());
            for state in 0..6 {
                let expected = 0.9_f32.powi(5 - state as i32);
                let found = values[2 * state + 1];
                assert!((found - expected).abs() < 0.02, "{n_step} steps, state {state}: {found} {expected}");
            }
        }
    }
}
