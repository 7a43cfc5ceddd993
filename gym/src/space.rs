//! Spaces: which values an action or an observation may take, after Gymnasium's `spaces`. A space has a
//! shape and bounds, draws values, and says whether and why not a value is one of its own.

mod containment;
mod sampling;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use containment::NotContained;

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
        Self::Box { low: low.into(), high: high.into(), shape: shape.into(), element: ElementType::U8 }
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

    /// Number of elements of one value. Allocates nothing.
    pub fn flat_len(&self) -> usize {
        match self {
            Self::Discrete { .. } => 1,
            Self::MultiDiscrete { n } => n.len(),
            Self::Box { shape, .. } => shape.iter().product(),
            Self::Dict(spaces) => spaces.iter().map(|(_, space)| space.flat_len()).sum(),
            Self::Text { max_words, .. } => *max_words,
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

impl fmt::Display for Space {
    /// As Gymnasium prints it: `Discrete(7)`, `Box(0, 255, (7, 7, 3), u8)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discrete { n, start: 0 } => write!(f, "Discrete({n})"),
            Self::Discrete { n, start } => write!(f, "Discrete({n}, start={start})"),
            Self::MultiDiscrete { n } => write!(f, "MultiDiscrete({n:?})"),
            Self::Box { low, high, shape, element } => {
                let shape: Vec<_> = shape.iter().map(usize::to_string).collect();
                write!(f, "Box({low}, {high}, ({}), {element})", shape.join(", "))
            }
            Self::Dict(spaces) => {
                f.write_str("Dict(")?;
                for (index, (name, space)) in spaces.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{name}: {space}")?;
                }
                f.write_str(")")
            }
            Self::Text { max_words, vocabulary } => {
                write!(f, "Text(at most {max_words} of {} words)", vocabulary.len())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_print_as_in_gymnasium() {
        assert_eq!(Space::discrete(7).to_string(), "Discrete(7)");
        assert_eq!(Space::Discrete { n: 3, start: -1 }.to_string(), "Discrete(3, start=-1)");
        assert_eq!(Space::bytes(0, 255, [7, 7, 3]).to_string(), "Box(0, 255, (7, 7, 3), u8)");
        let dict = Space::Dict(vec![
            ("a".into(), Space::discrete(2)),
            ("b".into(), Space::MultiDiscrete { n: vec![2, 3] }),
        ]);
        assert_eq!(dict.to_string(), "Dict(a: Discrete(2), b: MultiDiscrete([2, 3]))");
    }

    #[test]
    fn shapes_and_lengths_agree() {
        for (space, shape, element) in [
            (Space::discrete(7), vec![], ElementType::I32),
            (Space::MultiDiscrete { n: vec![2, 3] }, vec![2], ElementType::I32),
            (Space::bytes(0, 9, [2, 3]), vec![2, 3], ElementType::U8),
            (Space::Dict(vec![("a".into(), Space::bytes(0, 9, [2, 3]))]), vec![6], ElementType::F32),
        ] {
            assert_eq!(space.shape(), shape, "{space}");
            assert_eq!(space.flat_len(), shape.iter().product::<usize>(), "{space}");
            assert_eq!(space.element(), element, "{space}");
        }
    }
}
