//! Shifts and scales every element of the `Box` observations to mean 0 and variance 1 by running
//! statistics over all environments and agents, as Gymnasium's `NormalizeObservation`.

use super::{
    RunningMoments,
    state::{fits, observation_bytes, set_observation_bytes},
    transform::{Transform, Wrapped, misfit, takes_part},
};
use crate::{
    Array, BuildOptions, ElementType, EnvSpec, Error, Info, Observation, ObservationSpec, ResetOptions,
    Space, Step, VectorEnv,
};

/// Keeps the variance from being 0.
const EPSILON: f64 = 1e-8;

/// Normalises `Box` observations; other fields pass as they are.
#[derive(Debug)]
pub struct NormalizeObservation {
    /// Whether statistics go on; switch off for evaluation. Default true.
    pub update: bool,
    num_envs: usize,
    num_agents: usize,
    /// Of every field one entry for each element of an agent's row; empty for fields that pass.
    moments: Vec<Vec<RunningMoments>>,
    normalized: Observation,
    last: Observation,
}

impl NormalizeObservation {
    /// Normalises the observations of `inner`.
    ///
    /// # Errors
    /// A batch in which no `Box` observation is selected.
    pub fn wrap<E: VectorEnv + 'static>(inner: E) -> Result<Wrapped<E, Self>, Error> {
        let specs: Vec<_> = inner.observation().fields.iter().map(|field| field.spec.clone()).collect();
        let moments: Vec<_> = specs
            .iter()
            .map(|spec| match &spec.space {
                Space::Box { .. } => vec![RunningMoments::default(); spec.space.flat_len()],
                _ => Vec::new(),
            })
            .collect();
        if moments.iter().all(Vec::is_empty) {
            return Err(misfit(Self::NAME, "no Box observation is selected in the batch inside"));
        }
        let specs: Vec<_> = specs.iter().map(normalized_spec).collect();
        let (num_envs, num_agents) = (inner.num_envs(), inner.spec().num_agents);
        let normalized = Observation::zeros(&specs, num_envs * num_agents);
        let last = normalized.clone();
        let transform = Self { update: true, num_envs, num_agents, moments, normalized, last };
        Ok(Wrapped::new(inner, transform))
    }

    /// Moments of every element of the field called `name`; empty for a field that passes as it is.
    pub fn moments(&self, name: &str) -> Option<&[RunningMoments]> {
        let index = self.normalized.fields.iter().position(|field| field.spec.name == name)?;
        Some(&self.moments[index])
    }

    /// Takes in the rows of the environments that take part, and normalises them.
    fn take_in(&mut self, observation: &Observation, mask: Option<&[bool]>) {
        if self.update {
            for (moments, field) in self.moments.iter_mut().zip(&observation.fields) {
                let (width, num_agents) = (moments.len(), self.num_agents);
                let rows = (0..self.num_envs * num_agents).filter(|row| takes_part(mask, row / num_agents));
                for (element, moments) in moments.iter_mut().enumerate() {
                    moments.update(rows.clone().map(|row| field.array.value(row * width + element)));
                }
            }
        }
        let active = (0..self.num_envs).filter(|&env| takes_part(mask, env));
        normalize(&self.moments, observation, &mut self.normalized, self.num_envs, active);
    }
}

fn normalized_spec(spec: &ObservationSpec) -> ObservationSpec {
    let Space::Box { shape, .. } = &spec.space else { return spec.clone() };
    ObservationSpec {
        space: Space::Box {
            low: f32::NEG_INFINITY,
            high: f32::INFINITY,
            shape: shape.clone(),
            element: ElementType::F32,
        },
        description: format!("Normalised to mean 0 and variance 1: {}", spec.description),
        ..spec.clone()
    }
}

