//! What an instance has to be like: sizes that fit together, and numbers in their ranges.

use super::{Constraint, Dynamics, FORMAT, Instance, InstanceError, LEVELS, Problem, link};
use crate::cormab::action::MAX_COMPONENTS;

/// Longest horizon in steps; the published one is 20.
const LONGEST_HORIZON: u32 = 1_000_000;

/// Refuses `value` unless `holds`.
pub(in crate::cormab) fn require(
    holds: bool,
    what: impl Into<String>,
    value: impl ToString,
    allowed: impl Into<String>,
) -> Result<(), InstanceError> {
    if holds {
        return Ok(());
    }
    Err(InstanceError::Invalid { what: what.into(), value: value.to_string(), allowed: allowed.into() })
}

impl Problem {
    /// The kind of constraint that couples its arms, as files name it.
    fn constraint_kind(self) -> &'static str {
        match self {
            Self::Budget => "at_most",
            Self::Multi => "exactly",
            Self::Routing => "walk",
            Self::Scheduling => "slots",
            Self::Capacity => "multi_knapsack",
        }
    }
}

impl Constraint {
    /// Its kind, as files name it.
    fn kind(&self) -> &'static str {
        match self {
            Self::AtMost { .. } => "at_most",
            Self::Exactly { .. } => "exactly",
            Self::Walk { .. } => "walk",
            Self::Slots { .. } => "slots",
            Self::MultiKnapsack { .. } => "multi_knapsack",
        }
    }
}

impl Instance {
    /// Checks that sizes and numbers fit together.
    pub(super) fn check(&self) -> Result<(), InstanceError> {
        let limit = format!("1 to {MAX_COMPONENTS}");
        require(self.format == FORMAT, "the format", &self.format, FORMAT)?;
        require((1..=MAX_COMPONENTS).contains(&self.arms), "the number of arms", self.arms, &limit)?;
        require((1..=MAX_COMPONENTS).contains(&self.components), "action_dim", self.components, &limit)?;
        require(self.n_states == LEVELS, "n_states", self.n_states, "4")?;
        let (horizon, budget) = (self.horizon, self.budget);
        require(
            (1..=LONGEST_HORIZON).contains(&horizon),
            "the horizon",
            horizon,
            format!("1 to {LONGEST_HORIZON}"),
        )?;
        require(budget <= MAX_COMPONENTS, "the budget", budget, format!("0 to {MAX_COMPONENTS}"))?;
        require((0.0..1.0).contains(&self.gamma), "gamma", self.gamma, "0 to 1, without 1")?;
        self.lengths("reward", self.reward.len(), self.arms)?;
        for value in self.reward.iter().flatten() {
            require(value.abs() <= 1e6, "a reward", value, "numbers from -1e6 to 1e6")?;
        }
        self.check_dynamics()?;
        self.check_constraint()
    }

    fn lengths(&self, what: &str, got: usize, expected: usize) -> Result<(), InstanceError> {
        require(got == expected, format!("the length of {what}"), got, expected.to_string())
    }

