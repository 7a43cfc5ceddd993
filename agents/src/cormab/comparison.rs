//! All methods side by side on a number of instances: what each earns in a step, with intervals, and what a
//! decision costs.

use std::ops::ControlFlow;

use crate::Error;
use pentathlon_envs::cormab::{feasible::FeasibleSet, instance::Instance};
use serde::{Deserialize, Serialize};

use super::{
    dynamic_programming::JointProcess,
    evaluation::{Earned, evaluate, standard_error},
    oracle::{Argmax, Limits},
    policies::{
        BanditPolicy, BestOfNetwork, ExactMyopic, FunctionPolicy, IterativeMyopic, IterativeNetwork, Null,
        RandomFeasible, SampledMyopic, SampledNetwork, WhittleIndex, oracle_for,
    },
    sequoia::{Progress, SequoiaConfig, Trained, train},
};

/// Random actions that sampling methods choose from.
const CANDIDATES: usize = 100;

/// What chooses the actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Nothing is pulled.
    Null,
    /// A random allowed action.
    Random,
    /// The best next step of a hundred random actions.
    Sampling,
    /// The best next step.
    Myopic,
    /// An action grown by its next step.
    IterativeMyopic,
    /// Arms by Whittle's index, as far as they fit.
    Whittle,
    /// An action grown by the trained network.
    IterativeDqn,
    /// The trained network's best of a hundred random actions.
    SampledDqn,
    /// The trained network's best action.
    Sequoia,
    /// The optimum of so many steps, of instances small enough.
    Optimal,
}

impl Method {
    /// All methods, the simplest first.
    pub const ALL: [Self; 10] = [
        Self::Null,
        Self::Random,
        Self::Sampling,
        Self::Myopic,
        Self::IterativeMyopic,
        Self::Whittle,
        Self::IterativeDqn,
        Self::SampledDqn,
        Self::Sequoia,
        Self::Optimal,
    ];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Random => "random",
            Self::Sampling => "sampling",
            Self::Myopic => "myopic",
            Self::IterativeMyopic => "iterative myopic",
            Self::Whittle => "Whittle index",
            Self::IterativeDqn => "iterative DQN",
            Self::SampledDqn => "sampled DQN",
            Self::Sequoia => "SEQUOIA",
            Self::Optimal => "optimal",
        }
    }

    /// Whether it is a baseline: everything but SEQUOIA and the truth.
    pub fn is_baseline(self) -> bool {
        !matches!(self, Self::Sequoia | Self::Optimal)
    }

    /// Whether it is a baseline that learns, or looks one step ahead or less. Whittle's index is neither: it
    /// plans, with the arms' own dynamics.
    pub fn is_learned_or_myopic(self) -> bool {
        self.is_baseline() && self != Self::Whittle
    }
}

/// How SEQUOIA's searches went in an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchStatistics {
    /// Searches.
    pub searches: usize,
    /// Searches whose answer was not proved to be the best.
    pub unproved: usize,
    /// Largest gap of these, relative to the value.
    pub largest_gap: f64,
    /// Median and largest time in seconds.
    pub seconds: [f64; 2],
    /// Median and largest number of nodes.
    pub nodes: [u64; 2],
}

impl SearchStatistics {
    fn of(answers: &[Argmax]) -> Option<Self> {
        let middle = answers.len() / 2;
        let mut seconds: Vec<f64> = answers.iter().map(|answer| answer.time.as_secs_f64()).collect();
        let mut nodes: Vec<u64> = answers.iter().map(|answer| answer.nodes).collect();
        seconds.sort_by(f64::total_cmp);
        nodes.sort_unstable();
        let gaps = answers.iter().map(|answer| answer.gap() / answer.value.abs().max(f64::MIN_POSITIVE));
        Some(Self {
            searches: answers.len(),
            unproved: answers.iter().filter(|answer| !answer.is_proved()).count(),
            largest_gap: gaps.fold(0.0, f64::max),
            seconds: [*seconds.get(middle)?, *seconds.last()?],
            nodes: [*nodes.get(middle)?, *nodes.last()?],
        })
    }
}

