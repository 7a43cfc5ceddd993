//! Holds actions against the mask that the environment reports, so that a disallowed one is refused or
//! replaced before it reaches the environment.

use super::transform::{Transform, Wrapped, misfit, takes_part};
use crate::{Actions, AutoresetMode, Error, Observation, ResetOptions, Space, Step, VectorEnv};

/// Where the mask is found: one element for each action, nonzero for allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaskSource {
    /// An observation field, `[num_envs, (num_agents,) actions]`.
    Observation(String),
    /// A channel of `info`, `[num_envs, num_agents, actions]`. Everything is allowed in the first step of
    /// an episode that began with an explicit reset, which reports no channels.
    Channel(String),
}

/// What happens to a disallowed action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMasked {
    /// The step is an error that names environment, agent and action.
    #[default]
    Reject,
    /// The next allowed action in cyclic order is taken instead.
    Replace,
}

/// Checks or replaces actions by a mask. An agent that has no allowed action may take any.
#[derive(Debug)]
pub struct ActionMask {
    source: MaskSource,
    on_masked: OnMasked,
    num_agents: usize,
    n: usize,
    start: i32,
    /// In this mode the step after an episode's last one ignores its action.
    next_step: bool,
    ended: Vec<bool>,
    /// The last reported channel.
    channel: Vec<bool>,
    actions: Vec<i32>,
}

impl ActionMask {
    /// Holds the actions for `inner` against the mask at `source`.
    ///
    /// # Errors
    /// Actions that are not `Discrete`, or an observation field that is not selected or has not one
    /// element for each action.
    pub fn wrap<E: VectorEnv + 'static>(
        inner: E,
        source: MaskSource,
        on_masked: OnMasked,
    ) -> Result<Wrapped<E, Self>, Error> {
        let Space::Discrete { n, start } = inner.spec().action_space else {
            let reason = format!("actions are {}; allowed: Discrete", inner.spec().action_space);
            return Err(misfit(Self::NAME, reason));
        };
        let (num_envs, num_agents, n) = (inner.num_envs(), inner.spec().num_agents, n as usize);
        if let MaskSource::Observation(name) = &source {
            let Some(mask) = inner.observation().get(name) else {
                return Err(misfit(Self::NAME, format!("no observation '{name}' is selected")));
            };
            if mask.len() != num_envs * num_agents * n {
                let reason = format!("observation '{name}' has not one element for each of {n} actions");
                return Err(misfit(Self::NAME, reason));
            }
        }
        let transform = Self {
            source,
            on_masked,
            num_agents,
            n,
            start,
            next_step: inner.autoreset() == AutoresetMode::NextStep,
            ended: vec![false; num_envs],
            channel: vec![true; num_envs * num_agents * n],
            actions: vec![0; num_envs * num_agents],
        };
        Ok(Wrapped::new(inner, transform))
    }

    /// Whether the agent of `row` may take the action of `index`.
    fn allowed(&self, observation: &Observation, row: usize, index: usize) -> bool {
        let position = row * self.n + index;
        match &self.source {
            MaskSource::Observation(name) => {
                observation.get(name).is_none_or(|mask| mask.value(position) != 0.0)
            }
            MaskSource::Channel(_) => self.channel[position],
        }
    }
}

impl Transform for ActionMask {
    const NAME: &'static str = "ActionMask";
    type State = (Vec<bool>, Vec<bool>);

