//! A feasible set as a mixed-integer program: variables with bounds, and linear rows. Any solver that takes
//! rows can work on it; the objective is the solver's user's.

use super::{ActionMask, Family, FeasibleSet, packing::Packing, slots::Slots, walk::Walk};

/// A variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// Name, such as `a_3` for component 3.
    pub name: String,
    /// Smallest value.
    pub lower: f64,
    /// Largest value.
    pub upper: f64,
    /// Whether only whole numbers are allowed.
    pub integer: bool,
}

/// A linear constraint: `lower <= sum of terms <= upper`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it says.
    pub name: String,
    /// Variables and their factors.
    pub terms: Vec<(usize, f64)>,
    /// Smallest value of the sum.
    pub lower: f64,
    /// Largest value of the sum.
    pub upper: f64,
}

/// Variables and rows. The first variables are the components of the action, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// All variables.
    pub variables: Vec<Variable>,
    /// All rows.
    pub rows: Vec<Row>,
}

impl Program {
    fn binary(&mut self, name: String) -> usize {
        self.variables.push(Variable { name, lower: 0.0, upper: 1.0, integer: true });
        self.variables.len() - 1
    }

    fn row(&mut self, name: String, terms: Vec<(usize, f64)>, lower: f64, upper: f64) {
        self.rows.push(Row { name, terms, lower, upper });
    }

    fn at_most(&mut self, name: String, terms: Vec<(usize, f64)>, upper: f64) {
        self.row(name, terms, f64::NEG_INFINITY, upper);
    }

    /// Whether `values` satisfy all bounds, rows and integrality, up to `tolerance`.
    pub fn is_satisfied_by(&self, values: &[f64], tolerance: f64) -> bool {
        let within =
            |value: f64, lower: f64, upper: f64| value >= lower - tolerance && value <= upper + tolerance;
        let fits = |(variable, value): (&Variable, &f64)| {
            within(*value, variable.lower, variable.upper)
                && (!variable.integer || (value - value.round()).abs() <= tolerance)
        };
        let sum = |row: &Row| row.terms.iter().map(|(variable, factor)| factor * values[*variable]).sum();
        values.len() == self.variables.len()
            && self.variables.iter().zip(values).all(fits)
            && self.rows.iter().all(|row| within(sum(row), row.lower, row.upper))
    }

    /// Whether the variables behind `action`, of so many `components`, can be chosen so that all rows hold: tried one
    /// variable after the other, where rows leave a choice. It is there to check programs, and takes time exponential in
    /// what is left open; solvers are for more than a few components.
    pub fn allows(&self, action: ActionMask, components: usize) -> bool {
        let mut values: Vec<f64> = (0..components).map(|c| f64::from((action >> c & 1) as u8)).collect();
        self.can_be_completed(&mut values)
    }

    /// Whether the first variables having `values`, the others can be chosen.
    fn can_be_completed(&self, values: &mut Vec<f64>) -> bool {
        let possible = self.rows.iter().all(|row| {
            let (mut low, mut high) = (0.0, 0.0);
            for (variable, factor) in &row.terms {
                let Variable { lower, upper, .. } = self.variables[*variable];
                let [lower, upper] = values.get(*variable).map_or([lower, upper], |value| [*value; 2]);
                low += (factor * lower).min(factor * upper);
                high += (factor * lower).max(factor * upper);
            }
            low <= row.upper + 1e-9 && high >= row.lower - 1e-9
        });
        let assigned = values.len();
        if !possible {
            return false;
        }
        if assigned == self.variables.len() {
            return self.is_satisfied_by(values, 1e-9);
        }
        [0.0, 1.0].into_iter().any(|value| {
            values.push(value);
            let completed = self.can_be_completed(values);
            values.truncate(assigned);
            completed
        })
    }
}

impl FeasibleSet {
    /// The set as a program: an action is allowed when the rest of the variables can be chosen for it.
    pub fn program(&self) -> Program {
        let mut program = Program::default();
        let action: Vec<usize> = (0..self.components()).map(|c| program.binary(format!("a_{c}"))).collect();
        let all = || action.iter().map(|variable| (*variable, 1.0)).collect::<Vec<_>>();
        let budget = |program: &mut Program, budget: usize| {
            program.at_most("budget".into(), all(), budget as f64);
        };
        match self.family() {
            Family::AtMost { budget: most } => budget(&mut program, *most),
            Family::Exactly { budget } => {
                program.row("budget".into(), all(), *budget as f64, *budget as f64);
            }
            Family::Walk(walk) => {
                budget(&mut program, walk.budget());
                add_walk(&mut program, walk, &action);
            }
            Family::Slots(slots) => {
                budget(&mut program, slots.budget());
                add_slots(&mut program, slots, &action);
            }
            Family::Packing(packing) => add_packing(&mut program, packing, &action),
        }
        program
    }
}

