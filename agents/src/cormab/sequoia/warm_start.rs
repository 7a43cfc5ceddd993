//! The network of the one-step reward that training starts from: learned from states and actions of which
//! the expected reward is known, many of them not allowed on purpose.

use std::ops::ControlFlow;

use pentathlon_envs::cormab::{
    action::{ActionMask, all_components},
    dynamics::Arms,
    feasible::FeasibleSet,
    instance::{Instance, LEVELS, Problem},
};
use pentathlon_gym::seeding::{Random, philox::Philox};

use super::{
    super::network::ReluNetwork,
    adamw::{AdamW, AdamWConfig},
    config::WarmStartConfig,
    gradient::Gradient,
};

/// An action in a state and what it is expected to earn in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Levels of the arms.
    pub levels: Vec<u8>,
    /// The action.
    pub action: ActionMask,
    /// The expected reward.
    pub reward: f32,
}

/// The samples: all-low, all-high, one-high and one-low states, and random ones in which some arms are at the
/// top; each with all, none, one and all but one of the components, random allowed actions, and, for random
/// states, the components that were raised.
pub fn samples(instance: &Instance, config: &WarmStartConfig, random: &mut Philox) -> Vec<Sample> {
    let (arms, set) = (Arms::new(instance), FeasibleSet::new(instance));
    let top = LEVELS as u8 - 1;
    let mut states: Vec<(Vec<u8>, Option<ActionMask>)> = Vec::new();
    for level in [0, top] {
        states.push((vec![level; instance.arms], None));
        for arm in 0..instance.arms {
            let mut levels = vec![level; instance.arms];
            levels[arm] = top - level;
            states.push((levels, None));
        }
    }
    for _ in 0..config.random_states {
        let mut levels: Vec<u8> = (0..instance.arms).map(|_| random.int(0, LEVELS as i32) as u8).collect();
        let mut raised = 0;
        for _ in 0..instance.budget {
            let arm = random.int(0, instance.arms as i32) as usize;
            levels[arm] = top;
            raised |= 1 << arm;
        }
        states.push((levels, (instance.problem != Problem::Multi).then_some(raised)));
    }
    let all = all_components(instance.components);
    let mut samples = Vec::new();
    for (levels, raised) in states {
        let mut add = |action: ActionMask| {
            let reward = arms.expected_reward(&levels, action) as f32;
            samples.push(Sample { levels: levels.clone(), action, reward });
        };
        add(0);
        add(all);
        for component in 0..instance.components {
            add(1 << component);
            add(all & !(1 << component));
        }
        for _ in 0..config.random_actions {
            add(set.sample(random));
        }
        if let Some(raised) = raised {
            add(raised);
        }
    }
    samples
}

/// Fits `network` to `samples`; answers with the mean squared error of the last pass. `go_on` is asked before each pass;
/// when it ends the fit there is no answer.
pub fn fit(
    network: &mut ReluNetwork,
    samples: &[Sample],
    config: &WarmStartConfig,
    optimiser: &AdamWConfig,
    random: &mut Philox,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> Option<f64> {
    let mut optimiser = AdamW::new(network, optimiser.clone());
    let mut gradient = Gradient::new(network);
    let mut order: Vec<u32> = (0..samples.len() as u32).collect();
    let mut learning_rate = config.learning_rate;
    let mut error = 0.0;
    for _ in 0..config.epochs {
        if go_on().is_break() {
            return None;
        }
        random.shuffle(&mut order);
        let mut squares = 0.0;
        for batch in order.chunks_exact(config.batch.min(samples.len()).max(1)) {
            gradient.clear();
            for &index in batch {
                let Sample { levels, action, reward } = &samples[index as usize];
                let off = gradient.forward(network, levels, *action) - reward;
                squares += f64::from(off * off);
                gradient.add(network, levels, *action, 2.0 * off / batch.len() as f32);
            }
            optimiser.step(network, &gradient, learning_rate);
        }
        learning_rate *= config.learning_rate_decay;
        error = squares / samples.len() as f64;
    }
    Some(error)
}