    fn began(&mut self, _: &Observation, options: &ResetOptions<'_>) {
        let width = self.num_agents * self.n;
        for env in (0..self.ended.len()).filter(|&env| takes_part(options.mask, env)) {
            self.ended[env] = false;
            self.channel[env * width..(env + 1) * width].fill(true);
        }
    }

    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        observation: &Observation,
        mask: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        // What is of the wrong kind or out of range is for the batch inside to refuse.
        let Actions::Discrete(asked) = actions else { return Ok(actions) };
        for (row, &action) in asked.iter().enumerate() {
            self.actions[row] = action;
            let (env, agent) = (row / self.num_agents, row % self.num_agents);
            let index = i64::from(action) - i64::from(self.start);
            let in_range = (0..self.n as i64).contains(&index);
            if !in_range || !takes_part(mask, env) || (self.next_step && self.ended[env]) {
                continue;
            }
            let index = index as usize;
            if self.allowed(observation, row, index) {
                continue;
            }
            let mut others = (1..self.n).map(|further| (index + further) % self.n);
            let Some(next) = others.find(|&other| self.allowed(observation, row, other)) else { continue };
            if self.on_masked == OnMasked::Reject {
                let allowed: Vec<_> = (0..self.n)
                    .filter(|&index| self.allowed(observation, row, index))
                    .map(|index| self.start.wrapping_add(index as i32).to_string())
                    .collect();
                let allowed = format!("{} by the action mask", allowed.join(", "));
                return Err(Error::InvalidAction { env, agent, value: action.to_string(), allowed });
            }
            self.actions[row] = self.start.wrapping_add(next as i32);
        }
        Ok(Actions::Discrete(&self.actions))
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        for env in (0..self.ended.len()).filter(|&env| takes_part(mask, env)) {
            self.ended[env] = step.ended(env);
        }
        if let MaskSource::Channel(name) = &self.source
            && let Some(values) = step.info.channel(name)
        {
            for (flag, value) in self.channel.iter_mut().zip(values) {
                *flag = *value != 0.0;
            }
        }
        step
    }

    fn state(&self) -> Self::State {
        (self.ended.clone(), self.channel.clone())
    }

    fn set_state(&mut self, (ended, channel): Self::State) -> Result<(), String> {
        if ended.len() != self.ended.len() || channel.len() != self.channel.len() {
            return Err(String::from("it is of another number of environments, agents or actions"));
        }
        (self.ended, self.channel) = (ended, channel);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Corridor, LEFT, RIGHT, STAY};

    fn wrap(source: MaskSource, on_masked: OnMasked) -> Wrapped<Corridor, ActionMask> {
        ActionMask::wrap(Corridor::disabled(2), source, on_masked).unwrap()
    }

    fn field() -> MaskSource {
        MaskSource::Observation("action_mask".into())
    }

    #[test]
    fn a_masked_action_is_refused_by_name() {
        // At the left end of the corridor there is no way to the left.
        let mut batch = wrap(field(), OnMasked::Reject);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        let before = batch.snapshot().unwrap();
        let error = batch.step(&[RIGHT, LEFT]).unwrap_err().to_string();
        assert_eq!(
            error,
            "environment 1, agent 0: action 0 is not allowed; allowed: 1, 2 by the action mask"
        );
        assert_eq!(batch.snapshot().unwrap(), before);
        batch.step(&[RIGHT, STAY]).unwrap();
        assert!(batch.step(&[LEFT, STAY]).is_ok());
    }

    #[test]
    fn a_masked_action_is_replaced_by_the_next() {
        let mut batch = wrap(field(), OnMasked::Replace);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        let step = batch.step(&[LEFT, STAY]).unwrap();
        assert_eq!(step.observation["position"].as_i32().unwrap(), [1, 0]);
    }

    #[test]
    fn a_channel_is_a_mask_from_the_second_step_on() {
        let mut batch = wrap(MaskSource::Channel("mask".into()), OnMasked::Reject);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        batch.step(&[LEFT, STAY]).unwrap();
        assert!(batch.step(&[LEFT, STAY]).is_err());
        batch.reset_mask(&[true, false]).unwrap();
        assert!(batch.step(&[LEFT, STAY]).is_ok());
    }

    #[test]
    fn out_of_range_stays_the_error_of_the_batch_inside() {
        let mut batch = wrap(field(), OnMasked::Replace);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        assert!(matches!(batch.step(&[3, 0]), Err(Error::InvalidAction { env: 0, .. })));
        assert!(matches!(batch.step(&[i32::MIN, 0]), Err(Error::InvalidAction { env: 0, .. })));
    }

    #[test]
    fn misfits_are_refused() {
        let source = MaskSource::Observation("view_mask".into());
        assert!(ActionMask::wrap(Corridor::disabled(1), source, OnMasked::Reject).is_err());
        let source = MaskSource::Observation("distance".into());
        assert!(ActionMask::wrap(Corridor::disabled(1), source, OnMasked::Reject).is_err());
    }
}
