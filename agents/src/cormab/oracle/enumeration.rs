//! The best action by looking at all of them. The set does not depend on the state, so it is listed once, in
//! an order in which each action extends a part of the one before it.

use std::time::Instant;

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    feasible::FeasibleSet,
};

use super::super::network::ReluNetwork;
use super::{Argmax, ArgmaxOracle, Rounding, action_network::ActionNetwork};

/// All actions of a feasible set.
#[derive(Clone, Debug)]
pub struct Enumeration {
    steps: Vec<Step>,
    actions: Vec<ActionMask>,
    network: ActionNetwork,
    /// First pre-activations of the parts on the way to an action, `[depth][units]`.
    parts: Vec<f32>,
    scratch: [Vec<f32>; 2],
    best: Vec<(f32, ActionMask)>,
}

/// One component added on the way to an action.
#[derive(Clone, Copy, Debug)]
struct Step {
    component: u8,
    /// Components before it.
    depth: u8,
    /// Whether it completes the next action of the list.
    completes: bool,
}

impl Enumeration {
    /// Lists `set`; `None` when it has more than `limit` actions.
    pub fn new(set: &FeasibleSet, limit: usize) -> Option<Self> {
        let mut actions = set.enumerate(limit)?;
        actions.sort_by(|a, b| components(*a).cmp(components(*b)));
        let mut steps = Vec::new();
        let mut last: Vec<usize> = Vec::new();
        for action in &actions {
            let path: Vec<usize> = components(*action).collect();
            let shared = path.iter().zip(&last).take_while(|(a, b)| a == b).count();
            for (depth, component) in path.iter().enumerate().skip(shared) {
                let completes = depth + 1 == path.len();
                steps.push(Step { component: *component as u8, depth: depth as u8, completes });
            }
            last = path;
        }
        Some(Self {
            steps,
            actions,
            network: ActionNetwork::default(),
            parts: Vec::new(),
            scratch: Default::default(),
            best: Vec::new(),
        })
    }

    /// Number of actions.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether no action is allowed.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// All actions.
    pub fn actions(&self) -> &[ActionMask] {
        &self.actions
    }

    /// Collects the actions whose values are the highest up to rounding.
    fn collect(&mut self, rounding: Rounding) {
        let units = self.network.units();
        let deepest = self.steps.iter().map(|step| usize::from(step.depth) + 1).max().unwrap_or_default();
        self.parts.resize((deepest + 1) * units, 0.0);
        self.parts[..units].copy_from_slice(&self.network.offsets);
        self.best.clear();
        let mut threshold = f32::NEG_INFINITY;
        let mut actions = self.actions.iter();
        let mut consider = |value: f32, action: ActionMask| {
            if value >= threshold {
                self.best.push((value, action));
                threshold = threshold.max(value - 2.0 * rounding.at(value));
            }
        };
        if self.actions.first() == Some(&0) {
            actions.next();
            consider(self.network.value(&self.parts[..units], &mut self.scratch), 0);
        }
        for step in &self.steps {
            let at = usize::from(step.depth) * units;
            let (before, after) = self.parts[at..at + 2 * units].split_at_mut(units);
            let column = self.network.column(step.component.into());
            for ((after, before), weight) in after.iter_mut().zip(before).zip(column) {
                *after = *before + weight;
            }
            if step.completes {
                let value = self.network.value(after, &mut self.scratch);
                consider(value, actions.next().copied().unwrap_or_default());
            }
        }
        self.best.retain(|(value, _)| *value >= threshold);
    }
}

impl ArgmaxOracle for Enumeration {
    fn argmax(&mut self, network: &ReluNetwork, levels: &[u8]) -> Argmax {
        self.argmax_of(network, levels, &mut |action| network.value(levels, action))
    }

    fn argmax_of(
        &mut self,
        surrogate: &ReluNetwork,
        levels: &[u8],
        exact: &mut dyn FnMut(ActionMask) -> f64,
    ) -> Argmax {
        let begin = Instant::now();
        self.network.fix(surrogate, levels);
        self.collect(Rounding::of(surrogate, levels));
        let mut best = (f64::NEG_INFINITY, 0);
        for (_, action) in &self.best {
            let value = exact(*action);
            if value > best.0 || value == best.0 && *action < best.1 {
                best = (value, *action);
            }
        }
        let (value, action) = best;
        Argmax { action, value, bound: value, nodes: self.actions.len() as u64, time: begin.elapsed() }
    }
}
