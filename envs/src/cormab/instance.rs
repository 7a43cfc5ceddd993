//! One coupled bandit in numbers: arms, rewards, dynamics, constraint. An instance is drawn by
//! [`generation`](super::generation), or read from and written to JSON in the format of the golden files.

mod validation;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub(super) use self::validation::require;

/// Levels of an arm.
pub const LEVELS: usize = 4;

/// Name of the JSON format.
const FORMAT: &str = "cormab-golden-1";

/// The family of an instance: which constraint couples its arms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Problem {
    /// Pull at most so many arms: decoupled but for the number.
    Budget,
    /// Choose exactly so many interventions, each of which touches several arms.
    Multi,
    /// Pull arms that one closed walk on a graph can visit.
    Routing,
    /// Pull arms that workers have time for.
    Scheduling,
    /// Pull arms whose costs can be packed into workers.
    Capacity,
}

impl Problem {
    /// All problems.
    pub const ALL: [Self; 5] = [Self::Budget, Self::Multi, Self::Routing, Self::Scheduling, Self::Capacity];

    /// Name in files, options and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Multi => "multi",
            Self::Routing => "routing",
            Self::Scheduling => "scheduling",
            Self::Capacity => "capacity",
        }
    }
}

impl std::str::FromStr for Problem {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|problem| problem.name() == text);
        found.ok_or_else(|| format!("'{text}' is no problem; there are {}", names()))
    }
}

/// How the up-probabilities of arms follow from an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Dynamics {
    /// Component `j` of the action is arm `j`.
    UpDown {
        /// Up-probability of each arm that is not pulled.
        p_passive: Vec<f64>,
        /// Up-probability of each arm that is pulled.
        p_active: Vec<f64>,
    },
    /// Components are interventions, which each arm adds up and puts through a sigmoid:
    /// `scale * (a sigma(b z - x0) - a sigma(-x0)) + floor` with `z = theta + omega . action`.
    Sigmoid {
        /// Weight of each intervention for each arm, `[arms][interventions]`.
        omega: Vec<Vec<f64>>,
        /// Offset of each arm.
        theta: Vec<f64>,
        /// Height of each arm's sigmoid.
        a: Vec<f64>,
        /// Slope of each arm's sigmoid.
        b: Vec<f64>,
        /// Position of each arm's sigmoid.
        x0: Vec<f64>,
        /// Range of probabilities.
        scale: f64,
        /// Probability without any intervention.
        floor: f64,
    },
}

/// The constraint that couples the arms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Constraint {
    /// At most `budget` components.
    AtMost {
        /// The number.
        budget: usize,
    },
    /// Exactly `budget` components.
    Exactly {
        /// The number.
        budget: usize,
    },
    /// At most `budget` arms, all on one closed walk from `source` of at most `max_len` edges.
    Walk {
        /// Most arms.
        budget: usize,
        /// Undirected edges between arms.
        edges: Vec<[usize; 2]>,
        /// Arm where the walk begins and ends.
        source: usize,
        /// Most edges of the walk.
        max_len: usize,
    },
    /// At most `budget` arms, each of which needs `units_per_arm` units of a worker's time in slots where
    /// arm and worker are available; a worker serves one arm a slot.
    Slots {
        /// Most arms.
        budget: usize,
        /// Workers.
        n_workers: usize,
        /// Slots.
        n_slots: usize,
        /// Units that a pulled arm needs.
        units_per_arm: usize,
        /// 1 where an arm is available, `[arms][slots]`.
        arm_avail: Vec<Vec<u8>>,
        /// 1 where a worker is available, `[workers][slots]`.
        worker_avail: Vec<Vec<u8>>,
    },
    /// Every pulled arm goes to one worker, whose arms cost no more than its capacity.
    MultiKnapsack {
        /// Cost of each arm.
        arm_cost: Vec<u32>,
        /// Capacity of each worker.
        worker_capacity: Vec<u32>,
    },
}

/// One coupled bandit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Name of the JSON format.
    format: String,
    /// What the instance is called.
    pub name: String,
    /// Its family.
    #[serde(rename = "domain")]
    pub problem: Problem,
    /// Seed it was drawn with.
    pub seed: u64,
    /// Arms.
    #[serde(rename = "n_arms")]
    pub arms: usize,
    /// Components of an action.
    #[serde(rename = "action_dim")]
    pub components: usize,
    /// Levels of an arm: 4.
    n_states: usize,
    /// The budget that sizes follow from.
    pub budget: usize,
    /// Steps of an episode.
    pub horizon: u32,
    /// Discount that the instance's own optima are computed with.
    pub gamma: f64,
    /// Reward of each arm for the level it moves into.
    pub reward: Vec<[f64; LEVELS]>,
    /// How arms move.
    pub dynamics: Dynamics,
    /// What couples them.
    pub constraint: Constraint,
}

/// An instance that cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no instance.
    #[error("{path}: no instance of a coupled bandit: {reason}")]
    Format {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A number is impossible.
    #[error("instance: {what} is {value}; allowed: {allowed}")]
    Invalid {
        /// Which number.
        what: String,
        /// Its value.
        value: String,
        /// What would be allowed.
        allowed: String,
    },
}

