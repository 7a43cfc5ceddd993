//! A training run of TD3 or SRL: an update for every frame that is collected, reports, checkpoints, evaluation.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pentathlon_gym::{EpisodeWindow, Step, VectorEnv};

use super::checkpoint::State;
use super::config::ContinuousConfig;
use super::learner::RunLearner;
use super::policy::ContinuousPolicy;
use super::run_files::ContinuousFiles;
use crate::logging::table::TrainingEpisode;
use crate::td3::{Collector, ContinuousStatistics, Control};
use crate::trainer::Ending;
use crate::{Error, Evaluation, MakeBatch, evaluate_and_look};

/// How a run is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ContinuousProgress {
    /// Frames played so far.
    pub frames: u64,
    /// Updates of the critics so far.
    pub updates: u64,
    /// Seconds spent so far, those before a resume included.
    pub seconds: f64,
    /// Episodes that have ended so far.
    pub episodes: u64,
    /// Mean return of the most recent ones; 0 before the first.
    pub mean_return: f64,
    /// Their mean length.
    pub mean_length: f64,
    /// Their share of successful ones.
    pub success_rate: f64,
    /// What the last update did.
    pub statistics: ContinuousStatistics,
}

impl ContinuousProgress {
    /// The columns of the progress table, in order.
    pub fn fields(&self) -> [(&'static str, f64); 9] {
        [
            ("frames", self.frames as f64),
            ("updates", self.updates as f64),
            ("seconds", self.seconds),
            ("episodes", self.episodes as f64),
            ("mean_return", self.mean_return),
            ("mean_length", self.mean_length),
            ("success_rate", self.success_rate),
            ("critic_error", self.statistics.critic_error.into()),
            ("dynamics_error", self.statistics.dynamics_error.into()),
        ]
    }
}

/// A training run of TD3 or SRL.
///
/// Two runs of the same configuration go through the same parameters, bit for bit, however often they are saved and
/// resumed.
pub struct ContinuousTrainer {
    config: ContinuousConfig,
    learner: RunLearner,
    collector: Collector,
    window: EpisodeWindow,
    statistics: ContinuousStatistics,
    seconds: f64,
    /// Episodes that ended since they were last written.
    ended: Vec<TrainingEpisode>,
}

impl ContinuousTrainer {
    /// A run from scratch.
    ///
    /// # Errors
    /// A configuration out of range, an environment that cannot be built or trained on.
    pub fn new(config: ContinuousConfig, make: MakeBatch<'_>) -> Result<Self, Error> {
        let mut env = Self::build(&config, make)?;
        env.as_mut().reset(config.seed)?;
        Self::with_env(config, env)
    }

    fn build(config: &ContinuousConfig, make: MakeBatch<'_>) -> Result<Box<dyn VectorEnv>, Error> {
        config.validate()?;
        let options = config.build_options(config.environment.num_envs, config.seed);
        Ok(make(&config.environment.id, &options)?)
    }

    fn with_env(config: ContinuousConfig, env: Box<dyn VectorEnv>) -> Result<Self, Error> {
        let learner = RunLearner::new(Control::of(env.as_ref())?.shape, &config)?;
        Ok(Self {
            window: EpisodeWindow::new(config.early_stop.window, config.environment.num_envs),
            collector: Collector::new(env, learner.get(), config.collection())?,
            learner,
            statistics: ContinuousStatistics::default(),
            seconds: 0.0,
            ended: Vec::new(),
            config,
        })
    }

    /// What is trained and how.
    pub fn config(&self) -> &ContinuousConfig {
        &self.config
    }

    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.collector.frames()
    }

    /// Updates of the critics so far.
    pub fn updates(&self) -> u64 {
        self.learner.updates()
    }

