//! The protocol by which policies are compared: a number of episodes from common starts under common noise,
//! in each step of which the expected reward of the chosen action is recorded.

use std::time::Instant;

use pentathlon_envs::cormab::{
    action::write_action, build_instance, dynamics::Arms, feasible::FeasibleSet, instance::Instance,
};
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Error, VectorEnv};
use serde::{Deserialize, Serialize};

use super::policies::BanditPolicy;

/// How policies are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationProtocol {
    /// Episodes, at least 1.
    pub episodes: usize,
    /// Seed of starts and noise. The noise of an arm follows from seed, episode, step and arm alone.
    pub seed: u64,
    /// Chance of an arm to start at level 1 instead of 0.
    pub start: f64,
}

impl Default for EvaluationProtocol {
    /// That of the published experiments: 50 episodes, a chance of 0.2.
    fn default() -> Self {
        Self { episodes: 50, seed: 1 << 40, start: 0.2 }
    }
}

/// What a policy earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Earned {
    /// Mean expected reward of a step.
    pub mean: f64,
    /// Its standard error over the means of episodes, which are independent.
    pub standard_error: f64,
    /// The standard error if steps were independent, as the published protocol takes them.
    pub step_standard_error: f64,
    /// Episodes.
    pub episodes: usize,
    /// Decisions.
    pub decisions: usize,
    /// Mean time of a decision in seconds.
    pub seconds_per_decision: f64,
}

/// Judges `policy` on `instance`. Actions that are not allowed pull nothing, and earn what that earns.
///
/// # Errors
/// When the batch cannot be built or stepped.
pub fn evaluate(
    instance: &Instance,
    protocol: &EvaluationProtocol,
    policy: &mut dyn BanditPolicy,
) -> Result<Earned, Error> {
    let options = BuildOptions {
        num_envs: protocol.episodes.max(1),
        seed: protocol.seed,
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        threads: 1,
        options: [("start".into(), protocol.start.into()), ("infeasible".into(), "empty".into())].into(),
        ..BuildOptions::default()
    };
    let mut batch = build_instance(instance.clone(), &options)?;
    let batch: &mut dyn VectorEnv = &mut batch;
    let (arms, set) = (Arms::new(instance), FeasibleSet::new(instance));
    let (count, width, horizon) = (batch.num_envs(), instance.components, batch.spec().max_episode_steps);
    let mut actions = vec![0; count * width];
    let mut sums = vec![0.0; count];
    let (mut total, mut squares) = (0.0, 0.0);
    let mut seconds = 0.0;
    batch.reset(None)?;
    for step in 0..horizon {
        let levels = batch.observation()["levels"].as_u8().unwrap_or_default();
        let begin = Instant::now();
        for ((levels, action), sum) in
            levels.chunks_exact(instance.arms).zip(actions.chunks_exact_mut(width)).zip(&mut sums)
        {
            let mut chosen = policy.act(levels, step);
            if !set.contains(chosen) {
                chosen = 0;
            }
            write_action(chosen, action);
            let reward = arms.expected_reward(levels, chosen);
            *sum += reward;
            total += reward;
            squares += reward * reward;
        }
        seconds += begin.elapsed().as_secs_f64();
        batch.step(&actions)?;
    }
    let decisions = count * horizon as usize;
    let means: Vec<f64> = sums.iter().map(|sum| sum / f64::from(horizon)).collect();
    let mean = total / decisions as f64;
    let variance = (squares / decisions as f64 - mean * mean).max(0.0);
    Ok(Earned {
        mean,
        standard_error: standard_error(&means),
        step_standard_error: (variance / decisions as f64).sqrt(),
        episodes: count,
        decisions,
        seconds_per_decision: seconds / decisions as f64,
    })
}

/// The standard error of the mean of `values`; 0 of a single one.
pub fn standard_error(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}
