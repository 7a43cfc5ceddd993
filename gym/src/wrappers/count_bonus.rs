//! A reward for what was rarely visited: `scale / sqrt(n)` on the `n`-th visit of a key, counted for every
//! environment and agent on its own and never forgotten. With the key (position, direction, action)
//! this is Farama Minigrid's `ActionBonus`, with the position its `PositionBonus`.

use std::{collections::HashMap, fmt, hash::Hasher};

use fnv::FnvHasher;

use super::transform::{Transform, Wrapped, misfit, takes_part};
use crate::{Actions, BuildOptions, EnvSpec, Error, Observation, Step, VectorEnv};

/// A step of one agent, as a key is made of it.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// What the batch saw after the step; in rows of environments that ended and reset in this step, the
    /// last observation of the ended episode.
    pub observation: &'a Observation,
    /// Row of the agent in the observation: `env * num_agents + agent`.
    pub row: usize,
    /// The agent's action of the step.
    pub action: Actions<'a>,
}

/// What counts as the same place: a number for each visit.
pub trait VisitKey: Send + 'static {
    /// The key of a visit.
    fn key(&self, visit: &Visit<'_>) -> u64;
}

impl<F: Fn(&Visit<'_>) -> u64 + Send + 'static> VisitKey for F {
    fn key(&self, visit: &Visit<'_>) -> u64 {
        self(visit)
    }
}

/// The key of the exact values of some observation fields and, if asked for, of the action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedFields {
    /// Names of the fields; those that are not selected count as equal.
    pub fields: Vec<String>,
    /// Whether the action counts.
    pub action: bool,
}

impl VisitKey for CountedFields {
    fn key(&self, visit: &Visit<'_>) -> u64 {
        let mut hasher = FnvHasher::default();
        for field in &visit.observation.fields {
            if self.fields.contains(&field.spec.name) {
                let row = field.spec.space.flat_len() * field.array.element().size();
                hasher.write(&field.array.bytes()[visit.row * row..(visit.row + 1) * row]);
            }
        }
        if self.action {
            match visit.action {
                Actions::Discrete(action) => hasher.write(bytemuck::cast_slice(action)),
                Actions::Continuous(action) => hasher.write(bytemuck::cast_slice(action)),
            }
        }
        hasher.finish()
    }
}

/// Adds a bonus for rare visits to the reward.
pub struct CountBonus<K> {
    key: K,
    scale: f32,
    num_agents: usize,
    width: usize,
    /// Of every agent, the visits of each key.
    visits: Vec<HashMap<u64, u64>>,
    discrete: Vec<i32>,
    continuous: Vec<f32>,
    is_discrete: bool,
    reward: Vec<f32>,
}

impl<K> fmt::Debug for CountBonus<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountBonus").field("scale", &self.scale).finish_non_exhaustive()
    }
}

impl<K: VisitKey> CountBonus<K> {
    /// Adds `scale / sqrt(n)` to the reward of the `n`-th visit of a key.
    ///
    /// # Errors
    /// A scale that is not finite.
    pub fn wrap<E: VectorEnv + 'static>(inner: E, scale: f32, key: K) -> Result<Wrapped<E, Self>, Error> {
        if !scale.is_finite() {
            return Err(misfit(Self::NAME, format!("a scale of {scale} was given; allowed: finite numbers")));
        }
        let spec = inner.spec();
        let (num_agents, width) = (spec.num_agents, spec.action_space.flat_len());
        let rows = inner.num_envs() * num_agents;
        let transform = Self {
            key,
            scale,
            num_agents,
            width,
            visits: vec![HashMap::new(); rows],
            discrete: Vec::with_capacity(rows * width),
            continuous: Vec::with_capacity(rows * width),
            is_discrete: true,
            reward: vec![0.0; rows],
        };
        Ok(Wrapped::new(inner, transform))
    }
}

