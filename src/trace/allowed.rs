//! Which actions an action file may hold: the bounds of an action space, number by number, and in words.

use pentathlon_gym::{EnvSpec, Space};

/// The actions that one environment may take.
#[derive(Clone, Debug, PartialEq)]
pub struct AllowedActions<'a> {
    /// The space of an agent's action.
    pub space: Space,
    /// Agents of an environment.
    pub num_agents: usize,
    /// Names of discrete actions, for messages; may be empty.
    pub names: &'a [String],
}

/// One number of an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i32),
    Real(f32),
}

impl<'a> AllowedActions<'a> {
    /// Those that `spec` says.
    pub fn of(spec: &'a EnvSpec) -> Self {
        Self { space: spec.action_space.clone(), num_agents: spec.num_agents, names: &spec.action_names }
    }

    /// Numbers of the actions of one environment, all agents together.
    pub fn numbers(&self) -> usize {
        self.num_agents * self.space.flat_len()
    }

    /// Bounds of number `at` of an action.
    fn bounds(&self, at: usize) -> (f64, f64) {
        match &self.space {
            Space::Discrete { n, start } => (f64::from(*start), f64::from(*start) + f64::from(*n) - 1.0),
            Space::MultiDiscrete { n } => (0.0, f64::from(n[at % n.len()]) - 1.0),
            Space::Box { low, high, .. } => (f64::from(*low), f64::from(*high)),
            Space::Dict(_) | Space::Text { .. } => (f64::INFINITY, f64::NEG_INFINITY),
        }
    }

    /// The number at place `at` of an environment's actions that `text` is, if it is allowed there.
    pub(super) fn parse(&self, at: usize, text: &str) -> Option<Number> {
        let (low, high) = self.bounds(at);
        let is_allowed = |value: f64| (low..=high).contains(&value);
        match self.is_real() {
            true => text.parse().ok().filter(|real: &f32| is_allowed((*real).into())).map(Number::Real),
            false => text.parse().ok().filter(|whole: &i32| is_allowed((*whole).into())).map(Number::Whole),
        }
    }

    pub(super) fn is_real(&self) -> bool {
        matches!(self.space, Space::Box { .. })
    }

    /// What is allowed at place `at` of an environment's actions.
    pub(super) fn describe(&self, at: usize) -> String {
        let (low, high) = self.bounds(at);
        if self.is_real() {
            return format!("real numbers from {low} to {high}");
        }
        let range = format!("whole numbers from {low} to {high}");
        if self.names.is_empty() || matches!(self.space, Space::MultiDiscrete { .. }) {
            return range;
        }
        let names: Vec<_> = self.names.iter().enumerate().map(|(i, name)| format!("{i} {name}")).collect();
        format!("{range} ({})", names.join(", "))
    }
}
