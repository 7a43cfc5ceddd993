//! The third stage, GMIX: agents' values of subgoals, mixed into the value of what the team pursues. It is QMIX on
//! the process of options, started from the policy over subgoals.

use pentathlon_gym::seeding::philox::Philox;

use super::config::GmahConfig;
use super::high_level::HighLevel;
use super::low_level::LowLevel;
use crate::Error;
use crate::options::{OptionRunner, ProcessShape, RunnerSettings};
use crate::qmix::{ActionSelection, Batch, Collector, Learner, Replay, UpdateStatistics};
use crate::random::{Purpose, stream};

/// Values of subgoals in training.
pub struct Mixing {
    pub(super) learner: Learner,
    pub(super) collector: Collector,
    /// Whole episodes.
    pub(super) replay: Replay,
    /// Suffixes of choices, episodes of one choice: so many for each episode of `replay` as are handed out a choice.
    pub(super) suffixes: Replay,
    pub(super) minibatches: Philox,
    /// Whole episodes since the last update.
    pub(super) unlearned: usize,
    /// Whether the values have started from the policy, or need not.
    pub(super) is_warm: bool,
    /// Frames in which the values chose.
    pub(super) warm_frames: u64,
    pub(super) statistics: UpdateStatistics,
}

impl Mixing {
    /// Untrained values of `subgoals` subgoals, over a process of primitive steps of sizes `inner`.
    pub fn new(config: &GmahConfig, inner: ProcessShape, subgoals: usize) -> Self {
        let shape = ProcessShape {
            choices: subgoals,
            observation: inner.observation + 2,
            state: inner.state + inner.num_agents * subgoals,
            ..inner
        };
        let learner = &config.mixing.learner;
        Self {
            learner: Learner::new(shape, learner, config.seed.wrapping_add(2 << 32)),
            collector: Collector::new(shape, learner.hidden),
            replay: Replay::new(learner.replay_episodes),
            suffixes: Replay::new(learner.replay_episodes * config.mixing.suffixes),
            minibatches: stream(config.seed, Purpose::Minibatches),
            unlearned: 0,
            warm_frames: 0,
            is_warm: config.mixing.warm_start_episodes == 0,
            statistics: UpdateStatistics::default(),
        }
    }

    /// How the process of options shows itself to the learner.
    pub fn runner_settings(config: &GmahConfig) -> RunnerSettings {
        RunnerSettings {
            longest: config.hierarchy.budget,
            observe_progress: true,
            state_with_options: true,
            suffixes: config.mixing.suffixes,
        }
    }

    /// Loss of the last update.
    pub fn loss(&self) -> f32 {
        self.statistics.loss
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.learner.updates()
    }

    /// Chance of a random subgoal in the next step; `None` as long as the values are cold and a policy chooses. It
    /// falls from the first step of the values on.
    pub fn epsilon(&self, config: &GmahConfig) -> Option<f64> {
        self.is_warm.then(|| config.mixing.exploration.epsilon(self.warm_frames))
    }

    /// One primitive step of all environments, and the updates that are due then. As long as the values are cold,
    /// `high` chooses, and the first update is to choose alike. Suffixes of choices are learned from beside whole
    /// episodes, in updates of their own: they are neither counted nor imitated, since in the middle of a choice there
    /// is nothing to choose.
    ///
    /// # Errors
    /// Those of the environments, and [`Error::Diverged`].
    pub fn step(
        &mut self,
        config: &GmahConfig,
        runner: &mut OptionRunner<LowLevel>,
        high: &mut HighLevel,
        random: &mut Philox,
    ) -> Result<(), Error> {
        let Some(epsilon) = self.epsilon(config) else {
            return self.step_cold(config, runner, high, random);
        };
        let Self { collector, learner, replay, unlearned, .. } = self;
        let selection = ActionSelection::EpsilonGreedy(epsilon);
        collector.step(runner, &learner.policy(), selection, random, |episode| {
            replay.push(episode);
            *unlearned += 1;
        })?;
        self.warm_frames += config.environment.num_envs as u64;
        self.keep_suffixes();
        let settings = &config.mixing.learner;
        if self.replay.len() < settings.batch_episodes {
            self.unlearned = 0;
        }
        while self.unlearned >= settings.episodes_per_update {
            self.unlearned -= settings.episodes_per_update;
            let batch = self.batch(settings.batch_episodes);
            self.statistics = self.learner.update(&batch)?;
            let wanted = settings.batch_episodes * config.mixing.suffixes;
            if wanted > 0 && self.suffixes.len() >= wanted {
                let drawn = self.suffixes.sample(wanted, &mut self.minibatches);
                self.learner.update(&Batch::of_suffixes(self.learner.shape(), &drawn))?;
            }
        }
        Ok(())
    }

    fn step_cold(
        &mut self,
        config: &GmahConfig,
        runner: &mut OptionRunner<LowLevel>,
        high: &mut HighLevel,
        random: &mut Philox,
    ) -> Result<(), Error> {
        let places = 0..runner.current().len();
        let due: Vec<usize> = places.filter(|&place| runner.may_choose(place)).collect();
        high.choose(runner, &due, random, false);
        let Self { collector, replay, .. } = self;
        collector.follow(runner, high.choices(), |episode| replay.push(episode))?;
        high.gather(runner, false);
        self.keep_suffixes();
        let settings = &config.mixing;
        let wanted = settings.warm_start_episodes;
        if self.replay.len() >= wanted {
            for _ in 0..settings.warm_start_updates {
                let batch = self.batch(settings.learner.batch_episodes.min(wanted));
                self.statistics.loss = self.learner.imitate(&batch, settings.temperature)?;
            }
            // What the agents' values amount to together, before they change.
            for _ in 0..settings.warm_start_updates {
                let batch = self.batch(settings.learner.batch_episodes.min(wanted));
                self.statistics = self.learner.update_mixer(&batch)?;
            }
            self.is_warm = true;
        }
        Ok(())
    }

    /// Keeps the suffixes of the choices that ran their course in the last step.
    fn keep_suffixes(&mut self) {
        let Self { collector, suffixes, .. } = self;
        collector.take_suffixes().for_each(|suffix| suffixes.push(suffix));
    }

    fn batch(&mut self, episodes: usize) -> Batch {
        Batch::new(self.learner.shape(), &self.replay.sample(episodes, &mut self.minibatches))
    }
}
