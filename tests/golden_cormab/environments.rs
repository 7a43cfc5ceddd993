//! Instances, dynamics and feasible sets, and the batch that steps them.

use pentathlon::{
    AutoresetMode, BuildOptions, Device, Levels, VectorEnv,
    engine::wgpu_available,
    envs::cormab::{
        action::{all_components, write_action},
        build_instance,
        dynamics::Arms,
        feasible::FeasibleSet,
        instance::Instance,
    },
};

use super::cases::{Comparison, cases};

#[test]
fn every_probe_is_reproduced() {
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let arms = Arms::new(&case.instance);
        for (index, probe) in case.truth.probes.iter().enumerate() {
            let place = format!("{} probe {index}", case.name);
            for arm in 0..arms.len() {
                let up = arms.up_probability(arm, probe.action_mask);
                comparison.close(&place, "up-probability", up, probe.up_prob[arm], 1e-9);
                let next = arms.next_distribution(arm, probe.state[arm], probe.action_mask);
                for (ours, recorded) in next.iter().zip(probe.next_dist[arm]) {
                    comparison.close(&place, "next distribution", *ours, recorded, 1e-9);
                }
            }
            let reward = arms.expected_reward(&probe.state, probe.action_mask);
            comparison.close(&place, "expected reward", reward, probe.expected_reward, 1e-9);
        }
    }
    comparison.finish("probes");
}

#[test]
fn every_feasible_set_is_reproduced() {
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let set = FeasibleSet::new(&case.instance);
        let listed = set.enumerate(1 << 20).expect("golden sets are small");
        comparison.equal(&case.name, "size of the feasible set", &listed.len(), &case.truth.n_feasible);
        if let Some(recorded) = &case.truth.feasible_masks {
            comparison.values += recorded.len();
            comparison.equal(&case.name, "feasible set", &listed, recorded);
        }
        for mask in &case.truth.infeasible_examples {
            let violation = set.violation(*mask);
            comparison.holds(violation.is_some(), &case.name, || format!("{mask} is feasible"));
        }
        // The set as rows of a program, which solvers are given.
        if case.instance.components <= 6 {
            let program = set.program();
            let all = 0..=all_components(case.instance.components);
            let allowed: Vec<_> = all.filter(|m| program.allows(*m, case.instance.components)).collect();
            comparison.equal(&case.name, "allowed by the program", &allowed, &listed);
        }
        // On small instances every mask is tried, so that nothing else is contained.
        if case.instance.components <= 14 {
            let all = 0..=all_components(case.instance.components);
            comparison.equal(
                &case.name,
                "contained",
                &all.filter(|m| set.contains(*m)).count(),
                &listed.len(),
            );
        }
    }
    comparison.finish("feasible sets");
}

#[test]
fn an_instance_survives_being_written() {
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let again = Instance::from_json(&case.name, &case.instance.to_json()).expect("an instance");
        comparison.equal(&case.name, "instance", &again, &case.instance);
    }
    comparison.finish("files");
}

/// The batch steps from a probe's state under its action: how often arms climb, and what is paid.
fn steps_are_those_of_the_probes(device: Device) {
    const ENVS: usize = 4096;
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let set = FeasibleSet::new(&case.instance);
        let options = BuildOptions {
            num_envs: ENVS,
            device,
            autoreset: AutoresetMode::Disabled,
            levels: Some(Levels::Fixed(1)),
            ..BuildOptions::default()
        };
        let mut batch = build_instance(case.instance.clone(), &options).expect("a batch");
        for (index, probe) in case.truth.probes.iter().enumerate() {
            if !set.contains(probe.action_mask) {
                continue;
            }
            let place = format!("{} probe {index}", case.name);
            let arms = case.instance.arms;
            // The only start is the probe's state.
            let inside = batch.inner_mut();
            (&mut *inside as &mut dyn VectorEnv).reset(Some(index as u64)).expect("a reset");
            let mut starts = inside.levels().expect("a pool").clone();
            for (item, level) in starts.items.iter_mut().zip(&probe.state) {
                *item = u32::from(*level);
            }
            inside.set_levels(starts).expect("levels of arms");
            let batch: &mut dyn VectorEnv = &mut batch;
            batch.reset(Some(index as u64)).expect("a reset");
            assert!(
                batch.observation()["levels"]
                    .as_u8()
                    .expect("bytes")
                    .chunks(arms)
                    .all(|levels| levels == probe.state)
            );
            let mut action = vec![0; case.instance.components];
            write_action(probe.action_mask, &mut action);
            let step = batch.step(&action.repeat(ENVS)).expect("a feasible action");
            comparison.steps += ENVS;
            let after = step.observation["levels"].as_u8().expect("bytes");
            let mut climbed = vec![0u32; arms];
            for (levels, reward) in after.chunks(arms).zip(step.reward) {
                let mut paid = 0.0;
                for (arm, (from, to)) in probe.state.iter().zip(levels).enumerate() {
                    // An arm at the top that climbs stays there.
                    let climbs = *to == (from + 1).min(3);
                    let falls = *to == from.saturating_sub(1);
                    comparison
                        .holds(climbs || falls, &place, || format!("arm {arm} goes from {from} to {to}"));
                    climbed[arm] += u32::from(climbs);
                    paid += case.instance.reward[arm][usize::from(*to)];
                }
                comparison.close(&place, "reward", (*reward).into(), paid, 1e-5);
            }
            for (arm, climbed) in climbed.into_iter().enumerate() {
                let (up, n) = (probe.up_prob[arm], ENVS as f64);
                // As below: 4 standard errors, the seeds fixed.
                let error = (up * (1.0 - up) / n).sqrt().max(0.5 / n);
                comparison.close(&place, "frequency of climbing", f64::from(climbed) / n, up, 4.0 * error);
            }
        }
    }
    comparison.finish("steps from the probes' states");
}

