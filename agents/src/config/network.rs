//! The shape of actor-critic networks: what they are made of, what observations are made of, what is remembered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Shape of the actor-critic network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Where the networks live: `cpu`, or `wgpu` in builds with the `wgpu` feature.
    pub backend: Backend,
    /// Names of the observations that are grids of (type, colour, state) triples, one byte each.
    pub cell_observations: Vec<String>,
    /// What observations whose numbers mean different things are made of, from the first number to the last.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Vec<ObservationPart>>,
    /// Features that a grid cell or a tile is embedded into, 1 to 256.
    pub cell_features: usize,
    /// Features that a word of a mission is embedded into, 1 to 256.
    pub word_features: usize,
    /// Widths of the hidden layers that actor and critic share, each 1 to 4096; at least one.
    pub hidden: Vec<usize>,
    /// What the network remembers of the steps before, behind the hidden layers: `none`, `gru` or `lstm`.
    pub memory: MemoryKind,
    /// Width of the memory's output, 1 to 4096.
    pub memory_width: usize,
    /// What values are estimated from: `own`, the features of the policy; or `central`, a network of the same shape
    /// that sees the observations of the group `state` instead, or those of all agents where none is selected.
    pub critic: CriticKind,
}

impl NetworkConfig {
    /// Width of the features that logits and values are made of.
    pub fn feature_width(&self) -> usize {
        match self.memory {
            MemoryKind::None => self.hidden[self.hidden.len() - 1],
            MemoryKind::Gru | MemoryKind::Lstm => self.memory_width,
        }
    }
}

/// What a network remembers of the steps before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryKind {
    /// Nothing.
    #[default]
    None,
    /// A gated recurrent unit.
    Gru,
    /// A long short-term memory.
    Lstm,
}

/// What values are estimated from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CriticKind {
    /// The features of the policy.
    #[default]
    Own,
    /// The state of the whole environment (MAPPO, Yu et al., 2022).
    Central,
}

/// A part of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a part is { tiles = COUNT, planes = [COUNTS OF VALUES] }, { category = COUNT OF VALUES } or \
                 { numbers = COUNT, scale = FACTOR }"
)]
pub enum ObservationPart {
    /// A grid of tiles in planes: whole numbers of all tiles, plane after plane. What is on a tile is embedded.
    Tiles {
        /// Number of tiles, 1 to 65536.
        tiles: usize,
        /// Number of values in each plane, which start at 0; their product is at most 4096.
        planes: Vec<usize>,
    },
    /// One whole number.
    Category {
        /// Number of values, which start at 0; 1 to 4096.
        category: usize,
    },
    /// Measurements.
    Numbers {
        /// How many, 1 to 65536.
        numbers: usize,
        /// What they are multiplied by.
        #[serde(default = "one")]
        scale: f32,
    },
}

fn one() -> f32 {
    1.0
}

impl ObservationPart {
    /// Numbers of the observation that it takes.
    pub fn len(&self) -> usize {
        match self {
            Self::Tiles { tiles, planes } => tiles * planes.len(),
            Self::Category { .. } => 1,
            Self::Numbers { numbers, .. } => *numbers,
        }
    }

    /// Whether it takes none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where networks are evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// burn's `flex` backend.
    #[default]
    Cpu,
    /// burn's `wgpu` backend.
    Wgpu,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            backend: Backend::Cpu,
            cell_observations: vec![String::from("image")],
            parts: BTreeMap::new(),
            cell_features: 8,
            word_features: 16,
            hidden: vec![128, 64],
            memory: MemoryKind::None,
            memory_width: 64,
            critic: CriticKind::Own,
        }
    }
}
