//! Spaces: which values an action or an observation may take.

use serde::{Deserialize, Serialize};

use crate::array::ElementType;

/// A set of values with bounds, after Gymnasium's `spaces`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Space {
    /// One whole number, `start <= value < start + n`.
    Discrete {
        /// Number of values, at least 1.
        n: u32,
        /// Smallest value.
        start: i32,
    },
    /// Several whole numbers, `0 <= value[i] < n[i]`.
    MultiDiscrete {
        /// Number of values of each.
        n: Vec<u32>,
    },
    /// An array within bounds that hold for every element.
    Box {
        /// Smallest value.
        low: f32,
        /// Largest value.
        high: f32,
        /// Shape of the array.
        shape: Vec<usize>,
        /// Element type.
        element: ElementType,
    },
    /// Named spaces, in order.
    Dict(Vec<(String, Space)>),
    /// Words as indices of a vocabulary, padded with 0 at the end.
    Text {
        /// Largest number of words.
        max_words: usize,
        /// Words; index `i` of the observation is `vocabulary[i - 1]`.
        vocabulary: Vec<String>,
    },
}

impl Space {
    /// `n` values from 0.
    pub fn discrete(n: u32) -> Self {
        Self::Discrete { n, start: 0 }
    }

    /// An array of bytes.
    pub fn bytes(low: u8, high: u8, shape: impl Into<Vec<usize>>) -> Self {
        Self::Box {
            low: low.into(),
            high: high.into(),
            shape: shape.into(),
            element: ElementType::U8,
        }
    }

    /// Shape of one value, as an array; `[]` for a single number.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Discrete { .. } => vec![],
            Self::MultiDiscrete { n } => vec![n.len()],
            Self::Box { shape, .. } => shape.clone(),
            Self::Dict(_) => vec![self.flat_len()],
            Self::Text { max_words, .. } => vec![*max_words],
        }
    }

    /// Number of elements of one value.
    pub fn flat_len(&self) -> usize {
        match self {
            Self::Dict(spaces) => spaces.iter().map(|(_, space)| space.flat_len()).sum(),
            _ => self.shape().iter().product(),
        }
    }

    /// Element type of a buffer of such values.
    pub fn element(&self) -> ElementType {
        match self {
            Self::Box { element, .. } => *element,
            Self::Dict(_) => ElementType::F32,
            _ => ElementType::I32,
        }
    }
}
