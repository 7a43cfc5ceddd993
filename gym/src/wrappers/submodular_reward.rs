//! Rewards from what has been visited (Prajapat, Mutny, Zeilinger and Krause, 2024, "Submodular Reinforcement
//! Learning"): the reward of a step is what it adds to the value of the set of all that the episode has visited, in
//! place of the batch's own reward. What was visited before adds nothing.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::transform::{Transform, Wrapped, misfit, takes_part};
use crate::{BuildOptions, EnvSpec, Error, Observation, ResetOptions, Step, VectorEnv};

/// The value of a set that grows, element by element: monotone (no element makes it worth less) and submodular (what
/// an element adds never grows with the set).
pub trait SetObjective: Clone + Send + Serialize + DeserializeOwned + 'static {
    /// Empties the set.
    fn clear(&mut self);

    /// Adds `element`; what the set is worth more with it.
    fn add(&mut self, element: u64) -> f32;
}

/// Which element an agent visits: a number for each row of an observation.
pub trait Visited: Send + 'static {
    /// The element that the agent of `row` (`env * num_agents + agent`) is at.
    fn element(&self, observation: &Observation, row: usize) -> u64;
}

impl<F: Fn(&Observation, usize) -> u64 + Send + 'static> Visited for F {
    fn element(&self, observation: &Observation, row: usize) -> u64 {
        self(observation, row)
    }
}

/// The element is the number in an observation of one number, such as that of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitedField(pub String);

impl Visited for VisitedField {
    fn element(&self, observation: &Observation, row: usize) -> u64 {
        observation[self.0.as_str()].value(row) as u64
    }
}

/// How many cells of a grid are within a distance of a visited one, each with a weight. Elements are cells, numbered row
/// by row; distance is the larger one of columns and rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    width: u32,
    height: u32,
    radius: u32,
    /// Weight of every cell; empty for 1 each.
    weights: Vec<f32>,
    covered: Vec<bool>,
}

impl Coverage {
    /// Nothing covered of `width` columns and `height` rows, of which a visit covers those within `radius`.
    pub fn new(width: u32, height: u32, radius: u32) -> Self {
        let covered = vec![false; (width * height) as usize];
        Self { width, height, radius, weights: Vec::new(), covered }
    }

    /// Cells count by these weights, `[height, width]`.
    ///
    /// # Errors
    /// Another number of weights, or one that is negative or not finite.
    pub fn with_weights(mut self, weights: Vec<f32>) -> Result<Self, Error> {
        if weights.len() != self.covered.len() {
            let shape = format!("{} rows of {} cells", self.height, self.width);
            let (got, expected) = (weights.len(), self.covered.len());
            return Err(Error::WrongLength { what: "weights", got, expected, shape });
        }
        if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            let reason = format!("a cell has the weight {weight}; allowed: finite numbers from 0");
            return Err(misfit("Coverage", reason));
        }
        self.weights = weights;
        Ok(self)
    }

    /// What all covered cells are worth.
    pub fn value(&self) -> f32 {
        (0..self.covered.len()).filter(|&cell| self.covered[cell]).map(|cell| self.weight(cell)).sum()
    }

    /// What a visit of `element` would add.
    pub fn gain(&self, element: u64) -> f32 {
        self.near(element).filter(|&cell| !self.covered[cell]).map(|cell| self.weight(cell)).sum()
    }

    fn weight(&self, cell: usize) -> f32 {
        self.weights.get(cell).copied().unwrap_or(1.0)
    }

    /// The cells near `element`; none when there is no such element.
    fn near(&self, element: u64) -> impl Iterator<Item = usize> + use<> {
        let (width, height, radius) = (self.width, self.height, self.radius);
        let cell = if element < self.covered.len() as u64 { Some(element as u32) } else { None };
        cell.into_iter().flat_map(move |cell| {
            let (x, y) = (cell % width, cell / width);
            (y.saturating_sub(radius)..(y + radius + 1).min(height)).flat_map(move |row| {
                (x.saturating_sub(radius)..(x + radius + 1).min(width))
                    .map(move |column| (row * width + column) as usize)
            })
        })
    }
}

impl SetObjective for Coverage {
    fn clear(&mut self) {
        self.covered.fill(false);
    }

    fn add(&mut self, element: u64) -> f32 {
        let gain = self.gain(element);
        for cell in self.near(element) {
            self.covered[cell] = true;
        }
        gain
    }
}

/// Pays what each step adds to the value of what the episode has visited. Every agent has a set of its own, which begins
/// with where the agent starts.
pub struct SubmodularReward<O, V> {
    sets: Vec<O>,
    visited: V,
    num_agents: usize,
    highest: f32,
    reward: Vec<f32>,
}

impl<O, V> fmt::Debug for SubmodularReward<O, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmodularReward").field("highest", &self.highest).finish_non_exhaustive()
    }
}

