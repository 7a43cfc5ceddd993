//! SEQUOIA's training, top to bottom: warm start, then Q-learning in episodes, of which the network that does best in
//! checks on episodes of their own is kept. A run can be saved between two episodes and goes on from there bit for bit.

use std::{ops::ControlFlow, path::Path, time::Instant};

use pentathlon_envs::cormab::instance::Instance;
use pentathlon_gym::seeding::philox::{Philox, rules::Stream};

use super::{
    super::network::ReluNetwork,
    checkpoint::Checkpoint,
    config::SequoiaConfig,
    learner::Learner,
    warm_start::{fit, samples},
};
use crate::Error;

/// How training goes, once an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Episodes so far.
    pub episode: usize,
    /// Mean expected reward of a step in the episode, exploration included.
    pub reward: f64,
    /// Mean error of the values in the episode's gradient steps.
    pub error: f64,
    /// Mean expected reward of a step in the last check, if there was one after this episode.
    pub check: Option<f64>,
    /// Seconds since training began.
    pub seconds: f64,
}

/// A trained agent.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The Q-network.
    pub network: ReluNetwork,
    /// The network of the one-step reward that it started from.
    pub warm_network: ReluNetwork,
    /// Mean squared error of that network.
    pub warm_error: f64,
    /// Episodes that were played.
    pub episodes: usize,
    /// Seconds that training took.
    pub seconds: f64,
    /// Searches for a best action, those answered from memory not counted.
    pub searches: u64,
    /// Searches that ended at a limit, without a proof within the allowed gap.
    pub unproved: u64,
}

/// A training run.
pub struct SequoiaTrainer {
    learner: Learner,
    warm_network: ReluNetwork,
    warm_error: f64,
    /// What the best network earned in its check, and the network.
    best: (f64, ReluNetwork),
    episodes: usize,
    /// Seconds before `begin`.
    seconds: f64,
    begin: Instant,
}

impl SequoiaTrainer {
    /// A run that has made its warm start.
    ///
    /// # Errors
    /// As [`SequoiaTrainer::begin`].
    pub fn new(config: SequoiaConfig, instance: Instance) -> Result<Self, Error> {
        let begun = Self::begin(config, instance, &mut || ControlFlow::Continue(()))?;
        Ok(begun.expect("nothing ends the warm start"))
    }

    /// A run that has made its warm start. `go_on` is asked once a pass of it; there is no run when it ends the warm start.
    ///
    /// # Errors
    /// When the warm start diverges, or the environment of a check cannot be built.
    pub fn begin(
        config: SequoiaConfig,
        instance: Instance,
        go_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Self>, Error> {
        let begin = Instant::now();
        let mut random = Philox::for_level(config.seed, 0);
        let mut network =
            ReluNetwork::random(instance.components, instance.arms, &config.hidden, &mut random);
        let rows = samples(&instance, &config.warm_start, &mut random);
        let warm_error = fit(&mut network, &rows, &config.warm_start, &config.optimiser, &mut random, go_on);
        let Some(warm_error) = warm_error else { return Ok(None) };
        check_finite(&network, warm_error, 0)?;
        let warm_network = network.clone();
        let mut learner = Learner::new(config, instance, network, random);
        learner.prefill(rows.iter().map(|row| (row.levels.clone(), row.action)).collect());
        let best = (learner.check(learner.config.training.check_episodes)?, warm_network.clone());
        learner.allow_gap(best.0);
        if learner.config.training.centre_rewards {
            learner.state.mean_reward = best.0;
            // The one-step reward above its mean is where the values of centred rewards start.
            learner.state.centre = best.0;
            learner.shift_values(-best.0);
        }
        Ok(Some(Self { learner, warm_network, warm_error, best, episodes: 0, seconds: 0.0, begin }))
    }

    /// The run that was saved at `path`, with `changes` to its configuration, each `table.field=value`: how long it
    /// trains, how it is judged and how many threads search.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged, or a change of something else.
    pub fn resume(path: &Path, changes: &[impl AsRef<str>]) -> Result<Self, Error> {
        let Checkpoint { config, instance, stream, state, warm_network, warm_error, best, episodes, seconds } =
            Checkpoint::load(path)?;
        let refused = |reason: String| Error::Checkpoint { path: path.to_owned(), reason };
        let saved = SequoiaConfig::read("of the checkpoint", &config, &[] as &[&str])?;
        let config = SequoiaConfig::read("of the checkpoint", &config, changes)?;
        if !saved.can_go_on_as(&config) {
            let reason =
                "a run that goes on can change training.episodes, evaluation and search.threads only";
            return Err(refused(reason.into()));
        }
        let instance =
            Instance::from_json(&instance.0, &instance.1).map_err(|error| refused(error.to_string()))?;
        let [key, lane, drawn, spare] = stream;
        let random = Philox(Stream { key, lane, drawn, spare });
        let learner = Learner::with_state(config, instance, state, random);
        Ok(Self { learner, warm_network, warm_error, best, episodes, seconds, begin: Instant::now() })
    }

    /// Writes everything that the rest of the run depends on to `path`: all of it, or nothing.
    ///
    /// # Errors
    /// A folder that cannot be written, or a full disk.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let Stream { key, lane, drawn, spare } = self.learner.random.0;
        let config = toml::to_string(&self.learner.config)
            .map_err(|error| Error::Checkpoint { path: path.to_owned(), reason: error.to_string() })?;
        let checkpoint = Checkpoint {
            config,
            instance: (self.learner.instance.name.clone(), self.learner.instance.to_json()),
            stream: [key, lane, drawn, spare],
            state: self.learner.state.clone(),
            warm_network: self.warm_network.clone(),
            warm_error: self.warm_error,
            best: self.best.clone(),
            episodes: self.episodes,
            seconds: self.seconds(),
        };
        checkpoint.save(path)
    }

