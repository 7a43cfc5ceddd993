//! Which actions an instance allows: a family of component sets, the same in every state. It says why a
//! set is not in it, draws from it, lists it, and says what may still be added to a part of a set.

mod packing;
mod program;
mod shortest_paths;
mod slots;
mod walk;

use pentathlon_gym::seeding::Random;

pub use self::{
    packing::Packing,
    program::{Program, Row, Variable},
    slots::Slots,
    walk::{CycleSampler, Walk},
};
use super::{
    action::{ActionMask, all_components, components},
    instance::{Constraint, Instance},
};

/// The allowed actions of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct FeasibleSet {
    components: usize,
    family: Family,
}

/// What decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// At most so many components.
    AtMost {
        /// The number.
        budget: usize,
    },
    /// Exactly so many components.
    Exactly {
        /// The number.
        budget: usize,
    },
    /// Arms on a closed walk.
    Walk(Walk),
    /// Arms that workers have time for.
    Slots(Slots),
    /// Arms that fit into workers.
    Packing(Packing),
}

/// Why an action is not allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A component that the instance does not have.
    #[error("components 0 to {}; {component} does not exist", components - 1)]
    NoComponent {
        /// The component.
        component: usize,
        /// How many there are.
        components: usize,
    },
    /// The budget is exceeded.
    #[error("at most {budget} components; {chosen} are chosen")]
    TooMany {
        /// Most components.
        budget: usize,
        /// How many are chosen.
        chosen: usize,
    },
    /// The budget is missed.
    #[error("exactly {budget} components; {chosen} are chosen")]
    NotExactly {
        /// The number.
        budget: usize,
        /// How many are chosen.
        chosen: usize,
    },
    /// No walk is short enough.
    #[error("arms on a closed walk from arm {start} of at most {limit} edges; {}", walk_text(*shortest))]
    WalkTooLong {
        /// Where walks begin and end.
        start: usize,
        /// Most edges.
        limit: usize,
        /// Edges of the shortest walk; `None` when there is none.
        shortest: Option<usize>,
    },
    /// Workers have not enough time.
    #[error(
        "arms that workers have time for; those available only in slots {slots:?} need {needed} units and \
         workers have {available}"
    )]
    NoTime {
        /// Slots that the arms compete for.
        slots: Vec<usize>,
        /// Units that the pulled arms need there.
        needed: usize,
        /// Units that workers have there.
        available: usize,
    },
    /// The pulled arms do not fit.
    #[error("arms whose costs fit into workers of capacities {capacities:?}; the costs {costs:?} do not")]
    DoNotFit {
        /// Costs of the pulled arms.
        costs: Vec<u32>,
        /// Capacities of the workers.
        capacities: Vec<u32>,
    },
}

fn walk_text(shortest: Option<usize>) -> String {
    match shortest {
        Some(length) => format!("the shortest through the pulled arms has {length}"),
        None => String::from("none reaches all pulled arms"),
    }
}

/// What any completion of a part of an action obeys: a relaxation that bounds can be computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Completion<'a> {
    /// Fewest components that have to be added.
    pub at_least: usize,
    /// Most components that can be added.
    pub at_most: usize,
    /// Costs of all components and what the added ones may cost together, where that is limited.
    pub costs: Option<(&'a [u32], u32)>,
}

impl FeasibleSet {
    /// The allowed actions of `instance`.
    pub fn new(instance: &Instance) -> Self {
        let family = match &instance.constraint {
            Constraint::AtMost { budget } => Family::AtMost { budget: *budget },
            Constraint::Exactly { budget } => Family::Exactly { budget: *budget },
            Constraint::Walk { budget, edges, source, max_len } => {
                Family::Walk(Walk::new(instance.arms, edges, *source, *max_len, *budget))
            }
            Constraint::Slots { budget, n_slots, units_per_arm, arm_avail, worker_avail, .. } => {
                Family::Slots(Slots::new(*n_slots, *units_per_arm, arm_avail, worker_avail, *budget))
            }
            Constraint::MultiKnapsack { arm_cost, worker_capacity } => {
                Family::Packing(Packing::new(arm_cost, worker_capacity))
            }
        };
        Self { components: instance.components, family }
    }

