//! S3RL: reinforcement learning from snapshots of a teacher's episodes, with status classification and student
//! truncation. Along the teacher's episodes every state is kept; states are classified by clustering what was observed
//! in them ([`KMeans`]); for the first part of training the student's episodes start from them
//! ([`SnapshotStarts`]) and are cut off early.

mod k_means;

use pentathlon_gym::wrappers::{Autoreset, SnapshotStarts, SnapshotStartsOptions};
use pentathlon_gym::{ActionBuffer, AutoresetMode, BuildOptions, Snapshot, VectorEnv};

pub use k_means::KMeans;

use crate::config::{EarlyStopConfig, EnvironmentConfig, PpoConfig};
use crate::logging::lines::{Chart, Line};
use crate::policy::{ExpertPolicy, Policy};
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::training::{Learned, at_common_frames, train_to_success};
use crate::study::{FinishedRuns, Report, Row, Watch};
use crate::{Config, Error, MakeBatch, Trainer, evaluate};

/// States that a teacher came through, with what it observed in each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TeacherStates {
    /// Snapshots of single environments.
    pub snapshots: Vec<Snapshot>,
    /// What was observed, all numbers of all fields in a row, of each.
    pub observations: Vec<Vec<f32>>,
}

impl TeacherStates {
    /// Has `policy` play one episode in every environment of `env`, which was built with autoreset disabled, and keeps
    /// every state before an action.
    ///
    /// # Errors
    /// Those of the environment and the policy.
    pub fn record(env: &mut dyn VectorEnv, policy: &mut dyn Policy, seed: u64) -> Result<Self, Error> {
        env.reset(seed)?;
        let num_envs = env.num_envs();
        let mut running = vec![true; num_envs];
        let mut actions = ActionBuffer::of(env)?;
        let mut states = Self::default();
        while running.contains(&true) {
            for env_index in (0..num_envs).filter(|&index| running[index]) {
                states.snapshots.push(env.snapshot_environment(env_index)?);
                states.observations.push(observed(env, env_index));
            }
            policy.act(env, &running, &mut actions)?;
            let stepped = running.clone();
            let step = env.step_masked((&actions).into(), &stepped)?;
            for (index, running) in running.iter_mut().enumerate() {
                *running &= !step.ended(index);
            }
        }
        Ok(states)
    }

    /// The snapshots in `count` classes, by the observations' clusters; some may be empty.
    pub fn classes(&self, count: usize, seed: u64) -> Vec<Vec<Snapshot>> {
        let clusters = KMeans::fit(&self.observations, count, &mut stream(seed, Purpose::Evaluation));
        let mut classes = vec![Vec::new(); count];
        for (snapshot, cluster) in self.snapshots.iter().zip(clusters.labels) {
            classes[cluster].push(snapshot.clone());
        }
        classes
    }
}

/// All numbers that the first agent of environment `index` observes.
fn observed(env: &dyn VectorEnv, index: usize) -> Vec<f32> {
    let row = index * env.spec().num_agents;
    let fields = env.observation().fields.iter();
    fields
        .flat_map(|field| {
            let len = field.spec.space.flat_len();
            (row * len..(row + 1) * len).map(|at| field.array.value(at) as f32)
        })
        .collect()
}

/// How the study is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SnapshotSettings {
    /// Seeds.
    pub seeds: u64,
    /// Most frames of a run.
    pub frames: u64,
    /// Part of these during which episodes start from snapshots.
    pub phase: f64,
    /// Teacher's episodes.
    pub teacher_episodes: usize,
    /// Classes of states.
    pub classes: usize,
}

impl Default for SnapshotSettings {
    fn default() -> Self {
        Self { seeds: 5, frames: 1_500_000, phase: 0.1, teacher_episodes: 200, classes: 10 }
    }
}

/// The task of the study.
const TASK: &str = "MiniGrid-DoorKey-8x8-v0";
/// Success rate that is learned to.
const GOAL: f64 = 0.9;
/// Updates between two evaluations.
const EVERY: u64 = 4;
/// What is compared.
const METHODS: [&str; 2] = ["snapshot starts", "resets alone"];

fn config(settings: &SnapshotSettings, seed: u64) -> Config {
    Config {
        seed,
        frames: settings.frames,
        environment: EnvironmentConfig {
            id: TASK.into(),
            observations: vec!["image".into(), "direction".into()],
            ..EnvironmentConfig::default()
        },
        ppo: PpoConfig { advantage_floor: 0.05, ..PpoConfig::default() },
        early_stop: EarlyStopConfig { success_rate: 0.0, ..EarlyStopConfig::default() },
        ..Config::default()
    }
}

