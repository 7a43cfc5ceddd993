//! A training run of a value learner or of COMA: collecting from many environments at once, one update for every
//! so many episodes, evaluation, and checkpoints from which a run goes on bit for bit.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{EpisodeRecord, EpisodeStatistics, VectorEnv};

use super::checkpoint::State;
use super::collector::Collector;
use super::config::{QmixConfig, TeamAlgorithm};
use super::learner::UpdateStatistics;
use super::replay::{Batch, Replay};
use super::run_files::TeamFiles;
use super::team_learner::TeamLearner;
use crate::logging::table::TrainingEpisode;
use crate::options::{DecisionProcess, PrimitiveProcess};
use crate::random::{Purpose, stream};
use crate::{Error, Evaluation, MakeBatch};

/// How a run is doing, after some steps of all environments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TeamProgress {
    /// Frames played so far.
    pub frames: u64,
    /// Updates made so far.
    pub updates: u64,
    /// Episodes that ended since the last report.
    pub episodes: u64,
    /// Mean return of the team in them; 0 without any.
    pub mean_return: f64,
    /// Mean length of them.
    pub mean_length: f64,
    /// Share of successful ones.
    pub success_rate: f64,
    /// Chance of a random choice.
    pub epsilon: f64,
    /// What the last update did.
    pub statistics: UpdateStatistics,
    /// Seconds spent so far, those before a resume included.
    pub seconds: f64,
}

/// A training run of DQN, IQL, VDN, QMIX or COMA.
pub struct TeamTrainer {
    config: QmixConfig,
    process: PrimitiveProcess,
    learner: TeamLearner,
    collector: Collector,
    replay: Replay,
    actions: Philox,
    minibatches: Philox,
    /// Room for minibatches.
    minibatch: Batch,
    frames: u64,
    /// Episodes collected for which no update was made yet.
    unlearned: usize,
    seconds: f64,
    since: EpisodeStatistics,
    statistics: UpdateStatistics,
    /// Episodes that ended since they were last asked for.
    ended: Vec<TrainingEpisode>,
}

impl TeamTrainer {
    /// A run from scratch.
    ///
    /// # Errors
    /// A configuration out of range, an environment that cannot be built or trained on.
    pub fn new(config: QmixConfig, make: MakeBatch<'_>) -> Result<Self, Error> {
        config.validate()?;
        let mut env =
            make(&config.environment.id, &config.build_options(config.environment.num_envs, config.seed))?;
        env.as_mut().reset(config.seed)?;
        Self::with_env(config, env)
    }

    fn with_env(config: QmixConfig, env: Box<dyn VectorEnv>) -> Result<Self, Error> {
        let process = PrimitiveProcess::new(env, config.learner.gamma)?;
        let shape = process.shape();
        if config.algorithm == TeamAlgorithm::Dqn && shape.num_agents > 1 {
            let reason = format!(
                "it has {} agents, and algorithm = \"dqn\" is for one; leave the field out and set \
                 learner.factorisation = \"iql\" to let each learn by itself",
                shape.num_agents
            );
            return Err(Error::Unsupported { id: config.environment.id, reason });
        }
        Ok(Self {
            learner: TeamLearner::new(shape, &config),
            collector: Collector::new(shape, config.learner.hidden),
            replay: Replay::new(config.learner.replay_episodes),
            actions: stream(config.seed, Purpose::Actions),
            minibatches: stream(config.seed, Purpose::Minibatches),
            minibatch: Batch::default(),
            frames: 0,
            unlearned: 0,
            seconds: 0.0,
            since: EpisodeStatistics::default(),
            statistics: UpdateStatistics::default(),
            ended: Vec::new(),
            process,
            config,
        })
    }

    /// What is trained and how.
    pub fn config(&self) -> &QmixConfig {
        &self.config
    }

    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Seconds spent so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The learner.
    pub fn learner(&self) -> &TeamLearner {
        &self.learner
    }