    /// Components of an action.
    pub fn components(&self) -> usize {
        self.components
    }

    /// What decides.
    pub fn family(&self) -> &Family {
        &self.family
    }

    /// Whether the action is allowed.
    #[inline]
    pub fn contains(&self, action: ActionMask) -> bool {
        if action & !all_components(self.components) != 0 {
            return false;
        }
        match &self.family {
            Family::AtMost { budget } => action.count_ones() as usize <= *budget,
            Family::Exactly { budget } => action.count_ones() as usize == *budget,
            Family::Walk(walk) => walk.contains(action),
            Family::Slots(slots) => slots.contains(action),
            Family::Packing(packing) => packing.contains(action),
        }
    }

    /// Why the action is not allowed; `None` when it is.
    pub fn violation(&self, action: ActionMask) -> Option<Violation> {
        let beyond = action & !all_components(self.components);
        if beyond != 0 {
            let component = beyond.trailing_zeros() as usize;
            return Some(Violation::NoComponent { component, components: self.components });
        }
        if self.contains(action) {
            return None;
        }
        let chosen = action.count_ones() as usize;
        Some(match &self.family {
            Family::AtMost { budget } => Violation::TooMany { budget: *budget, chosen },
            Family::Exactly { budget } => Violation::NotExactly { budget: *budget, chosen },
            Family::Walk(walk) => walk.violation(action),
            Family::Slots(slots) => slots.violation(action),
            Family::Packing(packing) => packing.violation(action),
        })
    }

    /// Whether some allowed action contains all of `part`.
    pub fn can_complete(&self, part: ActionMask) -> bool {
        match &self.family {
            Family::Exactly { budget } => {
                part & !all_components(self.components) == 0 && part.count_ones() as usize <= *budget
            }
            // Every part of an allowed action is allowed.
            _ => self.contains(part),
        }
    }

    /// Whether a fast test already shows that some allowed action contains all of `part`. Where it does not,
    /// [`Self::can_complete`] decides.
    pub fn can_surely_complete(&self, part: ActionMask) -> bool {
        match &self.family {
            Family::Walk(walk) => walk.surely_contains(part),
            _ => self.can_complete(part),
        }
    }

    /// Whether tests that are never slow show that the action is allowed: true of allowed actions only, and on walks
    /// through more than eight arms not of all of them.
    pub fn seems_to_contain(&self, action: ActionMask) -> bool {
        match &self.family {
            Family::Walk(walk) => walk.seems_to_contain(action),
            _ => self.contains(action),
        }
    }

    /// The components that can be added to `part`, which can itself be completed, one at a time: the action
    /// mask of building an action step by step.
    pub fn additions(&self, part: ActionMask) -> ActionMask {
        let rest = all_components(self.components) & !part;
        match &self.family {
            Family::AtMost { budget } | Family::Exactly { budget } => {
                if (part.count_ones() as usize) < *budget { rest } else { 0 }
            }
            Family::Walk(walk) => walk.additions(part),
            _ => components(rest).filter(|c| self.contains(part | 1 << c)).fold(0, |set, c| set | 1 << c),
        }
    }

