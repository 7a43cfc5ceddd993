//! SEQUOIA's run as one of many in a comparison of experiments.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use pentathlon::{
    EpisodeRecord,
    agents::{
        cormab::{
            evaluation::evaluate,
            oracle::Limits,
            policies::{BestOfNetwork, oracle_for},
            sequoia::{SequoiaConfig, SequoiaTrainer},
        },
        logging::table::{EpisodeTable, TrainingEpisode},
    },
    envs::cormab::feasible::FeasibleSet,
};

use super::{
    super::experiment::{Judgement, Run, Standing},
    MAX_NODES, checkpoint_path, make_instance,
};

/// A run in its folder.
pub struct SequoiaRun {
    trainer: SequoiaTrainer,
    folder: PathBuf,
}

impl SequoiaRun {
    /// The run that was saved in `folder`, or one that has made its warm start.
    pub fn open(config: SequoiaConfig, folder: &Path) -> anyhow::Result<Self> {
        let checkpoint = checkpoint_path(folder);
        let trainer = if checkpoint.exists() {
            SequoiaTrainer::resume(&checkpoint, &[] as &[&str])?
        } else {
            let instance = make_instance(&config)?;
            SequoiaTrainer::new(config, instance)?
        };
        Ok(Self { trainer, folder: folder.to_owned() })
    }

    fn frames_of(&self, episodes: usize) -> u64 {
        episodes as u64 * u64::from(self.trainer.instance().horizon)
    }
}

impl Run for SequoiaRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let horizon = self.trainer.instance().horizon;
        let checkpoint = checkpoint_path(&self.folder);
        let mut table = EpisodeTable::open(&self.folder.join("episodes.csv"), self.frames())?;
        let total_frames = self.frames_of(self.trainer.config().training.episodes);
        while !self.trainer.is_over() && !stop.load(Ordering::SeqCst) {
            let progress = self.trainer.train_episode()?;
            let frames = self.frames();
            // What the learner reports is the mean of a step.
            let episode_return = (progress.reward * f64::from(horizon)) as f32;
            let record = EpisodeRecord { env: 0, episode_return, length: horizon, success: false };
            table.push(&[TrainingEpisode { frames, record }])?;
            if progress.check.is_some() {
                self.trainer.save(&checkpoint)?;
            }
            show(&Standing {
                frames,
                total_frames,
                seconds: progress.seconds,
                mean_return: f64::from(episode_return),
                success_rate: 0.0,
            });
        }
        self.trainer.save(&checkpoint)?;
        Ok(self.trainer.is_over())
    }

    /// The agent takes the best action that its search finds, both ways.
    fn evaluate(&mut self, _greedy: bool) -> anyhow::Result<Judgement> {
        let instance = self.trainer.instance();
        let set = FeasibleSet::new(instance);
        let limits = Limits { nodes: MAX_NODES, ..Limits::default() };
        let mut agent = BestOfNetwork::new(self.trainer.trained().network, oracle_for(&set, limits));
        let earned = evaluate(instance, &self.trainer.config().evaluation, &mut agent)?;
        Ok(Judgement {
            episodes: earned.episodes,
            mean_return: earned.mean * f64::from(instance.horizon),
            mean_length: Some(f64::from(instance.horizon)),
            success_rate: None,
        })
    }

    fn frames(&self) -> u64 {
        self.frames_of(self.trainer.episodes())
    }

    fn seconds(&self) -> f64 {
        self.trainer.seconds()
    }
}
