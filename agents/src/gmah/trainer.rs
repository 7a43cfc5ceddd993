//! A training run of a hierarchy, stage by stage: the low level on intrinsic reward, the policy over subgoals with
//! the low level frozen, and for teams the mixing of subgoal values.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{EpisodeWindow, Group, Observation};

use super::config::GmahConfig;
use super::high_level::{DecisionSettings, HighLevel, high_level_layout};
use super::low_level::{LowLevel, LowLevelSettings};
use super::mixing::Mixing;
use super::progress::{GmahProgress, Stage};
use super::pursuit::Pursuits;
use super::run_files::HierarchyFiles;
use super::surprise::Surprise;
use super::task_tree::{TaskTree, task_tree};
use crate::logging::table::TrainingEpisode;
use crate::networks::ObservationLayout;
use crate::options::{DecisionProcess, OptionRunner, RunnerSettings};
use crate::ppo::{Learner, Rollout};
use crate::random::{Purpose, stream};
use crate::{Error, MakeBatch};

/// Returns of the last episodes that progress tells of.
const WINDOW: usize = 256;

/// A training run of a hierarchy.
pub struct GmahTrainer {
    pub(super) config: GmahConfig,
    pub(super) runner: OptionRunner<LowLevel>,
    pub(super) low: Learner,
    pub(super) high: HighLevel,
    pub(super) high_learner: Learner,
    pub(super) mixing: Mixing,
    pub(super) stage: Stage,
    pub(super) stage_frames: u64,
    pub(super) frames: u64,
    pub(super) seconds: f64,
    pub(super) subgoals: Philox,
    pub(super) recent: EpisodeWindow,
    pub(super) returns: Vec<f32>,
    pub(super) pool: Arc<rayon::ThreadPool>,
    pub(super) loss: f32,
    achieved: Vec<Option<f64>>,
    pursuit_return: Option<f64>,
    decisions: usize,
    epsilon: Option<f64>,
    fired: (u64, u64),
    /// Episodes that ended since they were written down.
    episodes: Vec<TrainingEpisode>,
}

/// The parts of a hierarchy that acting needs.
pub(super) struct Levels {
    pub(super) runner: OptionRunner<LowLevel>,
    pub(super) high: HighLevel,
}

/// The frame of a hierarchy over a batch of `num_envs` environments, with untrained networks.
pub(super) fn levels(
    config: &GmahConfig,
    make: MakeBatch<'_>,
    num_envs: usize,
    seed: u64,
    pool: &Arc<rayon::ThreadPool>,
) -> Result<(Levels, Learner, Learner), Error> {
    let env = config.batch(make, num_envs, seed)?;
    let spec = env.spec();
    let tree: Arc<dyn TaskTree> = Arc::from(task_tree(spec, env.observation())?);
    let limit = spec.max_episode_steps;
    // Agents see for themselves; the global state is the mixer's alone.
    let fields = env.observation().fields.iter().filter(|field| field.spec.group != Group::State);
    let seen = Observation { fields: fields.cloned().collect() };
    let layout = ObservationLayout::new(spec, &seen, &config.network)?;
    let agents = layout.agents;
    let low_layout = layout.clone().with_subgoals(tree.len());
    let high_layout = high_level_layout(layout, tree.len());
    let learner = |layout, ppo, seed| Learner::new(layout, &config.network, ppo, seed, pool.clone());
    let low = learner(low_layout.clone(), &config.low.ppo, config.seed)?;
    let high_learner = learner(high_layout.clone(), &config.high.ppo, config.seed.wrapping_add(1 << 32))?;
    let subgoals = tree.len();
    let set = LowLevel::new(
        low_layout,
        low.network.inference(),
        tree,
        pool.clone(),
        LowLevelSettings {
            greedy: false,
            adaptive: false,
            inference_rows: config.low.ppo.inference_rows,
            gamma: config.low.ppo.gamma,
            limit,
            intrinsic: config.hierarchy.intrinsic,
        },
        num_envs,
    );
    let gamma = config.high.ppo.gamma;
    let settings = RunnerSettings { longest: config.hierarchy.budget, ..RunnerSettings::default() };
    let mut runner = OptionRunner::new(env, set, settings, gamma, seed)?;
    let features = runner.primitive().shape().observation;
    if config.hierarchy.adaptive {
        let surprise = Surprise::new(&config.surprise, features, subgoals, config.seed);
        runner.options_mut().surprise = Some(surprise);
    }
    let high = HighLevel::new(
        high_layout,
        high_learner.network.inference(),
        pool.clone(),
        DecisionSettings {
            gamma,
            lambda: config.high.ppo.gae_lambda,
            reward_scale: config.high.ppo.reward_scale,
            inference_rows: config.high.ppo.inference_rows,
            greedy: false,
        },
        num_envs * agents,
    );
    Ok((Levels { runner, high }, low, high_learner))
}

