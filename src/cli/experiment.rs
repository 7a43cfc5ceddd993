//! Experiments: configuration files of any learner. Which learner a file is for is decided here alone; what
//! commands do with the run of one is the trait [`Run`].

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use anyhow::Context;
use pentathlon::agents::{
    Checkpoint, Config, Ending, Evaluation, Progress, RunFiles, Trainer,
    config::EXPERIMENTS,
    continuous_control::{self, ContinuousConfig, ContinuousFiles, ContinuousProgress, ContinuousTrainer},
    cormab::sequoia::{self, SequoiaConfig},
    gmah::{self, GmahConfig, GmahProgress, GmahTrainer, HierarchyFiles},
    qmix::{self, QmixConfig, TeamFiles, TeamProgress, TeamTrainer},
};
use serde::{Deserialize, Serialize};

use super::{cormab, exit::Usage, policy::build};

/// The learner that a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Proximal policy optimisation, of one agent or of teams: `train`.
    Ppo,
    /// Value learners of teams, a table `[learner]`, deep Q-learning of one agent, `algorithm = "dqn"`, and COMA,
    /// `algorithm = "coma"`: `train` and `train-team`.
    Team,
    /// SEQUOIA, `algorithm = "sequoia"`: `train`.
    Sequoia,
    /// Hierarchies of subgoals, a table `[hierarchy]`: `train`.
    Hierarchy,
    /// Learners whose actions are real numbers, `algorithm = "td3"` or `"srl"`: `train`.
    Continuous,
}

/// What `algorithm` may be; learners without that key are known by their tables.
const ALGORITHMS: [(&str, Kind); 5] = [
    ("sequoia", Kind::Sequoia),
    ("td3", Kind::Continuous),
    ("srl", Kind::Continuous),
    ("coma", Kind::Team),
    ("dqn", Kind::Team),
];

impl Kind {
    /// The learner that the configuration in `text` is for.
    pub fn of(text: &str) -> Self {
        let table = text.parse::<toml::Table>().unwrap_or_default();
        let algorithm = table.get("algorithm").and_then(toml::Value::as_str);
        if let Some((_, kind)) = ALGORITHMS.iter().find(|(name, _)| Some(*name) == algorithm) {
            *kind
        } else if table.contains_key("hierarchy") {
            Self::Hierarchy
        } else if table.contains_key("learner") {
            Self::Team
        } else {
            Self::Ppo
        }
    }

    /// What the learner is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ppo => "PPO",
            Self::Team => "a value learner or COMA",
            Self::Sequoia => "SEQUOIA",
            Self::Hierarchy => "a hierarchy of subgoals",
            Self::Continuous => "a learner of real-valued actions",
        }
    }
}

/// The text of a configuration: a file, or one that is built in.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is from, for messages.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl Source {
    /// The configuration that `path` names: a built-in one, or a file.
    pub fn find(path: &Path) -> anyhow::Result<Self> {
        let known = || {
            let single =
                EXPERIMENTS.iter().chain(&continuous_control::EXPERIMENTS).chain(&sequoia::EXPERIMENTS);
            single.chain(&qmix::EXPERIMENTS).chain(&gmah::EXPERIMENTS)
        };
        let built_in = known().find(|(name, _)| path.to_str() == Some(name));
        let text = match built_in {
            Some((_, text)) => (*text).to_owned(),
            None => std::fs::read_to_string(path).with_context(|| {
                let known = known().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                format!("the configuration {} cannot be read (built in are {known})", path.display())
            })?,
        };
        let table = text.parse::<toml::Table>().unwrap_or_default();
        let given = table.get("algorithm");
        let known = ALGORITHMS.map(|(name, _)| format!("\"{name}\"")).join(", ");
        match given {
            Some(given) if !ALGORITHMS.iter().any(|(name, _)| given.as_str() == Some(*name)) => Err(Usage(format!(
                "configuration {}: field 'algorithm' = {given} is not allowed; allowed: {known}, or none for PPO, \
                 for teams (a table [learner]) and for hierarchies (a table [hierarchy])",
                path.display()
            ))
            .into()),
            _ => Ok(Self { path: path.to_owned(), text }),
        }
    }

    /// The name of the experiment: that of the file, without its ending.
    pub fn name(&self) -> String {
        let stem = self.path.file_stem();
        stem.map_or_else(|| self.path.display().to_string(), |stem| stem.to_string_lossy().into())
    }

    /// The learner that it is for.
    pub fn kind(&self) -> Kind {
        Kind::of(&self.text)
    }
}

/// A configuration that has been read.
#[derive(Clone, Debug)]
pub enum Experiment {
    Ppo(Box<Config>),
    Team(Box<QmixConfig>),
    Sequoia(Box<SequoiaConfig>),
    Hierarchy(Box<GmahConfig>),
    Continuous(Box<ContinuousConfig>),
}

