//! Records a batch of any environments while it steps, without a look inside: what every environment was asked to do,
//! what it paid, and what it showed. Observations of more than [`LONGEST`] numbers are kept as a hash.

use std::{io::Write, path::Path};

use pentathlon_gym::{Actions, Array, AutoresetMode, Device, GeneratorKind, Observation, VectorEnv};
use serde::{Deserialize, Serialize};

use super::{ActionSequence, TraceError, reader::read_lines, recorder::RecordError, recording::Hash};

/// Most numbers of an observation that stand in a trace as they are.
pub const LONGEST: usize = 64;

/// First line of a trace: what was played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedHeader {
    /// The environment id.
    pub id: String,
    /// Version of the suite.
    pub pentathlon: String,
    /// Seed of the batch.
    pub seed: u64,
    /// `fast` or `reference`.
    pub generator: String,
    /// Device that stepped.
    pub device: String,
    /// Where the actions came from: `uniform`, `actions`, or the kind of the replayed trace.
    pub kind: String,
    /// Agents of an environment.
    pub agents: usize,
    /// Names of the observations, in the order in which they stand in every step.
    pub observations: Vec<String>,
}

/// A number of an action, whole or real, written with the fewest digits that read back to the same value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ActionNumber {
    /// Of a `Discrete` or `MultiDiscrete` action space.
    Whole(i32),
    /// Of a `Box`.
    Real(f32),
}

impl std::fmt::Display for ActionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(number) => number.fmt(f),
            Self::Real(number) => number.fmt(f),
        }
    }
}

/// What one environment showed of one observation, all its agents together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Shown {
    /// Of a type of whole numbers.
    Whole(Vec<i32>),
    /// Real numbers.
    Real(Vec<f32>),
    /// The hash of the bytes of more than [`LONGEST`] numbers, little-endian.
    Hashed(Hash),
}

/// One step of one environment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservedStep {
    /// What it was asked to do, agent by agent.
    pub action: Vec<ActionNumber>,
    /// What each agent was paid.
    pub reward: Vec<f32>,
    /// Whether the episode reached a terminal state.
    pub terminated: bool,
    /// Whether the episode was cut off.
    pub truncated: bool,
    /// What was seen after the step and before any reset, in the order of the header.
    pub observation: Vec<Shown>,
}

/// One environment; a new episode begins after every step that ended one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObservedRollout {
    /// Index of the environment in the batch.
    pub env: usize,
    /// What was seen at the start of each episode, in the order of the header.
    pub starts: Vec<Vec<Shown>>,
    /// The steps of all episodes.
    pub steps: Vec<ObservedStep>,
}

/// A recorded batch.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedTrace {
    /// First line.
    pub header: ObservedHeader,
    /// Further lines.
    pub rollouts: Vec<ObservedRollout>,
}

impl ObservedTrace {
    /// Resets `batch` with the seed it was built with, takes `actions`, which came from `kind`, and records all that
    /// happens.
    ///
    /// # Errors
    /// A batch with autoreset, or one that refuses an action.
    pub fn record(
        batch: &mut dyn VectorEnv,
        actions: &ActionSequence,
        kind: &str,
    ) -> Result<Self, RecordError> {
        if batch.autoreset() != AutoresetMode::Disabled {
            return Err(RecordError::Autoreset);
        }
        let (num_envs, agents, seed) = (batch.num_envs(), batch.spec().num_agents, batch.options().seed);
        batch.reset(Some(seed))?;
        let header = header(batch, kind);
        let mut rollouts: Vec<ObservedRollout> =
            (0..num_envs).map(|env| ObservedRollout { env, ..ObservedRollout::default() }).collect();
        let mut ended = vec![true; num_envs];
        for taken in actions.steps() {
            for rollout in rollouts.iter_mut().filter(|rollout| ended[rollout.env]) {
                rollout.starts.push(shown(batch.observation(), rollout.env, num_envs));
            }
            let step = batch.step(taken)?;
            let width = taken.len() / num_envs.max(1);
            for rollout in &mut rollouts {
                let env = rollout.env;
                rollout.steps.push(ObservedStep {
                    action: numbers(taken, env * width, width),
                    reward: step.reward[env * agents..(env + 1) * agents].to_vec(),
                    terminated: step.terminated[env],
                    truncated: step.truncated[env],
                    observation: shown(step.observation, env, num_envs),
                });
                ended[env] = step.ended(env);
            }
            if ended.contains(&true) {
                batch.reset_mask(&ended)?;
            }
        }
        Ok(Self { header, rollouts })
    }

    /// Writes the trace as JSON lines.
    ///
    /// # Errors
    /// When `writer` fails.
    pub fn write(&self, writer: &mut dyn Write) -> std::io::Result<()> {
        super::write_lines(&self.header, &self.rollouts, writer)
    }

