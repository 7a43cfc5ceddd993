//! Submodular policy optimisation (Prajapat, Mutny, Zeilinger and Krause, 2024): a policy gradient for rewards that
//! depend on the set of all that was visited. With the marginal gain of each step as its reward
//! ([`SubmodularReward`]) the gradient is
//!
//! ```text
//! grad J = E sum_h grad log pi(a_h | s_h, h) * (sum_{j >= h} [F(tau_0..j+1) - F(tau_0..j)] - baseline)
//! ```
//!
//! which is what PPO computes when advantages are undiscounted returns minus the value estimate (`gamma` and
//! `gae_lambda` 1) and every rollout is learned from once: [`policy_gradient`]. The policy sees its position and the
//! time.

use std::collections::BTreeMap;

use pentathlon_envs::grid_rooms::OPEN;
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::wrappers::{Coverage, SetObjective, SubmodularReward, VisitedField};
use pentathlon_gym::{BuildOptions, OptionValue, VectorEnv};

use crate::config::{EarlyStopConfig, EnvironmentConfig, NetworkConfig, ObservationPart, PpoConfig};
use crate::logging::lines::{Chart, Line};
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::{FinishedRuns, Report, Row, Watch};
use crate::{Config, Error, MakeBatch, Trainer, evaluate_and_look};

/// How the study is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageSettings {
    /// Seeds.
    pub seeds: u64,
    /// Columns and rows of the grid.
    pub side: u32,
    /// Steps of an episode.
    pub horizon: u32,
    /// Cells that a visit covers in every direction.
    pub radius: u32,
    /// Frames of training.
    pub frames: u64,
}

impl Default for CoverageSettings {
    fn default() -> Self {
        Self { seeds: 5, side: 30, horizon: 40, radius: 2, frames: 4_000_000 }
    }
}

impl CoverageSettings {
    fn objective(&self) -> Coverage {
        Coverage::new(self.side, self.side, self.radius)
    }

    /// The cell in the middle, where every episode starts.
    fn start(&self) -> u64 {
        u64::from(self.side / 2 * self.side + self.side / 2)
    }
}

/// The plain policy gradient of undiscounted returns, with the value estimate as its baseline: one gradient step a
/// rollout, whose length is that of an episode.
pub fn policy_gradient(horizon: usize) -> PpoConfig {
    PpoConfig {
        rollout_steps: horizon,
        epochs: 1,
        minibatches: 1,
        gamma: 1.0,
        gae_lambda: 1.0,
        clip_value: false,
        // What comes after the horizon does not count.
        bootstrap_on_timeout: false,
        ..PpoConfig::default()
    }
}

/// What the greedy walk covers, which always takes a step that adds most, one of them at random.
pub fn greedy_coverage(settings: &CoverageSettings, random: &mut Philox) -> f64 {
    let side = settings.side as i64;
    let mut objective = settings.objective();
    objective.add(settings.start());
    let (mut x, mut y) = (side / 2, side / 2);
    for _ in 0..settings.horizon {
        let inside = |&(x, y): &(i64, i64)| (0..side).contains(&x) && (0..side).contains(&y);
        let ways = [(x, y - 1), (x + 1, y), (x, y + 1), (x - 1, y)].into_iter().filter(inside);
        let gains: Vec<_> = ways.map(|(x, y)| ((x, y), objective.gain((y * side + x) as u64))).collect();
        let most = gains.iter().map(|(_, gain)| *gain).fold(0.0, f32::max);
        let best: Vec<_> = gains.iter().filter(|(_, gain)| *gain == most).map(|(way, _)| *way).collect();
        (x, y) = random.element(&best);
        objective.add((y * side + x) as u64);
    }
    f64::from(objective.value())
}

/// Greedy walks that the policy is compared with.
const WALKS: usize = 1000;
/// Episodes that a trained policy is judged by.
const EPISODES: usize = 256;

/// Trains a policy to cover an open grid and compares what it covers with the greedy walk, on the true objective,
/// which neither knows beforehand; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn coverage_study(
    settings: &CoverageSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let settings = *settings;
    let make_covered =
        |id: &str, options: &BuildOptions| -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
            let highest = ((2 * settings.radius + 1) as f32).powi(2);
            let paid = SubmodularReward::wrap(
                make(id, options)?,
                settings.objective(),
                VisitedField("cell".into()),
                highest,
            )?;
            Ok(Box::new(paid))
        };
    let first = f64::from({
        let mut objective = settings.objective();
        objective.add(settings.start())
    });
    let (mut covered, mut curves) = (Vec::new(), Vec::new());
    for seed in 1..=settings.seeds {
        let mut run = || {
            let mut trainer = Trainer::new(config(&settings, seed), &make_covered)?;
            let updates = trainer.config().updates();
            let every = (updates / 20).max(1);
            let mut curve = Vec::new();
            for update in 0..=updates {
                if update.is_multiple_of(every) || update == updates {
                    curve.push((trainer.frames() as f64, first + judge(&trainer, &make_covered)?));
                }
                if update < updates {
                    trainer.train_update()?;
                }
                let done = (seed as f64 - 1.0 + update as f64 / updates as f64) / settings.seeds as f64;
                if watch(done, &format!("seed {seed}")).is_break() {
                    return Ok(None);
                }
            }
            Ok(Some(curve))
        };
        let alike = format!("{:?}", CoverageSettings { seeds: 1, ..settings });
        let curve: Option<Vec<(f64, f64)>> =
            finished.find_or(&format!("subpo, seed {seed}"), &alike, &mut run)?;
        let Some(curve) = curve else { return Ok(None) };
        covered.push(curve[curve.len() - 1].1);
        curves.push(curve);
    }
    let mut random = stream(0, Purpose::Evaluation);
    let greedy: Vec<f64> = (0..WALKS).map(|_| greedy_coverage(&settings, &mut random)).collect();
    Ok(Some(report(&settings, covered, greedy, &curves)))
}