    /// The configuration.
    pub fn config(&self) -> &SequoiaConfig {
        &self.learner.config
    }

    /// What is trained on.
    pub fn instance(&self) -> &Instance {
        &self.learner.instance
    }

    /// Episodes so far.
    pub fn episodes(&self) -> usize {
        self.episodes
    }

    /// Seconds of training so far, those before it was saved included.
    pub fn seconds(&self) -> f64 {
        self.seconds + self.begin.elapsed().as_secs_f64()
    }

    /// Whether all episodes have been played.
    pub fn is_over(&self) -> bool {
        self.episodes >= self.learner.config.training.episodes
    }

    /// Plays and learns one episode.
    ///
    /// # Errors
    /// When training diverges, or the environment of a check cannot be built.
    pub fn train_episode(&mut self) -> Result<Progress, Error> {
        let training = &self.learner.config.training;
        let learning_rate = training.learning_rate * training.learning_rate_decay.powi(self.episodes as i32);
        let (check_every, check_episodes) = (training.check_every, training.check_episodes);
        let (reward, error) = self.learner.episode(learning_rate);
        self.episodes += 1;
        check_finite(&self.learner.state.network, error, self.episodes)?;
        let mut check = None;
        if check_every > 0 && self.episodes.is_multiple_of(check_every) {
            let earned = self.learner.check(check_episodes)?;
            check = Some(earned);
            if earned > self.best.0 {
                self.best = (earned, self.learner.uncentred());
            }
        }
        Ok(Progress { episode: self.episodes, reward, error, check, seconds: self.seconds() })
    }

    /// The agent as it is trained so far: the best network of all checks, or the last one without checks.
    pub fn trained(&self) -> Trained {
        let state = &self.learner.state;
        let is_checked = self.learner.config.training.check_every > 0;
        Trained {
            network: if is_checked { self.best.1.clone() } else { self.learner.uncentred() },
            warm_network: self.warm_network.clone(),
            warm_error: self.warm_error,
            episodes: self.episodes,
            seconds: self.seconds(),
            searches: state.searches,
            unproved: state.unproved,
        }
    }
}

/// Fails where training has produced what is no number; `episode` is the one in which it did.
fn check_finite(network: &ReluNetwork, error: f64, episode: usize) -> Result<(), Error> {
    let mut parameters = network.layers().iter().flat_map(|layer| layer.weights.iter().chain(&layer.biases));
    match error.is_finite() && parameters.all(|parameter| parameter.is_finite()) {
        true => Ok(()),
        false => Err(Error::Diverged { update: episode as u64, what: "network of values" }),
    }
}

/// Trains an agent for `instance`; `report` is called with each episode, and before that with nothing for each pass of the
/// warm start. It can end the training there; within the warm start there is no agent then.
///
/// # Errors
/// When training diverges, or the environment of a check cannot be built.
pub fn train(
    config: &SequoiaConfig,
    instance: &Instance,
    report: &mut dyn FnMut(Option<&Progress>) -> ControlFlow<()>,
) -> Result<Option<Trained>, Error> {
    let trainer = SequoiaTrainer::begin(config.clone(), instance.clone(), &mut || report(None))?;
    let Some(mut trainer) = trainer else { return Ok(None) };
    while !trainer.is_over() {
        if report(Some(&trainer.train_episode()?)).is_break() {
            break;
        }
    }
    Ok(Some(trainer.trained()))
}
