//! The best action by branch and bound: parts of actions are extended by the component that promises most,
//! or without it, and left alone when a linear function above the network says that no completion can beat
//! the best action so far.

use std::time::{Duration, Instant};

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    feasible::{Completion, Family, FeasibleSet},
};

use super::super::network::ReluNetwork;
use super::{
    Argmax, ArgmaxOracle, Rounding, action_network::ActionNetwork, relaxation::Relaxation,
    remembered_set::RememberedSet,
};

/// When a search stops without a proof.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Most parts of actions that are looked at. Answers under this limit do not depend on the machine.
    pub nodes: u64,
    /// Longest time.
    pub time: Duration,
    /// The search is over when the bound is above the best value by no more than this.
    pub gap: f64,
}

impl Default for Limits {
    /// No limit.
    fn default() -> Self {
        Self { nodes: u64::MAX, time: Duration::MAX, gap: 0.0 }
    }
}

/// Branch and bound over the actions of a feasible set.
#[derive(Clone, Debug)]
pub struct BranchAndBound {
    set: RememberedSet,
    limits: Limits,
    network: ActionNetwork,
    scratch: [Vec<f32>; 2],
    /// Memory for each depth of the search.
    levels: Vec<Node>,
}

/// Memory of one depth.
#[derive(Clone, Debug, Default)]
struct Node {
    /// First pre-activations of the part.
    part: Vec<f32>,
    candidates: Vec<usize>,
    relaxation: Relaxation,
}

/// A search under way.
struct Search<'a> {
    set: &'a mut RememberedSet,
    limits: Limits,
    network: &'a ActionNetwork,
    rounding: Rounding,
    scratch: &'a mut [Vec<f32>; 2],
    exact: &'a mut dyn FnMut(ActionMask) -> f64,
    begin: Instant,
    nodes: u64,
    best: (f64, ActionMask),
    /// Highest bound of what was left alone because of a limit.
    left_open: f64,
    stopped: bool,
    first: Vec<f32>,
}

impl BranchAndBound {
    /// A search over `set` that goes on until its answer is proved.
    pub fn new(set: FeasibleSet) -> Self {
        Self::with_limits(set, Limits::default())
    }

    /// A search over `set` within `limits`.
    pub fn with_limits(set: FeasibleSet, limits: Limits) -> Self {
        let network = ActionNetwork::default();
        let set = RememberedSet::new(set);
        Self { set, limits, network, scratch: Default::default(), levels: Vec::new() }
    }

    /// The feasible set.
    pub fn feasible_set(&self) -> &FeasibleSet {
        self.set.set()
    }

    /// When a search stops without a proof.
    pub fn limits_mut(&mut self) -> &mut Limits {
        &mut self.limits
    }
}

impl ArgmaxOracle for BranchAndBound {
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
        let components = self.set.set().components();
        self.levels.resize_with(components + 1, Node::default);
        self.levels[0].part.clone_from(&self.network.offsets);
        let mut search = Search {
            set: &mut self.set,
            limits: self.limits,
            network: &self.network,
            rounding: Rounding::of(surrogate, levels),
            scratch: &mut self.scratch,
            exact,
            begin,
            nodes: 0,
            best: (f64::NEG_INFINITY, 0),
            left_open: f64::NEG_INFINITY,
            stopped: false,
            first: Vec::new(),
        };
        search.visit(0, 0, f64::INFINITY, &mut self.levels);
        let Search { best: (value, action), left_open, nodes, .. } = search;
        Argmax { action, value, bound: value.max(left_open), nodes, time: begin.elapsed() }
    }
}

