//! All observations as one vector of floats, as Gymnasium's `FlattenObservation`: arrays row by row,
//! `Discrete` and `MultiDiscrete` as one-hot vectors, texts as word indices.

use super::transform::{Transform, Wrapped, misfit};
use crate::{
    Array, BuildOptions, ElementType, EnvSpec, Error, Group, Info, Observation, ObservationSpec, Space, Step,
    VectorEnv,
};

/// Name of the one field.
const FIELD: &str = "flat";

/// Concatenates all observations to one `f32` field called `flat`.
#[derive(Debug)]
pub struct FlattenObservation {
    flat: Observation,
    last: Observation,
}

impl FlattenObservation {
    /// Flattens the selected observations of `inner`.
    ///
    /// # Errors
    /// A batch without observations, or one whose observations are not words, numbers or arrays.
    pub fn wrap<E: VectorEnv + 'static>(inner: E) -> Result<Wrapped<E, Self>, Error> {
        let fields = &inner.observation().fields;
        if fields.is_empty() {
            return Err(misfit(Self::NAME, "the batch inside has no observation selected"));
        }
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for field in fields {
            let (field_low, field_high) = bounds(&field.spec.space);
            low = low.min(field_low);
            high = high.max(field_high);
        }
        let width = fields.iter().map(|field| flat_width(&field.spec.space)).sum();
        let names: Vec<_> = fields.iter().map(|field| field.spec.name.as_str()).collect();
        let spec = ObservationSpec {
            name: FIELD.into(),
            group: widest_group(fields.iter().map(|field| field.spec.group)),
            space: Space::Box { low, high, shape: vec![width], element: ElementType::F32 },
            description: format!("One after the other: {}.", names.join(", ")),
        };
        let flat = Observation::zeros(&[spec], inner.num_envs() * inner.spec().num_agents);
        let mut transform = Self { last: flat.clone(), flat };
        transform.refresh(inner.observation());
        Ok(Wrapped::new(inner, transform))
    }
}

/// What knows most among `groups`.
fn widest_group(groups: impl Iterator<Item = Group>) -> Group {
    let rank = |group: &Group| match group {
        Group::Text => 0,
        Group::Policy => 1,
        Group::State => 2,
        Group::Privileged => 3,
    };
    groups.max_by_key(rank).unwrap_or(Group::Policy)
}

/// Elements of a flattened value.
fn flat_width(space: &Space) -> usize {
    match space {
        Space::Discrete { n, .. } => *n as usize,
        Space::MultiDiscrete { n } => n.iter().map(|&n| n as usize).sum(),
        Space::Dict(spaces) => spaces.iter().map(|(_, space)| flat_width(space)).sum(),
        Space::Box { .. } | Space::Text { .. } => space.flat_len(),
    }
}

/// Smallest and largest element of a flattened value.
fn bounds(space: &Space) -> (f32, f32) {
    match space {
        Space::Discrete { .. } | Space::MultiDiscrete { .. } => (0.0, 1.0),
        Space::Box { low, high, .. } => (*low, *high),
        Space::Text { vocabulary, .. } => (0.0, vocabulary.len() as f32),
        Space::Dict(spaces) => spaces
            .iter()
            .map(|(_, space)| bounds(space))
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), (other_low, other_high)| {
                (low.min(other_low), high.max(other_high))
            }),
    }
}

/// Writes one value of `space`, whose elements `at` reads, to the start of `flat`.
fn flatten_value(space: &Space, at: &dyn Fn(usize) -> f64, flat: &mut [f32]) {
    let mut one_hot = |offset: usize, n: u32, value: i64| {
        flat[offset..offset + n as usize].fill(0.0);
        if (0..i64::from(n)).contains(&value) {
            flat[offset + value as usize] = 1.0;
        }
    };
    match space {
        Space::Discrete { n, start } => one_hot(0, *n, at(0) as i64 - i64::from(*start)),
        Space::MultiDiscrete { n } => {
            let mut offset = 0;
            for (index, &n) in n.iter().enumerate() {
                one_hot(offset, n, at(index) as i64);
                offset += n as usize;
            }
        }
        Space::Box { .. } | Space::Text { .. } => {
            for (index, element) in flat.iter_mut().enumerate().take(space.flat_len()) {
                *element = at(index) as f32;
            }
        }
        Space::Dict(spaces) => {
            let (mut read, mut written) = (0, 0);
            for (_, space) in spaces {
                flatten_value(space, &|index| at(read + index), &mut flat[written..]);
                read += space.flat_len();
                written += flat_width(space);
            }
        }
    }
}

fn flatten(source: &Observation, target: &mut Observation) {
    let width = target.fields[0].spec.space.flat_len();
    let Array::F32(flat) = &mut target.fields[0].array else { return };
    for (row, flat) in flat.chunks_exact_mut(width.max(1)).enumerate() {
        let mut offset = 0;
        for field in &source.fields {
            let (space, first) = (&field.spec.space, row * field.spec.space.flat_len());
            flatten_value(space, &|index| field.array.value(first + index), &mut flat[offset..]);
            offset += flat_width(space);
        }
    }
}

impl Transform for FlattenObservation {
    const NAME: &'static str = "FlattenObservation";
    const STATELESS: bool = true;
    type State = ();

    fn describe(&self, spec: &mut EnvSpec, options: &mut BuildOptions) {
        spec.observations = vec![self.flat.fields[0].spec.clone()];
        spec.default_observations = vec![FIELD.into()];
        options.observations = vec![FIELD.into()];
    }

    fn observation<'a>(&'a self, _: &'a Observation) -> &'a Observation {
        &self.flat
    }

    fn began(&mut self, observation: &Observation, _: &crate::ResetOptions<'_>) {
        self.refresh(observation);
    }

    fn step<'a>(&'a mut self, step: Step<'a>, _: Option<&[bool]>) -> Step<'a> {
        flatten(step.observation, &mut self.flat);
        if let Some(ending) = step.info.final_observation {
            flatten(ending, &mut self.last);
        }
        let final_observation = step.info.final_observation.map(|_| &self.last);
        Step { observation: &self.flat, info: Info { final_observation, ..step.info }, ..step }
    }

    fn state(&self) {}

    fn set_state(&mut self, (): ()) -> Result<(), String> {
        Ok(())
    }

    fn refresh(&mut self, observation: &Observation) {
        flatten(observation, &mut self.flat);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Corridor, RIGHT};

    #[test]
    fn numbers_are_one_hot_and_arrays_in_a_row() {
        let mut batch = FlattenObservation::wrap(Corridor::disabled(2)).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        let inner = batch.inner().unwrap().observation().clone();
        let flat = batch.step(&[RIGHT, 2]).unwrap().observation["flat"].as_f32().unwrap().to_vec();
        let width = flat.len() / 2;
        // A position out of 8, a view of 3 bytes, a mask of 3, a distance.
        assert_eq!(width, 8 + 3 + 3 + 1);
        assert_eq!(flat[..8], [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(flat[width..width + 8], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let distance = inner["distance"].as_f32().unwrap();
        assert_eq!(flat[2 * width - 1], distance[1]);
        assert_eq!(flat[width - 1], distance[0] - 1.0);
    }

    #[test]
    fn the_spec_has_the_one_field() {
        let batch = FlattenObservation::wrap(Corridor::disabled(2)).unwrap();
        let spec = batch.spec();
        assert_eq!(spec.observations.len(), 1);
        assert_eq!(batch.options().observations, spec.default_observations);
        spec.observations[0].space.check(&batch.observation()["flat"]).unwrap();
    }
}
