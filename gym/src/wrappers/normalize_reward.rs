//! Divides rewards by the standard deviation of a running discounted return, as Gymnasium's vector
//! `NormalizeReward` does. The running return of an environment is discounted and added to at every
//! step, and its old part dropped in the step that terminates; truncation lets it run on.

use super::{
    RunningMoments,
    transform::{Transform, Wrapped, misfit, takes_part},
};
use crate::{BuildOptions, EnvSpec, Error, Observation, ResetOptions, Step, VectorEnv};

/// Keeps the variance from being 0.
const EPSILON: f64 = 1e-8;

/// Divides rewards by the standard deviation of a running discounted return.
#[derive(Debug)]
pub struct NormalizeReward {
    /// Whether statistics go on; switch off for evaluation. Default true.
    pub update: bool,
    discount: f64,
    num_agents: usize,
    /// Running discounted return of every agent.
    returns: Vec<f64>,
    moments: RunningMoments,
    reward: Vec<f32>,
}

impl NormalizeReward {
    /// Normalises the rewards of `inner`; Gymnasium's default discount is 0.99.
    ///
    /// # Errors
    /// A discount outside 0 to 1.
    pub fn wrap<E: VectorEnv + 'static>(inner: E, discount: f32) -> Result<Wrapped<E, Self>, Error> {
        if !(0.0..=1.0).contains(&discount) {
            return Err(misfit(Self::NAME, format!("a discount of {discount} was given; allowed: 0 to 1")));
        }
        let num_agents = inner.spec().num_agents;
        let rows = inner.num_envs() * num_agents;
        let transform = Self {
            update: true,
            discount: discount.into(),
            num_agents,
            returns: vec![0.0; rows],
            moments: RunningMoments::default(),
            reward: vec![0.0; rows],
        };
        Ok(Wrapped::new(inner, transform))
    }

    /// Moments of the running discounted return.
    pub fn moments(&self) -> RunningMoments {
        self.moments
    }
}

impl Transform for NormalizeReward {
    const NAME: &'static str = "NormalizeReward";
    type State = (Vec<f64>, RunningMoments);

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        spec.reward_range = (f32::NEG_INFINITY, f32::INFINITY);
    }

    fn began(&mut self, _: &Observation, options: &ResetOptions<'_>) {
        // A reset of everything is a new beginning; one with a mask follows an ended episode.
        if options.mask.is_none() {
            self.returns.fill(0.0);
        }
    }

    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a> {
        let num_agents = self.num_agents;
        let active = |row: usize| takes_part(mask, row / num_agents);
        for (row, running) in self.returns.iter_mut().enumerate().filter(|(row, _)| active(*row)) {
            let carried = if step.terminated[row / num_agents] { 0.0 } else { *running * self.discount };
            *running = carried + f64::from(step.reward[row]);
        }
        if self.update {
            let rows = self.returns.iter().enumerate().filter(|(row, _)| active(*row));
            self.moments.update(rows.map(|(_, running)| *running));
        }
        let deviation = (self.moments.variance + EPSILON).sqrt();
        for (normalized, reward) in self.reward.iter_mut().zip(step.reward) {
            *normalized = (f64::from(*reward) / deviation) as f32;
        }
        Step { reward: &self.reward, ..step }
    }

    fn state(&self) -> Self::State {
        (self.returns.clone(), self.moments)
    }

    fn set_state(&mut self, (returns, moments): Self::State) -> Result<(), String> {
        if returns.len() != self.returns.len() {
            return Err(format!("it is of {} agents, here are {}", returns.len(), self.returns.len()));
        }
        if !moments.is_sound() || returns.iter().any(|value| !value.is_finite()) {
            return Err(String::from("its statistics are not finite"));
        }
        self.returns = returns;
        self.moments = moments;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AutoresetMode, corridor::Corridor};

    #[test]
    fn rewards_are_divided_by_the_deviation_of_the_return() {
        let modes = AutoresetMode::SameStep;
        let mut plain = Corridor::new(2, modes);
        let mut normalized = NormalizeReward::wrap(Corridor::new(2, modes), 0.9).unwrap();
        let plain: &mut dyn VectorEnv = &mut plain;
        plain.reset(3).unwrap();
        (&mut normalized as &mut dyn VectorEnv).reset(3).unwrap();
        let mut running = [0.0f64; 2];
        let mut moments = RunningMoments::default();
        let mut rewarded = 0;
        for _ in 0..30 {
            let step = plain.step(&[1, 1]).unwrap();
            for (env, running) in running.iter_mut().enumerate() {
                let kept = if step.terminated[env] { 0.0 } else { 1.0 };
                *running = *running * f64::from(0.9f32) * kept + f64::from(step.reward[env]);
            }
            moments.update(running.into_iter());
            let other = normalized.step_with((&[1, 1]).into()).unwrap().reward;
            for (reward, other) in step.reward.iter().zip(other) {
                let expected = f64::from(*reward) / (moments.variance + 1e-8).sqrt();
                assert!((expected - f64::from(*other)).abs() < 1e-5, "{expected} {other}");
                rewarded += usize::from(*other != 0.0);
            }
        }
        assert!(rewarded > 3);
        assert_eq!(normalized.transform().moments(), moments);
    }

    #[test]
    fn frozen_statistics_stay() {
        let mut batch = NormalizeReward::wrap(Corridor::new(2, AutoresetMode::NextStep), 0.99).unwrap();
        (&mut batch as &mut dyn VectorEnv).reset(3).unwrap();
        batch.transform_mut().update = false;
        for _ in 0..10 {
            batch.step_with((&[1, 1]).into()).unwrap();
        }
        assert_eq!(batch.transform().moments(), RunningMoments::default());
    }
}