impl<O: SetObjective, V: Visited> SubmodularReward<O, V> {
    /// Pays by `objective`, an empty set. `highest` is the most that one step can add.
    ///
    /// # Errors
    /// A `highest` that is negative or not finite.
    pub fn wrap<E: VectorEnv + 'static>(
        inner: E,
        objective: O,
        visited: V,
        highest: f32,
    ) -> Result<Wrapped<E, Self>, Error> {
        if !(highest.is_finite() && highest >= 0.0) {
            let reason = format!("the highest reward was given as {highest}; allowed: finite numbers from 0");
            return Err(misfit(Self::NAME, reason));
        }
        let num_agents = inner.spec().num_agents;
        let rows = inner.num_envs() * num_agents;
        let transform =
            Self { sets: vec![objective; rows], visited, num_agents, highest, reward: vec![0.0; rows] };
        Ok(Wrapped::new(inner, transform))
    }

    /// The set of the agent of `row` (`env * num_agents + agent`).
    ///
    /// # Panics
    /// When there is no such row.
    pub fn set(&self, row: usize) -> &O {
        &self.sets[row]
    }

    fn begin(&mut self, row: usize, observation: &Observation) {
        self.sets[row].clear();
        self.sets[row].add(self.visited.element(observation, row));
    }
}

impl<O: SetObjective, V: Visited> Transform for SubmodularReward<O, V> {
    const NAME: &'static str = "SubmodularReward";
    type State = Vec<O>;

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        spec.reward_range = (0.0, self.highest);
    }

    fn began(&mut self, observation: &Observation, options: &ResetOptions<'_>) {
        for row in 0..self.sets.len() {
            if takes_part(options.mask, row / self.num_agents) {
                self.begin(row, observation);
            }
        }
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        for row in 0..self.sets.len() {
            let env = row / self.num_agents;
            self.reward[row] = 0.0;
            if !takes_part(mask, env) {
                continue;
            }
            if step.info.was_reset[env] {
                self.begin(row, step.observation);
                continue;
            }
            let last = step.info.final_observation.filter(|_| step.ended(env));
            let element = self.visited.element(last.unwrap_or(step.observation), row);
            self.reward[row] = self.sets[row].add(element);
            if last.is_some() {
                self.begin(row, step.observation);
            }
        }
        Step { reward: &self.reward, ..step }
    }

    fn state(&self) -> Self::State {
        self.sets.clone()
    }

    fn set_state(&mut self, sets: Self::State) -> Result<(), String> {
        if sets.len() != self.sets.len() {
            return Err(format!("it is of {} agents, here are {}", sets.len(), self.sets.len()));
        }
        self.sets = sets;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AutoresetMode,
        corridor::{Corridor, LEFT, RIGHT, STAY},
        seeding::{Random, philox::Philox},
    };

    fn position() -> VisitedField {
        VisitedField("position".into())
    }

    #[test]
    fn coverage_is_monotone_and_submodular() {
        let mut random = Philox::for_level(3, 0);
        let weights = (0..42).map(|_| random.float() as f32).collect();
        let mut coverage = Coverage::new(7, 6, 1).with_weights(weights).unwrap();
        let mut gains: Vec<f32> = (0..42).map(|cell| coverage.gain(cell)).collect();
        for _ in 0..30 {
            let element = u64::from(random.interval(41));
            let (before, gain) = (coverage.value(), coverage.gain(element));
            assert_eq!(coverage.add(element), gain);
            assert!((coverage.value() - before - gain).abs() < 1e-4);
            let after: Vec<f32> = (0..42).map(|cell| coverage.gain(cell)).collect();
            assert!(after.iter().zip(&gains).all(|(after, before)| *after >= 0.0 && after <= before));
            gains = after;
        }
        assert_eq!(coverage.gain(99), 0.0, "there is no such cell");
    }

    #[test]
    fn a_visit_covers_what_is_near_and_inside() {
        let mut coverage = Coverage::new(5, 4, 1);
        assert_eq!(
            [coverage.add(0), coverage.add(1), coverage.add(1), coverage.add(12)],
            [4.0, 2.0, 0.0, 7.0]
        );
    }

    #[test]
    fn only_what_is_new_pays_and_a_new_episode_forgets() {
        let batch = Corridor::disabled(1);
        let mut batch = SubmodularReward::wrap(batch, Coverage::new(9, 1, 0), position(), 1.0).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        for _ in 0..2 {
            batch.reset(4).unwrap();
            let rewards: Vec<f32> = [STAY, RIGHT, LEFT, RIGHT]
                .iter()
                .map(|&action| batch.step(&[action]).unwrap().reward[0])
                .collect();
            assert_eq!(rewards, [0.0, 1.0, 0.0, 0.0]);
        }
    }

    #[test]
    fn every_way_of_resetting_begins_a_new_set() {
        for mode in [AutoresetMode::SameStep, AutoresetMode::NextStep] {
            let batch = Corridor::new(2, mode);
            let mut batch = SubmodularReward::wrap(batch, Coverage::new(9, 1, 0), position(), 1.0).unwrap();
            let batch: &mut dyn VectorEnv = &mut batch;
            batch.reset(4).unwrap();
            let (mut sum, mut episodes) = (0.0, 0);
            for _ in 0..40 {
                let step = batch.step(&[RIGHT, STAY]).unwrap();
                sum += step.reward[0];
                // Every step of this walk comes to a new cell.
                if let Some(record) = step.info.episodes.iter().find(|record| record.env == 0) {
                    assert_eq!(std::mem::take(&mut sum), record.length as f32);
                    episodes += 1;
                }
            }
            assert!(episodes > 3);
        }
    }
}
