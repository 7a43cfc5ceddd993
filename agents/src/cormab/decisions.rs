//! How long exact decisions take: the distribution of a search's time over the states that the agent itself
//! meets, with networks of random weights and trained ones.

use pentathlon_envs::cormab::{feasible::FeasibleSet, instance::Instance};
use pentathlon_gym::{Error, seeding::philox::Philox};
use serde::Serialize;

use super::{
    evaluation::{EvaluationProtocol, evaluate},
    network::ReluNetwork,
    oracle::{Argmax, Limits},
    policies::{BestOfNetwork, oracle_for},
};

/// Decisions with one random network before the next is drawn: an episode of the published horizon.
const DECISIONS_EACH: usize = 20;

/// What a number of decisions took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DecisionTimes {
    /// Decisions.
    pub decisions: usize,
    /// Median time in seconds.
    pub median_seconds: f64,
    /// Time that 90 % of the decisions do not exceed.
    pub seconds_90: f64,
    /// Time that 99 % do not exceed.
    pub seconds_99: f64,
    /// Longest time.
    pub most_seconds: f64,
    /// Median number of nodes.
    pub median_nodes: u64,
    /// Largest number of nodes.
    pub most_nodes: u64,
    /// Share of answers that are proved to be the best.
    pub proved: f64,
    /// Median gap of the answers that are not proved, relative to the size of their value; `None` where all are.
    pub median_gap: Option<f64>,
    /// Largest of these gaps.
    pub largest_gap: Option<f64>,
}

impl DecisionTimes {
    /// The distribution over `answers`; `None` where there is none.
    pub fn of(answers: &[Argmax]) -> Option<Self> {
        let sorted = |numbers: &mut dyn Iterator<Item = f64>| {
            let mut numbers: Vec<f64> = numbers.collect();
            numbers.sort_by(f64::total_cmp);
            numbers
        };
        let seconds = sorted(&mut answers.iter().map(|answer| answer.time.as_secs_f64()));
        let nodes = sorted(&mut answers.iter().map(|answer| answer.nodes as f64));
        let unproved = answers.iter().filter(|answer| !answer.is_proved());
        let gaps =
            sorted(&mut unproved.map(|answer| answer.gap() / answer.value.abs().max(f64::MIN_POSITIVE)));
        Some(Self {
            decisions: answers.len(),
            median_seconds: quantile(&seconds, 0.5)?,
            seconds_90: quantile(&seconds, 0.9)?,
            seconds_99: quantile(&seconds, 0.99)?,
            most_seconds: quantile(&seconds, 1.0)?,
            median_nodes: quantile(&nodes, 0.5)? as u64,
            most_nodes: quantile(&nodes, 1.0)? as u64,
            proved: (answers.len() - gaps.len()) as f64 / answers.len() as f64,
            median_gap: quantile(&gaps, 0.5),
            largest_gap: quantile(&gaps, 1.0),
        })
    }
}

/// The smallest of `sorted` that at least the part `share` of them does not exceed.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

/// The answers of at least `decisions` decisions with `network`, in whole episodes of the evaluation's
/// protocol.
///
/// # Errors
/// When the environment cannot be built.
pub fn decide_with(
    instance: &Instance,
    network: &ReluNetwork,
    limits: Limits,
    decisions: usize,
) -> Result<Vec<Argmax>, Error> {
    let set = FeasibleSet::new(instance);
    let mut policy = BestOfNetwork::new(network.clone(), oracle_for(&set, limits));
    let episodes = decisions.div_ceil(instance.horizon.max(1) as usize);
    evaluate(instance, &EvaluationProtocol { episodes, ..Default::default() }, &mut policy)?;
    Ok(policy.answers().to_vec())
}

/// The same with networks of random weights and hidden layers of the widths `hidden`, a new one each 20
/// decisions.
///
/// # Errors
/// When the environment cannot be built.
pub fn decide_at_random(
    instance: &Instance,
    hidden: &[usize],
    limits: Limits,
    decisions: usize,
    seed: u64,
) -> Result<Vec<Argmax>, Error> {
    let mut random = Philox::for_level(seed, 3);
    let mut answers = Vec::new();
    while answers.len() < decisions {
        let network = ReluNetwork::random(instance.components, instance.arms, hidden, &mut random);
        answers.extend(decide_with(instance, &network, limits, DECISIONS_EACH)?);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_times() {
        let answer = |milliseconds: u64, gap: f64| Argmax {
            action: 0,
            value: -2.0,
            bound: -2.0 + gap,
            nodes: 10 * milliseconds,
            time: Duration::from_millis(milliseconds),
        };
        let answers: Vec<Argmax> =
            (1..=10).rev().map(|ms| answer(ms, if ms > 8 { 0.5 } else { 0.0 })).collect();
        let times = DecisionTimes::of(&answers).unwrap();
        assert_eq!((times.median_seconds, times.seconds_90, times.seconds_99), (0.005, 0.009, 0.01));
        assert_eq!((times.median_nodes, times.most_nodes), (50, 100));
        assert_eq!((times.proved, times.largest_gap), (0.8, Some(0.25)));
        assert_eq!(DecisionTimes::of(&[]), None);
    }

    #[test]
    fn random_networks_are_decided_on_in_whole_episodes() {
        let instance =
            generate(Problem::Budget, &Sizes { arms: 10, budget: 3, interventions: 0 }, 1).unwrap();
        let answers = decide_at_random(&instance, &[8, 8], Limits::default(), 50, 1).unwrap();
        assert_eq!(answers.len(), 60);
        assert!(answers.iter().all(Argmax::is_proved));
    }
}
