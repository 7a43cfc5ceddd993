//! Observations of a team as plain numbers of about unit size: what value networks take in.

use pentathlon_gym::{Array, ElementType, EnvSpec, Group, Observation, Space};

use super::process::{ProcessShape, SituationMut};
use crate::networks::ACTION_MASK;

/// How the elements of an observation become numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    /// A whole number as ones and zeros: `n` values from `start`.
    OneHot { n: usize, start: i32 },
    /// Triples of a type, a colour and a state of a grid cell, each divided by its largest value.
    Cells,
    /// Numbers times a factor.
    Scaled(f32),
}

/// Largest type, colour and state of a grid cell.
const CELL_LIMITS: [f32; 3] = [10.0, 5.0, 3.0];

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    /// Elements of one agent's observation.
    elements: usize,
    coding: Coding,
}

impl Field {
    fn new(name: &str, space: &Space) -> Result<Self, String> {
        let coding = match space {
            Space::Discrete { n, start } => Coding::OneHot { n: *n as usize, start: *start },
            Space::MultiDiscrete { n } => {
                Coding::Scaled(1.0 / (n.iter().copied().max().unwrap_or(2).max(2) - 1) as f32)
            }
            Space::Box { shape, element: ElementType::U8, .. } if shape.len() == 3 && shape[2] == 3 => {
                Coding::Cells
            }
            Space::Box { low, high, .. } => {
                let largest = low.abs().max(high.abs());
                Coding::Scaled(if largest.is_finite() && largest > 0.0 { 1.0 / largest } else { 1.0 })
            }
            Space::Text { .. } | Space::Dict(_) => {
                return Err(format!("'{name}' is {space}, which this learner does not take in"));
            }
        };
        Ok(Self { name: name.into(), elements: space.flat_len(), coding })
    }

    fn len(&self) -> usize {
        match self.coding {
            Coding::OneHot { n, .. } => n * self.elements,
            Coding::Cells | Coding::Scaled(_) => self.elements,
        }
    }

    fn write(&self, array: &Array, row: usize, numbers: &mut [f32]) {
        let elements = row * self.elements..(row + 1) * self.elements;
        match array {
            Array::U8(values) => self.write_elements(&values[elements], numbers),
            Array::I32(values) => self.write_elements(&values[elements], numbers),
            Array::F32(values) => self.write_elements(&values[elements], numbers),
        }
    }

    fn write_elements<T: Copy + Into<f64>>(&self, elements: &[T], numbers: &mut [f32]) {
        match self.coding {
            Coding::OneHot { n, start } => {
                numbers.fill(0.0);
                for (&element, ones) in elements.iter().zip(numbers.chunks_exact_mut(n)) {
                    let value = element.into() as i64 - i64::from(start);
                    ones[value.clamp(0, n as i64 - 1) as usize] = 1.0;
                }
            }
            Coding::Cells => {
                let limits = CELL_LIMITS.iter().cycle();
                for ((&element, number), limit) in elements.iter().zip(numbers).zip(limits) {
                    *number = element.into() as f32 / limit;
                }
            }
            Coding::Scaled(factor) => {
                for (&element, number) in elements.iter().zip(numbers) {
                    *number = element.into() as f32 * factor;
                }
            }
        }
    }
}

/// Which observations agents see, and which make up the global state.
///
/// Agents see the selected observations of the policy group; the state is made of those of the state
/// group, and where none is selected of all that each of the agents sees, one after another. An observation `action_mask` says
/// which actions are available.
#[derive(Clone, Debug, PartialEq)]
pub struct TeamFeatures {
    observed: Vec<Field>,
    state: Vec<Field>,
    masked: bool,
    agents: usize,
}

