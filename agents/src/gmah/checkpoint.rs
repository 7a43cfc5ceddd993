//! Checkpoints of hierarchies: everything that training needs to go on exactly where it was, in one file.

use std::path::Path;

use pentathlon_gym::{EpisodeWindow, Snapshot};
use serde::{Deserialize, Serialize};

use super::config::GmahConfig;
use super::high_level::HighLevelState;
use super::mixing::Mixing;
use super::progress::Stage;
use super::surprise::{Surprise, SurpriseState};
use super::trainer::GmahTrainer;
use crate::file::{load_sealed, save_sealed};
use crate::options::RunnerState;
use crate::qmix::{Collector, LearnerBytes, Replay, UpdateStatistics};
use crate::random::StreamState;
use crate::{Error, MakeBatch};

/// First bytes of a checkpoint, with the version of the format.
const MAGIC: &[u8; 8] = b"PTGMAH02";

/// Whether the file `path` begins as a checkpoint of a hierarchy does, of whatever version.
pub fn is_hierarchy(path: &Path) -> bool {
    use std::io::Read;
    let mut bytes = [0; 6];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).is_ok() && bytes == MAGIC[..6]
}

/// What is in the file, the configuration in its text form.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub config: String,
    pub environments: Snapshot,
    pub runner: RunnerState,
    pub progress: (Vec<u32>, Vec<u32>),
    pub low: (Vec<u8>, Vec<u8>),
    pub low_random: StreamState,
    pub high: HighLevelState,
    pub high_learner: (Vec<u8>, Vec<u8>),
    pub high_random: StreamState,
    pub surprise: Option<SurpriseState>,
    pub mixing: MixingState,
    pub stage: Stage,
    pub stage_frames: u64,
    pub frames: u64,
    pub seconds: f64,
    pub subgoals: StreamState,
    pub loss: f32,
    pub recent: EpisodeWindow,
    pub returns: Vec<f32>,
}

/// A trained low level and what was learned about change with it: what several second stages can begin with.
#[derive(Clone, Debug)]
pub struct TrainedLowLevel {
    low: (Vec<u8>, Vec<u8>),
    surprise: Option<SurpriseState>,
    frames: u64,
}

/// The third stage in a checkpoint.
#[derive(Serialize, Deserialize)]
pub(super) struct MixingState {
    learner: LearnerBytes,
    collector: Collector,
    replay: Replay,
    suffixes: Replay,
    minibatches: StreamState,
    unlearned: usize,
    is_warm: bool,
    warm_frames: u64,
    statistics: UpdateStatistics,
}

impl MixingState {
    pub fn of(mixing: &Mixing) -> Result<Self, String> {
        Ok(Self {
            learner: mixing.learner.to_bytes()?,
            collector: mixing.collector.clone(),
            replay: mixing.replay.clone(),
            suffixes: mixing.suffixes.clone(),
            minibatches: (&mixing.minibatches).into(),
            unlearned: mixing.unlearned,
            is_warm: mixing.is_warm,
            warm_frames: mixing.warm_frames,
            statistics: mixing.statistics,
        })
    }

    pub fn restore(self, mixing: &mut Mixing) -> Result<(), String> {
        mixing.learner.load_bytes(self.learner)?;
        let capacities = [mixing.replay.capacity(), mixing.suffixes.capacity()];
        mixing.collector.restore(self.collector)?;
        (mixing.replay, mixing.suffixes) = (self.replay, self.suffixes);
        mixing.replay.set_capacity(capacities[0]);
        mixing.suffixes.set_capacity(capacities[1]);
        mixing.minibatches = self.minibatches.into();
        (mixing.unlearned, mixing.is_warm) = (self.unlearned, self.is_warm);
        (mixing.warm_frames, mixing.statistics) = (self.warm_frames, self.statistics);
        Ok(())
    }
}

