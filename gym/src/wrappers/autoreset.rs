//! Resets ended environments of a batch that does not do so itself, with the three meanings of
//! Gymnasium's `AutoresetMode`. It goes around wrappers that end episodes.

use std::any::Any;

use super::{
    outputs::{Outputs, replace},
    state,
    transform::{check_len, misfit},
};
use crate::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot, Step,
    VectorEnv,
};

const NAME: &str = "Autoreset";

/// Resets ended environments of the batch inside, which was built with [`AutoresetMode::Disabled`].
#[derive(Debug)]
pub struct Autoreset<E> {
    inner: E,
    options: BuildOptions,
    begun: bool,
    /// Environments that have ended and are not reset yet.
    ended: Vec<bool>,
    running: Vec<bool>,
    outputs: Outputs,
    last: Option<Observation>,
}

impl<E: VectorEnv + 'static> Autoreset<E> {
    /// Resets ended environments of `inner` in the manner of `mode`.
    ///
    /// # Errors
    /// A batch that resets by itself, or with `NextStep` one that cannot step some of its environments
    /// while others are reset.
    pub fn wrap(inner: E, mode: AutoresetMode) -> Result<Self, Error> {
        if inner.autoreset() != AutoresetMode::Disabled {
            return Err(misfit(NAME, "the batch inside resets by itself; build it with autoreset disabled"));
        }
        if mode == AutoresetMode::NextStep && !inner.can_step_masked() {
            let reason =
                "the batch inside cannot step some environments while others are reset; use SameStep";
            return Err(misfit(NAME, reason));
        }
        let num_envs = inner.num_envs();
        Ok(Self {
            options: BuildOptions { autoreset: mode, ..inner.options().clone() },
            begun: false,
            ended: vec![false; num_envs],
            running: vec![true; num_envs],
            outputs: Outputs::default(),
            last: (mode == AutoresetMode::SameStep).then(|| inner.observation().clone()),
            inner,
        })
    }

    /// Resets the environments that have ended.
    fn reset_ended(&mut self) -> Result<(), Error> {
        if self.ended.contains(&true) {
            self.inner.reset_with(ResetOptions { mask: Some(&self.ended), ..ResetOptions::default() })?;
            self.ended.fill(false);
        }
        Ok(())
    }

    /// Ended environments reset within the step that ended them.
    fn step_same(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        // Only when their reset failed in the last step are there ended ones now.
        self.reset_ended()?;
        let step = self.inner.step_with(actions)?;
        self.outputs.take_over(&step);
        for (env, ended) in self.ended.iter_mut().enumerate() {
            *ended = step.ended(env);
        }
        if let Some(last) = &mut self.last {
            let ended = self.ended.iter().enumerate().filter(|(_, ended)| **ended).map(|(env, _)| env);
            last.copy_rows(step.observation, self.options.num_envs, ended);
        }
        self.reset_ended()?;
        Ok(self.outputs.report(self.inner.observation(), self.last.as_ref()))
    }

    /// Environments that ended in the last step reset while the others step.
    fn step_next(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        let step = if self.ended.contains(&true) {
            for (running, ended) in self.running.iter_mut().zip(&self.ended) {
                *running = !ended;
            }
            self.inner.step_masked(actions, &self.running)?
        } else {
            self.inner.step_with(actions)?
        };
        self.outputs.take_over(&step);
        replace(&mut self.outputs.was_reset, &self.ended);
        self.reset_ended()?;
        for (env, ended) in self.ended.iter_mut().enumerate() {
            *ended = self.outputs.terminated[env] || self.outputs.truncated[env];
        }
        Ok(self.outputs.report(self.inner.observation(), None))
    }
}