#[test]
fn the_batch_steps_from_the_states_of_the_probes() {
    steps_are_those_of_the_probes(Device::Native);
}

#[test]
fn the_device_steps_from_the_states_of_the_probes() {
    if wgpu_available() {
        steps_are_those_of_the_probes(Device::Wgpu);
    }
}

/// The batch steps from random states under the actions of probes: how often arms climb, and what is paid.
#[test]
fn simulated_frequencies_are_those_of_the_probes() {
    const ENVS: usize = 4096;
    const ROUNDS: usize = 3;
    let mut comparison = Comparison::default();
    for case in cases() {
        comparison.cases += 1;
        let set = FeasibleSet::new(&case.instance);
        let options = BuildOptions {
            num_envs: ENVS,
            device: Device::Native,
            autoreset: AutoresetMode::Disabled,
            seed: 17,
            ..BuildOptions::default()
        };
        let mut batch = build_instance(case.instance.clone(), &options).expect("a batch");
        let batch: &mut dyn VectorEnv = &mut batch;
        for (index, probe) in case.truth.probes.iter().enumerate() {
            if !set.contains(probe.action_mask) {
                continue;
            }
            let place = format!("{} probe {index}", case.name);
            let (arms, width) = (case.instance.arms, case.instance.components);
            let mut action = vec![0; width];
            write_action(probe.action_mask, &mut action);
            let actions = action.repeat(ENVS);
            let mut counts = vec![[0u32; 4]; arms];
            let mut before: Vec<u8> = Vec::new();
            let mut seen = 0u32;
            let mut paid = 0.0;
            for round in 0..ROUNDS {
                // Random starting levels; environments whose arm starts where the probe has it count.
                batch.reset(Some(index as u64 * 100 + round as u64)).expect("a reset");
                before.clear();
                before.extend(batch.observation()["levels"].as_u8().expect("bytes"));
                let step = batch.step(&actions).expect("a feasible action");
                comparison.steps += ENVS;
                let after = step.observation["levels"].as_u8().expect("bytes");
                for env in 0..ENVS {
                    let mut expected = 0.0;
                    for arm in 0..arms {
                        let (from, to) = (before[env * arms + arm], after[env * arms + arm]);
                        let climbed = usize::from(to > from);
                        counts[arm][climbed + 2 * usize::from(from == 0)] += 1;
                        expected += case.instance.reward[arm][usize::from(to)];
                    }
                    comparison.close(&place, "reward", step.reward[env].into(), expected, 1e-5);
                    paid += expected;
                }
                seen += ENVS as u32;
            }
            assert!(paid > 0.0 && seen > 0);
            for (arm, [fell, climbed, held, left]) in counts.into_iter().enumerate() {
                let up = probe.up_prob[arm];
                for (ups, downs) in [(climbed, fell), (left, held)] {
                    let n = f64::from(ups + downs);
                    let error = (up * (1.0 - up) / n).sqrt().max(0.5 / n);
                    // Thousands of frequencies are compared: 4 standard errors, and a chance of 1e-4 each
                    // that one lies beyond, would fail once in a while; seeds are fixed.
                    comparison.close(&place, "frequency of climbing", f64::from(ups) / n, up, 4.0 * error);
                }
            }
        }
    }
    comparison.finish("simulated frequencies");
}