    /// Seconds spent so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// One step of every environment, and the updates that are due then.
    ///
    /// # Errors
    /// Those of the environment, and [`Error::Diverged`].
    pub fn step(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        if let Some(statistics) = self.collector.step(self.learner.get_mut())? {
            self.statistics = statistics;
        }
        let frames = self.collector.frames();
        for &record in self.collector.episodes() {
            self.window.record(&record);
            self.ended.push(TrainingEpisode { frames, record });
        }
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Trains until all frames are played, the return of `early_stop` is reached, or `stop` is set; `observer` is told
    /// at every report. A row and the episodes that ended are written at every report and a checkpoint at every
    /// `output.checkpoint_every`-th; at the end, whatever the ending, a checkpoint and the learning curve.
    ///
    /// # Errors
    /// As [`ContinuousTrainer::step`], and files that cannot be written. The last checkpoint stays good.
    pub fn run(
        &mut self,
        files: &mut ContinuousFiles,
        observer: &mut dyn FnMut(&ContinuousProgress),
        stop: &AtomicBool,
    ) -> Result<Ending, Error> {
        let every = self.config.report_every;
        let ending = loop {
            if self.frames() >= self.config.frames {
                break Ending::Finished;
            }
            if self.is_solved() {
                break Ending::Solved;
            }
            if stop.load(Ordering::SeqCst) {
                break Ending::Stopped;
            }
            let before = self.frames() / every;
            self.step()?;
            let reports = self.frames() / every;
            let is_over = self.frames() >= self.config.frames || self.is_solved();
            if reports > before || is_over {
                let progress = self.progress();
                files.log(&progress)?;
                files.log_episodes(&self.ended)?;
                self.ended.clear();
                if reports.is_multiple_of(self.config.output.checkpoint_every) {
                    self.save(&files.checkpoint())?;
                }
                observer(&progress);
            }
        };
        files.log_episodes(&self.ended)?;
        self.ended.clear();
        self.save(&files.checkpoint())?;
        files.draw_curve(&self.config.environment.id, self.config.early_stop.window)?;
        Ok(ending)
    }

    fn is_solved(&self) -> bool {
        let Some(goal) = self.config.early_stop.mean_return else { return false };
        self.window.is_full() && self.window.statistics().mean_return().is_some_and(|mean| mean >= goal)
    }

    /// How the run is doing.
    pub fn progress(&self) -> ContinuousProgress {
        let recent = self.window.statistics();
        ContinuousProgress {
            frames: self.frames(),
            updates: self.learner.updates(),
            seconds: self.seconds,
            episodes: self.window.episodes(),
            mean_return: recent.mean_return().unwrap_or(0.0),
            mean_length: recent.mean_length().unwrap_or(0.0),
            success_rate: self.window.success_rate(),
            statistics: self.statistics,
        }
    }

    /// The actor as it is now: with `greedy` without noise, else with that of training.
    pub fn policy(&self, greedy: bool) -> ContinuousPolicy {
        let noise = if greedy { 0.0 } else { self.config.td3.exploration_noise };
        let (learner, seed) = (self.learner.clone(), self.config.evaluation_seed());
        ContinuousPolicy::new(learner, noise, self.config.decide_every, seed)
    }

    /// Plays as many episodes as the configuration says, on levels that training does not use; shows every step to
    /// `look` together with the environments whose episodes still count.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn evaluate_and_look(
        &self,
        greedy: bool,
        make: MakeBatch<'_>,
        look: &mut dyn FnMut(&Step<'_>, &[bool]),
    ) -> Result<Evaluation, Error> {
        let options = self.config.build_options(1, self.config.evaluation_seed());
        let (id, episodes) = (&self.config.environment.id, self.config.evaluation.episodes);
        evaluate_and_look(&mut self.policy(greedy), make, id, &options, episodes, look)
    }

    /// Writes everything that a run needs to go on into the file `path`, which is never seen half-written.
    ///
    /// # Errors
    /// A file that cannot be written, environments that cannot be copied.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let state = State {
            config: self.config.to_toml(),
            learner: self.learner.state(),
            collector: self.collector.state()?,
            window: self.window.clone(),
            statistics: self.statistics,
            seconds: self.seconds,
        };
        state.save(path)
    }

    /// Where the checkpoint of a run in `folder` is.
    pub fn checkpoint_path(folder: &Path) -> PathBuf {
        folder.join("continuous.checkpoint")
    }

    /// A run that goes on, bit for bit, where the checkpoint `path` was written, with `overrides`, each
    /// `table.field=value`, applied to the configuration.
    ///
    /// # Errors
    /// A file that is no checkpoint or is damaged, a configuration or environments that it does not fit.
    pub fn resume(path: &Path, overrides: &[impl AsRef<str>], make: MakeBatch<'_>) -> Result<Self, Error> {
        let state = State::load(path)?;
        let config = ContinuousConfig::read("", &state.config, overrides)?;
        let mut env = Self::build(&config, make)?;
        env.restore(state.collector.environments())?;
        let mut trainer = Self::with_env(config, env)?;
        let reason = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        trainer.learner.restore(state.learner).map_err(reason)?;
        trainer.collector.restore(state.collector).map_err(reason)?;
        (trainer.statistics, trainer.seconds) = (state.statistics, state.seconds);
        trainer.window = state.window;
        Ok(trainer)
    }
}
