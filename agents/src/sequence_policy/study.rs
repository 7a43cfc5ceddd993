//! The study of SRL: the pendulum, learners of the same size that decide every 1 to 16 steps.

use std::ops::ControlFlow;

use pentathlon_envs::classic_control::PENDULUM;
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{BuildOptions, Device};

use super::{SequenceConfig, SequenceLearner};
use crate::config::evaluation_seed;
use crate::decision_frequency::LONGEST_REPEAT;
use crate::logging::lines::{Chart, Line};
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::{FinishedRuns, Report, Row, Watch};
use crate::td3::{
    Collection, CollectionSettings, ContinuousLearner, ContinuousReplay, ContinuousStatistics, ControlShape,
    Td3Config, Td3Learner, return_at, train,
};
use crate::{Error, MakeBatch};

/// How the study is run.
#[derive(Clone, Debug, PartialEq)]
pub struct PendulumSettings {
    /// Seeds.
    pub seeds: u64,
    /// Frames of each training.
    pub frames: u64,
    /// Environments that play at the same time.
    pub num_envs: usize,
    /// Episodes for each length and seed.
    pub episodes: usize,
    /// How often every action is repeated while the third learner is trained.
    pub repeats: u32,
    /// The sequences; what they have in common with TD3 holds for all learners.
    pub sequence: SequenceConfig,
}

impl Default for PendulumSettings {
    fn default() -> Self {
        Self {
            seeds: 3,
            frames: 20_000,
            num_envs: 4,
            episodes: 64,
            repeats: 4,
            sequence: SequenceConfig {
                td3: Td3Config {
                    hidden: vec![64, 64],
                    actor_rate: 1e-3,
                    critic_rate: 1e-3,
                    batch: 128,
                    replay: 100_000,
                    learning_starts: 5000,
                    ..Td3Config::default()
                },
                horizon: LONGEST_REPEAT as usize,
                width: 64,
                ..SequenceConfig::default()
            },
        }
    }
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Sequence,
    Repeating,
    TrainedRepeating,
}

const METHODS: [Method; 3] = [Method::Sequence, Method::Repeating, Method::TrainedRepeating];

impl Method {
    fn name(self, settings: &PendulumSettings) -> String {
        match self {
            Self::Sequence => "sequences (SRL)".into(),
            Self::Repeating => "TD3 with action repeat".into(),
            Self::TrainedRepeating => format!("TD3 trained with {} repeats", settings.repeats),
        }
    }

    fn learner(
        self,
        settings: &PendulumSettings,
        shape: ControlShape,
        seed: u64,
    ) -> Result<Box<dyn ContinuousLearner>, Error> {
        let td3 = &settings.sequence.td3;
        Ok(match self {
            Self::Sequence => Box::new(SequenceLearner::new(shape, &settings.sequence, seed)?),
            Self::Repeating => Box::new(Td3Learner::new(shape, td3, seed)?),
            Self::TrainedRepeating => {
                let gamma = td3.gamma.powi(settings.repeats as i32);
                Box::new(Td3Learner::new(shape, &Td3Config { gamma, ..td3.clone() }, seed)?)
            }
        })
    }

    fn collection(self, settings: &PendulumSettings, seed: u64) -> Collection {
        let td3 = &settings.sequence.td3;
        Collection {
            id: PENDULUM.into(),
            options: options(),
            num_envs: settings.num_envs,
            frames: settings.frames,
            settings: CollectionSettings {
                // A quarter of a short training.
                learning_starts: td3.learning_starts.min(settings.frames / 4),
                noise: td3.exploration_noise,
                replay: td3.replay,
                // Sequences are carried out to different lengths: states that only their later actions lead to are met.
                longest_hold: if self == Self::Sequence { settings.sequence.horizon as u32 } else { 1 },
                repeats: if self == Self::TrainedRepeating { settings.repeats } else { 1 },
                seed,
            },
        }
    }
}

/// Actions at random, which teach nothing.
struct RandomActions(ControlShape, Philox);

impl ContinuousLearner for RandomActions {
    fn shape(&self) -> ControlShape {
        self.0
    }

    fn horizon(&self) -> usize {
        1
    }

    fn decide(&mut self, _states: &[f32], actions: &mut [f32]) {
        actions.iter_mut().for_each(|action| *action = 2.0 * self.1.float() as f32 - 1.0);
    }

    fn update(&mut self, _replay: &ContinuousReplay) -> Result<ContinuousStatistics, Error> {
        Ok(ContinuousStatistics::default())
    }
}

/// The pendulum's state and torque.
const SHAPE: ControlShape = ControlShape { state: 3, action: 1 };

fn options() -> BuildOptions {
    BuildOptions { device: Device::Native, threads: 1, ..BuildOptions::default() }
}

