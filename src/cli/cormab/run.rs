//! SEQUOIA's run as one of many in a comparison of experiments. It is over in minutes and is not resumed: one that was
//! stopped begins again.

use std::{
    ops::ControlFlow,
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
            sequoia::{Progress, SequoiaConfig, Trained, train},
        },
        logging::table::{EpisodeTable, TrainingEpisode},
    },
    envs::cormab::{feasible::FeasibleSet, instance::Instance},
};

use super::{
    super::experiment::{Judgement, Run, Standing},
    make_instance,
    train::MAX_NODES,
};

/// A run in its folder.
pub struct SequoiaRun {
    config: SequoiaConfig,
    instance: Instance,
    folder: PathBuf,
    trained: Option<Trained>,
}

impl SequoiaRun {
    /// A run from the start.
    pub fn new(config: SequoiaConfig, folder: &Path) -> anyhow::Result<Self> {
        Ok(Self { instance: make_instance(&config)?, config, folder: folder.to_owned(), trained: None })
    }
}

impl Run for SequoiaRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let horizon = self.instance.horizon;
        let mut table = EpisodeTable::open(&self.folder.join("episodes.csv"), 0)?;
        let total_frames = self.config.training.episodes as u64 * u64::from(horizon);
        let mut failed = None;
        let trained = train(&self.config, &self.instance, &mut |progress: &Progress| {
            // What the learner reports is the mean of a step.
            let episode_return = (progress.reward * f64::from(horizon)) as f32;
            let frames = progress.episode as u64 * u64::from(horizon);
            let record = EpisodeRecord { env: 0, episode_return, length: horizon, success: false };
            if let Err(error) = table.push(&[TrainingEpisode { frames, record }]) {
                failed.get_or_insert(error);
            }
            show(&Standing {
                frames,
                total_frames,
                seconds: progress.seconds,
                mean_return: f64::from(episode_return),
                success_rate: 0.0,
            });
            if stop.load(Ordering::SeqCst) || failed.is_some() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let is_over = trained.episodes >= self.config.training.episodes;
        self.trained = Some(trained);
        Ok(is_over)
    }

    /// The agent takes the best action that its search finds, both ways.
    fn evaluate(&mut self, _greedy: bool) -> anyhow::Result<Judgement> {
        let Some(trained) = &self.trained else { anyhow::bail!("SEQUOIA was not trained yet") };
        let set = FeasibleSet::new(&self.instance);
        let limits = Limits { nodes: MAX_NODES, ..Limits::default() };
        let mut agent = BestOfNetwork::new(trained.network.clone(), oracle_for(&set, limits));
        let earned = evaluate(&self.instance, &self.config.evaluation, &mut agent)?;
        Ok(Judgement {
            episodes: earned.episodes,
            mean_return: earned.mean * f64::from(self.instance.horizon),
            mean_length: Some(f64::from(self.instance.horizon)),
            success_rate: None,
        })
    }

    fn frames(&self) -> u64 {
        let episodes = self.trained.as_ref().map_or(0, |trained| trained.episodes);
        episodes as u64 * u64::from(self.instance.horizon)
    }

    fn seconds(&self) -> f64 {
        self.trained.as_ref().map_or(0.0, |trained| trained.seconds)
    }
}