/// The threads that learners share.
pub(super) fn pool(config: &GmahConfig) -> Result<Arc<rayon::ThreadPool>, Error> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.threads).build();
    pool.map(Arc::new).map_err(|error| Error::Backend {
        backend: "threads",
        reason: format!("they cannot be started: {error}"),
    })
}

impl GmahTrainer {
    /// A run from scratch.
    ///
    /// # Errors
    /// A configuration out of range, an environment that cannot be built or has no subgoals.
    pub fn new(config: GmahConfig, make: MakeBatch<'_>) -> Result<Self, Error> {
        config.validate()?;
        let pool = pool(&config)?;
        let envs = config.environment.num_envs;
        let (Levels { runner, high }, low, high_learner) = levels(&config, make, envs, config.seed, &pool)?;
        let mut trainer = Self {
            mixing: Mixing::new(&config, runner.primitive().shape(), runner.options().tree().len()),
            subgoals: stream(config.seed, Purpose::Subgoals),
            recent: EpisodeWindow::new(WINDOW, envs),
            runner,
            low,
            high,
            high_learner,
            stage: Stage::Low,
            stage_frames: 0,
            frames: 0,
            seconds: 0.0,
            returns: Vec::new(),
            pool,
            loss: 0.0,
            achieved: Vec::new(),
            pursuit_return: None,
            decisions: 0,
            epsilon: None,
            fired: (0, 0),
            episodes: Vec::new(),
            config,
        };
        trainer.enter(Stage::Low);
        trainer.leave_finished();
        Ok(trainer)
    }

    /// What is trained and how.
    pub fn config(&self) -> &GmahConfig {
        &self.config
    }

    /// What is being trained.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Frames played so far, all stages together.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Seconds spent so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Frames of all stages together.
    pub fn total_frames(&self) -> u64 {
        self.config.low.frames + self.config.high.frames + self.config.mixing.frames
    }

    /// Episodes that ended since they were last taken, or since the trainer was made.
    pub fn take_episodes(&mut self) -> Vec<TrainingEpisode> {
        std::mem::take(&mut self.episodes)
    }

    /// Where the checkpoint of a run in `folder` is.
    pub fn checkpoint_path(folder: &Path) -> PathBuf {
        folder.join("hierarchy.checkpoint")
    }