impl Search<'_> {
    /// Looks at all completions of `part` without components in `excluded`.
    fn visit(&mut self, part: ActionMask, mut excluded: ActionMask, promised: f64, memory: &mut [Node]) {
        let Some((node, deeper)) = memory.split_first_mut() else { return };
        let at_least = self.set.completion(part).at_least;
        if at_least == 0 {
            let value = self.network.value(&node.part, self.scratch);
            self.offer(value, part);
        }
        let mut open = self.set.additions(part) & !excluded;
        let mut promised = promised;
        loop {
            if open == 0 || (open.count_ones() as usize) < at_least {
                return;
            }
            self.nodes += 1;
            if self.is_over() {
                self.left_open = self.left_open.max(promised);
                return;
            }
            node.candidates.clear();
            node.candidates.extend(components(open));
            let completion = self.set.completion(part);
            let bound = node.relaxation.relax(self.network, &node.part, &node.candidates, &completion);
            promised = promised.min(f64::from(bound + self.rounding.at(bound)));
            if self.is_beaten(promised) {
                return;
            }
            let improves = self.complete_greedily(part, node);
            if part == 0 && excluded == 0 && improves {
                self.improve_by_exchange();
            }
            if self.is_beaten(promised) {
                return;
            }
            let slopes = &node.relaxation.slopes;
            let chosen =
                (0..slopes.len()).max_by(|a, b| slopes[*a].total_cmp(&slopes[*b])).unwrap_or_default();
            let component = node.candidates[chosen];
            deeper[0].part.clone_from(&node.part);
            for (unit, weight) in deeper[0].part.iter_mut().zip(self.network.column(component)) {
                *unit += weight;
            }
            self.visit(part | 1 << component, excluded, promised, deeper);
            excluded |= 1 << component;
            open &= !excluded;
            let bound = node.relaxation.bound_without(chosen, &self.set.completion(part));
            promised = promised.min(f64::from(bound + self.rounding.at(bound)));
            if self.is_beaten(promised) {
                return;
            }
        }
    }

    /// Whether nothing under `bound` matters.
    fn is_beaten(&mut self, bound: f64) -> bool {
        let best = self.best.0;
        if bound <= best {
            return true;
        }
        let within = best > f64::NEG_INFINITY && bound - best <= self.limits.gap;
        if within {
            self.left_open = self.left_open.max(bound);
        }
        within
    }

    fn is_over(&mut self) -> bool {
        self.stopped |= self.nodes > self.limits.nodes || self.is_late();
        self.stopped && self.best.0 > f64::NEG_INFINITY
    }

    /// Whether the time is over. Asking takes as long as many a node, but less than any on a walk.
    fn is_late(&self) -> bool {
        let is_walk = matches!(self.set.set().family(), Family::Walk(_));
        (is_walk || self.nodes.is_multiple_of(16)) && self.begin.elapsed() >= self.limits.time
    }

    /// Takes `action` for the best if it is; `value` is its value in single precision. Says whether it is.
    fn offer(&mut self, value: f32, action: ActionMask) -> bool {
        if f64::from(value + self.rounding.at(value)) < self.best.0 {
            return false;
        }
        let value = (self.exact)(action);
        let better = value > self.best.0 || value == self.best.0 && action < self.best.1;
        if better {
            self.best = (value, action);
        }
        better
    }

    /// Whether `action`, allowed or not, is not below the best in single precision.
    fn promises(&mut self, action: ActionMask) -> bool {
        let mut first = std::mem::take(&mut self.first);
        self.network.first(action, &mut first);
        let value = self.network.value(&first, self.scratch);
        self.first = first;
        f64::from(value + self.rounding.at(value)) >= self.best.0
    }

    fn offer_action(&mut self, action: ActionMask) -> bool {
        let mut first = std::mem::take(&mut self.first);
        self.network.first(action, &mut first);
        let value = self.network.value(&first, self.scratch);
        self.first = first;
        self.offer(value, action)
    }

    /// Adds the candidates of the largest slopes to `part` as long as they can be added.
    fn complete_greedily(&mut self, part: ActionMask, node: &Node) -> bool {
        let Completion { at_least, at_most, .. } = self.set.completion(part);
        let slopes = &node.relaxation.slopes;
        let mut action = part;
        let mut tried: ActionMask = 0;
        let mut added = 0;
        while added < at_most {
            let untried = (0..slopes.len()).filter(|index| tried >> index & 1 == 0);
            let Some(best) = untried.max_by(|a, b| slopes[*a].total_cmp(&slopes[*b])) else { break };
            if added >= at_least && slopes[best] <= 0.0 {
                break;
            }
            tried |= 1 << best;
            let larger = action | 1 << node.candidates[best];
            if self.set.can_surely_complete(larger) {
                action = larger;
                added += 1;
            }
        }
        action != part && added >= at_least && self.offer_action(action)
    }

    /// Adds, removes and exchanges single components of the best action as long as it gets better.
    fn improve_by_exchange(&mut self) {
        loop {
            let (before, action) = self.best;
            let outside: Vec<usize> =
                (0..self.set.set().components()).filter(|c| action >> c & 1 == 0).collect();
            for removed in components(action).map(Some).chain([None]) {
                let rest = removed.map_or(action, |component| action & !(1 << component));
                for changed in outside.iter().map(|added| rest | 1 << added).chain([rest]) {
                    if changed != action && self.promises(changed) && self.set.seems_to_contain(changed) {
                        self.offer_action(changed);
                    }
                }
            }
            if self.best.0 <= before || self.begin.elapsed() >= self.limits.time {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };
    use pentathlon_gym::seeding::{Random, philox::Philox};

    use super::{super::Enumeration, *};

    /// Calls `check` with a set, a random network, and levels, for every problem.
    fn for_random_networks(mut check: impl FnMut(&FeasibleSet, &ReluNetwork, &[u8])) {
        let mut random = Philox::for_level(6, 0);
        for problem in Problem::ALL {
            let sizes = Sizes { arms: 12, budget: 4, interventions: 9 };
            let set = FeasibleSet::new(&generate(problem, &sizes, 2).unwrap());
            for hidden in [&[16, 32][..], &[12], &[6, 6, 6], &[]] {
                let network = ReluNetwork::random(set.components(), 12, hidden, &mut random);
                let levels: Vec<u8> = (0..12).map(|_| random.int(0, 4) as u8).collect();
                check(&set, &network, &levels);
            }
        }
    }

    #[test]
    fn what_is_proved_is_the_best_of_all_actions() {
        for_random_networks(|set, network, levels| {
            let best = Enumeration::new(set, usize::MAX).unwrap().argmax(network, levels);
            let found = BranchAndBound::new(set.clone()).argmax(network, levels);
            assert!(found.is_proved() && set.contains(found.action));
            assert!((found.value - best.value).abs() < 1e-9, "{found:?} {best:?}");
        });
    }

    #[test]
    fn a_search_that_is_cut_short_states_a_bound_that_holds() {
        let mut unproved = 0;
        for_random_networks(|set, network, levels| {
            let best = Enumeration::new(set, usize::MAX).unwrap().argmax(network, levels);
            let limits = Limits { nodes: 2, ..Limits::default() };
            let mut search = BranchAndBound::with_limits(set.clone(), limits);
            let found = search.argmax(network, levels);
            assert!(set.contains(found.action));
            assert!(
                found.value <= best.value + 1e-9 && found.bound >= best.value - 1e-9,
                "{found:?} {best:?}"
            );
            assert_eq!(
                found.action,
                search.argmax(network, levels).action,
                "the same limits, the same answer"
            );
            unproved += u32::from(!found.is_proved());
        });
        assert!(unproved > 0, "two nodes proved everything");
    }

    #[test]
    fn with_an_allowed_gap_the_bound_still_holds() {
        for_random_networks(|set, network, levels| {
            let best = Enumeration::new(set, usize::MAX).unwrap().argmax(network, levels);
            let limits = Limits { gap: 0.05, ..Limits::default() };
            let found = BranchAndBound::with_limits(set.clone(), limits).argmax(network, levels);
            assert!(set.contains(found.action) && found.value.is_finite(), "{found:?}");
            assert!(found.value <= best.value + 1e-9 && best.value <= found.bound + 1e-9, "{found:?}");
        });
    }
}
