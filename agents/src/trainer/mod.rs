//! Training from the first update to the last: collecting, learning, reporting, saving, resuming.

mod checkpoint;
mod progress;
mod run_files;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{EpisodeWindow, Step, VectorEnv};

pub use checkpoint::{Checkpoint, VERSION as CHECKPOINT_VERSION};
pub use progress::Progress;
pub use run_files::RunFiles;

use crate::evaluation::{Evaluation, evaluate_and_look};
use crate::logging::table::TrainingEpisode;
use crate::networks::ObservationLayout;
use crate::policy::NetworkPolicy;
use crate::ppo::{Actor, Learner, Rollout};
use crate::random::{Purpose, StreamState, stream};
use crate::{Config, Error, MakeBatch};
use checkpoint::State;

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All frames were played.
    Finished,
    /// The success rate of `early_stop` was reached.
    Solved,
    /// The caller asked for it.
    Stopped,
}

/// A training run.
///
/// Two runs of the same configuration go through the same parameters, bit for bit, whatever the number of
/// threads and however often they are saved and resumed.
pub struct Trainer {
    config: Config,
    env: Box<dyn VectorEnv>,
    learner: Learner,
    pool: Arc<rayon::ThreadPool>,
    actions: Philox,
    /// What the running episodes remember, a row for every agent of every environment.
    memory: Vec<f32>,
    rollout: Rollout,
    window: EpisodeWindow,
    /// Episodes that ended in the last update.
    episodes: Vec<TrainingEpisode>,
    update: u64,
    frames: u64,
    seconds: f64,
}

impl Trainer {
    /// A run from scratch.
    ///
    /// # Errors
    /// A configuration out of range, an environment that cannot be built or trained on.
    pub fn new(config: Config, make: MakeBatch<'_>) -> Result<Self, Error> {
        config.validate()?;
        let mut env =
            make(&config.environment.id, &config.build_options(config.environment.num_envs, config.seed))?;
        env.as_mut().reset(config.seed)?;
        Self::with_env(config, env)
    }

    /// A run that goes on where `checkpoint` was written.
    ///
    /// # Errors
    /// As [`Trainer::new`], and a checkpoint that does not fit the environments of this build.
    pub fn resume(checkpoint: Checkpoint, make: MakeBatch<'_>) -> Result<Self, Error> {
        let Checkpoint { path, config, state } = checkpoint;
        config.validate()?;
        let mut env =
            make(&config.environment.id, &config.build_options(config.environment.num_envs, config.seed))?;
        env.restore(&state.environments)?;
        let mut trainer = Self::with_env(config, env)?;
        trainer
            .learner
            .load_bytes(state.network, state.optimizer)
            .map_err(|reason| Error::Checkpoint { path: path.clone(), reason })?;
        if state.memory.len() != trainer.memory.len() {
            let reason = format!(
                "it remembers {} numbers of the running episodes, and its networks {}",
                state.memory.len(),
                trainer.memory.len()
            );
            return Err(Error::Checkpoint { path, reason });
        }
        trainer.memory = state.memory;
        trainer.learner.scale = state.scale;
        trainer.learner.random = state.minibatches.into();
        trainer.actions = state.actions.into();
        trainer.window = state.window;
        (trainer.update, trainer.frames, trainer.seconds) = (state.update, state.frames, state.seconds);
        Ok(trainer)
    }

    fn with_env(config: Config, env: Box<dyn VectorEnv>) -> Result<Self, Error> {
        let layout = ObservationLayout::new(env.spec(), env.observation(), &config.network)?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(config.threads)
            .thread_name(|index| format!("learner-{index}"))
            .build()
            .map_err(|error| Error::Backend { backend: "cpu", reason: error.to_string() })?;
        let pool = Arc::new(pool);
        let learner = Learner::new(layout, &config.network, &config.ppo, config.seed, pool.clone())?;
        let rows = config.environment.num_envs * learner.layout.agents;
        Ok(Self {
            actions: stream(config.seed, Purpose::Actions),
            memory: vec![0.0; rows * learner.network.memory_len()],
            window: EpisodeWindow::new(config.early_stop.window, config.environment.num_envs),
            config,
            env,
            learner,
            pool,
            rollout: Rollout::default(),
            episodes: Vec::new(),
            update: 0,
            frames: 0,
            seconds: 0.0,
        })
    }

    /// What is trained and how.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The environments that are trained on.
    pub fn env(&self) -> &dyn VectorEnv {
        self.env.as_ref()
    }

    /// Frames played so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Seconds spent training so far, before a resume too.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// The network as it is now.
    pub fn network(&self) -> &crate::networks::ActorCritic {
        &self.learner.network
    }

    /// Plays one rollout and learns from it.
    ///
    /// # Errors
    /// Those of the environment, and [`Error::Diverged`].
    pub fn train_update(&mut self) -> Result<Progress, Error> {
        let start = Instant::now();
        let learning_rate = self.learning_rate();
        let Self { window, episodes, frames, env, .. } = self;
        let num_envs = env.num_envs() as u64;
        episodes.clear();
        let actor = Actor {
            layout: &self.learner.layout,
            network: &self.learner.network.inference(),
            scale: self.learner.scale,
            sequence_steps: self.learner.sequence_steps(),
        };
        self.rollout.collect(
            env.as_mut(),
            actor,
            &mut self.memory,
            &self.config.ppo,
            &mut self.actions,
            &self.pool,
            |step, &record| {
                window.record(&record);
                episodes.push(TrainingEpisode { frames: *frames + (step as u64 + 1) * num_envs, record });
            },
        )?;
        let statistics = self.learner.update(&self.rollout, learning_rate).map_err(|error| match error {
            Error::Diverged { what, .. } => Error::Diverged { update: self.update + 1, what },
            other => other,
        })?;
        let seconds = start.elapsed().as_secs_f64();
        self.update += 1;
        self.frames += self.rollout.frames() as u64;
        self.seconds += seconds;
        let recent = self.window.statistics();
        Ok(Progress {
            update: self.update,
            frames: self.frames,
            total_frames: self.config.updates() * self.config.frames_per_update(),
            seconds: self.seconds,
            frames_per_second: self.rollout.frames() as f64 / seconds,
            episodes: self.window.episodes(),
            mean_return: recent.mean_return().unwrap_or(0.0),
            mean_length: recent.mean_length().unwrap_or(0.0),
            success_rate: self.window.success_rate(),
            learning_rate,
            statistics,
        })
    }