    /// Sets the levels up for `stage`.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.stage_frames = 0;
        self.recent = EpisodeWindow::new(WINDOW, self.config.environment.num_envs);
        self.returns.clear();
        self.achieved.clear();
        self.pursuit_return = None;
        self.set_levels();
        self.epsilon = None;
        if stage == Stage::Mixing {
            self.high.drop_decisions();
            self.runner.set_settings(Mixing::runner_settings(&self.config));
        }
    }

    /// Makes the levels act as the stage says.
    pub(super) fn set_levels(&mut self) {
        let greedy = match self.stage {
            Stage::Low => false,
            Stage::High => self.config.high.greedy_low_level,
            Stage::Mixing => self.config.mixing.greedy_low_level,
            Stage::Done => self.greedy_low_level(),
        };
        let low = self.runner.options_mut();
        low.set_network(self.low.network.inference());
        low.settings.greedy = greedy;
        low.settings.adaptive = self.config.hierarchy.adaptive && self.stage != Stage::Low;
        low.pursuits = (self.stage == Stage::Low).then(Pursuits::default);
        self.high.set_network(self.high_learner.network.inference());
    }

    /// Whether values of subgoals were trained: they choose instead of the policy over subgoals then.
    pub(super) fn is_mixed(&self) -> bool {
        self.mixing.updates() > 0
    }

    /// Whether the low level takes its most probable action when the hierarchy is looked at: as in the training of what
    /// chooses the subgoals.
    pub(super) fn greedy_low_level(&self) -> bool {
        let Self { config, .. } = self;
        if self.is_mixed() { config.mixing.greedy_low_level } else { config.high.greedy_low_level }
    }

    /// Goes on to the next stage while this one has no frames left.
    pub(super) fn leave_finished(&mut self) {
        while self.stage != Stage::Done && self.stage_frames >= self.config.frames_of(self.stage) {
            self.enter(self.stage.next());
        }
    }

    /// Plays one rollout and learns from it.
    ///
    /// # Errors
    /// Those of the environment, and [`Error::Diverged`].
    pub fn train_update(&mut self) -> Result<GmahProgress, Error> {
        let start = Instant::now();
        let stage = self.stage;
        self.fired = (0, 0);
        match stage {
            Stage::Low => self.train_low()?,
            Stage::High => self.train_high()?,
            Stage::Mixing => self.train_mixing()?,
            Stage::Done => {}
        }
        if let Some(surprise) = &mut self.runner.options_mut().surprise {
            surprise.train();
        }
        self.seconds += start.elapsed().as_secs_f64();
        let recent = self.recent.statistics();
        let progress = GmahProgress {
            stage,
            frames: self.frames,
            stage_frames: self.stage_frames,
            mean_return: recent.mean_return().unwrap_or(0.0),
            least_return: self.returns.iter().copied().reduce(f32::min).unwrap_or(0.0).into(),
            mean_length: recent.mean_length().unwrap_or(0.0),
            success_rate: recent.success_rate().unwrap_or(0.0),
            achieved: self.achieved.clone(),
            pursuit_return: self.pursuit_return,
            fired: self.fired.0 as f64 / self.fired.1.max(1) as f64,
            decisions: self.decisions,
            epsilon: self.epsilon,
            loss: self.loss,
            seconds: self.seconds,
        };
        let goal = self.config.low.success_rate;
        let is_able = |rate: &Option<f64>| rate.is_none_or(|rate| rate >= goal);
        if stage == Stage::Low && goal > 0.0 && self.achieved.iter().all(is_able) {
            self.stage_frames = self.stage_frames.max(self.config.low.frames);
        }
        self.leave_finished();
        Ok(progress)
    }

    /// Counts the step that was made last.
    fn count(&mut self) {
        self.frames += self.config.environment.num_envs as u64;
        self.stage_frames += self.config.environment.num_envs as u64;
        for episode in self.runner.episodes() {
            self.recent.record(episode);
            if self.returns.len() == WINDOW {
                self.returns.remove(0);
            }
            self.returns.push(episode.episode_return);
            self.episodes.push(TrainingEpisode { frames: self.frames, record: *episode });
        }
        let ends = self.runner.ends();
        self.fired.0 +=
            ends.iter().filter(|end| **end == Some(crate::options::End::Interrupted)).count() as u64;
        self.fired.1 += ends.len() as u64;
    }

    /// The first stage: agents pursue open subgoals, or now and then any, and the low level learns from the
    /// intrinsic rewards.
    fn train_low(&mut self) -> Result<(), Error> {
        let ppo = self.config.low.ppo.clone();
        let mut choices = vec![0; self.high.choices().len()];
        for _ in 0..ppo.rollout_steps {
            for (place, choice) in choices.iter_mut().enumerate() {
                if self.runner.may_choose(place) {
                    *choice = draw_subgoal(&self.runner, place, self.config.low.stray, &mut self.subgoals);
                }
            }
            self.runner.advance(&choices)?;
            self.count();
        }
        let agents = self.low.layout.agents;
        let last_values =
            self.runner.with_options(|low, scene, current| low.values_now(scene, current).to_vec());
        let low = self.runner.options_mut();
        let pursuits = low.pursuits.replace(Pursuits::default()).unwrap_or_default();
        let mut rollout = pursuits.rollout(&last_values, ppo.gamma, ppo.gae_lambda, agents);
        if self.config.low.relabel {
            pursuits.relabel(low, ppo.gae_lambda, &mut rollout);
        }
        self.achieved = pursuits.success_rates(low.tree().len());
        self.pursuit_return = pursuits.mean_return(self.config.hierarchy.intrinsic.decay);
        self.decisions = 0;
        let done = self.stage_frames as f64 / self.config.low.frames.max(1) as f64;
        let statistics = self.low.update(&rollout, learning_rate(&ppo, done))?;
        self.loss = statistics.loss.policy;
        self.runner.options_mut().set_network(self.low.network.inference());
        Ok(())
    }

    /// The second stage: the policy over subgoals learns from its decisions.
    fn train_high(&mut self) -> Result<(), Error> {
        let ppo = self.config.high.ppo.clone();
        for _ in 0..ppo.rollout_steps {
            self.high.step(&mut self.runner, &mut self.subgoals, true)?;
            self.count();
        }
        let rollout = self.high.rollout(&self.runner, ppo.minibatches * ppo.shards);
        self.decisions = rollout.as_ref().map_or(0, Rollout::len);
        if let Some(rollout) = rollout {
            let done = self.stage_frames as f64 / self.config.high.frames.max(1) as f64;
            let statistics = self.high_learner.update(&rollout, learning_rate(&ppo, done))?;
            self.loss = statistics.loss.policy;
            self.high.set_network(self.high_learner.network.inference());
        }
        Ok(())
    }

    /// The third stage: values of subgoals are learned from whole episodes.
    fn train_mixing(&mut self) -> Result<(), Error> {
        let steps = self.config.high.ppo.rollout_steps;
        self.decisions = 0;
        for _ in 0..steps {
            self.epsilon = self.mixing.epsilon(&self.config);
            let Self { mixing, config, runner, high, subgoals, .. } = self;
            self.decisions += (0..config.environment.num_envs).filter(|&env| runner.is_due(env)).count();
            mixing.step(config, runner, high, subgoals)?;
            self.count();
        }
        self.loss = self.mixing.loss();
        Ok(())
    }

    /// Trains until all stages are done or `stop` is set, telling `observer` after every update. With `files`, progress
    /// and episodes are logged and checkpoints are written, the last one whatever the ending. Returns whether all
    /// stages are done.
    ///
    /// # Errors
    /// As [`GmahTrainer::train_update`], and files that cannot be written. The last checkpoint stays good.
    pub fn run(
        &mut self,
        mut files: Option<&mut HierarchyFiles>,
        observer: &mut dyn FnMut(&GmahProgress),
        stop: &AtomicBool,
    ) -> Result<bool, Error> {
        let mut updates = 0;
        while self.stage != Stage::Done && !stop.load(Ordering::SeqCst) {
            let progress = self.train_update()?;
            observer(&progress);
            updates += 1;
            if let Some(files) = files.as_deref_mut() {
                files.log(&progress, &self.episodes)?;
                if updates % self.config.output.checkpoint_every == 0 {
                    self.save(&files.checkpoint())?;
                }
            }
            self.episodes.clear();
        }
        if let Some(files) = files {
            self.save(&files.checkpoint())?;
            files.draw_curve(&self.config.environment.id)?;
        }
        Ok(self.stage == Stage::Done)
    }
}

/// The step size after the share `done` of a stage.
fn learning_rate(ppo: &crate::config::PpoConfig, done: f64) -> f64 {
    ppo.learning_rate + done.min(1.0) * (ppo.final_learning_rate - ppo.learning_rate)
}

/// A subgoal for the agent in row `place`: one of those that are open, with chance `stray` any.
fn draw_subgoal(runner: &OptionRunner<LowLevel>, place: usize, stray: f64, random: &mut Philox) -> i32 {
    let low = runner.options();
    let view = runner.scene().view_of(place);
    let (tree, achieved) = (low.tree(), low.achieved(place));
    let open: Vec<i32> = (0..tree.len())
        .filter(|&subgoal| tree.is_open(subgoal, view, achieved))
        .map(|subgoal| subgoal as i32)
        .collect();
    if open.is_empty() || random.float() < stray {
        random.int(0, tree.len() as i32)
    } else {
        open[random.int(0, open.len() as i32) as usize]
    }
}
