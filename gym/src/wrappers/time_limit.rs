//! Truncates episodes after a number of steps, as Gymnasium's `TimeLimit`. The limit that a batch is
//! built with costs less; this one also limits what another wrapper has changed.

use super::transform::{Transform, Wrapped, misfit, takes_part};
use crate::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, EpisodeRecord, Error, Info, Observation, ResetOptions,
    RunningEpisodes, Step, VectorEnv,
};

/// Truncates episodes after a number of steps.
#[derive(Debug)]
pub struct TimeLimit {
    limit: u32,
    num_agents: usize,
    running: RunningEpisodes,
    ended: Vec<bool>,
    truncated: Vec<bool>,
    episodes: Vec<EpisodeRecord>,
}

impl TimeLimit {
    /// Truncates the episodes of `inner` after `limit` steps.
    ///
    /// # Errors
    /// A limit of 0, or a batch that resets by itself: it would not notice that its episode was cut off.
    pub fn wrap<E: VectorEnv + 'static>(inner: E, limit: u32) -> Result<Wrapped<E, Self>, Error> {
        if limit == 0 {
            return Err(misfit(Self::NAME, "a limit of 0 steps was given; allowed: 1 or more"));
        }
        if inner.autoreset() != AutoresetMode::Disabled {
            let reason = "the batch inside resets by itself; build it with autoreset disabled, and put \
                          Autoreset around this wrapper";
            return Err(misfit(Self::NAME, reason));
        }
        let num_envs = inner.num_envs();
        let transform = Self {
            limit,
            num_agents: inner.spec().num_agents,
            running: RunningEpisodes::new(num_envs),
            ended: vec![false; num_envs],
            truncated: vec![false; num_envs],
            episodes: Vec::with_capacity(num_envs),
        };
        Ok(Wrapped::new(inner, transform))
    }
}

impl Transform for TimeLimit {
    const NAME: &'static str = "TimeLimit";
    type State = (u32, RunningEpisodes, Vec<bool>);

    fn describe(&self, spec: &mut EnvSpec, options: &mut BuildOptions) {
        let limit = options.max_episode_steps.unwrap_or(spec.max_episode_steps).min(self.limit);
        spec.max_episode_steps = limit;
        options.max_episode_steps = Some(limit);
    }

    fn began(&mut self, _: &Observation, options: &ResetOptions<'_>) {
        for env in (0..self.ended.len()).filter(|&env| takes_part(options.mask, env)) {
            self.running.begin(env);
            self.ended[env] = false;
        }
    }

    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        _: &Observation,
        mask: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        let mut envs = 0..self.ended.len();
        match envs.find(|&env| self.ended[env] && takes_part(mask, env)) {
            Some(env) => Err(Error::Ended { env }),
            None => Ok(actions),
        }
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        self.episodes.clear();
        let mut records = step.info.episodes.iter().peekable();
        let rewards = step.reward.chunks_exact(self.num_agents);
        for (env, rewards) in rewards.enumerate() {
            self.truncated[env] = step.truncated[env];
            if !takes_part(mask, env) {
                continue;
            }
            self.running.step(env, rewards);
            let inner_ended = step.ended(env);
            if self.running.length(env) >= self.limit {
                self.truncated[env] = true;
            }
            self.ended[env] = inner_ended || self.truncated[env];
            if inner_ended {
                self.episodes.extend(records.next_if(|record| record.env == env));
            } else if self.ended[env] {
                self.episodes.push(self.running.record(env, step.info.success[env]));
            }
        }
        let info = Info { episodes: &self.episodes, ..step.info };
        Step { truncated: &self.truncated, info, ..step }
    }

    fn state(&self) -> Self::State {
        (self.limit, self.running.clone(), self.ended.clone())
    }

    fn set_state(&mut self, (limit, running, ended): Self::State) -> Result<(), String> {
        if limit != self.limit {
            return Err(format!("its limit is {limit} steps, here it is {}", self.limit));
        }
        if !running.fits(self.ended.len()) || ended.len() != self.ended.len() {
            return Err(format!("it is of another number of environments than {}", self.ended.len()));
        }
        self.running = running;
        self.ended = ended;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::{Corridor, STAY};

    #[test]
    fn episodes_are_cut_off_and_recorded() {
        let mut batch = TimeLimit::wrap(Corridor::disabled(2), 3).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        for _ in 0..2 {
            let step = batch.step(&[STAY, STAY]).unwrap();
            assert_eq!(step.truncated, [false, false]);
        }
        let step = batch.step(&[STAY, STAY]).unwrap();
        assert_eq!((step.truncated, step.terminated), (&[true, true][..], &[false, false][..]));
        let lengths: Vec<_> = step.info.episodes.iter().map(|e| (e.env, e.length, e.success)).collect();
        assert_eq!(lengths, [(0, 3, false), (1, 3, false)]);
    }

    #[test]
    fn a_cut_off_environment_waits_for_its_reset() {
        let mut batch = TimeLimit::wrap(Corridor::disabled(2), 1).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(0).unwrap();
        batch.step(&[STAY, STAY]).unwrap();
        batch.reset_mask(&[true, false]).unwrap();
        assert!(matches!(batch.step(&[STAY, STAY]), Err(Error::Ended { env: 1 })));
        batch.reset_mask(&[false, true]).unwrap();
        assert!(batch.step(&[STAY, STAY]).is_ok());
    }

    #[test]
    fn the_spec_tells_the_limit() {
        let batch = TimeLimit::wrap(Corridor::disabled(1), 3).unwrap();
        assert_eq!(batch.spec().max_episode_steps, 3);
        assert_eq!(batch.options().max_episode_steps, Some(3));
    }

    #[test]
    fn misfits_are_refused() {
        assert!(TimeLimit::wrap(Corridor::disabled(1), 0).is_err());
        let error = TimeLimit::wrap(Corridor::new(1, AutoresetMode::SameStep), 3).unwrap_err().to_string();
        assert!(error.starts_with("wrapper TimeLimit: ") && error.contains("autoreset disabled"), "{error}");
    }
}