/// Writes the normalised rows of `envs`.
fn normalize(
    moments: &[Vec<RunningMoments>],
    source: &Observation,
    target: &mut Observation,
    num_envs: usize,
    envs: impl Iterator<Item = usize> + Clone,
) {
    for ((moments, source), target) in moments.iter().zip(&source.fields).zip(&mut target.fields) {
        let span = source.array.len() / num_envs;
        match &mut target.array {
            Array::F32(normalized) if !moments.is_empty() => {
                for index in envs.clone().flat_map(|env| env * span..(env + 1) * span) {
                    let moments = &moments[index % moments.len()];
                    let shifted = source.array.value(index) - moments.mean;
                    normalized[index] = (shifted / (moments.variance + EPSILON).sqrt()) as f32;
                }
            }
            passing => {
                let bytes = source.array.bytes();
                let span = bytes.len() / num_envs;
                for range in envs.clone().map(|env| env * span..(env + 1) * span) {
                    passing.bytes_mut()[range.clone()].copy_from_slice(&bytes[range]);
                }
            }
        }
    }
}

impl Transform for NormalizeObservation {
    const NAME: &'static str = "NormalizeObservation";
    type State = (Vec<Vec<RunningMoments>>, Vec<Vec<u8>>);

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        for form in &mut spec.observations {
            *form = normalized_spec(form);
        }
    }

    fn observation<'a>(&'a self, _: &'a Observation) -> &'a Observation {
        &self.normalized
    }

    fn began(&mut self, observation: &Observation, options: &ResetOptions<'_>) {
        self.take_in(observation, options.mask);
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        self.take_in(step.observation, mask);
        if let Some(ending) = step.info.final_observation {
            let ended = (0..self.num_envs).filter(|&env| step.ended(env));
            normalize(&self.moments, ending, &mut self.last, self.num_envs, ended);
        }
        let final_observation = step.info.final_observation.map(|_| &self.last);
        Step { observation: &self.normalized, info: Info { final_observation, ..step.info }, ..step }
    }

    fn state(&self) -> Self::State {
        (self.moments.clone(), observation_bytes(&self.normalized))
    }

    fn set_state(&mut self, (moments, normalized): Self::State) -> Result<(), String> {
        let lengths = |moments: &[Vec<RunningMoments>]| moments.iter().map(Vec::len).collect::<Vec<_>>();
        if lengths(&moments) != lengths(&self.moments) || !fits(&self.normalized, &normalized) {
            return Err(String::from("it is of other observations"));
        }
        if !moments.iter().flatten().all(RunningMoments::is_sound) {
            return Err(String::from("its statistics are not finite"));
        }
        self.moments = moments;
        set_observation_bytes(&mut self.normalized, &normalized);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AutoresetMode, corridor::Corridor};

    #[test]
    fn elements_get_mean_zero_and_variance_one() {
        let corridor = Corridor::new(64, AutoresetMode::SameStep);
        let mut batch = NormalizeObservation::wrap(corridor).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(1).unwrap();
        let mut seen = Vec::new();
        for step in 0..200 {
            let actions: Vec<i32> = (0..64).map(|env| (env + step) % 2).collect();
            let step = batch.step_with((&actions).into()).unwrap();
            seen.extend_from_slice(step.observation["distance"].as_f32().unwrap());
        }
        let late = &seen[seen.len() / 2..];
        let mean = late.iter().sum::<f32>() / late.len() as f32;
        let variance = late.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / late.len() as f32;
        assert!(mean.abs() < 0.2 && (variance - 1.0).abs() < 0.3, "mean {mean}, variance {variance}");
    }

    #[test]
    fn other_fields_pass() {
        let mut batch = NormalizeObservation::wrap(Corridor::disabled(2)).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(1).unwrap();
        batch.step_with((&[1, 2]).into()).unwrap();
        assert_eq!(batch.observation()["position"], batch.inner().unwrap().observation()["position"]);
        assert_eq!(batch.transform().moments("position"), Some(&[][..]));
        assert_eq!(batch.transform().moments("distance").map(<[_]>::len), Some(1));
        assert_eq!(batch.transform().moments("nothing"), None);
    }

    #[test]
    fn frozen_statistics_stay() {
        let mut batch = NormalizeObservation::wrap(Corridor::disabled(2)).unwrap();
        batch.transform_mut().update = false;
        (&mut batch as &mut dyn VectorEnv).reset(1).unwrap();
        assert_eq!(batch.transform().moments("distance"), Some(&[RunningMoments::default()][..]));
        let inner = batch.inner().unwrap().observation()["distance"].as_f32().unwrap().to_vec();
        assert_eq!(batch.observation()["distance"].as_f32().unwrap(), inner);
    }
}
