//! Best actions, best networks' actions, targets, indices and optimal values, and what policies earn.

use std::collections::BTreeMap;

use pentathlon::{
    agents::cormab::{
        dynamic_programming::JointProcess,
        evaluation::{EvaluationProtocol, evaluate},
        growth::grow,
        myopic::best_myopic,
        network::{Layer, ReluNetwork},
        oracle::{ArgmaxOracle, BranchAndBound, DeviceEnumeration, Enumeration},
        policies::{BanditPolicy, ExactMyopic, FunctionPolicy, IterativeMyopic, Null},
        sequoia::{huber, td_target},
        whittle::whittle_indices,
    },
    engine::{open_device, wgpu_available},
    envs::cormab::{action::ActionMask, dynamics::Arms, feasible::FeasibleSet, instance::Instance},
    gym::seeding::{Random, philox::Philox},
};
use serde::Deserialize;

use super::cases::{Comparison, cases, read};

/// Sets of the golden instances are listed up to this size.
const LIMIT: usize = 1 << 20;

fn oracles(instance: &Instance) -> Vec<(&'static str, Box<dyn ArgmaxOracle>)> {
    let set = FeasibleSet::new(instance);
    let all = Enumeration::new(&set, LIMIT).expect("golden sets are small");
    vec![
        ("enumeration", Box::new(all) as Box<dyn ArgmaxOracle>),
        ("branch and bound", Box::new(BranchAndBound::new(set.clone()))),
        #[cfg(feature = "highs")]
        ("HiGHS", Box::new(pentathlon::agents::cormab::oracle::Highs::new(set))),
    ]
}

#[test]
fn best_steps_are_found() {
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let (arms, set) = (Arms::new(&case.instance), FeasibleSet::new(&case.instance));
        for (name, mut oracle) in oracles(&case.instance) {
            for (index, truth) in case.truth.myopic.iter().enumerate() {
                let place = format!("{} state {index}, {name}", case.name);
                let best = best_myopic(&arms, &truth.state, set.components(), &mut *oracle);
                comparison.close(&place, "best value", best.value, truth.best_value, 1e-9);
                // Of more than 64 best actions the file keeps 64.
                let known = truth.n_best > truth.best_masks.len() || truth.best_masks.contains(&best.action);
                comparison.holds(known, &place, || format!("{} is not among the best", best.action));
                comparison.holds(best.is_proved(), &place, || String::from("not proved"));
            }
        }
        for (index, truth) in case.truth.myopic.iter().enumerate() {
            let place = format!("{} state {index}", case.name);
            let grown = grow(&set, &mut |action| arms.expected_reward(&truth.state, action));
            comparison.equal(&place, "grown action", &grown, &truth.iterative_mask);
            let value = arms.expected_reward(&truth.state, grown);
            comparison.close(&place, "its value", value, truth.iterative_value, 1e-9);
        }
    }
    comparison.finish("best steps");
}

/// Layers as the files hold them: weights by output and input.
#[derive(Deserialize)]
struct Parameters {
    weights: Vec<Vec<Vec<f32>>>,
    biases: Vec<Vec<f32>>,
}

impl Parameters {
    fn network(&self, components: usize) -> ReluNetwork {
        let layer = |(weights, biases): (&Vec<Vec<f32>>, &Vec<f32>)| {
            let (inputs, outputs) = (weights[0].len(), biases.len());
            let by_input = (0..inputs).flat_map(|input| weights.iter().map(move |row| row[input]));
            Layer { inputs, outputs, weights: by_input.collect(), biases: biases.clone() }
        };
        let layers = self.weights.iter().zip(&self.biases).map(layer).collect();
        ReluNetwork::new(components, layers).expect("a network")
    }
}

#[derive(Deserialize)]
struct Networks {
    nets: Vec<Network>,
}

#[derive(Deserialize)]
struct Network {
    instance: String,
    #[serde(flatten)]
    parameters: Parameters,
    cases: Vec<NetworkCase>,
}

#[derive(Deserialize)]
struct NetworkCase {
    state: Vec<u8>,
    max_q: f64,
    max_masks: Vec<ActionMask>,
    min_q: f64,
    q_of_first_feasible: f64,
    preact_bounds: Vec<[Vec<f64>; 2]>,
}

fn instances() -> BTreeMap<String, Instance> {
    cases().into_iter().map(|case| (case.name, case.instance)).collect()
}

