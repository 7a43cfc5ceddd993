//! Hindsight actor-critic (Levy, Konidaris, Platt and Saenko, 2019) over states that have numbers, with deep Q-learning
//! on every level. The lowest level takes actions; each level above chooses a state that the level below has to reach
//! within `H` of its steps. Every step costs 1 until the goal is reached, so values are within `-H` and 0. All levels
//! learn at the same time, as if the levels below were optimal already, from three kinds of transitions:
//!
//! 1. hindsight actions: the subgoal is taken for the state that was reached;
//! 2. hindsight goals: what was done is taken for the way to a state that was reached ([`Control::observe`]);
//! 3. subgoal tests: now and then the levels below act greedily, and a subgoal that they miss costs `H`.
//!
//! With a single level it is deep Q-learning with hindsight experience replay.

mod control;
mod study;

use pentathlon_gym::seeding::philox::Philox;

pub use control::Control;
pub use study::{RoomsSettings, rooms_study};

use crate::dqn::{DqnConfig, DqnLearner, Transition, TransitionReplay};
use crate::networks::Perceptron;
use crate::options::ProcessShape;
use crate::random::{Purpose, stream};
use crate::{Error, qmix::ExplorationConfig};

/// The states that goals are made of, and the actions between them.
pub trait GoalSpace {
    /// Number of states.
    fn states(&self) -> usize;

    /// Number of actions.
    fn actions(&self) -> usize;

    /// Numbers that describe a state and a goal to the networks.
    fn features(&self) -> usize;

    /// Writes them.
    fn describe(&self, state: usize, goal: usize, features: &mut [f32]);

    /// Whether `target` may be set as a subgoal in `state` for a level that has `steps` primitive steps to reach it.
    fn may_target(&self, state: usize, target: usize, steps: u32) -> bool;
}

/// Settings of a hierarchy.
#[derive(Clone, Debug, PartialEq)]
pub struct HacConfig {
    /// Levels, 1 to 4.
    pub levels: usize,
    /// Steps of a level in one step of the level above (H), 2 or more.
    pub horizon: u32,
    /// Steps of an episode; the highest level has as many of its own as that takes. `None`: the highest level has H
    /// steps as any other, and an episode `H^levels`, as in the paper's algorithm.
    pub episode_steps: Option<u32>,
    /// Chance that a subgoal is tested, 0 to 1.
    pub test_chance: f64,
    /// Chance of a random choice on every level that is not under test, 0 to 1.
    pub epsilon: f64,
    /// Reached states that each run of a level is relabelled with.
    pub hindsight_goals: usize,
    /// Discount of one step, on every level, 0 to 1.
    pub gamma: f32,
    /// Transitions that are kept on each level.
    pub replay: usize,
    /// Deep Q-learning of every level: batch, step size, layers and target network are used.
    pub learner: DqnConfig,
}

impl Default for HacConfig {
    fn default() -> Self {
        Self {
            levels: 2,
            horizon: 5,
            episode_steps: Some(200),
            test_chance: 0.3,
            epsilon: 0.2,
            hindsight_goals: 3,
            gamma: 0.98,
            replay: 200_000,
            learner: DqnConfig {
                hidden: vec![128, 128],
                learning_rate: 1e-3,
                batch: 128,
                target_updates: 25,
                exploration: ExplorationConfig { initial: 0.2, last: 0.2, frames: 1 },
                ..DqnConfig::default()
            },
        }
    }
}

impl HacConfig {
    fn validate(&self) -> Result<(), Error> {
        let refuse = |field, value: String, allowed: &str| {
            Err(Error::InvalidField { field, value, allowed: allowed.into() })
        };
        if !(1..=4).contains(&self.levels) {
            return refuse("hac.levels", self.levels.to_string(), "1 to 4");
        }
        if self.horizon < 2 {
            return refuse("hac.horizon", self.horizon.to_string(), "2 or more");
        }
        for (field, value) in [("hac.test_chance", self.test_chance), ("hac.epsilon", self.epsilon)] {
            if !(0.0..=1.0).contains(&value) {
                return refuse(field, value.to_string(), "0 to 1");
            }
        }
        if !(0.0..=1.0).contains(&self.gamma) {
            return refuse("hac.gamma", self.gamma.to_string(), "0 to 1");
        }
        Ok(())
    }

    /// Steps that `level` has for a goal.
    pub fn steps(&self, level: usize) -> u32 {
        match self.episode_steps {
            Some(steps) if level + 1 == self.levels => {
                steps.div_ceil(self.horizon.saturating_pow(level as u32)).max(1)
            }
            _ => self.horizon,
        }
    }

    /// Primitive steps of an episode.
    pub fn episode_length(&self) -> u32 {
        self.episode_steps.unwrap_or(self.horizon.saturating_pow(self.levels as u32))
    }

    /// Primitive steps that `level` has for a goal.
    pub fn primitive_steps(&self, level: usize) -> u32 {
        self.steps(level).saturating_mul(self.horizon.saturating_pow(level as u32))
    }
}