impl<K: VisitKey> Transform for CountBonus<K> {
    const NAME: &'static str = "CountBonus";
    type State = Vec<Vec<(u64, u64)>>;

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        let (low, high) = spec.reward_range;
        spec.reward_range = (low + self.scale.min(0.0), high + self.scale.max(0.0));
    }

    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        _: &Observation,
        _: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        self.discrete.clear();
        self.continuous.clear();
        match actions {
            Actions::Discrete(actions) => self.discrete.extend_from_slice(actions),
            Actions::Continuous(actions) => self.continuous.extend_from_slice(actions),
        }
        self.is_discrete = matches!(actions, Actions::Discrete(_));
        Ok(actions)
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        self.reward.copy_from_slice(step.reward);
        for row in 0..self.reward.len() {
            let env = row / self.num_agents;
            if !takes_part(mask, env) || step.info.was_reset[env] {
                continue;
            }
            let ending = step.info.final_observation.filter(|_| step.ended(env));
            let range = row * self.width..(row + 1) * self.width;
            let action = if self.is_discrete {
                Actions::Discrete(&self.discrete[range])
            } else {
                Actions::Continuous(&self.continuous[range])
            };
            let visit = Visit { observation: ending.unwrap_or(step.observation), row, action };
            let visits = self.visits[row].entry(self.key.key(&visit)).or_insert(0);
            *visits += 1;
            // In f64, as the upstream computes it; only the sum is rounded.
            let bonus = f64::from(self.scale) / (*visits as f64).sqrt();
            self.reward[row] = (f64::from(self.reward[row]) + bonus) as f32;
        }
        Step { reward: &self.reward, ..step }
    }

    fn state(&self) -> Self::State {
        let sorted = |visits: &HashMap<u64, u64>| {
            let mut visits: Vec<_> = visits.iter().map(|(&key, &count)| (key, count)).collect();
            visits.sort_unstable();
            visits
        };
        self.visits.iter().map(sorted).collect()
    }

    fn set_state(&mut self, visits: Self::State) -> Result<(), String> {
        if visits.len() != self.visits.len() {
            return Err(format!("it is of {} agents, here are {}", visits.len(), self.visits.len()));
        }
        self.visits = visits.into_iter().map(|visits| visits.into_iter().collect()).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Corridor, LEFT, RIGHT, STAY};

    fn rewards(key: impl VisitKey, actions: &[i32]) -> Vec<f32> {
        let mut batch = CountBonus::wrap(Corridor::disabled(1), 1.0, key).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        actions.iter().map(|&action| batch.step(&[action]).unwrap().reward[0]).collect()
    }

    #[test]
    fn rare_places_are_worth_more() {
        let position = CountedFields { fields: vec!["position".into()], action: false };
        let third = (1.0 / 3.0f64.sqrt()) as f32;
        let half = (1.0 / 2.0f64.sqrt()) as f32;
        assert_eq!(
            rewards(position.clone(), &[RIGHT, STAY, STAY, LEFT, STAY]),
            [1.0, half, third, 1.0, half]
        );
        let with_action = CountedFields { action: true, ..position };
        assert_eq!(rewards(with_action, &[RIGHT, STAY, STAY, LEFT, STAY]), [1.0, 1.0, half, 1.0, 1.0]);
    }

    #[test]
    fn a_closure_is_a_key() {
        let parity = |visit: &Visit<'_>| visit.observation["position"].value(visit.row) as u64 % 2;
        let half = (1.0 / 2.0f64.sqrt()) as f32;
        assert_eq!(rewards(parity, &[RIGHT, LEFT, RIGHT]), [1.0, 1.0, half]);
    }

    #[test]
    fn visits_are_never_forgotten() {
        let key = CountedFields { fields: vec!["position".into()], action: false };
        let mut batch = CountBonus::wrap(Corridor::disabled(2), 0.5, key).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        batch.step(&[STAY, RIGHT]).unwrap();
        batch.reset(1).unwrap();
        let reward = batch.step(&[STAY, STAY]).unwrap().reward.to_vec();
        assert_eq!(reward, [(0.5 / 2.0f64.sqrt()) as f32, 0.5], "environments count on their own");
    }
}