    /// One step of every environment, and the updates that are due then.
    ///
    /// # Errors
    /// Those of the environment, and [`Error::Diverged`].
    pub fn step(&mut self) -> Result<(), Error> {
        let start = Instant::now();
        let epsilon = self.config.exploration.epsilon(self.frames);
        let Self { config, collector, process, learner, actions, replay, unlearned, .. } = self;
        collector.step(process, &learner.policy(), config.selection(epsilon), actions, |episode| {
            replay.push(episode);
            *unlearned += 1;
        })?;
        self.since.extend(self.process.episodes());
        self.frames += self.process.shape().num_envs as u64;
        let frames = self.frames;
        self.ended.extend(self.process.episodes().iter().map(|&record| TrainingEpisode { frames, record }));
        let Self { config, process, learner, replay, unlearned, minibatch, minibatches, .. } = self;
        let episodes = (process.shape(), replay, unlearned);
        if let Some(statistics) = learner.learn(config, episodes, epsilon, minibatch, minibatches)? {
            self.statistics = statistics;
        }
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Trains to the last frame or until `stop` is set, reporting every `report_frames` frames.
    ///
    /// # Errors
    /// As [`TeamTrainer::step`].
    pub fn run(
        &mut self,
        report_frames: u64,
        observer: &mut dyn FnMut(&Self, &TeamProgress) -> Result<(), Error>,
        stop: &AtomicBool,
    ) -> Result<(), Error> {
        while self.frames < self.config.frames && !stop.load(Ordering::SeqCst) {
            let before = self.frames / report_frames;
            self.step()?;
            if self.frames / report_frames > before || self.frames >= self.config.frames {
                let progress = self.progress();
                self.since = EpisodeStatistics::default();
                observer(self, &progress)?;
                self.ended.clear();
            }
        }
        Ok(())
    }

    /// Episodes that ended since they were last taken, or since the trainer was made.
    pub fn take_episodes(&mut self) -> Vec<TrainingEpisode> {
        std::mem::take(&mut self.ended)
    }

    /// [`TeamTrainer::run`] with everything written to `files`: at every report a row, the episodes that ended and a
    /// checkpoint, at the end whatever the ending a checkpoint and the learning curve. Returns whether all frames
    /// were played.
    ///
    /// # Errors
    /// As [`TeamTrainer::step`], and files that cannot be written. The last checkpoint stays good.
    pub fn run_in(
        &mut self,
        files: &mut TeamFiles,
        observer: &mut dyn FnMut(&TeamProgress),
        stop: &AtomicBool,
    ) -> Result<bool, Error> {
        self.run(
            self.config.report_every,
            &mut |trainer, progress| {
                files.log(progress, &trainer.ended)?;
                trainer.save(&files.checkpoint())?;
                observer(progress);
                Ok(())
            },
            stop,
        )?;
        files.log_episodes(&self.ended)?;
        self.ended.clear();
        self.save(&files.checkpoint())?;
        files.draw_curve(&self.config.environment.id)?;
        Ok(self.frames >= self.config.frames)
    }

    fn progress(&self) -> TeamProgress {
        TeamProgress {
            frames: self.frames,
            updates: self.learner.updates(),
            episodes: self.since.episodes,
            mean_return: self.since.mean_return().unwrap_or(0.0),
            mean_length: self.since.mean_length().unwrap_or(0.0),
            success_rate: self.since.success_rate().unwrap_or(0.0),
            epsilon: self.config.exploration.epsilon(self.frames),
            statistics: self.statistics,
            seconds: self.seconds,
        }
    }

    /// Plays as many episodes as the configuration says, each the first one of an environment of its own,
    /// on levels that training does not use.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn evaluate(&self, make: MakeBatch<'_>) -> Result<Evaluation, Error> {
        self.evaluate_as(self.config.evaluation.greedy, make)
    }