impl Instance {
    /// An instance of these parts, with a horizon of 20 steps and a discount of 0.95.
    ///
    /// # Errors
    /// Parts that do not fit together.
    pub fn new(
        problem: Problem,
        seed: u64,
        budget: usize,
        reward: Vec<[f64; LEVELS]>,
        dynamics: Dynamics,
        constraint: Constraint,
    ) -> Result<Self, InstanceError> {
        let arms = reward.len();
        let components = match &dynamics {
            Dynamics::UpDown { .. } => arms,
            Dynamics::Sigmoid { omega, .. } => omega.first().map_or(0, Vec::len),
        };
        let width = if components == arms { String::new() } else { format!("_a{components}") };
        let instance = Self {
            format: FORMAT.into(),
            name: format!("{}_s{seed}_j{arms}{width}", problem.name()),
            problem,
            seed,
            arms,
            components,
            n_states: LEVELS,
            budget,
            horizon: 20,
            gamma: 0.95,
            reward,
            dynamics,
            constraint,
        };
        instance.check()?;
        Ok(instance)
    }

    /// Reads an instance from JSON text; `name` is where it comes from, for messages. Fields that are no
    /// part of an instance, such as the recorded truth of golden files, are passed over.
    ///
    /// # Errors
    /// Text that is no instance.
    pub fn from_json(name: &str, text: &str) -> Result<Self, InstanceError> {
        let instance: Self = serde_json::from_str(text)
            .map_err(|error| InstanceError::Format { path: name.into(), reason: error.to_string() })?;
        let wrong =
            |error: InstanceError| InstanceError::Format { path: name.into(), reason: error.to_string() };
        instance.check().map_err(wrong)?;
        Ok(instance)
    }

    /// Reads the instance in the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no instance.
    pub fn load(path: &Path) -> Result<Self, InstanceError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|source| InstanceError::File { path: name.clone(), source })?;
        Self::from_json(&name, &text)
    }

    /// The instance as JSON text, from which it can be read again.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every field has a JSON form")
    }

    /// Writes the instance into the file at `path`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), InstanceError> {
        std::fs::write(path, self.to_json())
            .map_err(|source| InstanceError::File { path: path.display().to_string(), source })
    }
}

/// The up-probability of `arm` when `count` of the components that touch it are chosen.
pub(super) fn link(dynamics: &Dynamics, arm: usize, count: usize) -> f64 {
    match dynamics {
        Dynamics::UpDown { p_passive, p_active } => {
            if count == 0 {
                p_passive[arm]
            } else {
                p_active[arm]
            }
        }
        Dynamics::Sigmoid { omega, theta, a, b, x0, scale, floor } => {
            let weight = omega[arm].iter().copied().find(|weight| *weight != 0.0).unwrap_or_default();
            let z = theta[arm] + count as f64 * weight;
            let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
            scale * (a[arm] * sigma(b[arm] * z - x0[arm]) - a[arm] * sigma(-x0[arm])) + floor
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Instance {
        let dynamics = Dynamics::UpDown { p_passive: vec![0.1, 0.2], p_active: vec![0.8, 0.7] };
        let reward = vec![[0.1, 0.15, 0.2, 3.0]; 2];
        Instance::new(Problem::Budget, 7, 1, reward, dynamics, Constraint::AtMost { budget: 1 }).unwrap()
    }

    #[test]
    fn an_instance_survives_its_file() {
        let folder = std::env::temp_dir().join(format!("pentathlon-instance-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("small.json");
        small().save(&path).unwrap();
        assert_eq!(Instance::load(&path).unwrap(), small());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(Instance::load(&path), Err(InstanceError::File { .. })));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let reason = |change: &dyn Fn(&mut Instance)| {
            let mut instance = small();
            change(&mut instance);
            Instance::from_json("it", &instance.to_json()).unwrap_err().to_string()
        };
        let text = reason(&|instance| instance.gamma = 1.5);
        assert_eq!(
            text,
            "it: no instance of a coupled bandit: instance: gamma is 1.5; allowed: 0 to 1, without 1"
        );
        assert!(reason(&|i| i.reward.clear()).contains("the length of reward is 0; allowed: 2"));
        assert!(reason(&|i| i.constraint = Constraint::AtMost { budget: 3 }).contains("the budget is 3"));
        let dynamics = Dynamics::UpDown { p_passive: vec![0.1, 1.2], p_active: vec![0.8, 0.7] };
        assert!(reason(&|i| i.dynamics = dynamics.clone()).contains("an up-probability is 1.2"));
        let exactly = reason(&|i| i.constraint = Constraint::Exactly { budget: 1 });
        assert!(
            exactly.contains("the constraint of the domain budget is exactly; allowed: at_most"),
            "{exactly}"
        );
        let edges = vec![[0, 1], [1, 1]];
        let walk = Constraint::Walk { budget: 1, edges, source: 0, max_len: 2 };
        let looped = reason(&|i| (i.problem, i.constraint) = (Problem::Routing, walk.clone()));
        assert!(looped.contains("an edge is [1, 1]"), "{looped}");
        assert!(Instance::from_json("it", "{}").unwrap_err().to_string().contains("missing field"));
    }

    #[test]
    fn problems_have_names() {
        for problem in Problem::ALL {
            assert_eq!(problem.name().parse(), Ok(problem));
        }
        assert!("routes".parse::<Problem>().unwrap_err().contains("budget, multi, routing"));
    }
}