    /// Step size of the next update, on the line from the first to the last.
    fn learning_rate(&self) -> f64 {
        let ppo = &self.config.ppo;
        let done = (self.update as f64 / self.config.updates() as f64).min(1.0);
        ppo.learning_rate + done * (ppo.final_learning_rate - ppo.learning_rate)
    }

    /// Trains until all frames are played, the success rate of `early_stop` is reached, or `stop` is set;
    /// `observer` is told after every update. With `files`, progress is logged and checkpoints are
    /// written, the last one whatever the ending.
    ///
    /// # Errors
    /// As [`Trainer::train_update`], and files that cannot be written. The last checkpoint stays good.
    pub fn run(
        &mut self,
        mut files: Option<&mut RunFiles>,
        observer: &mut dyn FnMut(&Progress),
        stop: &AtomicBool,
    ) -> Result<Ending, Error> {
        let ending = loop {
            if self.update >= self.config.updates() {
                break Ending::Finished;
            }
            if self.is_solved() {
                break Ending::Solved;
            }
            if stop.load(Ordering::Relaxed) {
                break Ending::Stopped;
            }
            let progress = self.train_update()?;
            observer(&progress);
            if let Some(files) = files.as_deref_mut() {
                files.log(&progress, &self.episodes)?;
                if self.update.is_multiple_of(self.config.output.checkpoint_every) {
                    self.save(&files.checkpoint())?;
                }
            }
        };
        if let Some(files) = files {
            self.save(&files.checkpoint())?;
            files.draw_curve(&self.config.environment.id)?;
        }
        Ok(ending)
    }

    fn is_solved(&self) -> bool {
        let goal = self.config.early_stop.success_rate;
        goal > 0.0 && self.window.is_full() && self.window.success_rate() >= goal
    }

    /// Writes everything that is needed to go on to `path`.
    ///
    /// # Errors
    /// State that cannot be read back from a device, and files that cannot be written; what was at `path`
    /// is then still there.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let (network, optimizer) =
            self.learner.to_bytes().map_err(|reason| Error::Checkpoint { path: path.to_owned(), reason })?;
        let state = State {
            config: self.config.to_toml(),
            update: self.update,
            frames: self.frames,
            seconds: self.seconds,
            actions: StreamState::from(&self.actions),
            minibatches: StreamState::from(&self.learner.random),
            window: self.window.clone(),
            memory: self.memory.clone(),
            scale: self.learner.scale,
            network,
            optimizer,
            environments: self.env.snapshot()?,
        };
        state.save(path)
    }

    /// Episodes that ended in the last update, in the order of their steps.
    pub fn episodes(&self) -> &[TrainingEpisode] {
        &self.episodes
    }

    /// The network as a policy, with the evaluation settings of the configuration.
    pub fn policy(&self) -> NetworkPolicy {
        self.policy_that_acts(self.config.evaluation.greedy)
    }

    fn policy_that_acts(&self, greedy: bool) -> NetworkPolicy {
        let seed = self.config.evaluation_seed();
        NetworkPolicy::new(self.learner.layout.clone(), self.learner.network.inference(), greedy, seed)
    }

    /// Judges the network on fresh levels, as the configuration says.
    ///
    /// # Errors
    /// Those of the environment.
    pub fn evaluate(&self, make: MakeBatch<'_>) -> Result<Evaluation, Error> {
        self.evaluate_and_look(make, &mut |_, _| {})
    }

    /// [`Trainer::evaluate`] with the most probable actions or with sampled ones, whatever the configuration says.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`].
    pub fn evaluate_as(&self, greedy: bool, make: MakeBatch<'_>) -> Result<Evaluation, Error> {
        self.evaluate_policy(&mut self.policy_that_acts(greedy), make, &mut |_, _| {})
    }

    /// [`Trainer::evaluate`], showing every step to `look` together with the environments whose episodes still
    /// count.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`].
    pub fn evaluate_and_look(
        &self,
        make: MakeBatch<'_>,
        look: &mut dyn FnMut(&Step<'_>, &[bool]),
    ) -> Result<Evaluation, Error> {
        self.evaluate_policy(&mut self.policy(), make, look)
    }

    fn evaluate_policy(
        &self,
        policy: &mut NetworkPolicy,
        make: MakeBatch<'_>,
        look: &mut dyn FnMut(&Step<'_>, &[bool]),
    ) -> Result<Evaluation, Error> {
        let options = self.config.build_options(1, self.config.evaluation_seed());
        let id = &self.config.environment.id;
        evaluate_and_look(policy, make, id, &options, self.config.evaluation.episodes, look)
    }

    /// Where the checkpoint of a run in `folder` is.
    pub fn checkpoint_path(folder: &Path) -> PathBuf {
        folder.join("checkpoint.pentathlon")
    }
}