/// All methods on one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnInstance {
    /// Name of the instance.
    pub instance: String,
    /// What each method earned.
    pub earned: Vec<(Method, Earned)>,
    /// Seconds that training took.
    pub training_seconds: f64,
    /// SEQUOIA's searches.
    pub search: Option<SearchStatistics>,
}

impl OnInstance {
    /// What `method` earned in a step.
    pub fn mean(&self, method: Method) -> Option<f64> {
        self.earned.iter().find(|(other, _)| *other == method).map(|(_, earned)| earned.mean)
    }

    /// The best learned or myopic baseline and what it earned in a step.
    pub fn best_baseline(&self) -> Option<(Method, f64)> {
        let baselines = self.earned.iter().filter(|(method, _)| method.is_learned_or_myopic());
        baselines.map(|(method, earned)| (*method, earned.mean)).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// By how much SEQUOIA earned more than the best learned or myopic baseline, relative to it.
    pub fn gain(&self) -> Option<f64> {
        let (_, best) = self.best_baseline()?;
        Some(self.mean(Method::Sequoia)? / best - 1.0)
    }

    /// By how much SEQUOIA earned more than `method`, relative to it.
    pub fn gain_over(&self, method: Method) -> Option<f64> {
        Some(self.mean(Method::Sequoia)? / self.mean(method)? - 1.0)
    }

    /// Share of the way from the myopic policy to the optimum that SEQUOIA covered, where there is an optimum.
    pub fn share_of_optimum(&self) -> Option<f64> {
        let myopic = self.mean(Method::Myopic)?;
        let share = (self.mean(Method::Sequoia)? - myopic) / (self.mean(Method::Optimal)? - myopic);
        // Where the myopic policy is the best there is no gap to close.
        share.is_finite().then_some(share)
    }
}

/// One method on all instances.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The method.
    pub method: Method,
    /// Mean expected reward of a step.
    pub mean: f64,
    /// 95 % interval of the mean: over instances, or over episodes where there is one instance.
    pub interval: [f64; 2],
    /// Mean seconds of a decision.
    pub seconds_per_decision: f64,
}

/// Trains SEQUOIA on `instance` and judges all methods; methods that an instance does not have are left out.
/// `report` is called as by [`train`]; there is no result when it ends the training early.
///
/// # Errors
/// When an environment cannot be built.
pub fn compare_on(
    instance: &Instance,
    config: &SequoiaConfig,
    limits: Limits,
    report: &mut dyn FnMut(Option<&Progress>) -> ControlFlow<()>,
) -> Result<Option<(OnInstance, Trained)>, Error> {
    let Some(trained) = train(config, instance, report)? else { return Ok(None) };
    if trained.episodes < config.training.episodes {
        return Ok(None);
    }
    let set = FeasibleSet::new(instance);
    let horizon = instance.horizon as usize;
    let mut earned = Vec::new();
    let mut search = None;
    for method in Method::ALL {
        let network = trained.network.clone();
        let mut policy: Box<dyn BanditPolicy> = match method {
            Method::Null => Box::new(Null),
            Method::Random => Box::new(RandomFeasible::new(set.clone(), config.seed)),
            Method::Sampling => Box::new(SampledMyopic::new(instance, CANDIDATES, config.seed)),
            Method::Myopic => Box::new(ExactMyopic::new(instance, limits)),
            Method::IterativeMyopic => Box::new(IterativeMyopic::new(instance)),
            Method::Whittle => match WhittleIndex::new(instance, instance.gamma) {
                Some(policy) => Box::new(policy),
                None => continue,
            },
            Method::IterativeDqn => Box::new(IterativeNetwork::new(set.clone(), network)),
            Method::SampledDqn => {
                Box::new(SampledNetwork::new(set.clone(), network, CANDIDATES, config.seed))
            }
            Method::Sequoia => {
                let mut policy = BestOfNetwork::new(network, oracle_for(&set, limits));
                earned.push((method, evaluate(instance, &config.evaluation, &mut policy)?));
                search = SearchStatistics::of(policy.answers());
                continue;
            }
            Method::Optimal => match JointProcess::new(instance) {
                Ok(process) => {
                    let stages = process.finite(horizon);
                    Box::new(FunctionPolicy(move |levels: &[u8], step: u32| {
                        let stage = &stages[horizon - 1 - step as usize];
                        process.actions()[stage.actions[JointProcess::state(levels)]]
                    }))
                }
                Err(_) => continue,
            },
        };
        earned.push((method, evaluate(instance, &config.evaluation, &mut *policy)?));
    }
    let training_seconds = trained.seconds;
    Ok(Some((OnInstance { instance: instance.name.clone(), earned, training_seconds, search }, trained)))
}