#[test]
fn every_oracle_finds_the_best_action_of_every_network() {
    let instances = instances();
    let mut comparison = Comparison::default();
    let mut nodes = BTreeMap::new();
    for (index, net) in read::<Networks>("relu_argmax.json").nets.iter().enumerate() {
        let instance = &instances[&net.instance];
        let network = net.parameters.network(instance.components);
        let set = FeasibleSet::new(instance);
        let lowest = set.enumerate(LIMIT).expect("a small set")[0];
        let mut oracles = oracles(instance);
        for (state, case) in net.cases.iter().enumerate() {
            comparison.cases += 1;
            let place = format!("network {index} on {}, state {state}", net.instance);
            for (name, oracle) in &mut oracles {
                let place = format!("{place}, {name}");
                let best = oracle.argmax(&network, &case.state);
                comparison.close(&place, "best value", best.value, case.max_q, 1e-5);
                let known = case.max_masks.contains(&best.action);
                comparison.holds(known, &place, || format!("{} is not in {:?}", best.action, case.max_masks));
                comparison.holds(best.is_proved(), &place, || format!("gap {}", best.gap()));
                *nodes.entry(*name).or_insert(0) += best.nodes;
            }
            let negated = negated(&network);
            let least = oracles[1].1.argmax(&negated, &case.state);
            comparison.close(&place, "lowest value", -least.value, case.min_q, 1e-5);
            let first = network.value(&case.state, lowest);
            comparison.close(&place, "value of the first action", first, case.q_of_first_feasible, 1e-5);
            let bounds = network.interval_bounds(&case.state);
            comparison.equal(&place, "layers", &bounds.len(), &case.preact_bounds.len());
            for (ours, recorded) in bounds.iter().flatten().zip(case.preact_bounds.iter().flatten()) {
                for (ours, recorded) in ours.iter().zip(recorded) {
                    comparison.close(&place, "bound of a unit", *ours, *recorded, 1e-6);
                }
            }
        }
    }
    println!("nodes: {nodes:?}");
    comparison.finish("best actions of networks");
}

#[test]
fn the_device_finds_the_best_action_of_every_network() {
    if !wgpu_available() {
        return;
    }
    let device = open_device().expect("a device");
    let instances = instances();
    let mut comparison = Comparison::default();
    let mut oracles = BTreeMap::new();
    for (index, net) in read::<Networks>("relu_argmax.json").nets.iter().enumerate() {
        let instance = &instances[&net.instance];
        let oracle = oracles.entry(&net.instance).or_insert_with(|| {
            let listed = DeviceEnumeration::new(&FeasibleSet::new(instance), LIMIT, device.clone());
            listed.expect("the kernel compiles").expect("a small set")
        });
        let levels: Vec<u8> = net.cases.iter().flat_map(|case| case.state.iter().copied()).collect();
        let network = net.parameters.network(instance.components);
        let answers = oracle.argmax_batch(&network, &levels).expect("answers");
        for (state, (best, case)) in answers.iter().zip(&net.cases).enumerate() {
            comparison.cases += 1;
            let place = format!("network {index} on {}, state {state}, wgpu", net.instance);
            comparison.close(&place, "best value", best.value, case.max_q, 1e-5);
            let known = case.max_masks.contains(&best.action);
            comparison.holds(known, &place, || format!("{} is not in {:?}", best.action, case.max_masks));
        }
    }
    comparison.finish("best actions of networks on the device");
}

/// The network of the opposite value.
fn negated(network: &ReluNetwork) -> ReluNetwork {
    let mut layers = network.layers().to_vec();
    let last = layers.last_mut().expect("a layer");
    last.weights.iter_mut().chain(&mut last.biases).for_each(|weight| *weight = -*weight);
    ReluNetwork::new(network.components(), layers).expect("a network")
}

#[derive(Deserialize)]
struct TargetFile {
    cases: Vec<TargetCase>,
}

#[derive(Deserialize)]
struct TargetCase {
    instance: String,
    gamma: f64,
    policy: Parameters,
    target: Parameters,
    batch: Vec<TargetRow>,
    weighted_mean_loss: f64,
}

#[derive(Deserialize)]
struct TargetRow {
    state: Vec<u8>,
    action_mask: ActionMask,
    reward: f64,
    next_state: Vec<u8>,
    weight: f64,
    q: f64,
    next_best_mask: ActionMask,
    target: f64,
    huber: f64,
}

#[test]
fn targets_and_losses_are_reproduced() {
    let instances = instances();
    let mut comparison = Comparison::default();
    for (index, case) in read::<TargetFile>("td_targets.json").cases.iter().enumerate() {
        comparison.cases += 1;
        let instance = &instances[&case.instance];
        let policy = case.policy.network(instance.components);
        let target = case.target.network(instance.components);
        let arms = Arms::new(instance);
        for (name, mut oracle) in oracles(instance) {
            let mut losses = 0.0;
            for (row, truth) in case.batch.iter().enumerate() {
                let place = format!("batch {index} on {}, row {row}, {name}", case.instance);
                let reward = arms.expected_reward(&truth.state, truth.action_mask);
                comparison.close(&place, "reward", reward, truth.reward, 1e-6);
                let value = policy.value(&truth.state, truth.action_mask);
                comparison.close(&place, "value", value, truth.q, 1e-6);
                let next = oracle.argmax(&target, &truth.next_state);
                comparison.equal(&place, "next action", &next.action, &truth.next_best_mask);
                let goal = td_target(reward, case.gamma, next.value);
                comparison.close(&place, "target", goal, truth.target, 1e-6);
                let loss = huber(value - goal);
                comparison.close(&place, "loss", loss, truth.huber, 1e-6);
                losses += truth.weight * loss;
            }
            let mean = losses / case.batch.len() as f64;
            comparison.close(
                &format!("batch {index}, {name}"),
                "mean loss",
                mean,
                case.weighted_mean_loss,
                1e-6,
            );
        }
    }
    comparison.finish("targets");
}