impl Experiment {
    /// Reads `source` and applies `overrides`, each `table.field=value`.
    pub fn read(source: &Source, overrides: &[String]) -> anyhow::Result<Self> {
        let Source { path, text } = source;
        let name = path.display().to_string();
        Ok(match source.kind() {
            Kind::Ppo => Self::Ppo(Box::new(
                Config::from_toml(text, overrides).context(format!("configuration {name}"))?,
            )),
            Kind::Team => Self::Team(Box::new(QmixConfig::with_overrides(&name, text, overrides)?)),
            Kind::Hierarchy => Self::Hierarchy(Box::new(GmahConfig::read(&name, text, overrides)?)),
            Kind::Sequoia => Self::Sequoia(Box::new(cormab::parse_config(path, text, overrides)?)),
            Kind::Continuous => Self::Continuous(Box::new(ContinuousConfig::read(&name, text, overrides)?)),
        })
    }

    /// The id of what is trained on.
    pub fn id(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::Ppo(config) => config.environment.id.clone(),
            Self::Team(config) => config.environment.id.clone(),
            Self::Hierarchy(config) => config.environment.id.clone(),
            Self::Continuous(config) => config.environment.id.clone(),
            Self::Sequoia(config) => cormab::instance_id(config)?,
        })
    }

    /// The configuration as TOML text, as it stands in the folder of a run.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::Ppo(config) => config.to_toml(),
            Self::Team(config) => config.to_toml(),
            Self::Hierarchy(config) => config.to_toml(),
            Self::Continuous(config) => config.to_toml(),
            Self::Sequoia(config) => toml::to_string(config)?,
        })
    }

    /// The run of this experiment in `folder`: one that goes on where it was saved, or a new one.
    pub fn open(self, folder: &Path) -> anyhow::Result<Box<dyn Run>> {
        Ok(match self {
            Self::Ppo(config) => {
                let checkpoint = Trainer::checkpoint_path(folder);
                let trainer = if checkpoint.exists() {
                    Trainer::resume(Checkpoint::load(&checkpoint)?, &build)?
                } else {
                    Trainer::new(*config, &build)?
                };
                Box::new(PpoRun { files: RunFiles::open(folder, &trainer)?, trainer })
            }
            Self::Team(config) => {
                let checkpoint = TeamTrainer::checkpoint_path(folder);
                let trainer = if checkpoint.exists() {
                    TeamTrainer::resume(&checkpoint, &build)?
                } else {
                    TeamTrainer::new(*config, &build)?
                };
                Box::new(TeamRun { files: TeamFiles::open(folder, &trainer)?, trainer })
            }
            Self::Hierarchy(config) => {
                let checkpoint = GmahTrainer::checkpoint_path(folder);
                let trainer = if checkpoint.exists() {
                    GmahTrainer::resume(&checkpoint, &build)?
                } else {
                    GmahTrainer::new(*config, &build)?
                };
                Box::new(HierarchyRun { files: HierarchyFiles::open(folder, &trainer)?, trainer })
            }
            Self::Continuous(config) => {
                let checkpoint = ContinuousTrainer::checkpoint_path(folder);
                let trainer = if checkpoint.exists() {
                    ContinuousTrainer::resume(&checkpoint, &[""; 0], &build)?
                } else {
                    ContinuousTrainer::new(*config, &build)?
                };
                Box::new(ContinuousRun { files: ContinuousFiles::open(folder, &trainer)?, trainer })
            }
            Self::Sequoia(config) => Box::new(cormab::SequoiaRun::open(*config, folder)?),
        })
    }
}

/// How a run is doing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Environment steps so far, and those after which it ends.
    pub frames: u64,
    pub total_frames: u64,
    /// Seconds so far.
    pub seconds: f64,
    /// Mean return of the latest episodes.
    pub mean_return: f64,
    /// Share of successful ones among them.
    pub success_rate: f64,
}

impl From<&Progress> for Standing {
    fn from(progress: &Progress) -> Self {
        Self {
            frames: progress.frames,
            total_frames: progress.total_frames,
            seconds: progress.seconds,
            mean_return: progress.mean_return,
            success_rate: progress.success_rate,
        }
    }
}

impl Standing {
    /// How a team's run of `total_frames` frames is doing.
    pub fn of_team(progress: &TeamProgress, total_frames: u64) -> Self {
        Self {
            frames: progress.frames,
            total_frames,
            seconds: progress.seconds,
            mean_return: progress.mean_return,
            success_rate: progress.success_rate,
        }
    }
}

impl Standing {
    /// How a hierarchy's run of `total_frames` frames is doing.
    pub fn of_hierarchy(progress: &GmahProgress, total_frames: u64) -> Self {
        Self {
            frames: progress.frames,
            total_frames,
            seconds: progress.seconds,
            mean_return: progress.mean_return,
            success_rate: progress.success_rate,
        }
    }
}

impl Standing {
    /// How a run of `total_frames` frames with real-valued actions is doing.
    pub fn of_continuous(progress: &ContinuousProgress, total_frames: u64) -> Self {
        Self {
            frames: progress.frames,
            total_frames,
            seconds: progress.seconds,
            mean_return: progress.mean_return,
            success_rate: progress.success_rate,
        }
    }
}

/// What a trained agent reached. SEQUOIA's instances know no success.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    pub episodes: usize,
    pub mean_return: f64,
    pub mean_length: Option<f64>,
    pub success_rate: Option<f64>,
}