fn config(settings: &CoverageSettings, seed: u64) -> Config {
    let middle = i64::from(settings.side / 2);
    let cells = (settings.side * settings.side) as usize;
    let options: BTreeMap<String, OptionValue> =
        [("size", i64::from(settings.side)), ("start_x", middle), ("start_y", middle)]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), OptionValue::Integer(value)))
            .collect();
    Config {
        seed,
        frames: settings.frames,
        environment: EnvironmentConfig {
            id: OPEN.into(),
            num_envs: 32,
            max_episode_steps: Some(settings.horizon),
            observations: vec!["cell".into(), "time".into()],
            options,
            ..EnvironmentConfig::default()
        },
        network: NetworkConfig {
            cell_observations: Vec::new(),
            // The position is one of so many, with weights of its own, as in a table.
            parts: [("cell".to_owned(), vec![ObservationPart::Category { category: cells }])].into(),
            hidden: vec![64, 64],
            ..NetworkConfig::default()
        },
        ppo: PpoConfig {
            learning_rate: 3e-3,
            final_learning_rate: 3e-4,
            reward_scale: 0.1,
            entropy_coefficient: 0.01,
            ..policy_gradient(settings.horizon as usize)
        },
        early_stop: EarlyStopConfig { success_rate: 0.0, ..EarlyStopConfig::default() },
        ..Config::default()
    }
}

/// What the policy adds to the start, a mean over episodes of sampled actions.
fn judge(trainer: &Trainer, make: MakeBatch<'_>) -> Result<f64, Error> {
    let mut total = 0.0;
    let config = trainer.config();
    let options = config.build_options(1, config.evaluation_seed());
    let id = &config.environment.id;
    evaluate_and_look(&mut trainer.policy(), make, id, &options, EPISODES, &mut |step, active| {
        let counted = step.reward.iter().zip(active).filter(|(_, active)| **active);
        total += counted.map(|(reward, _)| f64::from(*reward)).sum::<f64>();
    })?;
    Ok(total / EPISODES as f64)
}

fn report(
    settings: &CoverageSettings,
    covered: Vec<f64>,
    greedy: Vec<f64>,
    curves: &[Vec<(f64, f64)>],
) -> Report {
    let best = greedy.iter().copied().fold(0.0, f64::max);
    let share: Vec<f64> = covered.iter().map(|covered| covered / mean(&greedy)).collect();
    let against_best = mean(&covered) / best;
    let passed = mean(&share) >= 0.9;
    let finding = format!(
        "the policy covers {:.1} % of what the greedy walk covers in the mean, {:.1} % of the best of {WALKS} greedy \
         walks ({best:.0} cells)",
        100.0 * mean(&share),
        100.0 * against_best
    );
    let points = (0..curves[0].len())
        .map(|at| (curves[0][at].0, curves.iter().map(|curve| curve[at].1).collect::<Vec<f64>>()));
    let policy = Line::over_seeds("SubPO", points);
    let ends = [0.0, curves[0][curves[0].len() - 1].0];
    let line = Line::over_seeds("greedy walk", ends.map(|x| (x, greedy.clone())));
    let CoverageSettings { side, horizon, radius, .. } = *settings;
    Report {
        study: "subpo".into(),
        seeds: covered.len(),
        rows: vec![
            Row::new("SubPO", "cells covered", covered),
            Row::new("greedy walk", "cells covered", greedy),
            Row::new("SubPO", "part of the greedy walk", share),
        ],
        claim: format!(
            "on a grid of {side} x {side} with horizon {horizon} and radius {radius}, all cells of weight 1, the policy \
             covers at least 90 % of what the greedy walk covers"
        ),
        finding,
        passed: Some(passed),
        chart: Some(Chart {
            title: format!("Coverage of {side} x {side} cells in {horizon} steps"),
            x: "frames".into(),
            y: "cells covered".into(),
            lines: vec![policy, line],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greedy_walk_adds_a_whole_side_of_the_window_where_there_is_room() {
        let settings = CoverageSettings { side: 31, horizon: 10, radius: 2, ..CoverageSettings::default() };
        let mut random = stream(1, Purpose::Actions);
        for _ in 0..50 {
            assert_eq!(greedy_coverage(&settings, &mut random), 25.0 + 10.0 * 5.0);
        }
    }
}