/// A walk over time: in every step one arc is taken, or the walk waits where it is. It leaves the source
/// first and enters it last; arcs that it could not take in time are left out. A pulled arm is one that an arc
/// leaves.
fn add_walk(program: &mut Program, walk: &Walk, action: &[usize]) {
    let (source, limit) = (walk.source(), walk.limit());
    if limit == 0 {
        for (arm, variable) in action.iter().enumerate().filter(|(arm, _)| *arm != source) {
            program.row(format!("unvisited_{arm}"), vec![(*variable, 1.0)], 0.0, 0.0);
        }
        return;
    }
    let mut arcs: Vec<(usize, usize)> = (0..action.len()).map(|arm| (arm, arm)).collect();
    for [a, b] in walk.edges() {
        arcs.extend([(*a, *b), (*b, *a)]);
    }
    arcs.sort_unstable();
    arcs.dedup();
    let in_time = |hops: Option<usize>, steps: usize| hops.is_some_and(|hops| hops <= steps);
    // Of each step the arcs that can be taken, with their variables.
    let steps: Vec<Vec<(usize, usize, usize)>> = (0..limit)
        .map(|t| {
            let kept = arcs.iter().filter(|(u, v)| {
                in_time(walk.hops(source, *u), t) && in_time(walk.hops(*v, source), limit - t - 1)
            });
            kept.map(|(u, v)| (*u, *v, program.binary(format!("y_{u}_{v}_{t}")))).collect()
        })
        .collect();
    for (t, arcs) in steps.iter().enumerate() {
        let terms = arcs.iter().map(|(_, _, variable)| (*variable, 1.0)).collect();
        program.row(format!("step_{t}"), terms, 1.0, 1.0);
    }
    for (t, pair) in steps.windows(2).enumerate() {
        for arm in 0..action.len() {
            let enters = pair[0].iter().filter(|(_, to, _)| *to == arm).map(|(_, _, y)| (*y, 1.0));
            let leaves = pair[1].iter().filter(|(from, _, _)| *from == arm).map(|(_, _, y)| (*y, -1.0));
            let terms: Vec<_> = enters.chain(leaves).collect();
            if !terms.is_empty() {
                program.row(format!("flow_{arm}_{t}"), terms, 0.0, 0.0);
            }
        }
    }
    for (arm, variable) in action.iter().enumerate().filter(|(arm, _)| *arm != source) {
        let leaves = steps.iter().flatten().filter(|(from, _, _)| *from == arm).map(|(_, _, y)| (*y, -1.0));
        let terms = std::iter::once((*variable, 1.0)).chain(leaves).collect();
        program.at_most(format!("visited_{arm}"), terms, 0.0);
    }
}

/// Hall's rows: for every set of slots, the arms available in those slots alone need no more units than
/// workers have there.
fn add_slots(program: &mut Program, slots: &Slots, action: &[usize]) {
    for set in 1..1usize << slots.slots() {
        let confined = (0..action.len()).filter(|arm| slots.available(*arm) & !(set as u8) == 0);
        let terms: Vec<_> = confined.map(|arm| (action[arm], slots.units() as f64)).collect();
        if !terms.is_empty() {
            program.at_most(format!("slots_{set:b}"), terms, slots.supply(set) as f64);
        }
    }
}

/// Each pulled arm goes to one worker, whose arms cost no more than its capacity.
fn add_packing(program: &mut Program, packing: &Packing, action: &[usize]) {
    let workers = packing.capacities().len();
    let x: Vec<Vec<usize>> = (0..workers)
        .map(|worker| (0..action.len()).map(|arm| program.binary(format!("x_{worker}_{arm}"))).collect())
        .collect();
    for (worker, capacity) in packing.capacities().iter().enumerate() {
        let terms = x[worker].iter().zip(packing.costs()).map(|(x, cost)| (*x, f64::from(*cost)));
        program.at_most(format!("capacity_{worker}"), terms.collect(), f64::from(*capacity));
    }
    for (arm, variable) in action.iter().enumerate() {
        let assigned = x.iter().map(|row| (row[arm], -1.0));
        program.at_most(
            format!("assigned_{arm}"),
            std::iter::once((*variable, 1.0)).chain(assigned).collect(),
            0.0,
        );
        for (worker, row) in x.iter().enumerate() {
            program.at_most(format!("pulled_{worker}_{arm}"), vec![(row[arm], 1.0), (*variable, -1.0)], 0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    #[test]
    fn programs_and_sets_allow_the_same_actions() {
        let sizes = Sizes { arms: 5, budget: 2, interventions: 5 };
        for problem in Problem::ALL {
            for seed in 0..4 {
                let set = FeasibleSet::new(&generate(problem, &sizes, seed).unwrap());
                let program = set.program();
                for action in 0..1u128 << 5 {
                    let allowed = program.allows(action, 5);
                    assert_eq!(allowed, set.contains(action), "{problem:?} {seed} {action:05b}");
                }
            }
        }
    }

    #[test]
    fn values_outside_rows_or_bounds_are_refused() {
        let set = FeasibleSet::new(
            &generate(Problem::Budget, &Sizes { arms: 3, budget: 1, interventions: 0 }, 0).unwrap(),
        );
        let program = set.program();
        assert!(program.is_satisfied_by(&[0.0, 1.0, 0.0], 1e-9));
        assert!(!program.is_satisfied_by(&[1.0, 1.0, 0.0], 1e-9), "the budget");
        assert!(!program.is_satisfied_by(&[0.0, 0.5, 0.0], 1e-9), "a half");
        assert!(!program.is_satisfied_by(&[0.0, -1.0, 0.0], 1e-9), "below a bound");
        assert!(!program.is_satisfied_by(&[0.0, 1.0], 1e-9), "too few");
    }
}
