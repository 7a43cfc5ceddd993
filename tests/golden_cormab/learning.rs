//! How far SEQUOIA gets from the best next step to the optimum, on instances so small that both are known exactly.

use std::ops::ControlFlow;

use pentathlon::{
    agents::cormab::{
        dynamic_programming::JointProcess,
        oracle::Limits,
        policies::{BanditPolicy, BestOfNetwork, oracle_for},
        sequoia::{SequoiaConfig, train},
    },
    envs::cormab::{feasible::FeasibleSet, instance::Problem},
};

use super::cases::{Comparison, cases};

/// Smallest share of the gap between the myopic policy and the optimum that has to be closed.
const SHARE: f64 = 0.5;

#[test]
fn most_of_the_gap_to_the_optimum_is_closed() {
    let mut comparison = Comparison::default();
    // What looking ahead is worth in Multi is within a thousandth of what the next step earns.
    for problem in [Problem::Budget, Problem::Routing, Problem::Scheduling, Problem::Capacity] {
        let cases = cases().into_iter().filter(|case| case.instance.problem == problem);
        let known = cases.filter_map(|case| {
            let (finite, earnings) = (case.truth.finite?, case.truth.mean_step_reward?);
            Some((case.name, case.instance, finite.horizon, earnings))
        });
        for (name, instance, horizon, earnings) in known {
            comparison.cases += 1;
            let config = SequoiaConfig::default();
            let trained = train(&config, &instance, &mut |_| ControlFlow::Continue(())).expect("a training");
            let trained = trained.expect("nothing ends it");
            let oracle = oracle_for(&FeasibleSet::new(&instance), Limits::default());
            let mut agent = BestOfNetwork::new(trained.network, oracle);
            let process = JointProcess::new(&instance).expect("a small instance");
            let start = config.evaluation.start;
            let earned = process.mean_step_reward(start, horizon, |state, step| {
                Some(agent.act(&process.levels(state), step as u32))
            });
            let (myopic, optimal) = (earnings.myopic, earnings.finite_horizon_optimal);
            let share = (earned - myopic) / (optimal - myopic);
            println!(
                "{name}: myopic {myopic:.3}, SEQUOIA {earned:.3}, optimal {optimal:.3}: {share:.3} of the gap, \
                 {:.1} s of training",
                trained.seconds
            );
            comparison.holds(share >= SHARE, &name, || format!("{share:.3} of the gap is closed"));
            comparison.holds(earned <= optimal + 1e-6, &name, || format!("{earned} is above the optimum"));
        }
    }
    comparison.finish("learning");
}