    /// What any completion of `part` obeys.
    pub fn completion(&self, part: ActionMask) -> Completion<'_> {
        let chosen = part.count_ones() as usize;
        let free = self.components - chosen;
        let at_most = |budget: usize| Completion {
            at_least: 0,
            at_most: budget.saturating_sub(chosen).min(free),
            costs: None,
        };
        match &self.family {
            Family::AtMost { budget } => at_most(*budget),
            Family::Exactly { budget } => {
                let missing = budget.saturating_sub(chosen);
                Completion { at_least: missing, at_most: missing, costs: None }
            }
            Family::Walk(walk) => at_most(walk.budget()),
            Family::Slots(slots) => at_most(slots.budget()),
            Family::Packing(packing) => {
                Completion { at_least: 0, at_most: free, costs: Some((packing.costs(), packing.spare(part))) }
            }
        }
    }

    /// What a component takes of the budget, for gains per unit: the arm's cost, or 1.
    pub fn price(&self, component: usize) -> f64 {
        match &self.family {
            Family::Packing(packing) => packing.costs()[component].into(),
            _ => 1.0,
        }
    }

    /// A random allowed action. Uniform over the set for budgets and interventions; for the others arms
    /// come in random order and every one that still fits is taken, up to the budget. On walks, whether more than
    /// eight arms fit is judged by cheapest insertion alone.
    pub fn sample<R: Random>(&self, random: &mut R) -> ActionMask {
        match &self.family {
            Family::AtMost { budget } => {
                let size = subset_size(self.components, *budget, random.float());
                self.subset(size, random)
            }
            Family::Exactly { budget } => self.subset(*budget, random),
            Family::Packing(packing) => packing.sample(random),
            Family::Walk(_) | Family::Slots(_) => {
                self.take_in_random_order(random, |larger| self.seems_to_contain(larger))
            }
        }
    }

    /// Takes components in random order, every one with which `fits` still holds.
    fn take_in_random_order<R: Random>(
        &self,
        random: &mut R,
        fits: impl Fn(ActionMask) -> bool,
    ) -> ActionMask {
        let mut order: [u8; 128] = std::array::from_fn(|component| component as u8);
        random.shuffle(&mut order[..self.components]);
        order[..self.components].iter().fold(0, |part, component| {
            let larger = part | 1 << component;
            if fits(larger) { larger } else { part }
        })
    }

    /// A uniformly random subset of `size` components.
    fn subset<R: Random>(&self, size: usize, random: &mut R) -> ActionMask {
        let mut subset = 0;
        // R. W. Floyd's method: one draw an element.
        for last in self.components - size..self.components {
            let drawn: ActionMask = 1 << random.interval(last as u32);
            subset |= if subset & drawn == 0 { drawn } else { 1 << last };
        }
        subset
    }

    /// All allowed actions in ascending order of their masks; `None` when there are more than `limit`.
    pub fn enumerate(&self, limit: usize) -> Option<Vec<ActionMask>> {
        if self.surely_has_more_than(limit) {
            return None;
        }
        let mut found = Vec::new();
        let complete = self.extend_from(0, 0, limit, &mut found, &|part| self.can_complete(part));
        found.sort_unstable();
        complete.then_some(found)
    }

    /// Whether fast tests alone show more than `limit` allowed actions: that many arms are on no walk may take a table of
    /// a million paths to say, for each of ten thousands of sets.
    fn surely_has_more_than(&self, limit: usize) -> bool {
        if !matches!(self.family, Family::Walk(_)) {
            return false;
        }
        let fits = |part| self.can_surely_complete(part);
        let largest = (0..self.components)
            .map(|component| 1 << component)
            .fold(0, |part, component| if fits(part | component) { part | component } else { part });
        // Every part of an allowed action is allowed.
        let parts = 1usize.checked_shl(ActionMask::count_ones(largest)).unwrap_or(usize::MAX);
        parts > limit || !self.extend_from(0, 0, limit, &mut Vec::new(), &fits)
    }

    /// Lists all actions that add components from `first` on to `part` while it `fits`; false beyond `limit`.
    fn extend_from(
        &self,
        part: ActionMask,
        first: usize,
        limit: usize,
        found: &mut Vec<ActionMask>,
        fits: &dyn Fn(ActionMask) -> bool,
    ) -> bool {
        let missing = self.completion(part).at_least;
        if missing == 0 {
            if found.len() == limit {
                return false;
            }
            found.push(part);
        }
        (first..self.components + 1 - missing.min(self.components)).all(|component| {
            let larger = part | 1 << component;
            component >= self.components
                || !fits(larger)
                || self.extend_from(larger, component + 1, limit, found, fits)
        })
    }
}