impl From<Evaluation> for Judgement {
    fn from(evaluation: Evaluation) -> Self {
        Self {
            episodes: evaluation.episodes,
            mean_return: evaluation.mean_return,
            mean_length: Some(evaluation.mean_length),
            success_rate: Some(evaluation.success_rate),
        }
    }
}

/// The run of an experiment in its folder, which has an `episodes.csv` when it is over.
pub trait Run {
    /// Trains to the end, or until `stop` is set and everything is saved. Returns whether it is over.
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool>;

    /// Plays on levels of its own, greedily or as the policy draws its actions.
    fn evaluate(&mut self, greedy: bool) -> anyhow::Result<Judgement>;

    /// Environment steps so far.
    fn frames(&self) -> u64;

    /// Seconds of training so far.
    fn seconds(&self) -> f64;
}

struct PpoRun {
    trainer: Trainer,
    files: RunFiles,
}

impl Run for PpoRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let mut observer = |progress: &Progress| show(&progress.into());
        Ok(self.trainer.run(Some(&mut self.files), &mut observer, stop)? != Ending::Stopped)
    }

    fn evaluate(&mut self, greedy: bool) -> anyhow::Result<Judgement> {
        Ok(self.trainer.evaluate_as(greedy, &build)?.into())
    }

    fn frames(&self) -> u64 {
        self.trainer.frames()
    }

    fn seconds(&self) -> f64 {
        self.trainer.seconds()
    }
}

struct HierarchyRun {
    trainer: GmahTrainer,
    files: HierarchyFiles,
}

impl Run for HierarchyRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let total_frames = self.trainer.total_frames();
        let mut observer = |progress: &GmahProgress| show(&Standing::of_hierarchy(progress, total_frames));
        Ok(self.trainer.run(Some(&mut self.files), &mut observer, stop)?)
    }

    fn evaluate(&mut self, greedy: bool) -> anyhow::Result<Judgement> {
        Ok(self.trainer.evaluate_as(greedy, &build)?.evaluation.into())
    }

    fn frames(&self) -> u64 {
        self.trainer.frames()
    }

    fn seconds(&self) -> f64 {
        self.trainer.seconds()
    }
}

struct ContinuousRun {
    trainer: ContinuousTrainer,
    files: ContinuousFiles,
}

impl Run for ContinuousRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let total_frames = self.trainer.config().frames;
        let mut observer =
            |progress: &ContinuousProgress| show(&Standing::of_continuous(progress, total_frames));
        Ok(self.trainer.run(&mut self.files, &mut observer, stop)? != Ending::Stopped)
    }

    fn evaluate(&mut self, greedy: bool) -> anyhow::Result<Judgement> {
        Ok(self.trainer.evaluate_and_look(greedy, &build, &mut |_, _| {})?.into())
    }

    fn frames(&self) -> u64 {
        self.trainer.frames()
    }

    fn seconds(&self) -> f64 {
        self.trainer.seconds()
    }
}

struct TeamRun {
    trainer: TeamTrainer,
    files: TeamFiles,
}

impl Run for TeamRun {
    fn train(&mut self, show: &mut dyn FnMut(&Standing), stop: &AtomicBool) -> anyhow::Result<bool> {
        let total_frames = self.trainer.config().frames;
        let mut observer = |progress: &TeamProgress| show(&Standing::of_team(progress, total_frames));
        Ok(self.trainer.run_in(&mut self.files, &mut observer, stop)?)
    }

    fn evaluate(&mut self, greedy: bool) -> anyhow::Result<Judgement> {
        Ok(self.trainer.evaluate_as(greedy, &build)?.into())
    }

    fn frames(&self) -> u64 {
        self.trainer.frames()
    }

    fn seconds(&self) -> f64 {
        self.trainer.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_experiment_of_the_repository_is_known_for_what_it_is_and_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let mut kinds = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let source = Source::find(&entry.unwrap().path()).unwrap();
            let experiment = Experiment::read(&source, &[String::from("seed=9")])
                .unwrap_or_else(|error| panic!("{}: {error:#}", source.path.display()));
            assert!(experiment.to_toml().unwrap().contains("seed = 9"), "{}", source.path.display());
            let name = source.name();
            let expected = if name.starts_with("gmah") {
                Kind::Hierarchy
            } else if name.starts_with("sequoia") {
                Kind::Sequoia
            } else if ["qmix", "vdn", "coma", "dqn"].iter().any(|kind| name.starts_with(kind)) {
                Kind::Team
            } else if name.starts_with("td3") || name.starts_with("srl") {
                Kind::Continuous
            } else {
                Kind::Ppo
            };
            assert_eq!(source.kind(), expected, "{name}");
            assert_eq!(Source::find(Path::new(&name)).unwrap().text, source.text, "{name} is built in");
            kinds.push(expected);
        }
        assert!(kinds.len() > 10, "{kinds:?}");
        assert_eq!(Source::find(Path::new("minigrid_doorkey_5x5")).unwrap().kind(), Kind::Ppo);
        assert!(Source::find(Path::new("nowhere.toml")).is_err());
    }
}