/// One row for each method that every instance has.
pub fn rows(results: &[OnInstance]) -> Vec<Row> {
    let row = |method: Method| {
        let of_method = |result: &OnInstance| {
            result.earned.iter().find(|(other, _)| *other == method).map(|(_, earned)| earned.clone())
        };
        let earned: Vec<Earned> = results.iter().map(of_method).collect::<Option<_>>()?;
        let means: Vec<f64> = earned.iter().map(|earned| earned.mean).collect();
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        let reach = match &earned[..] {
            [only] => student_quantile(only.episodes) * only.standard_error,
            _ => student_quantile(means.len()) * standard_error(&means),
        };
        let seconds = earned.iter().map(|earned| earned.seconds_per_decision).sum::<f64>();
        Some(Row {
            method,
            mean,
            interval: [mean - reach, mean + reach],
            seconds_per_decision: seconds / earned.len() as f64,
        })
    };
    if results.is_empty() { Vec::new() } else { Method::ALL.into_iter().filter_map(row).collect() }
}

/// The 97.5 % quantile of Student's distribution for the mean of `count` values, by the expansion of Cornish
/// and Fisher; from tables for up to 4 values.
fn student_quantile(count: usize) -> f64 {
    match count {
        0 | 1 => 0.0,
        2 => 12.706,
        3 => 4.303,
        4 => 3.182,
        _ => {
            let (z, n) = (1.959_964_f64, (count - 1) as f64);
            let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
            z + (z3 + z) / (4.0 * n)
                + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n)
                + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * n.powi(3))
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        for (count, quantile) in [(4, 3.182), (5, 2.776), (10, 2.262), (21, 2.086), (1000, 1.962)] {
            assert!(
                (student_quantile(count) - quantile).abs() < 0.01,
                "{count}: {}",
                student_quantile(count)
            );
        }
    }

    #[test]
    fn every_method_is_judged_and_looking_ahead_pays() {
        let sizes = Sizes { arms: 4, budget: 2, interventions: 0 };
        let instance = generate(Problem::Budget, &sizes, 3).unwrap();
        let mut config = SequoiaConfig::default();
        config.training.episodes = 100;
        config.warm_start.epochs = 10;
        config.evaluation.episodes = 100;
        let mut goes_on = |_: Option<&Progress>| ControlFlow::Continue(());
        let compared = compare_on(&instance, &config, Limits::default(), &mut goes_on).unwrap();
        let (result, _) = compared.unwrap();
        for after_warm_start in [false, true] {
            let mut calls = [0, 0];
            let mut ends = |progress: Option<&Progress>| {
                calls[usize::from(progress.is_some())] += 1;
                let is_over = progress.is_some() == after_warm_start;
                if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            assert!(compare_on(&instance, &config, Limits::default(), &mut ends).unwrap().is_none());
            assert_eq!(calls, if after_warm_start { [10, 1] } else { [1, 0] });
        }
        assert_eq!(result.earned.len(), Method::ALL.len());
        let mean = |method| result.mean(method).unwrap();
        assert!(mean(Method::Null) < mean(Method::Random));
        assert!(mean(Method::Random) < mean(Method::Optimal));
        assert!(mean(Method::Sequoia) <= 1.05 * mean(Method::Optimal));
        assert!(result.share_of_optimum().unwrap() > 0.5, "{result:?}");
        let rows = rows(&[result.clone(), result]);
        assert_eq!(rows.len(), Method::ALL.len());
        assert!(rows.iter().all(|row| row.interval[0] == row.interval[1]), "two equal results");
    }
}