    /// [`TeamTrainer::evaluate`] with the best choices, or as agents choose at the end of training, whatever the
    /// configuration says.
    ///
    /// # Errors
    /// As [`TeamTrainer::evaluate`].
    pub fn evaluate_as(&self, greedy: bool, make: MakeBatch<'_>) -> Result<Evaluation, Error> {
        let evaluation = &self.config.evaluation;
        let seed = self.config.evaluation_seed();
        let mut env =
            make(&self.config.environment.id, &self.config.build_options(evaluation.episodes, seed))?;
        env.as_mut().reset(seed)?;
        let mut process = PrimitiveProcess::new(env, self.config.learner.gamma)?;
        let mut collector = Collector::new(process.shape(), self.config.learner.hidden);
        let mut random = stream(seed, Purpose::Evaluation);
        let selection = self.config.final_selection(greedy);
        let policy = self.learner.policy();
        let mut records: Vec<Option<EpisodeRecord>> = vec![None; evaluation.episodes];
        while records.iter().any(Option::is_none) {
            collector.step(&mut process, &policy, selection, &mut random, |_| {})?;
            for episode in process.episodes() {
                records[episode.env].get_or_insert(*episode);
            }
        }
        let played: EpisodeStatistics = records.iter().flatten().collect();
        Ok(Evaluation {
            episodes: evaluation.episodes,
            success_rate: played.success_rate().unwrap_or(0.0),
            mean_return: played.mean_return().unwrap_or(0.0),
            mean_length: played.mean_length().unwrap_or(0.0),
        })
    }

    /// Writes everything that a run needs to go on into the file `path`, which is never seen half-written.
    ///
    /// # Errors
    /// A file that cannot be written, environments that cannot be copied.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let reason = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let state = State {
            config: self.config.to_toml(),
            environments: self.process.env().snapshot()?,
            learner: self.learner.to_bytes().map_err(reason)?,
            collector: self.collector.clone(),
            replay: self.replay.clone(),
            actions: (&self.actions).into(),
            minibatches: (&self.minibatches).into(),
            frames: self.frames,
            unlearned: self.unlearned,
            seconds: self.seconds,
            since: self.since,
            statistics: self.statistics,
        };
        state.save(path)
    }

    /// Where the checkpoint of a run in `folder` is.
    pub fn checkpoint_path(folder: &Path) -> PathBuf {
        folder.join("team.checkpoint")
    }

    /// A run that goes on, bit for bit, where the checkpoint `path` was written.
    ///
    /// # Errors
    /// A file that is no checkpoint or is damaged, environments that it does not fit.
    pub fn resume(path: &Path, make: MakeBatch<'_>) -> Result<Self, Error> {
        Self::resume_with(path, &[""; 0], make)
    }

    /// [`TeamTrainer::resume`] with `overrides`, each `table.field=value`, applied to the configuration. What may change are
    /// how long, how fast and from how much is learned, exploration, evaluation and output.
    ///
    /// # Errors
    /// As [`TeamTrainer::resume`] and [`QmixConfig::with_overrides`], and [`Error::FixedField`].
    pub fn resume_with(
        path: &Path,
        overrides: &[impl AsRef<str>],
        make: MakeBatch<'_>,
    ) -> Result<Self, Error> {
        let state = State::load(path)?;
        let config = QmixConfig::with_overrides("", &state.config, overrides)?;
        QmixConfig::from_toml(&state.config)?.check_resume(&config)?;
        let mut env =
            make(&config.environment.id, &config.build_options(config.environment.num_envs, config.seed))?;
        env.restore(&state.environments)?;
        let mut trainer = Self::with_env(config, env)?;
        let reason = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        trainer.learner.load_bytes(state.learner).map_err(reason)?;
        trainer.collector.restore(state.collector).map_err(reason)?;
        trainer.replay = state.replay;
        trainer.replay.set_capacity(trainer.config.learner.replay_episodes);
        (trainer.actions, trainer.minibatches) = (state.actions.into(), state.minibatches.into());
        (trainer.frames, trainer.unlearned, trainer.seconds) = (state.frames, state.unlearned, state.seconds);
        (trainer.since, trainer.statistics) = (state.since, state.statistics);
        Ok(trainer)
    }
}