/// Runs the study, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Settings out of their range, and those of learning.
pub fn pendulum_study(
    settings: &PendulumSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let runs = METHODS.len() as f64 * settings.seeds as f64;
    // `[methods][lengths][seeds]`.
    let mut returns = vec![vec![Vec::new(); LONGEST_REPEAT as usize]; METHODS.len()];
    let mut random = Vec::new();
    let mut done = 0.0;
    for seed in 1..=settings.seeds {
        let judged = BuildOptions { seed: evaluation_seed(seed), ..options() };
        let of = |learner: &mut dyn ContinuousLearner, interval| {
            return_at(learner, make, PENDULUM, &judged, settings.episodes, interval)
        };
        random.push(of(&mut RandomActions(SHAPE, stream(seed, Purpose::Evaluation)), 1)?);
        for (method, returns) in METHODS.into_iter().zip(&mut returns) {
            let name = method.name(settings);
            let told = &mut |part: f64, message: &str| -> ControlFlow<()> {
                watch((done + part) / runs, &format!("seed {seed}, {name}, {message}"))
            };
            let run = || {
                let mut learner = method.learner(settings, SHAPE, seed)?;
                if !train(&mut *learner, &method.collection(settings, seed), make, told)? {
                    return Ok(None);
                }
                let judged = (1..=LONGEST_REPEAT).map(|interval| of(&mut *learner, interval));
                Ok(Some(judged.collect::<Result<Vec<f64>, Error>>()?))
            };
            let alike = format!("{:?}", PendulumSettings { seeds: 1, ..settings.clone() });
            let Some(found) =
                finished.find_or(&format!("sequence-policy, seed {seed}, {name}"), &alike, run)?
            else {
                return Ok(None);
            };
            for (returns, found) in returns.iter_mut().zip(found) {
                returns.push(found);
            }
            done += 1.0;
        }
    }
    report(settings, &returns, random).map(Some)
}

/// `returns` are `[methods][lengths][seeds]`.
fn report(settings: &PendulumSettings, returns: &[Vec<Vec<f64>>], random: Vec<f64>) -> Result<Report, Error> {
    let (low, high) = (mean(&random), mean(&returns[1][0]));
    if !(high - low).is_normal() {
        let reason = format!("returns from {low} to {high} cannot be normalised; train for more frames");
        return Err(Error::Unsupported { id: PENDULUM.into(), reason });
    }
    let seeds = settings.seeds as usize;
    let score = |of: &[Vec<f64>], seed: usize| {
        let normalised: Vec<f64> = of.iter().map(|values| (values[seed] - low) / (high - low)).collect();
        mean(&normalised)
    };
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for (method, of) in METHODS.into_iter().zip(returns) {
        let scores = (0..seeds).map(|seed| score(of, seed)).collect();
        rows.push(Row::new(method.name(settings), "frequency-averaged score", scores));
        let points = (1..).zip(of).map(|(interval, values)| (f64::from(interval), values.clone()));
        lines.push(Line::over_seeds(method.name(settings), points));
    }
    let (own, others) = (rows[0].clone(), [rows[1].clone(), rows[2].clone()]);
    rows.push(Row::new("random actions", "return, deciding at every step", random));
    for interval in 1..=LONGEST_REPEAT {
        for (method, of) in METHODS.into_iter().zip(returns) {
            let values = of[interval as usize - 1].clone();
            rows.push(Row::new(
                method.name(settings),
                format!("return, deciding every {interval} steps"),
                values,
            ));
        }
    }
    Ok(Report {
        study: "sequence-policy".into(),
        seeds,
        claim: format!(
            "on the pendulum the frequency-averaged score (mean over decisions every 1 to {LONGEST_REPEAT} steps) of \
             sequences is above that of TD3 with action repeat, trained at every step or with {} repeats, and \
             their intervals do not meet",
            settings.repeats
        ),
        finding: format!(
            "{:.3} against {:.3} and {:.3}, returns of {low:.0} (random actions) and {high:.0} (TD3 that decides at \
             every step) counting as 0 and 1",
            own.mean, others[0].mean, others[1].mean
        ),
        passed: Some(others.iter().all(|other| own.interval[0] > other.interval[1])),
        rows,
        chart: Some(Chart {
            title: "The pendulum, deciding less often".into(),
            x: "steps between two decisions".into(),
            y: "mean return".into(),
            lines,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_means_of_normalised_returns_and_judged_by_their_intervals() {
        let settings = PendulumSettings { seeds: 2, ..PendulumSettings::default() };
        let flat = |value: f64| vec![vec![value, value]; LONGEST_REPEAT as usize];
        let mut falling = flat(-1200.0);
        falling[0] = vec![-200.0, -200.0];
        let returns = [flat(-450.0), falling.clone(), flat(-1000.0)];
        let report_of =
            |returns: &[Vec<Vec<f64>>]| report(&settings, returns, vec![-1200.0, -1200.0]).unwrap();
        let found = report_of(&returns);
        let scores: Vec<f64> = found.rows[..3].iter().map(|row| row.mean).collect();
        let expected = [0.75, 1.0 / 16.0, 0.2];
        assert!(scores.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{scores:?}");
        assert_eq!(found.passed, Some(true));
        assert_eq!(report_of(&[flat(-450.0), falling.clone(), flat(-400.0)]).passed, Some(false));
        let unsure = vec![vec![-450.0, -1100.0]; LONGEST_REPEAT as usize];
        assert_eq!(report_of(&[unsure, falling, flat(-1000.0)]).passed, Some(false));
        let same = [flat(-1.0), flat(-1200.0), flat(-1.0)];
        assert!(report(&settings, &same, vec![-1200.0, -1200.0]).is_err());
    }
}