/// What a level did in one of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Experience {
    /// Where it chose.
    pub state: usize,
    /// The action, or the state that was to be reached.
    pub choice: usize,
    /// Where that led.
    pub reached: usize,
}

/// One level.
struct Level {
    learner: DqnLearner,
    network: Perceptron,
    replay: TransitionReplay,
}

/// The levels of a hierarchy: what each has learned, and what from.
pub struct Hierarchy<S> {
    space: S,
    config: HacConfig,
    levels: Vec<Level>,
    random: Philox,
}

impl<S: GoalSpace> Hierarchy<S> {
    /// A hierarchy that has learned nothing.
    ///
    /// # Errors
    /// Settings out of their range.
    pub fn new(space: S, config: HacConfig, seed: u64) -> Result<Self, Error> {
        config.validate()?;
        let mut levels = Vec::new();
        for level in 0..config.levels {
            let choices = if level == 0 { space.actions() } else { space.states() };
            let shape =
                ProcessShape { num_envs: 1, num_agents: 1, choices, observation: space.features(), state: 0 };
            let least = -(config.steps(level) as f32);
            let settings = DqnConfig { target_range: Some([least, 0.0]), ..config.learner.clone() };
            let learner = DqnLearner::new(shape, &settings, seed.wrapping_mul(8).wrapping_add(level as u64))?;
            let network = learner.policy();
            levels.push(Level { learner, network, replay: TransitionReplay::new(config.replay) });
        }
        Ok(Self { space, config, levels, random: stream(seed, Purpose::Minibatches) })
    }

    /// Settings.
    pub fn config(&self) -> &HacConfig {
        &self.config
    }

    /// The states.
    pub fn space(&self) -> &S {
        &self.space
    }

    /// Transitions in the memory of `level`.
    ///
    /// # Panics
    /// When there is no such level.
    pub fn experience(&self, level: usize) -> usize {
        self.levels[level].replay.len()
    }

    /// Which choices `level` has in `state`: 1 for those that are allowed.
    fn available(&self, level: usize, state: usize) -> Vec<u8> {
        if level == 0 {
            return vec![1; self.space.actions()];
        }
        let steps = self.config.primitive_steps(level - 1);
        (0..self.space.states()).map(|target| u8::from(self.space.may_target(state, target, steps))).collect()
    }

    /// Values of all choices of `level` in each of `states` for its goal, row by row.
    fn values(&self, level: usize, situations: &[(usize, usize)]) -> Vec<f32> {
        let width = self.space.features();
        let mut features = vec![0.0; situations.len() * width];
        for (row, &(state, goal)) in features.chunks_exact_mut(width).zip(situations) {
            self.space.describe(state, goal, row);
        }
        self.levels[level].network.outputs(features, situations.len(), &burn::tensor::Device::flex())
    }

    /// Adds what `level` did when its goal was `goal`: the goal reached ends everything, any other step costs 1.
    fn remember(&mut self, level: usize, goal: usize, experience: Experience) {
        let arrived = experience.reached == goal;
        let (reward, discount) = if arrived { (0.0, 0.0) } else { (-1.0, self.config.gamma) };
        self.push(level, goal, experience, reward, discount);
    }

    /// Adds that `level` set a subgoal that was tested and missed.
    fn remember_miss(&mut self, level: usize, goal: usize, experience: Experience) {
        // H, not all the steps of the highest level: most misses of the beginning are the lower levels' fault.
        let cost = -(self.config.horizon.min(self.config.steps(level)) as f32);
        self.push(level, goal, experience, cost, 0.0);
    }

    fn push(&mut self, level: usize, goal: usize, experience: Experience, reward: f32, discount: f32) {
        let Experience { state, choice, reached } = experience;
        let describe = |state: usize| {
            let mut features = vec![0.0; self.space.features()];
            self.space.describe(state, goal, &mut features);
            features
        };
        let transition = Transition {
            observation: describe(state),
            choice: choice as i32,
            reward,
            discount,
            next: describe(reached),
            available: self.available(level, reached),
        };
        self.levels[level].replay.push(transition);
    }

    /// One gradient step on every level that has enough to learn from.
    ///
    /// # Errors
    /// [`Error::Diverged`].
    pub fn update(&mut self) -> Result<(), Error> {
        let batch = self.config.learner.batch;
        for level in &mut self.levels {
            if level.replay.len() >= batch {
                level.learner.update(&level.replay.sample(batch, &mut self.random))?;
                level.network = level.learner.policy();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_level_has_the_steps_of_an_episode_or_those_of_any_level() {
        let steps = |levels, episode_steps| {
            let config = HacConfig { levels, horizon: 5, episode_steps, ..HacConfig::default() };
            ((0..levels).map(|level| config.steps(level)).collect::<Vec<u32>>(), config.episode_length())
        };
        assert_eq!(steps(3, Some(200)), (vec![5, 5, 8], 200));
        assert_eq!(steps(1, Some(200)), (vec![200], 200));
        assert_eq!(steps(3, None), (vec![5, 5, 5], 125));
        assert_eq!(steps(2, None), (vec![5, 5], 25));
    }
}
