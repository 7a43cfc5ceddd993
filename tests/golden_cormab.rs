//! The recorded truth of coupled bandits: probabilities, rewards, feasible sets and best actions of every
//! golden instance, simulated frequencies, networks' best actions, and what policies earn. Cases are read
//! from `tests/golden/cormab/`, or from `$PENTATHLON_GOLDEN/cormab/` when that is set.

#[path = "golden_cormab/agents.rs"]
mod agents;
#[path = "golden_cormab/cases.rs"]
mod cases;
#[path = "golden_cormab/environments.rs"]
mod environments;
#[path = "golden_cormab/learning.rs"]
mod learning;
