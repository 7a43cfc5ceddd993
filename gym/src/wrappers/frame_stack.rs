//! Stacks the last observations of an episode, as Gymnasium's `FrameStackObservation`: a new first axis,
//! oldest first.

use serde::{Deserialize, Serialize};

use super::{
    state::{fits, observation_bytes, set_observation_bytes},
    transform::{Transform, Wrapped, misfit, takes_part},
};
use crate::{
    BuildOptions, ElementType, EnvSpec, Error, Info, Observation, ObservationSpec, ResetOptions, Space, Step,
    VectorEnv,
};

/// What stands for the observations before an episode's first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Padding {
    /// The first observation of the episode; Gymnasium's `reset`.
    #[default]
    Repeat,
    /// Zeros.
    Zero,
}

/// Deepest stack, so that a mistyped depth does not take all memory.
const DEEPEST: usize = 256;

/// Stacks the last observations of an episode, every field on its own.
#[derive(Debug)]
pub struct FrameStack {
    depth: usize,
    padding: Padding,
    num_envs: usize,
    stacked: Observation,
    last: Option<Observation>,
}

impl FrameStack {
    /// Stacks the last `depth` observations of `inner`.
    ///
    /// # Errors
    /// A depth of 0, or over 256.
    pub fn wrap<E: VectorEnv + 'static>(
        inner: E,
        depth: usize,
        padding: Padding,
    ) -> Result<Wrapped<E, Self>, Error> {
        if !(1..=DEEPEST).contains(&depth) {
            let reason = format!("a depth of {depth} was given; allowed: 1 to {DEEPEST}");
            return Err(misfit(Self::NAME, reason));
        }
        let num_envs = inner.num_envs();
        let specs: Vec<ObservationSpec> =
            inner.observation().fields.iter().map(|field| stacked_spec(&field.spec, depth)).collect();
        let stacked = Observation::zeros(&specs, num_envs * inner.spec().num_agents);
        Ok(Wrapped::new(inner, Self { depth, padding, num_envs, last: None, stacked }))
    }
}

/// The space of `depth` values of `space`.
fn stacked_space(space: &Space, depth: usize) -> Space {
    let lead = |shape: &[usize]| [&[depth], shape].concat();
    match space {
        Space::Box { low, high, shape, element } => {
            Space::Box { low: *low, high: *high, shape: lead(shape), element: *element }
        }
        Space::Discrete { n, start: 0 } => Space::MultiDiscrete { n: vec![*n; depth] },
        Space::Discrete { n, start } => Space::Box {
            low: (*start).min(0) as f32,
            high: (i64::from(*start) + i64::from(*n) - 1).max(0) as f32,
            shape: vec![depth],
            element: ElementType::I32,
        },
        Space::MultiDiscrete { n } => Space::MultiDiscrete { n: n.repeat(depth) },
        Space::Dict(_) => Space::Dict((0..depth).map(|age| (age.to_string(), space.clone())).collect()),
        Space::Text { max_words, vocabulary } => Space::Box {
            low: 0.0,
            high: vocabulary.len() as f32,
            shape: vec![depth, *max_words],
            element: ElementType::I32,
        },
    }
}

fn stacked_spec(spec: &ObservationSpec, depth: usize) -> ObservationSpec {
    ObservationSpec {
        space: stacked_space(&spec.space, depth),
        description: format!("The last {depth}, oldest first, of: {}", spec.description),
        ..spec.clone()
    }
}

/// Gives the part of every field that belongs to environment `env` in `stacked` and in `source`, agent
/// by agent.
fn rows<'a>(
    stacked: &'a mut Observation,
    source: &'a Observation,
    num_envs: usize,
    depth: usize,
    env: usize,
) -> impl Iterator<Item = (&'a mut [u8], &'a [u8])> {
    stacked.fields.iter_mut().zip(&source.fields).flat_map(move |(stacked, source)| {
        let row = source.spec.space.flat_len() * source.array.element().size();
        let source = source.array.bytes();
        let span = source.len() / num_envs;
        let source = &source[env * span..(env + 1) * span];
        let stacked = &mut stacked.array.bytes_mut()[env * span * depth..(env + 1) * span * depth];
        stacked.chunks_exact_mut((row * depth).max(1)).zip(source.chunks_exact(row.max(1)))
    })
}

impl FrameStack {
    fn fill(&mut self, source: &Observation, env: usize) {
        for (stack, frame) in rows(&mut self.stacked, source, self.num_envs, self.depth, env) {
            let newest = stack.len() - frame.len();
            match self.padding {
                Padding::Repeat => {
                    stack.chunks_exact_mut(frame.len()).for_each(|slot| slot.copy_from_slice(frame));
                }
                Padding::Zero => {
                    stack[..newest].fill(0);
                    stack[newest..].copy_from_slice(frame);
                }
            }
        }
    }