impl<E: VectorEnv + 'static> VectorEnv for Autoreset<E> {
    fn spec(&self) -> &EnvSpec {
        self.inner.spec()
    }

    fn options(&self) -> &BuildOptions {
        &self.options
    }

    fn observation(&self) -> &Observation {
        self.inner.observation()
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        let observation = self.inner.reset_with(options)?;
        for (env, ended) in self.ended.iter_mut().enumerate() {
            *ended &= self.begun && options.mask.is_some_and(|mask| !mask[env]);
        }
        self.begun = true;
        Ok(observation)
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        check_len(self.inner.spec(), self.options.num_envs, actions)?;
        match self.options.autoreset {
            AutoresetMode::Disabled => self.inner.step_with(actions),
            AutoresetMode::SameStep => self.step_same(actions),
            AutoresetMode::NextStep => self.step_next(actions),
        }
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.inner.mission(env)
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        let mode = self.options.autoreset;
        state::push(self.inner.snapshot()?, NAME, &(mode, &self.ended, self.begun))
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (inner, (mode, ended, begun)) = state::pop::<(AutoresetMode, Vec<bool>, bool)>(snapshot, NAME)?;
        if mode != self.options.autoreset || ended.len() != self.ended.len() {
            let reason = "the state of Autoreset is of another mode or another number of environments";
            return Err(Error::Snapshot(reason.into()));
        }
        self.inner.restore(&inner)?;
        (self.ended, self.begun) = (ended, begun);
        Ok(())
    }

    fn inner(&self) -> Option<&dyn VectorEnv> {
        Some(&self.inner)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        corridor::Corridor,
        seeding::{Random, philox::Philox},
        wrappers::TimeLimit,
    };

    /// Steps both batches with the same random actions and compares everything they report.
    fn assert_equal(left: &mut dyn VectorEnv, right: &mut dyn VectorEnv) {
        let rows = left.num_envs() * left.spec().num_agents;
        assert_eq!(left.reset(5).unwrap(), right.reset(5).unwrap());
        let mut random = Philox::for_level(1, 1);
        let mut ends = 0;
        for _ in 0..200 {
            let actions: Vec<i32> = (0..rows).map(|_| random.int(0, 3)).collect();
            let (a, b) = (left.step(&actions).unwrap(), right.step(&actions).unwrap());
            assert_eq!(a.observation, b.observation);
            assert_eq!((a.reward, a.terminated, a.truncated), (b.reward, b.terminated, b.truncated));
            assert_eq!((a.info.subgoal, a.info.success), (b.info.subgoal, b.info.success));
            assert_eq!((a.info.was_reset, a.info.episodes), (b.info.was_reset, b.info.episodes));
            if !a.info.was_reset.contains(&true) {
                assert_eq!(a.info.channels, b.info.channels);
            }
            assert_eq!(a.info.final_observation.is_some(), b.info.final_observation.is_some());
            if let (Some(a_last), Some(b_last)) = (a.info.final_observation, b.info.final_observation) {
                let num_envs = a.terminated.len();
                let ended = (0..num_envs).filter(|&env| a.ended(env));
                let mut merged = a_last.clone();
                merged.copy_rows(b_last, num_envs, ended);
                assert_eq!(&merged, a_last, "rows of ended environments");
            }
            ends += a.info.episodes.len();
        }
        assert!(ends > 10);
    }

    #[test]
    fn every_mode_equals_that_of_the_batch_itself() {
        for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
            for agents in [1, 2] {
                let mut wrapped =
                    Autoreset::wrap(Corridor::with_agents(5, agents, AutoresetMode::Disabled), mode).unwrap();
                assert_equal(&mut wrapped, &mut Corridor::with_agents(5, agents, mode));
            }
        }
    }

    #[test]
    fn a_time_limit_inside_equals_a_limit_of_the_batch_itself() {
        for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
            let limited = TimeLimit::wrap(Corridor::disabled(5), 9).unwrap();
            let mut wrapped = Autoreset::wrap(limited, mode).unwrap();
            // The reward does not depend on the limit.
            assert_equal(&mut wrapped, &mut Corridor::new(5, mode).with_limit(9));
        }
    }

    #[test]
    fn disabled_leaves_resets_to_the_caller() {
        let mut batch = Autoreset::wrap(Corridor::disabled(1), AutoresetMode::Disabled).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        while !batch.step(&[1]).unwrap().terminated[0] {}
        assert!(matches!(batch.step(&[1]), Err(Error::Ended { env: 0 })));
    }

    #[test]
    fn an_action_refused_resets_nothing() {
        let mut batch = Autoreset::wrap(Corridor::disabled(2), AutoresetMode::NextStep).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        while !batch.step(&[1, 2]).unwrap().terminated[0] {}
        let before = batch.snapshot().unwrap();
        assert!(matches!(batch.step(&[1, 9]), Err(Error::InvalidAction { env: 1, .. })));
        assert!(matches!(batch.step(&[1]), Err(Error::WrongLength { .. })));
        assert_eq!(batch.snapshot().unwrap(), before);
        assert_eq!(batch.step(&[1, 2]).unwrap().info.was_reset, [true, false]);
    }

    #[test]
    fn misfits_are_refused() {
        let error = Autoreset::wrap(Corridor::new(1, AutoresetMode::SameStep), AutoresetMode::SameStep);
        assert!(error.unwrap_err().to_string().contains("autoreset disabled"));
        let stubborn = Corridor::disabled(1).without_masked_steps();
        assert!(Autoreset::wrap(stubborn, AutoresetMode::NextStep).is_err());
    }
}
