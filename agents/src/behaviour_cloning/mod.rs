//! Behaviour cloning: a policy learnt from demonstrations by predicting the demonstrator's actions
//! (Pomerleau 1989; the baseline of the BabyAI paper). The learner sees what the demonstrator did in each
//! view, minimises the cross-entropy of its own choice, and knows nothing of rewards.

mod checkpoint;
mod learner;

use pentathlon_gym::{EnvSpec, Observation, VectorEnv};
use serde::{Deserialize, Serialize};

pub use checkpoint::ClonedCheckpoint;
pub use learner::{CloningLearner, CloningPolicy, CloningProgress};

use crate::Error;
use crate::config::NetworkConfig;
use crate::networks::{EncodedRows, ObservationLayout};

/// How a policy is cloned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CloningConfig {
    /// Features of each cell; more tell more kinds of objects apart.
    pub cell_features: usize,
    /// What the features of each cell are combined to, once the instruction has modulated them.
    pub combined_features: usize,
    /// Widths of the hidden layers, at least one.
    pub hidden: Vec<usize>,
    /// Rows of a gradient step.
    pub batch: usize,
    /// Times that every row is seen.
    pub epochs: usize,
    /// Step size of Adam at the beginning; it falls to 0 in a straight line.
    pub learning_rate: f64,
    /// Parts of a gradient step that are computed on threads of their own.
    pub shards: usize,
    /// Seed of parameters and of the order of rows.
    pub seed: u64,
}

impl Default for CloningConfig {
    fn default() -> Self {
        Self {
            cell_features: 24,
            combined_features: 12,
            hidden: vec![128, 64],
            batch: 512,
            epochs: 24,
            learning_rate: 2e-3,
            shards: 2,
            seed: 0,
        }
    }
}

/// The layout of the observations `seen`, of which the one called `cells` is a grid of cells.
fn layout_of(spec: &EnvSpec, seen: &Observation, cells: &str) -> Result<ObservationLayout, Error> {
    let network = NetworkConfig { cell_observations: vec![cells.to_owned()], ..NetworkConfig::default() };
    let layout = ObservationLayout::new(spec, seen, &network)?;
    if layout.agents != 1 || layout.choices.len() != 1 {
        return Err(Error::Unsupported {
            id: spec.id.clone(),
            reason: format!(
                "it has {} agents whose actions are {} numbers; a single agent with one is cloned",
                layout.agents,
                layout.choices.len()
            ),
        });
    }
    Ok(layout)
}

/// What a demonstrator saw, and what it did.
#[derive(Clone, Debug)]
pub struct Demonstrations {
    /// How the observations are laid out.
    pub layout: ObservationLayout,
    /// What was seen, one row for each action.
    pub rows: EncodedRows,
    /// What was done, counted from the first action.
    pub actions: Vec<u16>,
}

impl Demonstrations {
    /// No demonstration yet, of an environment with the observations of `batch`. `image` is the observation
    /// that is a grid of cells.
    ///
    /// # Errors
    /// Observations or actions that a network cannot take.
    pub fn new(batch: &dyn VectorEnv, image: &str) -> Result<Self, Error> {
        Ok(Self {
            layout: layout_of(batch.spec(), batch.observation(), image)?,
            rows: EncodedRows::default(),
            actions: Vec::new(),
        })
    }

    /// Adds the steps of an episode: `observations` has a row for each action, and may have more.
    ///
    /// # Errors
    /// An observation that is missing, or an action that does not exist.
    pub fn push(&mut self, spec: &EnvSpec, observations: &Observation, actions: &[i32]) -> Result<(), Error> {
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        if let Some((name, _)) = self.layout.inputs.iter().find(|(name, _)| observations.get(name).is_none())
        {
            return Err(unsupported(format!("the demonstrations have no observation '{name}'")));
        }
        for field in &observations.fields {
            let (name, count, width) = (&field.spec.name, actions.len(), field.spec.space.flat_len().max(1));
            let rows = field.array.len() / width;
            if rows < count || !field.array.len().is_multiple_of(width) {
                let len = field.array.len();
                return Err(unsupported(format!(
                    "'{name}' of the demonstration has {len} values, which are not rows of {width} for \
                     {count} actions"
                )));
            }
            if field.array.element() != field.spec.space.element() {
                let (got, expected) = (field.array.element(), field.spec.space.element());
                return Err(unsupported(format!(
                    "'{name}' of the demonstration is {got:?}, and the environment's is {expected:?}"
                )));
            }
        }
        let first = self.layout.first_action;
        let last = first + self.layout.actions as i32 - 1;
        if let Some(action) = actions.iter().find(|action| !(first..=last).contains(action)) {
            return Err(unsupported(format!("action {action}; allowed: {first} to {last}")));
        }
        self.actions.extend(actions.iter().map(|action| (action - first) as u16));
        self.rows.push(&self.layout, observations, 0..actions.len());
        Ok(())
    }

    /// Number of actions.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether there is nothing to learn from.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }
}