    fn push(&mut self, source: &Observation, env: usize) {
        for (stack, frame) in rows(&mut self.stacked, source, self.num_envs, self.depth, env) {
            let newest = stack.len() - frame.len();
            stack.copy_within(frame.len().., 0);
            stack[newest..].copy_from_slice(frame);
        }
    }
}

impl Transform for FrameStack {
    const NAME: &'static str = "FrameStack";
    type State = (Padding, Vec<Vec<u8>>);

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        for form in &mut spec.observations {
            *form = stacked_spec(form, self.depth);
        }
    }

    fn observation<'a>(&'a self, _: &'a Observation) -> &'a Observation {
        &self.stacked
    }

    fn began(&mut self, observation: &Observation, options: &ResetOptions<'_>) {
        for env in (0..self.num_envs).filter(|&env| takes_part(options.mask, env)) {
            self.fill(observation, env);
        }
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        if step.info.final_observation.is_some() && self.last.is_none() {
            self.last = Some(self.stacked.clone());
        }
        for env in (0..self.num_envs).filter(|&env| takes_part(mask, env)) {
            match step.info.final_observation {
                Some(ending) if step.ended(env) => {
                    self.push(ending, env);
                    if let Some(last) = &mut self.last {
                        last.copy_rows(&self.stacked, self.num_envs, std::iter::once(env));
                    }
                    self.fill(step.observation, env);
                }
                _ if step.info.was_reset[env] => self.fill(step.observation, env),
                _ => self.push(step.observation, env),
            }
        }
        let final_observation = step.info.final_observation.and(self.last.as_ref());
        Step { observation: &self.stacked, info: Info { final_observation, ..step.info }, ..step }
    }

    fn state(&self) -> Self::State {
        (self.padding, observation_bytes(&self.stacked))
    }

    fn set_state(&mut self, (padding, stacked): Self::State) -> Result<(), String> {
        if padding != self.padding || !fits(&self.stacked, &stacked) {
            return Err(format!("it is not of a stack of {} such observations", self.depth));
        }
        set_observation_bytes(&mut self.stacked, &stacked);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AutoresetMode,
        corridor::{Corridor, RIGHT},
    };

    fn positions(observation: &Observation) -> &[i32] {
        observation["position"].as_i32().unwrap()
    }

    #[test]
    fn the_newest_observation_comes_last() {
        let mut batch = FrameStack::wrap(Corridor::disabled(2), 3, Padding::Repeat).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        assert_eq!(positions(batch.reset(0).unwrap()), [0; 6]);
        assert_eq!(positions(batch.step(&[RIGHT, 2]).unwrap().observation), [0, 0, 1, 0, 0, 0]);
        assert_eq!(positions(batch.step(&[RIGHT, RIGHT]).unwrap().observation), [0, 1, 2, 0, 0, 1]);
        let reset = batch.reset_mask(&[true, false]).unwrap();
        assert_eq!(positions(reset), [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn stacks_are_values_of_their_space() {
        let mut batch = FrameStack::wrap(Corridor::disabled(2), 3, Padding::Zero).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        for field in &batch.observation().fields {
            field.spec.space.check(&field.array).unwrap();
            assert_eq!(batch.spec().observation(&field.spec.name), Some(&field.spec));
        }
        let position = batch.spec().observation("position").unwrap();
        assert_eq!(position.space.to_string(), "MultiDiscrete([8, 8, 8])");
        let view = batch.spec().observation("view").unwrap();
        assert_eq!(view.space.shape(), [3, 3]);
    }

    #[test]
    fn the_last_stack_of_an_episode_is_the_final_observation() {
        let mut batch =
            FrameStack::wrap(Corridor::new(1, AutoresetMode::SameStep), 2, Padding::Repeat).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        loop {
            let step = batch.step(&[RIGHT]).unwrap();
            if step.terminated[0] {
                let ending = positions(step.info.final_observation.unwrap());
                assert_eq!(ending[0] + 1, ending[1]);
                assert_eq!(positions(step.observation), [0, 0]);
                break;
            }
        }
    }

    #[test]
    fn the_reset_step_begins_a_new_stack() {
        let mut batch =
            FrameStack::wrap(Corridor::new(1, AutoresetMode::NextStep), 2, Padding::Repeat).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        while !batch.step(&[RIGHT]).unwrap().terminated[0] {}
        let step = batch.step(&[RIGHT]).unwrap();
        assert_eq!((step.info.was_reset[0], positions(step.observation)), (true, &[0, 0][..]));
    }
}