    /// Reads a `.jsonl` or `.jsonl.zst` file.
    ///
    /// # Errors
    /// When the file cannot be read or a line of it is not what the format says.
    pub fn read(path: &Path) -> Result<Self, TraceError> {
        read_lines(path).map(|(header, rollouts)| Self { header, rollouts })
    }
}

fn header(batch: &dyn VectorEnv, kind: &str) -> ObservedHeader {
    let (spec, options) = (batch.spec(), batch.options());
    ObservedHeader {
        id: spec.id.clone(),
        pentathlon: env!("CARGO_PKG_VERSION").to_owned(),
        seed: options.seed,
        generator: match options.generator {
            GeneratorKind::Reference => "reference".to_owned(),
            GeneratorKind::Fast => "fast".to_owned(),
        },
        device: match options.device {
            Device::Wgpu => "wgpu".to_owned(),
            _ => "native".to_owned(),
        },
        kind: kind.to_owned(),
        agents: spec.num_agents,
        observations: batch.observation().fields.iter().map(|field| field.spec.name.clone()).collect(),
    }
}

fn numbers(taken: Actions<'_>, begin: usize, count: usize) -> Vec<ActionNumber> {
    match taken {
        Actions::Discrete(all) => {
            all[begin..begin + count].iter().map(|&number| ActionNumber::Whole(number)).collect()
        }
        Actions::Continuous(all) => {
            all[begin..begin + count].iter().map(|&number| ActionNumber::Real(number)).collect()
        }
    }
}

fn shown(observation: &Observation, env: usize, num_envs: usize) -> Vec<Shown> {
    let fields = observation.fields.iter().map(|field| {
        let len = field.array.len() / num_envs.max(1);
        let own = env * len..(env + 1) * len;
        if len > LONGEST {
            let size = field.array.element().size();
            return Shown::Hashed(Hash::of(&field.array.bytes()[own.start * size..own.end * size]));
        }
        match &field.array {
            Array::U8(values) => Shown::Whole(values[own].iter().map(|&value| value.into()).collect()),
            Array::I32(values) => Shown::Whole(values[own].to_vec()),
            Array::F32(values) => Shown::Real(values[own].to_vec()),
        }
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::ActionBuffer;

    use super::*;

    fn batch(id: &str) -> Box<dyn VectorEnv> {
        let builder = crate::make(id).unwrap().num_envs(2).seed(4).max_episode_steps(5);
        builder.autoreset(AutoresetMode::Disabled).build().unwrap()
    }

    #[test]
    fn what_was_recorded_is_read_again_and_replayed_to_the_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let mut pendulum = batch("ClassicControl-Pendulum-v1");
        let mut actions = ActionSequence::new(pendulum.spec(), 2).unwrap();
        for step in 0..12 {
            let torque = (step as f32 * 0.7).sin() * 2.0;
            actions.push(&[torque, -torque / 3.0][..]);
        }
        let trace = ObservedTrace::record(&mut *pendulum, &actions, "actions").unwrap();
        for rollout in &trace.rollouts {
            assert_eq!((rollout.starts.len(), rollout.steps.len()), (3, 12), "episodes of 5 steps");
            assert!(rollout.steps[4].truncated && !rollout.steps[3].truncated);
            assert!(matches!(&rollout.steps[0].observation[0], Shown::Real(state) if state.len() == 3));
        }
        trace.write(&mut std::fs::File::create(&path).unwrap()).unwrap();
        let read = ObservedTrace::read(&path).unwrap();
        assert_eq!(read.header, trace.header);
        let spec = pendulum.spec().clone();
        let allowed = super::super::AllowedActions::of(&spec);
        let (again, kind) = ActionSequence::from_observed(&path, 2, &allowed).unwrap();
        assert_eq!((again, kind.as_str()), (actions, "actions"));
        let error = ActionSequence::from_observed(&path, 3, &allowed).unwrap_err().to_string();
        assert!(error.contains("2 environments"), "{error}");
    }

    #[test]
    fn large_observations_are_hashed_and_whole_actions_stay_whole() {
        let mut crafter = batch("CrafterReward-v1");
        let mut actions = ActionSequence::new(crafter.spec(), 2).unwrap();
        actions.push(&ActionBuffer::Discrete(vec![5, 3]));
        let trace = ObservedTrace::record(&mut *crafter, &actions, "actions").unwrap();
        let step = &trace.rollouts[1].steps[0];
        assert_eq!(step.action, [ActionNumber::Whole(3)]);
        assert!(matches!(step.observation[0], Shown::Hashed(_)), "{step:?}");
    }
}