/// Trains with starts from an expert's states and without, and judges both on whole episodes of fresh levels; `None`
/// when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn snapshot_starts_study(
    settings: &SnapshotSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let mut methods: [Vec<Learned>; 2] = [Vec::new(), Vec::new()];
    let runs = (2 * settings.seeds) as f64;
    let mut done = 0.0;
    for seed in 1..=settings.seeds {
        let config = config(settings, seed);
        let teacher = BuildOptions {
            autoreset: AutoresetMode::Disabled,
            ..config.build_options(settings.teacher_episodes, seed)
        };
        let mut env = make(TASK, &teacher)?;
        let limit = env.spec().max_episode_steps;
        let mut expert = ExpertPolicy::new(&*env)?;
        let states = TeacherStates::record(&mut *env, &mut expert, seed.wrapping_add(1 << 33))?;
        let classes = states.classes(settings.classes, seed);
        let options = SnapshotStartsOptions {
            frames: (settings.phase * settings.frames as f64) as u64,
            student_steps: limit / 4,
            seed,
        };
        let starting = |id: &str, build: &BuildOptions| {
            let disabled = BuildOptions { autoreset: AutoresetMode::Disabled, ..build.clone() };
            let env = SnapshotStarts::wrap(make(id, &disabled)?, classes.clone(), options)?;
            let env: Box<dyn VectorEnv> = Box::new(Autoreset::wrap(env, build.autoreset)?);
            Ok(env)
        };
        let makes: [MakeBatch<'_>; 2] = [&starting, make];
        for ((name, method), make_training) in METHODS.into_iter().zip(&mut methods).zip(makes) {
            let measure = &mut |trainer: &Trainer, progress: &crate::Progress| {
                if !progress.update.is_multiple_of(EVERY) {
                    return Ok(None);
                }
                // Training episodes that start in the middle say nothing about whole ones.
                let config = trainer.config();
                let options = config.build_options(1, config.evaluation_seed());
                Ok(Some(evaluate(&mut trainer.policy(), make, TASK, &options, 128)?.success_rate))
            };
            let told = &mut |part: f64, message: &str| {
                watch((done + part) / runs, &format!("seed {seed}: {message}"))
            };
            let run = format!("snapshot-starts, seed {seed}, {name}");
            let alike = format!("{:?}", SnapshotSettings { seeds: 1, ..*settings });
            let learned = finished.find_or(&run, &alike, || {
                let mut trainer = Trainer::new(config.clone(), make_training)?;
                train_to_success(&mut trainer, GOAL, measure, told)
            })?;
            let Some(learned) = learned else { return Ok(None) };
            method.push(learned);
            done += 1.0;
        }
    }
    Ok(Some(report(settings, &methods)))
}

fn report(settings: &SnapshotSettings, methods: &[Vec<Learned>; 2]) -> Report {
    let frames = |runs: &[Learned]| runs.iter().map(|run| run.frames as f64).collect::<Vec<f64>>();
    let end = methods.iter().flatten().map(|run| run.frames).max().unwrap_or(1) as f64;
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for (name, runs) in METHODS.into_iter().zip(methods) {
        rows.push(Row::new(name, format!("frames to success {GOAL}"), frames(runs)));
        let reached = runs.iter().map(|run| f64::from(u8::from(run.reached))).collect();
        rows.push(Row::new(name, "share of seeds that reached it", reached));
        lines.push(Line::over_seeds(name, at_common_frames(runs, end, 100)));
    }
    let [with, without] = [&methods[0], &methods[1]].map(|runs| mean(&frames(runs)));
    Report {
        study: "snapshot-starts".into(),
        seeds: settings.seeds as usize,
        rows,
        claim: format!(
            "on {TASK}, PPO whose first {:.0} % of the frames start from an expert's states reaches a success rate of \
             {GOAL} with fewer frames",
            100.0 * settings.phase
        ),
        finding: format!(
            "{:.2} M frames against {:.2} M, a ratio of {:.2}",
            with / 1e6,
            without / 1e6,
            without / with
        ),
        passed: Some(with < without),
        chart: Some(Chart {
            title: format!("{TASK}, starts from an expert's states"),
            x: "frames".into(),
            y: "success rate of whole episodes".into(),
            lines,
        }),
    }
}