/// The size of a uniformly random subset of at most `budget` of `components`, for a uniform `quantile`.
fn subset_size(components: usize, budget: usize, quantile: f64) -> usize {
    let mut count = 1.0;
    let mut counts = [0.0; 129];
    for (size, entry) in counts[..=budget].iter_mut().enumerate() {
        *entry = count;
        count *= (components - size) as f64 / (size + 1) as f64;
    }
    let total: f64 = counts[..=budget].iter().sum();
    let mut sum = 0.0;
    let drawn = counts[..budget].iter().take_while(|count| {
        sum += **count;
        sum <= quantile * total
    });
    drawn.count()
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;
    use crate::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    fn sets() -> Vec<FeasibleSet> {
        let sizes = Sizes { arms: 9, budget: 3, interventions: 6 };
        Problem::ALL.map(|problem| FeasibleSet::new(&generate(problem, &sizes, 5).unwrap())).to_vec()
    }

    #[test]
    fn enumeration_is_what_is_contained() {
        for set in sets() {
            let listed = set.enumerate(usize::MAX).unwrap();
            let all = 0..1 << set.components();
            assert_eq!(listed, all.filter(|mask| set.contains(*mask)).collect::<Vec<_>>());
            assert!(!listed.is_empty());
            assert_eq!(set.enumerate(listed.len() - 1), None);
            assert_eq!(set.enumerate(listed.len()), Some(listed));
        }
    }

    #[test]
    fn many_long_walks_are_too_many_at_once() {
        let sizes = Sizes { arms: 100, budget: 20, interventions: 40 };
        let set = FeasibleSet::new(&generate(Problem::Routing, &sizes, 1).unwrap());
        let begin = std::time::Instant::now();
        assert_eq!(set.enumerate(4096), None);
        // Tables of paths through 20 arms for every set took minutes.
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }

    #[test]
    fn what_is_not_contained_has_a_reason() {
        for set in sets() {
            for mask in 0..1 << set.components() {
                assert_eq!(set.contains(mask), set.violation(mask).is_none(), "{mask:b}");
            }
            let beyond = set.violation(1 << set.components()).unwrap();
            assert!(matches!(beyond, Violation::NoComponent { .. }), "{beyond}");
        }
    }

    #[test]
    fn additions_lead_to_allowed_actions_only() {
        for set in sets() {
            let listed = set.enumerate(usize::MAX).unwrap();
            for part in 0..1u128 << set.components() {
                if !set.can_complete(part) {
                    assert!(!listed.iter().any(|action| action & part == part));
                    continue;
                }
                let expected = (0..set.components()).filter(|component| {
                    let larger = part | 1 << component;
                    larger != part && listed.iter().any(|action| action & larger == larger)
                });
                assert_eq!(set.additions(part), expected.fold(0, |set, c| set | 1 << c), "{part:b}");
            }
        }
    }

    #[test]
    fn completions_relax_the_set() {
        for set in sets() {
            let listed = set.enumerate(usize::MAX).unwrap();
            for part in 0..1u128 << set.components() {
                let completion = set.completion(part);
                for action in listed.iter().filter(|action| **action & part == part) {
                    let added = action & !part;
                    let count = added.count_ones() as usize;
                    assert!((completion.at_least..=completion.at_most).contains(&count));
                    if let Some((costs, spare)) = completion.costs {
                        assert!(components(added).map(|c| costs[c]).sum::<u32>() <= spare);
                    }
                }
            }
        }
    }

    #[test]
    fn samples_are_allowed_and_reach_much() {
        for set in sets() {
            let mut random = Philox::for_level(1, 2);
            let mut seen = std::collections::BTreeMap::new();
            for _ in 0..20_000 {
                let action = set.sample(&mut random);
                assert!(set.contains(action));
                *seen.entry(action).or_insert(0u32) += 1;
            }
            let listed = set.enumerate(usize::MAX).unwrap();
            match set.family() {
                // Uniform: each count is binomial, here within 5 standard deviations of its mean.
                Family::AtMost { .. } | Family::Exactly { .. } => {
                    let mean = 20_000.0 / listed.len() as f64;
                    for action in &listed {
                        let count = seen.get(action).copied().unwrap_or_default();
                        assert!((f64::from(count) - mean).abs() < 5.0 * mean.sqrt(), "{action:b}: {count}");
                    }
                }
                // Greedy samplers reach sets that nothing fits into any more.
                _ => {
                    let maximal = listed.iter().filter(|action| set.additions(**action) == 0).count();
                    assert!(seen.len() * 2 >= maximal, "{} of {maximal}", seen.len());
                }
            }
        }
    }
}
