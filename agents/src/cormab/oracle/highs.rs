//! The best action by HiGHS, a solver of mixed-integer programs (Q. Huangfu and J. Hall, "Parallelizing the dual
//! revised simplex method", 2018): the program as SEQUOIA's authors pose it, with bounds of its own for every unit.
//! Behind the feature `highs`, because it compiles C++.

use std::time::Instant;

use highs::{HighsModelStatus, RowProblem, Sense, SolvedModel};
use pentathlon_envs::cormab::{action::ActionMask, feasible::FeasibleSet};

use super::super::{growth::grow, network::ReluNetwork};
use super::{Argmax, ArgmaxOracle, branch_and_bound::Limits, mixed_integer::NetworkProgram};

/// What the solver may violate a row by; the returned action is valued by the network itself.
const TOLERANCE: f64 = 1e-7;

/// HiGHS over the actions of a feasible set, on one thread.
#[derive(Clone, Debug)]
pub struct Highs {
    set: FeasibleSet,
    limits: Limits,
}

impl Highs {
    /// A search over `set` that goes on until its answer is proved.
    pub fn new(set: FeasibleSet) -> Self {
        Self::with_limits(set, Limits::default())
    }

    /// A search over `set` within `limits`.
    pub fn with_limits(set: FeasibleSet, limits: Limits) -> Self {
        Self { set, limits }
    }

    /// Maximises `model`; `None` when the solver refuses it.
    fn solve(&self, model: &NetworkProgram) -> Option<SolvedModel> {
        let mut problem = RowProblem::new();
        let variables = model.program.variables.iter().zip(&model.objective);
        let columns: Vec<_> = variables
            .map(|(variable, factor)| {
                let range = variable.lower..=variable.upper;
                problem.add_column_with_integrality(*factor, range, variable.integer)
            })
            .collect();
        for row in &model.program.rows {
            let terms: Vec<_> =
                row.terms.iter().map(|(variable, factor)| (columns[*variable], *factor)).collect();
            problem.add_row(row.lower..=row.upper, &terms);
        }
        let mut solver = problem.try_optimise(Sense::Maximise).ok()?;
        solver.make_quiet();
        for (option, value) in [
            ("mip_rel_gap", 0.0),
            ("mip_abs_gap", self.limits.gap),
            ("mip_feasibility_tolerance", TOLERANCE),
            ("primal_feasibility_tolerance", TOLERANCE),
            ("time_limit", self.limits.time.as_secs_f64()),
        ] {
            solver.try_set_option(option, value).ok()?;
        }
        solver.try_set_option("threads", 1).ok()?;
        solver.try_set_option("mip_max_nodes", i32::try_from(self.limits.nodes).unwrap_or(i32::MAX)).ok()?;
        solver.try_solve().ok()
    }
}

/// The components that are 1 in a solution.
fn chosen(columns: &[f64], components: usize) -> ActionMask {
    let ones = columns.iter().take(components).enumerate().filter(|(_, value)| **value > 0.5);
    ones.fold(0, |action, (component, _)| action | 1 << component)
}

/// Nodes of the solver's tree.
fn nodes(solved: &SolvedModel) -> u64 {
    let mut count = 0i64;
    // SAFETY: the pointer is that of a living model, the name is a string with its end, and the number is one that
    // the solver writes.
    unsafe { highs_sys::Highs_getInt64InfoValue(solved.as_ptr(), c"mip_node_count".as_ptr(), &mut count) };
    u64::try_from(count).unwrap_or_default()
}

impl ArgmaxOracle for Highs {
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
        let model = NetworkProgram::new(&self.set, surrogate, levels);
        let solved = self.solve(&model);
        let found =
            solved.as_ref().map(|solved| chosen(solved.get_solution().columns(), self.set.components()));
        // A search that ended before it had an action answers with one that is grown.
        let found = found.filter(|action| self.set.contains(*action));
        let action = found.unwrap_or_else(|| grow(&self.set, exact));
        let value = exact(action);
        let (mut bound, mut count) = (f64::INFINITY, 0);
        if let Some(solved) = &solved {
            count = nodes(solved);
            let is_optimal = solved.status() == HighsModelStatus::Optimal && found.is_some();
            let is_proved = is_optimal && self.limits.gap == 0.0;
            bound = match solved.double_info_value(c"mip_dual_bound") {
                _ if is_proved => value,
                Ok(bound) => value.max(bound + model.constant),
                Err(_) => f64::INFINITY,
            };
        }
        Argmax { action, value, bound, nodes: count, time: begin.elapsed() }
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

    #[test]
    fn the_solver_finds_the_best_of_all_actions() {
        let mut random = Philox::for_level(2, 7);
        for problem in Problem::ALL {
            let sizes = Sizes { arms: 8, budget: 3, interventions: 7 };
            let set = FeasibleSet::new(&generate(problem, &sizes, 4).unwrap());
            let network = ReluNetwork::random(set.components(), 8, &[8, 8], &mut random);
            let levels: Vec<u8> = (0..8).map(|_| random.int(0, 4) as u8).collect();
            let best = Enumeration::new(&set, usize::MAX).unwrap().argmax(&network, &levels);
            let found = Highs::new(set.clone()).argmax(&network, &levels);
            assert!(found.is_proved() && set.contains(found.action), "{problem:?}: {found:?}");
            assert!((found.value - best.value).abs() < 1e-6, "{problem:?}: {found:?} {best:?}");
        }
    }

    #[test]
    fn a_solver_without_time_still_answers_with_an_allowed_action() {
        let set = FeasibleSet::new(&generate(Problem::Multi, &Sizes::default(), 4).unwrap());
        let network = ReluNetwork::random(set.components(), 20, &[16, 32], &mut Philox::for_level(1, 7));
        let limits = Limits { time: std::time::Duration::ZERO, ..Limits::default() };
        let found = Highs::with_limits(set.clone(), limits).argmax(&network, &[1; 20]);
        assert!(set.contains(found.action) && found.bound >= found.value, "{found:?}");
    }
}
