//! Decides only every so many steps: an action is repeated, and the rewards of its steps are summed. How a policy does
//! when it decides less often says how much it depends on deciding at all times.

use std::any::Any;

use super::{
    outputs::Outputs,
    state,
    transform::{check_len, check_mask, misfit},
};
use crate::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot, Step,
    VectorEnv,
};

const NAME: &str = "ActionRepeat";

/// Repeats every action, up to the end of the episode. The batch inside is built with
/// [`AutoresetMode::Disabled`]; [`Autoreset`](super::Autoreset) goes around it. The step limit goes on counting the
/// steps of the batch inside.
#[derive(Debug)]
pub struct ActionRepeat<E> {
    inner: E,
    repeats: u32,
    begun: bool,
    running: Vec<bool>,
    outputs: Outputs,
}

impl<E: VectorEnv + 'static> ActionRepeat<E> {
    /// Repeats actions of `inner` `repeats` times.
    ///
    /// # Errors
    /// No repeats, a batch that resets by itself, or one that cannot step some environments only.
    pub fn wrap(inner: E, repeats: u32) -> Result<Self, Error> {
        if repeats == 0 {
            return Err(misfit(NAME, "0 repeats were given; allowed: 1 or more"));
        }
        if inner.autoreset() != AutoresetMode::Disabled || !inner.can_step_masked() {
            let reason = "the batch inside resets by itself or cannot step some of its environments; build it \
                          for the native device with autoreset disabled, and put Autoreset around this wrapper";
            return Err(misfit(NAME, reason));
        }
        let running = vec![false; inner.num_envs()];
        Ok(Self { inner, repeats, begun: false, running, outputs: Outputs::default() })
    }

    /// How often an action is repeated.
    pub fn repeats(&self) -> u32 {
        self.repeats
    }

    fn repeat(&mut self, actions: Actions<'_>, mask: Option<&[bool]>) -> Result<Step<'_>, Error> {
        let step = match mask {
            None => self.inner.step_with(actions)?,
            Some(mask) => self.inner.step_masked(actions, mask)?,
        };
        self.outputs.take_over(&step);
        for (env, running) in self.running.iter_mut().enumerate() {
            *running = mask.is_none_or(|mask| mask[env]) && !step.ended(env);
        }
        for _ in 1..self.repeats {
            if !self.running.contains(&true) {
                break;
            }
            let step = self.inner.step_masked(actions, &self.running)?;
            for (sum, reward) in self.outputs.reward.iter_mut().zip(step.reward) {
                *sum += reward;
            }
            for (event, new) in self.outputs.subgoal.iter_mut().zip(step.info.subgoal) {
                *event = if *new >= 0 { *new } else { *event };
            }
            for ((_, sums), (_, values)) in self.outputs.channels.iter_mut().zip(step.info.channels) {
                // Environments that stand still keep what they had.
                let width = values.len() / self.running.len();
                for (env, (sums, values)) in
                    sums.chunks_mut(width.max(1)).zip(values.chunks(width.max(1))).enumerate()
                {
                    if self.running[env] {
                        sums.copy_from_slice(values);
                    }
                }
            }
            self.outputs.episodes.extend_from_slice(step.info.episodes);
            for env in 0..self.running.len() {
                if self.running[env] {
                    self.outputs.terminated[env] = step.terminated[env];
                    self.outputs.truncated[env] = step.truncated[env];
                    self.outputs.success[env] = step.info.success[env];
                    self.running[env] = !step.ended(env);
                }
            }
        }
        self.outputs.episodes.sort_by_key(|record| record.env);
        Ok(self.outputs.report(self.inner.observation(), None))
    }
}

impl<E: VectorEnv + 'static> VectorEnv for ActionRepeat<E> {
    fn spec(&self) -> &EnvSpec {
        self.inner.spec()
    }

    fn options(&self) -> &BuildOptions {
        self.inner.options()
    }

    fn observation(&self) -> &Observation {
        self.inner.observation()
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        self.begun = true;
        self.inner.reset_with(options)
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        check_len(self.inner.spec(), self.running.len(), actions)?;
        self.repeat(actions, None)
    }

    fn can_step_masked(&self) -> bool {
        true
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        check_len(self.inner.spec(), self.running.len(), actions)?;
        check_mask(self.running.len(), mask)?;
        self.repeat(actions, Some(mask))
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.inner.mission(env)
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        state::push(self.inner.snapshot()?, NAME, &(self.repeats, self.begun))
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (inner, (repeats, begun)) = state::pop::<(u32, bool)>(snapshot, NAME)?;
        if repeats != self.repeats {
            let reason = format!("its actions are repeated {repeats} times, here {} times", self.repeats);
            return Err(Error::Snapshot(reason));
        }
        self.inner.restore(&inner)?;
        self.begun = begun;
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
    use crate::corridor::{Corridor, RIGHT, STAY};

    #[test]
    fn one_step_is_as_many_of_the_batch_inside() {
        let mut repeated = ActionRepeat::wrap(Corridor::disabled(3), 3).unwrap();
        let mut plain = Corridor::disabled(3);
        let (repeated, plain): (&mut dyn VectorEnv, &mut dyn VectorEnv) = (&mut repeated, &mut plain);
        repeated.reset(2).unwrap();
        plain.reset(2).unwrap();
        let actions = [RIGHT, STAY, STAY];
        let mut sums = [0.0; 3];
        for _ in 0..3 {
            let step = plain.step(&actions).unwrap();
            sums.iter_mut().zip(step.reward).for_each(|(sum, reward)| *sum += reward);
        }
        let step = repeated.step(&actions).unwrap();
        assert_eq!(step.observation, plain.observation());
        assert_eq!(step.reward, sums);
    }

    #[test]
    fn an_episode_that_ends_within_a_step_stands_still() {
        let mut plain = Corridor::disabled(1);
        let plain: &mut dyn VectorEnv = &mut plain;
        plain.reset(0).unwrap();
        let mut length = 1;
        while !plain.step(&[RIGHT]).unwrap().ended(0) {
            length += 1;
        }
        let mut repeated = ActionRepeat::wrap(Corridor::disabled(2), 100).unwrap();
        let repeated: &mut dyn VectorEnv = &mut repeated;
        repeated.reset(0).unwrap();
        let step = repeated.step(&[RIGHT, RIGHT]).unwrap();
        assert_eq!((step.terminated, step.info.episodes.len()), (&[true, true][..], 2));
        assert_eq!(step.info.episodes[0].length, length);
        assert!(matches!(repeated.step(&[RIGHT, RIGHT]), Err(Error::Ended { env: 0 })));
    }

    #[test]
    fn misfits_are_refused() {
        assert!(ActionRepeat::wrap(Corridor::disabled(1), 0).is_err());
        assert!(ActionRepeat::wrap(Corridor::new(1, AutoresetMode::SameStep), 2).is_err());
        assert!(ActionRepeat::wrap(Corridor::disabled(1).without_masked_steps(), 2).is_err());
    }
}