    fn check_dynamics(&self) -> Result<(), InstanceError> {
        match &self.dynamics {
            Dynamics::UpDown { p_passive, p_active } => {
                self.lengths("p_passive", p_passive.len(), self.arms)?;
                self.lengths("p_active", p_active.len(), self.arms)?;
                require(self.components == self.arms, "action_dim", self.components, "the number of arms")?;
                for p in p_passive.iter().chain(p_active) {
                    require((0.0..=1.0).contains(p), "an up-probability", p, "0 to 1")?;
                }
            }
            Dynamics::Sigmoid { omega, theta, a, b, x0, scale, floor } => {
                for (what, values) in [("theta", theta), ("a", a), ("b", b), ("x0", x0)] {
                    self.lengths(what, values.len(), self.arms)?;
                    for value in values {
                        require(value.abs() <= 1e6, what, value, "numbers from -1e6 to 1e6")?;
                    }
                }
                self.lengths("omega", omega.len(), self.arms)?;
                for weights in omega {
                    self.lengths("a row of omega", weights.len(), self.components)?;
                    let first = weights.iter().copied().find(|weight| *weight != 0.0).unwrap_or_default();
                    for weight in weights {
                        let fits = *weight == 0.0 || *weight == first && weight.abs() <= 1e6;
                        require(
                            fits,
                            "omega",
                            weight,
                            "0, or the same weight for all of an arm's interventions",
                        )?;
                    }
                }
                for (arm, weights) in omega.iter().enumerate() {
                    let degree = weights.iter().filter(|weight| **weight != 0.0).count();
                    for count in 0..=degree {
                        let p = link(&self.dynamics, arm, count);
                        let what = format!("the up-probability of arm {arm} under {count} interventions");
                        require((0.0..=1.0).contains(&p), what, p, "0 to 1: scale, floor, a")?;
                    }
                }
                require(scale.is_finite() && floor.is_finite(), "scale or floor", scale, "numbers")?;
            }
        }
        Ok(())
    }

    fn check_constraint(&self) -> Result<(), InstanceError> {
        let (kind, own) = (self.constraint.kind(), self.problem.constraint_kind());
        require(kind == own, format!("the constraint of the domain {}", self.problem.name()), kind, own)?;
        let arms_are_components =
            || require(self.arms == self.components, "action_dim", self.components, "the number of arms");
        match &self.constraint {
            Constraint::AtMost { budget } | Constraint::Exactly { budget } => {
                require(*budget <= self.components, "the budget", budget, format!("0 to {}", self.components))
            }
            Constraint::Walk { budget, edges, source, max_len } => {
                arms_are_components()?;
                // Tours are found by a table over all subsets of what is pulled.
                require(*budget <= 20, "the budget of a walk", budget, "0 to 20")?;
                require(*max_len <= 200, "max_len", max_len, "0 to 200")?;
                let last = self.arms - 1;
                require(*source <= last, "the source", source, format!("0 to {last}"))?;
                for [from, to] in edges {
                    for end in [from, to] {
                        require(*end <= last, "the end of an edge", end, format!("0 to {last}"))?;
                    }
                    let edge = format!("[{from}, {to}]");
                    require(from != to, "an edge", edge, "edges between two different arms")?;
                }
                Ok(())
            }
            Constraint::Slots { budget, n_workers, n_slots, units_per_arm, arm_avail, worker_avail } => {
                arms_are_components()?;
                require(*budget <= self.arms, "the budget of slots", budget, format!("0 to {}", self.arms))?;
                require((1..=8).contains(n_slots), "n_slots", n_slots, "1 to 8")?;
                require((1..=100).contains(units_per_arm), "units_per_arm", units_per_arm, "1 to 100")?;
                require(*n_workers <= 1000, "n_workers", n_workers, "0 to 1000")?;
                self.lengths("arm_avail", arm_avail.len(), self.arms)?;
                self.lengths("worker_avail", worker_avail.len(), *n_workers)?;
                for row in arm_avail.iter().chain(worker_avail) {
                    self.lengths("a row of availability", row.len(), *n_slots)?;
                    for flag in row {
                        require(*flag <= 1, "an availability", flag, "0 or 1")?;
                    }
                }
                Ok(())
            }
            Constraint::MultiKnapsack { arm_cost, worker_capacity } => {
                arms_are_components()?;
                self.lengths("arm_cost", arm_cost.len(), self.arms)?;
                require(
                    worker_capacity.len() <= 128,
                    "the number of workers",
                    worker_capacity.len(),
                    "0 to 128",
                )?;
                for cost in arm_cost {
                    require((1..=1000).contains(cost), "an arm's cost", cost, "1 to 1000")?;
                }
                for capacity in worker_capacity {
                    require(*capacity <= 100_000, "a worker's capacity", capacity, "0 to 100000")?;
                }
                Ok(())
            }
        }
    }
}
