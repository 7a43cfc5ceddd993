//! Multiplies rewards by a constant, as Gymnasium's `TransformReward` with a product.

use super::transform::{Transform, Wrapped, misfit};
use crate::{BuildOptions, EnvSpec, Error, Step, VectorEnv};

/// Multiplies rewards by a constant.
#[derive(Debug)]
pub struct ScaleReward {
    factor: f32,
    reward: Vec<f32>,
}

impl ScaleReward {
    /// Multiplies the rewards of `inner` by `factor`.
    ///
    /// # Errors
    /// A factor that is not finite.
    pub fn wrap<E: VectorEnv + 'static>(inner: E, factor: f32) -> Result<Wrapped<E, Self>, Error> {
        if !factor.is_finite() {
            return Err(misfit(
                Self::NAME,
                format!("a factor of {factor} was given; allowed: finite numbers"),
            ));
        }
        let reward = vec![0.0; inner.num_envs() * inner.spec().num_agents];
        Ok(Wrapped::new(inner, Self { factor, reward }))
    }
}

impl Transform for ScaleReward {
    const NAME: &'static str = "ScaleReward";
    const STATELESS: bool = true;
    type State = ();

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        let (low, high) = (spec.reward_range.0 * self.factor, spec.reward_range.1 * self.factor);
        spec.reward_range = (low.min(high), low.max(high));
    }

    fn step<'a>(&'a mut self, step: Step<'a>, _: Option<&[bool]>) -> Step<'a> {
        for (scaled, reward) in self.reward.iter_mut().zip(step.reward) {
            *scaled = reward * self.factor;
        }
        Step { reward: &self.reward, ..step }
    }

    fn state(&self) {}

    fn set_state(&mut self, (): ()) -> Result<(), String> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AutoresetMode, corridor::Corridor};

    #[test]
    fn rewards_are_multiplied() {
        let mut plain = Corridor::new(3, AutoresetMode::NextStep);
        let mut scaled = ScaleReward::wrap(Corridor::new(3, AutoresetMode::NextStep), -2.0).unwrap();
        let plain: &mut dyn VectorEnv = &mut plain;
        let scaled: &mut dyn VectorEnv = &mut scaled;
        plain.reset(5).unwrap();
        scaled.reset(5).unwrap();
        let mut rewarded = 0;
        for _ in 0..20 {
            let reward = plain.step(&[1, 1, 1]).unwrap().reward.to_vec();
            let other = scaled.step(&[1, 1, 1]).unwrap().reward;
            assert!(reward.iter().zip(other).all(|(reward, other)| reward * -2.0 == *other));
            rewarded += reward.iter().filter(|&&reward| reward != 0.0).count();
        }
        assert!(rewarded > 0);
        assert_eq!(scaled.spec().reward_range, (-2.0, 0.0));
    }

    #[test]
    fn the_factor_is_finite() {
        assert!(ScaleReward::wrap(Corridor::disabled(1), f32::NAN).is_err());
        assert!(ScaleReward::wrap(Corridor::disabled(1), f32::INFINITY).is_err());
    }
}
