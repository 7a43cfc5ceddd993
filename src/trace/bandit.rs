//! Records a batch of coupled bandits while it steps: the instance, then for each environment the levels of
//! its arms, what was chosen and what was paid, step by step.

use std::io::Write;

use pentathlon_engine::{Batch, find_batch};
use pentathlon_envs::cormab::{CoupledBandit, instance::Instance};
use pentathlon_gym::{Actions, AutoresetMode, VectorEnv};
use serde::Serialize;

use super::{ActionSequence, recorder::RecordError};

/// First line of a trace: what was played.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BanditHeader {
    /// The environment id.
    pub id: String,
    /// Version of the suite.
    pub pentathlon: &'static str,
    /// Seed of the batch.
    pub seed: u64,
    /// The instance, in the format of the golden files.
    pub instance: Instance,
}

/// One step of one environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BanditStep {
    /// The components that were chosen, ascending.
    pub action: Vec<usize>,
    /// What was paid.
    pub reward: f32,
    /// Levels of the arms after the step.
    pub levels: Vec<u8>,
    /// Whether the episode was cut off after the step. It has no end of its own.
    pub truncated: bool,
}

/// One environment; a new episode begins after every truncated step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct BanditRollout {
    /// Index of the environment in the batch.
    pub env: usize,
    /// Levels of the arms at the start of each episode.
    pub starts: Vec<Vec<u8>>,
    /// The steps of all episodes.
    pub steps: Vec<BanditStep>,
}

/// A recorded batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BanditTrace {
    /// First line.
    pub header: BanditHeader,
    /// Further lines.
    pub rollouts: Vec<BanditRollout>,
}

impl BanditTrace {
    /// Resets `batch` with the seed it was built with, takes `actions`, and records all that happens.
    ///
    /// # Errors
    /// A batch that is not one of coupled bandits with autoreset disabled, or that refuses an action.
    pub fn record(batch: &mut dyn VectorEnv, actions: &ActionSequence) -> Result<Self, RecordError> {
        if batch.autoreset() != AutoresetMode::Disabled {
            return Err(RecordError::Autoreset);
        }
        let seed = batch.options().seed;
        batch.reset(Some(seed))?;
        let header = BanditHeader {
            id: batch.spec().id.clone(),
            pentathlon: env!("CARGO_PKG_VERSION"),
            seed,
            instance: bandits(batch)?.domain().instance().clone(),
        };
        let mut rollouts: Vec<BanditRollout> =
            (0..batch.num_envs()).map(|env| BanditRollout { env, ..BanditRollout::default() }).collect();
        let mut ended = vec![true; rollouts.len()];
        let mut rewards = Vec::with_capacity(rollouts.len());
        for row in actions.steps() {
            let Actions::Discrete(row) = row else { return Err(RecordError::RealActions) };
            for rollout in rollouts.iter_mut().filter(|rollout| ended[rollout.env]) {
                rollout.starts.push(levels(batch, rollout.env)?);
            }
            let step = batch.step(row)?;
            rewards.clear();
            rewards.extend_from_slice(step.reward);
            ended.copy_from_slice(step.truncated);
            let width = row.len() / rollouts.len();
            for (rollout, action) in rollouts.iter_mut().zip(row.chunks_exact(width)) {
                let chosen = action.iter().enumerate().filter(|(_, number)| **number == 1);
                rollout.steps.push(BanditStep {
                    action: chosen.map(|(component, _)| component).collect(),
                    reward: rewards[rollout.env],
                    levels: levels(batch, rollout.env)?,
                    truncated: ended[rollout.env],
                });
            }
            if ended.contains(&true) {
                batch.reset_mask(&ended)?;
            }
        }
        Ok(Self { header, rollouts })
    }

    /// Writes the trace as JSON lines.
    ///
    /// # Errors
    /// When `writer` fails.
    pub fn write(&self, writer: &mut dyn Write) -> std::io::Result<()> {
        super::write_lines(&self.header, &self.rollouts, writer)
    }
}

fn bandits(batch: &dyn VectorEnv) -> Result<&Batch<CoupledBandit>, RecordError> {
    find_batch(batch).ok_or_else(|| RecordError::NoRecorder { id: batch.spec().id.clone() })
}

/// Levels of the arms of an environment.
fn levels(batch: &dyn VectorEnv, env: usize) -> Result<Vec<u8>, RecordError> {
    let bandits = bandits(batch)?;
    let (_, items, _) = bandits.instance(env)?;
    Ok(bandits.domain().levels(&items).iter().map(|level| *level as u8).collect())
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{dynamics::Arms, sample_actions};
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn a_trace_holds_what_an_instance_pays() {
        let builder = crate::make("coRMAB-Budget-v0").unwrap().num_envs(3).seed(4);
        let mut batch = builder.autoreset(AutoresetMode::Disabled).build().unwrap();
        let mut row = vec![0; 3 * 20];
        let mut random = Philox::for_level(1, 1);
        let mut actions = ActionSequence::new(batch.spec(), 3).unwrap();
        for _ in 0..45 {
            assert!(sample_actions(&*batch, &mut random, &mut row));
            actions.push(&row);
        }
        let trace = BanditTrace::record(&mut *batch, &actions).unwrap();
        let instance = &trace.header.instance;
        assert_eq!(Arms::new(instance).len(), 20);
        for rollout in &trace.rollouts {
            assert_eq!((rollout.starts.len(), rollout.steps.len()), (3, 45), "episodes of 20 steps");
            for step in &rollout.steps {
                let pays = step.levels.iter().zip(&instance.reward);
                let paid: f64 = pays.map(|(level, rewards)| rewards[usize::from(*level)]).sum();
                assert!((paid - f64::from(step.reward)).abs() < 1e-4, "{paid} {}", step.reward);
                assert!(step.action.len() <= 5);
            }
        }
        let mut text = Vec::new();
        trace.write(&mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), 4);
    }
}
