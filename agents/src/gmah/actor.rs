//! A trained hierarchy at work: to be judged, watched and written down.

use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{EpisodeRecord, EpisodeStatistics};

use super::high_level::HighLevel;
use super::low_level::LowLevel;
use super::mixing::Mixing;
use super::trainer::{GmahTrainer, Levels, levels};
use crate::options::{DecisionProcess, OptionRunner, RunnerSettings};
use crate::qmix::{ActionSelection, AgentNetwork, Collector};
use crate::random::{Purpose, stream};
use crate::{Error, Evaluation, MakeBatch};

/// A hierarchy that acts in a batch of its own.
pub struct HierarchyActor {
    runner: OptionRunner<LowLevel>,
    high: HighLevel,
    /// Values of subgoals, where they were trained: they choose instead of the policy, in this way.
    mixed: Option<(AgentNetwork, Collector, ActionSelection)>,
    random: Philox,
}

impl GmahTrainer {
    /// The hierarchy as it is now, in a new batch of `num_envs` environments reset with `seed`.
    /// `greedy` says whether the most probable subgoals are chosen, or those of the largest values; otherwise they are
    /// drawn from the policy, or with the last epsilon of training at random. The low level takes its most probable
    /// actions where it does so in the training of what chooses.
    ///
    /// # Errors
    /// An environment that cannot be built.
    pub fn actor(
        &self,
        make: MakeBatch<'_>,
        num_envs: usize,
        seed: u64,
        greedy: bool,
    ) -> Result<HierarchyActor, Error> {
        let config = self.config();
        let (Levels { mut runner, mut high }, ..) = levels(config, make, num_envs, seed, &self.pool)?;
        let low = runner.options_mut();
        low.set_network(self.low.network.inference());
        low.settings.greedy = self.greedy_low_level();
        low.settings.adaptive = config.hierarchy.adaptive;
        if let (Some(surprise), Some(trained)) = (&mut low.surprise, &self.runner.options().surprise) {
            let copied = trained.state().and_then(|state| surprise.restore(state));
            copied.map_err(|reason| Error::Unsupported { id: config.environment.id.clone(), reason })?;
            surprise.learns = false;
        }
        high.set_network(self.high_learner.network.inference());
        high.settings.greedy = greedy;
        let mixed = self.is_mixed().then(|| {
            runner.set_settings(RunnerSettings { suffixes: 0, ..Mixing::runner_settings(config) });
            let width = config.mixing.learner.hidden;
            let epsilon = if greedy { 0.0 } else { config.mixing.exploration.last };
            let selection = ActionSelection::EpsilonGreedy(epsilon);
            (self.mixing.learner.policy(), Collector::new(runner.shape(), width), selection)
        });
        Ok(HierarchyActor { runner, high, mixed, random: stream(seed, Purpose::Evaluation) })
    }

    /// Judges the hierarchy on fresh levels, as the configuration says: each episode is the first one of an
    /// environment of its own.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn evaluate(&self, make: MakeBatch<'_>) -> Result<HierarchyEvaluation, Error> {
        self.evaluate_as(self.config().evaluation.greedy, make)
    }

    /// [`GmahTrainer::evaluate`] with the best subgoals or, where not `greedy`, as [`GmahTrainer::actor`] says.
    ///
    /// # Errors
    /// As [`GmahTrainer::evaluate`].
    pub fn evaluate_as(&self, greedy: bool, make: MakeBatch<'_>) -> Result<HierarchyEvaluation, Error> {
        let config = self.config();
        self.evaluate_on(config.evaluation.episodes, config.evaluation_seed(), greedy, make)
    }

    /// [`GmahTrainer::evaluate_as`] over `episodes` episodes on the levels of `seed`.
    ///
    /// # Errors
    /// As [`GmahTrainer::evaluate`].
    pub fn evaluate_on(
        &self,
        episodes: usize,
        seed: u64,
        greedy: bool,
        make: MakeBatch<'_>,
    ) -> Result<HierarchyEvaluation, Error> {
        let mut actor = self.actor(make, episodes, seed, greedy)?;
        let mut records: Vec<Option<EpisodeRecord>> = vec![None; episodes];
        while records.iter().any(Option::is_none) {
            actor.step()?;
            for episode in actor.runner().episodes() {
                records[episode.env].get_or_insert(*episode);
            }
        }
        let played: EpisodeStatistics = records.iter().flatten().collect();
        let returns = records.iter().flatten().map(|record| f64::from(record.episode_return));
        Ok(HierarchyEvaluation {
            evaluation: Evaluation {
                episodes,
                success_rate: played.success_rate().unwrap_or(0.0),
                mean_return: played.mean_return().unwrap_or(0.0),
                mean_length: played.mean_length().unwrap_or(0.0),
            },
            least_return: returns.fold(f64::INFINITY, f64::min),
        })
    }
}

/// What a hierarchy reached.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct HierarchyEvaluation {
    /// What any agent reaches.
    #[serde(flatten)]
    pub evaluation: Evaluation,
    /// Smallest sum of rewards of an episode.
    pub least_return: f64,
}

impl HierarchyActor {
    /// The batch and the subgoals under way.
    pub fn runner(&self) -> &OptionRunner<LowLevel> {
        &self.runner
    }

    /// The subgoals that agents pursued in the last step, `[num_envs, num_agents]`.
    pub fn subgoals(&self) -> &[i32] {
        match &self.mixed {
            Some((_, collector, _)) => collector.choices(),
            None => self.high.choices(),
        }
    }

    /// One primitive step of every environment.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn step(&mut self) -> Result<(), Error> {
        let Self { runner, high, mixed, random } = self;
        match mixed {
            Some((network, collector, selection)) => {
                collector.step(runner, network, *selection, random, |_| {})
            }
            None => high.step(runner, random, false),
        }
    }
}