impl TeamFeatures {
    /// The features of the observations in `observation`.
    ///
    /// # Errors
    /// A reason, when there is none for the agents or one that cannot be taken in.
    pub fn new(spec: &EnvSpec, observation: &Observation) -> Result<Self, String> {
        let mut features =
            Self { observed: Vec::new(), state: Vec::new(), masked: false, agents: spec.num_agents };
        for field in &observation.fields {
            if field.spec.name == ACTION_MASK {
                features.masked = true;
                continue;
            }
            let fields = match field.spec.group {
                Group::State => &mut features.state,
                Group::Policy | Group::Text | Group::Privileged => &mut features.observed,
            };
            fields.push(Field::new(&field.spec.name, &field.spec.space)?);
        }
        if features.observed.is_empty() {
            return Err(format!("no observation of the agents of {} is selected", spec.id));
        }
        Ok(features)
    }

    /// Names of the observations that are read, but for the mask.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.observed.iter().chain(&self.state).map(|field| field.name.as_str())
    }

    /// Numbers that an agent observes.
    pub fn observation_len(&self) -> usize {
        self.observed.iter().map(Field::len).sum()
    }

    /// Numbers of the global state: those of all agents' observations when the state is not observed itself.
    pub fn state_len(&self) -> usize {
        match self.state.is_empty() {
            true => self.agents * self.observation_len(),
            false => self.state.iter().map(Field::len).sum(),
        }
    }

    /// Writes what the team of environment `env` sees.
    pub(crate) fn write(
        &self,
        observation: &Observation,
        shape: ProcessShape,
        env: usize,
        situation: SituationMut<'_>,
    ) {
        let agents = shape.num_agents;
        let own = self.observation_len();
        for (agent, numbers) in situation.observation.chunks_exact_mut(own).enumerate() {
            write_fields(&self.observed, observation, env * agents + agent, numbers);
        }
        match self.state.is_empty() {
            true => situation.state.copy_from_slice(situation.observation),
            false => write_fields(&self.state, observation, env * agents, situation.state),
        }
        if self.masked
            && let Some(mask) = observation.get(ACTION_MASK)
        {
            for (agent, available) in situation.available.chunks_exact_mut(shape.choices).enumerate() {
                let first = (env * agents + agent) * shape.choices;
                for (choice, available) in available.iter_mut().enumerate() {
                    *available = u8::from(mask.value(first + choice) != 0.0);
                }
                if available.iter().all(|&available| available == 0) {
                    // Nothing would change anything: then anything may be done.
                    available.fill(1);
                }
            }
        } else {
            situation.available.fill(1);
        }
    }
}

fn write_fields(fields: &[Field], observation: &Observation, row: usize, mut numbers: &mut [f32]) {
    for field in fields {
        let (own, rest) = numbers.split_at_mut(field.len());
        if let Some(array) = observation.get(&field.name) {
            field.write(array, row, own);
        }
        numbers = rest;
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::{AutoresetMode, BuildOptions};

    use super::super::{DecisionProcess, PrimitiveProcess};
    use super::*;

    fn process(observations: &[&str]) -> PrimitiveProcess {
        let options = BuildOptions {
            num_envs: 2,
            autoreset: AutoresetMode::SameStep,
            observations: observations.iter().map(|&name| name.into()).collect(),
            ..BuildOptions::default()
        };
        let mut env = pentathlon_envs::registry().make("MultiGrid-TrashGrid-v2", &options).unwrap();
        env.as_mut().reset(3).unwrap();
        PrimitiveProcess::new(env, 0.99).unwrap()
    }

    #[test]
    fn without_a_state_of_its_own_it_is_what_all_agents_see() {
        let with_state = process(&["vector", "state", "action_mask"]);
        assert_eq!((with_state.shape().observation, with_state.shape().state), (58, 42));
        let without = process(&["vector", "action_mask"]);
        let shape = without.shape();
        assert_eq!((shape.observation, shape.state), (58, 3 * 58));
        let mut observation = vec![0.0; 3 * 58];
        let (mut state, mut available) = (vec![0.0; 3 * 58], vec![0; 3 * shape.choices]);
        let situation =
            SituationMut { observation: &mut observation, state: &mut state, available: &mut available };
        without.observe(1, situation);
        assert_eq!(state, observation);
        assert!(state[..58] != state[58..116]);
    }
}