#[test]
fn indices_are_those_of_whittle() {
    let mut comparison = Comparison::default();
    for case in cases() {
        let Some(truth) = &case.truth.whittle else { continue };
        comparison.cases += 1;
        let indices =
            whittle_indices(&Arms::new(&case.instance), truth.gamma).expect("arms pulled one by one");
        for (arm, recorded) in truth.index.iter().enumerate().filter(|(arm, _)| truth.indexable[*arm]) {
            for (ours, recorded) in indices[arm].iter().zip(recorded) {
                comparison.close(&format!("{} arm {arm}", case.name), "index", *ours, *recorded, 1e-5);
            }
        }
    }
    comparison.finish("Whittle indices");
}

/// Optimal values; exact expectations of what policies earn, and the protocol's estimates of them.
#[test]
fn optimal_values_and_earnings_are_reproduced() {
    let mut comparison = Comparison::default();
    for case in cases() {
        let truth = &case.truth;
        let (Some(discounted), Some(finite), Some(earnings)) =
            (&truth.discounted, &truth.finite, &truth.mean_step_reward)
        else {
            continue;
        };
        comparison.cases += 1;
        let process = JointProcess::new(&case.instance).expect("a small instance");
        let solution = process.discounted(discounted.gamma, 1e-9);
        for state in 0..process.states() {
            let place = format!("{} state {state}", case.name);
            comparison.close(
                &place,
                "discounted value",
                solution.values[state],
                discounted.values[state],
                1e-6,
            );
            let action = process.actions()[solution.actions[state]];
            let known = discounted.best_masks[state].contains(&action);
            comparison.holds(known, &place, || format!("{action} is not a best action"));
        }
        let stages = process.finite(finite.horizon);
        let first = stages.last().expect("a horizon");
        for (state, (ours, recorded)) in first.values.iter().zip(&finite.values).enumerate() {
            comparison.close(&format!("{} state {state}", case.name), "finite value", *ours, *recorded, 1e-6);
        }
        let set = FeasibleSet::new(&case.instance);
        let horizon = finite.horizon;
        let lowest_best = |state: usize| discounted.best_masks[state].iter().copied().min();
        let stage_action =
            |state: usize, step: usize| process.actions()[stages[horizon - 1 - step].actions[state]];
        let actions = process.actions().to_vec();
        let mut random = Philox::for_level(5, 0);
        let mut policies: Vec<(&str, Option<f64>, Box<dyn BanditPolicy>)> = vec![
            ("null", earnings.null, Box::new(Null)),
            (
                "uniform",
                Some(earnings.uniform_feasible),
                Box::new(FunctionPolicy(move |_: &[u8], _: u32| random.element(&actions))),
            ),
            ("myopic", Some(earnings.myopic), Box::new(ExactMyopic::new(&case.instance, Default::default()))),
            ("iterative", Some(earnings.iterative_myopic), Box::new(IterativeMyopic::new(&case.instance))),
            (
                "discounted",
                Some(earnings.discounted_optimal),
                Box::new(FunctionPolicy(|levels: &[u8], _: u32| {
                    lowest_best(JointProcess::state(levels)).unwrap_or_default()
                })),
            ),
            (
                "finite",
                Some(earnings.finite_horizon_optimal),
                Box::new(FunctionPolicy(|levels: &[u8], step: u32| {
                    stage_action(JointProcess::state(levels), step as usize)
                })),
            ),
        ];
        let uniform = process.mean_step_reward(0.2, horizon, |_, _| None);
        comparison.close(&case.name, "uniform, exactly", uniform, earnings.uniform_feasible, 1e-9);
        for (name, recorded, policy) in &mut policies {
            let Some(recorded) = *recorded else { continue };
            if *name != "uniform" {
                let exact = process.mean_step_reward(0.2, horizon, |state, step| {
                    Some(policy.act(&process.levels(state), step as u32))
                });
                // Of actions that are equally good for one step ours may be another than the recorded one.
                let tolerance = if *name == "finite" { 1e-7 } else { 1e-9 };
                comparison.close(&case.name, &format!("{name}, exactly"), exact, recorded, tolerance);
            }
            let protocol = EvaluationProtocol { episodes: 400, seed: 9, start: 0.2 };
            let earned = evaluate(&case.instance, &protocol, &mut **policy).expect("an evaluation");
            comparison.steps += earned.decisions;
            let tolerance = 4.0 * earned.standard_error;
            comparison.close(&case.name, &format!("{name}, simulated"), earned.mean, recorded, tolerance);
        }
        assert!(set.contains(process.actions()[0]));
    }
    comparison.finish("optimal values and earnings");
}