impl GmahTrainer {
    /// Writes everything that a run needs to go on into the file `path`, which is never seen half-written.
    ///
    /// # Errors
    /// A file that cannot be written, environments that cannot be copied.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let reason = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let low = self.runner.options();
        let state = State {
            config: self.config.to_toml(),
            environments: self.runner.primitive().env().snapshot()?,
            runner: self.runner.state(),
            progress: low.progress(),
            low: self.low.to_bytes().map_err(reason)?,
            low_random: (&self.low.random).into(),
            high: self.high.state(),
            high_learner: self.high_learner.to_bytes().map_err(reason)?,
            high_random: (&self.high_learner.random).into(),
            surprise: low.surprise.as_ref().map(Surprise::state).transpose().map_err(reason)?,
            mixing: MixingState::of(&self.mixing).map_err(reason)?,
            stage: self.stage,
            stage_frames: self.stage_frames,
            frames: self.frames,
            seconds: self.seconds,
            subgoals: (&self.subgoals).into(),
            loss: self.loss,
            recent: self.recent.clone(),
            returns: self.returns.clone(),
        };
        state.save(path)
    }

    /// The low level as it is now.
    ///
    /// # Errors
    /// [`Error::Unsupported`] with what burn says when networks cannot be written.
    pub fn low_level(&self) -> Result<TrainedLowLevel, Error> {
        let reason = |reason| Error::Unsupported { id: self.config.environment.id.clone(), reason };
        let surprise = self.runner.options().surprise.as_ref().map(Surprise::state).transpose();
        Ok(TrainedLowLevel {
            low: self.low.to_bytes().map_err(reason)?,
            surprise: surprise.map_err(reason)?,
            frames: self.frames,
        })
    }

    /// A run of `config` that begins with the second stage, on fresh episodes, its low level being `trained`. What notices
    /// change goes on from there too, where both have it. Frames are counted on from those of `trained`.
    ///
    /// # Errors
    /// As [`GmahTrainer::new`], and [`Error::Unsupported`] for a low level of other observations, actions or networks.
    pub fn with_low_level(
        config: GmahConfig,
        trained: &TrainedLowLevel,
        make: MakeBatch<'_>,
    ) -> Result<Self, Error> {
        let mut trainer = Self::new(config, make)?;
        let id = trainer.config.environment.id.clone();
        let reason = |reason| Error::Unsupported { id: id.clone(), reason };
        let (network, optimizer) = trained.low.clone();
        trainer.low.load_bytes(network, optimizer).map_err(reason)?;
        let surprise = &mut trainer.runner.options_mut().surprise;
        if let (Some(surprise), Some(kept)) = (surprise, trained.surprise.clone()) {
            surprise.restore(kept).map_err(reason)?;
        }
        trainer.frames = trained.frames;
        trainer.enter(Stage::High);
        trainer.leave_finished();
        Ok(trainer)
    }

    /// A run that goes on, bit for bit, where the checkpoint `path` was written.
    ///
    /// # Errors
    /// A file that is no checkpoint or is damaged, environments that it does not fit.
    pub fn resume(path: &Path, make: MakeBatch<'_>) -> Result<Self, Error> {
        Self::resume_with(path, &[""; 0], make)
    }

    /// [`GmahTrainer::resume`] with `overrides`, each `table.field=value`, applied to the configuration. A finished run
    /// goes on where its last stage has more frames now; other stages that are over stay so.
    ///
    /// # Errors
    /// As [`GmahTrainer::resume`] and [`GmahConfig::read`].
    pub fn resume_with(
        path: &Path,
        overrides: &[impl AsRef<str>],
        make: MakeBatch<'_>,
    ) -> Result<Self, Error> {
        let state = State::load(path)?;
        let reason = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let config = GmahConfig::read("", &state.config, overrides)?;
        let reopened = match state.stage {
            Stage::Done => reopened(&GmahConfig::read("", &state.config, &[""; 0])?, &config),
            _ => None,
        };
        let (stage, stage_frames) = reopened.unwrap_or((state.stage, state.stage_frames));
        let mut trainer = Self::new(config, make)?;
        trainer.runner.primitive_mut().env_mut().restore(&state.environments)?;
        trainer.low.load_bytes(state.low.0, state.low.1).map_err(reason)?;
        trainer.low.random = state.low_random.into();
        let (network, optimizer) = state.high_learner;
        trainer.high_learner.load_bytes(network, optimizer).map_err(reason)?;
        trainer.high_learner.random = state.high_random.into();
        state.mixing.restore(&mut trainer.mixing).map_err(reason)?;
        trainer.enter(stage);
        trainer.runner.restore(state.runner).map_err(reason)?;
        trainer.high.restore(state.high).map_err(reason)?;
        let low = trainer.runner.options_mut();
        low.restore(state.progress).map_err(reason)?;
        if let (Some(surprise), Some(kept)) = (&mut low.surprise, state.surprise) {
            surprise.restore(kept).map_err(reason)?;
        }
        (trainer.stage_frames, trainer.frames, trainer.seconds) = (stage_frames, state.frames, state.seconds);
        (trainer.subgoals, trainer.loss) = (state.subgoals.into(), state.loss);
        (trainer.recent, trainer.returns) = (state.recent, state.returns);
        Ok(trainer)
    }
}

/// The stage that a finished run goes on with, and the frames that it has had: the last one, if it has more now.
fn reopened(before: &GmahConfig, now: &GmahConfig) -> Option<(Stage, u64)> {
    let last =
        [Stage::Mixing, Stage::High, Stage::Low].into_iter().find(|stage| now.frames_of(*stage) > 0)?;
    let played = before.frames_of(last);
    (now.frames_of(last) > played).then_some((last, played))
}

impl State {
    /// Writes the state to `path`: all of it, or nothing.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        save_sealed(MAGIC, self, path)
    }

    /// Reads what [`State::save`] wrote.
    pub fn load(path: &Path) -> Result<Self, Error> {
        load_sealed(MAGIC, path, "a checkpoint of a hierarchy")
    }
}
